/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who decided about a packet: a rule, or a chain's policy. */
#include "rules/note.h"

/* How much a note says: that a rule accepts; the policy of a filter; any policy; NAT. */
static int strength_of(const struct reach_note *note)
{
	if (!note->chain)
		return 0;
	if (note->chain->type == CHAIN_NAT)
		return 1;
	if (note->rule)
		return 4;
	return note->chain->priority == 0 ? 3 : 2;
}

bool reach_note_replaces(const struct reach_note *first, const struct reach_note *second)
{
	return strength_of(second) >= strength_of(first);
}
