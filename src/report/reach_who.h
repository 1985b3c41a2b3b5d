/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of addresses in a few words. */
#pragma once

#include "reach/regions.h"

/*
 * "anyone, IPv4 only", "10.0.0.0/8, 192.0.2.7 and 12 more", "10.0.0.0/8, but not 10.1.2.3":
 * prefixes of one family (NFPROTO_*), in rising order. The caller frees; NULL without memory.
 */
char *who_phrase(const struct prefix_list *prefixes, uint8_t family)
    __attribute__((nonnull, warn_unused_result));
