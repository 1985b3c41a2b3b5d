/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nf_tables messages of a netview as tables, chains, rules, sets and elements. */
#include "rules/listing/wire.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

/* In a rule's userdata: type, length, value; type 0 is the comment (libnftnl/udata.h). */
enum { UDATA_RULE_COMMENT = 0 };

bool attr_next(struct span *rest, uint16_t *ret_type, struct span *ret_value)
{
	struct nlattr head;
	size_t step;

	if (!rest->data || rest->len < sizeof(head))
		return false;
	memcpy(&head, rest->data, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > rest->len)
		return false;
	*ret_type = (uint16_t)(head.nla_type & (unsigned)NLA_TYPE_MASK);
	*ret_value = (struct span){rest->data + sizeof(head), head.nla_len - sizeof(head)};
	step = (head.nla_len + (size_t)NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
	if (step > rest->len)
		step = rest->len;
	*rest = (struct span){rest->data + step, rest->len - step};
	return true;
}

struct attrs attrs_read(struct span nest)
{
	struct attrs attrs = {0};
	struct span value;
	uint16_t type;

	while (attr_next(&nest, &type, &value))
		if (type < ATTR_SLOTS)
			attrs.by_type[type] = value;
	return attrs;
}

struct attrs attrs_of_message(const struct nlmsghdr *message)
{
	const size_t head = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	const uint8_t *start = (const uint8_t *)message;

	if (message->nlmsg_len < head)
		return (struct attrs){0};
	return attrs_read((struct span){start + head, message->nlmsg_len - head});
}

uint64_t attr_number(struct span value, uint64_t otherwise)
{
	uint64_t number = 0;

	if (!value.data || value.len == 0 || value.len > 8)
		return otherwise;
	for (size_t i = 0; i < value.len; i++)
		number = number << 8 | value.data[i];
	return number;
}

uint32_t attr_u32(struct span value, uint32_t otherwise)
{
	return (uint32_t)attr_number(value, otherwise);
}

const char *attr_string(struct span value)
{
	if (!value.data || !memchr(value.data, 0, value.len))
		return NULL;
	return (const char *)value.data;
}

/* The attribute of a type in a nest: the last one, as attrs_read() has it. */
static struct span attr_find(struct span nest, uint16_t wanted)
{
	struct span found = {0}, value;
	uint16_t type;

	while (attr_next(&nest, &type, &value))
		if (type == wanted)
			found = value;
	return found;
}

struct span attr_data(struct span value)
{
	return attr_find(value, NFTA_DATA_VALUE);
}

bool attr_verdict(struct span value, struct nft_verdict *ret_verdict)
{
	struct attrs attrs = attrs_read(attrs_read(value).by_type[NFTA_DATA_VERDICT]);

	if (!attrs.by_type[NFTA_VERDICT_CODE].data)
		return false;
	ret_verdict->code = (int32_t)attr_u32(attrs.by_type[NFTA_VERDICT_CODE], 0);
	ret_verdict->chain = attr_string(attrs.by_type[NFTA_VERDICT_CHAIN]);
	return true;
}

bool nft_expr_read(struct span nest, struct nft_expr *ret_expr)
{
	ret_expr->name = attr_string(attr_find(nest, NFTA_EXPR_NAME));
	ret_expr->attrs = attrs_read(attr_find(nest, NFTA_EXPR_DATA));
	return ret_expr->name != NULL;
}

bool nft_expr_next(struct span *rest, struct nft_expr *ret_expr)
{
	struct span element;
	uint16_t type;

	while (attr_next(rest, &type, &element))
		if (type == NFTA_LIST_ELEM && nft_expr_read(element, ret_expr))
			return true;
	return false;
}

/*
 * Takes the next message off a run of them: its family and its attributes. False at the end, and
 * where a message is cut off.
 */
static bool message_next(const struct bytes *raw, size_t *offset, uint8_t *ret_family,
                         struct span *ret_attrs)
{
	const size_t head_len = NLMSG_ALIGN(sizeof(struct nlmsghdr));
	const size_t skip = head_len + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	struct nlmsghdr head;

	while (*offset < raw->len && raw->len - *offset >= sizeof(head)) {
		const uint8_t *message = raw->data + *offset;
		size_t left = raw->len - *offset;

		memcpy(&head, message, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > left)
			return false;
		*offset +=
		    NLMSG_ALIGN((size_t)head.nlmsg_len) > left ? left : NLMSG_ALIGN(head.nlmsg_len);
		if (head.nlmsg_len < skip)
			continue;
		*ret_family = message[head_len];
		*ret_attrs = (struct span){message + skip, head.nlmsg_len - skip};
		return true;
	}
	return false;
}

bool nft_rule_next(const struct netview *view, size_t *offset, struct nft_rule *ret_rule)
{
	struct span bytes;
	uint8_t family;

	while (message_next(&view->raw[RAW_NFT_RULE], offset, &family, &bytes)) {
		struct attrs attrs = attrs_read(bytes);
		struct nft_rule rule = {
		    .family = family,
		    .table = attr_string(attrs.by_type[NFTA_RULE_TABLE]),
		    .chain = attr_string(attrs.by_type[NFTA_RULE_CHAIN]),
		    .handle = attr_number(attrs.by_type[NFTA_RULE_HANDLE], 0),
		    .expressions = attrs.by_type[NFTA_RULE_EXPRESSIONS],
		    .userdata = attrs.by_type[NFTA_RULE_USERDATA],
		};

		if (!rule.table || !rule.chain)
			continue;
		*ret_rule = rule;
		return true;
	}
	return false;
}

bool nft_chain_next(const struct netview *view, size_t *offset, struct nft_chain *ret_chain)
{
	struct span bytes;
	uint8_t family;

	while (message_next(&view->raw[RAW_NFT_CHAIN], offset, &family, &bytes)) {
		struct attrs attrs = attrs_read(bytes);
		struct attrs hook = attrs_read(attrs.by_type[NFTA_CHAIN_HOOK]);
		struct nft_chain chain = {
		    .family = family,
		    .table = attr_string(attrs.by_type[NFTA_CHAIN_TABLE]),
		    .name = attr_string(attrs.by_type[NFTA_CHAIN_NAME]),
		    .type = attr_string(attrs.by_type[NFTA_CHAIN_TYPE]),
		    .is_base = attrs.by_type[NFTA_CHAIN_HOOK].data != NULL,
		    .hook = attr_u32(hook.by_type[NFTA_HOOK_HOOKNUM], UINT32_MAX),
		    .policy = attr_u32(attrs.by_type[NFTA_CHAIN_POLICY], UINT32_MAX),
		};

		if (!chain.table || !chain.name)
			continue;
		*ret_chain = chain;
		return true;
	}
	return false;
}

bool ipset_next(const struct netview *view, size_t *offset, struct attrs *ret_attrs)
{
	struct span bytes;
	uint8_t family;

	if (!message_next(&view->raw[RAW_IPSET], offset, &family, &bytes))
		return false;
	*ret_attrs = attrs_read(bytes);
	return true;
}

bool nft_chain_find(const struct netview *view, uint8_t family, const char *table, const char *name,
                    struct nft_chain *ret_chain)
{
	struct nft_chain chain;
	size_t offset = 0;

	while (nft_chain_next(view, &offset, &chain)) {
		if (chain.family != family || !same_name(chain.table, table) ||
		    !same_name(chain.name, name))
			continue;
		*ret_chain = chain;
		return true;
	}
	return false;
}

bool nft_set_next(const struct netview *view, size_t *offset, struct nft_set *ret_set)
{
	struct span bytes;
	uint8_t family;

	while (message_next(&view->raw[RAW_NFT_SET], offset, &family, &bytes)) {
		struct attrs attrs = attrs_read(bytes);
		struct nft_set set = {
		    .family = family,
		    .table = attr_string(attrs.by_type[NFTA_SET_TABLE]),
		    .name = attr_string(attrs.by_type[NFTA_SET_NAME]),
		    .flags = attr_u32(attrs.by_type[NFTA_SET_FLAGS], 0),
		    .data_type = attr_u32(attrs.by_type[NFTA_SET_DATA_TYPE], 0),
		    .key_len = attr_u32(attrs.by_type[NFTA_SET_KEY_LEN], 0),
		    .data_len = attr_u32(attrs.by_type[NFTA_SET_DATA_LEN], 0),
		    .object_type = attr_u32(attrs.by_type[NFTA_SET_OBJ_TYPE], 0),
		    .expression = attrs.by_type[NFTA_SET_EXPR],
		    .expressions = attrs.by_type[NFTA_SET_EXPRESSIONS],
		};

		if (!set.table || !set.name)
			continue;
		*ret_set = set;
		return true;
	}
	return false;
}

bool nft_set_find(const struct netview *view, uint8_t family, const char *table, const char *name,
                  struct nft_set *ret_set)
{
	struct nft_set set;
	size_t offset = 0;

	while (nft_set_next(view, &offset, &set)) {
		if (set.family != family || !same_name(set.table, table) ||
		    !same_name(set.name, name))
			continue;
		*ret_set = set;
		return true;
	}
	return false;
}

/* Calls each() for the elements of one message. */
static int elements_of_message(struct span list, int (*each)(const struct nft_element *, void *),
                               void *data)
{
	struct span nest;
	uint16_t type;

	while (attr_next(&list, &type, &nest)) {
		struct attrs attrs = attrs_read(nest);
		struct nft_element element = {
		    .key = attr_data(attrs.by_type[NFTA_SET_ELEM_KEY]),
		    .key_end = attr_data(attrs.by_type[NFTA_SET_ELEM_KEY_END]),
		    .data = attrs.by_type[NFTA_SET_ELEM_DATA],
		    .flags = attr_u32(attrs.by_type[NFTA_SET_ELEM_FLAGS], 0),
		};
		int status = type == NFTA_LIST_ELEM ? each(&element, data) : 0;

		if (status != 0)
			return status;
	}
	return 0;
}

int nft_elements_walk(const struct netview *view, const struct nft_set *set,
                      int (*each)(const struct nft_element *element, void *data), void *data)
{
	struct span bytes;
	size_t offset = 0;
	uint8_t family;

	while (message_next(&view->raw[RAW_NFT_ELEMENT], &offset, &family, &bytes)) {
		struct attrs attrs = attrs_read(bytes);
		int status;

		if (family != set->family ||
		    !same_name(attr_string(attrs.by_type[NFTA_SET_ELEM_LIST_TABLE]), set->table) ||
		    !same_name(attr_string(attrs.by_type[NFTA_SET_ELEM_LIST_SET]), set->name))
			continue;
		status =
		    elements_of_message(attrs.by_type[NFTA_SET_ELEM_LIST_ELEMENTS], each, data);
		if (status != 0)
			return status;
	}
	return 0;
}

const char *nft_rule_comment(const struct nft_rule *rule)
{
	struct span rest = rule->userdata;

	while (rest.data && rest.len >= 2 && rest.len - 2 >= rest.data[1]) {
		struct span value = {rest.data + 2, rest.data[1]};

		if (rest.data[0] == UDATA_RULE_COMMENT)
			return attr_string(value);
		rest = (struct span){value.data + value.len, rest.len - 2 - value.len};
	}
	return NULL;
}

bool same_name(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}
