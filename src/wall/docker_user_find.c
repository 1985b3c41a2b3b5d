/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is there of DOCKER-USER and of a wall behind it. */
#include "wall/docker_user_parts.h"

#include "base/cleanup.h"
#include "rules/listing/find.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char jump[] = "-A DOCKER-USER -j SEAWALL", hook[] = "-A FORWARD -j DOCKER-USER";

bool is_wall_chain(const char *name)
{
	static const char own[] = "SEAWALL";
	size_t len = sizeof(own) - 1;

	return strncmp(name, own, len) == 0 && (!name[len] || name[len] == '-');
}

/* One rule of the tables that count. */
struct found_rule {
	struct user_place place;
	const char *chain;
	unsigned line; /* from 1 */
	const char *text;
	uint64_t packets;
};

typedef int (*see_rule)(const struct found_rule *rule, void *data);

/* Whether a chain's rules are worth a look. */
static bool counts(const char *chain)
{
	return is_wall_chain(chain) || strcmp(chain, "DOCKER-USER") == 0 ||
	       strcmp(chain, "FORWARD") == 0;
}

/* The packets that a rule of iptables-nft has counted. */
static uint64_t packets_of(const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_expr expr;

	while (nft_expr_next(&rest, &expr))
		if (same_name(expr.name, "counter"))
			return attr_number(expr.attrs.by_type[NFTA_COUNTER_PACKETS], 0);
	return 0;
}

/* Walks the rules of iptables-nft's tables. 0, what see() returned, or -ENOMEM. */
static int walk_nft(const struct netview *view, see_rule see, void *data)
{
	struct nft_rule rule;
	char last[64] = "";
	unsigned line = 0;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && nft_rule_next(view, &offset, &rule)) {
		_cleanup_free_ char *text = NULL;
		struct found_rule found = {.place = {false, rule.family}, .chain = rule.chain};

		if ((rule.family != NFPROTO_IPV4 && rule.family != NFPROTO_IPV6) ||
		    !same_name(rule.table, "filter") || !rule.chain || !counts(rule.chain))
			continue;
		/* Rules come chain by chain. */
		line = strcmp(last, rule.chain) == 0 && line ? line + 1 : 1;
		snprintf(last, sizeof(last), "%s", rule.chain);
		text = rule_text_of_nft(view, &rule);
		if (!text)
			return -ENOMEM;
		found.place.family = rule.family == NFPROTO_IPV4 ? AF_INET : AF_INET6;
		found.text = text;
		found.line = line;
		found.packets = packets_of(&rule);
		status = see(&found, data);
	}
	return status;
}

/* The packets that a legacy entry has counted. */
static uint64_t packets_at(const struct xtables_table *table, const struct legacy_entry *entry)
{
	struct xt_counters counters;
	size_t at =
	    entry->offset + (table->family == AF_INET ? offsetof(struct ipt_entry, counters)
	                                              : offsetof(struct ip6t_entry, counters));

	if (at + sizeof(counters) > entry->next)
		return 0;
	memcpy(&counters, table->entries.data + at, sizeof(counters));
	return counters.pcnt;
}

/* Walks the rules of one legacy table. 0, what see() returned, or -ENOMEM. */
static int walk_legacy(const struct netview *view, uint8_t family, see_rule see, void *data)
{
	struct legacy_walk walk = {.table = legacy_table(view, family, "filter")};
	struct legacy_entry entry;
	int status = 0;

	while (status == 0 && walk.table && legacy_next(&walk, &entry)) {
		_cleanup_free_ char *text = NULL;
		struct found_rule found = {.place = {true, family}, .chain = entry.chain};

		if (entry.head || entry.end || !entry.chain || !counts(entry.chain))
			continue;
		text = rule_text_of_legacy(view, walk.table, &entry);
		if (!text)
			return -ENOMEM;
		found.text = text;
		found.line = entry.line;
		found.packets = packets_at(walk.table, &entry);
		status = see(&found, data);
	}
	return status;
}

/* Walks all of them. */
static int walk_all(const struct netview *view, see_rule see, void *data)
{
	int status = walk_nft(view, see, data);

	if (status == 0)
		status = walk_legacy(view, AF_INET, see, data);
	return status == 0 ? walk_legacy(view, AF_INET6, see, data) : status;
}

/* What is being found out about one place. */
struct search {
	struct user_place place;
	struct user_found *found;
};

static bool same_place(const struct user_place *a, const struct user_place *b)
{
	return a->legacy == b->legacy && a->family == b->family;
}

/* Notes what a rule tells. */
static int note_rule(const struct found_rule *rule, void *data)
{
	struct search *search = data;

	if (!same_place(&rule->place, &search->place))
		return 0;
	search->found->jumps += strcmp(rule->text, jump) == 0;
	search->found->hooked |= strcmp(rule->text, hook) == 0;
	return 0;
}

/* Notes that a chain is there. 0 or -ENOMEM. */
static int note_chain(struct user_found *found, const char *name)
{
	char **slot;

	found->user_chain |= strcmp(name, "DOCKER-USER") == 0;
	if (!is_wall_chain(name))
		return 0;
	slot = vec_push(&found->chains);
	if (!slot || !(*slot = strdup(name)))
		return -ENOMEM;
	return 0;
}

int user_find(const struct netview *view, const struct user_place *place,
              struct user_found *ret_found)
{
	struct legacy_walk walk = {
	    .table = place->legacy ? legacy_table(view, place->family, "filter") : NULL};
	struct search search = {*place, ret_found};
	struct legacy_entry entry;
	struct nft_chain chain;
	size_t offset = 0;
	int status = 0;

	*ret_found = (struct user_found){0};
	while (status == 0 && walk.table && legacy_next(&walk, &entry))
		if (entry.head && entry.chain)
			status = note_chain(ret_found, entry.chain);
	while (status == 0 && !place->legacy && nft_chain_next(view, &offset, &chain))
		if (chain.family == (place->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6) &&
		    same_name(chain.table, "filter") && chain.name)
			status = note_chain(ret_found, chain.name);
	return status == 0 ? walk_all(view, note_rule, &search) : status;
}

void user_found_done(struct user_found *found)
{
	vec_foreach(name, &found->chains)
		free(*name);
	vec_done(&found->chains);
}

int docker_user_places(const struct snapshot *snapshot, struct user_places *ret_places,
                       struct error **ret_error)
{
	const char *backend = snapshot->engine.firewall_backend;

	*ret_places = (struct user_places){0};
	if (backend && strncmp(backend, "nftables", strlen("nftables")) == 0)
		return error_set(ret_error, EOPNOTSUPP,
		                 "Docker's own rules are nftables' here, which have no "
		                 "DOCKER-USER: use the default, --backend nft");
	for (unsigned i = 0; i < 4; i++) {
		const struct user_place place = {i >= 2, i % 2 ? AF_INET6 : AF_INET};
		struct user_found found;
		int status = user_find(&snapshot->net, &place, &found);

		if (status == 0 && found.user_chain && found.hooked)
			ret_places->items[ret_places->n++] = place;
		user_found_done(&found);
		if (status < 0)
			return error_set(ret_error, -status, "out of memory");
	}
	if (docker_user_has(ret_places, AF_INET))
		return 0;
	return error_set(ret_error, ENOENT,
	                 "no rule of FORWARD leads to DOCKER-USER in table filter, so rules there "
	                 "do nothing: restart Docker, or use the default, --backend nft");
}

bool docker_user_has(const struct user_places *places, uint8_t family)
{
	for (size_t i = 0; i < places->n; i++)
		if (places->items[i].family == family)
			return true;
	return false;
}

/* Notes whether a rule is of the wall. */
static int note_presence(const struct found_rule *rule, void *data)
{
	(void)data;
	return is_wall_chain(rule->chain);
}

bool docker_user_is_up(const struct netview *view)
{
	return walk_all(view, note_presence, NULL) == 1;
}

/* Adds the packets of a rule that drops. */
static int add_packets(const struct found_rule *rule, void *data)
{
	uint64_t *packets = data;

	if (strcmp(rule->text, "-A SEAWALL-DROP -j DROP") == 0 ||
	    strcmp(rule->text, "-A SEAWALL-DROP -j RETURN") == 0)
		*packets += rule->packets;
	return 0;
}

uint64_t docker_user_turned_away(const struct netview *view)
{
	uint64_t packets = 0;

	return walk_all(view, add_packets, &packets) == 0 ? packets : 0;
}

/* Who is told of lines. */
struct teller {
	int (*see)(const char *line, void *data);
	void *data;
};

/* Tells of a rule what of it is the wall's. */
static int tell_rule(const struct found_rule *rule, void *data)
{
	const struct teller *teller = data;
	_cleanup_free_ char *line = NULL;
	bool own = is_wall_chain(rule->chain), jumps = strcmp(rule->text, jump) == 0;

	if (!own && !jumps)
		return 0;
	if (asprintf(&line, "%s %d %05u %s", rule->place.legacy ? "legacy" : "nft",
	             rule->place.family, rule->line, rule->text) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return teller->see(line, teller->data);
}

/* Tells whether FORWARD leads to a wall. 0, what see() returned, or -ENOMEM. */
static int tell_hook(const struct netview *view, const struct user_place *place,
                     const struct teller *teller)
{
	struct user_found found;
	char line[64];
	int status = user_find(view, place, &found);

	snprintf(line, sizeof(line), "hooked %d %d", place->legacy, place->family);
	if (status == 0 && found.chains.n && found.hooked)
		status = teller->see(line, teller->data);
	user_found_done(&found);
	return status;
}

int docker_user_list(const struct netview *view, int (*see)(const char *line, void *data),
                     void *data)
{
	struct teller teller = {see, data};
	int status = walk_all(view, tell_rule, &teller);

	for (unsigned i = 0; status == 0 && i < 4; i++) {
		const struct user_place place = {i >= 2, i % 2 ? AF_INET6 : AF_INET};

		status = tell_hook(view, &place, &teller);
	}
	return status;
}
