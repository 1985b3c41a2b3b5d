/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of the compiler: what its files share. */
#pragma once

#include "reach/compile.h"

/* A rule that may match packets that are asked for, and that does something about them. */
struct live_rule {
	uint32_t rule; /* its place in the chain */
	uint32_t note; /* if it accepts */
};

struct live_chain {
	bool reached;
	bool changes; /* it, or a chain it calls, assigns to a field */
	VEC(struct live_rule) rules;
	diagram_ref function; /* where it does not change: NEXT means back to the caller */
};

/* A chain that changes, made for one place to go on to. */
struct continued {
	uint32_t chain;
	diagram_ref back, function;
};

struct compiler {
	struct program_of_hook *program;
	const struct chain_graph *graph;
	struct space *space;
	struct diagram *diagram;
	struct live_chain *chains; /* by number in the graph */
	VEC(struct continued) continued;
	/* What a packet meets that a base chain has accepted, while that one is made. */
	diagram_ref after;
	int status; /* the first failure that is not the diagram's own */
};

/* Where a rule goes on to. */
struct place {
	diagram_ref next; /* the rule behind it */
	diagram_ref back; /* behind the chain */
	bool final;       /* `next` and `back` are outcomes, not NEXT and RETURN */
};

/* Finds the rules that count in all chains of a hook. 0 or a negative errno. */
int compiler_look_through(struct compiler *compiler, const uint32_t *bases, size_t n_bases)
    __attribute__((nonnull, warn_unused_result));

/* Whether a rule assigns to a field, or calls a chain that does. */
bool rule_changes(const struct compiler *compiler, const struct graph_chain *chain,
                  const struct rule *rule) __attribute__((nonnull));

/* One rule, seen from a place. */
diagram_ref compile_rule(struct compiler *compiler, uint32_t chain, const struct live_rule *live,
                         const struct place *place) __attribute__((nonnull));

/* Live rules first..end-1 at once, if all do nothing but drop by one field. False: they do not. */
bool compile_plain(struct compiler *compiler, uint32_t chain, size_t first, size_t end,
                   diagram_ref *ret_function) __attribute__((nonnull));

/* What a call of a chain does that goes on to `back`. */
diagram_ref compile_call(struct compiler *compiler, uint32_t chain, diagram_ref back, bool final)
    __attribute__((nonnull));

/* What accepting does at a place: go on to the next base chain, or an outcome to be filled in. */
diagram_ref compile_accept(struct compiler *compiler, uint32_t note, bool final)
    __attribute__((nonnull));
