/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the walk through a host share; see host_walk.h. */
#pragma once

#include "reach/host_walk.h"

/* A walk under way. */
struct trip {
	struct host_walk *walk;
	const struct host *host;
	const struct host_packet *asked;
	struct walk rules; /* the packet as it is now */
	uint8_t family;    /* NFPROTO_IPV4 or _IPV6 */
	uint32_t in_ifindex, out_ifindex;
	struct host_end end;
	bool over; /* it goes no further */
};

/* Ends the way of a packet for a reason of our own words. */
void trip_stop(struct trip *trip, const char *why) __attribute__((nonnull));

/* Whether something that this model does not tell is so; `text` is static, and names it. */
bool trip_ask(struct trip *trip, const char *text) __attribute__((nonnull));

/* Keeps an event with the packet as it is now. */
void trip_event(struct trip *trip, struct host_event event) __attribute__((nonnull));

/* Rewrites as a rule's translation says; rules.nat is that rule's. */
void trip_translate(struct trip *trip, unsigned hook) __attribute__((nonnull));

/* Fills in what routing says of the packet's addresses (addrtype, fib type). */
void trip_address_types(struct trip *trip) __attribute__((nonnull));
