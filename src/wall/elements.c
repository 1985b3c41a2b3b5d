/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of the wall's sets and maps, out of one transaction and into another. */
#include "wall/elements.h"

#include "base/hash.h"

#include <errno.h>
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
