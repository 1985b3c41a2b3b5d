/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading nft's JSON listing: what the parts of the reader share.
 *
 * The whole text is checked once; from there on a value is a piece of it, and members are looked
 * for where they are wanted. So the place of a value is always known, for messages.
 */
#pragma once

#include "observe/json_scan.h"
#include "rules/nft/nft.h"

/* A value: a piece of checked JSON. text NULL: there is none. */
typedef struct json_slice json_value;

/* ruleset_nft_json_value.c */

/* The member of an object; none where it is absent, null, or the value is no object. */
json_value json_get(json_value object, const char *key) __attribute__((nonnull));
/* The first member of an object and its key; false where there is none. */
bool json_first(json_value object, struct nft_slice *ret_key, json_value *ret_value)
    __attribute__((nonnull));
/* Begins a walk through an array's items; false at its end. */
struct json_items {
	struct json_scan scan;
	struct json_walk walk;
};
struct json_items json_items(json_value array);
bool json_next(struct json_items *items, json_value *ret_item) __attribute__((nonnull));
/* The first character of a value; 0 for none. */
char json_kind(json_value value);
bool json_is(json_value value, const char *text) __attribute__((nonnull));
/* A string's text, or a number's digits; *ret_text is empty for anything else. */
int json_text(struct nft *nft, json_value value, struct nft_slice *ret_text)
    __attribute__((nonnull, warn_unused_result));
/* The text of a member that must be there. `in` is where the object stands. */
int json_need(struct nft *nft, json_value object, const char *key, struct nft_slice *ret_text)
    __attribute__((nonnull, warn_unused_result));
/* Says what was expected of a value, and what it is. Returns -EINVAL. */
int json_expected(const struct nft *nft, json_value value, const char *what)
    __attribute__((nonnull));

/* ruleset_nft_json_expression.c */

/* An expression; map: of a set's items, whether those that are arrays are keys and data. */
int json_expression(struct nft *nft, json_value value, bool map, struct nft_node **ret_node)
    __attribute__((nonnull, warn_unused_result));
/* The items of an array as a set. */
int json_elements(struct nft *nft, json_value array, bool map, bool *ret_unsure,
                  struct nft_node **ret_node) __attribute__((nonnull, warn_unused_result));

/* ruleset_nft_json_field.c */

/* Whether a key is that of a field; reads it. */
bool json_is_field(struct nft_slice key);
int json_field(struct nft *nft, struct nft_slice key, json_value value, struct nft_node **ret_node)
    __attribute__((nonnull, warn_unused_result));

/* ruleset_nft_json_statement.c */

/* The statements of a rule into nft->statements. */
int json_statements(struct nft *nft, json_value array) __attribute__((nonnull, warn_unused_result));
/* Notes the sets that a rule's statements change. */
int json_touches(struct nft *nft, uint32_t table, json_value array)
    __attribute__((nonnull, warn_unused_result));
