/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel tracks connections in a namespace, by what its rules ask for. */
#include "rules/listing/conntrack.h"

#include "rules/listing/legacy.h"
#include "rules/listing/wire.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_CT.h>
#include <string.h>
#include <sys/socket.h>

/* Expressions of nft whose init() asks for it. */
static const char *const expressions[] = {"ct",       "nat",       "masq",         "redir",
                                          "synproxy", "connlimit", "flow_offload", NULL};

/* Matches and targets of xtables whose checkentry() does. */
static const char *const matches[] = {"conntrack", "state",  "connmark", "connlabel", "connbytes",
                                      "connlimit", "helper", "cluster",  NULL};
static const char *const targets[] = {"DNAT",     "SNAT", "MASQUERADE",  "REDIRECT", "NETMAP",
                                      "CONNMARK", "CT",   "CONNSECMARK", "SYNPROXY", NULL};

static bool is_among(const char *name, const char *const *names)
{
	for (; name && *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Whether a target asks for it; CT does not where all it says is that there is to be no flow. */
static bool target_asks(const char *name, struct span data)
{
	uint16_t flags;

	if (!is_among(name, targets))
		return false;
	if (strcmp(name, "CT") != 0 || data.len < sizeof(flags))
		return true;
	memcpy(&flags, data.data, sizeof(flags));
	return !(flags & XT_CT_NOTRACK);
}

/* Whether a kind of object does. */
static bool object_asks(uint32_t type)
{
	return type == NFT_OBJECT_CT_HELPER || type == NFT_OBJECT_CT_TIMEOUT ||
	       type == NFT_OBJECT_CT_EXPECT || type == NFT_OBJECT_SYNPROXY;
}

/* Whether an expression asks for it. */
static bool expression_asks(const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct nft_expr inner;
	struct span nest;

	if (same_name(expr->name, "match"))
		return is_among(attr_string(attr[NFTA_MATCH_NAME]), matches);
	if (same_name(expr->name, "target"))
		return target_asks(attr_string(attr[NFTA_TARGET_NAME]), attr[NFTA_TARGET_INFO]);
	if (same_name(expr->name, "objref"))
		return object_asks(attr_u32(attr[NFTA_OBJREF_IMM_TYPE], NFT_OBJECT_UNSPEC));
	if (same_name(expr->name, "dynset")) {
		nest = attr[NFTA_DYNSET_EXPR];
		return nest.data && nft_expr_read(nest, &inner) &&
		       is_among(inner.name, expressions);
	}
	return is_among(expr->name, expressions);
}

/* The families that a table's rules speak for. */
static unsigned bits_of(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return CONNTRACK_IPV4;
	case NFPROTO_IPV6:
		return CONNTRACK_IPV6;
	case NFPROTO_INET:
	case NFPROTO_BRIDGE:
		return CONNTRACK_IPV4 | CONNTRACK_IPV6;
	default:
		return 0;
	}
}

/* Of nft's rules. */
static unsigned native_conntrack(const struct netview *view, const char *without)
{
	struct nft_rule rule;
	unsigned bits = 0;
	size_t offset = 0;

	while (bits != (CONNTRACK_IPV4 | CONNTRACK_IPV6) && nft_rule_next(view, &offset, &rule)) {
		struct span rest = rule.expressions;
		struct nft_expr expr;

		if ((bits & bits_of(rule.family)) == bits_of(rule.family) ||
		    (without && same_name(rule.table, without)))
			continue;
		while (nft_expr_next(&rest, &expr))
			if (expression_asks(&expr))
				bits |= bits_of(rule.family);
	}
	return bits;
}

/* Whether a legacy entry asks for it. */
static bool entry_asks(const struct xtables_table *table, const struct legacy_entry *entry)
{
	struct xt_rule rule;
	bool asks = false;

	if (xt_rule_from_legacy(table, entry, &rule) < 0)
		return true; /* rather one that is tracked */
	vec_foreach(match, &rule.matches)
		asks = asks || is_among(match->name, matches);
	asks = asks || target_asks(rule.target.name, rule.target.info);
	xt_rule_done(&rule);
	return asks;
}

unsigned rules_conntrack(const struct netview *view, const char *without)
{
	unsigned bits = native_conntrack(view, without);

	vec_foreach(table, &view->xtables) {
		struct legacy_walk walk = {.table = table};
		struct legacy_entry entry;
		unsigned bit = bits_of(table->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);

		while (!(bits & bit) && legacy_next(&walk, &entry))
			if (!entry.head && !entry.end && entry_asks(table, &entry))
				bits |= bit;
	}
	return bits;
}
