/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live page: an audit that is made again whenever something changes, served over HTTP.
 *
 * Theory of operation. Two processes. One keeps the rights: it listens to the kernel's events as
 * the guard does, has an audit made in a child when something happened, and hands what that left to
 * the other, a document at a time, over a socket. The other has none: it is nobody, cannot get
 * rights again, and does nothing but answer requests with the last document; nothing that it says
 * is listened to. Where one ends, so does the other.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

struct serve_options {
	const char *listen;
	const char
	    *token; /* that requests must show; NULL: none, on loopback and unix sockets only */
	/* Writes the document, JSON, in a child; its exit code: not 0 is a failure. */
	int (*make)(FILE *out, const void *data);
	const void *data;
	void (*say)(const char *text, const void *data);
};

/* Serves until SIGTERM or SIGINT. 0, or a negative errno with a sentence. */
int serve_run(const struct serve_options *options, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
