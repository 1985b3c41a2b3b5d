/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For certain, or only for some: whether all that a sender is free to choose - his port, the length
 * of a packet, its hop limit - makes no difference to where an entry's packets get. Packets that
 * were sent had one value of each; here the rules are asked. Pure.
 */
#pragma once

#include "audit/model_check.h"

/* What is known of all entries of one view, and how many were looked into one by one. */
struct certainty_check {
	const struct host *host; /* NULL: the rules could not be read, and nothing is certain */
	bool plain;              /* no rule asks for any of it */
	unsigned walked;
};

void certainty_begin(struct certainty_check *check, const struct host *host)
    __attribute__((nonnull(1)));

/* Fills an entry's certainty, and where it is not a must what decides, in words of the audit's
 * arena. 0 or -ENOMEM. */
int certainty_fill(struct certainty_check *check, struct audit *audit, struct reach_entry *entry)
    __attribute__((nonnull, warn_unused_result));
