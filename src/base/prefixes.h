/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of addresses, as the fewest prefixes that make them up, in address order.
 *
 * No prefix of a set lies in another one, and no two are the halves of one: so a prefix is within
 * the set just when it is within one of its prefixes. A set may hold both families.
 */
#pragma once

#include "base/address.h"
#include "base/vec.h"

VEC_TYPE(prefixes, struct prefix);

/* Adds prefixes, themselves in address order (prefix_compare()), to a set. 0 or -ENOMEM. */
int prefixes_add(struct prefixes *set, const struct prefix *added, size_t n)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether all of a prefix is in the set. */
bool prefixes_hold(const struct prefixes *set, const struct prefix *prefix)
    __attribute__((nonnull));

/* Whether prefixes of a set have at least half of all addresses of a family: that is "anyone". */
bool prefixes_are_most(const struct prefix *prefixes, size_t n);
