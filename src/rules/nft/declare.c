/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is declared: tables, chains, sets, and the places of rules. */
#include "rules/nft/nft.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <string.h>

/* A word and its number, for some families. */
struct named {
	const char *name;
	unsigned families; /* enum families */
	int value;
};

enum families {
	IN_IP = 1, /* ip, ip6, inet */
	IN_BRIDGE = 2,
	IN_NETDEV = 4,
	IN_ARP = 8,
	IN_ALL = 15,
};

/* The bit of a family. */
static unsigned family_bit(uint8_t family)
{
	switch (family) {
	case NFPROTO_BRIDGE:
		return IN_BRIDGE;
	case NFPROTO_NETDEV:
		return IN_NETDEV;
	case NFPROTO_ARP:
		return IN_ARP;
	default:
		return IN_IP;
	}
}

/* Looks a word up; the last entry has no name. */
static bool named_find(const struct named *named, unsigned families, struct nft_slice word,
                       int *ret_value)
{
	for (; named->name; named++) {
		if (!(named->families & families) || !nft_slice_is(word, named->name))
			continue;
		*ret_value = named->value;
		return true;
	}
	return false;
}

bool nft_family(struct nft_slice word, uint8_t *ret_family)
{
	static const struct named families[] = {
	    {"ip", IN_ALL, NFPROTO_IPV4},
	    {"ip6", IN_ALL, NFPROTO_IPV6},
	    {"inet", IN_ALL, NFPROTO_INET},
	    {"bridge", IN_ALL, NFPROTO_BRIDGE},
	    {"netdev", IN_ALL, NFPROTO_NETDEV},
	    {"arp", IN_ALL, NFPROTO_ARP},
	    {NULL, 0, 0},
	};
	int value;

	if (!named_find(families, IN_ALL, word, &value))
		return false;
	*ret_family = (uint8_t)value;
	return true;
}

bool nft_chain_type(struct nft_slice word, enum chain_type *ret_type)
{
	static const struct named types[] = {
	    {"filter", IN_ALL, CHAIN_FILTER},
	    {"nat", IN_ALL, CHAIN_NAT},
	    {"route", IN_ALL, CHAIN_ROUTE},
	    {NULL, 0, 0},
	};
	int value;

	if (!named_find(types, IN_ALL, word, &value))
		return false;
	*ret_type = (enum chain_type)value;
	return true;
}

bool nft_chain_hook(uint8_t family, struct nft_slice word, unsigned *ret_hook)
{
	static const struct named hooks[] = {
	    {"prerouting", IN_IP | IN_BRIDGE, NF_INET_PRE_ROUTING},
	    {"input", IN_IP | IN_BRIDGE, NF_INET_LOCAL_IN},
	    {"forward", IN_IP | IN_BRIDGE, NF_INET_FORWARD},
	    {"output", IN_IP | IN_BRIDGE, NF_INET_LOCAL_OUT},
	    {"postrouting", IN_IP | IN_BRIDGE, NF_INET_POST_ROUTING},
	    {"ingress", IN_IP, NF_INET_INGRESS},
	    {"ingress", IN_NETDEV, NF_NETDEV_INGRESS},
	    {"egress", IN_NETDEV, NF_NETDEV_EGRESS},
	    {"input", IN_ARP, NF_ARP_IN},
	    {"output", IN_ARP, NF_ARP_OUT},
	    {"forward", IN_ARP, NF_ARP_FORWARD},
	    {NULL, 0, 0},
	};
	int value;

	if (!named_find(hooks, family_bit(family), word, &value))
		return false;
	*ret_hook = (unsigned)value;
	return true;
}

bool nft_chain_priority(uint8_t family, struct nft_slice word, int *ret_priority)
{
	static const struct named priorities[] = {
	    {"raw", IN_IP, -300},        {"mangle", IN_IP, -150},           {"dstnat", IN_IP, -100},
	    {"filter", IN_IP, 0},        {"security", IN_IP, 50},           {"srcnat", IN_IP, 100},
	    {"dstnat", IN_BRIDGE, -300}, {"filter", IN_BRIDGE, -200},       {"out", IN_BRIDGE, 100},
	    {"srcnat", IN_BRIDGE, 300},  {"filter", IN_NETDEV | IN_ARP, 0}, {NULL, 0, 0},
	};

	return named_find(priorities, family_bit(family), word, ret_priority);
}

bool nft_verdict_word(struct nft_slice word, enum rule_verdict *ret_verdict)
{
	static const struct named verdicts[] = {
	    {"accept", IN_ALL, VERDICT_ACCEPT},     {"drop", IN_ALL, VERDICT_DROP},
	    {"continue", IN_ALL, VERDICT_CONTINUE}, {"return", IN_ALL, VERDICT_RETURN},
	    {"jump", IN_ALL, VERDICT_JUMP},         {"goto", IN_ALL, VERDICT_GOTO},
	    {"queue", IN_ALL, VERDICT_QUEUE},       {NULL, 0, 0},
	};
	int value;

	if (!named_find(verdicts, IN_ALL, word, &value))
		return false;
	*ret_verdict = (enum rule_verdict)value;
	return true;
}

/* The name as the arena's string; NULL without memory. */
static const char *keep_name(struct nft *nft, struct nft_slice name)
{
	return arena_strndup(&nft->ruleset->arena, name.text, name.len);
}

int nft_table_declare(struct nft *nft, uint8_t family, struct nft_slice name, uint32_t *ret_table)
{
	struct nft_table *state;
	const char *kept;

	if (nft_index_get(&nft->tables_by_name, family, name, ret_table))
		return 0;
	kept = keep_name(nft, name);
	state = kept ? vec_push(&nft->tables) : NULL;
	if (!state || !ruleset_add_table(nft->ruleset, family, kept))
		return nft_no_memory(nft);
	*state = (struct nft_table){.scope = nft->n_scopes++};
	*ret_table = (uint32_t)nft->ruleset->tables.n - 1;
	return nft_index_put(&nft->tables_by_name, family, name, *ret_table) < 0
	           ? nft_no_memory(nft)
	           : 0;
}

int nft_chain_declare(struct nft *nft, uint32_t table, struct nft_slice name, unsigned line,
                      uint32_t *ret_chain)
{
	struct table *parent = &nft->ruleset->tables.items[table];
	const uint32_t scope = nft->tables.items[table].scope;
	struct nft_chain *state;
	struct chain *chain;
	const char *kept;

	if (nft_index_get(&nft->chains_by_name, scope, name, ret_chain))
		return 0;
	kept = keep_name(nft, name);
	state = kept ? vec_push(&nft->chains) : NULL;
	chain = state ? table_add_chain(nft->ruleset, parent, kept) : NULL;
	if (!chain)
		return nft_no_memory(nft);
	chain->line = line;
	chain->policy.kind = VERDICT_ACCEPT;
	*state = (struct nft_chain){
	    .table = table, .chain = (uint32_t)parent->chains.n - 1, .scope = scope};
	*ret_chain = (uint32_t)nft->chains.n - 1;
	return nft_index_put(&nft->chains_by_name, scope, name, *ret_chain) < 0 ? nft_no_memory(nft)
	                                                                        : 0;
}

struct chain *nft_chain_of(const struct nft *nft, uint32_t chain)
{
	const struct nft_chain *state = &nft->chains.items[chain];

	return &nft->ruleset->tables.items[state->table].chains.items[state->chain];
}

bool nft_chain_lookup(const struct nft *nft, uint32_t table, struct nft_slice name,
                      uint32_t *ret_chain)
{
	return nft_index_get(&nft->chains_by_name, nft->tables.items[table].scope, name, ret_chain);
}

int nft_set_declare(struct nft *nft, uint32_t table, struct nft_slice name, uint32_t *ret_set)
{
	const uint32_t scope = nft->tables.items[table].scope;
	struct nft_set *set;

	if (nft_index_get(&nft->sets_by_name, scope, name, ret_set))
		return 0;
	set = vec_push(&nft->sets);
	if (!set)
		return nft_no_memory(nft);
	*set = (struct nft_set){0};
	*ret_set = (uint32_t)nft->sets.n - 1;
	return nft_index_put(&nft->sets_by_name, scope, name, *ret_set) < 0 ? nft_no_memory(nft)
	                                                                    : 0;
}

struct nft_set *nft_set_lookup(const struct nft *nft, uint32_t table, struct nft_slice name)
{
	uint32_t set = 0;

	if (!nft_index_get(&nft->sets_by_name, nft->tables.items[table].scope, name, &set))
		return NULL;
	return &nft->sets.items[set];
}

int nft_place_add(struct nft *nft, uint32_t chain, bool front, const char *at, size_t len,
                  unsigned line)
{
	const int64_t order = (int64_t)nft->places.n + 1;
	struct nft_place *place;

	if (nft->places.n == NFT_RULES_MAX)
		return nft_too_many(nft, at, NFT_RULES_MAX, "rules");
	place = vec_push(&nft->places);
	if (!place)
		return nft_no_memory(nft);
	*place = (struct nft_place){.order = front ? -order : order,
	                            .at = at,
	                            .len = len,
	                            .chain = chain,
	                            .line = line,
	                            .n_variables = (uint32_t)nft->variables.n};
	return 0;
}

int nft_touch_add(struct nft *nft, uint32_t table, struct nft_slice set, bool deletes)
{
	struct nft_touch *touch = vec_push(&nft->touches);

	if (!touch)
		return nft_no_memory(nft);
	*touch = (struct nft_touch){
	    .scope = nft->tables.items[table].scope, .name = set, .deletes = deletes};
	return 0;
}

void nft_touches_tell(struct nft *nft)
{
	vec_foreach(touch, &nft->touches) {
		uint32_t set = 0;

		if (!nft_index_get(&nft->sets_by_name, touch->scope, touch->name, &set))
			continue;
		if (touch->deletes)
			nft->sets.items[set].deleted_from = true;
		else
			nft->sets.items[set].added_to = true;
	}
}

/* By order: what was inserted in front last comes first. */
static int place_compare(const void *a, const void *b)
{
	const int64_t order_a = ((const struct nft_place *)a)->order;
	const int64_t order_b = ((const struct nft_place *)b)->order;

	return (order_a > order_b) - (order_a < order_b);
}

void nft_places_sort(struct nft *nft)
{
	bool any = false;

	vec_foreach(place, &nft->places)
		any = any || place->order < 0;
	if (any)
		qsort(nft->places.items, nft->places.n, sizeof(*nft->places.items), place_compare);
}

bool nft_place_holds(const struct nft *nft, const struct nft_place *place)
{
	const struct nft_chain *chain = &nft->chains.items[place->chain];
	const struct nft_table *table = &nft->tables.items[chain->table];
	const int64_t serial = place->order < 0 ? -place->order : place->order;

	return chain->scope == table->scope && serial > chain->first_place &&
	       serial > table->first_place;
}

void nft_flush_ruleset(struct nft *nft)
{
	ruleset_done(nft->ruleset);
	nft_index_done(&nft->tables_by_name);
	nft_index_done(&nft->chains_by_name);
	nft_index_done(&nft->sets_by_name);
	vec_foreach(set, &nft->sets)
		nft_set_done(set);
	nft->sets.n = 0;
	nft->tables.n = 0;
	nft->chains.n = 0;
	nft->places.n = 0;
	nft->touches.n = 0;
	nft->n_elements = 0;
}

void nft_flush_table(struct nft *nft, uint32_t table)
{
	nft->tables.items[table].first_place = (int64_t)nft->places.n;
}

void nft_delete_table(struct nft *nft, uint32_t table)
{
	nft->tables.items[table].scope = nft->n_scopes++;
	nft->ruleset->tables.items[table].chains.n = 0;
	nft->ruleset->tables.items[table].dormant = false;
}

void nft_flush_chain(struct nft *nft, uint32_t chain)
{
	nft->chains.items[chain].first_place = (int64_t)nft->places.n;
}
