/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule as a function, from its last step to its first.
 *
 * While a rule is put together, a MISS stands for "does not match": it is filled with what comes
 * behind the rule at the end, or where an assignment has to be put in front of it.
 */
#include "reach/compile_match.h"
#include "reach/compile_parts.h"

#include <errno.h>
#include <limits.h>

diagram_ref compile_accept(struct compiler *compiler, uint32_t note, bool final)
{
	diagram_ref accept = diagram_terminal(OUTCOME_ACCEPT, note);

	return final ? diagram_apply(compiler->diagram, OP_AFTER, accept, compiler->after) : accept;
}

/* A hit that nobody can tell; see space_unknown(). */
static diagram_ref unknown(struct compiler *compiler, bool shared, const void *key,
                           const char *text)
{
	diagram_ref hit = diagram_terminal(OUTCOME_HIT, 0),
	            miss = diagram_terminal(OUTCOME_MISS, 0);
	uint32_t variable;
	int status = space_unknown(compiler->space, shared, key, text, 2, &variable);

	if (status < 0) {
		compiler->status = status;
		return miss;
	}
	return diagram_range(compiler->diagram, variable, 2, 1, 1, hit, miss);
}

/* A rule that is being put together. */
struct building {
	struct compiler *compiler;
	const struct table *table;
	const struct live_rule *live;
	const struct place *place;
	diagram_ref rest; /* the steps behind */
};

/* What a verdict does. */
static diagram_ref verdict_function(const struct building *building, const struct verdict *verdict)
{
	struct compiler *compiler = building->compiler;
	const struct place *place = building->place;
	diagram_ref drop = diagram_terminal(OUTCOME_DROP, 0);

	switch (verdict->kind) {
	case VERDICT_CONTINUE:
		return building->rest;
	case VERDICT_ACCEPT:
		return compile_accept(compiler, building->live->note, place->final);
	case VERDICT_QUEUE:
		return diagram_choose(
		    compiler->diagram,
		    unknown(compiler, false, verdict, "what a program behind a queue says"),
		    compile_accept(compiler, building->live->note, place->final), drop);
	case VERDICT_RETURN:
		return place->back;
	case VERDICT_JUMP:
	case VERDICT_GOTO:
		return compile_call(
		    compiler, chain_graph_find(compiler->graph, building->table, verdict->chain),
		    verdict->kind == VERDICT_JUMP ? place->next : place->back, place->final);
	case VERDICT_DROP:
	case VERDICT_REJECT:
	case VERDICT_STOLEN:
		break;
	}
	return drop;
}

/* Fills the misses of the steps behind: what does not match goes on behind the rule. */
static void fill_rest(struct building *building)
{
	building->rest = diagram_apply(building->compiler->diagram, OP_FILL, building->rest,
	                               building->place->next);
}

/* A match in front of the rest. */
static void add_match(struct building *building, const struct step *step)
{
	struct compiler *compiler = building->compiler;
	diagram_ref match = diagram_terminal(OUTCOME_MISS, 0);
	int status = match_compile(compiler->space, compiler->diagram, step, &match);

	if (status < 0)
		compiler->status = status;
	building->rest = diagram_apply(compiler->diagram, step->negated ? OP_GUARD_NOT : OP_GUARD,
	                               match, building->rest);
}

/* A map of verdicts in front of the rest. */
static void add_map(struct building *building, const struct step *step)
{
	struct compiler *compiler = building->compiler;
	diagram_ref *inside = calloc(step->verdicts.n + 1, sizeof(*inside));

	if (!inside) {
		compiler->status = -ENOMEM;
		return;
	}
	fill_rest(building);
	for (size_t i = 0; i < step->verdicts.n; i++)
		inside[i] = verdict_function(building, &step->verdicts.items[i]);
	building->rest = match_choose(compiler->space, compiler->diagram, step, inside);
	free(inside);
}

/* An assignment in front of the rest. */
static void add_assignment(struct building *building, const struct step *step)
{
	struct compiler *compiler = building->compiler;
	const struct space_field *field = &compiler->space->fields[step->field];

	fill_rest(building);
	for (uint32_t i = 0; i < field->n_variables; i++) {
		uint32_t number = field->variable + i;
		const struct space_variable *variable = &compiler->space->variables.items[number];
		uint32_t bits = variable->n - 1;
		const struct diagram_change change = {
		    .variable = number,
		    .n = variable->n,
		    .keep = (uint32_t)(~step->mask >> variable->shift) & bits,
		    .flip = (uint32_t)(step->value >> variable->shift) & bits,
		};

		if (change.keep != bits || change.flip)
			building->rest = diagram_change(compiler->diagram, change, building->rest);
	}
}

/* A hit where some bits of a variable have a value. */
static diagram_ref match_bits(struct compiler *compiler, uint32_t number, uint32_t mask,
                              uint32_t bits)
{
	uint32_t n = compiler->space->variables.items[number].n;
	size_t begun = diagram_begin(compiler->diagram);

	for (uint32_t value = 0; value < n; value++)
		diagram_edge(
		    compiler->diagram, begun, value,
		    diagram_terminal((value & mask) == bits ? OUTCOME_HIT : OUTCOME_MISS, 0));
	return diagram_node(compiler->diagram, begun, number);
}

/* The rest for packets of which some bits of the variable `from` have been added to `change`'s. */
static diagram_ref transfer(struct compiler *compiler, struct diagram_change change, uint32_t from,
                            uint32_t mask, diagram_ref rest)
{
	diagram_ref all = diagram_terminal(OUTCOME_MISS, 0),
	            first = diagram_change(compiler->diagram, change, rest);
	bool alike = true;
	uint32_t bits = 0;

	do {
		change.flip = bits;
		diagram_ref one = diagram_change(compiler->diagram, change, rest);

		alike = alike && one == first;
		one = diagram_apply(compiler->diagram, OP_GUARD,
		                    match_bits(compiler, from, mask, bits), one);
		all = diagram_apply(compiler->diagram, OP_FILL, all, one);
		bits = (bits - mask) & mask;
	} while (bits);
	return alike ? first : all;
}

/* Which variable the bits come from that a step puts where `shift` says. False: from none. */
static bool source_of(struct compiler *compiler, const struct step *step, unsigned shift,
                      uint32_t *ret_variable)
{
	const struct space_field *from = &compiler->space->fields[step->from];
	int status;

	if (step->kind == STEP_FORGET) {
		/* Each part of the field has an address of its own within the step. */
		const char *key = (const char *)step + shift / CHAR_BIT;

		status = space_unknown(compiler->space, false, key, step->text, 256, ret_variable);
		if (status < 0)
			compiler->status = status;
		return status == 0;
	}
	if (shift >= from->bits)
		return false;
	*ret_variable = from->variable + from->n_variables - 1 - shift / CHAR_BIT;
	return true;
}

/* A copy of another field, or of who knows what, in front of the rest. */
static void add_transfer(struct building *building, const struct step *step)
{
	struct compiler *compiler = building->compiler;
	const struct space_field *field = &compiler->space->fields[step->field];

	fill_rest(building);
	for (uint32_t i = 0; i < field->n_variables && compiler->status == 0; i++) {
		uint32_t number = field->variable + i, from;
		const struct space_variable variable = compiler->space->variables.items[number];
		uint32_t bits = variable.n - 1;
		field_value mask = step->kind == STEP_COPY ? step->value : step->mask;
		struct diagram_change change = {
		    .variable = number,
		    .n = variable.n,
		    .keep = (uint32_t)(~step->mask >> variable.shift) & bits,
		};
		uint32_t taken = (uint32_t)(mask >> variable.shift) & bits;

		if (taken && source_of(compiler, step, variable.shift, &from))
			building->rest = transfer(compiler, change, from, taken, building->rest);
		else if (change.keep != bits)
			building->rest = diagram_change(compiler->diagram, change, building->rest);
	}
}

static void add_step(struct building *building, const struct step *step);

/* Puts a step in front of the rest that changes something only for what lies in its boxes. */
static void add_step_where(struct building *building, const struct step *step)
{
	struct compiler *compiler = building->compiler;
	diagram_ref match = diagram_terminal(OUTCOME_MISS, 0), others;
	struct step plain = *step;
	int status = match_compile(compiler->space, compiler->diagram, step, &match);

	if (status < 0)
		compiler->status = status;
	fill_rest(building);
	others = building->rest;
	plain.n_fields = 0;
	add_step(building, &plain);
	building->rest = diagram_apply(compiler->diagram, OP_GUARD, match, building->rest);
	building->rest = diagram_apply(compiler->diagram, OP_FILL, building->rest, others);
}

/* Puts a step in front of the rest. */
static void add_step(struct building *building, const struct step *step)
{
	struct compiler *compiler = building->compiler;

	if (step->n_fields && step->kind != STEP_MATCH && step->kind != STEP_VERDICT_MAP) {
		add_step_where(building, step);
		return;
	}
	switch (step->kind) {
	case STEP_MATCH:
		add_match(building, step);
		break;
	case STEP_UNKNOWN:
		building->rest = diagram_apply(compiler->diagram, OP_GUARD,
		                               unknown(compiler, step->shared, step, step->text),
		                               building->rest);
		break;
	case STEP_VERDICT:
		if (step->verdicts.n)
			building->rest = verdict_function(building, &step->verdicts.items[0]);
		break;
	case STEP_VERDICT_MAP:
		add_map(building, step);
		break;
	case STEP_ASSIGN:
		add_assignment(building, step);
		break;
	case STEP_COPY:
	case STEP_FORGET:
		add_transfer(building, step);
		break;
	case STEP_NAT:
		building->rest =
		    compile_accept(compiler, building->live->note, building->place->final);
		break;
	case STEP_NOTRACK: /* the packet has been tracked, or not, before it meets our hooks */
	case STEP_EFFECT:
		break;
	}
}

diagram_ref compile_rule(struct compiler *compiler, uint32_t chain, const struct live_rule *live,
                         const struct place *place)
{
	const struct graph_chain *numbered = &compiler->graph->chains.items[chain];
	const struct rule *rule = &numbered->chain->rules.items[live->rule];
	struct building building = {compiler, numbered->table, live, place, place->next};

	for (size_t i = rule->steps.n; i-- > 0;)
		add_step(&building, &rule->steps.items[i]);
	fill_rest(&building);
	return building.rest;
}
