/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translation in native rules: snat, dnat, masquerade, redirect, tproxy. */
#include "rules/listing/native.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

/* Adds " random,persistent" and the like. */
static void add_nat_flags(struct native *native, uint32_t flags)
{
	static const struct symbol names[] = {
	    {NF_NAT_RANGE_PROTO_RANDOM, "random"},
	    {NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random"},
	    {NF_NAT_RANGE_PERSISTENT, "persistent"},
	    {0, NULL},
	};
	const char *comma = " ";

	for (const struct symbol *name = names; name->name; name++) {
		if (!(flags & name->value))
			continue;
		text_add(&native->text, "%s%s", comma, name->name);
		comma = ",";
	}
}

/* Adds ":80" or ":80-90" of two registers; nothing where there is none. */
static void add_ports(struct native *native, struct span min, struct span max)
{
	const struct operand *first, *last;

	if (!min.data)
		return;
	first = register_get(&native->registers, attr_u32(min, 0));
	last = register_get(&native->registers, attr_u32(max, attr_u32(min, 0)));
	text_add(&native->text, ":");
	native_add_value(native, first, &type_port);
	if (last != first) {
		text_add(&native->text, "-");
		native_add_value(native, last, &type_port);
	}
}

/* Adds an address operand; an IPv6 constant that a port follows stands in brackets. */
static void add_address(struct native *native, const struct operand *operand, bool port)
{
	bool brackets =
	    port && operand && operand->kind == OPERAND_CONSTANT && operand->constant.len == 16;

	text_add(&native->text, brackets ? "[" : "");
	native_add_value(native, operand, &type_address);
	text_add(&native->text, brackets ? "]" : "");
}

/* What a map gives is an address and a port, so the nat statement's port is not spelt again. */
static bool gives_port(const struct native *native, const struct operand *operand)
{
	struct nft_set set;

	if (!operand || operand->kind != OPERAND_MAP)
		return false;
	return nft_set_find(native->view, native->family, native->table,
	                    attr_string(operand->expr.attrs.by_type[NFTA_LOOKUP_SET]) ?: "",
	                    &set) &&
	       set.data_type >> 6 != 0;
}

/* Adds " ip" or " ip6" where the table alone does not tell. */
static void add_nat_family(struct native *native, struct span family, bool always)
{
	uint32_t value = attr_u32(family, NFPROTO_UNSPEC);

	if (value == NFPROTO_UNSPEC || (!always && value == native->family))
		return;
	text_add(&native->text, value == NFPROTO_IPV4   ? " ip"
	                        : value == NFPROTO_IPV6 ? " ip6"
	                                                : " <?>");
}

void native_says_nat(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t flags = attr_u32(attr[NFTA_NAT_FLAGS], 0);
	const struct operand *first =
	    register_get(&native->registers, attr_u32(attr[NFTA_NAT_REG_ADDR_MIN], 0));
	const struct operand *last =
	    register_get(&native->registers, attr_u32(attr[NFTA_NAT_REG_ADDR_MAX],
	                                              attr_u32(attr[NFTA_NAT_REG_ADDR_MIN], 0)));
	bool both = gives_port(native, first);
	bool port = attr[NFTA_NAT_REG_PROTO_MIN].data && !both;

	text_add(&native->text, attr_u32(attr[NFTA_NAT_TYPE], 0) == NFT_NAT_DNAT ? "dnat" : "snat");
	add_nat_family(native, attr[NFTA_NAT_FAMILY], both || flags & NF_NAT_RANGE_NETMAP);
	if (flags & NF_NAT_RANGE_NETMAP)
		text_add(&native->text, " prefix");
	if (attr[NFTA_NAT_REG_ADDR_MIN].data || port)
		text_add(&native->text, " to ");
	if (attr[NFTA_NAT_REG_ADDR_MIN].data)
		add_address(native, first, port);
	if (attr[NFTA_NAT_REG_ADDR_MIN].data && last != first && first &&
	    first->kind == OPERAND_CONSTANT) {
		text_add(&native->text, "-");
		add_address(native, last, port);
	}
	if (port)
		add_ports(native, attr[NFTA_NAT_REG_PROTO_MIN], attr[NFTA_NAT_REG_PROTO_MAX]);
	add_nat_flags(native, flags);
}

void native_says_masq(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	text_add(&native->text, "masquerade");
	if (attr[NFTA_MASQ_REG_PROTO_MIN].data)
		text_add(&native->text, " to ");
	add_ports(native, attr[NFTA_MASQ_REG_PROTO_MIN], attr[NFTA_MASQ_REG_PROTO_MAX]);
	add_nat_flags(native, attr_u32(attr[NFTA_MASQ_FLAGS], 0));
}

void native_says_redir(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	text_add(&native->text, "redirect");
	if (attr[NFTA_REDIR_REG_PROTO_MIN].data)
		text_add(&native->text, " to ");
	add_ports(native, attr[NFTA_REDIR_REG_PROTO_MIN], attr[NFTA_REDIR_REG_PROTO_MAX]);
	add_nat_flags(native, attr_u32(attr[NFTA_REDIR_FLAGS], 0));
}

void native_says_tproxy(struct native *native, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;

	text_add(&native->text, "tproxy");
	add_nat_family(native, attr[NFTA_TPROXY_FAMILY], false);
	text_add(&native->text, " to ");
	if (attr[NFTA_TPROXY_REG_ADDR].data)
		add_address(
		    native,
		    register_get(&native->registers, attr_u32(attr[NFTA_TPROXY_REG_ADDR], 0)),
		    attr[NFTA_TPROXY_REG_PORT].data != NULL);
	add_ports(native, attr[NFTA_TPROXY_REG_PORT], attr[NFTA_TPROXY_REG_PORT]);
}
