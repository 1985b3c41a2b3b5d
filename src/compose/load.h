/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads Compose files as one tool does: variables, what they extend and include, one over another.
 */
#pragma once

#include "compose/compose.h"

/*
 * Reads n files as a tool does and fills its view, whose `rejected` stays NULL. 0, or a negative
 * errno with a sentence.
 */
int compose_load(enum compose_tool tool, const char *const *paths, size_t n,
                 const struct compose_options *options, struct arena *arena,
                 struct compose_view *view, struct error **ret_error)
    __attribute__((nonnull(2, 4, 5, 6), warn_unused_result));
