/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are asked for, and how their fields become the variables of a diagram. */
#include "reach/space.h"

#include <linux/netfilter.h>
#include <string.h>

enum { CUT_BITS = 8 };

/*
 * The order in which fields are asked: sources first, since the answer is a list of them; then
 * what few rules leave open, and last the names of interfaces, which nearly all do.
 */
static const enum field field_order[] = {
    FIELD_SOURCE,
    FIELD_DESTINATION,
    FIELD_FAMILY,
    FIELD_PROTOCOL,
    FIELD_STATE,
    FIELD_DESTINATION_PORT,
    FIELD_SOURCE_PORT,
    FIELD_ICMP_TYPE,
    FIELD_TCP_FLAGS,
    FIELD_ORIGINAL_SOURCE,
    FIELD_ORIGINAL_DESTINATION,
    FIELD_ORIGINAL_SOURCE_PORT,
    FIELD_ORIGINAL_DESTINATION_PORT,
    FIELD_CT_STATUS,
    FIELD_CT_REPLY,
    FIELD_DESTINATION_TYPE,
    FIELD_SOURCE_TYPE,
    FIELD_DESTINATION_TYPE_IN,
    FIELD_REVERSE_PATH,
    FIELD_PACKET_TYPE,
    FIELD_LENGTH,
    FIELD_HOP_LIMIT,
    FIELD_DSCP,
    FIELD_FRAGMENT,
    FIELD_SOURCE_MAC,
    FIELD_MARK,
    FIELD_CT_MARK,
    FIELD_IN,
    FIELD_OUT,
};
_Static_assert(sizeof(field_order) / sizeof(*field_order) == FIELDS, "every field once");

/* The bits of a field for packets of a family. */
static unsigned bits_of(enum field field, uint8_t family)
{
	bool address = field == FIELD_SOURCE || field == FIELD_DESTINATION ||
	               field == FIELD_ORIGINAL_SOURCE || field == FIELD_ORIGINAL_DESTINATION;

	return address && family == NFPROTO_IPV4 ? 32 : field_bits(field);
}

/* The greatest value of so many bits. */
static field_value greatest(unsigned bits)
{
	return bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;
}

void space_init(struct space *space, const struct packet_limits *limits)
{
	*space = (struct space){.limits = limits};
	for (unsigned i = 0; i < FIELDS; i++) {
		const struct intervals *limit = &limits->fields[i];
		struct space_field *field = &space->fields[i];

		field->bits = bits_of((enum field)i, limits->family);
		field->form = FORM_WHOLE;
		if (limit->n == 1 && limit->items[0].first == limit->items[0].last) {
			field->form = FORM_FIXED;
			field->value = limit->items[0].first;
		}
	}
}

void space_done(struct space *space)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		vec_done(&space->fields[i].ends);
		vec_done(&space->fields[i].cells);
	}
	vec_done(&space->variables);
	vec_done(&space->unknown_keys);
	free(space->unknowns);
	space->unknowns = NULL;
}

/* Whether a mask leaves so many upper bits of a field and no other. */
static bool is_upper(field_value mask, unsigned bits)
{
	field_value lower = ~mask & greatest(bits);

	return (lower & (lower + 1)) == 0;
}

/* The values that, under a mask of upper bits, lie in an interval. False: none. */
static bool unmask(const struct space_field *field, field_value mask,
                   const struct interval *interval, struct interval *ret_values)
{
	field_value most = greatest(field->bits), lower = ~mask & most;
	field_value first = interval->first, last = interval->last;

	if (first > most)
		return false;
	if (last > most)
		last = most;
	if (first & lower) {
		if (first > most - lower)
			return false;
		first = (first | lower) + 1;
	}
	last |= lower;
	*ret_values = (struct interval){first, last};
	return first <= last;
}

bool space_possible(const struct space *space, const struct operand_field *operand,
                    const struct interval *interval)
{
	const struct space_field *field = &space->fields[operand->field];
	const struct intervals *limit = &space->limits->fields[operand->field];
	struct interval values;

	if (field->assigned)
		return true;
	if (field->form == FORM_FIXED) {
		field_value value = field->value & operand->mask;

		return interval->first <= value && value <= interval->last;
	}
	if (!is_upper(operand->mask, field->bits))
		return true;
	if (!unmask(field, operand->mask, interval, &values))
		return false;
	vec_foreach(wanted, limit) {
		if (values.first <= wanted->last && wanted->first <= values.last)
			return true;
	}
	return limit->n == 0;
}

void space_add_assigned(struct space *space, enum field field)
{
	space->fields[field].assigned = true;
	space->fields[field].form = FORM_CUT;
}

void space_add_mask(struct space *space, const struct operand_field *operand)
{
	struct space_field *field = &space->fields[operand->field];

	if (field->form == FORM_FIXED || is_upper(operand->mask, field->bits))
		return;
	field->scattered = true;
	field->form = FORM_CUT;
}

int space_add_interval(struct space *space, const struct operand_field *operand,
                       const struct interval *interval)
{
	struct space_field *field = &space->fields[operand->field];
	struct interval values;

	if (field->form != FORM_WHOLE || !unmask(field, operand->mask, interval, &values))
		return 0;
	if (vec_reserve(&field->ends, 2) < 0)
		return -ENOMEM;
	field->ends.items[field->ends.n++] = values.first;
	if (values.last < greatest(field->bits))
		field->ends.items[field->ends.n++] = values.last + 1;
	return 0;
}

/* Orders values. */
static int compare_values(const void *a, const void *b)
{
	field_value first = *(const field_value *)a, second = *(const field_value *)b;

	return first < second ? -1 : first > second;
}

/* Makes the cells of one interval that is asked for; `*at`: the next end to look at. */
static int cut_interval(struct space_field *field, const struct interval *wanted, size_t *at)
{
	field_value first = wanted->first;

	while (*at < field->ends.n && field->ends.items[*at] <= first)
		++*at;
	for (;;) {
		bool more = *at < field->ends.n && field->ends.items[*at] <= wanted->last;
		struct interval *cell = vec_push(&field->cells);

		if (!cell)
			return -ENOMEM;
		*cell = (struct interval){first, more ? field->ends.items[*at] - 1 : wanted->last};
		if (!more)
			return 0;
		first = field->ends.items[*at];
		while (*at < field->ends.n && field->ends.items[*at] <= first)
			++*at;
	}
}

/* Makes the cells of a field that is WHOLE. 0 or -ENOMEM. */
static int make_cells(struct space *space, enum field number)
{
	struct space_field *field = &space->fields[number];
	const struct interval all = {0, greatest(field->bits)};
	const struct intervals *limit = &space->limits->fields[number];
	size_t at = 0;
	int status = 0;

	if (field->ends.n)
		qsort(field->ends.items, field->ends.n, sizeof(field_value), compare_values);
	for (size_t i = 0; i < limit->n && status == 0; i++)
		status = cut_interval(field, &limit->items[i], &at);
	if (limit->n == 0)
		status = cut_interval(field, &all, &at);
	vec_done(&field->ends);
	return status;
}

/* Adds a field's variables. 0 or -ENOMEM. */
static int make_variables(struct space *space, enum field number)
{
	struct space_field *field = &space->fields[number];
	unsigned n = field->form == FORM_CUT ? (field->bits + CUT_BITS - 1) / CUT_BITS
	                                     : field->form == FORM_WHOLE;

	field->variable = (uint32_t)space->variables.n;
	field->n_variables = n;
	if (field->form == FORM_WHOLE && make_cells(space, number) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		struct space_variable *variable = vec_push(&space->variables);
		unsigned shift = (n - 1 - i) * CUT_BITS, bits = field->bits - shift;

		if (!variable)
			return -ENOMEM;
		*variable = (struct space_variable){.field = number, .shift = shift};
		variable->n = field->form == FORM_WHOLE ? (uint32_t)field->cells.n
		                                        : 1U << (bits < CUT_BITS ? bits : CUT_BITS);
	}
	return 0;
}

int space_close(struct space *space)
{
	for (unsigned i = 0; i < FIELDS; i++)
		if (make_variables(space, field_order[i]) < 0)
			return -ENOMEM;
	space->first_unknown = (uint32_t)space->variables.n;
	return 0;
}

/* The number of cells that lie wholly below a value. */
static size_t cells_below(const struct space_field *field, field_value value)
{
	size_t low = 0, high = field->cells.n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (field->cells.items[middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool space_cells(const struct space *space, const struct operand_field *operand,
                 const struct interval *interval, uint32_t *ret_first, uint32_t *ret_last)
{
	const struct space_field *field = &space->fields[operand->field];
	struct interval values;
	size_t first, end;

	if (!unmask(field, operand->mask, interval, &values))
		return false;
	first = cells_below(field, values.first);
	end = values.last == greatest(field->bits) ? field->cells.n
	                                           : cells_below(field, values.last + 1);
	if (first >= end)
		return false;
	*ret_first = (uint32_t)first;
	*ret_last = (uint32_t)end - 1;
	return true;
}

uint32_t space_rank(const struct space *space, uint32_t number, const field_value *values)
{
	const struct space_variable *variable = &space->variables.items[number];
	const struct space_field *field = &space->fields[variable->field];
	field_value value = values[variable->field];

	if (field->form == FORM_CUT)
		return (uint32_t)(value >> variable->shift) & (variable->n - 1);
	return (uint32_t)cells_below(field, value);
}

/* An automaton of a cut field: where it goes from the variables below, by what is still tight. */
struct tight {
	diagram_ref to[2][2]; /* [as low as may be][as high as may be] */
};

/* One variable of the automaton, for one kind of tightness. */
static diagram_ref automaton_node(struct diagram *diagram, uint32_t variable, uint32_t n,
                                  uint32_t mask, const uint32_t bound[2], bool low, bool high,
                                  const struct tight *below)
{
	diagram_ref miss = diagram_terminal(OUTCOME_MISS, 0);
	size_t begun = diagram_begin(diagram);

	for (uint32_t value = 0; value < n; value++) {
		uint32_t masked = value & mask;
		bool outside = (low && masked < bound[0]) || (high && masked > bound[1]);

		diagram_edge(
		    diagram, begun, value,
		    outside ? miss
		            : below->to[low && masked == bound[0]][high && masked == bound[1]]);
	}
	return diagram_node(diagram, begun, variable);
}

/* A hit where a cut field, masked, is in an interval. */
static diagram_ref automaton(const struct space *space, struct diagram *diagram,
                             const struct operand_field *operand, const struct interval *interval)
{
	const struct space_field *field = &space->fields[operand->field];
	field_value most = greatest(field->bits);
	field_value last = interval->last > most ? most : interval->last;
	diagram_ref hit = diagram_terminal(OUTCOME_HIT, 0);
	struct tight below = {{{hit, hit}, {hit, hit}}};

	if (interval->first > most)
		return diagram_terminal(OUTCOME_MISS, 0);
	for (uint32_t i = field->n_variables; i-- > 0;) {
		uint32_t number = field->variable + i;
		const struct space_variable *variable = &space->variables.items[number];
		uint32_t bits = variable->n - 1,
		         mask = (uint32_t)(operand->mask >> variable->shift) & bits;
		const uint32_t bound[] = {(uint32_t)(interval->first >> variable->shift) & bits,
		                          (uint32_t)(last >> variable->shift) & bits};
		struct tight here;

		for (unsigned way = 0; way < 4; way++)
			here.to[way >> 1][way & 1] = automaton_node(
			    diagram, number, variable->n, mask, bound, way >> 1, way & 1, &below);
		below = here;
	}
	return below.to[1][1];
}

diagram_ref space_match(const struct space *space, struct diagram *diagram,
                        const struct operand_field *operand, const struct interval *interval,
                        diagram_ref inside)
{
	const struct space_field *field = &space->fields[operand->field];
	diagram_ref miss = diagram_terminal(OUTCOME_MISS, 0);
	uint32_t first, last;

	if (field->form == FORM_FIXED)
		return space_possible(space, operand, interval) ? inside : miss;
	if (field->form == FORM_CUT)
		return diagram_apply(diagram, OP_GUARD,
		                     automaton(space, diagram, operand, interval), inside);
	if (!space_cells(space, operand, interval, &first, &last))
		return miss;
	if (diagram_variable(diagram, inside) > field->variable)
		return diagram_range(diagram, field->variable, (uint32_t)field->cells.n, first,
		                     last, inside, miss);
	return diagram_apply(diagram, OP_GUARD,
	                     diagram_range(diagram, field->variable, (uint32_t)field->cells.n,
	                                   first, last, diagram_terminal(OUTCOME_HIT, 0), miss),
	                     inside);
}

diagram_ref space_wanted(const struct space *space, struct diagram *diagram)
{
	diagram_ref wanted = diagram_terminal(OUTCOME_HIT, 0);

	for (unsigned i = FIELDS; i-- > 0;) {
		const struct operand_field whole = {field_order[i], ~(field_value)0};
		const struct intervals *limit = &space->limits->fields[whole.field];
		diagram_ref either = diagram_terminal(OUTCOME_MISS, 0);

		if (space->fields[whole.field].form != FORM_CUT || limit->n == 0)
			continue;
		vec_foreach(interval, limit)
			either =
			    diagram_apply(diagram, OP_FILL, either,
			                  space_match(space, diagram, &whole, interval, wanted));
		wanted = either;
	}
	return wanted;
}
