/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in words that an admin knows: finds it, and chooses whose spelling it gets. */
#include "rules/listing/text.h"
#include "rules/listing/find.h"
#include "rules/listing/native.h"
#include "rules/listing/xt.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

bool rule_find_nft(const struct netview *view, const struct rule_ref *ref,
                   struct nft_rule *ret_rule, unsigned *ret_line)
{
	struct nft_rule rule;
	size_t offset = 0;
	unsigned line = 0;

	while (nft_rule_next(view, &offset, &rule)) {
		if (rule.family != ref->family || !same_name(rule.table, ref->table) ||
		    !same_name(rule.chain, ref->chain))
			continue;
		line++;
		if (rule.handle != ref->handle)
			continue;
		*ret_rule = rule;
		*ret_line = line;
		return true;
	}
	return false;
}

bool rule_find_legacy(const struct netview *view, const struct rule_ref *ref,
                      const struct xtables_table **ret_table, struct legacy_entry *ret_entry)
{
	struct legacy_walk walk = {.table = legacy_table(view, ref->family, ref->table)};
	struct legacy_entry entry;

	if (!walk.table)
		return false;
	while (legacy_next(&walk, &entry)) {
		bool found = ref->policy ? entry.end && entry.builtin
		                         : entry.line > 0 && entry.offset == ref->handle;

		if (!found || !same_name(entry.chain, ref->chain))
			continue;
		*ret_table = walk.table;
		*ret_entry = entry;
		return true;
	}
	return false;
}

bool rule_table_is_iptables(const struct netview *view, uint8_t family, const char *table)
{
	static const char *const tables[] = {"filter", "nat", "mangle", "raw", "security"};
	static const char *const chains[NF_INET_NUMHOOKS] = {
	    [NF_INET_PRE_ROUTING] = "PREROUTING",   [NF_INET_LOCAL_IN] = "INPUT",
	    [NF_INET_FORWARD] = "FORWARD",          [NF_INET_LOCAL_OUT] = "OUTPUT",
	    [NF_INET_POST_ROUTING] = "POSTROUTING",
	};
	struct nft_chain chain;
	size_t offset = 0;
	bool known = false;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		known = known || strcmp(tables[i], table) == 0;
	if (!known || (family != NFPROTO_IPV4 && family != NFPROTO_IPV6))
		return false;
	while (nft_chain_next(view, &offset, &chain))
		if (chain.is_base && chain.family == family && strcmp(chain.table, table) == 0 &&
		    (chain.hook >= NF_INET_NUMHOOKS || strcmp(chains[chain.hook], chain.name) != 0))
			return false;
	return true;
}

char *rule_text_of_nft(const struct netview *view, const struct nft_rule *nft)
{
	struct xt_rule rule;
	char *text;

	if (!rule_table_is_iptables(view, nft->family, nft->table) ||
	    xt_rule_from_nft(nft, &rule) < 0)
		return native_rule_text(view, nft);
	text = xt_rule_text(view, &rule, nft->chain ? nft->chain : "<?>");
	xt_rule_done(&rule);
	return text;
}

char *rule_text_of_legacy(const struct netview *view, const struct xtables_table *table,
                          const struct legacy_entry *entry)
{
	/* A blob from a capture may begin with an entry that is in no chain. */
	const char *chain = entry->chain ? entry->chain : "<?>";
	struct text line = {0};
	struct xt_rule rule;
	char *text;

	if (xt_rule_from_legacy(table, entry, &rule) < 0)
		return NULL;
	if (entry->end) {
		text_add(&line, "-P %s %s", chain,
		         rule.action == XT_ACTION_VERDICT ? rule.target.name : "<?>");
		text = text_take(&line);
	} else {
		text = xt_rule_text(view, &rule, chain);
	}
	xt_rule_done(&rule);
	return text;
}

/* The text of a legacy rule or policy, found by its reference. */
static char *legacy_text(const struct netview *view, const struct rule_ref *ref)
{
	const struct xtables_table *table;
	struct legacy_entry entry;

	if (!rule_find_legacy(view, ref, &table, &entry))
		return NULL;
	return rule_text_of_legacy(view, table, &entry);
}

/* The text of an nft base chain's policy. */
static char *policy_text(const struct netview *view, const struct rule_ref *ref)
{
	struct text text = {0};
	struct nft_chain chain;
	bool accepts;

	if (!nft_chain_find(view, ref->family, ref->table, ref->chain, &chain) || !chain.is_base)
		return NULL;
	accepts = chain.policy != NF_DROP;
	if (rule_table_is_iptables(view, chain.family, chain.table))
		text_add(&text, "-P %s %s", chain.name, accepts ? "ACCEPT" : "DROP");
	else
		text_add(&text, "policy %s", accepts ? "accept" : "drop");
	return text_take(&text);
}

char *rule_text(const struct netview *view, const struct rule_ref *rule)
{
	struct nft_rule nft;
	unsigned line;

	if (!rule->table || !rule->chain)
		return NULL;
	if (rule->legacy)
		return legacy_text(view, rule);
	if (rule->policy)
		return policy_text(view, rule);
	return rule_find_nft(view, rule, &nft, &line) ? rule_text_of_nft(view, &nft) : NULL;
}

unsigned rule_line(const struct netview *view, const struct rule_ref *rule)
{
	const struct xtables_table *table;
	struct legacy_entry entry;
	struct nft_rule nft;
	unsigned line;

	if (rule->policy || !rule->table || !rule->chain)
		return 0;
	if (rule->legacy)
		return rule_find_legacy(view, rule, &table, &entry) ? entry.line : 0;
	return rule_find_nft(view, rule, &nft, &line) ? line : 0;
}

char *rule_position(const struct netview *view, const struct rule_ref *rule)
{
	struct text text = {0};
	unsigned line = rule_line(view, rule);

	if (!rule->chain || (!rule->policy && line == 0))
		return NULL;
	if (rule->policy)
		text_add(&text, "policy of chain %s", rule->chain);
	else
		text_add(&text, "rule %u of chain %s", line, rule->chain);
	return text_take(&text);
}
