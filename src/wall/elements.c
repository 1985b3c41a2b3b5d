/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of the wall's sets and maps, out of one transaction and into another. */
#include "wall/elements.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum { IN_ONE_MESSAGE = 256 };

int elements_take(const struct nlmsghdr *message, struct elements *elements)
{
	struct attrs attrs = attrs_of_message(message);
	const char *set = attr_string(attrs.by_type[NFTA_SET_ELEM_LIST_SET]);
	struct span rest = attrs.by_type[NFTA_SET_ELEM_LIST_ELEMENTS], nest;
	uint16_t type;

	if (!set)
		return -EBADMSG;
	while (attr_next(&rest, &type, &nest)) {
		struct element *element = vec_push(elements);

		if (!element)
			return -ENOMEM;
		*element = (struct element){.set = set, .nest = nest};
		element->hash = hash_bytes(hash_text(HASH_BEGIN, set), nest.data, nest.len);
	}
	return 0;
}

static bool same_element(const struct element *a, const struct element *b)
{
	return a->hash == b->hash && a->nest.len == b->nest.len && strcmp(a->set, b->set) == 0 &&
	       memcmp(a->nest.data, b->nest.data, a->nest.len) == 0;
}

int elements_match(struct elements *before, struct elements *after)
{
	size_t room = 16;
	uint32_t *slots;

	while (room < before->n * 2)
		room *= 2;
	slots = calloc(room, sizeof(*slots)); /* 1 and the element's index */
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < before->n; i++) {
		size_t at = before->items[i].hash & (room - 1);

		while (slots[at])
			at = (at + 1) & (room - 1);
		slots[at] = (uint32_t)i + 1;
	}
	vec_foreach(element, after)
		for (size_t at = element->hash & (room - 1); slots[at];
		     at = (at + 1) & (room - 1)) {
			struct element *old = &before->items[slots[at] - 1];

			if (!same_element(element, old))
				continue;
			element->matched = old->matched = true;
			break;
		}
	free(slots);
	return 0;
}

void transaction_parts_done(struct transaction_parts *parts)
{
	vec_done(&parts->elements);
	vec_done(&parts->others);
}

int transaction_take_apart(const struct bytes *transaction, struct transaction_parts *parts)
{
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(transaction, &offset))) {
		const struct nlmsghdr **slot;

		if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM)) {
			status = elements_take(message, &parts->elements);
			continue;
		}
		slot = vec_push(&parts->others);
		if (!slot)
			return -ENOMEM;
		*slot = message;
	}
	return status;
}

bool message_same(const struct nlmsghdr *a, const struct nlmsghdr *b)
{
	return a->nlmsg_len == b->nlmsg_len && a->nlmsg_type == b->nlmsg_type &&
	       a->nlmsg_flags == b->nlmsg_flags &&
	       memcmp(a + 1, b + 1, a->nlmsg_len - sizeof(*a)) == 0;
}

bool element_is_plain(const struct element *element)
{
	struct span rest = element->nest, value;
	uint16_t type;

	while (attr_next(&rest, &type, &value))
		if (type == NFTA_SET_ELEM_FLAGS || type == NFTA_SET_ELEM_KEY_END)
			return false;
	return true;
}

/* Writes an element, or its key alone, into a message. */
static void put_element(struct nlmsghdr *message, const struct element *element, bool key_only)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	struct span rest = element->nest, value;
	uint16_t type;

	while (attr_next(&rest, &type, &value))
		if (!key_only || type == NFTA_SET_ELEM_KEY)
			mnl_attr_put(message,
			             type == NFTA_SET_ELEM_KEY || type == NFTA_SET_ELEM_DATA
			                 ? type | NLA_F_NESTED
			                 : type,
			             value.len, value.data);
	mnl_attr_nest_end(message, nest);
}

bool elements_write(struct writer *writer, const struct elements *elements, bool remove)
{
	size_t i = 0;

	while (i < elements->n) {
		const struct element *first = &elements->items[i];
		struct nlmsghdr *message;
		struct nlattr *list;

		if (first->matched) {
			i++;
			continue;
		}
		message = writer_message(writer, remove ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
		                         remove ? 0 : NLM_F_CREATE);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, WALL_TABLE);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, first->set);
		list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (unsigned n = 0; i < elements->n && n < IN_ONE_MESSAGE &&
		                     strcmp(elements->items[i].set, first->set) == 0;
		     i++) {
			if (elements->items[i].matched)
				continue;
			if (!element_is_plain(&elements->items[i]))
				return false;
			put_element(message, &elements->items[i], remove);
			n++;
		}
		mnl_attr_nest_end(message, list);
		writer_take(writer, message);
	}
	return true;
}
