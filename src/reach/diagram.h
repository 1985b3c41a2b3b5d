/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decision diagrams: functions of many variables with a handful of outcomes.
 *
 * Theory of operation. A variable has a small number of values, 0..n-1 (ranks: the caller keeps
 * what they stand for). A node asks one variable and has an edge for each run of values that lead
 * to the same place; variables are asked in the order of their numbers, each at most once on a way
 * down, and no two nodes are alike (hash-consing), so that equal functions are the same number and
 * can be compared, kept and looked up as such. Outcomes are terminals, whose number says it all.
 * All nodes live until the diagram is released; a run makes one, asks, and throws it away, so there
 * are no reference counts. Results of diagram_apply() are remembered in a table that forgets the
 * older of two that fall on the same place: only time is lost by that.
 *
 * The first failure (memory, or the cap on nodes) is kept in the diagram; from then on every call
 * gives a reference that means nothing, and the caller looks at diagram_status() once at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t diagram_ref;

/* What a function says of a packet, while rules are put together and at the end. */
enum outcome {
	OUTCOME_MISS,   /* no: the match does not hold, or no box was hit; of a whole walk: no
	                   such packet is asked for */
	OUTCOME_HIT,    /* yes, of a match */
	OUTCOME_NEXT,   /* the chain goes on with its next rule */
	OUTCOME_RETURN, /* the chain is left */
	OUTCOME_ACCEPT,
	OUTCOME_DROP,
};

struct terminal {
	enum outcome outcome;
	uint32_t note; /* of ACCEPT: which rule or policy it was; the caller's number */
};

/* How two functions are put together; see diagram_apply(). */
enum diagram_op {
	OP_FILL,      /* f, and where it misses, g */
	OP_GUARD,     /* g where f hits, else a miss */
	OP_GUARD_NOT, /* g where f misses, else a miss */
	OP_THEN,      /* f, and where it says NEXT, g */
	OP_RETURN,    /* f, and where it says RETURN, g */
	OP_AFTER,     /* f, and where it accepts, g with the stronger of both notes */
	OP_VERDICT,   /* g without notes; f is not looked at */
	OP_CHANGE,    /* g as it is for a packet that has been changed; see diagram_change() */
};

/* The value x of a variable has become (x & keep) ^ flip. */
struct diagram_change {
	uint32_t variable, n; /* and how many values it has: a power of 2 */
	uint32_t keep, flip;
};

struct diagram;

/* Which of two notes a packet is shown with that the first and then the second accepted. */
typedef uint32_t (*diagram_stronger)(const void *data, uint32_t first, uint32_t second);

/*
 * A diagram whose nodes and tables may grow to max_bytes. `data`, for `stronger`, is borrowed as
 * long as it lives. NULL without memory.
 */
struct diagram *diagram_new(size_t max_bytes, diagram_stronger stronger, const void *data)
    __attribute__((nonnull(2)));
void diagram_free(struct diagram *diagram);

/* 0, -ENOMEM, or -E2BIG when the cap was reached. */
int diagram_status(const struct diagram *diagram) __attribute__((nonnull));
/* The bytes that nodes and tables take. */
size_t diagram_bytes(const struct diagram *diagram) __attribute__((nonnull));

/* The constant function of one outcome. */
diagram_ref diagram_terminal(enum outcome outcome, uint32_t note);
bool diagram_is_terminal(diagram_ref ref);
struct terminal diagram_outcome(diagram_ref ref);

/*
 * A node is built from left to right: diagram_begin(), an edge for each run of values up to and
 * including `last`, and diagram_node(), which ends what the newest diagram_begin() began. Between
 * them others may be built.
 */
size_t diagram_begin(struct diagram *diagram) __attribute__((nonnull));
void diagram_edge(struct diagram *diagram, size_t begun, uint32_t last, diagram_ref to)
    __attribute__((nonnull));
diagram_ref diagram_node(struct diagram *diagram, size_t begun, uint32_t variable)
    __attribute__((nonnull));

/* `inside` for values first..last of a variable of n values, `outside` for the others. */
diagram_ref diagram_range(struct diagram *diagram, uint32_t variable, uint32_t n, uint32_t first,
                          uint32_t last, diagram_ref inside, diagram_ref outside)
    __attribute__((nonnull));

/* What a node asks, and its edges in order. A terminal asks DIAGRAM_NO_VARIABLE. */
#define DIAGRAM_NO_VARIABLE UINT32_MAX
uint32_t diagram_variable(const struct diagram *diagram, diagram_ref ref) __attribute__((nonnull));
uint32_t diagram_edges(const struct diagram *diagram, diagram_ref ref) __attribute__((nonnull));
diagram_ref diagram_child(const struct diagram *diagram, diagram_ref ref, uint32_t edge,
                          uint32_t *ret_last) __attribute__((nonnull));
/* Where a value of the node's variable leads. */
diagram_ref diagram_follow(const struct diagram *diagram, diagram_ref ref, uint32_t value)
    __attribute__((nonnull));

/* Puts two functions together. */
diagram_ref diagram_apply(struct diagram *diagram, enum diagram_op op, diagram_ref f, diagram_ref g)
    __attribute__((nonnull));

/* `inside` where the match hits, `outside` elsewhere; neither misses anywhere. */
diagram_ref diagram_choose(struct diagram *diagram, diagram_ref match, diagram_ref inside,
                           diagram_ref outside) __attribute__((nonnull));

/* What g says of packets that have been changed so, as a function of the packet before. */
diagram_ref diagram_change(struct diagram *diagram, struct diagram_change change, diagram_ref g)
    __attribute__((nonnull));
