/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which firewall the host runs of its own, for the first line and for sentences. */
#include "audit/host_finding.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <netinet/in.h>
#include <string.h>

#define OWN_TABLE "seawall" /* wall/table.h, which audit does not know */

/* What was seen so far. */
struct firewall {
	bool ufw4, ufw6, firewalld;
	bool denies4, denies6; /* a base chain at input with rules, or with policy drop */
	bool wall;             /* ours is up: it is no firewall of the host's */
};

/* The string of an attribute, or "". */
static const char *attr_text(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attr)
	                                                                 : "";
}

/* Keeps attributes of one message by type; data is an array of NFTA_CHAIN_MAX + 1. */
static int keep_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_type_valid(attr, NFTA_CHAIN_MAX) > 0)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* The hook number of a base chain, or -1. */
static int chain_hook(const struct nlattr *nested)
{
	const struct nlattr *attrs[NFTA_CHAIN_MAX + 1] = {0};
	const struct nlattr *hook;

	if (!nested || mnl_attr_parse_nested(nested, keep_attr, attrs) < 0)
		return -1;
	hook = attrs[NFTA_HOOK_HOOKNUM];
	if (!hook || mnl_attr_validate(hook, MNL_TYPE_U32) < 0)
		return -1;
	return (int)ntohl(mnl_attr_get_u32(hook));
}

/* Whether the chain has rules: some message of the rule dump names it. */
static bool chain_has_rules(const struct netview *view, uint8_t family, const char *table,
                            const char *chain)
{
	const struct bytes *raw = &view->raw[RAW_NFT_RULE];
	const struct nlmsghdr *message = (const void *)raw->data;
	int left = (int)raw->len;

	for (; raw->len && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
		const struct nlattr *attrs[NFTA_CHAIN_MAX + 1] = {0};

		if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
		    header->nfgen_family != family)
			continue;
		mnl_attr_parse(message, sizeof(*header), keep_attr, attrs);
		if (strcmp(attr_text(attrs[NFTA_RULE_TABLE]), table) == 0 &&
		    strcmp(attr_text(attrs[NFTA_RULE_CHAIN]), chain) == 0)
			return true;
	}
	return false;
}

/* Takes one nft chain into account. */
static void see_chain(const struct netview *view, const struct nlmsghdr *message,
                      struct firewall *firewall)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[NFTA_CHAIN_MAX + 1] = {0};
	const char *table, *name;
	bool denies, four, six;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	mnl_attr_parse(message, sizeof(*header), keep_attr, attrs);
	table = attr_text(attrs[NFTA_CHAIN_TABLE]);
	name = attr_text(attrs[NFTA_CHAIN_NAME]);
	if (strcmp(table, OWN_TABLE) == 0) {
		firewall->wall = true;
		return;
	}
	four = header->nfgen_family == NFPROTO_IPV4 || header->nfgen_family == NFPROTO_INET;
	six = header->nfgen_family == NFPROTO_IPV6 || header->nfgen_family == NFPROTO_INET;
	firewall->ufw4 |= strncmp(name, "ufw-user-input", 14) == 0;
	firewall->ufw6 |= strncmp(name, "ufw6-user-input", 15) == 0;
	firewall->firewalld |= strcmp(table, "firewalld") == 0;
	if (chain_hook(attrs[NFTA_CHAIN_HOOK]) != NF_INET_LOCAL_IN || !(four || six))
		return;
	denies = chain_has_rules(view, header->nfgen_family, table, name) ||
	         (attrs[NFTA_CHAIN_POLICY] &&
	          mnl_attr_validate(attrs[NFTA_CHAIN_POLICY], MNL_TYPE_U32) >= 0 &&
	          ntohl(mnl_attr_get_u32(attrs[NFTA_CHAIN_POLICY])) == NF_DROP);
	firewall->denies4 |= denies && four;
	firewall->denies6 |= denies && six;
}

/* Takes one legacy table into account: names of chains stand in it as text. */
static void see_legacy(const struct xtables_table *table, struct firewall *firewall)
{
	const struct ipt_getinfo *info = (const void *)table->info.data;
	bool rules;

	if (strcmp(table->name, "filter") != 0 || table->info.len < sizeof(*info))
		return;
	firewall->ufw4 |= table->family == AF_INET && table->entries.len &&
	                  memmem(table->entries.data, table->entries.len, "ufw-user-input", 14);
	firewall->ufw6 |= table->family == AF_INET6 && table->entries.len &&
	                  memmem(table->entries.data, table->entries.len, "ufw6-user-input", 15);
	/* The policy is the chain's last entry: where it is also the first, there are no rules. */
	rules = info->hook_entry[NF_INET_LOCAL_IN] != info->underflow[NF_INET_LOCAL_IN];
	if (table->family == AF_INET)
		firewall->denies4 |= rules;
	else
		firewall->denies6 |= rules;
}

int host_firewall(struct audit *audit)
{
	const struct netview *view = &audit->snapshot->net;
	const struct bytes *raw = &view->raw[RAW_NFT_CHAIN];
	const struct nlmsghdr *message = (const void *)raw->data;
	int left = (int)raw->len;
	struct firewall firewall = {0};
	const char *only;

	for (; raw->len && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		see_chain(view, message, &firewall);
	vec_foreach(table, &view->xtables)
		see_legacy(table, &firewall);
	audit->firewall_denies = firewall.denies4 || firewall.denies6;
	only = firewall.denies4 == firewall.denies6 ? ""
	       : firewall.denies4                   ? " (IPv4 only)"
	                                            : " (IPv6 only)";
	audit->firewall_name = firewall.firewalld                 ? "firewalld"
	                       : (firewall.ufw4 || firewall.ufw6) ? "ufw"
	                                                          : "your own firewall";
	if (!audit->firewall_denies)
		audit->firewall = "no host firewall";
	else if (firewall.firewalld || firewall.ufw4 || firewall.ufw6)
		audit->firewall =
		    arena_printf(&audit->arena, "%s active%s", audit->firewall_name, only);
	else
		audit->firewall = arena_printf(&audit->arena, "own INPUT rules%s", only);
	if (audit->firewall && firewall.wall)
		audit->firewall = arena_printf(&audit->arena, "%s, wall up", audit->firewall);
	return audit->firewall ? 0 : -ENOMEM;
}
