/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions in nft's JSON. */
#include "rules/nft/json.h"

/* Reads the items of an array as a node's children. */
static int add_items(struct nft *nft, struct nft_node *node, json_value array)
{
	struct json_items items = json_items(array);
	json_value item = {0};
	int status = 0;

	if (json_kind(array) != '[')
		return json_expected(nft, array, "an array");
	while (status == 0 && json_next(&items, &item)) {
		struct nft_node *child = NULL;

		status = json_expression(nft, item, false, &child);
		if (status == 0 && child)
			nft_node_add(node, child);
	}
	if (status == 0 && !node->child)
		return nft_wrong(nft, array.text, "expected an array that is not empty");
	return status;
}

/* An array's items under a node of a kind. */
static int joined(struct nft *nft, enum nft_kind kind, json_value array, struct nft_node **ret_node)
{
	*ret_node = nft_node_new(nft, kind, array.text);
	return *ret_node ? add_items(nft, *ret_node, array) : -ENOMEM;
}

/* {"range": [FIRST, LAST]} */
static int range(struct nft *nft, json_value value, struct nft_node **ret_node)
{
	int status = joined(nft, NFT_RANGE, value, ret_node);

	if (status == 0 && (*ret_node)->child->next != (*ret_node)->last)
		return nft_wrong(nft, value.text, "expected two values");
	if (status == 0 && (*ret_node)->child == (*ret_node)->last)
		return nft_wrong(nft, value.text, "expected two values");
	return status;
}

static int concat(struct nft *nft, json_value value, struct nft_node **ret_node)
{
	return joined(nft, NFT_CONCAT, value, ret_node);
}

/* {"prefix": {"addr": "10.0.0.0", "len": 8}} */
static int prefix(struct nft *nft, json_value value, struct nft_node **ret_node)
{
	const json_value len = json_get(value, "len");
	struct nft_node *node = nft_node_new(nft, NFT_PREFIX, value.text), *address = NULL;
	struct nft_slice digits = {"", 0};
	uint64_t bits = 0;
	int status =
	    node ? json_expression(nft, json_get(value, "addr"), false, &address) : -ENOMEM;

	if (status == 0)
		status = json_text(nft, len, &digits);
	if (status < 0)
		return status;
	if (!nft_number(digits, 128, &bits))
		return json_expected(nft, len, "a prefix's length");
	if (!address || address->kind != NFT_WORD)
		return nft_wrong(nft, value.text, "expected an address");
	nft_node_add(node, address);
	node->bits = (uint8_t)bits;
	*ret_node = node;
	return 0;
}

/* {"map": {"key": KEY, "data": SET}} */
static int map(struct nft *nft, json_value value, struct nft_node **ret_node)
{
	struct nft_node *node = nft_node_new(nft, NFT_MAP, value.text), *key = NULL, *data = NULL;
	int status = node ? json_expression(nft, json_get(value, "key"), false, &key) : -ENOMEM;

	if (status == 0)
		status = json_expression(nft, json_get(value, "data"), true, &data);
	if (status < 0 || !key || !data)
		return status;
	nft_node_add(node, key);
	nft_node_add(node, data);
	*ret_node = node;
	return 0;
}

/* {"elem": {"val": KEY, "timeout": 60}} */
static int element(struct nft *nft, json_value value, struct nft_node **ret_node)
{
	return json_expression(nft, json_get(value, "val"), false, ret_node);
}

/* Operations, joined from the left. */
static int binary(struct nft *nft, enum nft_op op, json_value array, struct nft_node **ret_node)
{
	struct json_items items = json_items(array);
	struct nft_node *node = NULL;
	unsigned n_joined = 0;
	json_value item = {0};
	int status = 0;

	if (json_kind(array) != '[')
		return json_expected(nft, array, "an array");
	while (status == 0 && json_next(&items, &item)) {
		struct nft_node *child, *above = node;

		if (n_joined++ > NFT_JOINED_MAX)
			return nft_wrong(nft, item.text, "expected at most %d values joined",
			                 NFT_JOINED_MAX);
		status = json_expression(nft, item, false, &child);
		if (status < 0)
			break;
		node = child;
		if (!above)
			continue;
		node = nft_node_new(nft, NFT_BINARY, array.text);
		if (!node)
			return -ENOMEM;
		node->op = (uint8_t)op;
		nft_node_add(node, above);
		nft_node_add(node, child);
	}
	if (status == 0 && !node)
		return nft_wrong(nft, array.text, "expected an array that is not empty");
	*ret_node = node;
	return status;
}

/* {"jump": {"target": "web"}}, {"accept": null} */
static int verdict(struct nft *nft, enum rule_verdict kind, json_value value,
                   struct nft_node **ret_node)
{
	struct nft_node *node = nft_node_new(nft, NFT_VERDICT, value.text);

	if (!node)
		return -ENOMEM;
	node->verdict = (uint8_t)kind;
	*ret_node = node;
	if (kind != VERDICT_JUMP && kind != VERDICT_GOTO)
		return 0;
	return json_need(nft, value, "target", &node->word);
}

/* An expression that is an object. */
static int object(struct nft *nft, json_value value, bool is_map, struct nft_node **ret_node)
{
	static const struct {
		const char *key;
		int (*read)(struct nft *nft, json_value value, struct nft_node **ret_node);
	} kinds[] = {
	    {"prefix", prefix}, {"range", range},  {"concat", concat},
	    {"map", map},       {"elem", element},
	};
	struct nft_slice key = {"", 0};
	json_value inner = {0};
	enum rule_verdict found = VERDICT_CONTINUE;
	bool unsure = false;

	if (!json_first(value, &key, &inner))
		return nft_wrong(nft, value.text, "expected an expression");
	if (json_is_field(key))
		return json_field(nft, key, inner, ret_node);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (nft_slice_is(key, kinds[i].key))
			return kinds[i].read(nft, inner, ret_node);
	for (unsigned op = OP_AND; op <= OP_RIGHT; op++)
		if (nft_slice_is(key, nft_op_word(op)))
			return binary(nft, op, inner, ret_node);
	if (nft_slice_is(key, "set"))
		return json_elements(nft, inner, is_map, &unsure, ret_node);
	if (nft_verdict_word(key, &found))
		return verdict(nft, found, inner, ret_node);
	return nft_expected(nft, key.text, key, "an expression");
}

/* A string, a number, true or false. */
static int word(struct nft *nft, json_value value, struct nft_node **ret_node)
{
	struct nft_node *node = nft_node_new(nft, NFT_WORD, value.text);
	const char kind = json_kind(value);
	int status = node ? json_text(nft, value, &node->word) : -ENOMEM;

	if (status < 0)
		return status;
	*ret_node = node;
	if (kind == 't' || kind == 'f') {
		node->word = kind == 't' ? (struct nft_slice){"exists", 6}
		                         : (struct nft_slice){"missing", 7};
	} else if (json_is(value, "*")) {
		node->kind = NFT_ANY;
	} else if (node->word.len > 1 && node->word.text[0] == '@') {
		node->kind = NFT_NAME;
		node->word.text++;
		node->word.len--;
	}
	return 0;
}

int json_expression(struct nft *nft, json_value value, bool is_map, struct nft_node **ret_node)
{
	const char kind = json_kind(value);
	int status;

	if (kind == 0 || kind == 'n')
		return json_expected(nft, value, "an expression");
	if (kind != '{' && kind != '[')
		return word(nft, value, ret_node);
	if (nft->depth++ >= NFT_DEPTH_MAX)
		return nft_wrong(nft, value.text,
		                 "expected expressions that are not nested so deeply");
	status = kind == '{' ? object(nft, value, is_map, ret_node)
	                     : joined(nft, NFT_LIST, value, ret_node);
	nft->depth--;
	return status;
}

/* [KEY, DATA] of a map. */
static int pair(struct nft *nft, json_value array, struct nft_node **ret_node)
{
	struct nft_node *node = nft_node_new(nft, NFT_ELEMENT, array.text);
	int status = node ? add_items(nft, node, array) : -ENOMEM;

	if (status == 0 && node->child->next != node->last)
		return nft_wrong(nft, array.text, "expected a key and its value");
	if (status == 0 && node->child == node->last)
		return nft_wrong(nft, array.text, "expected a key and its value");
	*ret_node = node;
	return status;
}

/* Whether an element may be there or not: it has a limit of its own. */
static bool is_unsure(json_value item)
{
	json_value inner = json_get(item, "elem"), first;
	struct json_items items;

	if (json_kind(item) == '[') {
		items = json_items(item);
		inner = json_next(&items, &first) ? json_get(first, "elem") : inner;
	}
	return json_get(inner, "limit").text || json_get(inner, "quota").text ||
	       json_get(inner, "ct count").text;
}

int json_elements(struct nft *nft, json_value array, bool is_map, bool *ret_unsure,
                  struct nft_node **ret_node)
{
	struct nft_node *set = nft_node_new(nft, NFT_SET, array.text), *child = NULL;
	struct json_items items = json_items(array);
	json_value item = {0};
	int status = set ? 0 : -ENOMEM;

	*ret_node = set;
	*ret_unsure = false;
	if (status == 0 && json_kind(array) != '[') {
		/* One element may stand without its array. */
		status = json_expression(nft, array, false, &child);
		if (status == 0 && child)
			nft_node_add(set, child);
		return status;
	}
	while (status == 0 && json_next(&items, &item)) {
		*ret_unsure = *ret_unsure || is_unsure(item);
		status = is_map && json_kind(item) == '['
		             ? pair(nft, item, &child)
		             : json_expression(nft, item, false, &child);
		if (status == 0 && child)
			nft_node_add(set, child);
	}
	return status;
}
