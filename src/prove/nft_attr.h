/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the attributes of netfilter messages, checking each length. */
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a whole attribute stands before the end. */
static inline bool nft_attr_ok(const struct nlattr *attribute, const void *end)
{
	ptrdiff_t room = (const char *)end - (const char *)attribute;

	return room >= (ptrdiff_t)sizeof(*attribute) && attribute->nla_len >= sizeof(*attribute) &&
	       attribute->nla_len <= room;
}

/* Just behind the payload of an attribute. */
static inline const void *nft_attr_end(const struct nlattr *nest)
{
	return (const char *)nest + nest->nla_len;
}

/* The attributes of a message; `attribute` is declared here. */
#define nft_each(attribute, header)                                                                \
	for (const struct nlattr *attribute =                                                      \
	         mnl_nlmsg_get_payload_offset(header, sizeof(struct nfgenmsg));                    \
	     nft_attr_ok(attribute, mnl_nlmsg_get_payload_tail(header));                           \
	     attribute = mnl_attr_next(attribute))

/* The attributes inside another one. */
#define nft_each_nested(attribute, nest)                                                           \
	for (const struct nlattr *attribute = mnl_attr_get_payload(nest);                          \
	     nft_attr_ok(attribute, nft_attr_end(nest)); attribute = mnl_attr_next(attribute))
