/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All chains of one hook as one function: chains, calls and the walk through base chains. */
#include "reach/compile.h"

#include "reach/compile_match.h"
#include "reach/compile_parts.h"

#include <errno.h>

/* From so many rules on it is worth looking whether they are a list. */
enum { PLAIN_LEAST = 8 };

/* reach_note_replaces() for numbers: the stronger of two. */
static uint32_t stronger_note(const void *data, uint32_t first, uint32_t second)
{
	const struct program_of_hook *program = data;

	return reach_note_replaces(&program->notes.items[first], &program->notes.items[second])
	           ? second
	           : first;
}

/* Live rules first..end-1 of a chain, one after the other, as a partial function. */
static diagram_ref compile_rules(struct compiler *compiler, uint32_t chain, size_t first,
                                 size_t end)
{
	const struct place place = {diagram_terminal(OUTCOME_NEXT, 0),
	                            diagram_terminal(OUTCOME_RETURN, 0), false};
	size_t middle = first + (end - first) / 2;
	diagram_ref head;

	if (first == end)
		return place.next;
	if (end - first == 1)
		return compile_rule(compiler, chain, &compiler->chains[chain].rules.items[first],
		                    &place);
	if (end - first >= PLAIN_LEAST && compile_plain(compiler, chain, first, end, &head))
		return head;
	head = compile_rules(compiler, chain, first, middle);
	return diagram_apply(compiler->diagram, OP_THEN, head,
	                     compile_rules(compiler, chain, middle, end));
}

/* Whether a live rule assigns, or calls a chain that does. */
static bool live_rule_changes(const struct compiler *compiler, uint32_t chain, size_t at)
{
	const struct graph_chain *numbered = &compiler->graph->chains.items[chain];
	const struct live_rule *live = &compiler->chains[chain].rules.items[at];

	return rule_changes(compiler, numbered, &numbered->chain->rules.items[live->rule]);
}

/* A partial function of a chain, seen from a final place. */
static diagram_ref finish(struct compiler *compiler, diagram_ref function,
                          const struct place *place)
{
	struct diagram *diagram = compiler->diagram;

	function = diagram_apply(diagram, OP_AFTER, function, compiler->after);
	function = diagram_apply(diagram, OP_RETURN, function, place->back);
	return diagram_apply(diagram, OP_THEN, function, place->next);
}

/* A chain that changes packets, from its last rule to its first. */
static diagram_ref compile_changing(struct compiler *compiler, uint32_t chain, diagram_ref back)
{
	struct place place = {back, back, true};
	size_t end = compiler->chains[chain].rules.n;

	while (end > 0) {
		size_t first = end;

		while (first > 0 && !live_rule_changes(compiler, chain, first - 1))
			first--;
		if (first < end) {
			place.next =
			    finish(compiler, compile_rules(compiler, chain, first, end), &place);
		} else {
			first = end - 1;
			place.next = compile_rule(
			    compiler, chain, &compiler->chains[chain].rules.items[first], &place);
		}
		end = first;
	}
	return place.next;
}

/* A chain that changes packets, made once for each place that it goes on to. */
static diagram_ref call_changing(struct compiler *compiler, uint32_t chain, diagram_ref back)
{
	struct continued *made;
	diagram_ref function;

	vec_foreach(other, &compiler->continued)
		if (other->chain == chain && other->back == back)
			return other->function;
	function = compile_changing(compiler, chain, back);
	made = vec_push(&compiler->continued);
	if (made)
		*made = (struct continued){chain, back, function};
	else
		compiler->status = -ENOMEM;
	return function;
}

diagram_ref compile_call(struct compiler *compiler, uint32_t chain, diagram_ref back, bool final)
{
	struct live_chain *live = &compiler->chains[chain];
	diagram_ref function;

	if (live->changes)
		return call_changing(compiler, chain, back);
	function = live->function;
	if (final)
		function = diagram_apply(compiler->diagram, OP_AFTER, function, compiler->after);
	return diagram_apply(compiler->diagram, OP_THEN, function, back);
}

/* The note of a base chain's policy; 0 without memory. */
static uint32_t add_policy_note(struct compiler *compiler, const struct graph_chain *base)
{
	struct reach_note *note = vec_push(&compiler->program->notes);

	if (!note) {
		compiler->status = -ENOMEM;
		return 0;
	}
	*note = (struct reach_note){base->table, base->chain, NULL};
	return (uint32_t)compiler->program->notes.n - 1;
}

/* What NAT chains see: packets that begin a flow. */
static const struct operand_field state_field = {FIELD_STATE, ~(field_value)0};
static const struct interval new_state = {STATE_NEW, STATE_NEW};

/* Packets that begin a flow take `through`, others `around`. */
static diagram_ref only_new(struct compiler *compiler, diagram_ref through, diagram_ref around)
{
	diagram_ref match = space_match(compiler->space, compiler->diagram, &state_field,
	                                &new_state, diagram_terminal(OUTCOME_HIT, 0));

	return diagram_choose(compiler->diagram, match, through, around);
}

/* A base chain, in front of what the compiler knows to come after it. */
static diagram_ref compile_base(struct compiler *compiler, uint32_t number)
{
	const struct graph_chain *base = &compiler->graph->chains.items[number];
	bool drops = base->chain->policy.kind == VERDICT_DROP;
	uint32_t note = drops ? 0 : add_policy_note(compiler, base);
	diagram_ref policy =
	    drops ? diagram_terminal(OUTCOME_DROP, 0) : compile_accept(compiler, note, true);
	const struct place place = {policy, policy, true};
	diagram_ref function;

	if (compiler->chains[number].changes) {
		compiler->continued.n = 0;
		function = compile_changing(compiler, number, policy);
	} else {
		function = finish(compiler, compiler->chains[number].function, &place);
	}
	return base->chain->type == CHAIN_NAT ? only_new(compiler, function, compiler->after)
	                                      : function;
}

/* Makes the functions of all chains that change nothing, callees first. */
static void compile_chains(struct compiler *compiler)
{
	const struct chain_graph *graph = compiler->graph;

	for (size_t i = 0; i < graph->order.n && compiler->status == 0; i++) {
		struct live_chain *live = &compiler->chains[graph->order.items[i]];

		if (!live->reached || live->changes)
			continue;
		live->function = compile_rules(compiler, graph->order.items[i], 0, live->rules.n);
		live->function = diagram_apply(compiler->diagram, OP_RETURN, live->function,
		                               diagram_terminal(OUTCOME_NEXT, 0));
	}
}

/* Compiles the base chains of a hook, of which the first meet packets first. 0 or an errno. */
static int compile_hook(struct compiler *compiler, const uint32_t *bases, size_t n_bases)
{
	struct program_of_hook *program = compiler->program;
	int status = compiler_look_through(compiler, bases, n_bases);

	if (status == 0)
		status = space_add_interval(compiler->space, &state_field, &new_state);
	if (status == 0)
		status = space_close(compiler->space);
	if (status < 0)
		return status;
	compile_chains(compiler);
	compiler->after = diagram_terminal(OUTCOME_ACCEPT, 0);
	for (size_t i = n_bases; i-- > 0 && compiler->status == 0;)
		compiler->after = compile_base(compiler, bases[i]);
	program->root =
	    diagram_apply(compiler->diagram, OP_GUARD,
	                  space_wanted(compiler->space, compiler->diagram), compiler->after);
	return compiler->status < 0 ? compiler->status : diagram_status(compiler->diagram);
}

/* Releases what only the compiler needs. */
static void compiler_done(struct compiler *compiler)
{
	for (size_t i = 0; compiler->chains && i < compiler->graph->chains.n; i++)
		vec_done(&compiler->chains[i].rules);
	free(compiler->chains);
	vec_done(&compiler->continued);
}

int program_compile(struct program_of_hook *program, const struct chain_graph *graph, unsigned hook,
                    const struct packet_limits *limits, size_t max_bytes, struct error **ret_error)
{
	struct compiler compiler = {.program = program, .graph = graph, .space = &program->space};
	_cleanup_free_ uint32_t *bases = NULL;
	size_t n_bases = 0;
	int status;

	*program = (struct program_of_hook){0};
	space_init(&program->space, limits);
	program->diagram = compiler.diagram = diagram_new(max_bytes, stronger_note, program);
	compiler.chains = calloc(graph->chains.n + 1, sizeof(*compiler.chains));
	if (!program->diagram || !compiler.chains || vec_reserve(&program->notes, 1) < 0 ||
	    chain_graph_bases(graph, hook, limits->family, &bases, &n_bases) < 0)
		status = -ENOMEM;
	else
		status = 0;
	if (status == 0) {
		program->notes.n = 1; /* nobody's */
		status = compile_hook(&compiler, bases, n_bases);
	}
	compiler_done(&compiler);
	if (status == -E2BIG)
		return error_set(ret_error, E2BIG,
		                 "the rules are too many to tell all packets apart; ask for fewer "
		                 "packets: one protocol, port or address");
	return status;
}

void program_done(struct program_of_hook *program)
{
	space_done(&program->space);
	diagram_free(program->diagram);
	program->diagram = NULL;
	vec_done(&program->notes);
}
