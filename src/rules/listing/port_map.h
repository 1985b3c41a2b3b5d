/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of ports, one bit each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PORTS = 65536, PORT_WORD_BITS = 64, PORT_WORDS = PORTS / PORT_WORD_BITS };

struct port_map {
	uint64_t words[PORT_WORDS];
};

/* Adds first..last; nothing when first is greater. */
void port_map_add(struct port_map *map, unsigned first, unsigned last) __attribute__((nonnull));

/* Leaves only first..last. */
void port_map_limit(struct port_map *map, unsigned first, unsigned last) __attribute__((nonnull));

/* Leaves only what is in `other` too; adds what is in `other`. */
void port_map_and(struct port_map *map, const struct port_map *other) __attribute__((nonnull));
void port_map_or(struct port_map *map, const struct port_map *other) __attribute__((nonnull));

/* A port below PORTS is in the map. */
bool port_map_has(const struct port_map *map, unsigned port) __attribute__((nonnull));

/* How many ports are in the map. */
unsigned port_map_count(const struct port_map *map) __attribute__((nonnull));

/*
 * The map has the first ports of intervals, `ends` the ports behind their last: fills them. One
 * without an end reaches to the last port there is.
 */
void port_map_fill(struct port_map *map, const struct port_map *ends) __attribute__((nonnull));
