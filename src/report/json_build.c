/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values as JSON, for all formats that are written by it. */
#include "report/json_build.h"

#include "base/cleanup.h"
#include "report/printable.h"

#include <errno.h>
#include <stdlib.h>

DEFINE_CLEANUP(json_t, json_decref);

void json_put(struct json_builder *builder, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		builder->failed = true;
}

void json_append(struct json_builder *builder, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		builder->failed = true;
}

json_t *text_json(const char *text)
{
	_cleanup_free_ char *valid = NULL;

	if (!text)
		return json_null();
	valid = printable_utf8(text);
	return valid ? json_string(valid) : NULL;
}

json_t *count_json(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *address_json(const struct address *address)
{
	char text[ADDRESS_TEXT];

	return address->family ? json_string(address_format(address, text)) : json_null();
}

json_t *protocol_json(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_SCTP:
		return json_string("sctp");
	default:
		return json_sprintf("%u", protocol);
	}
}

json_t *to_json(struct json_builder *builder, const struct address *address, uint16_t port)
{
	json_t *to = json_object();

	json_put(builder, to, "address", address_json(address));
	json_put(builder, to, "port", json_integer(port));
	return to;
}

/* Orders prefixes by address, then by length. */
static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

json_t *prefixes_json(struct json_builder *builder, const struct prefix *prefixes, size_t n)
{
	_cleanup_free_ struct prefix *sorted = NULL;
	json_t *list = json_array();
	char text[PREFIX_TEXT];

	sorted = n ? reallocarray(NULL, n, sizeof(*sorted)) : NULL;
	if (n && !sorted) {
		builder->failed = true;
		return list;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = prefixes[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_prefixes);
	for (size_t i = 0; i < n; i++)
		json_append(builder, list, json_string(prefix_format(&sorted[i], text)));
	return list;
}

json_t *texts_json(struct json_builder *builder, const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_append(builder, list, text_json(texts[i]));
	return list;
}

json_t *rule_json(struct json_builder *builder, const struct rule_note *rule)
{
	json_t *object;

	if (!rule->family)
		return json_null();
	object = json_object();
	json_put(builder, object, "family", text_json(rule->family));
	json_put(builder, object, "table", text_json(rule->table));
	json_put(builder, object, "chain", text_json(rule->chain));
	if (rule->handle)
		json_put(builder, object, "handle", count_json(rule->handle));
	else if (rule->line)
		json_put(builder, object, "line", json_integer(rule->line));
	json_put(builder, object, "text", text_json(rule->text));
	json_put(builder, object, "owner", text_json(rule->owner));
	return object;
}

int json_write(struct json_builder *builder, json_t *root, FILE *out)
{
	_cleanup_(cleanup_json_decref) json_t *owned = root;

	if (!owned || builder->failed)
		return -ENOMEM;
	if (json_dumpf(owned, out, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6)) < 0)
		return -EIO;
	return fputc('\n', out) == EOF || ferror(out) ? -EIO : 0;
}
