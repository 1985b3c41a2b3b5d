/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a twin must know of a raw nftables rule: its sets, its protocol, what it asks for in vain.
 *
 * Theory of operation. Rules go back to the kernel as they came; they are only looked into here.
 * One thing does not come: iptables tells the kernel beside the rule which protocol it is for
 * (NFTA_RULE_COMPAT), extensions such as tcp or multiport refuse to be made without it, and no dump
 * has it. It is found again where iptables writes it too: in a comparison of the protocol field,
 * loaded by a payload or meta expression.
 */
#include "prove/twin_nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <stdio.h>
#include <string.h>

/* An expression of a rule: its name and what it was given. */
struct expression {
	const char *name;
	const struct nlattr *data; /* NULL for none */
};

/* The expression at *offset of a rule's, and *offset moved behind it; false at the end. */
static bool expression_next(const struct nlmsghdr *raw, size_t *offset, struct expression *ret)
{
	const struct nlattr *list = nft_attr(raw, NFTA_RULE_EXPRESSIONS);
	const struct nlattr *element =
	    list ? nlattr_next(nlattr_data(list), nlattr_len(list), offset) : NULL;
	const char *name;

	if (!element)
		return false;
	name = nlattr_string(nlattr_nested(element, NFTA_EXPR_NAME));
	*ret = (struct expression){name ? name : "?", nlattr_nested(element, NFTA_EXPR_DATA)};
	return true;
}

/* Whether an expression has a name. */
static bool expression_is(const struct expression *expression, const char *name)
{
	return strcmp(expression->name, name) == 0;
}

/* A 32-bit value that an expression was given. */
static uint32_t expression_u32(const struct expression *expression, uint16_t type,
                               uint32_t otherwise)
{
	return nlattr_be32(nlattr_nested(expression->data, type), otherwise);
}

/* The name of the xt extension that an expression stands for, or NULL. */
static const char *expression_extension(const struct expression *expression, bool *ret_target)
{
	bool target = expression_is(expression, "target");

	if (!target && !expression_is(expression, "match"))
		return NULL;
	*ret_target = target;
	return nlattr_string(
	    nlattr_nested(expression->data, target ? NFTA_TARGET_NAME : NFTA_MATCH_NAME));
}

/* Where families keep what a rule's protocol is: a field of the packet, or a meta key. */
static const struct protocol_field {
	uint8_t family;
	uint32_t base, offset, len;
	uint32_t meta_key;
} protocol_fields[] = {
    {NFPROTO_IPV4, NFT_PAYLOAD_NETWORK_HEADER, 9, 1, NFT_META_L4PROTO},
    {NFPROTO_IPV6, NFT_PAYLOAD_NETWORK_HEADER, 6, 1, NFT_META_L4PROTO},
    {NFPROTO_BRIDGE, NFT_PAYLOAD_LL_HEADER, 12, 2, NFT_META_PROTOCOL},
};

/* Whether an expression loads a rule's protocol, and into which register. */
static bool loads_protocol(const struct expression *expression, const struct protocol_field *field,
                           uint32_t *ret_register)
{
	if (expression_is(expression, "meta") &&
	    expression_u32(expression, NFTA_META_KEY, UINT32_MAX) == field->meta_key)
		*ret_register = expression_u32(expression, NFTA_META_DREG, 0);
	else if (expression_is(expression, "payload") &&
	         expression_u32(expression, NFTA_PAYLOAD_BASE, UINT32_MAX) == field->base &&
	         expression_u32(expression, NFTA_PAYLOAD_OFFSET, UINT32_MAX) == field->offset &&
	         expression_u32(expression, NFTA_PAYLOAD_LEN, 0) == field->len)
		*ret_register = expression_u32(expression, NFTA_PAYLOAD_DREG, 0);
	else
		return false;
	return *ret_register != 0;
}

/* Reads a comparison with a protocol; false where it is none. */
static bool compares_protocol(const struct expression *expression,
                              const struct protocol_field *field, uint32_t *ret_protocol,
                              uint32_t *ret_flags)
{
	const struct nlattr *value =
	    nlattr_nested(nlattr_nested(expression->data, NFTA_CMP_DATA), NFTA_DATA_VALUE);
	uint32_t operation = expression_u32(expression, NFTA_CMP_OP, UINT32_MAX);
	uint16_t wide;

	if (!value || nlattr_len(value) != field->len ||
	    (operation != NFT_CMP_EQ && operation != NFT_CMP_NEQ))
		return false;
	if (field->len == 1) {
		*ret_protocol = *(const uint8_t *)nlattr_data(value);
	} else {
		/* ebtables' protocol stays as it is on the wire (nft_target_set_tgchk_param()). */
		memcpy(&wide, nlattr_data(value), sizeof(wide));
		*ret_protocol = wide;
	}
	*ret_flags = operation == NFT_CMP_NEQ ? NFT_RULE_COMPAT_F_INV : 0;
	return true;
}

bool nft_rule_compat(const struct nlmsghdr *raw, uint32_t *ret_protocol, uint32_t *ret_flags)
{
	const struct protocol_field *field = NULL;
	struct expression expression;
	uint32_t loaded = 0, protocol = 0, flags = 0;
	bool extension = false, found = false;
	size_t offset = 0;

	for (size_t i = 0; i < sizeof(protocol_fields) / sizeof(*protocol_fields); i++)
		if (protocol_fields[i].family == raw_family(raw))
			field = &protocol_fields[i];
	while (field && expression_next(raw, &offset, &expression)) {
		bool target;

		if (expression_extension(&expression, &target))
			extension = true;
		else if (loads_protocol(&expression, field, &loaded))
			continue;
		else if (loaded && !found && expression_is(&expression, "cmp") &&
		         expression_u32(&expression, NFTA_CMP_SREG, 0) == loaded)
			found = compares_protocol(&expression, field, &protocol, &flags);
	}
	if (!extension || !found)
		return false;
	*ret_protocol = protocol;
	*ret_flags = flags;
	return true;
}

/* Expressions that name a set, and the attribute that does. */
static const struct {
	const char *name;
	uint16_t set;
} set_users[] = {
    {"lookup", NFTA_LOOKUP_SET},
    {"dynset", NFTA_DYNSET_SET_NAME},
    {"objref", NFTA_OBJREF_SET_NAME},
};

int nft_rule_sets(const struct nlmsghdr *raw, int (*named)(void *data, const char *name),
                  void *data)
{
	struct expression expression;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && expression_next(raw, &offset, &expression))
		for (size_t i = 0; status == 0 && i < sizeof(set_users) / sizeof(*set_users); i++) {
			const char *name = NULL;

			if (expression_is(&expression, set_users[i].name))
				name =
				    nlattr_string(nlattr_nested(expression.data, set_users[i].set));
			if (name)
				status = named(data, name);
		}
	return status;
}

/* Expressions whose outcome a twin does not have; key is a meta key, or 0 for the whole. */
static const struct {
	const char *name;
	uint32_t key;
	const char *why;
} blind[] = {
    {"queue", 0, "the program that decides over the queue is not in the twin"},
    {"socket", 0, "no socket of the host is in the twin"},
    {"tproxy", 0, "the listening proxy is not in the twin"},
    {"synproxy", 0, "it answers by itself, and the other end is not in the twin"},
    {"flow_offload", 0, "flowtables are not copied"},
    {"meta", NFT_META_SKUID, "no socket of the host is in the twin, so no owner either"},
    {"meta", NFT_META_SKGID, "no socket of the host is in the twin, so no owner either"},
    {"meta", NFT_META_CGROUP, "no socket of the host is in the twin, so no group either"},
};

/* Why a twin cannot answer an expression, or NULL. */
static const char *expression_blind(const struct expression *expression, bool *ret_leave)
{
	bool target;
	const char *extension = expression_extension(expression, &target);
	const struct xt_trait *trait = extension ? xt_trait_find(extension, target) : NULL;

	if (trait) {
		*ret_leave |= trait->leave;
		return trait->why;
	}
	for (size_t i = 0; i < sizeof(blind) / sizeof(*blind); i++)
		if (expression_is(expression, blind[i].name) &&
		    (!blind[i].key ||
		     (expression_u32(expression, NFTA_META_KEY, 0) == blind[i].key &&
		      nlattr_nested(expression->data, NFTA_META_DREG))))
			return blind[i].why;
	return NULL;
}

int nft_rule_notes(struct twin *twin, const struct nlmsghdr *raw, int hook, bool *ret_leave)
{
	struct expression expression;
	size_t offset = 0;
	bool leave = false;
	int status = 0;

	while (status == 0 && expression_next(raw, &offset, &expression)) {
		const char *why = expression_blind(&expression, &leave);
		char text[NFT_DESCRIPTION];

		/* Nothing that comes from outside passes output. */
		if (why && (leave || hook != NF_INET_LOCAL_OUT))
			status =
			    twin_note(twin, "%s: %s", nft_describe(raw, RAW_NFT_RULE, text), why);
	}
	*ret_leave = leave;
	return status;
}

/* Adds the names of a rule's expressions to a description. */
static void describe_expressions(const struct nlmsghdr *raw, char *text, size_t size)
{
	struct expression expression;
	size_t offset = 0, len = strlen(text);
	const char *before = " (";

	while (len + 8 < size && expression_next(raw, &offset, &expression)) {
		bool target;
		const char *extension = expression_extension(&expression, &target);

		len += (size_t)snprintf(text + len, size - len, "%s%s%s%s", before, expression.name,
		                        extension ? " " : "", extension ? extension : "");
		before = ", ";
	}
	if (len + 8 >= size)
		snprintf(text + size - 8, 8, "...)");
	else if (*before == ',')
		snprintf(text + len, size - len, ")");
}

/* How each kind is told, and which attributes name it. */
static const struct {
	const char *what;
	uint16_t table, name;
} described[RAW_KINDS] = {
    [RAW_NFT_TABLE] = {"table", 0, NFTA_TABLE_NAME},
    [RAW_NFT_CHAIN] = {"chain", NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME},
    [RAW_NFT_SET] = {"set", NFTA_SET_TABLE, NFTA_SET_NAME},
    [RAW_NFT_ELEMENT] = {"elements of set", NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET},
    [RAW_NFT_OBJECT] = {"object", NFTA_OBJ_TABLE, NFTA_OBJ_NAME},
    [RAW_NFT_FLOWTABLE] = {"flowtable", NFTA_FLOWTABLE_TABLE, NFTA_FLOWTABLE_NAME},
    [RAW_NFT_RULE] = {"chain", NFTA_RULE_TABLE, NFTA_RULE_CHAIN},
};

const char *nft_describe(const struct nlmsghdr *raw, enum raw_kind kind,
                         char text[static NFT_DESCRIPTION])
{
	bool in_table = described[kind].table != 0;
	size_t len;

	snprintf(text, NFT_DESCRIPTION, "nft %s%s%.64s %s %.64s", nft_family_name(raw_family(raw)),
	         in_table ? " " : "", in_table ? nft_text(raw, described[kind].table) : "",
	         described[kind].what, nft_text(raw, described[kind].name));
	if (kind != RAW_NFT_RULE)
		return text;
	len = strlen(text);
	snprintf(text + len, NFT_DESCRIPTION - len, " rule handle %llu",
	         (unsigned long long)nlattr_be64(nft_attr(raw, NFTA_RULE_HANDLE), 0));
	describe_expressions(raw, text, NFT_DESCRIPTION);
	return text;
}
