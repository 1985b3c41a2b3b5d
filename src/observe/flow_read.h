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

/*
 * Adds those of a piece of a dump, as one datagram has it, to snapshot->flows. 0, -ENOMEM,
 * -EBADMSG for what is cut short, or another negative errno when the dump says that it failed.
 */
int flows_decode(struct snapshot *snapshot, const void *data, size_t len)
    __attribute__((nonnull, warn_unused_result));
