/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the decoders of raw netlink messages share: checked reading of attributes. Private to
 * observe. */
#pragma once

#include "observe/netview.h"

#include <linux/netlink.h>

/* NLMSG_HDRLEN and NLA_HDRLEN without their signs. */
#define MESSAGE_HEADER_LEN   sizeof(struct nlmsghdr)
#define ATTRIBUTE_HEADER_LEN sizeof(struct nlattr)

#define TABLE_LEN(table) (sizeof(table) / sizeof(*(table)))

/* The message being decoded, for sentences about it. */
struct decoder {
	struct netview *view;
	enum raw_kind kind;
	const char *what; /* names the messages where they are of no raw kind; else NULL */
	size_t offset;    /* of the message in its run */
	const struct nlmsghdr *message;
	struct error **ret_error;
};

/* Says what is wrong with the message: "link message at byte 120: ...". Returns -EBADMSG. */
int decode_bad(const struct decoder *decoder, const char *what);

/*
 * Sorts attributes by type into table[0..n-1] (NULL for absent ones; those of type n and more are
 * passed over; of several of a type the last counts). They must fill data exactly, but for padding
 * at the end. 0 or -EBADMSG.
 */
int decode_attributes(const struct decoder *decoder, const void *data, size_t len,
                      const struct nlattr **table, size_t n);

/* The same for the attributes after the message's fixed header of header_len bytes. */
int decode_message_attributes(const struct decoder *decoder, size_t header_len,
                              const struct nlattr **table, size_t n);

/* The same for those nested in an attribute. */
int decode_nested(const struct decoder *decoder, const struct nlattr *nest,
                  const struct nlattr **table, size_t n);

/* What an attribute carries, and how many bytes. */
const void *attribute_data(const struct nlattr *attribute);
size_t attribute_len(const struct nlattr *attribute);

/* Copies an attribute of exactly size bytes to `to`; does nothing when it is absent. */
int decode_value(const struct decoder *decoder, const struct nlattr *attribute, void *to,
                 size_t size);

/* Makes an address of the family from an attribute; does nothing when it is absent. */
int decode_address(const struct decoder *decoder, const struct nlattr *attribute, uint8_t family,
                   struct address *to);

/*
 * Copies the string of an attribute, shorter than `most` bytes, into the view's arena; nothing when
 * it is absent. 0, -EBADMSG where it has no end or is empty, or -ENOMEM.
 */
int decode_string(const struct decoder *decoder, const struct nlattr *attribute, size_t most,
                  const char **to);

/* One message each; 0, -EBADMSG or -ENOMEM. Families that are neither IPv4 nor IPv6 are skipped. */
int decode_link(const struct decoder *decoder);
int decode_ifaddr(const struct decoder *decoder);
int decode_neighbour(const struct decoder *decoder);
int decode_policy_rule(const struct decoder *decoder);

/* Where a route goes: what its next hop, or the first of several, says. */
struct hop {
	uint32_t id; /* of a nexthop object; 0 in a route's own */
	uint32_t ifindex;
	struct address gateway;
};
VEC_TYPE(hops, struct hop);

/* Fills view->routes from its messages and the nexthop objects that they name. */
int decode_routes(struct netview *view, struct error **ret_error);
