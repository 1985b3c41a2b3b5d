/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of matches - of the packet itself, of its flow and surroundings, of rates - and what
 * their printers share. */
#pragma once

#include "rules/listing/xt.h"

extern const struct xt_spelling packet_matches[], state_matches[], rate_matches[];
extern const size_t n_packet_matches, n_state_matches, n_rate_matches;

/* "! " where the condition is turned round, else "". */
const char *xt_not(bool inverted);

struct xt_flag_name {
	unsigned flag;
	const char *name; /* NULL ends a table */
};

/* Adds the names of the flags that are set, in the table's order, joined by commas. */
void xt_add_names(const struct xt_context *context, const struct xt_flag_name *names,
                  unsigned flags) __attribute__((nonnull));
