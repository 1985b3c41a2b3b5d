/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and sets of nft as intervals. */
#include "rules/nft/nft.h"

#include <string.h>

/* One word of a type. */
static int word_value(struct nft *nft, enum nft_type type, const struct nft_node *node,
                      struct interval *ret_value)
{
	const int status = nft_type_read(type, node->word, node->quoted, ret_value);

	return status == -EINVAL ? nft_expected(nft, node->at, node->word, nft_type_wanted(type))
	                         : status;
}

/* An address and how many of its bits count. */
static int prefix_value(struct nft *nft, enum nft_type type, const struct nft_node *node,
                        struct interval *ret_value)
{
	const bool wide =
	    type != TYPE_ADDRESS || memchr(node->child->word.text, ':', node->child->word.len);
	const unsigned bits = wide ? nft_type_bits(type) : 32;
	struct interval address = {0};
	field_value low;
	int status;

	if (node->bits > bits)
		return nft_wrong(nft, node->at, "expected a prefix of at most %u bits, found /%u",
		                 bits, node->bits);
	status = nft_value(nft, type, node->child, &address);
	if (status < 0)
		return status;
	low = bits - node->bits >= 128 ? ~(field_value)0
	                               : ((field_value)1 << (bits - node->bits)) - 1;
	*ret_value = (struct interval){address.first & ~low, address.first | low};
	return 0;
}

/* From one value to another. */
static int range_value(struct nft *nft, enum nft_type type, const struct nft_node *node,
                       struct interval *ret_value)
{
	struct interval first = {0}, last = {0};
	int status = nft_value(nft, type, node->child, &first);

	if (status == 0)
		status = nft_value(nft, type, node->last, &last);
	if (status < 0)
		return status;
	if (first.first > last.last)
		return nft_wrong(nft, node->at,
		                 "expected a range whose end is not before its begin");
	*ret_value = (struct interval){first.first, last.last};
	return 0;
}

/* Constants joined by commas or signs. */
static int joined_value(struct nft *nft, enum nft_type type, const struct nft_node *node,
                        struct interval *ret_value)
{
	const enum nft_op op = node->kind == NFT_LIST ? OP_OR : node->op;
	struct interval value = {0}, part = {0};
	int status = nft_value(nft, type, node->child, &value);

	for (const struct nft_node *child = node->child->next; child && status == 0;
	     child = child->next) {
		status = nft_value(nft, type, child, &part);
		if (status < 0)
			break;
		if (op == OP_OR)
			value.first |= part.first;
		else if (op == OP_AND)
			value.first &= part.first;
		else if (op == OP_XOR)
			value.first ^= part.first;
		else if (part.first >= nft_type_bits(type))
			value.first = 0;
		else
			value.first = op == OP_LEFT ? value.first << (unsigned)part.first
			                            : value.first >> (unsigned)part.first;
	}
	if (status == 0)
		ret_value->first = ret_value->last = value.first & nft_type_ones(type);
	return status;
}

int nft_value(struct nft *nft, enum nft_type type, const struct nft_node *node,
              struct interval *ret_value)
{
	if (type == TYPE_ANY) {
		*ret_value = (struct interval){0, ~(field_value)0};
		return 0;
	}
	switch ((enum nft_kind)node->kind) {
	case NFT_WORD:
		return word_value(nft, type, node, ret_value);
	case NFT_PREFIX:
		return prefix_value(nft, type, node, ret_value);
	case NFT_RANGE:
		return range_value(nft, type, node, ret_value);
	case NFT_LIST:
	case NFT_BINARY:
		return joined_value(nft, type, node, ret_value);
	case NFT_ANY:
		*ret_value = (struct interval){0, nft_type_ones(type)};
		return 0;
	case NFT_FIELD:
	case NFT_MAP:
		return -EOPNOTSUPP;
	default:
		return nft_wrong(nft, node->at, "expected %s", nft_type_wanted(type));
	}
}

/* Adds a key, or what a map has for it: one interval for each type. */
static int add_values(struct nft *nft, struct nft_set *set, bool data, const struct nft_node *node)
{
	const unsigned n_types = data ? set->n_data : set->n_types;
	const uint8_t *types = data ? set->data_types : set->types;
	struct intervals *values = data ? &set->data : &set->keys;
	const struct nft_node *part = node->kind == NFT_CONCAT ? node->child : node;

	for (unsigned i = 0; i < n_types;
	     i++, part = node->kind == NFT_CONCAT ? part->next : NULL) {
		struct interval *value = vec_push(values);
		int status;

		if (!value)
			return nft_no_memory(nft);
		if (!part && i > 0 && node->kind == NFT_ANY)
			part = node;
		if (!part)
			return nft_wrong(nft, node->at, "expected %u values joined by \" . \"",
			                 n_types);
		status = nft_value(nft, types[i], part, value);
		if (status == -EOPNOTSUPP)
			set->opaque = true;
		else if (status < 0)
			return status;
		if (types[i] == TYPE_ANY)
			set->opaque = set->opaque || !data;
	}
	if (part)
		return nft_wrong(nft, part->at, "expected %u value%s, found more", n_types,
		                 n_types == 1 ? "" : "s joined by \" . \"");
	return 0;
}

/* Adds a verdict of a map. */
static int add_verdict(struct nft *nft, struct nft_set *set, const struct nft_node *node)
{
	struct verdict *verdict;

	if (node->kind != NFT_VERDICT)
		return nft_wrong(nft, node->at, "expected a verdict");
	verdict = vec_push(&set->verdicts);
	if (!verdict)
		return nft_no_memory(nft);
	verdict->kind = node->verdict;
	if (node->word.len == 0)
		return 0;
	verdict->chain = arena_strndup(&nft->ruleset->arena, node->word.text, node->word.len);
	return verdict->chain ? 0 : nft_no_memory(nft);
}

/* Adds one element. */
static int add_element(struct nft *nft, struct nft_set *set, const struct nft_node *node)
{
	const struct nft_node *key = node->kind == NFT_ELEMENT ? node->child : node;
	const struct nft_node *data = node->kind == NFT_ELEMENT ? key->next : NULL;
	const bool is_map = set->n_data > 0;
	int status;

	if (++nft->n_elements > NFT_ELEMENTS_MAX)
		return nft_too_many(nft, node->at, NFT_ELEMENTS_MAX, "elements");
	if (is_map && !data)
		return nft_wrong(nft, node->at,
		                 "expected a key and its value, with \" : \" between");
	if (!is_map && data)
		return nft_wrong(nft, data->at, "expected a set's element, found a map's");
	if (set->any)
		return nft_wrong(nft, node->at, "expected \"*\" as the last element");
	set->any = key->kind == NFT_ANY;
	status = add_values(nft, set, false, key);
	if (status == 0 && is_map)
		status = set->data_types[0] == TYPE_VERDICT ? add_verdict(nft, set, data)
		                                            : add_values(nft, set, true, data);
	if (status == 0)
		set->n++;
	return status;
}

/* The elements of a set, and of sets in it, that variables put there. */
static int fill(struct nft *nft, struct nft_set *set, const struct nft_node *node, unsigned depth)
{
	int status = 0;

	if (depth > NFT_DEPTH_MAX)
		return nft_wrong(nft, node->at, "expected sets that are not nested so deeply");
	for (const struct nft_node *child = node->child; child && status == 0; child = child->next)
		status = child->kind == NFT_SET ? fill(nft, set, child, depth + 1)
		                                : add_element(nft, set, child);
	return status;
}

/* The element that stands for all others. */
static const struct nft_node *find_any(const struct nft_node *node)
{
	for (const struct nft_node *child = node->child; child; child = child->next)
		if (child->kind == NFT_ANY ||
		    (child->kind == NFT_ELEMENT && child->child->kind == NFT_ANY))
			return child;
	return NULL;
}

int nft_set_fill(struct nft *nft, uint32_t table, struct nft_set *set, const struct nft_node *node)
{
	const struct nft_node *any = find_any(node);
	int status;

	(void)table;
	if (!any || !any->next)
		return fill(nft, set, node, 0);
	for (const struct nft_node *child = node->child; child; child = child->next) {
		if (child == any)
			continue;
		status = child->kind == NFT_SET ? fill(nft, set, child, 1)
		                                : add_element(nft, set, child);
		if (status < 0)
			return status;
	}
	return add_element(nft, set, any);
}
