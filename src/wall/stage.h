/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as facts: what a snapshot would be, were a wall put up or taken away.
 *
 * The kernel itself is asked what a transaction makes of an empty namespace; its answer then stands
 * in the snapshot in place of the wall that is up. Whatever reads rules or builds twins of a
 * snapshot sees the plan as if it were there.
 */
#pragma once

#include "base/bytes.h"
#include "observe/snapshot.h"

/*
 * Puts the outcome of a transaction into a snapshot; NULL: takes the wall out of it. The caller's
 * thread visits a namespace of its own and comes back. 0 or a negative errno with a sentence.
 */
int wall_stage(struct snapshot *snapshot, const struct bytes *transaction, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
