/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as programs: building them up, looking them up, releasing them.
 *
 * A ruleset may hold a million rules of a few steps each, so arrays within a rule begin with the
 * one item that most of them need, not with the eight of vec_push().
 */
#include "rules/ruleset.h"

#include <assert.h>
#include <linux/netfilter.h>
#include <string.h>

/* Makes room for one item in an array that has none; without memory vec_push() will fail. */
static void begin_small_raw(void **items, size_t *room, size_t item_size)
{
	if (*room > 0)
		return;
	*items = calloc(1, item_size);
	if (*items)
		*room = 1;
}
#define begin_small(vec)                                                                           \
	begin_small_raw((void **)&(vec)->items, &(vec)->room, sizeof(*(vec)->items))

/* Releases what a step owns. */
static void step_done(struct step *step)
{
	vec_done(&step->boxes);
	vec_done(&step->verdicts);
}

/* Releases what a rule owns: nothing, where it is packed. */
static void rule_done(struct rule *rule)
{
	if (rule->steps.room == 0)
		return;
	vec_foreach(step, &rule->steps)
		step_done(step);
	vec_done(&rule->steps);
}

/* Releases what a table owns. */
static void table_done(struct table *table)
{
	vec_foreach(chain, &table->chains) {
		vec_foreach(rule, &chain->rules)
			rule_done(rule);
		vec_done(&chain->rules);
	}
	vec_done(&table->chains);
}

void ruleset_done(struct ruleset *ruleset)
{
	vec_foreach(table, &ruleset->tables)
		table_done(table);
	vec_done(&ruleset->tables);
	arena_done(&ruleset->arena);
}

struct table *ruleset_add_table(struct ruleset *ruleset, uint8_t family, const char *name)
{
	const char *copy = arena_strdup(&ruleset->arena, name);
	struct table *table = copy ? vec_push(&ruleset->tables) : NULL;

	if (table)
		*table = (struct table){.family = family, .name = copy};
	return table;
}

struct chain *table_add_chain(struct ruleset *ruleset, struct table *table, const char *name)
{
	const char *copy = arena_strdup(&ruleset->arena, name);
	struct chain *chain = copy ? vec_push(&table->chains) : NULL;

	if (chain)
		*chain = (struct chain){.name = copy};
	return chain;
}

struct rule *chain_add_rule(struct chain *chain)
{
	struct rule *rule = vec_push(&chain->rules);

	if (rule)
		*rule = (struct rule){0};
	return rule;
}

struct step *rule_add_step(struct rule *rule, enum step_kind kind)
{
	struct step *step;

	begin_small(&rule->steps);
	step = vec_push(&rule->steps);
	if (step)
		*step = (struct step){.kind = kind};
	return step;
}

/* Moves `size` bytes to *room and that behind them. Returns where they are now. */
static void *pack(char **room, const void *data, size_t size)
{
	void *packed = *room;

	if (size > 0)
		memcpy(packed, data, size);
	*room += size;
	return packed;
}

int rule_pack(struct ruleset *ruleset, struct rule *draft, struct rule *rule)
{
	size_t steps_size = draft->steps.n * sizeof(*draft->steps.items), size = steps_size;
	char *room;

	vec_foreach(step, &draft->steps)
		size += step->boxes.n * sizeof(*step->boxes.items) +
		        step->verdicts.n * sizeof(*step->verdicts.items);
	room = arena_alloc(&ruleset->arena, size);
	if (!room)
		return -ENOMEM;
	rule->steps.items = pack(&room, draft->steps.items, steps_size);
	rule->steps.n = draft->steps.n;
	rule->steps.room = 0;
	/* What is aligned most comes first: steps, then intervals, then verdicts. */
	vec_foreach(step, &rule->steps) {
		step->boxes.items =
		    pack(&room, step->boxes.items, step->boxes.n * sizeof(*step->boxes.items));
		step->boxes.room = 0;
	}
	vec_foreach(step, &rule->steps) {
		step->verdicts.items = pack(&room, step->verdicts.items,
		                            step->verdicts.n * sizeof(*step->verdicts.items));
		step->verdicts.room = 0;
	}
	vec_foreach(step, &draft->steps)
		step_done(step);
	draft->steps.n = 0;
	return 0;
}

const struct operand_field *field_whole(enum field field)
{
	static const struct operand_field whole[] = {
#define WHOLE(name) [name] = {name, ~(field_value)0}
	    WHOLE(FIELD_FAMILY),
	    WHOLE(FIELD_PROTOCOL),
	    WHOLE(FIELD_STATE),
	    WHOLE(FIELD_IN),
	    WHOLE(FIELD_OUT),
	    WHOLE(FIELD_SOURCE),
	    WHOLE(FIELD_DESTINATION),
	    WHOLE(FIELD_SOURCE_PORT),
	    WHOLE(FIELD_DESTINATION_PORT),
	    WHOLE(FIELD_TCP_FLAGS),
	    WHOLE(FIELD_ICMP_TYPE),
	    WHOLE(FIELD_MARK),
	    WHOLE(FIELD_CT_MARK),
	    WHOLE(FIELD_CT_STATUS),
	    WHOLE(FIELD_CT_REPLY),
	    WHOLE(FIELD_ORIGINAL_SOURCE),
	    WHOLE(FIELD_ORIGINAL_DESTINATION),
	    WHOLE(FIELD_ORIGINAL_SOURCE_PORT),
	    WHOLE(FIELD_ORIGINAL_DESTINATION_PORT),
	    WHOLE(FIELD_DESTINATION_TYPE),
	    WHOLE(FIELD_SOURCE_TYPE),
	    WHOLE(FIELD_DESTINATION_TYPE_IN),
	    WHOLE(FIELD_REVERSE_PATH),
	    WHOLE(FIELD_PACKET_TYPE),
	    WHOLE(FIELD_LENGTH),
	    WHOLE(FIELD_HOP_LIMIT),
	    WHOLE(FIELD_DSCP),
	    WHOLE(FIELD_FRAGMENT),
	    WHOLE(FIELD_SOURCE_MAC),
#undef WHOLE
	};
	static_assert(sizeof(whole) / sizeof(*whole) == FIELDS, "one for each field");

	return &whole[field];
}

struct step *rule_add_match(struct ruleset *ruleset, struct rule *rule, enum field field,
                            bool negated)
{
	struct step *step = rule_add_step(rule, STEP_MATCH);

	(void)ruleset;
	if (!step)
		return NULL;
	step->negated = negated;
	step->n_fields = 1;
	step->fields = field_whole(field);
	return step;
}

struct step *rule_add_fields(struct ruleset *ruleset, struct rule *rule, enum step_kind kind,
                             bool negated, unsigned n, const struct operand_field *fields)
{
	struct operand_field *copy;
	struct step *step;

	if (n == 1 && kind == STEP_MATCH && fields->mask == ~(field_value)0)
		return rule_add_match(ruleset, rule, fields->field, negated);
	copy = arena_alloc(&ruleset->arena, (n ? n : 1) * sizeof(*copy));
	step = copy ? rule_add_step(rule, kind) : NULL;
	if (!step)
		return NULL;
	memcpy(copy, fields, n * sizeof(*copy));
	step->negated = negated;
	step->n_fields = (uint8_t)n;
	step->fields = copy;
	return step;
}

int step_only_where(struct step *step, enum field field, field_value first, field_value last)
{
	step->n_fields = 1;
	step->fields = field_whole(field);
	return step_add_interval(step, first, last);
}

int step_add_interval(struct step *step, field_value first, field_value last)
{
	struct interval *interval;

	begin_small(&step->boxes);
	interval = vec_push(&step->boxes);
	if (!interval)
		return -ENOMEM;
	*interval = (struct interval){first, last};
	return 0;
}

int rule_add_unknown(struct ruleset *ruleset, struct rule *rule, bool shared, const char *text)
{
	const char *copy = arena_strdup(&ruleset->arena, text);
	struct step *step = copy ? rule_add_step(rule, STEP_UNKNOWN) : NULL;

	if (!step)
		return -ENOMEM;
	step->shared = shared;
	step->text = copy;
	return 0;
}

struct table *ruleset_table(const struct ruleset *ruleset, uint8_t family, const char *name)
{
	vec_foreach(table, &ruleset->tables) {
		if (table->family == family && strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

struct chain *table_chain(const struct table *table, const char *name)
{
	vec_foreach(chain, &table->chains) {
		if (strcmp(chain->name, name) == 0)
			return chain;
	}
	return NULL;
}

unsigned field_bits(enum field field)
{
	static const uint8_t bits[] = {
	    [FIELD_FAMILY] = 8,
	    [FIELD_PROTOCOL] = 8,
	    [FIELD_STATE] = 3,
	    [FIELD_IN] = 128,
	    [FIELD_OUT] = 128,
	    [FIELD_SOURCE] = 128,
	    [FIELD_DESTINATION] = 128,
	    [FIELD_SOURCE_PORT] = 16,
	    [FIELD_DESTINATION_PORT] = 16,
	    [FIELD_TCP_FLAGS] = 8,
	    [FIELD_ICMP_TYPE] = 16,
	    [FIELD_MARK] = 32,
	    [FIELD_CT_MARK] = 32,
	    [FIELD_CT_STATUS] = 32,
	    [FIELD_CT_REPLY] = 1,
	    [FIELD_ORIGINAL_SOURCE] = 128,
	    [FIELD_ORIGINAL_DESTINATION] = 128,
	    [FIELD_ORIGINAL_SOURCE_PORT] = 16,
	    [FIELD_ORIGINAL_DESTINATION_PORT] = 16,
	    [FIELD_DESTINATION_TYPE] = 8,
	    [FIELD_SOURCE_TYPE] = 8,
	    [FIELD_DESTINATION_TYPE_IN] = 8,
	    [FIELD_REVERSE_PATH] = 1,
	    [FIELD_PACKET_TYPE] = 8,
	    [FIELD_LENGTH] = 32,
	    [FIELD_HOP_LIMIT] = 8,
	    [FIELD_DSCP] = 6,
	    [FIELD_FRAGMENT] = 1,
	    [FIELD_SOURCE_MAC] = 48,
	};
	static_assert(sizeof(bits) == FIELDS, "one for each field");

	return bits[field];
}

struct interval field_of_name(const char *name, bool wildcard)
{
	struct interval interval = {0, 0};
	bool ended = false;

	for (unsigned i = 0; i < sizeof(field_value); i++) {
		unsigned char byte = 0;

		if (!ended)
			byte = (unsigned char)name[i];
		ended = ended || byte == 0;
		interval.first = interval.first << 8 | byte;
		interval.last = interval.last << 8 | (ended && wildcard ? UINT8_MAX : byte);
	}
	return interval;
}

field_value field_of_address(uint8_t family, const uint8_t *bytes)
{
	field_value value = 0;

	for (unsigned i = 0; i < (family == NFPROTO_IPV4 ? 4 : 16); i++)
		value = value << 8 | bytes[i];
	return value;
}
