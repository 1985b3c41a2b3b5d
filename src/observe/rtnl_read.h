/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what rtnetlink tells: links, addresses, routes, rules, neighbours, nexthop objects. */
#pragma once

#include "observe/netview.h"

/*
 * Fills the raw kinds of rtnetlink. What else than links cannot be read is noted as incomplete. 0,
 * or a negative errno with a sentence.
 */
int rtnl_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
