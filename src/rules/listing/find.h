/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the rule that a rule_ref names, in nf_tables' messages or in a legacy blob. */
#pragma once

#include "rules/listing/legacy.h"
#include "rules/listing/text.h"
#include "rules/listing/wire.h"

/* The nft rule of a reference, and its number in its chain from 1. False when there is none. */
bool rule_find_nft(const struct netview *view, const struct rule_ref *ref,
                   struct nft_rule *ret_rule, unsigned *ret_line) __attribute__((nonnull));

/*
 * The legacy entry of a reference; for a policy the one at its chain's end. False when there is
 * none.
 */
bool rule_find_legacy(const struct netview *view, const struct rule_ref *ref,
                      const struct xtables_table **ret_table, struct legacy_entry *ret_entry)
    __attribute__((nonnull));

/* The text of a rule that was found already, for walks over many. The caller frees; may be NULL. */
char *rule_text_of_nft(const struct netview *view, const struct nft_rule *nft)
    __attribute__((nonnull));
char *rule_text_of_legacy(const struct netview *view, const struct xtables_table *table,
                          const struct legacy_entry *entry) __attribute__((nonnull));

/*
 * The table is one of those that iptables-nft keeps: its name, and each of its base chains at the
 * hook that iptables has by that name. A native "table ip filter" with "chain input" is not.
 */
bool rule_table_is_iptables(const struct netview *view, uint8_t family, const char *table)
    __attribute__((nonnull));
