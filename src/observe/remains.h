/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left of an engine that does not answer, as the kernel tells it. */
#pragma once

#include "observe/snapshot.h"

/*
 * Finds the containers whose processes go on, their addresses, and the bridges that they stand on,
 * and makes them the engine's: engine.from_kernel. What was found is kept as the document
 * "remains", so that a capture file gives the same again. Where nothing is left nothing changes.
 * Needs the host's own view. 0, -ENOMEM, or -ENOTRECOVERABLE when there is no way back from a
 * container's network namespace.
 */
int remains_read(struct snapshot *snapshot, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
