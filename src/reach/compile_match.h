/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes as functions: where the fields of a packet lie in one of them. */
#pragma once

#include "reach/space.h"

/* A hit where a match's fields lie in one of its boxes; negation is not looked at. 0 or -ENOMEM. */
int match_compile(const struct space *space, struct diagram *diagram, const struct step *step,
                  diagram_ref *ret_match) __attribute__((nonnull, warn_unused_result));

/* `inside` of the first box that the fields lie in, one for each box (NULL: a hit); else a miss. */
diagram_ref match_choose(const struct space *space, struct diagram *diagram,
                         const struct step *step, const diagram_ref *inside)
    __attribute__((nonnull(1, 2, 3)));

/* Whether a match is one field's that is one variable. */
bool match_is_cells(const struct space *space, const struct step *step) __attribute__((nonnull));

/* A hit where one of n such matches of the same field has one: made at once, not one by one. */
int match_compile_any(const struct space *space, struct diagram *diagram,
                      const struct step *const *steps, size_t n, diagram_ref *ret_match)
    __attribute__((nonnull, warn_unused_result));
