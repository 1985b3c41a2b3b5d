/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sentence for a person, carried up from where something failed.
 *
 * Functions return 0 or a negative errno. Where the caller owes a person a
 * sentence, the last parameter is `struct error **ret_error`; it is filled and
 * the negative errno returned in one expression:
 *
 *	return error_set(ret_error, EINVAL, "%s:%u: expected a port", path, line);
 *
 * On the way up, error_wrap() puts context in front. ret_error may be NULL.
 * The caller owns *ret_error and releases it with error_free().
 */
#pragma once

#include "base/cleanup.h"

struct error {
	int number;    /* positive errno */
	char *message; /* UTF-8, no newline at the end */
};

/* Sets *ret_error unless it is NULL or already filled. Returns -number. */
int error_set(struct error **ret_error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull(3)));

/*
 * Puts "context: " in front of the sentence already in *ret_error, or makes
 * strerror(-status) one. Returns status, a negative errno, unchanged.
 */
int error_wrap(struct error **ret_error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull(3)));

/* The sentence, or "unknown error" for NULL. Borrowed from the error. */
const char *error_message(const struct error *error);

/* Releases an error; NULL is fine. */
void error_free(struct error *error);
DEFINE_CLEANUP(struct error, error_free);
#define _cleanup_error_ _cleanup_(cleanup_error_free)
