/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One link of the host and what it is made as in the twin. Private to prove. */
#pragma once

#include "prove/twin_parts.h"

/*
 * How a link of the host stands in the twin; they are made in this order. LIKE_BORN: a fresh
 * namespace has it already.
 */
enum likeness { LIKE_VRF, LIKE_BRIDGE, LIKE_VETH, LIKE_BORN };

struct link_copy {
	const struct link *link;
	const struct nlmsghdr *raw;
	enum likeness likeness;
	bool refused;
};

/* An attribute of a link's raw message, or NULL. */
const struct nlattr *link_attr(const struct nlmsghdr *raw, uint16_t type) __attribute__((nonnull));

/* Drafts the message that makes a link, and, of a veth, its far end. */
void link_draft_create(struct draft *draft, const struct link_copy *copy, int far_netns,
                       bool with_master, uint32_t seq) __attribute__((nonnull));
/* Drafts the message that makes a link that is there already what the host's is. */
void link_draft_born(struct draft *draft, const struct link_copy *copy, uint32_t seq)
    __attribute__((nonnull));
/* Drafts a bridge port's options that are not the default; false, and nothing, where all are. */
bool link_draft_port(struct draft *draft, const struct link_copy *copy, uint32_t seq)
    __attribute__((nonnull));
