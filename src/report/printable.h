/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from outside, made safe to show: names come from images, files and the network.
 *
 * Nothing that comes out of printable() can move a cursor, change a colour, hide, or
 * reorder what stands beside it: control characters, escape sequences, invalid UTF-8,
 * and every character without a column of its own (bidi marks, zero-width ones,
 * combining ones) are spelled out. Where the locale has no UTF-8, all but ASCII is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Reads one UTF-8 character (RFC 3629: no surrogates, no overlong form). Returns its length in
 * bytes, or 0 when the bytes are none; then *ret_char is untouched.
 */
size_t utf8_decode(const char *text, uint32_t *ret_char) __attribute__((nonnull));

/*
 * A copy that is safe on a terminal; "" for NULL. The caller frees; NULL when memory is out.
 * "\x1b" stands for a byte, "\u{202e}" for a character.
 */
char *printable(const char *text) __attribute__((warn_unused_result));

/* A copy that is valid UTF-8 and otherwise as it was; the caller frees, NULL as above. */
char *printable_utf8(const char *text) __attribute__((nonnull, warn_unused_result));

/* The bytes of the next character of a printable text and the columns it takes, 1 or 2. */
size_t printable_next(const char *text, unsigned *ret_columns) __attribute__((nonnull));

/* The columns that the first len bytes of a printable text take. */
unsigned printable_columns(const char *text, size_t len) __attribute__((nonnull));
