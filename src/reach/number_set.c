/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short lists of numbers, each kept once, so that equal lists have equal numbers. */
#include "reach/number_set.h"

#include <string.h>

enum { SLOTS_FIRST = 64 };

/* A hash of n numbers. */
static uint64_t hash_items(const uint32_t *items, size_t n)
{
	uint64_t hash = n + 1;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ items[i]) * 0x9e3779b97f4a7c15U;
	return hash ^ hash >> 32;
}

const uint32_t *number_set_items(const struct number_sets *sets, uint32_t set, size_t *ret_n)
{
	*ret_n = sets->spans.items[set].n;
	return sets->items.items + sets->spans.items[set].first;
}

/* The slot that holds, or would hold, a list. */
static uint32_t *find_slot(const struct number_sets *sets, const uint32_t *items, size_t n)
{
	size_t at = hash_items(items, n) & (sets->n_slots - 1);

	for (uint32_t number; (number = sets->slots[at]); at = (at + 1) & (sets->n_slots - 1)) {
		size_t other_n;
		const uint32_t *other = number_set_items(sets, number - 1, &other_n);

		if (other_n == n && (n == 0 || memcmp(other, items, n * sizeof(*items)) == 0))
			break;
	}
	return &sets->slots[at];
}

/* Makes the slots twice as many. 0 or -ENOMEM. */
static int grow_slots(struct number_sets *sets)
{
	size_t n = sets->n_slots ? sets->n_slots * 2 : SLOTS_FIRST;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(sets->slots);
	sets->slots = slots;
	sets->n_slots = n;
	for (size_t i = 0; i < sets->spans.n; i++) {
		const struct number_span *span = &sets->spans.items[i];

		*find_slot(sets, sets->items.items + span->first, span->n) = (uint32_t)i + 1;
	}
	return 0;
}

int number_set_find(struct number_sets *sets, const uint32_t *items, size_t n, uint32_t *ret_set)
{
	struct number_span *span;
	uint32_t *slot;

	if (sets->spans.n * 2 >= sets->n_slots && grow_slots(sets) < 0)
		return -ENOMEM;
	slot = find_slot(sets, items, n);
	if (!*slot) {
		if (vec_reserve(&sets->items, n + 1) < 0)
			return -ENOMEM;
		span = vec_push(&sets->spans);
		if (!span)
			return -ENOMEM;
		*span = (struct number_span){(uint32_t)sets->items.n, (uint32_t)n};
		if (n)
			memcpy(sets->items.items + sets->items.n, items, n * sizeof(*items));
		sets->items.n += n;
		*slot = (uint32_t)sets->spans.n;
	}
	*ret_set = *slot - 1;
	return 0;
}

void number_sets_done(struct number_sets *sets)
{
	vec_done(&sets->items);
	vec_done(&sets->spans);
	free(sets->slots);
	sets->slots = NULL;
}
