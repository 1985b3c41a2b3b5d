/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard keeps of a look at the host: enough to name interfaces, zones and containers.
 *
 * A snapshot holds all rules, sysctls and answers of the engine, tens of megabytes where there are
 * a thousand containers; a daemon that does nothing should hold none of it.
 */
#pragma once

#include "observe/snapshot.h"

/* A snapshot of links, routes, networks and containers alone, for snapshot_free(); NULL when memory
 * is out. It borrows nothing of the other. */
struct snapshot *known_of(const struct snapshot *seen) __attribute__((nonnull));
