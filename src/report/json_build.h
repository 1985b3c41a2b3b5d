/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as JSON, for all formats that are written by it.
 *
 * Only ASCII is written, so that a name cannot do harm on a terminal either. All json_put() calls
 * may fail; json_t handles NULL values by failing in turn, and the failure is kept in struct
 * json_builder and looked at once, by json_write().
 */
#pragma once

#include "audit/audit.h"

#include <jansson.h>
#include <stdio.h>

/* Whether anything failed so far; memory is the only thing that can. */
struct json_builder {
	bool failed;
};

/* Adds a value, which it takes, under a key. */
void json_put(struct json_builder *builder, json_t *object, const char *key, json_t *value);
/* Adds a value, which it takes, to a list. */
void json_append(struct json_builder *builder, json_t *array, json_t *value);

/* A string, valid UTF-8 whatever it was; null for NULL. */
json_t *text_json(const char *text);
/* A count that fits into JSON's signed numbers. */
json_t *count_json(uint64_t count);
/* The address as text; null where there is none. */
json_t *address_json(const struct address *address);
/* The protocol's name, or its number as text. */
json_t *protocol_json(uint8_t protocol);
/* {"address", "port"} */
json_t *to_json(struct json_builder *builder, const struct address *address, uint16_t port);
/* A list of prefixes in address order. */
json_t *prefixes_json(struct json_builder *builder, const struct prefix *prefixes, size_t n);
json_t *texts_json(struct json_builder *builder, const char *const *texts, size_t n);
/* A rule, or null where none is known. nft rules have a handle, legacy ones a line. */
json_t *rule_json(struct json_builder *builder, const struct rule_note *rule);

/* Writes a document, which it takes, and a newline. 0, -ENOMEM or -EIO. */
int json_write(struct json_builder *builder, json_t *root, FILE *out)
    __attribute__((warn_unused_result));
