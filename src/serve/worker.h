/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of the live page that answers requests, without any rights. */
#pragma once

#include "http/listen.h"

#include <stdint.h>

enum { DOCUMENT_MOST = 64 << 20 };

/* What stands before each document on the way to the worker. */
struct document_head {
	uint32_t len; /* of this host's byte order */
};

/*
 * The worker's life: gives its rights away, then serves what comes by `documents` on a socket.
 * Does not return.
 */
void worker_run(const struct http_socket *socket, const char *token, int documents)
    __attribute__((nonnull(1), noreturn));
