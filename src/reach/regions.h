/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A field's values, as intervals that lead to the same rest of a compiled function. */
#pragma once

#include "base/address.h"
#include "reach/compile.h"

struct region {
	struct interval values;
	diagram_ref rest;
};

VEC_TYPE(regions, struct region);

/* More than this nobody wants to read. */
enum { REGIONS_MOST = 1 << 21 };

/*
 * The regions of a field that the function asks first, in rising order; those that are not asked
 * for are left out. A field of one value, or that is not asked, is one region for each interval
 * that it may have. 0, -ENOMEM, or -E2BIG when they are more than REGIONS_MOST.
 */
int regions_find(const struct program_of_hook *program, enum field field, diagram_ref function,
                 struct regions *ret_regions) __attribute__((nonnull, warn_unused_result));

/* Adds the smallest number of prefixes that make up an interval. 0 or -ENOMEM. */
VEC_TYPE(prefix_list, struct prefix);
int prefixes_add_interval(struct prefix_list *prefixes, uint8_t family, struct interval interval)
    __attribute__((nonnull, warn_unused_result));
