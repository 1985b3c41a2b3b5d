/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one wall to the next by what differs.
 *
 * A container that comes or goes changes a few elements of maps, and nothing else of the table. So
 * two transactions are compared: where all but elements is the same, what leads from one to the
 * other is these elements, however many stand beside them.
 */
#include "wall/elements.h"

#include "rules/listing/wire.h"

#include <errno.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

/* What a transaction is made of besides its frame. */
struct parts {
	struct elements elements;
	VEC(const struct nlmsghdr *) others; /* all other messages, in order */
};

static void parts_done(struct parts *parts)
{
	vec_done(&parts->elements);
	vec_done(&parts->others);
}

/* Takes a transaction apart. 0, -EBADMSG or -ENOMEM. */
static int take_apart(const struct bytes *transaction, struct parts *parts)
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

/* Whether all other messages are the same, but for their numbers. */
static bool same_others(const struct parts *a, const struct parts *b)
{
	if (a->others.n != b->others.n)
		return false;
	for (size_t i = 0; i < a->others.n; i++) {
		const struct nlmsghdr *one = a->others.items[i], *other = b->others.items[i];

		if (one->nlmsg_len != other->nlmsg_len || one->nlmsg_type != other->nlmsg_type ||
		    one->nlmsg_flags != other->nlmsg_flags ||
		    memcmp(one + 1, other + 1, one->nlmsg_len - sizeof(*one)) != 0)
			return false;
	}
	return true;
}

static bool same_element(const struct element *a, const struct element *b)
{
	return a->hash == b->hash && a->nest.len == b->nest.len && strcmp(a->set, b->set) == 0 &&
	       memcmp(a->nest.data, b->nest.data, a->nest.len) == 0;
}

/* Marks what both have. 0 or -ENOMEM. */
static int match(struct elements *before, struct elements *after)
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

int wall_update(const struct bytes *before, const struct bytes *after, struct bytes *ret_bytes)
{
	struct parts old = {0}, new = {0};
	struct writer writer;
	int status = take_apart(before, &old);
	bool plain = true;

	if (status == 0)
		status = take_apart(after, &new);
	if (status == 0 && !same_others(&old, &new))
		status = -EXDEV;
	if (status == 0)
		status = match(&old.elements, &new.elements);
	if (status == 0) {
		writer_begin(&writer, ret_bytes);
		if (writer.status == 0)
			plain = elements_write(&writer, &old.elements, true) &&
			        elements_write(&writer, &new.elements, false);
		status = writer_end(&writer);
	}
	parts_done(&old);
	parts_done(&new);
	return status == 0 && !plain ? -EXDEV : status;
}
