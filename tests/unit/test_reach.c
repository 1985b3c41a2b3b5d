/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled rulesets against one packet after the other, by chance and by hand. */
#include "reach/accepted.h"
#include "reach/compile.h"
#include "reach/matrix.h"
#include "reach_random.h"

#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { RULESETS = 1500, PACKETS = 80, SOME_BYTES = 48 << 20 };

/* The walk's oracle: by seed. */
static uint8_t answer(void *data, const struct step *step, const void *key, unsigned byte)
{
	bool shared = step->kind == STEP_UNKNOWN && step->shared;
	uint8_t said =
	    random_answer(*(uint64_t *)data, shared, (const char *)key + byte, step->text);

	return step->kind == STEP_FORGET ? said : said & 1;
}

/* What a compiled function says of a packet. */
static struct terminal ask(const struct program_of_hook *program, const struct packet *packet,
                           uint64_t seed)
{
	const struct space *space = &program->space;
	diagram_ref ref = program->root;

	while (!diagram_is_terminal(ref)) {
		uint32_t number = diagram_variable(program->diagram, ref), value;
		const struct space_variable *variable = &space->variables.items[number];

		if (variable->unknown) {
			const void *key = space->unknown_keys.items[number - space->first_unknown];

			value =
			    random_answer(seed, !key, key, variable->unknown) & (variable->n - 1);
		} else {
			value = space_rank(space, number, packet->values);
		}
		ref = diagram_follow(program->diagram, ref, value);
	}
	return diagram_outcome(ref);
}

/* Sends a packet both ways. */
static void compare_packet(const struct chain_graph *graph, const struct program_of_hook *program,
                           const struct packet *packet, uint64_t seed)
{
	struct walk walk = {
	    .graph = graph, .oracle = answer, .oracle_data = &seed, .packet = *packet};
	struct terminal terminal = ask(program, packet, seed);
	const struct reach_note *note = &program->notes.items[terminal.note];
	struct walk_end end;

	assert_int_equal(ruleset_walk(&walk, NF_INET_FORWARD, &end), 0);
	assert_int_equal(terminal.outcome, end.accepted ? OUTCOME_ACCEPT : OUTCOME_DROP);
	if (!end.accepted)
		return;
	assert_ptr_equal(note->rule, end.by.rule);
	assert_ptr_equal(note->chain, end.by.chain);
}

/* One ruleset and its packets, nothing being fixed but the family. False: it was too much. */
static bool compare_ruleset(struct chance *chance, uint8_t family)
{
	struct interval one = {family, family};
	struct packet_limits limits = {.family = family};
	struct program_of_hook program;
	struct ruleset ruleset = {0};
	struct chain_graph graph;
	int status;

	limits.fields[FIELD_FAMILY].items = &one;
	limits.fields[FIELD_FAMILY].n = 1;
	random_ruleset(chance, &ruleset);
	assert_int_equal(chain_graph_init(&graph, &ruleset, "random", NULL), 0);
	status = program_compile(&program, &graph, NF_INET_FORWARD, &limits, SOME_BYTES, NULL);
	assert_true(status == 0 || status == -E2BIG);
	for (unsigned i = 0; i < PACKETS && status == 0; i++) {
		struct packet packet;

		random_packet(chance, family, &packet);
		compare_packet(&graph, &program, &packet,
		               (uint64_t)chance_below(chance, UINT32_MAX) + 1);
	}
	program_done(&program);
	chain_graph_done(&graph);
	ruleset_done(&ruleset);
	return status == 0;
}

static void test_random_packets(void **state)
{
	struct chance chance = {0x5eed};
	unsigned compared = 0;

	(void)state;
	for (unsigned i = 0; i < RULESETS; i++)
		compared += compare_ruleset(&chance, i % 3 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	assert_true(compared >= RULESETS * 98 / 100);
}

/* Whether an address lies in one of some prefixes. */
static bool lists(const struct prefix_list *prefixes, const struct address *address)
{
	vec_foreach(prefix, prefixes)
		if (prefix_contains(prefix, address))
			return true;
	return false;
}

/* Checks one packet against a list of who gets through. */
static void compare_listed(const struct accepted_list *list, const struct walk_end *end,
                           const struct address *source)
{
	bool listed = false, must = false, by_rule = false;

	vec_foreach(accepted, &list->items) {
		if (!lists(&accepted->sources, source))
			continue;
		listed = true;
		must = must || accepted->must;
		by_rule = by_rule || (accepted->rule.rule == end->by.rule &&
		                      accepted->rule.chain == end->by.chain);
		assert_true(accepted->must == (accepted->unknown.n == 0));
	}
	if (end->accepted)
		assert_true(listed && by_rule);
	else
		assert_false(must);
}

/* An address that a packet has. */
static struct address address_in(const struct packet *packet, enum field field)
{
	struct address address = {
	    .family = packet->values[FIELD_FAMILY] == NFPROTO_IPV4 ? AF_INET : AF_INET6};
	field_value value = packet->values[field];

	for (size_t i = address_size(address.family); i-- > 0; value >>= 8)
		address.bytes[i] = (uint8_t)value;
	return address;
}

/* A question by chance; the packet is made to fit it. */
static void random_question(struct chance *chance, struct reach_question *question,
                            struct packet *packet)
{
	bool v4 = packet->values[FIELD_FAMILY] == NFPROTO_IPV4;

	*question = (struct reach_question){
	    .hook = NF_INET_FORWARD, .protocol = -1, .source_port = -1, .destination_port = -1};
	question->state = (enum packet_state)packet->values[FIELD_STATE];
	if (protocol_has_ports((int)packet->values[FIELD_PROTOCOL]) && chance_below(chance, 2)) {
		question->protocol = (int)packet->values[FIELD_PROTOCOL];
		question->destination_port = (int)packet->values[FIELD_DESTINATION_PORT];
	}
	if (chance_below(chance, 2)) {
		const struct address address = address_in(packet, FIELD_DESTINATION);

		question->destination = prefix_make(&address, v4 ? 30 : 124);
	}
	question->in = chance_below(chance, 2) ? "eth0" : NULL;
	packet->values[FIELD_IN] = field_of_name(question->in ? "eth0" : "eth1", false).first;
	packet->values[FIELD_OUT] = field_of_name("br-1", false).first;
	packet->values[FIELD_SOURCE_TYPE] = packet->values[FIELD_DESTINATION_TYPE] = 1;
	packet->values[FIELD_FRAGMENT] = packet->values[FIELD_PACKET_TYPE] = 0;
	if (question->state == STATE_NEW) {
		packet->values[FIELD_CT_REPLY] = 0;
		packet->values[FIELD_TCP_FLAGS] = 2;
	}
}

/* One ruleset, one question, and packets that it is about. */
static void compare_answer(struct chance *chance, uint8_t family)
{
	struct accepted_list list = {.max_bytes = SOME_BYTES};
	struct reach_question question;
	struct ruleset ruleset = {0};
	struct chain_graph graph;
	struct packet packet;
	int status;

	random_ruleset(chance, &ruleset);
	random_packet(chance, family, &packet);
	random_question(chance, &question, &packet);
	assert_int_equal(chain_graph_init(&graph, &ruleset, "random", NULL), 0);
	status = accepted_find(&ruleset, "random", &question, &list, NULL);
	if (status == -E2BIG) /* sources by their lower bits: not to be listed, and not claimed */
		goto done;
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < PACKETS && question_has_family(&question, &ruleset, family); i++) {
		static const enum field open[] = {FIELD_SOURCE,      FIELD_MARK, FIELD_CT_MARK,
		                                  FIELD_SOURCE_PORT, FIELD_DSCP, FIELD_CT_STATUS};
		uint64_t seed = (uint64_t)chance_below(chance, UINT32_MAX) + 1;
		struct walk walk = {.graph = &graph, .oracle = answer, .oracle_data = &seed};
		struct packet other;
		struct address source;
		struct walk_end end;

		random_packet(chance, family, &other);
		for (size_t n = 0; n < sizeof(open) / sizeof(*open); n++)
			packet.values[open[n]] = other.values[open[n]];
		walk.packet = packet;
		source = address_in(&packet, FIELD_SOURCE);
		assert_int_equal(ruleset_walk(&walk, NF_INET_FORWARD, &end), 0);
		compare_listed(&list, &end, &source);
	}
done:
	accepted_done(&list);
	chain_graph_done(&graph);
	ruleset_done(&ruleset);
}

/* The class that an address is in; all addresses of a family are in one. */
static uint32_t class_of(const struct matrix *matrix, const struct address *address)
{
	uint32_t found = UINT32_MAX;

	for (uint32_t i = 0; i < matrix->classes.n; i++)
		if (lists(&matrix->classes.items[i].prefixes, address)) {
			assert_int_equal(found, UINT32_MAX);
			found = i;
		}
	assert_int_not_equal(found, UINT32_MAX);
	return found;
}

/* Checks one packet against a matrix. */
static void compare_placed(const struct matrix *matrix, const struct packet *packet, bool accepted)
{
	const struct address from = address_in(packet, FIELD_SOURCE);
	const struct address to = address_in(packet, FIELD_DESTINATION);
	uint32_t from_class = class_of(matrix, &from), to_class = class_of(matrix, &to);
	bool may = false, must = false;

	vec_foreach(edge, &matrix->edges) {
		if (edge->from != from_class || edge->to != to_class)
			continue;
		assert_false(may);
		may = true;
		must = edge->must;
	}
	assert_true(accepted ? may : !must);
}

/* One ruleset, its matrix for one protocol and port, and packets of those. */
static bool compare_matrix(struct chance *chance, uint8_t family)
{
	struct reach_question question;
	struct matrix matrix = {0};
	struct ruleset ruleset = {0};
	struct chain_graph graph;
	struct packet packet;
	int status;

	random_ruleset(chance, &ruleset);
	random_packet(chance, family, &packet);
	random_question(chance, &question, &packet);
	question.destination = (struct prefix){0};
	assert_int_equal(chain_graph_init(&graph, &ruleset, "random", NULL), 0);
	status = matrix_find(&ruleset, "random", &question, &matrix, NULL);
	assert_true(status == 0 || status == -E2BIG);
	for (unsigned i = 0;
	     i < PACKETS && status == 0 && question_has_family(&question, &ruleset, family); i++) {
		static const enum field open[] = {FIELD_SOURCE,  FIELD_DESTINATION, FIELD_MARK,
		                                  FIELD_CT_MARK, FIELD_SOURCE_PORT, FIELD_DSCP};
		uint64_t seed = (uint64_t)chance_below(chance, UINT32_MAX) + 1;
		struct walk walk = {.graph = &graph, .oracle = answer, .oracle_data = &seed};
		struct packet other;
		struct walk_end end;

		random_packet(chance, family, &other);
		for (size_t n = 0; n < sizeof(open) / sizeof(*open); n++)
			packet.values[open[n]] = other.values[open[n]];
		walk.packet = packet;
		assert_int_equal(ruleset_walk(&walk, NF_INET_FORWARD, &end), 0);
		compare_placed(&matrix, &packet, end.accepted);
	}
	matrix_done(&matrix);
	chain_graph_done(&graph);
	ruleset_done(&ruleset);
	return status == 0;
}

static void test_random_matrices(void **state)
{
	struct chance chance = {0x3a781c};
	unsigned compared = 0;

	(void)state;
	for (unsigned i = 0; i < RULESETS / 3; i++)
		compared += compare_matrix(&chance, i % 3 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	assert_true(compared >= RULESETS / 3 * 8 / 10);
}

static void test_random_answers(void **state)
{
	struct chance chance = {0xacce97};

	(void)state;
	for (unsigned i = 0; i < RULESETS; i++)
		compare_answer(&chance, i % 3 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_packets),
	    cmocka_unit_test(test_random_answers),
	    cmocka_unit_test(test_random_matrices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
