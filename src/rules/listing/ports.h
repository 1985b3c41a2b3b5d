/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that rules may rewrite, while they are being found. */
#pragma once

#include "base/arena.h"
#include "rules/listing/port_map.h"
#include "rules/listing/wire.h"

struct finder {
	const struct netview *view;
	struct port_map all; /* of all rules so far */
	/* What the rule at hand can still mean: a range and, where a set was met, of that those in
	 * `rule`. Most rules have no set, and there are many rules. */
	unsigned first, last;
	bool has_set;
	struct port_map rule;
	struct port_map set;  /* scratch for a condition */
	struct port_map ends; /* scratch for the ends of a set's intervals */
	struct arena arena;   /* of operands, for some rules at a time */
	unsigned in_arena;
	unsigned set_walks;
	bool any;
};

/* Begins a rule: it may mean every port. */
void finder_begin(struct finder *finder) __attribute__((nonnull));
/* Leaves only first..last of the rule's ports. */
void finder_narrow(struct finder *finder, unsigned first, unsigned last) __attribute__((nonnull));
/* Leaves only those of the rule's ports that are in finder->set. */
void finder_narrow_to_set(struct finder *finder) __attribute__((nonnull));
/* Takes over what the rule can mean. */
void finder_end(struct finder *finder) __attribute__((nonnull));

/* Narrows by a match of xtables. */
void finder_narrow_by_match(struct finder *finder, const char *name, uint32_t revision,
                            struct span info) __attribute__((nonnull));
/* A target of xtables that rewrites destinations in a chain. */
bool finder_target_rewrites(const char *name, const char *chain);

/* Whether an nft rule rewrites destinations at all; most do not. */
bool finder_nft_rewrites(const struct nft_rule *rule) __attribute__((nonnull));
/*
 * Finds the ports of one nft rule, native or of iptables-nft. What stands behind the rewriting no
 * longer decides about it.
 */
void finder_nft_rule(struct finder *finder, const struct nft_rule *rule) __attribute__((nonnull));
