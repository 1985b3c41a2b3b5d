/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel dump as a ruleset: its tables, chains and rules. */
#include "rules/kernel/kernel.h"
#include "rules/listing/find.h"
#include "rules/kernel/words.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

/* The attributes of a message of nf_tables, and its family. */
static struct attrs message_read(const struct nlmsghdr *message, uint8_t *ret_family)
{
	const size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	const uint8_t *bytes = (const uint8_t *)message;

	*ret_family = 0;
	if (message->nlmsg_len < skip)
		return (struct attrs){0};
	*ret_family = bytes[NLMSG_HDRLEN];
	return attrs_read((struct span){bytes + skip, message->nlmsg_len - skip});
}

/* Adds the tables. */
static int read_tables(struct kernel *kernel)
{
	const struct nlmsghdr *message;
	size_t offset = 0;

	while ((message = raw_next(&kernel->view->raw[RAW_NFT_TABLE], &offset))) {
		uint8_t family;
		struct attrs attrs = message_read(message, &family);
		const char *name = attr_string(attrs.by_type[NFTA_TABLE_NAME]);
		struct table *table;

		if (!name)
			return error_set(kernel->ret_error, EBADMSG, "a table has no name");
		table = ruleset_add_table(kernel->ruleset, family, name);
		if (!table)
			return -ENOMEM;
		table->dormant = attr_u32(attrs.by_type[NFTA_TABLE_FLAGS], 0) & NFT_TABLE_F_DORMANT;
	}
	return 0;
}

/* Notes the devices of a base chain. */
static int read_devices(struct kernel *kernel, struct chain *chain, const struct attrs *hook)
{
	struct span rest = hook->by_type[NFTA_HOOK_DEVS], value;
	const char *name = attr_string(hook->by_type[NFTA_HOOK_DEV]);
	const char *names[NETDEVS_MAX];
	unsigned n = 0;
	uint16_t type;

	if (name)
		names[n++] = name;
	while (attr_next(&rest, &type, &value)) {
		name = attr_string(value);
		if (!name || n == NETDEVS_MAX)
			return error_set(kernel->ret_error, EBADMSG,
			                 "chain %s has devices without a name, or more than %d",
			                 chain->name, NETDEVS_MAX);
		names[n++] = name;
	}
	if (n == 0)
		return 0;
	chain->devices = arena_alloc(&kernel->ruleset->arena, n * sizeof(*chain->devices));
	if (!chain->devices)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		chain->devices[i] = arena_strdup(&kernel->ruleset->arena, names[i]);
		if (!chain->devices[i])
			return -ENOMEM;
	}
	chain->n_devices = n;
	chain->device = chain->devices[0];
	return 0;
}

/* Notes where a base chain is called. */
static int read_hook(struct kernel *kernel, struct chain *chain, const struct attrs *attrs)
{
	static const struct {
		const char *name;
		enum chain_type type;
	} types[] = {{"filter", CHAIN_FILTER}, {"nat", CHAIN_NAT}, {"route", CHAIN_ROUTE}};
	struct attrs hook = attrs_read(attrs->by_type[NFTA_CHAIN_HOOK]);
	const char *type = attr_string(attrs->by_type[NFTA_CHAIN_TYPE]);

	if (!hook.by_type[NFTA_HOOK_HOOKNUM].data || !hook.by_type[NFTA_HOOK_PRIORITY].data)
		return error_set(kernel->ret_error, EBADMSG, "chain %s has half a hook",
		                 chain->name);
	chain->base = true;
	chain->hook = attr_u32(hook.by_type[NFTA_HOOK_HOOKNUM], 0);
	chain->priority = (int)attr_u32(hook.by_type[NFTA_HOOK_PRIORITY], 0);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (same_name(types[i].name, type))
			chain->type = types[i].type;
	chain->policy.kind = attr_u32(attrs->by_type[NFTA_CHAIN_POLICY], NF_ACCEPT) == NF_DROP
	                         ? VERDICT_DROP
	                         : VERDICT_ACCEPT;
	chain->policy_line = attrs->by_type[NFTA_CHAIN_POLICY].data != NULL;
	return read_devices(kernel, chain, &hook);
}

/* Adds the chains. */
static int read_chains(struct kernel *kernel)
{
	const struct nlmsghdr *message;
	struct table *table = NULL;
	size_t offset = 0;

	while ((message = raw_next(&kernel->view->raw[RAW_NFT_CHAIN], &offset))) {
		uint8_t family;
		struct attrs attrs = message_read(message, &family);
		const char *of = attr_string(attrs.by_type[NFTA_CHAIN_TABLE]);
		const char *name = attr_string(attrs.by_type[NFTA_CHAIN_NAME]);
		struct chain *chain;
		int status = 0;

		if (!of || !name)
			return error_set(kernel->ret_error, EBADMSG, "a chain has no name");
		if (!table || table->family != family || strcmp(table->name, of) != 0)
			table = ruleset_table(kernel->ruleset, family, of);
		if (!table)
			return error_set(kernel->ret_error, EBADMSG,
			                 "chain %s is of table %s, which is not there", name, of);
		chain = table_add_chain(kernel->ruleset, table, name);
		if (!chain)
			return -ENOMEM;
		if (attrs.by_type[NFTA_CHAIN_HOOK].data)
			status = read_hook(kernel, chain, &attrs);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Where rules are put: they mostly come in the order of their chains. */
struct place {
	struct table *table;
	struct chain *chain;
	bool iptables; /* the table is one of those that iptables-nft keeps */
};

/* Turns to the chain of a rule. */
static int find_place(struct kernel *kernel, const struct nft_rule *rule, struct place *place)
{
	struct table *table = place->table;
	struct chain *next = place->chain ? place->chain + 1 : NULL;

	if (!rule->table || !rule->chain) {
		error_set(kernel->ret_error, EBADMSG, "a rule has no table or no chain");
		return -EBADMSG;
	}
	if (!table || table->family != rule->family || strcmp(table->name, rule->table) != 0) {
		table = ruleset_table(kernel->ruleset, rule->family, rule->table);
		next = NULL;
		place->chain = NULL;
		place->iptables = rule_table_is_iptables(kernel->view, rule->family, rule->table);
	}
	place->table = table;
	if (place->chain && strcmp(place->chain->name, rule->chain) == 0)
		return 0;
	while (table && next && next < table->chains.items + table->chains.n &&
	       strcmp(next->name, rule->chain) != 0)
		next++;
	if (!table || !next || next == table->chains.items + table->chains.n)
		next = table ? table_chain(table, rule->chain) : NULL;
	place->chain = next;
	if (next)
		return 0;
	error_set(kernel->ret_error, EBADMSG,
	          "a rule is of chain %s of table %s, which is not there", rule->chain,
	          rule->table);
	return -EBADMSG;
}

/* decode_all() of an expression: it loads, or it says something. */
static int run_expression(struct decode *decode, const void *what)
{
	const struct nft_expr *expr = what;
	bool loaded;
	int status = decode_load(decode, expr, &loaded);

	return status < 0 || loaded ? status : decode_statement(decode, expr);
}

/* Follows all expressions of a rule. */
static int run_rule(struct decode *decode, const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_expr expr;
	int status = decode_begin(decode, rule->family, rule->table, rule);

	for (decode->expression = 0; status == 0 && nft_expr_next(&rest, &expr);
	     decode->expression++)
		status = decode_all(decode, run_expression, &expr);
	if (status == 0 && rest.len > 0)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "rule %llu of chain %s of table %s is malformed",
		                 (unsigned long long)decode->nft->handle, decode->nft->chain,
		                 decode->table);
	/* A tproxy without a verdict behind it. */
	vec_foreach(path, &decode->paths) {
		if (status < 0 || path->ended || !path->proxy.text)
			continue;
		decode->path = path;
		struct step *step = rule_add_step(&path->rule, STEP_EFFECT);

		if (!step)
			return -ENOMEM;
		step->text = path->proxy.text;
	}
	return status;
}

/* Fields that a rule, or a chain that it calls, may change. */
enum {
	CHANGED_BY_CHAINS = 1 << FIELD_MARK | 1 << FIELD_CT_MARK | 1 << FIELD_DSCP |
	                    1 << FIELD_HOP_LIMIT | 1 << FIELD_PACKET_TYPE,
};

/* The rule in words, in the ruleset's arena; NULL where there are none. */
static const char *text_of(struct kernel *kernel, const struct nft_rule *rule, bool iptables)
{
	_cleanup_free_ char *text = kernel_rule_words(kernel->view, rule, iptables);

	return text ? arena_strdup(&kernel->ruleset->arena, text) : NULL;
}

/* Adds a rule to the chain at hand. */
static int add_rule(struct decode *decode, const struct nft_rule *rule, const struct place *place)
{
	struct kernel *kernel = decode->kernel;
	uint32_t changed;
	int status;

	decode->no_forks = false;
	status = run_rule(decode, rule);
	changed = decode->changed_fields;
	if (decode->jumps_behind_fork)
		changed |= CHANGED_BY_CHAINS;
	if (status == 0 && decode->fork_fields & changed) {
		decode->no_forks = true;
		status = run_rule(decode, rule);
	}
	if (status < 0)
		return status;
	return decode_finish(decode, place->chain, rule->handle, 0,
	                     text_of(kernel, rule, place->iptables));
}

/* Adds the rules. */
static int read_rules(struct kernel *kernel)
{
	struct decode decode = {.kernel = kernel};
	struct place place = {0};
	struct nft_rule rule;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && nft_rule_next(kernel->view, &offset, &rule)) {
		status = find_place(kernel, &rule, &place);
		if (status == 0)
			status = add_rule(&decode, &rule, &place);
	}
	decode_done(&decode);
	return status;
}

int ruleset_from_view(const struct netview *view, struct ruleset *ruleset, struct error **ret_error)
{
	struct kernel kernel = {.view = view, .ruleset = ruleset, .ret_error = ret_error};
	int status = kernel_sets_read(&kernel);

	if (status == 0)
		status = kernel_ipsets_read(&kernel);
	if (status == 0)
		status = read_tables(&kernel);
	if (status == 0)
		status = read_chains(&kernel);
	if (status == 0)
		status = read_rules(&kernel);
	if (status == 0)
		status = kernel_legacy_read(&kernel);
	kernel_sets_done(&kernel);
	kernel_ipsets_done(&kernel);
	arena_done(&kernel.arena);
	return status < 0 ? error_wrap(ret_error, status, "rules of the kernel") : 0;
}
