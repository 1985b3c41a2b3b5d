/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which chain calls which: all chains of a ruleset by number, checked as the kernel checks them.
 *
 * A chain that calls itself, a chain that is not there and jumps nested too deep are errors of the
 * rule that does it. What holds afterwards: callees first, there is an order of all that a base
 * chain can get to.
 */
#pragma once

#include "rules/ruleset.h"

enum {
	JUMP_LEVELS_NFT = 16, /* NFT_JUMP_STACK_SIZE of the kernel */
	/* Legacy tables have no limit; this is ours, far beyond what anybody writes. */
	JUMP_LEVELS_XTABLES = 256,
	CHAIN_NONE = UINT32_MAX,
};

struct graph_chain {
	const struct table *table;
	const struct chain *chain;
};

struct chain_graph {
	VEC(struct graph_chain) chains; /* in the order of the file */
	VEC(uint32_t) order;            /* those that a base chain gets to, callees first */
	uint32_t *slots;                /* numbers by table and name, plus 1; 0: free */
	size_t n_slots;
};

/*
 * Makes the graph of a ruleset, which is borrowed. `path` is for messages. 0, or -EINVAL with
 * "path:line:1: what is wrong", -ENOMEM. To be released in any case.
 */
int chain_graph_init(struct chain_graph *graph, const struct ruleset *ruleset, const char *path,
                     struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));
void chain_graph_done(struct chain_graph *graph) __attribute__((nonnull));

/* The chain of a table that has a name, or CHAIN_NONE. */
uint32_t chain_graph_find(const struct chain_graph *graph, const struct table *table,
                          const char *name) __attribute__((nonnull));

/* Whether packets of a family come by a table. */
bool table_sees_family(const struct table *table, uint8_t family) __attribute__((nonnull));

/* The base chains that packets of a family meet at a hook, in order; the caller frees. */
int chain_graph_bases(const struct chain_graph *graph, unsigned hook, uint8_t family,
                      uint32_t **ret_bases, size_t *ret_n)
    __attribute__((nonnull, warn_unused_result));
