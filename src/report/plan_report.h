/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan and what came of it, for a person or a program. */
#pragma once

#include "change/plan.h"
#include "report/report.h"

/* The doors of the wall: which port, for whom, by whose word. 0 or a negative errno. */
int report_doors(const struct plan *plan, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* What a plan changes, or did: `done` for what is in force. 0 or a negative errno. */
int report_plan(const struct plan *plan, bool done, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* The same as JSON: docs/json.md. `result` is "planned", "applied", "refused", "taken back". */
int report_plan_json(const struct plan *plan, const char *result, FILE *out)
    __attribute__((nonnull, warn_unused_result));
