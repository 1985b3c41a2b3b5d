/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of rule_unsteady.h share: which matches waver, which sets rules fill, what a rule
 * does. Private to reach. */
#pragma once

#include "rules/listing/legacy.h"
#include "rules/listing/unsteady.h"
#include "rules/listing/wire.h"

/*
 * A set that rules fill while packets come, or whose elements count: nftables' by name, or an ipset
 * by index.
 */
struct filled_set {
	uint8_t family;
	const char *table, *name; /* NULL for an ipset */
	uint16_t index;
};
VEC_TYPE(filled_sets, struct filled_set);

/* Lists them, in an order that can be searched. 0 or -ENOMEM. */
int filled_sets_find(const struct netview *view, struct filled_sets *ret_sets)
    __attribute__((nonnull, warn_unused_result));

/* Which expressions of an nft rule waver: bits as in struct unsteady_rule. */
void unsteady_nft(const struct netview *view, const struct filled_sets *sets,
                  const struct nft_rule *rule, uint64_t *ret_conditions, uint64_t *ret_choices)
    __attribute__((nonnull));

/* Which matches of a legacy entry waver. 0 or -ENOMEM. */
int unsteady_legacy(const struct filled_sets *sets, const struct xtables_table *table,
                    const struct legacy_entry *entry, uint64_t *ret_conditions)
    __attribute__((nonnull, warn_unused_result));

/*
 * In which direction a rule turns things for who matches it. False where no verdict hangs on it.
 * Rules that are looked at on the way are taken off the budget; without one left what is not seen
 * at once turns.
 */
bool unsteady_effect_nft(const struct netview *view, const struct nft_rule *rule, unsigned *budget,
                         enum unsteady_effect *ret_effect) __attribute__((nonnull));
bool unsteady_effect_legacy(const struct netview *view, const struct xtables_table *table,
                            const struct legacy_entry *entry, unsigned *budget,
                            enum unsteady_effect *ret_effect) __attribute__((nonnull));
