/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who knocks: what the wall turned away, as its log group tells.
 *
 * Theory of operation. The wall logs some of the packets that it turns away (NFLOG group
 * WALL_LOG_GROUP, rate-limited in the kernel), with the flow that they belong to where the kernel
 * has that (CONFIG_NETFILTER_NETLINK_GLUE_CT): then the address and port are those that the sender
 * addressed, else those of the packet, which may be translated to the container's.
 */
#pragma once

#include "base/error.h"
#include "clerk/tally.h"

struct knocks;

/* Listens to the group. 0 or a negative errno with a sentence: -EBUSY when somebody else does. */
int knocks_new(struct knocks **ret_knocks, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
/* A descriptor that can be read when there is something. */
int knocks_fd(const struct knocks *knocks) __attribute__((nonnull));

/* Reads all that is there, and counts it. Whether something was. */
bool knocks_read(struct knocks *knocks, struct tally *tally, time_t now) __attribute__((nonnull));

/* Reads one packet of the group: its network header and what conntrack says of it. False where it
 * is no IP packet, or cut. */
bool knock_parse(const void *message, size_t len, struct sighting *ret_knock)
    __attribute__((nonnull));

void knocks_free(struct knocks *knocks);
DEFINE_CLEANUP(struct knocks, knocks_free);
