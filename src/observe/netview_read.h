/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the network namespace that the caller stands in into a netview. Changes nothing in it. */
#pragma once

#include "observe/netview.h"

/*
 * Fills an empty view: links, addresses, routes, rules, neighbours, nexthops, nftables, legacy
 * tables, ipsets, sysctls. Sockets are sockets_read()'s. What may not or cannot be read is noted
 * as incomplete. Returns 0, or a negative errno with a sentence when not even links can be read.
 */
int netview_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * Adds what listens in the caller's network namespace to view->sockets; with owners (a walk over
 * /proc) when `owners`. 0 or a negative errno; what is unknown is noted as incomplete.
 */
int sockets_read(struct netview *view, bool owners, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
