/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A wall and the doors of one container more.
 *
 * Who makes a wall for a single container knows nothing of the others, and need not: what its wall
 * has besides elements is in the whole one already, or else it is not taken. So its doors go into
 * the maps at once, and the look at the whole host, which takes its time, comes after.
 */
#include "wall/elements.h"

#include "rules/listing/wire.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* Whether an element is one of the prefixes of a group: with a part of these, it would be another
 * group of that name. */
static bool is_of_group(const struct element *element)
{
	return strncmp(element->set, GROUP_PREFIX, sizeof(GROUP_PREFIX) - 1) == 0;
}

/* The key of an element. */
static struct span key_of(const struct element *element)
{
	struct span rest = element->nest, value;
	uint16_t type;

	while (attr_next(&rest, &type, &value))
		if (type == NFTA_SET_ELEM_KEY)
			return value;
	return (struct span){0};
}

/* Whether two elements stand in one set and have one key. */
static bool same_key(const struct element *a, const struct element *b)
{
	struct span one, other;

	if (strcmp(a->set, b->set) != 0)
		return false;
	one = key_of(a);
	other = key_of(b);
	return one.len && one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
}

/* Whether the elements of a part that are not in the whole can be added to it: the rest must be the
 * same. Only new keys can: what leads elsewhere now has to be closed first. */
static bool fits(const struct elements *whole, const struct elements *part)
{
	vec_foreach(element, part) {
		if (element->matched)
			continue;
		if (is_of_group(element) || !element_is_plain(element))
			return false;
		vec_foreach(other, whole)
			if (same_key(element, other))
				return false;
	}
	vec_foreach(other, whole) {
		if (other->matched || !is_of_group(other))
			continue;
		vec_foreach(element, part)
			if (strcmp(element->set, other->set) == 0)
				return false;
	}
	return true;
}

/* Whether a message's chains and rules are among those of the whole. */
static bool has_message(const struct transaction_parts *whole, const struct nlmsghdr *message)
{
	vec_foreach(other, &whole->others)
		if (message_same(*other, message))
			return true;
	return false;
}

/* Whether each chain and each rule of a part is in the whole. Sets have a number of their
 * transaction, and are told by their elements and the rules that look them up. */
static bool has_rules(const struct transaction_parts *whole, const struct transaction_parts *part)
{
	vec_foreach(message, &part->others) {
		unsigned kind = NFNL_MSG_TYPE((*message)->nlmsg_type);

		if (NFNL_SUBSYS_ID((*message)->nlmsg_type) == NFNL_SUBSYS_NFTABLES &&
		    (kind == NFT_MSG_NEWCHAIN || kind == NFT_MSG_NEWRULE) &&
		    !has_message(whole, *message))
			return false;
	}
	return true;
}

/* Copies the messages of a transaction without its frame. */
static void copy_inside(struct writer *writer, const struct bytes *transaction)
{
	const struct nlmsghdr *message;
	size_t offset = 0;

	while ((message = raw_next(transaction, &offset)))
		if (NFNL_SUBSYS_ID(message->nlmsg_type) == NFNL_SUBSYS_NFTABLES)
			writer_copy(writer, message);
}

int wall_grown(const struct bytes *transaction, const struct bytes *update, struct bytes *ret_grown)
{
	struct writer writer;

	writer_begin(&writer, ret_grown);
	copy_inside(&writer, transaction);
	copy_inside(&writer, update);
	return writer_end(&writer);
}

int wall_grow(const struct bytes *transaction, const struct bytes *part, struct bytes *ret_update)
{
	struct transaction_parts whole = {0}, more = {0};
	struct writer writer;
	bool plain = true;
	int status = transaction_take_apart(transaction, &whole);
	bool is_new = false;

	if (status == 0)
		status = transaction_take_apart(part, &more);
	if (status == 0)
		status = elements_match(&whole.elements, &more.elements);
	if (status == 0 && (!has_rules(&whole, &more) || !fits(&whole.elements, &more.elements)))
		status = -EXDEV;
	vec_foreach(element, &more.elements)
		is_new = is_new || !element->matched;
	if (status == 0 && !is_new)
		status = -EALREADY;
	if (status == 0) {
		writer_begin(&writer, ret_update);
		if (writer.status == 0)
			plain = elements_write(&writer, &more.elements, false);
		status = writer_end(&writer);
	}
	transaction_parts_done(&whole);
	transaction_parts_done(&more);
	return status == 0 && !plain ? -EXDEV : status;
}
