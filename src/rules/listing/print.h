/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text put together piece by piece, for rules in words.
 *
 * Zeroed memory is an empty text. Adding never fails towards the caller: a text
 * that ran out of memory or over its cap remembers so until text_take().
 */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

enum { TEXT_CAP = 64 * 1024 };

struct text {
	struct bytes bytes;
	bool failed;
};

void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/*
 * Adds a string as iptables-save does: bare when it has only letters, digits, "-" and "_", else in
 * quotes with ", \ and ' escaped.
 */
void text_add_quoted(struct text *text, const char *string) __attribute__((nonnull));

/*
 * Hands over the text as a string that the caller frees; NULL when it failed. Bytes that could
 * play tricks on a terminal or are not UTF-8 have become "?".
 */
char *text_take(struct text *text) __attribute__((nonnull));

void text_done(struct text *text) __attribute__((nonnull));
