/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short lists of numbers, each kept once, so that equal lists have equal numbers. */
#pragma once

#include "base/vec.h"

VEC_TYPE(numbers, uint32_t);

struct number_span {
	uint32_t first, n;
};

/* Zeroed memory is an empty table. */
struct number_sets {
	struct numbers items;
	VEC(struct number_span) spans;
	uint32_t *slots; /* numbers by content, plus 1; 0: free */
	size_t n_slots;
};

/* The number of a list. 0 or -ENOMEM. */
int number_set_find(struct number_sets *sets, const uint32_t *items, size_t n, uint32_t *ret_set)
    __attribute__((nonnull(1, 4), warn_unused_result));

/* The list of a number and its length; borrowed until the next is found. */
const uint32_t *number_set_items(const struct number_sets *sets, uint32_t set, size_t *ret_n)
    __attribute__((nonnull));

void number_sets_done(struct number_sets *sets) __attribute__((nonnull));
