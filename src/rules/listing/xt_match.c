/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A match of xtables in the spelling of iptables-save: finds its printer. */
#include "rules/listing/xt_match.h"

#include <linux/netfilter/xt_conntrack.h>
#include <stddef.h>
#include <string.h>

const char *xt_not(bool inverted)
{
	return inverted ? "! " : "";
}

void xt_add_names(const struct xt_context *context, const struct xt_flag_name *names,
                  unsigned flags)
{
	const char *comma = "";

	for (; names->name; names++) {
		if (!(flags & names->flag))
			continue;
		text_add(context->text, "%s%s", comma, names->name);
		comma = ",";
	}
	if (!*comma)
		text_add(context->text, "NONE");
}

/* A conntrack match that was asked for as "-m state" says so of itself. */
static bool is_state_alias(const struct xt_part *match)
{
	uint16_t flags;
	size_t at = match->revision == 3   ? offsetof(struct xt_conntrack_mtinfo3, match_flags)
	            : match->revision == 2 ? offsetof(struct xt_conntrack_mtinfo2, match_flags)
	                                   : offsetof(struct xt_conntrack_mtinfo1, match_flags);

	if (strcmp(match->name, "conntrack") != 0 || match->info.len < at + sizeof(flags))
		return false;
	memcpy(&flags, match->info.data + at, sizeof(flags));
	return flags & XT_CONNTRACK_STATE_ALIAS;
}

void xt_match_add(const struct xt_context *context, const struct xt_part *match)
{
	const struct {
		const struct xt_spelling *spellings;
		size_t n;
	} tables[] = {
	    {packet_matches, n_packet_matches},
	    {state_matches, n_state_matches},
	    {rate_matches, n_rate_matches},
	};

	text_add(context->text, " -m %s", is_state_alias(match) ? "state" : match->name);
	for (size_t table = 0; table < sizeof(tables) / sizeof(*tables); table++) {
		for (size_t i = 0; i < tables[table].n; i++) {
			if (strcmp(tables[table].spellings[i].name, match->name) != 0)
				continue;
			xt_spell(context, match, tables[table].spellings, tables[table].n);
			return;
		}
	}
	xt_spell(context, match, NULL, 0);
}
