/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that random rules and packets are made of: few enough that rules and packets meet.
 *
 * They are about the small host of prove_host.h. All choices come of one seed, as rand_r() goes
 * on with it, so that a ruleset is known by its number.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define COUNT(array)      ((unsigned)(sizeof(array) / sizeof(*(array))))
#define PICK(array, seed) ((array)[pick(COUNT(array), seed)])

enum { PORT_FIRST = 78, PORTS = 14, HOSTS = 12, CHAINS = 3 };

/* "tcp", "udp", "sctp". */
extern const char *const transports[3];

/* Whether the rules at hand may have conditions that no packet decides: limits, chance, the clock.
 */
extern bool open_conditions;

/* A number below n. */
unsigned pick(unsigned n, unsigned *seed);

/* Yes in one of n cases. */
bool one_in(unsigned n, unsigned *seed);

/* A port near the others, or one of those at the ends. */
unsigned random_port(unsigned *seed);

/* The text of an address, a prefix "A/LEN", a range "A-B" of one network; from buffers in turn. */
const char *random_address(bool ipv6, bool source, unsigned *seed);
const char *random_prefix(bool ipv6, bool source, unsigned *seed);
const char *random_range(bool ipv6, bool source, unsigned *seed);

/* "80", "80-85" with `dash` between. */
void put_ports(FILE *file, bool ranges, char dash, unsigned *seed);

/* Elements of a set of nft in braces, apart from each other; with values a map. */
void put_set(FILE *file, bool ipv6, bool source, bool ranges, unsigned *seed);
void put_port_set(FILE *file, bool ranges, const char *const *values, unsigned n_values,
                  unsigned *seed);

/* Pairs of an address of the first source network, or a range of such, and a port. */
void put_pairs(FILE *file, bool three, unsigned *seed);
