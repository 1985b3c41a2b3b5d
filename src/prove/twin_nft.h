/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the twin's nftables share. Private to prove. */
#pragma once

#include "prove/twin_parts.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* One raw message on its way into the twin. */
struct nft_step {
	enum raw_kind kind;
	const struct nlmsghdr *raw;
	uint32_t group;  /* steps of one group stand or fall together: a rule and its sets */
	bool clear_name; /* an anonymous set too large for its rule's batch: made as a named one */
	bool refused;
};

/* The nfgenmsg family of a raw message (NFPROTO_*), and its name: "inet", "ip", ... */
uint8_t raw_family(const struct nlmsghdr *raw) __attribute__((nonnull));
const char *nft_family_name(uint8_t family);
/* An attribute of a raw nftables message, or NULL; its text, or "". */
const struct nlattr *nft_attr(const struct nlmsghdr *raw, uint16_t type) __attribute__((nonnull));
const char *nft_text(const struct nlmsghdr *raw, uint16_t type) __attribute__((nonnull));

/* Drafts the creation of a step's object; nothing for a set without elements. */
void nft_draft(struct draft *draft, const struct nft_step *step, uint32_t seq)
    __attribute__((nonnull));

/* Writes what the object is, for notes: "nft inet filter chain input rule handle 7 (cmp, lookup)".
 */
enum { NFT_DESCRIPTION = 512 };
const char *nft_describe(const struct nlmsghdr *raw, enum raw_kind kind,
                         char text[static NFT_DESCRIPTION]) __attribute__((nonnull));

/* A rule's protocol as xt extensions want it told again; false where it has none or needs none. */
bool nft_rule_compat(const struct nlmsghdr *raw, uint32_t *ret_protocol, uint32_t *ret_flags)
    __attribute__((nonnull));

/* Calls named() with the name of each set that a rule's expressions name, until it is not 0. */
int nft_rule_sets(const struct nlmsghdr *raw, int (*named)(void *data, const char *name),
                  void *data) __attribute__((nonnull(1, 2)));

/*
 * Notes what a rule asks that a twin cannot answer. `hook` is its base chain's, or -1. *ret_leave
 * says that the rule must not be copied, because it would act beyond the twin. 0 or -ENOMEM.
 */
int nft_rule_notes(struct twin *twin, const struct nlmsghdr *raw, int hook, bool *ret_leave)
    __attribute__((nonnull));

/* What an xt match or target means for a twin, NULL when nothing: see twin_extension.c. */
struct xt_trait {
	const char *name;
	bool target;
	bool leave;      /* it acts on the whole machine: never copied */
	const char *why; /* what a note says */
};
const struct xt_trait *xt_trait_find(const char *name, bool target) __attribute__((nonnull));

/* A chain of the view, and the host's handles of its rules that the twin has, in order. */
struct twin_chain {
	uint8_t family;
	const char *table, *name; /* borrowed from the twin's arena */
	int hook;                 /* NF_*_*, or -1 for a chain without a hook */
	bool read;                /* twin_handles is filled */
	VEC(uint64_t) host_handles;
	VEC(uint64_t) twin_handles;
};

/* Makes the map of all chains of the view; opens a socket where the thread stands. */
int twin_handles_new(struct twin *twin, const struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
/* The chain of a name, or NULL. */
struct twin_chain *twin_chain_find(const struct twin *twin, uint8_t family, const char *table,
                                   const char *name) __attribute__((nonnull));
