/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the rules of one iptables chain, nf_tables' and legacy, as text. */
#include "rules/listing/find.h"

#include <string.h>

/* Shows one rule to the visitor; text is ours to free, NULL where there is none. */
static int show(const struct rule_ref *ref, char *text,
                int (*see)(const struct rule_ref *ref, const char *text, void *data), void *data)
{
	_cleanup_free_ char *owned = text;

	return see(ref, owned ? owned : "", data);
}

int rules_of_chain(const struct netview *view, uint8_t family, const char *table, const char *chain,
                   int (*see)(const struct rule_ref *ref, const char *text, void *data), void *data)
{
	struct legacy_walk walk = {.table = legacy_table(view, family, table)};
	struct rule_ref ref = {.family = family, .table = table, .chain = chain};
	struct legacy_entry entry;
	struct nft_rule rule;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && nft_rule_next(view, &offset, &rule)) {
		if (rule.family != family || !same_name(rule.table, table) ||
		    !same_name(rule.chain, chain))
			continue;
		ref.handle = rule.handle;
		status = show(&ref, rule_text_of_nft(view, &rule), see, data);
	}
	ref.legacy = true;
	while (status == 0 && walk.table && legacy_next(&walk, &entry)) {
		if (entry.line == 0 || !same_name(entry.chain, chain))
			continue;
		ref.handle = entry.offset;
		status = show(&ref, rule_text_of_legacy(view, walk.table, &entry), see, data);
	}
	return status;
}
