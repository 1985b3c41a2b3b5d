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

/* How one protocol's ports are asked. */
struct scan_pass {
	struct scanning *scanning;
	const uint8_t *states;
	unsigned rate;                 /* packets a second */
	bool (*wanted)(uint16_t port); /* NULL: all that are silent */
	/* Asks a port; takes what has come, waiting for it up to so long. 0 or a negative errno. */
	int (*ask)(void *data, uint16_t port);
	int (*take)(void *data, uint64_t wait_usec);
	void *data;
};

/* Asks all wanted ports that are silent yet, then waits for the last answers. 0 or -errno. */
int scan_pass_run(const struct scan_pass *pass) __attribute__((nonnull, warn_unused_result));

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
