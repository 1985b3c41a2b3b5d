/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads values out of a JSON document with checked types, and names the key where one is wrong. */
#include "observe/json_node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	PATH_TEXT = 256,  /* a longer key path loses its beginning */
	QUOTED_TEXT = 64, /* how much of a wrong string is quoted */
};

struct json_node json_node_root(const json_t *value)
{
	return (struct json_node){.value = value};
}

struct json_node json_node_member(const struct json_node *up, const char *key)
{
	const json_t *value = json_object_get(up->value, key);

	return (struct json_node){
	    .up = up, .key = key, .value = json_is_null(value) ? NULL : value};
}

struct json_node json_node_item(const struct json_node *up, size_t index)
{
	const json_t *value = json_array_get(up->value, index);

	return (struct json_node){
	    .up = up, .index = index, .value = json_is_null(value) ? NULL : value};
}

const char *json_syntax_error(const json_error_t *wrong)
{
	switch (json_error_code(wrong)) {
	case json_error_out_of_memory:
		return "out of memory";
	case json_error_stack_overflow:
		return "nested too deeply";
	case json_error_premature_end_of_input:
		return "it ends too early";
	case json_error_end_of_input_expected:
		return "something follows its end";
	case json_error_invalid_utf8:
		return "bytes that are not UTF-8";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL in a string";
	case json_error_duplicate_key:
		return "the same key twice";
	case json_error_numeric_overflow:
		return "a number that is too large";
	default:
		return "a character that JSON does not have there";
	}
}

const char *json_value_kind(const json_t *value)
{
	static const char *const kinds[] = {
	    [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
	    [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
	    [JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return value ? kinds[json_typeof(value)] : "nothing";
}

/* Copies text with what a terminal could take as a command replaced; cut to size - 1 bytes. */
static void copy_plain(char *to, size_t size, const char *text)
{
	size_t n = 0;

	for (; text[n] && n + 1 < size; n++)
		to[n] = (unsigned char)text[n] < ' ' || text[n] == 0x7f ? '?' : text[n];
	/* Never end inside a UTF-8 sequence. */
	while (text[n] && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	to[n] = 0;
}

/* Spells the way to a node, from its end: "HostConfig.PortBindings.80/tcp[0].HostIp". */
static const char *node_path(const struct json_node *node, char path[static PATH_TEXT])
{
	size_t at = PATH_TEXT - 1;

	path[at] = 0;
	for (; node && (node->key || node->up); node = node->up) {
		char step[QUOTED_TEXT + 2], key[QUOTED_TEXT];
		const bool first = !node->up || (!node->up->key && !node->up->up);
		size_t len;

		if (node->key) {
			copy_plain(key, sizeof(key), node->key);
			snprintf(step, sizeof(step), "%s%s", first ? "" : ".", key);
		} else {
			snprintf(step, sizeof(step), "[%zu]", node->index);
		}
		len = strlen(step);
		if (len > at)
			break;
		at -= len;
		memcpy(path + at, step, len);
	}
	return path + at;
}

/* What a value is, with its text where that is short: "a string "80/xyz"". */
static void describe(const json_t *value, char text[static QUOTED_TEXT + 32])
{
	char quoted[QUOTED_TEXT];

	if (json_is_string(value)) {
		copy_plain(quoted, sizeof(quoted), json_string_value(value));
		snprintf(text, QUOTED_TEXT + 32, "\"%s\"", quoted);
	} else if (json_is_integer(value)) {
		snprintf(text, QUOTED_TEXT + 32, "%" JSON_INTEGER_FORMAT,
		         json_integer_value(value));
	} else {
		snprintf(text, QUOTED_TEXT + 32, "%s", json_value_kind(value));
	}
}

int json_reader_expected(struct json_reader *reader, const struct json_node *node,
                         const char *expected)
{
	char path[PATH_TEXT], found[QUOTED_TEXT + 32];
	const char *spelled = node_path(node, path);

	if (reader->status < 0)
		return reader->status;
	describe(node->value, found);
	reader->status = error_set(reader->ret_error, EBADMSG, "%s%sexpected %s, found %s", spelled,
	                           *spelled ? ": " : "", expected, found);
	for (const struct json_node *at = node; at && !reader->failed_key; at = at->up)
		reader->failed_key = at->key;
	return reader->status;
}

int json_reader_no_memory(struct json_reader *reader)
{
	if (reader->status == 0)
		reader->status = error_set(reader->ret_error, ENOMEM, "out of memory");
	return reader->status;
}

/* A member that must be of one type where it is there at all. */
static struct json_node read_typed(struct json_reader *reader, const struct json_node *up,
                                   const char *key, json_type type, const char *expected)
{
	struct json_node node = json_node_member(up, key);

	if (reader->status < 0) {
		node.value = NULL;
	} else if (node.value && json_typeof(node.value) != type) {
		(void)json_reader_expected(reader, &node, expected);
		node.value = NULL;
	}
	return node;
}

struct json_node json_read_object(struct json_reader *reader, const struct json_node *up,
                                  const char *key)
{
	return read_typed(reader, up, key, JSON_OBJECT, "an object");
}

struct json_node json_read_array(struct json_reader *reader, const struct json_node *up,
                                 const char *key)
{
	return read_typed(reader, up, key, JSON_ARRAY, "an array");
}

const char *json_peek_string(struct json_reader *reader, const struct json_node *node)
{
	if (reader->status < 0 || !node->value)
		return NULL;
	if (!json_is_string(node->value)) {
		(void)json_reader_expected(reader, node, "a string");
		return NULL;
	}
	return json_string_value(node->value);
}

const char *json_read_string(struct json_reader *reader, const struct json_node *up,
                             const char *key, const char *absent)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = json_peek_string(reader, &node);
	const char *kept = text ? arena_strdup(reader->arena, text) : NULL;

	if (text && !kept)
		(void)json_reader_no_memory(reader);
	return kept ? kept : absent;
}

bool json_read_bool(struct json_reader *reader, const struct json_node *up, const char *key,
                    bool absent)
{
	const struct json_node node = json_node_member(up, key);

	if (reader->status < 0 || !node.value)
		return absent;
	if (!json_is_boolean(node.value)) {
		(void)json_reader_expected(reader, &node, "true or false");
		return absent;
	}
	return json_is_true(node.value);
}

int64_t json_read_int(struct json_reader *reader, const struct json_node *up, const char *key,
                      int64_t min, int64_t max, int64_t absent)
{
	const struct json_node node = json_node_member(up, key);
	char expected[80];

	if (reader->status < 0 || !node.value)
		return absent;
	if (json_is_integer(node.value) && json_integer_value(node.value) >= min &&
	    json_integer_value(node.value) <= max)
		return json_integer_value(node.value);
	snprintf(expected, sizeof(expected), "a whole number from %" PRId64 " to %" PRId64, min,
	         max);
	(void)json_reader_expected(reader, &node, expected);
	return absent;
}
