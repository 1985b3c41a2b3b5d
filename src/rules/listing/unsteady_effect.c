/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which direction a rule turns things for who matches it.
 *
 * Theory of operation. A rule does a deed: it opens, closes or turns, and may go on in another
 * chain or back from its own. What a jump does is what the rules of that chain do, taken together:
 * one that only logs and rejects closes. What a RETURN does is the reverse of what it spares the
 * packet, the rest of its chain. ACCEPT opens, except where addresses are translated and marks set:
 * there it is that which is spared, and nobody knows whether it is more or less. What is not known
 * turns. Each chain is looked into once; a budget for all
 * rules together ends what very large or hostile rulesets could make of that.
 */
#include "rules/listing/unsteady_find.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>
#include <sys/socket.h>

enum {
	OPENS = 1 << UNSTEADY_OPENS,
	CLOSES = 1 << UNSTEADY_CLOSES,
	TURNS = 1 << UNSTEADY_TURNS,
	CHAINS_MAX = 64, /* that one rule leads to */
};

/* What one rule does with who matches it. */
struct deed {
	unsigned effects;  /* OPENS | CLOSES | TURNS */
	bool returns;      /* RETURN */
	bool goes;         /* a goto: the rest of its own chain is spared as well */
	bool maps;         /* a map says where it jumps */
	const char *chain; /* where it jumps or goes; NULL for nowhere */
};

/* One table, of either kind, and what was looked into so far. */
struct ways {
	const struct netview *view;
	const struct xtables_table *legacy; /* NULL: nftables' */
	uint8_t family;
	const char *table;
	bool prepares; /* in the rule's chain packets are translated or marked, not judged */
	const char *chains[CHAINS_MAX];
	unsigned n_chains;
	unsigned *budget; /* how many rules may still be looked at */
};

/* Targets of xtables that leave the packet as it is and let it go on. */
static const char *const harmless_targets[] = {
    "LOG", "NFLOG",   "ULOG",     "AUDIT",     "TRACE",       "TEE",      "SET",
    "LED", "RATEEST", "CHECKSUM", "IDLETIMER", "TCPOPTSTRIP", "CLASSIFY", "TCPMSS",
};

/* What a target of xtables does that is no verdict. */
static unsigned target_effects(const char *name)
{
	for (size_t i = 0; i < sizeof(harmless_targets) / sizeof(*harmless_targets); i++)
		if (same_name(name, harmless_targets[i]))
			return 0;
	return same_name(name, "REJECT") ? CLOSES : TURNS;
}

/* What a verdict of iptables does. */
static void verdict_deed(const struct ways *ways, const char *verdict, struct deed *deed)
{
	if (same_name(verdict, "ACCEPT"))
		deed->effects |= ways->prepares ? TURNS : OPENS;
	else if (same_name(verdict, "DROP"))
		deed->effects |= CLOSES;
	else if (same_name(verdict, "RETURN"))
		deed->returns = true;
	else
		deed->effects |= TURNS;
}

/* What a legacy entry does. */
static struct deed legacy_deed(const struct ways *ways, const struct legacy_entry *entry)
{
	struct deed deed = {0};
	struct xt_rule rule = {0};

	if (xt_rule_from_legacy(ways->legacy, entry, &rule) < 0)
		return (struct deed){.effects = TURNS};
	switch (rule.action) {
	case XT_ACTION_NONE:
		break;
	case XT_ACTION_TARGET:
		deed.effects = target_effects(rule.target.name);
		break;
	case XT_ACTION_VERDICT:
		verdict_deed(ways, rule.target.name, &deed);
		break;
	case XT_ACTION_GOTO:
		deed.goes = true;
		deed.chain = rule.target.name;
		break;
	case XT_ACTION_JUMP:
		deed.chain = rule.target.name;
		break;
	}
	/* Names of chains are the blob's own, not the rule's. */
	xt_rule_done(&rule);
	return deed;
}

/* Expressions of nftables that change nothing that a later rule could ask for, or only if they
 * write (`writes`: the attribute that says so). */
static const struct {
	const char *name;
	uint16_t writes;
} harmless_expressions[] = {
    {"cmp", 0},
    {"range", 0},
    {"bitwise", 0},
    {"byteorder", 0},
    {"numgen", 0},
    {"hash", 0},
    {"fib", 0},
    {"rt", 0},
    {"socket", 0},
    {"osf", 0},
    {"tunnel", 0},
    {"xfrm", 0},
    {"match", 0},
    {"counter", 0},
    {"log", 0},
    {"limit", 0},
    {"quota", 0},
    {"last", 0},
    {"connlimit", 0},
    {"dup", 0},
    {"dynset", 0},
    {"objref", 0},
    {"inner", 0},
    {"meta", NFTA_META_SREG},
    {"ct", NFTA_CT_SREG},
    {"payload", NFTA_PAYLOAD_SREG},
    {"exthdr", NFTA_EXTHDR_SREG},
};

/* What a verdict of nftables does. */
static void nft_verdict_deed(const struct ways *ways, const struct nft_verdict *verdict,
                             struct deed *deed)
{
	switch (verdict->code) {
	case NF_ACCEPT:
		deed->effects |= ways->prepares ? TURNS : OPENS;
		break;
	case NF_DROP:
		deed->effects |= CLOSES;
		break;
	case NFT_CONTINUE:
		break;
	case NFT_RETURN:
		deed->returns = true;
		break;
	case NFT_GOTO:
		deed->goes = true;
		deed->chain = verdict->chain;
		break;
	case NFT_JUMP:
		deed->chain = verdict->chain;
		break;
	default:
		deed->effects |= TURNS;
		break;
	}
}

/* Adds what one expression does. */
static void expr_deed(const struct ways *ways, const struct nft_expr *expr, struct deed *deed)
{
	const struct span *attr = expr->attrs.by_type;
	struct nft_verdict verdict;

	for (size_t i = 0; i < sizeof(harmless_expressions) / sizeof(*harmless_expressions); i++)
		if (same_name(expr->name, harmless_expressions[i].name) &&
		    (!harmless_expressions[i].writes || !attr[harmless_expressions[i].writes].data))
			return;
	if (same_name(expr->name, "lookup")) {
		bool verdicts = attr[NFTA_LOOKUP_DREG].data &&
		                attr_u32(attr[NFTA_LOOKUP_DREG], 0) == NFT_REG_VERDICT;

		deed->effects |= verdicts ? TURNS : 0;
		deed->maps |= verdicts;
	} else if (same_name(expr->name, "immediate")) {
		if (attr_u32(attr[NFTA_IMMEDIATE_DREG], 0) != NFT_REG_VERDICT)
			return;
		if (attr_verdict(attr[NFTA_IMMEDIATE_DATA], &verdict))
			nft_verdict_deed(ways, &verdict, deed);
		else
			deed->effects |= TURNS;
	} else if (same_name(expr->name, "reject")) {
		deed->effects |= CLOSES;
	} else if (same_name(expr->name, "target")) {
		deed->effects |= target_effects(attr_string(attr[NFTA_TARGET_NAME]));
	} else {
		deed->effects |= TURNS;
	}
}

/* What an nft rule does. */
static struct deed nft_deed(const struct ways *ways, const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct deed deed = {0};
	struct nft_expr expr;

	while (nft_expr_next(&rest, &expr))
		expr_deed(ways, &expr, &deed);
	return deed;
}

/* Takes one rule off the budget. False when it is used up. */
static bool visit(struct ways *ways)
{
	if (*ways->budget == 0)
		return false;
	--*ways->budget;
	return true;
}

static unsigned chain_effects(struct ways *ways, const char *chain);

/* The effects of going the way of a deed, but for the rest of its own chain. */
static unsigned deed_effects(struct ways *ways, const struct deed *deed)
{
	return deed->effects | (deed->chain ? chain_effects(ways, deed->chain) : 0);
}

/* What the rules of a chain behind a handle do, taken together; `after` 0: all of them. */
static unsigned nft_effects(struct ways *ways, const char *chain, uint64_t after)
{
	bool behind = after == 0;
	unsigned effects = 0;
	struct nft_rule rule;
	size_t offset = 0;

	while (nft_rule_next(ways->view, &offset, &rule)) {
		struct deed deed;

		if (!visit(ways))
			return TURNS;
		if (rule.family != ways->family || !same_name(rule.table, ways->table) ||
		    !same_name(rule.chain, chain))
			continue;
		if (!behind) {
			behind = rule.handle == after;
			continue;
		}
		deed = nft_deed(ways, &rule);
		effects |= deed_effects(ways, &deed);
	}
	return effects;
}

/* The same in a legacy table, behind an entry's offset; UINT32_MAX: all of them. */
static unsigned legacy_effects(struct ways *ways, const char *chain, uint32_t after)
{
	struct legacy_walk walk = {.table = ways->legacy};
	bool behind = after == UINT32_MAX;
	struct legacy_entry entry;
	unsigned effects = 0;

	while (legacy_next(&walk, &entry)) {
		struct deed deed;

		if (!visit(ways))
			return TURNS;
		if (!entry.line || !same_name(entry.chain, chain))
			continue;
		if (!behind) {
			behind = entry.offset == after;
			continue;
		}
		deed = legacy_deed(ways, &entry);
		effects |= deed_effects(ways, &deed);
	}
	return effects;
}

/* What the rules of a chain do, taken together; nothing where that was asked before. */
static unsigned chain_effects(struct ways *ways, const char *chain)
{
	for (unsigned i = 0; i < ways->n_chains; i++)
		if (strcmp(ways->chains[i], chain) == 0)
			return 0;
	if (ways->n_chains == CHAINS_MAX)
		return TURNS;
	ways->chains[ways->n_chains++] = chain;
	return ways->legacy ? legacy_effects(ways, chain, UINT32_MAX) : nft_effects(ways, chain, 0);
}

/* What it means that a packet is spared something. */
static unsigned reversed(unsigned effects)
{
	return (effects & OPENS ? CLOSES : 0) | (effects & CLOSES ? OPENS : 0) | (effects & TURNS);
}

/* Says effects in one word. False when there are none. */
static bool in_one(unsigned effects, enum unsteady_effect *ret_effect)
{
	if (!effects)
		return false;
	*ret_effect = effects == OPENS    ? UNSTEADY_OPENS
	              : effects == CLOSES ? UNSTEADY_CLOSES
	                                  : UNSTEADY_TURNS;
	return true;
}

/* Whether the rules of a chain lead to another one, by jumps or by what cannot be told. */
static bool leads_to(struct ways *ways, const char *chain, const char *goal)
{
	struct nft_rule rule;
	size_t offset = 0;

	if (same_name(chain, goal) || ways->n_chains == CHAINS_MAX)
		return true;
	for (unsigned i = 0; i < ways->n_chains; i++)
		if (strcmp(ways->chains[i], chain) == 0)
			return false;
	ways->chains[ways->n_chains++] = chain;
	while (nft_rule_next(ways->view, &offset, &rule)) {
		struct deed deed;

		if (!visit(ways))
			return true;
		if (rule.family != ways->family || !same_name(rule.table, ways->table) ||
		    !same_name(rule.chain, chain))
			continue;
		deed = nft_deed(ways, &rule);
		if (deed.maps || (deed.chain && leads_to(ways, deed.chain, goal)))
			return true;
	}
	return false;
}

/* Whether a chain is one of those, or called by one, where packets are prepared. */
static bool chain_prepares(struct ways *ways, const char *name)
{
	struct nft_chain chain;
	size_t offset = 0;

	while (nft_chain_next(ways->view, &offset, &chain)) {
		bool early = chain.is_base &&
		             (same_name(chain.type, "nat") || chain.hook == NF_INET_PRE_ROUTING);

		if (chain.family != ways->family || !same_name(chain.table, ways->table) || !early)
			continue;
		ways->n_chains = 0;
		if (leads_to(ways, chain.name, name))
			return true;
	}
	ways->n_chains = 0;
	return false;
}

bool unsteady_effect_nft(const struct netview *view, const struct nft_rule *rule, unsigned *budget,
                         enum unsteady_effect *ret_effect)
{
	struct ways ways = {
	    .view = view, .family = rule->family, .table = rule->table, .budget = budget};
	struct nft_chain chain;
	struct deed deed;
	unsigned effects;

	/* Nothing that comes from outside passes output. */
	if (nft_chain_find(view, rule->family, rule->table, rule->chain, &chain) && chain.is_base &&
	    chain.hook == NF_INET_LOCAL_OUT && rule->family != NFPROTO_NETDEV)
		return false;
	ways.prepares = chain_prepares(&ways, rule->chain);
	ways.n_chains = 0;
	deed = nft_deed(&ways, rule);
	effects = deed_effects(&ways, &deed);
	ways.n_chains = 0;
	if (deed.returns || deed.goes)
		effects |= reversed(nft_effects(&ways, rule->chain, rule->handle));
	return in_one(effects, ret_effect);
}

bool unsteady_effect_legacy(const struct netview *view, const struct xtables_table *table,
                            const struct legacy_entry *entry, unsigned *budget,
                            enum unsteady_effect *ret_effect)
{
	struct ways ways = {.view = view,
	                    .budget = budget,
	                    .legacy = table,
	                    .family = table->family,
	                    .table = table->name,
	                    .prepares = !same_name(table->name, "filter") &&
	                                !same_name(table->name, "security")};
	struct deed deed = legacy_deed(&ways, entry);
	unsigned effects;

	if (entry->builtin && same_name(entry->chain, "OUTPUT"))
		return false;
	effects = deed_effects(&ways, &deed);
	ways.n_chains = 0;
	if (deed.returns || deed.goes)
		effects |= reversed(legacy_effects(&ways, entry->chain, entry->offset));
	return in_one(effects, ret_effect);
}
