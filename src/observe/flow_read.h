/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the flows to containers out of connection tracking. */
#pragma once

#include "observe/snapshot.h"

/*
 * Fills snapshot->flows: those that were answered by an address of a container and still stand.
 * Needs the engine's containers. What cannot be read is noted. 0 or a negative errno.
 */
int flows_read(struct snapshot *snapshot, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
