/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the lint share; see lint.h. */
#pragma once

#include "lint/lint.h"

/* Adds a finding of a rule at a place, whose sentences are made by the caller. NULL: no memory. */
struct lint_finding *lint_finding_new(struct lint *lint, enum lint_rule rule, const char *service,
                                      const struct compose_place *place)
    __attribute__((nonnull(1, 4)));
