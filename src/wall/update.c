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
#include <string.h>

/* Whether all other messages are the same, but for their numbers. */
static bool same_others(const struct transaction_parts *a, const struct transaction_parts *b)
{
	if (a->others.n != b->others.n)
		return false;
	for (size_t i = 0; i < a->others.n; i++)
		if (!message_same(a->others.items[i], b->others.items[i]))
			return false;
	return true;
}

/* Whether there is an element that the other wall lacks. */
static bool has_own(const struct elements *elements)
{
	vec_foreach(element, elements)
		if (!element->matched)
			return true;
	return false;
}

int wall_update(const struct bytes *before, const struct bytes *after, struct bytes *ret_bytes)
{
	struct transaction_parts old = {0}, new = {0};
	struct writer writer;
	int status = transaction_take_apart(before, &old);
	bool plain = true;

	if (status == 0)
		status = transaction_take_apart(after, &new);
	if (status == 0 && !same_others(&old, &new))
		status = -EXDEV;
	if (status == 0)
		status = elements_match(&old.elements, &new.elements);
	if (status == 0 && !has_own(&old.elements) && !has_own(&new.elements))
		status = -EALREADY;
	if (status == 0) {
		writer_begin(&writer, ret_bytes);
		if (writer.status == 0)
			plain = elements_write(&writer, &old.elements, true) &&
			        elements_write(&writer, &new.elements, false);
		status = writer_end(&writer);
	}
	transaction_parts_done(&old);
	transaction_parts_done(&new);
	return status == 0 && !plain ? -EXDEV : status;
}
