/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sentences for people, one after the other: what could not be read, copied or proved.
 *
 * The texts are borrowed from an arena, or from whoever outlives the list; vec_done() releases the
 * list itself.
 */
#pragma once

#include "base/arena.h"
#include "base/vec.h"

#include <stdarg.h>

VEC_TYPE(notes, const char *);

/* Adds a text as it is, borrowed; NULL stands for memory that was out. 0 or -ENOMEM. */
int notes_add(struct notes *notes, const char *text)
    __attribute__((nonnull(1), warn_unused_result));

/* Adds a text by a printf format, kept in the arena. 0 or -ENOMEM. */
int notes_addf(struct notes *notes, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull(1, 2, 3), warn_unused_result));
int notes_addv(struct notes *notes, struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 3, 0), nonnull(1, 2, 3), warn_unused_result));
