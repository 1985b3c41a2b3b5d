/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel tracks connections in a namespace, by what its rules ask for.
 *
 * It does so for a family only while a rule uses what needs it (nf_ct_netns_get()): a match on a
 * flow, a translation. Without, no packet has a flow, and chains of type nat are never called,
 * whatever stands in them (nf_nat_inet_fn()). Pure.
 */
#pragma once

#include "observe/netview.h"

enum { CONNTRACK_IPV4 = 1, CONNTRACK_IPV6 = 2 };

/* The families that are tracked, as bits; the table named `without` (NULL: none) does not count. */
unsigned rules_conntrack(const struct netview *view, const char *without)
    __attribute__((nonnull(1)));
