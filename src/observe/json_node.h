/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads values out of a JSON document with checked types, and names the key where one is wrong.
 *
 * Theory of operation. A node is a value and the way to it, linked up the stack, so that the key
 * path is only spelled out when something is wrong. A reader keeps the first error: once it has
 * one, every further read gives nothing, and the caller looks at reader.status once, at the end.
 * A key that is absent and a key that is null are the same thing: engines of different age leave
 * keys out or set them to null as they please.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct json_node {
	const struct json_node *up; /* NULL at the root; borrowed from the caller's stack */
	const char *key;            /* NULL: an item of an array, by index */
	size_t index;
	const json_t *value; /* NULL: absent or null */
};

struct json_reader {
	struct arena *arena;      /* where strings are kept */
	struct error **ret_error; /* may be NULL */
	int status;               /* 0, or the negative errno of the first error */
	const char *failed_key;   /* the key nearest to it, borrowed from a node; NULL for none */
};

/* The root of a document. */
struct json_node json_node_root(const json_t *value);

/* A member of an object, or an item of an array; with value NULL where there is none. */
struct json_node json_node_member(const struct json_node *up, const char *key)
    __attribute__((nonnull));
struct json_node json_node_item(const struct json_node *up, size_t index) __attribute__((nonnull));

/*
 * What is wrong with bytes that are no JSON, in words that quote none of them: they may be a
 * secret. The byte offset just behind the wrong place is in wrong->position.
 */
const char *json_syntax_error(const json_error_t *wrong) __attribute__((nonnull));

/* "an object", "a string", ...: what a value is, for messages. */
const char *json_value_kind(const json_t *value);

/*
 * Notes the first error of a reader as "KEY.PATH: expected WHAT, found ...". A string is quoted,
 * cut short and stripped of control characters. Returns reader.status.
 */
int json_reader_expected(struct json_reader *reader, const struct json_node *node,
                         const char *expected) __attribute__((nonnull));

/* Notes that memory is out, if that is the first error. Returns reader.status. */
int json_reader_no_memory(struct json_reader *reader) __attribute__((nonnull));

/* The node itself when it is an object (an array); value NULL when absent; an error else. */
struct json_node json_read_object(struct json_reader *reader, const struct json_node *up,
                                  const char *key) __attribute__((nonnull));
struct json_node json_read_array(struct json_reader *reader, const struct json_node *up,
                                 const char *key) __attribute__((nonnull));

/* A string, borrowed from the document; NULL when absent. */
const char *json_peek_string(struct json_reader *reader, const struct json_node *node)
    __attribute__((nonnull));

/* A string member, copied into the arena; `absent` when absent. */
const char *json_read_string(struct json_reader *reader, const struct json_node *up,
                             const char *key, const char *absent) __attribute__((nonnull(1, 2, 3)));

/* A boolean member; `absent` when absent. */
bool json_read_bool(struct json_reader *reader, const struct json_node *up, const char *key,
                    bool absent) __attribute__((nonnull));

/* A whole number of a range; `absent` when absent. */
int64_t json_read_int(struct json_reader *reader, const struct json_node *up, const char *key,
                      int64_t min, int64_t max, int64_t absent) __attribute__((nonnull));
