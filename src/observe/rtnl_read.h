/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what rtnetlink tells: links, addresses, routes, rules, neighbours, nexthop objects. */
#pragma once

#include "observe/netview.h"

/*
 * Reads bridges, addresses, routes, and of other links those that have an address or a default
 * route: what zones and doors are made of, without the thousand links of a thousand containers. 0;
 * -EXDEV where the default route needs more than that; or a negative errno.
 */
int rtnl_read_some(struct netview *view) __attribute__((nonnull, warn_unused_result));

/*
 * Fills the raw kinds of rtnetlink. What else than links cannot be read is noted as incomplete. 0,
 * or a negative errno with a sentence.
 */
int rtnl_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
