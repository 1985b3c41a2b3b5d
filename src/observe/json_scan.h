/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over the text of a JSON value (RFC 8259) without making anything of it.
 *
 * Theory of operation. Of an engine's answers about its containers nine tenths are thrown away
 * unread; to build a tree of them first took longer than all the rest. So they are walked over,
 * and what is wanted is copied as text. All of the grammar is checked on the way, also of what is
 * passed over. The first error stops the walk for good: every call then finds nothing more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct json_scan {
	const char *start, *at, *end;
	const char *wrong; /* the first error in words that quote nothing; NULL for none */
	unsigned depth;
};

/* A piece of the text; of a string without its quotes, escapes as they stand. */
struct json_slice {
	const char *text;
	size_t len;
};

/* Where a walk through an object or an array is. */
struct json_walk {
	char closing;
	bool begun;
};

/* The first character of the next value or mark; 0 at the end or after an error. */
char json_scan_peek(struct json_scan *scan) __attribute__((nonnull));

/* Enters an object ('{') or an array ('['), which must be next. */
struct json_walk json_scan_enter(struct json_scan *scan, char opening) __attribute__((nonnull));

/* Moves to the next member, behind its key and colon. False at the end of the object. */
bool json_scan_member(struct json_scan *scan, struct json_walk *walk, struct json_slice *ret_key)
    __attribute__((nonnull));

/* Moves to the next item. False at the end of the array. */
bool json_scan_item(struct json_scan *scan, struct json_walk *walk) __attribute__((nonnull));

/* Passes over a string. False where there is none. */
bool json_scan_string(struct json_scan *scan, struct json_slice *ret_string)
    __attribute__((nonnull));

/* Passes over any value; the slice is all of it. */
struct json_slice json_scan_value(struct json_scan *scan) __attribute__((nonnull));

/* Checks that nothing follows. */
void json_scan_finish(struct json_scan *scan) __attribute__((nonnull));

/* "an object", "a string", ...: what begins with this character. */
const char *json_scan_kind(char first);

/* How many bytes the UTF-8 sequence at text has (RFC 3629), of at most len; 0 where none is. */
size_t utf8_len(const char *text, size_t len) __attribute__((nonnull));
