/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Senders that the rules tell apart.
 *
 * Theory of operation. One address speaks for all of its vantage point only where no rule looks at
 * who sends. So the intervals that rules compare a source with are laid side by side, each under a
 * key that says which list it is of; addresses that lie in intervals of the same keys are alike to
 * every rule, whatever else there is to a packet. A vantage point whose senders are of several such
 * kinds becomes one for each kind, with an address of it that is sent, and the prefixes that make
 * it up. Rules of a row that differ only in the address that they name are one list, as is a set.
 * A rule for a port that nothing here has matters to nobody.
 *
 * The port that a packet comes from, and a neighbour's address on the link, are the sender's to
 * choose. Where rules look at them a vantage point gets others beside it that choose otherwise; who
 * gets in only so does so by a "may".
 * Pure.
 */
#pragma once

#include "audit/vantage.h"
#include "reach/host.h"

/* What could not be told apart. */
struct split_left_out {
	unsigned kinds;     /* of senders, beyond the caps */
	unsigned scattered; /* comparisons of bits that no prefix has */
};

/* The ports that packets go to, before or after translation, in rising order. */
struct host_ports {
	const uint16_t *items;
	size_t n;
	bool any; /* they may go to any port */
};

/*
 * Splits the vantage points of the host's view by its rules; new ones come behind those that are
 * there, and take their parts from the arena. 0 or -ENOMEM.
 */
int vantages_split(const struct host *host, const struct host_ports *ports, struct arena *arena,
                   struct vantages *vantages, struct split_left_out *ret_left_out)
    __attribute__((nonnull, warn_unused_result));
