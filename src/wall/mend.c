/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mending what was damaged, and nothing else. */
#include "wall/mend.h"

#include "wall/elements.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

/* The NFT_MSG_* of a message. */
static unsigned kind_of(const struct nlmsghdr *message)
{
	return message->nlmsg_type & 0xffu;
}

/* The chain that a message is about, or that its rule is of; NULL: another kind of message. */
static const char *chain_of(const struct nlmsghdr *message)
{
	struct attrs attrs = attrs_of_message(message);

	switch (kind_of(message)) {
	case NFT_MSG_NEWCHAIN:
	case NFT_MSG_DELCHAIN:
		return attr_string(attrs.by_type[NFTA_CHAIN_NAME]);
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
		return attr_string(attrs.by_type[NFTA_RULE_CHAIN]);
	default:
		return NULL;
	}
}

/* Notes a chain. */
static void take_chain(struct wall_touched *touched, const char *name)
{
	for (size_t i = 0; i < touched->n_chains; i++)
		if (strcmp(touched->chains[i], name) == 0)
			return;
	if (touched->n_chains == TOUCHED_MOST || strlen(name) >= TOUCHED_NAME)
		touched->more = true;
	else
		snprintf(touched->chains[touched->n_chains++], TOUCHED_NAME, "%s", name);
}

/* The key of an element. */
static struct span key_of(const struct element *element)
{
	return attr_data(attrs_read(element->nest).by_type[NFTA_SET_ELEM_KEY]);
}

/* Notes an element. False where it is too much. */
static bool take_element(struct wall_touched *touched, const struct element *element, bool gone)
{
	struct touched_element *slot = &touched->elements[touched->n_elements];
	struct span key = key_of(element);

	if (touched->n_elements == TOUCHED_MOST || strlen(element->set) >= TOUCHED_NAME ||
	    !key.len || key.len > TOUCHED_KEY || !element_is_plain(element))
		return false;
	*slot = (struct touched_element){.len = (uint8_t)key.len, .gone = gone};
	snprintf(slot->set, sizeof(slot->set), "%s", element->set);
	memcpy(slot->key, key.data, key.len);
	touched->n_elements++;
	return true;
}

void wall_touched_take(struct wall_touched *touched, const struct nlmsghdr *message)
{
	unsigned kind = kind_of(message);
	const char *chain = chain_of(message);

	if (touched->more)
		return;
	if (chain) {
		take_chain(touched, chain);
	} else if (kind == NFT_MSG_NEWSETELEM || kind == NFT_MSG_DELSETELEM) {
		struct elements elements = {0};

		if (elements_take(message, &elements) < 0)
			touched->more = true;
		vec_foreach(element, &elements)
			if (!take_element(touched, element, kind == NFT_MSG_DELSETELEM)) {
				touched->more = true;
				break;
			}
		vec_done(&elements);
	} else {
		touched->more = true;
	}
}

/* Writes a chain as the transaction has it, without the rules that are in it now. False where it is
 * none of the wall's. */
static bool write_back(struct writer *writer, const struct bytes *transaction, const char *name)
{
	const struct nlmsghdr *message;
	struct nlmsghdr *flush;
	size_t offset = 0;
	bool found = false;

	while ((message = raw_next(transaction, &offset))) {
		unsigned kind = kind_of(message);
		const char *chain = chain_of(message);

		if (!chain || strcmp(chain, name) != 0)
			continue;
		if (kind == NFT_MSG_NEWRULE && !found)
			return false; /* which cannot be: a rule before its chain */
		writer_copy(writer, message);
		if (kind != NFT_MSG_NEWCHAIN)
			continue;
		found = true;
		flush = writer_message(writer, NFT_MSG_DELRULE, 0);
		mnl_attr_put_strz(flush, NFTA_RULE_TABLE, WALL_TABLE);
		mnl_attr_put_strz(flush, NFTA_RULE_CHAIN, name);
		writer_take(writer, flush);
	}
	return found;
}

/* The element of the transaction that has a touched one's key, or NULL. */
static const struct element *find(const struct elements *elements,
                                  const struct touched_element *touched)
{
	vec_foreach(element, elements) {
		struct span key = key_of(element);

		if (key.len == touched->len && strcmp(element->set, touched->set) == 0 &&
		    memcmp(key.data, touched->key, key.len) == 0)
			return element;
	}
	return NULL;
}

/* Writes that an element goes which is none of the wall's. */
static void write_away(struct writer *writer, const struct touched_element *touched)
{
	struct nlmsghdr *message = writer_message(writer, NFT_MSG_DELSETELEM, 0);
	struct nlattr *list, *nest, *key;

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, WALL_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, touched->set);
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, touched->len, touched->key);
	mnl_attr_nest_end(message, key);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, list);
	writer_take(writer, message);
}

/* Writes what brings the touched elements back. 0, -EXDEV, -EBADMSG or -ENOMEM. */
static int write_elements(struct writer *writer, const struct bytes *transaction,
                          const struct wall_touched *touched)
{
	struct elements all = {0}, back = {0};
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(transaction, &offset)))
		if (kind_of(message) == NFT_MSG_NEWSETELEM)
			status = elements_take(message, &all);
	for (size_t i = 0; status == 0 && i < touched->n_elements; i++) {
		const struct touched_element *one = &touched->elements[i];
		const struct element *known = find(&all, one);
		struct element *slot;

		if (!known && !one->gone) {
			write_away(writer, one);
		} else if (known && !one->gone) {
			/* It may lead elsewhere now. */
			status = -EXDEV;
		} else if (known) {
			slot = vec_push(&back);
			if (slot)
				*slot = *known;
			status = slot ? 0 : -ENOMEM;
		}
	}
	if (status == 0 && !elements_write(writer, &back, false))
		status = -EXDEV;
	vec_done(&all);
	vec_done(&back);
	return status;
}

int wall_mend(const struct bytes *transaction, const struct wall_touched *touched,
              struct bytes *ret_bytes)
{
	struct writer writer;
	int status = 0;

	if (touched->more || touched->n_chains + touched->n_elements == 0)
		return -EXDEV;
	writer_begin(&writer, ret_bytes);
	for (size_t i = 0; status == 0 && writer.status == 0 && i < touched->n_chains; i++)
		if (!write_back(&writer, transaction, touched->chains[i]))
			status = -EXDEV;
	if (status == 0 && writer.status == 0 && touched->n_elements)
		status = write_elements(&writer, transaction, touched);
	if (status == 0)
		return writer_end(&writer);
	(void)writer_end(&writer);
	bytes_done(ret_bytes);
	return status;
}
