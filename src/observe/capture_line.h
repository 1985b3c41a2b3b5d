/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream as lines, with caps, and places in a line as people count them. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stdio.h>

struct line_source {
	FILE *stream; /* borrowed */
	size_t line_cap, total_cap;
	struct bytes buffer; /* what has been read and not yet handed out, from `start` on */
	size_t start;
	size_t total;  /* bytes read */
	size_t number; /* of the line handed out last, from 1 */
	bool ended;
};

/*
 * Hands out the next line, without its newline, borrowed until the next call; a 0 follows its last
 * byte. Returns 1, 0 at the end, or: -ENODATA when the last line has no newline (it is handed out
 * still), -EFBIG when the line or the whole is longer than its cap (`*ret_len` says how much there
 * was), -ENOMEM, or what reading gave.
 */
int line_next(struct line_source *source, char **ret_line, size_t *ret_len)
    __attribute__((nonnull, warn_unused_result));

/* Releases the buffer. */
void line_source_done(struct line_source *source) __attribute__((nonnull));

/* The column of a byte: characters before it, plus 1. */
size_t line_column(const char *line, size_t len, size_t offset) __attribute__((nonnull));

/* The column of the first key of this name in a line of JSON; 1 where there is none. */
size_t line_key_column(const char *line, size_t len, const char *key) __attribute__((nonnull(1)));
