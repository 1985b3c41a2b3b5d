/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of a scan share: whom to ask, and when the next packet may go. */
#pragma once

#include "scan/scan.h"

#include <sys/socket.h>

/* A scan under way. */
struct scanning {
	const struct scan_options *options;
	struct scan_result *result;
	struct sockaddr_storage to; /* without a port */
	socklen_t to_len;
};

/* Lets so many packets go in a second. */
struct pace {
	uint64_t start_usec;
	uint64_t sent;
	unsigned rate;
};

void pace_start(struct pace *pace, unsigned rate) __attribute__((nonnull));
/* How long the next packet has to wait; 0: it may go. */
uint64_t pace_wait_usec(const struct pace *pace) __attribute__((nonnull));

/* Monotonic time. */
uint64_t scan_now_usec(void);

/*
 * The i-th port of an order that goes through 1 to 65535 once, for i from 0: not from the lowest
 * on, as every watchdog expects.
 */
uint16_t scan_port_at(unsigned i);

/*
 * What a packet that could not be sent means: 0 where the scan goes on - it is lost, or the error
 * is an earlier one's - else -number.
 */
int scan_not_sent(struct scanning *scanning, int number) __attribute__((nonnull));

/* Ask all ports. 0 or a negative errno with a sentence. */
int scan_tcp(struct scanning *scanning, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
int scan_udp(struct scanning *scanning, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
