/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that may answer the same packet differently another time: the list of them. */
#include "rules/listing/unsteady_find.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

enum { BUDGET = 1 << 21 /* rules looked at for where others lead: a second or so */ };

/* Adds a rule. 0 or -ENOMEM. */
static int list_add(struct unsteady_rules *rules, const struct unsteady_rule *rule)
{
	struct unsteady_rule *slot = vec_push(rules);

	if (!slot)
		return -ENOMEM;
	*slot = *rule;
	return 0;
}

/* Lists nftables' rules. */
static int list_nft(const struct netview *view, const struct filled_sets *sets, unsigned *budget,
                    struct unsteady_rules *rules)
{
	struct nft_rule rule;
	size_t offset = 0;

	while (nft_rule_next(view, &offset, &rule)) {
		struct unsteady_rule found = {.ref = {.family = rule.family,
		                                      .table = rule.table,
		                                      .chain = rule.chain,
		                                      .handle = rule.handle}};

		unsteady_nft(view, sets, &rule, &found.conditions, &found.choices);
		if (!(found.conditions | found.choices) ||
		    !unsteady_effect_nft(view, &rule, budget, &found.effect))
			continue;
		if (found.choices)
			found.effect = UNSTEADY_TURNS;
		if (list_add(rules, &found) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Lists a legacy table's rules. */
static int list_legacy(const struct netview *view, const struct filled_sets *sets,
                       const struct xtables_table *table, unsigned *budget,
                       struct unsteady_rules *rules)
{
	struct legacy_walk walk = {.table = table};
	struct legacy_entry entry;

	while (legacy_next(&walk, &entry)) {
		struct unsteady_rule found = {.ref = {.family = table->family,
		                                      .legacy = true,
		                                      .table = table->name,
		                                      .chain = entry.chain,
		                                      .handle = entry.offset}};

		if (!entry.line || !entry.chain)
			continue;
		if (unsteady_legacy(sets, table, &entry, &found.conditions) < 0)
			return -ENOMEM;
		if (found.conditions &&
		    unsteady_effect_legacy(view, table, &entry, budget, &found.effect) &&
		    list_add(rules, &found) < 0)
			return -ENOMEM;
	}
	return 0;
}

int rules_unsteady(const struct netview *view, struct unsteady_rules *ret_rules)
{
	struct unsteady_rules rules = {0};
	struct filled_sets sets = {0};
	unsigned budget = BUDGET;
	int status = filled_sets_find(view, &sets);

	if (status == 0)
		status = list_nft(view, &sets, &budget, &rules);
	vec_foreach(table, &view->xtables)
		if (status == 0)
			status = list_legacy(view, &sets, table, &budget, &rules);
	vec_done(&sets);
	if (status < 0)
		vec_done(&rules);
	else
		*ret_rules = rules;
	return status;
}
