/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that this host's own programs are served on: loopback addresses and unix sockets. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct http_socket {
	int fd;
	char *unix_path; /* owned: to be removed at the end; NULL: it is TCP */
	bool loopback;   /* else an address that others can reach */
};

/*
 * Listens on "127.0.0.1:9477", "[::1]:9477" or "unix:/PATH" (for its owner alone); on other
 * addresses only where `anywhere`. 0 and a socket for http_socket_done(), or a negative errno with
 * a sentence that names the option.
 */
int http_listen(const char *option, const char *where, bool anywhere,
                struct http_socket *ret_socket, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* Removes the path; the descriptor is left to who serves it. */
void http_socket_done(struct http_socket *socket) __attribute__((nonnull));

/*
 * Whether the host that a request names is loopback: a page in a browser that was made to think
 * that its own name is loopback's address (DNS rebinding) names another.
 */
bool http_host_is_loopback(const char *named);
