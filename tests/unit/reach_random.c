/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small rulesets and packets by chance, the same ones for the same seed. */
#include "reach_random.h"

#include <assert.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

enum { CHAINS_MOST = 5, RULES_MOST = 5, ANCHOR_V4 = 0x0a000000 };

uint32_t chance_below(struct chance *chance, uint32_t n)
{
	chance->state ^= chance->state << 13;
	chance->state ^= chance->state >> 7;
	chance->state ^= chance->state << 17;
	return (uint32_t)((chance->state * 0x2545f4914f6cdd1dU >> 32) % n);
}

uint8_t random_answer(uint64_t seed, bool shared, const void *key, const char *text)
{
	uint64_t hash = seed;

	if (shared)
		for (; *text; text++)
			hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
	else
		hash = (hash ^ (uintptr_t)key) * 0x9e3779b97f4a7c15U;
	hash ^= hash >> 31;
	hash *= 0xbf58476d1ce4e5b9U;
	return (uint8_t)(hash >> 40);
}

/* Names of interfaces that rules and packets have. */
static const char *const names[] = {"eth0", "eth1", "eth", "br-1", "lo", "wg0"};

/* A value of a field, near those that others get. */
static field_value random_value(struct chance *chance, enum field field, uint8_t family)
{
	switch (field) {
	case FIELD_FAMILY:
		return family;
	case FIELD_STATE:
		return chance_below(chance, PACKET_STATES);
	case FIELD_IN:
	case FIELD_OUT:
		return field_of_name(names[chance_below(chance, 6)], false).first;
	case FIELD_SOURCE:
	case FIELD_DESTINATION:
		if (family == NFPROTO_IPV6)
			return (field_value)0xfd << 120 |
			       (field_value)chance_below(chance, 4) << 60 |
			       chance_below(chance, 16);
		return ANCHOR_V4 + (chance_below(chance, 4) << 14) + chance_below(chance, 16);
	case FIELD_PROTOCOL:
		return chance_below(chance, 3) ? 6 : 17;
	case FIELD_SOURCE_PORT:
	case FIELD_DESTINATION_PORT:
		return 1000 + chance_below(chance, 10);
	case FIELD_MARK:
	case FIELD_CT_MARK:
		return chance_below(chance, 3) | chance_below(chance, 3) << 7 |
		       chance_below(chance, 2) << 20;
	case FIELD_CT_STATUS:
		return chance_below(chance, 64);
	default:
		return chance_below(chance, 4) &
		       (field_bits(field) >= 2 ? 3 : (1U << field_bits(field)) - 1);
	}
}

/* The fields that random rules look at. */
static const enum field matched[] = {
    FIELD_STATE,       FIELD_IN,   FIELD_OUT,     FIELD_SOURCE,    FIELD_DESTINATION,
    FIELD_PROTOCOL,    FIELD_MARK, FIELD_CT_MARK, FIELD_CT_STATUS, FIELD_SOURCE_PORT,
    FIELD_TCP_FLAGS,   FIELD_DSCP, FIELD_FAMILY,  FIELD_SOURCE,    FIELD_DESTINATION_PORT,
    FIELD_SOURCE_PORT, FIELD_MARK,
};

/* An interval of a field. */
static struct interval random_interval(struct chance *chance, enum field field, uint8_t family)
{
	field_value a = random_value(chance, field, family), b = a;

	if ((field == FIELD_IN || field == FIELD_OUT) && chance_below(chance, 3) == 0)
		return field_of_name(names[chance_below(chance, 6)], true);
	if (chance_below(chance, 3) == 0)
		b = random_value(chance, field, family);
	return a < b ? (struct interval){a, b} : (struct interval){b, a};
}

/* A mask: mostly none, else of upper bits, else any. */
static field_value random_mask(struct chance *chance, enum field field)
{
	bool marks = field == FIELD_MARK || field == FIELD_CT_MARK || field == FIELD_CT_STATUS;

	if (field == FIELD_IN || field == FIELD_OUT || chance_below(chance, marks ? 2 : 5))
		return ~(field_value)0;
	/* Sources by their lower bits are many: not often. */
	if (chance_below(chance, field == FIELD_SOURCE ? 30 : 2))
		return ~(field_value)0 << chance_below(chance, 4);
	if (field == FIELD_SOURCE)
		return ~(field_value)0 << 8 | chance_below(chance, 256);
	return chance_below(chance, 1 << 20) | (field_value)chance_below(chance, 2) << 60;
}

/* Fills a match or map with boxes; returns how many. */
static size_t random_boxes(struct chance *chance, struct ruleset *ruleset, struct step *step,
                           uint8_t family)
{
	uint8_t n_fields =
	    (uint8_t)(1 + (chance_below(chance, 4) == 0) + (chance_below(chance, 8) == 0));
	size_t n = chance_below(chance, 8) ? 1 + chance_below(chance, 3) : 0;
	struct operand_field *fields = arena_alloc(&ruleset->arena, n_fields * sizeof(*fields));

	assert(fields);
	for (uint8_t i = 0; i < n_fields; i++) {
		fields[i].field = matched[chance_below(chance, sizeof(matched) / sizeof(*matched))];
		fields[i].mask = random_mask(chance, fields[i].field);
	}
	step->n_fields = n_fields;
	step->fields = fields;
	for (size_t i = 0; i < n * n_fields; i++) {
		struct operand_field *field = &fields[i % n_fields];
		struct interval interval = random_interval(chance, field->field, family);

		if (chance_below(chance, 2) &&
		    (interval.first & field->mask) <= (interval.last & field->mask)) {
			interval.first &= field->mask;
			interval.last &= field->mask;
		}
		assert(step_add_interval(step, interval.first, interval.last) == 0);
	}
	return n;
}

/* A verdict; calls only go to chains behind the n-th. */
static struct verdict random_verdict(struct chance *chance, const struct table *table, size_t n)
{
	static const enum rule_verdict kinds[] = {
	    VERDICT_ACCEPT, VERDICT_ACCEPT, VERDICT_DROP,   VERDICT_JUMP,
	    VERDICT_JUMP,   VERDICT_GOTO,   VERDICT_RETURN, VERDICT_DROP,
	    VERDICT_JUMP,   VERDICT_REJECT, VERDICT_QUEUE,  VERDICT_CONTINUE,
	};
	struct verdict verdict = {.kind = kinds[chance_below(chance, 12)]};

	if (verdict.kind != VERDICT_JUMP && verdict.kind != VERDICT_GOTO)
		return verdict;
	if (n + 1 >= table->chains.n)
		verdict.kind = VERDICT_RETURN;
	else
		verdict.chain =
		    table->chains
		        .items[n + 1 + chance_below(chance, (uint32_t)(table->chains.n - n - 1))]
		        .name;
	return verdict;
}

/* Adds a verdict to a step of the n-th chain. */
static void add_verdict(struct chance *chance, struct step *step, const struct table *table,
                        size_t n)
{
	struct verdict *verdict = vec_push(&step->verdicts);

	assert(verdict);
	*verdict = random_verdict(chance, table, n);
}

/* Adds a change of a mark or another field. */
static void random_change(struct chance *chance, struct rule *rule)
{
	static const enum step_kind kinds[] = {STEP_ASSIGN, STEP_ASSIGN, STEP_COPY, STEP_FORGET};
	static const enum field fields[] = {FIELD_MARK, FIELD_CT_MARK, FIELD_MARK, FIELD_DSCP};
	struct step *step = rule_add_step(rule, kinds[chance_below(chance, 4)]);

	assert(step);
	step->field = fields[chance_below(chance, 4)];
	step->from = fields[chance_below(chance, 3)];
	step->mask = chance_below(chance, 2) ? ~(field_value)0 : chance_below(chance, 0x400);
	step->value =
	    chance_below(chance, 2) ? chance_below(chance, 4) : chance_below(chance, 0x200);
	step->text = "what was forgotten";
}

/* Adds a match. */
static void random_match(struct chance *chance, struct ruleset *ruleset, struct rule *rule,
                         uint8_t family)
{
	struct step *step = rule_add_step(rule, STEP_MATCH);

	assert(step);
	step->negated = chance_below(chance, 4) == 0;
	random_boxes(chance, ruleset, step, family);
}

/* Adds steps that are no matches, or come behind them. */
static void random_end(struct chance *chance, struct ruleset *ruleset, struct table *table,
                       size_t chain, struct rule *rule, uint8_t family)
{
	struct step *step;
	size_t n;

	if (chance_below(chance, 6) == 0) {
		random_change(chance, rule);
		if (chance_below(chance, 2))
			random_match(chance, ruleset, rule, family);
	}
	if (chance_below(chance, 6) == 0)
		return;
	if (chance_below(chance, 5)) {
		step = rule_add_step(rule, STEP_VERDICT);
		assert(step);
		add_verdict(chance, step, table, chain);
		return;
	}
	step = rule_add_step(rule, STEP_VERDICT_MAP);
	assert(step);
	n = random_boxes(chance, ruleset, step, family);
	for (size_t i = 0; i < n; i++)
		add_verdict(chance, step, table, chain);
	if (chance_below(chance, 3) == 0)
		random_match(chance, ruleset, rule, family);
	if (chance_below(chance, 2) == 0) {
		step = rule_add_step(rule, STEP_VERDICT);
		assert(step);
		add_verdict(chance, step, table, chain);
	}
}

/* Adds a rule to a chain. */
static void random_rule(struct chance *chance, struct ruleset *ruleset, struct table *table,
                        size_t chain, unsigned line)
{
	static const char *const unknowns[] = {"owner 1", "string x", "u32"};
	uint8_t family = table->family == NFPROTO_INET ? NFPROTO_IPV4 : table->family;
	struct rule *rule = chain_add_rule(&table->chains.items[chain]);

	assert(rule);
	rule->line = line;
	for (uint32_t n = chance_below(chance, 3); n > 0; n--)
		random_match(chance, ruleset, rule, family);
	if (chance_below(chance, 6) == 0)
		assert(rule_add_unknown(ruleset, rule, chance_below(chance, 2),
		                        unknowns[chance_below(chance, 3)]) == 0);
	random_end(chance, ruleset, table, chain, rule, family);
}

/* Adds a table of one or two base chains and some others. */
static void random_table(struct chance *chance, struct ruleset *ruleset, unsigned *line)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET};
	struct table *table =
	    ruleset_add_table(ruleset, families[chance_below(chance, 3)], "table");
	uint32_t n = 2 + chance_below(chance, CHAINS_MOST - 1);
	uint32_t n_bases = 1 + chance_below(chance, 2);

	assert(table);
	for (uint32_t i = 0; i < n; i++) {
		char name[16];
		struct chain *chain;

		snprintf(name, sizeof(name), "chain%u", i);
		chain = table_add_chain(ruleset, table, name);
		assert(chain);
		chain->base = i < n_bases;
		chain->hook = NF_INET_FORWARD;
		chain->priority = (int)chance_below(chance, 3) * 50 - 50;
		chain->type = chance_below(chance, 6) ? CHAIN_FILTER : CHAIN_NAT;
		chain->policy.kind = chance_below(chance, 2) ? VERDICT_ACCEPT : VERDICT_DROP;
		chain->line = ++*line;
	}
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t rules = chance_below(chance, RULES_MOST + 1); rules > 0; rules--)
			random_rule(chance, ruleset, table, i, ++*line);
}

void random_ruleset(struct chance *chance, struct ruleset *ruleset)
{
	unsigned line = 0;

	for (uint32_t n = 1 + chance_below(chance, 2); n > 0; n--)
		random_table(chance, ruleset, &line);
}

void random_packet(struct chance *chance, uint8_t family, struct packet *ret_packet)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		field_value value = random_value(chance, (enum field)i, family);

		if (chance_below(chance, 12) == 0 && i != FIELD_FAMILY && i != FIELD_STATE &&
		    field_bits((enum field)i) > 2)
			value ^= 1;
		ret_packet->values[i] = value;
	}
}
