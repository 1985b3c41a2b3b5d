/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the twin a flow that the host tracks, as if it had stood there all along. */
#pragma once

#include "observe/flow.h"
#include "prove/twin.h"

/*
 * Adds a flow to the twin's connection tracking: answered, translated as the host's is, and in
 * force for longer than any proof takes. A probe of its sender, ports and destination is then a
 * packet of it. 0 or a negative errno with a sentence.
 */
int twin_flow_add(const struct twin *twin, const struct flow *flow, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
