/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes links, addresses, routes and neighbours of raw messages, trusting none of them.
 *
 * Theory of operation. A capture file is a stranger's word, so nothing is read before its length
 * has been checked. One pass over each kind checks framing, type, fixed header and the outermost
 * attributes of every message, of the kinds that are not decoded as well: who walks nftables or
 * ipset messages later need not ask again. What a decoder does not know it passes over, but what
 * it knows must have the kernel's size. Families other than IPv4 and IPv6 (bridge tables, MPLS)
 * are passed over too.
 */
#include "observe/decode.h"

#include <assert.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define NFT_TYPE(message)   (NFNL_SUBSYS_NFTABLES << 8 | (message))
#define IPSET_TYPE(message) (NFNL_SUBSYS_IPSET << 8 | (message))

/* What each kind's messages are, and what decodes one (NULL: kept for others to read). */
static const struct {
	uint16_t type;
	uint16_t other_type; /* a second one that may stand among them, or 0 */
	uint16_t header_len;
	int (*decode)(const struct decoder *decoder);
} raw_formats[] = {
    [RAW_LINK] = {RTM_NEWLINK, 0, sizeof(struct ifinfomsg), decode_link},
    [RAW_ADDRESS] = {RTM_NEWADDR, 0, sizeof(struct ifaddrmsg), decode_ifaddr},
    [RAW_ROUTE] = {RTM_NEWROUTE, 0, sizeof(struct rtmsg), NULL},
    [RAW_RULE] = {RTM_NEWRULE, 0, sizeof(struct rtmsg), decode_policy_rule},
    [RAW_NEIGHBOUR] = {RTM_NEWNEIGH, 0, sizeof(struct ndmsg), decode_neighbour},
    [RAW_NEXTHOP] = {RTM_NEWNEXTHOP, 0, sizeof(struct nhmsg), NULL},
    [RAW_NFT_TABLE] = {NFT_TYPE(NFT_MSG_NEWTABLE), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_NFT_CHAIN] = {NFT_TYPE(NFT_MSG_NEWCHAIN), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_NFT_SET] = {NFT_TYPE(NFT_MSG_NEWSET), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_NFT_ELEMENT] = {NFT_TYPE(NFT_MSG_NEWSETELEM), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_NFT_OBJECT] = {NFT_TYPE(NFT_MSG_NEWOBJ), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_NFT_FLOWTABLE] = {NFT_TYPE(NFT_MSG_NEWFLOWTABLE), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_NFT_RULE] = {NFT_TYPE(NFT_MSG_NEWRULE), 0, sizeof(struct nfgenmsg), NULL},
    [RAW_IPSET] = {IPSET_TYPE(IPSET_CMD_LIST), IPSET_TYPE(IPSET_CMD_GET_BYNAME),
                   sizeof(struct nfgenmsg), NULL},
};
static_assert(sizeof(raw_formats) / sizeof(*raw_formats) == RAW_KINDS,
              "each raw kind has a format");

int decode_bad(const struct decoder *decoder, const char *what)
{
	return error_set(decoder->ret_error, EBADMSG, "%s message at byte %zu: %s",
	                 decoder->what ? decoder->what : raw_kind_name(decoder->kind),
	                 decoder->offset, what);
}

const void *attribute_data(const struct nlattr *attribute)
{
	return (const char *)attribute + ATTRIBUTE_HEADER_LEN;
}

size_t attribute_len(const struct nlattr *attribute)
{
	return (size_t)attribute->nla_len - ATTRIBUTE_HEADER_LEN;
}

int decode_attributes(const struct decoder *decoder, const void *data, size_t len,
                      const struct nlattr **table, size_t n)
{
	const char *at = data;

	memset(table, 0, n * sizeof(*table));
	while (len > 0) {
		const struct nlattr *attribute = (const void *)at;
		size_t step, type;

		if (len < ATTRIBUTE_HEADER_LEN || attribute->nla_len < ATTRIBUTE_HEADER_LEN ||
		    attribute->nla_len > len)
			return decode_bad(decoder, "an attribute does not fit");
		type = attribute->nla_type & (unsigned)NLA_TYPE_MASK;
		if (type < n)
			table[type] = attribute;
		step = (attribute->nla_len + (size_t)3) & ~(size_t)3;
		if (step > len)
			step = len;
		at += step;
		len -= step;
	}
	return 0;
}

int decode_message_attributes(const struct decoder *decoder, size_t header_len,
                              const struct nlattr **table, size_t n)
{
	size_t skip = MESSAGE_HEADER_LEN + NLMSG_ALIGN(header_len),
	       len = decoder->message->nlmsg_len;

	if (len < MESSAGE_HEADER_LEN + header_len)
		return decode_bad(decoder, "it is shorter than its fixed header");
	return decode_attributes(decoder, (const char *)decoder->message + skip,
	                         len > skip ? len - skip : 0, table, n);
}

int decode_nested(const struct decoder *decoder, const struct nlattr *nest,
                  const struct nlattr **table, size_t n)
{
	return decode_attributes(decoder, attribute_data(nest), attribute_len(nest), table, n);
}

int decode_value(const struct decoder *decoder, const struct nlattr *attribute, void *to,
                 size_t size)
{
	if (!attribute)
		return 0;
	if (attribute_len(attribute) != size)
		return decode_bad(decoder, "an attribute has an unexpected size");
	memcpy(to, attribute_data(attribute), size);
	return 0;
}

int decode_address(const struct decoder *decoder, const struct nlattr *attribute, uint8_t family,
                   struct address *to)
{
	if (!attribute)
		return 0;
	if (attribute_len(attribute) != address_size(family))
		return decode_bad(decoder, "an address has an unexpected size");
	*to = address_make(family, attribute_data(attribute));
	return 0;
}

int decode_string(const struct decoder *decoder, const struct nlattr *attribute, size_t most,
                  const char **to)
{
	const char *text, *kept;
	size_t len;

	if (!attribute)
		return 0;
	text = attribute_data(attribute);
	len = strnlen(text, attribute_len(attribute));
	if (len == 0 || len == attribute_len(attribute) || len >= most)
		return decode_bad(decoder, "a name is empty, too long or without end");
	kept = arena_strndup(&decoder->view->arena, text, len);
	if (!kept)
		return -ENOMEM;
	*to = kept;
	return 0;
}

/* Checks all messages of one kind and decodes those that have a decoder. */
static int decode_kind(struct netview *view, enum raw_kind kind, struct error **ret_error)
{
	struct decoder decoder = {.view = view, .kind = kind, .ret_error = ret_error};
	const struct bytes *raw = &view->raw[kind];
	size_t offset = 0;
	int status;

	while (decoder.offset = offset, (decoder.message = raw_next(raw, &offset)) != NULL) {
		uint16_t type = decoder.message->nlmsg_type;
		const struct nlattr *none;

		if (type != raw_formats[kind].type &&
		    (!raw_formats[kind].other_type || type != raw_formats[kind].other_type))
			return decode_bad(&decoder, "its type is not of this kind");
		status =
		    decode_message_attributes(&decoder, raw_formats[kind].header_len, &none, 0);
		if (status == 0 && raw_formats[kind].decode)
			status = raw_formats[kind].decode(&decoder);
		if (status < 0)
			return status;
	}
	return offset < raw->len ? decode_bad(&decoder, "it is cut short") : 0;
}

/* Orders two sysctls by path, for qsort(). */
static int sysctl_compare(const void *a, const void *b)
{
	return strcmp(((const struct sysctl *)a)->path, ((const struct sysctl *)b)->path);
}

/* Leaves nothing decoded, keeping the room. */
static void decoded_clear(struct netview *view)
{
	view->links.n = view->addresses.n = view->routes.n = view->neighbours.n = 0;
	view->policy_rules.n = 0;
}

int netview_decode(struct netview *view, struct error **ret_error)
{
	int status = 0;

	decoded_clear(view);
	for (int kind = 0; status == 0 && kind < RAW_KINDS; kind++)
		status = decode_kind(view, (enum raw_kind)kind, ret_error);
	if (status == 0)
		status = decode_routes(view, ret_error);
	if (status < 0) {
		decoded_clear(view);
		return status;
	}
	if (view->sysctls.n)
		qsort(view->sysctls.items, view->sysctls.n, sizeof(*view->sysctls.items),
		      sysctl_compare);
	view->sysctls_sorted = view->sysctls.n;
	return 0;
}
