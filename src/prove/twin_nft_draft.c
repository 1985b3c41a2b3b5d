/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns dumped nftables objects into the messages that create them.
 *
 * Theory of operation. Everything goes back attribute by attribute as it came, also what we do not
 * know, save for a short list per kind: what the kernel numbers and counts itself, and what belongs
 * to the host's life rather than to its rules - table owners, hardware offload, the binding of a
 * chain to the one rule that jumps to it. Should a newer kernel dump something that it does not
 * take back, the object is refused and noted, never silently changed.
 */
#include "prove/twin_nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <string.h>

/* Set attributes of newer kernels than the headers may know: the data structure, the count. */
enum { SET_TYPE = 19, SET_COUNT = 20 };
enum { TABLE_OWNER = 7 };

/* How a kind is created: the message, its flags, and which attributes are not given back. */
static const struct {
	uint16_t message, flags;
	uint16_t dropped[8]; /* ends with 0 */
} formats[RAW_KINDS] = {
    [RAW_NFT_TABLE] = {NFT_MSG_NEWTABLE,
                       NLM_F_CREATE,
                       {NFTA_TABLE_FLAGS, NFTA_TABLE_USE, NFTA_TABLE_HANDLE, NFTA_TABLE_PAD,
                        TABLE_OWNER}},
    [RAW_NFT_CHAIN] = {NFT_MSG_NEWCHAIN,
                       NLM_F_CREATE,
                       {NFTA_CHAIN_HANDLE, NFTA_CHAIN_USE, NFTA_CHAIN_PAD, NFTA_CHAIN_FLAGS,
                        NFTA_CHAIN_ID}},
    [RAW_NFT_SET] = {NFT_MSG_NEWSET,
                     NLM_F_CREATE,
                     {NFTA_SET_FLAGS, NFTA_SET_ID, NFTA_SET_PAD, NFTA_SET_HANDLE, SET_TYPE,
                      SET_COUNT}},
    [RAW_NFT_ELEMENT] = {NFT_MSG_NEWSETELEM, NLM_F_CREATE, {NFTA_SET_ELEM_LIST_SET_ID}},
    [RAW_NFT_OBJECT] = {NFT_MSG_NEWOBJ,
                        NLM_F_CREATE,
                        {NFTA_OBJ_USE, NFTA_OBJ_HANDLE, NFTA_OBJ_PAD}},
    [RAW_NFT_RULE] = {NFT_MSG_NEWRULE,
                      NLM_F_CREATE | NLM_F_APPEND,
                      {NFTA_RULE_HANDLE, NFTA_RULE_POSITION, NFTA_RULE_PAD, NFTA_RULE_ID}},
};

uint8_t raw_family(const struct nlmsghdr *raw)
{
	const struct nfgenmsg *header = message_header(raw, sizeof(*header));

	return header ? header->nfgen_family : NFPROTO_UNSPEC;
}

const char *nft_family_name(uint8_t family)
{
	static const char *const names[] = {
	    [NFPROTO_INET] = "inet", [NFPROTO_IPV4] = "ip",       [NFPROTO_ARP] = "arp",
	    [NFPROTO_IPV6] = "ip6",  [NFPROTO_BRIDGE] = "bridge", [NFPROTO_NETDEV] = "netdev",
	};

	return family < sizeof(names) / sizeof(*names) && names[family] ? names[family] : "?";
}

const struct nlattr *nft_attr(const struct nlmsghdr *raw, uint16_t type)
{
	return message_find(raw, sizeof(struct nfgenmsg), type);
}

const char *nft_text(const struct nlmsghdr *raw, uint16_t type)
{
	const char *text = nlattr_string(nft_attr(raw, type));

	return text ? text : "";
}

/* Whether an attribute of a kind is not given back. */
static bool dropped(enum raw_kind kind, uint16_t type)
{
	for (const uint16_t *drop = formats[kind].dropped; *drop; drop++)
		if (*drop == type)
			return true;
	return false;
}

/*
 * What expressions are dumped with and refused with: dynset a timeout of 0 where its set has none
 * (nft_dynset_init()), exthdr its flags where it writes an option (nft_exthdr_tcp_set_init()).
 */
static const struct {
	const char *name;
	uint16_t type;   /* the attribute */
	uint16_t unless; /* kept unless this one is there; 0: unless its value is 0 */
} one_way[] = {
    {"dynset", NFTA_DYNSET_TIMEOUT, 0},
    {"exthdr", NFTA_EXTHDR_FLAGS, NFTA_EXTHDR_SREG},
};

/* Whether an attribute of an expression is dumped and not taken back. */
static bool attribute_one_way(const char *name, const struct nlattr *data,
                              const struct nlattr *attribute)
{
	for (size_t i = 0; i < sizeof(one_way) / sizeof(*one_way); i++) {
		if (strcmp(one_way[i].name, name) != 0 || one_way[i].type != nlattr_type(attribute))
			continue;
		if (one_way[i].unless)
			return nlattr_nested(data, one_way[i].unless);
		return nlattr_be64(attribute, 1) == 0;
	}
	return false;
}

/* Adds one expression of a rule. */
static void draft_expression(struct draft *draft, const struct nlattr *expression)
{
	const char *name = nlattr_string(nlattr_nested(expression, NFTA_EXPR_NAME));
	const struct nlattr *data = nlattr_nested(expression, NFTA_EXPR_DATA), *attribute;
	bool known = false;
	size_t outer, inner, offset = 0;

	for (size_t i = 0; name && i < sizeof(one_way) / sizeof(*one_way); i++)
		known |= strcmp(one_way[i].name, name) == 0;
	if (!known || !data) {
		draft_copy(draft, expression);
		return;
	}
	outer = draft_nest(draft, NFTA_LIST_ELEM);
	draft_put_string(draft, NFTA_EXPR_NAME, name);
	inner = draft_nest(draft, NFTA_EXPR_DATA);
	while ((attribute = nlattr_next(nlattr_data(data), nlattr_len(data), &offset)))
		if (!attribute_one_way(name, data, attribute))
			draft_copy(draft, attribute);
	draft_nest_end(draft, inner);
	draft_nest_end(draft, outer);
}

/* Adds the expressions of a rule. */
static void draft_expressions(struct draft *draft, const struct nlattr *list)
{
	const struct nlattr *expression;
	size_t nest = draft_nest(draft, NFTA_RULE_EXPRESSIONS), offset = 0;

	while ((expression = nlattr_next(nlattr_data(list), nlattr_len(list), &offset)))
		draft_expression(draft, expression);
	draft_nest_end(draft, nest);
}

/* Adds a number in network order. */
static void draft_put_be32(struct draft *draft, uint16_t type, uint32_t value)
{
	draft_put_u32(draft, type, htonl(value));
}

/* Adds what a table, chain, set or rule has instead of what was dropped. */
static void draft_instead(struct draft *draft, const struct nft_step *step, uint32_t seq)
{
	uint32_t flags, protocol;
	size_t nest;

	switch (step->kind) {
	case RAW_NFT_TABLE:
		/* Owned or orphaned, a copy belongs to us. */
		flags = nlattr_be32(nft_attr(step->raw, NFTA_TABLE_FLAGS), 0);
		draft_put_be32(draft, NFTA_TABLE_FLAGS, flags & NFT_TABLE_F_DORMANT);
		break;
	case RAW_NFT_CHAIN:
		flags = nlattr_be32(nft_attr(step->raw, NFTA_CHAIN_FLAGS), 0) & NFT_CHAIN_BASE;
		if (flags)
			draft_put_be32(draft, NFTA_CHAIN_FLAGS, flags);
		break;
	case RAW_NFT_SET:
		flags = nlattr_be32(nft_attr(step->raw, NFTA_SET_FLAGS), 0);
		if (step->clear_name)
			flags &= ~(uint32_t)NFT_SET_ANONYMOUS;
		if (flags)
			draft_put_be32(draft, NFTA_SET_FLAGS, flags);
		draft_put_be32(draft, NFTA_SET_ID, seq);
		break;
	case RAW_NFT_RULE:
		if (nft_attr(step->raw, NFTA_RULE_COMPAT) ||
		    !nft_rule_compat(step->raw, &protocol, &flags))
			break;
		nest = draft_nest(draft, NFTA_RULE_COMPAT);
		draft_put_be32(draft, NFTA_RULE_COMPAT_PROTO, protocol);
		draft_put_be32(draft, NFTA_RULE_COMPAT_FLAGS, flags);
		draft_nest_end(draft, nest);
		break;
	default:
		break;
	}
}

void nft_draft(struct draft *draft, const struct nft_step *step, uint32_t seq)
{
	struct nfgenmsg header = {.nfgen_family = raw_family(step->raw)};
	const struct nlattr *elements = nft_attr(step->raw, NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *attribute;
	size_t start, len, offset = 0;
	const void *data;

	/* The kernel dumps an empty list for an empty set, and refuses one. */
	if (step->kind == RAW_NFT_ELEMENT && (!elements || nlattr_len(elements) == 0))
		return;
	start =
	    draft_begin(draft, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | formats[step->kind].message),
	                formats[step->kind].flags, seq, &header, sizeof(header));
	message_attributes(step->raw, sizeof(header), &data, &len);
	while ((attribute = nlattr_next(data, len, &offset))) {
		if (step->kind == RAW_NFT_RULE && nlattr_type(attribute) == NFTA_RULE_EXPRESSIONS)
			draft_expressions(draft, attribute);
		else if (!dropped(step->kind, nlattr_type(attribute)))
			draft_copy(draft, attribute);
	}
	draft_instead(draft, step, seq);
	draft_end(draft, start);
}
