/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares what two sides have.
 *
 * Theory of operation. Everything is an item: some bytes that do not have what a copy cannot share,
 * under the name that a person knows the thing by. Things whose order counts, the rules of a chain,
 * share the chain's name and have a position; things whose order does not, the elements of a set,
 * share the set's and have none. Sorted by name, position and bytes, equal sides are equal item by
 * item; of a name that differs one note tells, however much of it does.
 */
#include "prove/twin_compare.h"

#include <stdlib.h>
#include <string.h>

void side_done(struct side *side)
{
	draft_done(&side->draft);
	arena_done(&side->arena);
	vec_done(&side->items);
}

int side_added(struct side *side, const char *group, uint32_t position, size_t start)
{
	const struct item *last = side->items.n ? &side->items.items[side->items.n - 1] : NULL;
	const char *kept = last && strcmp(last->group, group) == 0
	                       ? last->group
	                       : arena_strdup(&side->arena, group);
	struct item *item = kept ? vec_push(&side->items) : NULL;

	if (!item || side->draft.error < 0)
		return side->draft.error < 0 ? side->draft.error : -ENOMEM;
	*item = (struct item){kept, position, start, side->draft.bytes.len - start};
	return 0;
}

int side_add(struct side *side, const char *group, uint32_t position, const void *data, size_t len)
{
	size_t start = side->draft.bytes.len;

	if (side->draft.error == 0)
		side->draft.error = bytes_append(&side->draft.bytes, data, len, SIZE_MAX);
	return side_added(side, group, position, start);
}

/* Orders the bytes of two items. */
static int body_compare(const struct side *left_side, const struct item *left,
                        const struct side *right_side, const struct item *right)
{
	size_t len = left->len < right->len ? left->len : right->len;
	int order = len ? memcmp(left_side->draft.bytes.data + left->offset,
	                         right_side->draft.bytes.data + right->offset, len)
	                : 0;

	return order ? order : (left->len > right->len) - (left->len < right->len);
}

/* Orders two items of one side, for qsort_r(). */
static int item_compare(const void *a, const void *b, void *side)
{
	const struct item *left = a, *right = b;
	int order = left->group == right->group ? 0 : strcmp(left->group, right->group);

	if (!order)
		order = (left->position > right->position) - (left->position < right->position);
	return order ? order : body_compare(side, left, side, right);
}

/* How many items from `first` on are of its group. */
static size_t group_size(const struct side *side, size_t first)
{
	size_t n = first;

	while (n < side->items.n &&
	       (side->items.items[n].group == side->items.items[first].group ||
	        strcmp(side->items.items[n].group, side->items.items[first].group) == 0))
		n++;
	return n - first;
}

/* Compares one group that both sides have and notes a difference. */
static int group_compare(struct twin *twin, const struct side *host, size_t host_first,
                         size_t host_n, const struct side *copy, size_t copy_first, size_t copy_n)
{
	const char *group = host->items.items[host_first].group;
	size_t i = 0, n = host_n < copy_n ? host_n : copy_n;

	while (i < n && body_compare(host, &host->items.items[host_first + i], copy,
	                             &copy->items.items[copy_first + i]) == 0)
		i++;
	if (i == host_n && i == copy_n)
		return 0;
	if (host_n == 1 && copy_n == 1)
		return twin_note(twin, "%s: the copy is not the same", group);
	return twin_note(twin,
	                 "%s: the copy is not the same from number %zu on; the host has %zu, the "
	                 "twin %zu",
	                 group, i + 1, host_n, copy_n);
}

int sides_compare(struct twin *twin, struct side *host, struct side *copy)
{
	size_t i = 0, j = 0;
	int status = 0;

	if (host->items.n)
		qsort_r(host->items.items, host->items.n, sizeof(struct item), item_compare, host);
	if (copy->items.n)
		qsort_r(copy->items.items, copy->items.n, sizeof(struct item), item_compare, copy);
	while (status == 0 && (i < host->items.n || j < copy->items.n)) {
		size_t ours = i < host->items.n ? group_size(host, i) : 0;
		size_t theirs = j < copy->items.n ? group_size(copy, j) : 0;
		int order = !ours ? 1
		            : !theirs
		                ? -1
		                : strcmp(host->items.items[i].group, copy->items.items[j].group);

		if (order == 0)
			status = group_compare(twin, host, i, ours, copy, j, theirs);
		else if (order < 0)
			status = twin_note(twin, "%s: the twin does not have it",
			                   host->items.items[i].group);
		else
			status = twin_note(twin, "%s: the twin has it and the host does not",
			                   copy->items.items[j].group);
		i += order <= 0 ? ours : 0;
		j += order >= 0 ? theirs : 0;
	}
	return status;
}
