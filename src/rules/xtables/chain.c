/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables and chains of iptables-save: which there are, where the kernel calls them, finding them.
 *
 * A table's base chains are there whether the text names them or not, so that a rule may be for one
 * that was never declared; its policy is then the kernel's, ACCEPT.
 */
#include "rules/xtables/xt.h"

#include "base/hash.h"

#include <linux/netfilter_ipv4.h>
#include <string.h>

/* The base chain that a table has at each hook; what is not there has no name. */
struct base_chain {
	const char *name;
	unsigned hook;
	int priority;
	enum chain_type type;
};

static const struct table_kind {
	const char *name;
	struct base_chain chains[NF_INET_NUMHOOKS + 1];
} table_kinds[] = {
    {"filter",
     {{"INPUT", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER, CHAIN_FILTER},
      {"FORWARD", NF_INET_FORWARD, NF_IP_PRI_FILTER, CHAIN_FILTER},
      {"OUTPUT", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER, CHAIN_FILTER}}},
    {"nat",
     {{"PREROUTING", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST, CHAIN_NAT},
      {"INPUT", NF_INET_LOCAL_IN, NF_IP_PRI_NAT_SRC, CHAIN_NAT},
      {"OUTPUT", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST, CHAIN_NAT},
      {"POSTROUTING", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC, CHAIN_NAT}}},
    {"mangle",
     {{"PREROUTING", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE, CHAIN_FILTER},
      {"INPUT", NF_INET_LOCAL_IN, NF_IP_PRI_MANGLE, CHAIN_FILTER},
      {"FORWARD", NF_INET_FORWARD, NF_IP_PRI_MANGLE, CHAIN_FILTER},
      {"OUTPUT", NF_INET_LOCAL_OUT, NF_IP_PRI_MANGLE, CHAIN_ROUTE},
      {"POSTROUTING", NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE, CHAIN_FILTER}}},
    {"raw",
     {{"PREROUTING", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, CHAIN_FILTER},
      {"OUTPUT", NF_INET_LOCAL_OUT, NF_IP_PRI_RAW, CHAIN_FILTER}}},
    {"security",
     {{"INPUT", NF_INET_LOCAL_IN, NF_IP_PRI_SECURITY, CHAIN_FILTER},
      {"FORWARD", NF_INET_FORWARD, NF_IP_PRI_SECURITY, CHAIN_FILTER},
      {"OUTPUT", NF_INET_LOCAL_OUT, NF_IP_PRI_SECURITY, CHAIN_FILTER}}},
};

enum { SLOTS_FIRST = 64 };

/* What kind of table has a name; NULL for none. */
static const struct table_kind *table_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(table_kinds) / sizeof(*table_kinds); i++)
		if (strcmp(table_kinds[i].name, name) == 0)
			return &table_kinds[i];
	return NULL;
}

/* The base chain of a name in the table at hand; NULL for none. */
static const struct base_chain *base_chain(const struct xt_reader *reader, const char *name)
{
	const struct base_chain *chain = table_kind(xt_table(reader)->name)->chains;

	while (chain->name && strcmp(chain->name, name) != 0)
		chain++;
	return chain->name ? chain : NULL;
}

static size_t name_hash(const char *name)
{
	uint64_t hash = hash_text(HASH_BEGIN, name);

	return (size_t)(hash ^ hash >> 32);
}

/* The slot that a name has, or would get. */
static uint32_t *index_slot(const struct xt_reader *reader, const char *name)
{
	const struct xt_index *index = &reader->index;
	size_t slot = name_hash(name) & (index->n_slots - 1);

	while (index->slots[slot] &&
	       strcmp(xt_table(reader)->chains.items[index->slots[slot] - 1].name, name) != 0)
		slot = (slot + 1) & (index->n_slots - 1);
	return &index->slots[slot];
}

/* Makes the index anew with twice the slots. */
static int index_grow(struct xt_reader *reader)
{
	size_t n = reader->index.n_slots ? 2 * reader->index.n_slots : SLOTS_FIRST;
	uint32_t *slots = calloc(n, sizeof(*slots)), place = 0;

	if (!slots)
		return -ENOMEM;
	free(reader->index.slots);
	reader->index = (struct xt_index){slots, n};
	vec_foreach(chain, &xt_table(reader)->chains)
		*index_slot(reader, chain->name) = ++place;
	return 0;
}

void xt_index_done(struct xt_index *index)
{
	free(index->slots);
	*index = (struct xt_index){0};
}

int xt_table_begin(struct xt_reader *reader, const char *name, const struct xt_word *at)
{
	uint8_t family;
	struct table *table;

	if (!table_kind(name))
		return xt_wrong(reader, at,
		                "found \"%.100s\", expected a table: filter, nat, mangle, raw or "
		                "security",
		                name);
	family = xt_family_guess(reader, name);
	if (ruleset_table(reader->ruleset, family, name))
		return xt_wrong(reader, at, "found table %s of %s a second time, expected it once",
		                name, family == NFPROTO_IPV4 ? "IPv4" : "IPv6");
	table = ruleset_add_table(reader->ruleset, family, name);
	if (!table)
		return -ENOMEM;
	table->xtables = true;
	reader->in_table = true;
	reader->marked_family = 0;
	reader->last_family = family;
	xt_index_done(&reader->index);
	return index_grow(reader);
}

/* Adds a chain to the table at hand, at the slot that its name would get. */
static int chain_add(struct xt_reader *reader, const char *name, struct chain **ret_chain)
{
	const struct base_chain *base = base_chain(reader, name);
	struct table *table = xt_table(reader);
	struct chain *chain;

	if (++reader->n_chains > XT_CHAINS_MAX)
		return error_set(reader->ret_error, E2BIG, "%s:%u:1: expected at most %d chains",
		                 reader->path, reader->line_number, XT_CHAINS_MAX);
	if (2 * (table->chains.n + 1) > reader->index.n_slots && index_grow(reader) < 0)
		return -ENOMEM;
	chain = table_add_chain(reader->ruleset, table, name);
	if (!chain)
		return -ENOMEM;
	/* Its own slot is found before its name is in the index. */
	*index_slot(reader, name) = (uint32_t)table->chains.n;
	chain->line = reader->line_number;
	if (base) {
		chain->base = true;
		chain->hook = base->hook;
		chain->priority = base->priority;
		chain->type = base->type;
		chain->policy.kind = VERDICT_ACCEPT;
	}
	*ret_chain = chain;
	return 0;
}

/* What stands for no policy in ":CHAIN - [0:0]". */
static bool no_policy(const struct xt_word *policy)
{
	return !policy || strcmp(policy->text, "-") == 0;
}

/* Sets the policy of a base chain, which is to have one. */
static int policy_set(const struct xt_reader *reader, const struct xt_word *at, struct chain *chain,
                      const struct xt_word *policy)
{
	if (!chain->base && no_policy(policy))
		return 0;
	if (!chain->base)
		return xt_wrong(reader, at,
		                "found a policy for %.100s, expected one of a base chain of table "
		                "%s only",
		                chain->name, xt_table(reader)->name);
	if (no_policy(policy))
		return 0;
	if (strcmp(policy->text, "DROP") == 0)
		chain->policy.kind = VERDICT_DROP;
	else if (strcmp(policy->text, "ACCEPT") != 0)
		return xt_expected(reader, policy, "ACCEPT or DROP");
	chain->policy_line = true;
	chain->line = reader->line_number;
	return 0;
}

int xt_chain_declare(struct xt_reader *reader, const struct xt_word *at, const char *name,
                     const struct xt_word *policy)
{
	uint32_t place = *index_slot(reader, name);
	struct chain *chain = place ? &xt_table(reader)->chains.items[place - 1] : NULL;
	int status = 0;

	if (!*name)
		return xt_expected(reader, at, "the name of a chain");
	if (chain && (chain->policy_line || !chain->base))
		return xt_wrong(reader, at, "found chain %.100s a second time, expected it once",
		                name);
	if (!chain)
		status = chain_add(reader, name, &chain);
	if (!chain)
		return status;
	return policy_set(reader, at, chain, policy);
}

struct chain *xt_chain_find(struct xt_reader *reader, const char *name)
{
	uint32_t place = *index_slot(reader, name);
	struct chain *chain = NULL;

	if (place)
		return &xt_table(reader)->chains.items[place - 1];
	if (base_chain(reader, name))
		(void)chain_add(reader, name, &chain);
	return chain;
}
