/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet through the rules, step by step, as the kernel would take it.
 *
 * Theory of operation. Written for being obviously right, not for being fast: it shares nothing
 * with the compiler (compile.h), whose answers are compared with it, and it can tell the way that
 * the packet took.
 */
#pragma once

#include "rules/chain_graph.h"

struct packet {
	field_value values[FIELDS];
};

/* A rule, or at its end a policy, that a packet came by. */
struct walk_event {
	const struct table *table;
	const struct chain *chain;
	const struct rule *rule;   /* NULL: the chain's policy */
	enum rule_verdict verdict; /* CONTINUE: it matched, and said nothing */
	/* The longest list of the rule's matches or maps, and which of its boxes held; or NULL. */
	const struct step *list;
	uint32_t box;
};

/* Whether something that is not known lets the packet on; for FORGET and byte i, what it leaves. */
typedef uint8_t (*walk_oracle)(void *data, const struct step *step, const void *key, unsigned byte);

struct walk {
	const struct chain_graph *graph; /* borrowed, as is what it borrows */
	walk_oracle oracle;
	void *oracle_data;
	struct packet packet; /* as it is now */
	/* What the base chains since the last clearing did beside judging: */
	const struct step *nat;        /* the translation that was met, or NULL */
	struct walk_event nat_by;      /* and the rule that it stands in */
	VEC(struct walk_event) events; /* rules that matched, and policies; in order */
	bool keep_events;
	uint64_t looked; /* bits of the fields that were compared */
	int status;
};

/* What comes of a packet at a hook. */
struct walk_end {
	bool accepted;
	struct walk_event by; /* the deciding one; no chain where none looks at it */
};

/*
 * Takes walk->packet through one base chain, by its number in the graph. True: it goes on. Failures
 * are kept in walk->status.
 */
bool ruleset_walk_base(struct walk *walk, uint32_t base, struct walk_event *ret_by)
    __attribute__((nonnull, warn_unused_result));

/* Takes walk->packet through all base chains of a hook. 0 or -ENOMEM. */
int ruleset_walk(struct walk *walk, unsigned hook, struct walk_end *ret_end)
    __attribute__((nonnull, warn_unused_result));
