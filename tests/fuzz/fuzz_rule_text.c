/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes rules in words: netlink messages of rules, chains, sets and elements, and legacy blobs.
 *
 * The input is a row of records: a byte for the kind, two for the length (little-endian), bytes.
 * Kinds are enum raw_kind; LEGACY_IPV4 and LEGACY_IPV6 begin a table with its entries, and
 * LEGACY_INFO gives the last one its IPT_SO_GET_INFO.
 */
#include "rules/listing/find.h"
#include "rules/listing/text.h"
#include "rules/listing/unsteady.h"
#include "rules/listing/translation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LEGACY_IPV4 = 100, LEGACY_IPV6, LEGACY_INFO, TABLES_MAX = 4, HEAD = 3, CAP = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds one record to the view. */
static void record_add(struct netview *view, uint8_t kind, const uint8_t *data, size_t len)
{
	struct xtables_table *table;

	if (kind < RAW_KINDS) {
		if (bytes_append(&view->raw[kind], data, len, CAP) < 0)
			abort();
	} else if ((kind == LEGACY_IPV4 || kind == LEGACY_IPV6) && view->xtables.n < TABLES_MAX) {
		table = vec_push(&view->xtables);
		if (!table)
			abort();
		table->family = kind == LEGACY_IPV4 ? AF_INET : AF_INET6;
		table->name = "nat";
		if (bytes_append(&table->entries, data, len, CAP) < 0)
			abort();
	} else if (kind == LEGACY_INFO && view->xtables.n > 0) {
		table = &view->xtables.items[view->xtables.n - 1];
		if (bytes_append(&table->info, data, len, CAP) < 0)
			abort();
	}
}

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

	while (size >= HEAD) {
		uint8_t kind = data[0];
		size_t len = (size_t)data[1] | (size_t)data[2] << 8;

		data += HEAD;
		size -= HEAD;
		if (len > size)
			len = size;
		record_add(&view, kind, data, len);
		data += len;
		size -= len;
	}
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
