/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check compares of nftables, ipsets and legacy tables: everything but counts and time. */
#include "prove/twin_check.h"
#include "prove/twin_ipset.h"
#include "prove/twin_nft.h"
#include "prove/xt_blob.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

/* The last attribute may be newer than the headers: NFTA_SET_ELEM_EXPRESSIONS is 11. */
enum { GROUP_MAX = NFT_DESCRIPTION, EXPRESSION_COUNTS = 3 };

/* A drafted attribute's bytes, which are ours to change. */
static uint8_t *own_data(const struct nlattr *attribute)
{
	return (uint8_t *)(uintptr_t)attribute + WIRE_ATTRIBUTE_HEADER;
}

/* Sets what an attribute carries to zero; nothing for NULL. */
static void zero(const struct nlattr *attribute)
{
	if (attribute)
		memset(own_data(attribute), 0, nlattr_len(attribute));
}

/* What expressions and objects of nftables count, by name and by number of an object's type. */
static const struct {
	const char *name;
	uint32_t object;
	uint16_t counts[EXPRESSION_COUNTS];
} counting[] = {
    {"counter", NFT_OBJECT_COUNTER, {NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS}},
    {"quota", NFT_OBJECT_QUOTA, {NFTA_QUOTA_CONSUMED}},
    {"last", NFT_OBJECT_UNSPEC, {NFTA_LAST_SET, NFTA_LAST_MSECS}},
};

/* Zeroes the counts in the data of the i-th of those. */
static void zero_counts(const struct nlattr *data, size_t i)
{
	for (size_t j = 0; j < EXPRESSION_COUNTS && counting[i].counts[j]; j++)
		zero(nlattr_nested(data, counting[i].counts[j]));
}

/* Zeroes what an expression counts; nothing for NULL. */
static void zero_expression(const struct nlattr *expression)
{
	const char *name = nlattr_string(nlattr_nested(expression, NFTA_EXPR_NAME));

	for (size_t i = 0; name && i < sizeof(counting) / sizeof(*counting); i++)
		if (strcmp(counting[i].name, name) == 0)
			zero_counts(nlattr_nested(expression, NFTA_EXPR_DATA), i);
}

/* The same for a list of expressions; nothing for NULL. */
static void zero_expressions(const struct nlattr *list)
{
	const struct nlattr *expression;
	size_t offset = 0;

	while (list && (expression = nlattr_next(nlattr_data(list), nlattr_len(list), &offset)))
		zero_expression(expression);
}

/* Zeroes what a drafted object counts. */
static void zero_object(const struct nlmsghdr *message)
{
	uint32_t type = nlattr_be32(nft_attr(message, NFTA_OBJ_TYPE), 0);

	for (size_t i = 0; i < sizeof(counting) / sizeof(*counting); i++)
		if (type && counting[i].object == type)
			zero_counts(nft_attr(message, NFTA_OBJ_DATA), i);
}

/* Adds one nftables object to a side. Anonymous sets may have become named ones. */
static int nft_item(struct side *side, const struct nlmsghdr *raw, enum raw_kind kind,
                    const char *group, uint32_t position)
{
	const struct nft_step step = {.kind = kind, .raw = raw, .clear_name = true};
	size_t start = side->draft.bytes.len;
	const struct nlmsghdr *message;

	nft_draft(&side->draft, &step, 0);
	if (side->draft.error < 0)
		return side->draft.error;
	message = (const void *)(side->draft.bytes.data + start);
	if (kind == RAW_NFT_CHAIN) {
		const struct nlattr *counters = nft_attr(message, NFTA_CHAIN_COUNTERS);

		zero(nlattr_nested(counters, NFTA_COUNTER_BYTES));
		zero(nlattr_nested(counters, NFTA_COUNTER_PACKETS));
	} else if (kind == RAW_NFT_OBJECT) {
		zero_object(message);
	} else if (kind == RAW_NFT_RULE) {
		zero_expressions(nft_attr(message, NFTA_RULE_EXPRESSIONS));
	}
	return side_added(side, group, position, start);
}

int check_nft_objects(struct side *side, const struct netview *view, const struct netview *host)
{
	static const enum raw_kind kinds[] = {RAW_NFT_TABLE, RAW_NFT_CHAIN, RAW_NFT_SET,
	                                      RAW_NFT_OBJECT};
	char group[GROUP_MAX];
	int status = 0;

	(void)host;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct nlmsghdr *raw;
		size_t offset = 0;

		while (status == 0 && (raw = raw_next(&view->raw[kinds[i]], &offset)))
			status =
			    nft_item(side, raw, kinds[i], nft_describe(raw, kinds[i], group), 0);
	}
	return status;
}

int check_nft_rules(struct side *side, const struct netview *view, const struct netview *host)
{
	char group[GROUP_MAX], last[GROUP_MAX] = "";
	const struct nlmsghdr *raw;
	uint32_t position = 0;
	size_t offset = 0;
	int status = 0;

	(void)host;
	while (status == 0 && (raw = raw_next(&view->raw[RAW_NFT_RULE], &offset))) {
		snprintf(group, sizeof(group), "nft %s %.64s chain %.64s, its rules",
		         nft_family_name(raw_family(raw)), nft_text(raw, NFTA_RULE_TABLE),
		         nft_text(raw, NFTA_RULE_CHAIN));
		position = strcmp(group, last) == 0 ? position + 1 : 1;
		memcpy(last, group, sizeof(last));
		status = nft_item(side, raw, RAW_NFT_RULE, group, position);
	}
	return status;
}

/* Adds one element of a set. */
static int element_item(struct side *side, const struct nlattr *element, const char *group)
{
	size_t start = side->draft.bytes.len;
	const struct nlattr *ours;

	draft_copy(&side->draft, element);
	if (side->draft.error < 0)
		return side->draft.error;
	ours = (const void *)(side->draft.bytes.data + start);
	zero(nlattr_nested(ours, NFTA_SET_ELEM_EXPIRATION));
	zero_expression(nlattr_nested(ours, NFTA_SET_ELEM_EXPR));
	zero_expressions(nlattr_nested(ours, NFTA_SET_ELEM_EXPRESSIONS));
	return side_added(side, group, 0, start);
}

int check_nft_sets(struct side *side, const struct netview *view, const struct netview *host)
{
	const struct nlmsghdr *raw;
	char group[GROUP_MAX];
	size_t offset = 0;
	int status = 0;

	(void)host;
	while (status == 0 && (raw = raw_next(&view->raw[RAW_NFT_ELEMENT], &offset))) {
		const struct nlattr *list = nft_attr(raw, NFTA_SET_ELEM_LIST_ELEMENTS), *element;
		size_t at = 0;

		nft_describe(raw, RAW_NFT_ELEMENT, group);
		while (status == 0 && list &&
		       (element = nlattr_next(nlattr_data(list), nlattr_len(list), &at)))
			status = element_item(side, element, group);
	}
	return status;
}

/* Adds what an ipset is, but for the size of its hash, which is the kernel's affair. */
static int ipset_item(struct side *side, const struct nlmsghdr *raw)
{
	uint32_t index = ipset_index(raw);
	size_t start = side->draft.bytes.len;
	const struct nlattr *data;
	char group[GROUP_MAX];

	ipset_draft_create(&side->draft, raw, index);
	if (side->draft.error < 0)
		return side->draft.error;
	data = ipset_attr((const void *)(side->draft.bytes.data + start), IPSET_ATTR_DATA);
	zero(nlattr_nested(data, IPSET_ATTR_HASHSIZE));
	zero(nlattr_nested(data, IPSET_ATTR_INITVAL));
	snprintf(group, sizeof(group), "ipset %s", ipset_name(raw));
	return side_added(side, group, 0, start);
}

/* Adds one member of an ipset. */
static int member_item(struct side *side, const struct nlattr *member, const char *group)
{
	static const uint16_t counts[] = {IPSET_ATTR_TIMEOUT, IPSET_ATTR_BYTES, IPSET_ATTR_PACKETS};
	size_t start = side->draft.bytes.len;

	ipset_draft_copy(&side->draft, member);
	if (side->draft.error < 0)
		return side->draft.error;
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		zero(nlattr_nested((const void *)(side->draft.bytes.data + start), counts[i]));
	return side_added(side, group, 0, start);
}

int check_ipsets(struct side *side, const struct netview *view, const struct netview *host)
{
	const struct nlmsghdr *raw;
	char group[GROUP_MAX];
	size_t offset = 0;
	int status = 0;

	(void)host;
	while (status == 0 && (raw = raw_next(&view->raw[RAW_IPSET], &offset))) {
		const struct nlattr *list = ipset_attr(raw, IPSET_ATTR_ADT), *member;
		size_t at = 0;

		if (!ipset_name(raw))
			continue;
		if (ipset_attr(raw, IPSET_ATTR_TYPENAME))
			status = ipset_item(side, raw);
		snprintf(group, sizeof(group), "ipset %s, its members", ipset_name(raw));
		while (status == 0 && list &&
		       (member = nlattr_next(nlattr_data(list), nlattr_len(list), &at)))
			status = member_item(side, member, group);
	}
	return status;
}

/* Adds one entry of a legacy table. */
static int entry_item(struct side *side, uint8_t family, const struct xt_entry *entry,
                      const char *group, uint32_t position)
{
	size_t start = side->draft.bytes.len;
	uint8_t *ours;
	int status = side_add(side, group, position, entry->data, entry->len);

	if (status < 0)
		return status;
	ours = side->draft.bytes.data + start;
	if (family == AF_INET6) {
		struct ip6t_entry *fixed = (void *)ours;

		fixed->nfcache = fixed->comefrom = 0;
		fixed->counters = (struct xt_counters){0};
	} else {
		struct ipt_entry *fixed = (void *)ours;

		fixed->nfcache = fixed->comefrom = 0;
		fixed->counters = (struct xt_counters){0};
	}
	return 0;
}

int check_xtables(struct side *side, const struct netview *view, const struct netview *host)
{
	char group[GROUP_MAX];
	int status = 0;

	(void)host;
	for (size_t i = 0; status == 0 && i < view->xtables.n; i++) {
		const struct xtables_table *table = &view->xtables.items[i];
		struct xt_entry entry;
		uint32_t position = 0;
		size_t offset = 0;

		snprintf(group, sizeof(group), "legacy %s table %s, its entries",
		         table->family == AF_INET6 ? "ip6tables" : "iptables", table->name);
		while (status == 0 &&
		       xt_entry_next(&table->entries, table->family, &offset, &entry))
			status = entry_item(side, table->family, &entry, group, ++position);
	}
	return status;
}
