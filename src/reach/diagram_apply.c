/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decision diagrams: two functions made one.
 *
 * Theory of operation. Both are walked down together, always by the smaller variable; where one or
 * both have come to a terminal the operation may know the answer without looking further. Nodes
 * move while others are built, so they are looked up anew after each step down.
 */
#include "reach/diagram_store.h"

#include <string.h>

/* The outcome of a reference that is a terminal; a node has none of them. */
static bool is(diagram_ref ref, enum outcome outcome)
{
	return diagram_is_terminal(ref) && diagram_outcome(ref).outcome == outcome;
}

/* Whether f, a terminal, is where g takes over; else f stays. */
static bool hands_over(enum diagram_op op, diagram_ref f)
{
	static const enum outcome outcomes[] = {
	    [OP_FILL] = OUTCOME_MISS,
	    [OP_THEN] = OUTCOME_NEXT,
	    [OP_RETURN] = OUTCOME_RETURN,
	};

	return diagram_outcome(f).outcome == outcomes[op];
}

/* FILL, THEN and RETURN: one outcome of f is replaced by g. */
static bool settle_replace(enum diagram_op op, diagram_ref f, diagram_ref g,
                           diagram_ref *ret_result)
{
	if (diagram_is_terminal(f))
		*ret_result = hands_over(op, f) ? g : f;
	else if (f == g || (diagram_is_terminal(g) && hands_over(op, g)))
		*ret_result = f;
	else
		return false;
	return true;
}

/* GUARD and GUARD_NOT: g where f, a match, is as wanted. */
static bool settle_guard(enum outcome wanted, diagram_ref f, diagram_ref g, diagram_ref *ret_result)
{
	if (is(g, OUTCOME_MISS))
		*ret_result = g;
	else if (diagram_is_terminal(f))
		*ret_result = is(f, wanted) ? g : diagram_terminal(OUTCOME_MISS, 0);
	else
		return false;
	return true;
}

/* AFTER: what accepts goes on to g. */
static bool settle_after(const struct diagram *diagram, diagram_ref f, diagram_ref g,
                         diagram_ref *ret_result)
{
	struct terminal first = diagram_outcome(f), second = diagram_outcome(g);

	if (g == diagram_terminal(OUTCOME_ACCEPT, 0)) {
		*ret_result = f;
		return true;
	}
	if (!diagram_is_terminal(f))
		return false;
	if (first.outcome != OUTCOME_ACCEPT) {
		*ret_result = f;
		return true;
	}
	if (first.note && !diagram_is_terminal(g))
		return false;
	*ret_result = g;
	if (first.note && second.outcome == OUTCOME_ACCEPT)
		*ret_result = diagram_terminal(
		    OUTCOME_ACCEPT, diagram->stronger(diagram->data, first.note, second.note));
	return true;
}

/* The answer where it is known without looking further down. */
static bool settle(const struct diagram *diagram, enum diagram_op op, diagram_ref f, diagram_ref g,
                   diagram_ref *ret_result)
{
	switch (op) {
	case OP_FILL:
	case OP_THEN:
	case OP_RETURN:
		return settle_replace(op, f, g, ret_result);
	case OP_GUARD:
		return settle_guard(OUTCOME_HIT, f, g, ret_result);
	case OP_GUARD_NOT:
		return settle_guard(OUTCOME_MISS, f, g, ret_result);
	case OP_AFTER:
		return settle_after(diagram, f, g, ret_result);
	case OP_VERDICT:
		if (!diagram_is_terminal(g))
			return false;
		*ret_result = diagram_terminal(diagram_outcome(g).outcome, 0);
		return true;
	case OP_CHANGE:
		*ret_result = g;
		return diagram_is_terminal(g);
	}
	return true;
}

/* Where a result is remembered. */
static struct memo *memo_of(const struct diagram *diagram, enum diagram_op op, diagram_ref f,
                            diagram_ref g)
{
	uint64_t hash = ((uint64_t)f << 32 | g) * 0x9e3779b97f4a7c15U;

	hash = (hash ^ hash >> 29 ^ (uint64_t)op << 20) * 0xbf58476d1ce4e5b9U;
	return &diagram->memos[(hash >> 32) & (diagram->n_memos - 1)];
}

/* One of the two on the way down: the edge it is at, or itself where it does not ask. */
struct side {
	diagram_ref ref;
	bool asks;
	uint32_t edge, last;
	diagram_ref child;
};

/* Brings a side to its edge. */
static void side_load(const struct diagram *diagram, struct side *side)
{
	side->child = side->ref;
	side->last = UINT32_MAX;
	if (side->asks)
		side->child = diagram_child(diagram, side->ref, side->edge, &side->last);
}

/* Walks all runs of the variable; what comes of each is an edge of the result. */
static diagram_ref descend(struct diagram *diagram, enum diagram_op op, uint32_t variable,
                           struct side *f, struct side *g)
{
	size_t begun = diagram_begin(diagram);
	uint32_t end;

	do {
		diagram_ref child;

		side_load(diagram, f);
		side_load(diagram, g);
		end = f->last < g->last ? f->last : g->last;
		child = diagram_apply(diagram, op, f->child, g->child);
		diagram_edge(diagram, begun, end, child);
		f->edge += f->last == end;
		g->edge += g->last == end;
	} while (diagram->status == 0 && ((f->asks && f->edge < diagram_edges(diagram, f->ref)) ||
	                                  (g->asks && g->edge < diagram_edges(diagram, g->ref))));
	return diagram_node(diagram, begun, variable);
}

/* CHANGE at the variable that is changed: each value leads to where the new one led. */
static diagram_ref descend_changed(struct diagram *diagram, const struct diagram_change *change,
                                   diagram_ref g)
{
	size_t begun = diagram_begin(diagram);

	for (uint32_t value = 0; value < change->n; value++)
		diagram_edge(
		    diagram, begun, value,
		    diagram_follow(diagram, g,
		                   ((value & change->keep) ^ change->flip) & (change->n - 1)));
	return diagram_node(diagram, begun, change->variable);
}

/* One step down. */
static diagram_ref go_down(struct diagram *diagram, enum diagram_op op, diagram_ref f,
                           diagram_ref g)
{
	bool unary = op == OP_VERDICT || op == OP_CHANGE;
	uint32_t at_f = unary ? DIAGRAM_NO_VARIABLE : diagram_variable(diagram, f);
	uint32_t at_g = diagram_variable(diagram, g);
	struct side side_f = {.ref = f, .asks = at_f <= at_g},
	            side_g = {.ref = g, .asks = at_g <= at_f};

	if (op == OP_CHANGE) {
		struct diagram_change change = diagram->changes.items[f];

		if (at_g > change.variable)
			return g;
		if (at_g == change.variable)
			return descend_changed(diagram, &change, g);
	}
	return descend(diagram, op, at_f < at_g ? at_f : at_g, &side_f, &side_g);
}

diagram_ref diagram_apply(struct diagram *diagram, enum diagram_op op, diagram_ref f, diagram_ref g)
{
	diagram_ref result;
	struct memo *memo;

	if (diagram->status < 0 || settle(diagram, op, f, g, &result))
		return diagram->status < 0 ? f : result;
	memo = memo_of(diagram, op, f, g);
	if (memo->op == (uint32_t)op + 1 && memo->f == f && memo->g == g)
		return memo->result;
	result = go_down(diagram, op, f, g);
	if (diagram->status == 0)
		*memo_of(diagram, op, f, g) = (struct memo){(uint32_t)op + 1, f, g, result};
	return result;
}

diagram_ref diagram_choose(struct diagram *diagram, diagram_ref match, diagram_ref inside,
                           diagram_ref outside)
{
	return diagram_apply(diagram, OP_FILL, diagram_apply(diagram, OP_GUARD, match, inside),
	                     outside);
}

diagram_ref diagram_change(struct diagram *diagram, struct diagram_change change, diagram_ref g)
{
	struct diagram_change *kept;

	for (size_t i = 0; i < diagram->changes.n; i++)
		if (memcmp(&diagram->changes.items[i], &change, sizeof(change)) == 0)
			return diagram_apply(diagram, OP_CHANGE, (diagram_ref)i, g);
	kept = vec_push(&diagram->changes);
	if (!kept) {
		diagram->status = -ENOMEM;
		return g;
	}
	*kept = change;
	return diagram_apply(diagram, OP_CHANGE, (diagram_ref)diagram->changes.n - 1, g);
}
