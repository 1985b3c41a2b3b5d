/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the forwarding information base share; see fib.h. */
#pragma once

#include "reach/fib.h"

#include <netinet/ip.h>

/* The bits of TOS that routing looks at: DSCP, since 6.x (IPTOS_RT_MASK was 0x1c before). */
#ifndef IPTOS_RT_MASK
#define IPTOS_RT_MASK 0x1c
#endif

#define FIB_LIMITED_BROADCAST                                                                      \
	((struct address){.family = AF_INET, .bytes = {0xff, 0xff, 0xff, 0xff}})

struct fib {
	const struct netview *view;
	const struct route **routes; /* in order, see route_compare() */
	size_t n;
	bool custom_rules[2]; /* by family: rules beside the three that are always there */
};

/* The best route of one table, or NULL. */
const struct route *fib_table_lookup(const struct fib *fib, uint32_t table,
                                     const struct fib_question *question) __attribute__((nonnull));
