/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who decided about a packet: a rule, or a chain's policy. */
#pragma once

#include "rules/ruleset.h"

/* Borrowed from the ruleset. */
struct reach_note {
	const struct table *table;
	const struct chain *chain;
	const struct rule *rule; /* NULL: the chain's policy */
};

/* Which of two notes a packet is shown with that both accepted, the second after the first. */
bool reach_note_replaces(const struct reach_note *first, const struct reach_note *second)
    __attribute__((nonnull));
