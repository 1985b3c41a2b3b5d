/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of addresses in a few words. */
#include "report/reach_who.h"

#include "base/cleanup.h"
#include "report/parts.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

enum { NAMED_MOST = 3 };

/* The first address of a prefix as a number. */
static field_value first_of(const struct prefix *prefix, uint8_t family)
{
	return field_of_address(family, prefix->address.bytes);
}

/* The last one. */
static field_value last_of(const struct prefix *prefix, uint8_t family)
{
	struct address last = prefix_last(prefix);

	return field_of_address(family, last.bytes);
}

/* The smallest prefix that has all of the prefixes in it. */
static struct prefix hull_of(const struct prefix_list *prefixes)
{
	struct prefix hull = prefixes->items[0];
	struct address last = prefix_last(&prefixes->items[prefixes->n - 1]);

	while (!prefix_contains(&hull, &last))
		hull = prefix_make(&hull.address, (uint8_t)(hull.len - 1));
	return hull;
}

/* The addresses of a prefix that are in none of the prefixes. 0 or -ENOMEM. */
static int find_others(const struct prefix *hull, const struct prefix_list *prefixes,
                       uint8_t family, struct prefix_list *ret_others)
{
	field_value next = first_of(hull, family), most = last_of(hull, family);

	vec_foreach(prefix, prefixes) {
		field_value first = first_of(prefix, family), last = last_of(prefix, family);

		if (first > next && prefixes_add_interval(ret_others, family,
		                                          (struct interval){next, first - 1}) < 0)
			return -ENOMEM;
		if (last == most)
			return 0;
		next = last + 1;
	}
	return prefixes_add_interval(ret_others, family, (struct interval){next, most});
}

/* Writes a prefix; one address without its length. */
static void put_prefix(const struct prefix *prefix, FILE *out)
{
	bool one = prefix->len == 8 * address_size(prefix->address.family);
	char text[PREFIX_TEXT];

	fputs(one ? address_format(&prefix->address, text) : prefix_format(prefix, text), out);
}

/* Writes the first few prefixes and how many more there are. */
static void put_some(const struct prefix_list *prefixes, FILE *out)
{
	size_t named = prefixes->n > NAMED_MOST + 1 ? NAMED_MOST : prefixes->n;
	char count[COUNT_TEXT];

	for (size_t i = 0; i < named; i++) {
		if (i)
			fputs(", ", out);
		put_prefix(&prefixes->items[i], out);
	}
	if (named < prefixes->n)
		fprintf(out, " and %s more", count_format(prefixes->n - named, count));
}

/* Writes a prefix that everybody may be. */
static void put_hull(const struct prefix *hull, FILE *out)
{
	if (hull->len == 0)
		fprintf(out, "anyone, %s only", hull->address.family == AF_INET6 ? "IPv6" : "IPv4");
	else
		put_prefix(hull, out);
}

char *who_phrase(const struct prefix_list *prefixes, uint8_t family)
{
	struct prefix_list others = {0};
	char *phrase = NULL;
	struct prefix hull;
	size_t size;
	FILE *out;
	int status;

	if (prefixes->n == 0)
		return strdup("nobody");
	out = open_memstream(&phrase, &size);
	if (!out)
		return NULL;
	hull = hull_of(prefixes);
	status = find_others(&hull, prefixes, family, &others);
	if (others.n == 0 || (others.n < prefixes->n && prefixes->n > NAMED_MOST)) {
		put_hull(&hull, out);
		if (others.n)
			fputs(", but not ", out);
		put_some(&others, out);
	} else {
		put_some(prefixes, out);
	}
	vec_done(&others);
	if (fclose(out) == 0 && status == 0)
		return phrase;
	free(phrase);
	return NULL;
}
