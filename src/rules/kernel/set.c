/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of nf_tables with their elements, by name.
 *
 * The kernel keeps sets in four ways: hashed keys; an interval as two elements, the second flagged
 * as the end of what it begins (nft_set_rbtree.c); one bitmap; concatenations with a second key
 * (nft_set_pipapo.c). All are brought into elements with a first and a last key.
 */
#include "rules/kernel/kernel.h"

#include "base/hash.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

enum { SLOTS_FIRST = 64 };

/* A hash over a set's family, table and name. */
static uint32_t name_hash(uint8_t family, const char *table, const char *name)
{
	uint64_t hash = hash_bytes(hash_text(HASH_BEGIN ^ family, table), "", 1);

	hash = hash_text(hash, name);
	return (uint32_t)(hash ^ hash >> 32);
}

/* The slot where a set's number is, or would be. */
static uint32_t *slot_find(const struct kernel *kernel, uint8_t family, const char *table,
                           const char *name)
{
	size_t at = name_hash(family, table, name) & (kernel->n_slots - 1);

	for (;; at = (at + 1) & (kernel->n_slots - 1)) {
		const struct kernel_set *set;

		if (!kernel->slots[at])
			return &kernel->slots[at];
		set = &kernel->sets.items[kernel->slots[at] - 1];
		if (set->family == family && strcmp(set->name, name) == 0 &&
		    strcmp(set->table, table) == 0)
			return &kernel->slots[at];
	}
}

/* Makes slots for all sets. */
static int sets_index(struct kernel *kernel)
{
	kernel->n_slots = SLOTS_FIRST;
	while (kernel->n_slots < kernel->sets.n * 2)
		kernel->n_slots *= 2;
	kernel->slots = calloc(kernel->n_slots, sizeof(*kernel->slots));
	if (!kernel->slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < kernel->sets.n; i++) {
		const struct kernel_set *set = &kernel->sets.items[i];

		*slot_find(kernel, set->family, set->table, set->name) = i + 1;
	}
	return 0;
}

/* The attributes of a message behind its nfgenmsg. */
static struct span message_attrs(const struct nlmsghdr *message, uint8_t *ret_family)
{
	const size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	const uint8_t *bytes = (const uint8_t *)message;

	if (message->nlmsg_len < skip)
		return (struct span){0};
	*ret_family = bytes[NLMSG_HDRLEN];
	return (struct span){bytes + skip, message->nlmsg_len - skip};
}

/* Notes a set by its message. */
static int set_read(struct kernel *kernel, const struct nlmsghdr *message)
{
	uint8_t family = 0;
	struct attrs attrs = attrs_read(message_attrs(message, &family));
	struct kernel_set *set;
	struct kernel_set found = {
	    .family = family,
	    .table = attr_string(attrs.by_type[NFTA_SET_TABLE]),
	    .name = attr_string(attrs.by_type[NFTA_SET_NAME]),
	    .flags = attr_u32(attrs.by_type[NFTA_SET_FLAGS], 0),
	    .key_len = attr_u32(attrs.by_type[NFTA_SET_KEY_LEN], 0),
	    .data_len = attr_u32(attrs.by_type[NFTA_SET_DATA_LEN], 0),
	    .data_type = attr_u32(attrs.by_type[NFTA_SET_DATA_TYPE], 0),
	    .object_type = attr_u32(attrs.by_type[NFTA_SET_OBJ_TYPE], 0),
	};

	if (!found.table || !found.name || found.key_len == 0 || found.key_len > KERNEL_BYTES)
		return error_set(kernel->ret_error, EBADMSG,
		                 "a set's message has no table, name or length of keys");
	set = vec_push(&kernel->sets);
	if (!set)
		return -ENOMEM;
	*set = found;
	return 0;
}

/* Adds the elements of a message to their set. */
static int elements_read(struct kernel *kernel, const struct nlmsghdr *message)
{
	uint8_t family = 0;
	struct attrs attrs = attrs_read(message_attrs(message, &family));
	const char *table = attr_string(attrs.by_type[NFTA_SET_ELEM_LIST_TABLE]);
	const char *name = attr_string(attrs.by_type[NFTA_SET_ELEM_LIST_SET]);
	struct span list = attrs.by_type[NFTA_SET_ELEM_LIST_ELEMENTS], nest;
	uint32_t number = table && name ? *slot_find(kernel, family, table, name) : 0;
	uint16_t type;

	if (!number)
		return error_set(kernel->ret_error, EBADMSG,
		                 "elements of a set %s that is not there", name ? name : "?");
	while (attr_next(&list, &type, &nest)) {
		struct attrs of = attrs_read(nest);
		struct nft_element *element = vec_push(&kernel->sets.items[number - 1].raw);

		if (!element)
			return -ENOMEM;
		*element = (struct nft_element){
		    .key = attr_data(of.by_type[NFTA_SET_ELEM_KEY]),
		    .key_end = attr_data(of.by_type[NFTA_SET_ELEM_KEY_END]),
		    .data = of.by_type[NFTA_SET_ELEM_DATA],
		    .flags = attr_u32(of.by_type[NFTA_SET_ELEM_FLAGS], 0),
		};
		if (!element->data.data)
			element->data = of.by_type[NFTA_SET_ELEM_OBJREF];
	}
	return 0;
}

/* Notes which sets a rule changes. */
static void rule_changes(struct kernel *kernel, const struct nft_rule *rule)
{
	struct span rest = rule->expressions;
	struct nft_expr expr;

	while (nft_expr_next(&rest, &expr)) {
		const struct span *attr = expr.attrs.by_type;
		const char *name;
		uint32_t number;

		if (strcmp(expr.name, "dynset") != 0)
			continue;
		name = attr_string(attr[NFTA_DYNSET_SET_NAME]);
		number = name ? *slot_find(kernel, rule->family, rule->table, name) : 0;
		if (!number)
			continue;
		/* What a rule adds goes again, by its time or by who asked for it. */
		kernel->sets.items[number - 1].deleted_from = true;
		if (attr_u32(attr[NFTA_DYNSET_OP], 0) != NFT_DYNSET_OP_DELETE)
			kernel->sets.items[number - 1].added_to = true;
	}
}

int kernel_sets_read(struct kernel *kernel)
{
	const struct nlmsghdr *message;
	struct nft_rule rule;
	bool dynamic = false;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(&kernel->view->raw[RAW_NFT_SET], &offset)))
		status = set_read(kernel, message);
	if (status == 0)
		status = sets_index(kernel);
	for (offset = 0;
	     status == 0 && (message = raw_next(&kernel->view->raw[RAW_NFT_ELEMENT], &offset));)
		status = elements_read(kernel, message);
	/* Only a set with this flag can be changed by a rule. */
	vec_foreach(set, &kernel->sets)
		dynamic = dynamic || set->flags & NFT_SET_EVAL;
	for (offset = 0; status == 0 && dynamic && nft_rule_next(kernel->view, &offset, &rule);)
		rule_changes(kernel, &rule);
	return status;
}

void kernel_sets_done(struct kernel *kernel)
{
	vec_foreach(set, &kernel->sets) {
		vec_done(&set->raw);
		vec_done(&set->elements);
	}
	vec_done(&kernel->sets);
	free(kernel->slots);
}

/* Orders by key; at one key the end of an interval before the start of the next. */
static int compare_raw(const void *a, const void *b, void *data)
{
	const struct nft_element *left = a, *right = b;
	int order = memcmp(left->key.data, right->key.data, *(const uint32_t *)data);

	return order ? order
	             : (right->flags & NFT_SET_ELEM_INTERVAL_END ? 1 : 0) -
	                   (left->flags & NFT_SET_ELEM_INTERVAL_END ? 1 : 0);
}

/* Gives elements with the same data the same number, first come first. */
static void number_data(struct kernel_set *set)
{
	enum { LOOKED_BACK = 64 };

	for (size_t i = 0; i < set->elements.n; i++) {
		struct kernel_element *element = &set->elements.items[i];

		element->data_group = (uint32_t)i;
		for (size_t j = i;
		     j > 0 && i - j < LOOKED_BACK && set->elements.n <= KERNEL_GROUPED_MAX; j--) {
			const struct kernel_element *other = &set->elements.items[j - 1];

			if (other->data.len == element->data.len &&
			    (!element->data.len || memcmp(other->data.data, element->data.data,
			                                  element->data.len) == 0)) {
				element->data_group = other->data_group;
				break;
			}
		}
	}
}

/* The key before one, in memory of its own; NULL without memory. */
static const uint8_t *key_before(struct kernel *kernel, const uint8_t *key, uint32_t len)
{
	uint8_t *before = arena_alloc(&kernel->arena, len);

	if (!before)
		return NULL;
	memcpy(before, key, len);
	for (uint32_t i = len; i-- > 0;)
		if (before[i]-- != 0)
			break;
	return before;
}

/* The last key of the interval that begins at raw element i. */
static const uint8_t *interval_end(struct kernel *kernel, const struct kernel_set *set, size_t i)
{
	if (i + 1 < set->raw.n && set->raw.items[i + 1].key.data)
		return key_before(kernel, set->raw.items[i + 1].key.data, set->key_len);
	/* Nothing behind it: to the end. */
	uint8_t *last = arena_alloc(&kernel->arena, set->key_len);

	if (last)
		memset(last, 0xff, set->key_len);
	return last;
}

/* Brings a set's raw elements into first and last keys. */
static int elements_make(struct kernel *kernel, struct kernel_set *set)
{
	bool tree = set->flags & NFT_SET_INTERVAL && !(set->flags & NFT_SET_CONCAT);
	const struct nft_element *all = NULL;
	size_t n = 0;

	/* The one for all others is kept apart. */
	vec_foreach(raw, &set->raw) {
		if (raw->flags & NFT_SET_ELEM_CATCHALL)
			all = memcpy(arena_alloc(&kernel->arena, sizeof(*raw)) ?: raw, raw,
			             sizeof(*raw));
		else if (raw->key.len != set->key_len ||
		         (raw->key_end.data && raw->key_end.len != set->key_len))
			return error_set(kernel->ret_error, EBADMSG,
			                 "an element of set %s has a key of %zu bytes, not %u",
			                 set->name, raw->key.len, set->key_len);
		else
			set->raw.items[n++] = *raw;
	}
	set->raw.n = n;
	if (tree && n > 0)
		qsort_r(set->raw.items, n, sizeof(*set->raw.items), compare_raw, &set->key_len);
	if (vec_reserve(&set->elements, n + 1) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct nft_element *raw = &set->raw.items[i];
		struct kernel_element *element;

		if (raw->flags & NFT_SET_ELEM_INTERVAL_END)
			continue;
		element = &set->elements.items[set->elements.n++];
		*element =
		    (struct kernel_element){raw->key.data, raw->key.data, raw->data, false, 0};
		if (raw->key_end.data)
			element->last = raw->key_end.data;
		else if (tree)
			element->last = interval_end(kernel, set, i);
		if (!element->last)
			return -ENOMEM;
	}
	if (all)
		set->elements.items[set->elements.n++] =
		    (struct kernel_element){.data = all->data, .catchall = true};
	number_data(set);
	return 0;
}

const struct kernel_set *kernel_set_find(struct kernel *kernel, uint8_t family, const char *table,
                                         const char *name, int *ret_status)
{
	uint32_t number = *slot_find(kernel, family, table, name);
	struct kernel_set *set = number ? &kernel->sets.items[number - 1] : NULL;

	*ret_status = 0;
	if (!set) {
		*ret_status = error_set(kernel->ret_error, EBADMSG,
		                        "a rule of table %s looks into set %s, which is not there",
		                        table, name);
		return NULL;
	}
	if (!set->sorted) {
		*ret_status = elements_make(kernel, set);
		set->sorted = true;
	}
	return *ret_status < 0 ? NULL : set;
}
