/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that may answer the same packet differently another time.
 *
 * Theory of operation. Some matches do not look at the packet alone: they count (limit, quota,
 * connlimit), remember (recent, sets that other rules fill), draw lots (statistic, numgen) or look
 * at the clock. What such a rule says to one probe tells nothing of the next real packet. Only
 * those are listed whose answer can change a verdict; `-m limit -j LOG` can not. For those, it is
 * told in which direction a match turns things:
 *
 *   opens   who matches gets further than who does not: ACCEPT, or RETURN before a DROP
 *   closes  who matches gets less far: DROP, REJECT, a jump to a chain that does nothing else
 *   turns   neither can be said: translation, marks, a jump to a chain that does both
 *
 * So all rules that open matching and none that close is the most that can ever get through, and
 * the reverse is the least. A rule is a `choice` where not only whether but what it does changes: a
 * map looked up by a number that was drawn.
 *
 * Pure. Extensions and expressions as in Linux 6.18; see net/netfilter/xt_*.c and nft_*.c.
 */
#pragma once

#include "rules/listing/text.h"

enum unsteady_effect { UNSTEADY_OPENS, UNSTEADY_CLOSES, UNSTEADY_TURNS };

struct unsteady_rule {
	struct rule_ref ref; /* names borrowed from the netview */
	enum unsteady_effect effect;
	/*
	 * Bits for the expressions of an nft rule or the matches of a legacy one, by number from
	 * 0: `conditions` that the rule can be asked without, `choices` that it can not.
	 */
	uint64_t conditions, choices;
};
VEC_TYPE(unsteady_rules, struct unsteady_rule);

/* Lists them, in the order of the rules; the caller frees with vec_done(). 0 or -ENOMEM. */
int rules_unsteady(const struct netview *view, struct unsteady_rules *ret_rules)
    __attribute__((nonnull, warn_unused_result));
