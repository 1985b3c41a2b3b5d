/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rules count: what cannot match a packet that is asked for, or does nothing, is left out
 * before anything is built; what is left says which values of each field must be told apart.
 */
#include "reach/compile_parts.h"

#include <errno.h>

/* Whether a rule's steps do anything about a packet. */
static bool does_something(const struct rule *rule)
{
	vec_foreach(step, &rule->steps)
		switch (step->kind) {
		case STEP_VERDICT:
			if (step->verdicts.n && step->verdicts.items[0].kind != VERDICT_CONTINUE)
				return true;
			break;
		case STEP_VERDICT_MAP:
		case STEP_ASSIGN:
		case STEP_COPY:
		case STEP_FORGET:
		case STEP_NAT:
			return true;
		default:
			break;
		}
	return false;
}

/* Whether a step leaves a field with another value. */
static bool step_changes(const struct step *step)
{
	return step->kind == STEP_ASSIGN || step->kind == STEP_COPY || step->kind == STEP_FORGET;
}

/* Whether some packet may lie in a box. */
static bool box_possible(const struct space *space, const struct step *step, size_t box)
{
	const struct interval *intervals = step->boxes.items + box * step->n_fields;

	for (size_t i = 0; i < step->n_fields; i++)
		if (!space_possible(space, &step->fields[i], &intervals[i]))
			return false;
	return true;
}

/* The number of boxes of a match or map. */
static size_t count_boxes(const struct step *step)
{
	return step->n_fields ? step->boxes.n / step->n_fields : 0;
}

/* Whether some packet may pass a rule's matches, or those in front of a change or verdict. */
static bool may_match(const struct space *space, const struct rule *rule)
{
	vec_foreach(step, &rule->steps) {
		size_t n = count_boxes(step), box = 0;

		if (step_changes(step))
			break;
		if ((step->kind != STEP_MATCH || step->negated) && step->kind != STEP_VERDICT_MAP)
			continue;
		while (box < n && !box_possible(space, step, box))
			box++;
		if (box == n)
			return false;
		if (step->kind == STEP_VERDICT_MAP)
			break;
	}
	return true;
}

/* Whether a rule can accept. */
static bool may_accept(const struct rule *rule)
{
	vec_foreach(step, &rule->steps) {
		if (step->kind == STEP_NAT)
			return true;
		vec_foreach(verdict, &step->verdicts)
			if (verdict->kind == VERDICT_ACCEPT || verdict->kind == VERDICT_QUEUE)
				return true;
	}
	return false;
}

/* Adds a note of who accepts. Returns its number; 0 and a failure without memory. */
static uint32_t add_note(struct compiler *compiler, const struct graph_chain *chain,
                         const struct rule *rule)
{
	struct reach_note *note = vec_push(&compiler->program->notes);

	if (!note) {
		compiler->status = -ENOMEM;
		return 0;
	}
	*note = (struct reach_note){chain->table, chain->chain, rule};
	return (uint32_t)compiler->program->notes.n - 1;
}

/* Marks the chains that a rule of a chain calls as reached. */
static void reach_callees(struct compiler *compiler, const struct graph_chain *caller,
                          const struct rule *rule)
{
	vec_foreach(step, &rule->steps)
		vec_foreach(verdict, &step->verdicts)
			if (verdict->kind == VERDICT_JUMP || verdict->kind == VERDICT_GOTO)
				compiler
				    ->chains[chain_graph_find(compiler->graph, caller->table,
				                              verdict->chain)]
				    .reached = true;
}

/* The fields that a rule gives other values. */
static void see_assigned(struct compiler *compiler, const struct rule *rule)
{
	vec_foreach(step, &rule->steps) {
		if (step_changes(step))
			space_add_assigned(compiler->space, step->field);
		if (step->kind == STEP_COPY)
			space_add_assigned(compiler->space, step->from);
	}
}

/* What of a rule is looked at through masks. */
static void see_masks(struct compiler *compiler, const struct rule *rule)
{
	vec_foreach(step, &rule->steps)
		for (size_t i = 0; step->boxes.n && i < step->n_fields; i++)
			space_add_mask(compiler->space, &step->fields[i]);
}

/* Keeps a rule that counts. */
static void keep_rule(struct compiler *compiler, uint32_t number, uint32_t at)
{
	const struct graph_chain *chain = &compiler->graph->chains.items[number];
	const struct rule *rule = &chain->chain->rules.items[at];
	struct live_rule *live = vec_push(&compiler->chains[number].rules);

	if (!live) {
		compiler->status = -ENOMEM;
		return;
	}
	*live = (struct live_rule){.rule = at};
	if (may_accept(rule))
		live->note = add_note(compiler, chain, rule);
	reach_callees(compiler, chain, rule);
	see_masks(compiler, rule);
}

/* Looks through a chain that is reached: for assignments, or for the rules that count. */
static void look_at_chain(struct compiler *compiler, uint32_t number, bool assigned_only)
{
	const struct graph_chain *chain = &compiler->graph->chains.items[number];

	for (uint32_t i = 0; i < chain->chain->rules.n && compiler->status == 0; i++) {
		const struct rule *rule = &chain->chain->rules.items[i];

		if (!does_something(rule))
			continue;
		if (assigned_only) {
			reach_callees(compiler, chain, rule);
			see_assigned(compiler, rule);
		} else if (may_match(compiler->space, rule)) {
			keep_rule(compiler, number, i);
		}
	}
}

/* Goes from the base chains down, callers first. */
static void go_down(struct compiler *compiler, const uint32_t *bases, size_t n_bases,
                    bool assigned_only)
{
	for (size_t i = 0; i < compiler->graph->chains.n; i++)
		compiler->chains[i].reached = false;
	for (size_t i = 0; i < n_bases; i++)
		compiler->chains[bases[i]].reached = true;
	for (size_t i = compiler->graph->order.n; i-- > 0;)
		if (compiler->chains[compiler->graph->order.items[i]].reached)
			look_at_chain(compiler, compiler->graph->order.items[i], assigned_only);
}

/* Adds the intervals that a rule compares with. 0 or -ENOMEM. */
static int see_intervals(struct compiler *compiler, const struct rule *rule)
{
	vec_foreach(step, &rule->steps)
		for (size_t box = 0; box < count_boxes(step); box++) {
			const struct interval *intervals = step->boxes.items + box * step->n_fields;

			if (!box_possible(compiler->space, step, box))
				continue;
			for (size_t i = 0; i < step->n_fields; i++)
				if (space_add_interval(compiler->space, &step->fields[i],
				                       &intervals[i]) < 0)
					return -ENOMEM;
		}
	return 0;
}

bool rule_changes(const struct compiler *compiler, const struct graph_chain *chain,
                  const struct rule *rule)
{
	vec_foreach(step, &rule->steps) {
		if (step_changes(step))
			return true;
		vec_foreach(verdict, &step->verdicts)
			if ((verdict->kind == VERDICT_JUMP || verdict->kind == VERDICT_GOTO) &&
			    compiler
			        ->chains[chain_graph_find(compiler->graph, chain->table,
			                                  verdict->chain)]
			        .changes)
				return true;
	}
	return false;
}

/* Looks at the rules that count of one chain, once its callees are known. 0 or -ENOMEM. */
static int finish_chain(struct compiler *compiler, uint32_t number)
{
	const struct graph_chain *chain = &compiler->graph->chains.items[number];
	struct live_chain *live = &compiler->chains[number];

	vec_foreach(rule, &live->rules) {
		const struct rule *whole = &chain->chain->rules.items[rule->rule];

		if (see_intervals(compiler, whole) < 0)
			return -ENOMEM;
		live->changes = live->changes || rule_changes(compiler, chain, whole);
	}
	return 0;
}

int compiler_look_through(struct compiler *compiler, const uint32_t *bases, size_t n_bases)
{
	go_down(compiler, bases, n_bases, true);
	go_down(compiler, bases, n_bases, false);
	for (size_t i = 0; i < compiler->graph->order.n && compiler->status == 0; i++)
		compiler->status = finish_chain(compiler, compiler->graph->order.items[i]);
	return compiler->status;
}
