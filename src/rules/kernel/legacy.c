/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Legacy xtables blobs as tables of the form: their chains, where the kernel calls them, rules. */
#include "rules/kernel/kernel.h"
#include "rules/listing/legacy.h"

#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <string.h>

/* Where a table's chains are called: the priority at each hook. */
struct table_kind {
	const char *name;
	enum chain_type type;
	int priorities[NF_INET_NUMHOOKS];
};

static const struct table_kind kinds[] = {
    {"filter", CHAIN_FILTER, {0, 0, 0, 0, 0}},
    {"nat",
     CHAIN_NAT,
     {NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC, 0, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC}},
    {"mangle",
     CHAIN_FILTER,
     {NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE}},
    {"raw",
     CHAIN_FILTER,
     {NF_IP_PRI_RAW, NF_IP_PRI_RAW, NF_IP_PRI_RAW, NF_IP_PRI_RAW, NF_IP_PRI_RAW}},
    {"security",
     CHAIN_FILTER,
     {NF_IP_PRI_SECURITY, NF_IP_PRI_SECURITY, NF_IP_PRI_SECURITY, NF_IP_PRI_SECURITY,
      NF_IP_PRI_SECURITY}},
};

/* A blob on its way. */
struct legacy {
	struct kernel *kernel;
	const struct xtables_table *blob;
	const struct table_kind *kind;
	struct table *table;
	struct chain *chain; /* the one at hand, or NULL */
	struct ipt_getinfo info;
	struct legacy_starts starts;
	struct decode decode;
};

/* Begins a chain. A built-in one is at the hook whose entry is at the offset. */
static int begin_chain(struct legacy *legacy, const struct legacy_entry *entry)
{
	struct chain *chain = table_add_chain(legacy->kernel->ruleset, legacy->table, entry->chain);

	legacy->chain = chain;
	if (!chain)
		return -ENOMEM;
	for (unsigned hook = 0; entry->builtin && hook < NF_INET_NUMHOOKS; hook++) {
		if (!(legacy->info.valid_hooks & 1U << hook) ||
		    legacy->info.hook_entry[hook] != entry->offset)
			continue;
		chain->base = true;
		chain->hook = hook;
		chain->type = legacy->kind->type;
		if (hook == NF_INET_LOCAL_OUT && strcmp(legacy->kind->name, "mangle") == 0)
			chain->type = CHAIN_ROUTE;
		chain->priority = legacy->kind->priorities[hook];
		chain->policy.kind = VERDICT_ACCEPT;
	}
	return 0;
}

/* Adds a rule. */
static int add_rule(struct legacy *legacy, const struct legacy_entry *entry)
{
	struct decode *decode = &legacy->decode;
	_cleanup_free_ char *text = NULL;
	const char *kept = NULL;
	struct xt_rule rule;
	int status = xt_rule_from_legacy_with(legacy->blob, entry, &legacy->starts, &rule);

	if (status < 0)
		return error_set(legacy->kernel->ret_error, -status,
		                 "entry %u of chain %s of table %s is malformed", entry->line,
		                 entry->chain, legacy->table->name);
	status = decode_begin(decode, legacy->table->family, legacy->table->name, NULL);
	if (status == 0)
		status = decode_xt_rule(decode, &rule);
	text = xt_rule_text(legacy->kernel->view, &rule, entry->chain ? entry->chain : "<?>");
	if (text)
		kept = arena_strdup(&legacy->kernel->ruleset->arena, text);
	if (status == 0)
		status = decode_finish(decode, legacy->chain, 0, entry->line, kept);
	xt_rule_done(&rule);
	return status;
}

/* Reads a built-in chain's policy. */
static int add_policy(struct legacy *legacy, const struct legacy_entry *entry)
{
	struct xt_rule rule;
	int status = xt_rule_from_legacy_with(legacy->blob, entry, &legacy->starts, &rule);

	if (status == 0) {
		bool drops =
		    rule.action == XT_ACTION_VERDICT && strcmp(rule.target.name, "DROP") == 0;

		legacy->chain->policy.kind = drops ? VERDICT_DROP : VERDICT_ACCEPT;
		legacy->chain->policy_line = true;
		xt_rule_done(&rule);
	}
	return status;
}

/* Reads all entries. */
static int read_entries(struct legacy *legacy)
{
	struct legacy_walk walk = {.table = legacy->blob};
	struct legacy_entry entry = {0};
	const char *before = NULL;
	int status = 0;

	while (status == 0 && legacy_next(&walk, &entry)) {
		/* The last entry of all has no chain of its own: an ERROR named ERROR. */
		if (entry.head && entry.next >= legacy->blob->entries.len)
			return 0;
		if (!entry.chain)
			return error_set(legacy->kernel->ret_error, EBADMSG,
			                 "table %s begins with no chain", legacy->table->name);
		if (entry.chain != before || entry.head)
			status = begin_chain(legacy, &entry);
		before = entry.chain;
		if (status == 0 && entry.line > 0)
			status = add_rule(legacy, &entry);
		else if (status == 0 && entry.end && entry.builtin)
			status = add_policy(legacy, &entry);
	}
	if (status == 0 && entry.next < legacy->blob->entries.len)
		return error_set(legacy->kernel->ret_error, EBADMSG,
		                 "table %s is malformed at byte %u", legacy->table->name,
		                 walk.offset);
	return status;
}

int kernel_legacy_read(struct kernel *kernel)
{
	vec_foreach(blob, &kernel->view->xtables) {
		struct legacy legacy = {.kernel = kernel, .blob = blob, .decode.kernel = kernel};
		uint8_t family = blob->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		int status;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (same_name(kinds[i].name, blob->name))
				legacy.kind = &kinds[i];
		if (!legacy.kind)
			return error_set(kernel->ret_error, EBADMSG, "there is no legacy table %s",
			                 blob->name ? blob->name : "?");
		if (blob->info.len >= sizeof(legacy.info))
			memcpy(&legacy.info, blob->info.data, sizeof(legacy.info));
		legacy.table = ruleset_add_table(kernel->ruleset, family, blob->name);
		if (!legacy.table)
			return -ENOMEM;
		legacy.table->xtables = true;
		status = legacy_starts_read(blob, &legacy.starts);
		if (status == 0)
			status = read_entries(&legacy);
		vec_done(&legacy.starts);
		decode_done(&legacy.decode);
		if (status < 0)
			return status;
	}
	return 0;
}
