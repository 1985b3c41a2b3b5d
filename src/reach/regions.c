/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A field's values, as intervals that lead to the same rest of a compiled function. */
#include "reach/regions.h"

#include <linux/netfilter.h>

/* Regions that are being collected. */
struct collection {
	const struct program_of_hook *program;
	const struct space_field *field;
	struct regions *regions;
};

/* A number of so many low bits. */
static field_value lower_bits(unsigned bits)
{
	return bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;
}

/* Adds a region behind the others; one that only goes on with the last is made part of it. */
static int add_region(struct regions *regions, field_value first, field_value last,
                      diagram_ref rest)
{
	struct region *region = regions->n ? &regions->items[regions->n - 1] : NULL;

	if (diagram_is_terminal(rest) && diagram_outcome(rest).outcome == OUTCOME_MISS)
		return 0;
	if (region && region->rest == rest && region->values.last + 1 == first) {
		region->values.last = last;
		return 0;
	}
	if (regions->n >= REGIONS_MOST)
		return -E2BIG;
	region = vec_push(regions);
	if (!region)
		return -ENOMEM;
	*region = (struct region){{first, last}, rest};
	return 0;
}

/* A field that is one variable. */
static int collect_cells(const struct collection *collection, diagram_ref function)
{
	const struct intervals *cells = &collection->field->cells;
	const struct diagram *diagram = collection->program->diagram;
	bool asked = diagram_variable(diagram, function) == collection->field->variable;
	diagram_ref rest = function;
	uint32_t edge = 0, last = (uint32_t)cells->n - 1;

	for (uint32_t cell = 0; cell < cells->n; cell++) {
		int status;

		if (asked && (cell == 0 || cell > last))
			rest = diagram_child(diagram, function, edge++, &last);
		status = add_region(collection->regions, cells->items[cell].first,
		                    cells->items[cell].last, rest);
		if (status < 0)
			return status;
	}
	return 0;
}

/*
 * A field that is cut: the values that begin with `upper`, whose `left` bits below are still to be
 * told, by the i-th variable first.
 */
static int collect_cut(const struct collection *collection, diagram_ref function, uint32_t i,
                       unsigned left, field_value upper)
{
	const struct diagram *diagram = collection->program->diagram;
	const struct space_field *field = collection->field;
	uint32_t asked = diagram_variable(diagram, function), number = field->variable + i,
	         edge = 0;
	const struct space_variable *variable;

	if (left == 0 || asked >= field->variable + field->n_variables)
		return add_region(collection->regions, upper, upper | lower_bits(left), function);
	variable = &collection->program->space.variables.items[number];
	for (uint32_t value = 0, last = variable->n - 1; value < variable->n; edge++) {
		diagram_ref rest = function;

		if (asked == number)
			rest = diagram_child(diagram, function, edge, &last);
		for (; value <= last; value++) {
			int status = collect_cut(collection, rest, i + 1, variable->shift,
			                         upper | (field_value)value << variable->shift);

			if (status < 0)
				return status;
		}
	}
	return 0;
}

int regions_find(const struct program_of_hook *program, enum field number, diagram_ref function,
                 struct regions *ret_regions)
{
	const struct space_field *field = &program->space.fields[number];
	const struct collection collection = {program, field, ret_regions};

	if (field->form == FORM_FIXED)
		return add_region(ret_regions, field->value, field->value, function);
	if (field->form == FORM_CUT)
		return collect_cut(&collection, function, 0, field->bits, 0);
	return collect_cells(&collection, function);
}

/* An address of a value. */
static struct address address_of_value(uint8_t family, field_value value)
{
	struct address address = {.family = family == NFPROTO_IPV6 ? AF_INET6 : AF_INET};

	for (size_t i = address_size(address.family); i-- > 0; value >>= 8)
		address.bytes[i] = (uint8_t)value;
	return address;
}

int prefixes_add_interval(struct prefix_list *prefixes, uint8_t family, struct interval interval)
{
	unsigned most = family == NFPROTO_IPV6 ? 128 : 32;
	field_value first = interval.first;

	for (;;) {
		unsigned bits = 0;
		struct prefix *prefix;

		while (bits < most && !(first >> bits & 1) &&
		       interval.last - first >= lower_bits(bits + 1))
			bits++;
		prefix = vec_push(prefixes);
		if (!prefix)
			return -ENOMEM;
		*prefix = (struct prefix){address_of_value(family, first), (uint8_t)(most - bits)};
		if (interval.last - first == lower_bits(bits))
			return 0;
		first += (field_value)1 << bits;
	}
}
