/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who knocks: what the wall turned away, as its log group tells, counted by sender and port.
 *
 * Theory of operation. The wall logs some of the packets that it turns away (NFLOG group
 * WALL_LOG_GROUP, rate-limited in the kernel), with the flow that they belong to where the kernel
 * has that (CONFIG_NETFILTER_NETLINK_GLUE_CT): then the address and port are those that the sender
 * addressed, else those of the packet, which may be translated to the container's. They are counted
 * in a table of fixed size until somebody takes them. In a flood of senders the table stays as
 * large as it is: when it is three quarters full, and when an hour has seen very many, new senders
 * are counted by their network (IPv4 /16, IPv6 /32), and when it is full all of them as one.
 */
#pragma once

#include "base/address.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct knock {
	struct prefix source;
	struct address to; /* what the sender addressed */
	uint16_t port;     /* 0: of a protocol without ports */
	uint8_t protocol;  /* IPPROTO_* */
	uint32_t ifindex;  /* that it came in by */
	uint64_t count;
	time_t first, last;
};

struct knocks;

/* Listens to the group. 0 or a negative errno with a sentence: -EBUSY when somebody else does. */
int knocks_new(struct knocks **ret_knocks, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
/* A descriptor that can be read when there is something. */
int knocks_fd(const struct knocks *knocks) __attribute__((nonnull));

/* Reads all that is there. Whether something was. */
bool knocks_read(struct knocks *knocks, time_t now) __attribute__((nonnull));

/* Counts one; for knocks_read() and for tests. */
void knocks_count(struct knocks *knocks, const struct knock *knock) __attribute__((nonnull));

/* A table without a group, for tests. NULL without memory. */
struct knocks *knocks_alone(void);

/* Calls see() for each that was counted, and forgets them. Returns how many. */
size_t knocks_take(struct knocks *knocks, void (*see)(const struct knock *knock, void *data),
                   void *data) __attribute__((nonnull(1, 2)));

/* Reads one packet of the group: its network header and what conntrack says of it. False where it
 * is no IP packet, or cut. */
bool knock_parse(const void *message, size_t len, struct knock *ret_knock) __attribute__((nonnull));

void knocks_free(struct knocks *knocks);
DEFINE_CLEANUP(struct knocks, knocks_free);
