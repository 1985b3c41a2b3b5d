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
};

/* Whether something that is not known lets the packet on; for FORGET and byte i, what it leaves. */
typedef uint8_t (*walk_oracle)(void *data, const struct step *step, const void *key, unsigned byte);

struct walk {
	const struct chain_graph *graph; /* borrowed, as is what it borrows */
	walk_oracle oracle;
	void *oracle_data;
	struct packet packet;          /* as it is now */
	VEC(struct walk_event) events; /* rules that matched, and policies; in order */
	bool keep_events;
	int status;
};

/* What comes of a packet at a hook. */
struct walk_end {
	bool accepted;
	struct walk_event by; /* the deciding one; no chain where none looks at it */
};

/* Takes walk->packet through all base chains of a hook. 0 or -ENOMEM. */
int ruleset_walk(struct walk *walk, unsigned hook, struct walk_end *ret_end)
    __attribute__((nonnull, warn_unused_result));
