/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw ipset messages, as the twin's building and its check read them. Private to prove. */
#pragma once

#include "prove/twin_parts.h"

#include <linux/netfilter/ipset/ip_set.h>

/* An attribute of a raw ipset message, or NULL. */
const struct nlattr *ipset_attr(const struct nlmsghdr *raw, uint16_t type) __attribute__((nonnull));
/* The set's name, or NULL where it has none that the kernel would take. */
const char *ipset_name(const struct nlmsghdr *raw) __attribute__((nonnull));
/* The set's index, or UINT32_MAX where the message does not tell. */
uint32_t ipset_index(const struct nlmsghdr *raw) __attribute__((nonnull));
/* Drafts the creation of the set that a message with its type tells of. */
void ipset_draft_create(struct draft *draft, const struct nlmsghdr *raw, uint32_t seq)
    __attribute__((nonnull));
/* Adds an attribute of a dump (a header's, or members) as the kernel takes it back. */
void ipset_draft_copy(struct draft *draft, const struct nlattr *attribute) __attribute__((nonnull));
