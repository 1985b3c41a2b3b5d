/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which source addresses are alike to all rules of a host. See vantage_split.h. Pure. */
#pragma once

#include "rules/chain_graph.h"

/* Addresses in a row that lie in intervals of the same lists. */
struct source_kind {
	struct interval values;
	uint64_t kind; /* the same for all that are alike; 0: no rule names them */
};
VEC_TYPE(source_kinds, struct source_kind);

/*
 * Fills in all addresses of NFPROTO_IPV4 or _IPV6, in rising order and without a gap. Counts
 * comparisons that no interval can stand for. 0 or -ENOMEM.
 */
int source_kinds_make(const struct chain_graph *graph, uint8_t family, struct source_kinds *kinds,
                      unsigned *scattered) __attribute__((nonnull, warn_unused_result));

/* The index of what holds a value. */
size_t source_kinds_find(const struct source_kinds *kinds, field_value value)
    __attribute__((nonnull));
uint64_t source_kind_at(const struct source_kinds *kinds, field_value value)
    __attribute__((nonnull));
