/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small rulesets and packets by chance, the same ones for the same seed. */
#pragma once

#include "rules/ruleset_walk.h"

struct chance {
	uint64_t state;
};

/* A number below n. */
uint32_t chance_below(struct chance *chance, uint32_t n);

/* Fills an empty ruleset with tables, chains and rules that call each other, never in a loop. */
void random_ruleset(struct chance *chance, struct ruleset *ruleset);

/* A packet of IPv4 or IPv6 that comes near what random rules look at. */
void random_packet(struct chance *chance, uint8_t family, struct packet *ret_packet);

/* What an unknown says, by seed: of `key`, or of the text where it is shared. */
uint8_t random_answer(uint64_t seed, bool shared, const void *key, const char *text);
