/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that live as long as their owner: copied in one by one, released all at once. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena {
	struct arena_block *newest;
};

/* Zeroed memory aligned for any object, borrowed from the arena; NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((nonnull));

/* A copy of text (NULL gives NULL), borrowed from the arena; NULL when memory is out. */
char *arena_strdup(struct arena *arena, const char *text);

/* A copy of the first len bytes as a string. */
char *arena_strndup(struct arena *arena, const char *text, size_t len) __attribute__((nonnull));

/* Text by a printf format, borrowed from the arena; NULL when memory is out. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), nonnull(1, 2)));

/* Releases everything and leaves an empty arena. Zeroed memory is an empty arena. */
void arena_done(struct arena *arena);
