/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes rules in words: netlink messages of rules, chains, sets and elements, and legacy blobs. */
#include "rules/listing/find.h"
#include "rules/listing/text.h"
#include "rules/listing/unsteady.h"
#include "rules/listing/translation.h"
#include "view_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says all that there is to say of a rule. A text, when there is one, is never cut by a NUL. */
static void rule_try(const struct netview *view, const struct rule_ref *ref)
{
	free(rule_text(view, ref));
	free(rule_position(view, ref));
	(void)rule_owner_name(view, ref);
}

/* Goes through the nft rules and chains. */
static void try_nft(const struct netview *view)
{
	struct nft_rule rule;
	struct nft_chain chain;
	size_t offset = 0;

	while (nft_rule_next(view, &offset, &rule)) {
		struct rule_ref ref = {.family = rule.family,
		                       .table = rule.table,
		                       .chain = rule.chain,
		                       .handle = rule.handle};

		rule_try(view, &ref);
	}
	for (offset = 0; nft_chain_next(view, &offset, &chain);) {
		struct rule_ref ref = {.family = chain.family,
		                       .policy = true,
		                       .table = chain.table,
		                       .chain = chain.name};

		rule_try(view, &ref);
	}
}

/* Goes through the legacy entries; only the first table of a family can be found by name. */
static void try_legacy(const struct netview *view)
{
	vec_foreach(table, &view->xtables) {
		struct legacy_walk walk = {.table = table};
		struct legacy_entry entry;

		while (legacy_next(&walk, &entry)) {
			struct rule_ref ref = {.family = table->family,
			                       .legacy = true,
			                       .policy = entry.end,
			                       .table = table->name,
			                       .chain = entry.chain,
			                       .handle = entry.offset};

			rule_try(view, &ref);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netview view = {0};
	struct unsteady_rules unsteady = {0};
	struct ports ports = {0};
	struct translations translations = {0};
	bool any;

	view_input_read(&view, data, size);
	try_nft(&view);
	try_legacy(&view);
	if (rule_rewritten_ports(&view, &ports, &any) == 0)
		vec_done(&ports);
	if (rules_unsteady(&view, &unsteady) == 0)
		vec_done(&unsteady);
	if (rule_translations(&view, &translations) == 0)
		vec_done(&translations);
	netview_done(&view);
	return 0;
}
