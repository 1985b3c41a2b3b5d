/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of ports, one bit each. */
#include "rules/listing/port_map.h"

#include <stddef.h>

/* The bits of one word that first..last covers. */
static uint64_t word_of_range(size_t word, unsigned first, unsigned last)
{
	unsigned low = (unsigned)word * PORT_WORD_BITS, high = low + PORT_WORD_BITS - 1;
	uint64_t bits = UINT64_MAX;

	if (first > last || first > high || last < low)
		return 0;
	if (first > low)
		bits &= UINT64_MAX << (first - low);
	if (last < high)
		bits &= UINT64_MAX >> (high - last);
	return bits;
}

void port_map_add(struct port_map *map, unsigned first, unsigned last)
{
	for (size_t word = first / PORT_WORD_BITS;
	     word < PORT_WORDS && word <= last / PORT_WORD_BITS; word++)
		map->words[word] |= word_of_range(word, first, last);
}

void port_map_limit(struct port_map *map, unsigned first, unsigned last)
{
	for (size_t word = 0; word < PORT_WORDS; word++)
		map->words[word] &= word_of_range(word, first, last);
}

void port_map_and(struct port_map *map, const struct port_map *other)
{
	for (size_t word = 0; word < PORT_WORDS; word++)
		map->words[word] &= other->words[word];
}

void port_map_or(struct port_map *map, const struct port_map *other)
{
	for (size_t word = 0; word < PORT_WORDS; word++)
		map->words[word] |= other->words[word];
}

bool port_map_has(const struct port_map *map, unsigned port)
{
	return map->words[port / PORT_WORD_BITS] >> port % PORT_WORD_BITS & 1;
}

unsigned port_map_count(const struct port_map *map)
{
	unsigned n = 0;

	for (size_t word = 0; word < PORT_WORDS; word++)
		n += (unsigned)__builtin_popcountll(map->words[word]);
	return n;
}

void port_map_fill(struct port_map *map, const struct port_map *ends)
{
	bool open = false;

	for (unsigned port = 0; port < PORTS; port++) {
		if (port_map_has(ends, port))
			open = false;
		if (port_map_has(map, port))
			open = true;
		if (open)
			port_map_add(map, port, port);
	}
}
