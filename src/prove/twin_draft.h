/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink messages: ours written one after the other, others' read. Private to prove. */
#pragma once

#include "base/bytes.h"

#include <linux/netlink.h>
#include <stdbool.h>

/* NLMSG_HDRLEN and NLA_HDRLEN without their signs. */
#define WIRE_MESSAGE_HEADER   sizeof(struct nlmsghdr)
#define WIRE_ATTRIBUTE_HEADER sizeof(struct nlattr)

/* Messages being written one after the other; the first error stays and stops the rest. */
struct draft {
	struct bytes bytes;
	int error; /* 0 or a negative errno */
};

/* Opens a message with its fixed header; returns where it starts, for draft_end(). */
size_t draft_begin(struct draft *draft, uint16_t type, uint16_t flags, uint32_t seq,
                   const void *header, size_t header_len);
void draft_end(struct draft *draft, size_t start);

/* Adds an attribute; its type may carry NLA_F_NESTED. */
void draft_put(struct draft *draft, uint16_t type, const void *data, size_t len);
void draft_put_u8(struct draft *draft, uint16_t type, uint8_t value);
void draft_put_u32(struct draft *draft, uint16_t type, uint32_t value);
void draft_put_string(struct draft *draft, uint16_t type, const char *text);
/* Adds an attribute as it stands in another message. */
void draft_copy(struct draft *draft, const struct nlattr *attribute);

/* Opens a nest; returns where it starts, for draft_nest_end(). */
size_t draft_nest(struct draft *draft, uint16_t type);
void draft_nest_end(struct draft *draft, size_t start);

void draft_done(struct draft *draft);

/*
 * Reading what others wrote. Every step is checked: a run that ends before its length says so
 * simply ends.
 */
uint16_t nlattr_type(const struct nlattr *attribute) __attribute__((nonnull));
const void *nlattr_data(const struct nlattr *attribute) __attribute__((nonnull));
size_t nlattr_len(const struct nlattr *attribute) __attribute__((nonnull));
/* The attribute at *offset, and *offset moved behind it; NULL at the end or at damage. */
const struct nlattr *nlattr_next(const void *data, size_t len, size_t *offset);
/* The first attribute of a type among those in data, or NULL. */
const struct nlattr *nlattr_find(const void *data, size_t len, uint16_t type);
/* The same among those nested in an attribute; NULL for a NULL nest. */
const struct nlattr *nlattr_nested(const struct nlattr *nest, uint16_t type);
/* The text of an attribute where it is one and ends within it, else NULL (also for NULL). */
const char *nlattr_string(const struct nlattr *attribute);
/* A value of an attribute, or `otherwise` where it is absent or of another size. */
uint32_t nlattr_u32(const struct nlattr *attribute, uint32_t otherwise);
uint32_t nlattr_be32(const struct nlattr *attribute, uint32_t otherwise);
uint64_t nlattr_be64(const struct nlattr *attribute, uint64_t otherwise);
/* Whether an attribute is there and has another value than 0. */
bool nlattr_on(const struct nlattr *attribute);

/* The attributes of a message behind its fixed header: *ret_data and *ret_len, borrowed. */
void message_attributes(const struct nlmsghdr *message, size_t header_len, const void **ret_data,
                        size_t *ret_len) __attribute__((nonnull));
/* The first attribute of a type of a message, or NULL. */
const struct nlattr *message_find(const struct nlmsghdr *message, size_t header_len, uint16_t type)
    __attribute__((nonnull));
/* The message's fixed header, or NULL when the message is shorter. */
const void *message_header(const struct nlmsghdr *message, size_t header_len)
    __attribute__((nonnull));
