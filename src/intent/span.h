/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as sorted runs, each with a number: exact sets, and maps from addresses to zones.
 *
 * Runs of a list are in order of address, IPv4 first, and do not overlap; neighbours with the same
 * value are one. A list owns its array: vec_done() releases it.
 */
#pragma once

#include "base/address.h"
#include "base/vec.h"

struct address_span {
	struct address first, last; /* of one family, both included */
	size_t value;
};

VEC_TYPE(spans, struct address_span);
VEC_TYPE(span_prefix_list, struct prefix);

/* A prefix that stands for a value, for spans_make(). */
struct span_prefix {
	struct prefix prefix;
	size_t value;
};

/*
 * Makes spans of n prefixes, which it sorts; of those that hold an address the longest says its
 * value. 0 or -ENOMEM.
 */
int spans_make(struct span_prefix *prefixes, size_t n, struct spans *ret_spans)
    __attribute__((nonnull(3), warn_unused_result));

/* Lays `over` on `under`: where both have a span, that of `over` counts. 0 or -ENOMEM. */
int spans_overlay(const struct spans *over, const struct spans *under, struct spans *ret_spans)
    __attribute__((nonnull, warn_unused_result));

/* The value of an address, or SIZE_MAX where no span holds it. */
size_t spans_at(const struct spans *spans, const struct address *address) __attribute__((nonnull));

/* The addresses in `from` that are not in `without`, with the values they have. 0 or -ENOMEM. */
int spans_subtract(const struct spans *from, const struct spans *without, struct spans *ret_spans)
    __attribute__((nonnull, warn_unused_result));

/* Spans of plain prefixes, all of value 0. 0 or -ENOMEM. */
int spans_of(const struct prefix *prefixes, size_t n, struct spans *ret_spans)
    __attribute__((nonnull(3), warn_unused_result));

/* The fewest prefixes that are these addresses, in order. 0 or -ENOMEM. */
int spans_prefixes(const struct spans *spans, struct span_prefix_list *ret_prefixes)
    __attribute__((nonnull, warn_unused_result));
