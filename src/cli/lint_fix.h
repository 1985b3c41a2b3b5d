/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `seawall lint --fix`: puts what lint would have there into the files. */
#pragma once

#include "lint/lint.h"

/*
 * Writes all replacements into the files and nothing else: comments and formatting stay. What does
 * not stand in the file as it was read is left alone. *ret_changed is how many places were
 * rewritten. 0, or a negative errno with a sentence; files before it are written by then.
 */
int lint_fix(const struct lint *lint, size_t *ret_changed, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
