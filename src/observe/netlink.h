/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel over netlink and keeping what it answers, message by message. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <linux/netlink.h>

struct netlink;

enum {
	/* A dump larger than this is refused: more than a kernel holds that still forwards. */
	NETLINK_DUMP_MAX = 256 * 1024 * 1024,
	/* Room for a request: a header and a few names of at most 256 bytes. */
	NETLINK_REQUEST_MAX = 2048,
};

/* Where the messages of a dump go. */
struct dump {
	struct bytes *to; /* gets them behind what it has, whole and aligned, without NLMSG_DONE */
	size_t cap;       /* the most that `to` may have; NETLINK_DUMP_MAX */
	const char *what; /* for sentences: "the routes" */
	uint8_t family;   /* keep only messages whose header begins with it; 0 keeps all */
};

/*
 * Opens a socket of a bus (NETLINK_ROUTE, ...) in the network namespace of the caller, with strict
 * checking of dump requests where the kernel has it. 0 and a socket for netlink_free(),
 * -EPROTONOSUPPORT when the kernel was built without the bus, or a negative errno with a sentence.
 */
int netlink_open(int bus, struct netlink **ret_netlink, struct error **ret_error)
    __attribute__((nonnull(2), warn_unused_result));

void netlink_free(struct netlink *netlink);
DEFINE_CLEANUP(struct netlink, netlink_free);
#define _cleanup_netlink_ _cleanup_(cleanup_netlink_free)

/*
 * Sends a dump request (flags and sequence number are filled in here) and keeps the answer. Returns
 * 0; 1 when the kernel says that what it dumped changed meanwhile, with the answer kept; -EFBIG
 * with a sentence that has the size and the cap; or the kernel's negative errno. On failure `to`
 * has what it had before.
 */
int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, const struct dump *dump,
                 struct error **ret_error) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* The same, tried again some times while it returns 1: then the last answer is kept. */
int netlink_dump_steady(struct netlink *netlink, struct nlmsghdr *request, const struct dump *dump,
                        struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Sends a request that has one answer, and adds that to `to`. 0 or the kernel's negative errno. */
int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, struct bytes *to)
    __attribute__((nonnull, warn_unused_result));

/*
 * Begins a request in a buffer of NETLINK_REQUEST_MAX bytes, aligned for nlmsghdr: the header and a
 * zeroed one of header_len bytes of the bus's own, which begins with the family. Borrowed from the
 * buffer.
 */
struct nlmsghdr *request_begin(void *buffer, uint16_t type, size_t header_len, uint8_t family)
    __attribute__((nonnull));

/* The same with nfnetlink's header; subsystem is NFNL_SUBSYS_*. */
struct nlmsghdr *request_begin_netfilter(void *buffer, uint8_t subsystem, uint8_t message,
                                         uint8_t family) __attribute__((nonnull));
