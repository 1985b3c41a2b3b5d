/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of a trace decided, and how it reads. Pure. */
#pragma once

#include "audit/audit.h"

/*
 * Fills a note from a trace: for a packet that was translated the rule that translated it, else the
 * rule that let it pass (`passed`) or stopped it. The twin maps handles back to the host's; NULL on
 * the live host. A trace that names nothing leaves an empty note.
 */
int decide_rule(const struct netview *view, const struct twin *twin,
                const struct trace_steps *steps, const struct probe *probe,
                const struct arrival *arrival, struct arena *arena, struct rule_note *ret_note)
    __attribute__((nonnull(1, 3, 4, 5, 6, 7), warn_unused_result));
