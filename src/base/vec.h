/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable arrays: `VEC(struct link) links` is a struct of items, n and room.
 *
 * Items are stored by value and move when the array grows: keep indexes, not
 * pointers, across vec_push(). Zeroed memory is an empty vector. What items own
 * is released by their owner before vec_done().
 */
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t n;                                                                          \
		size_t room;                                                                       \
	}

/* The same as a named struct, for those that cross a function's border. */
#define VEC_TYPE(name, type)                                                                       \
	struct name {                                                                              \
		type *items;                                                                       \
		size_t n;                                                                          \
		size_t room;                                                                       \
	}

/*
 * Makes room for `need` items of `item_size` bytes, growing by doubling; new room
 * is zeroed. Returns 0, -EOVERFLOW or -ENOMEM with the array untouched.
 */
int vec_reserve_raw(void **items, size_t *room, size_t need, size_t item_size)
    __attribute__((nonnull, warn_unused_result));

/* Makes room for `more` items beyond those that are there. 0 or negative errno. */
#define vec_reserve(vec, more)                                                                     \
	vec_reserve_raw((void **)&(vec)->items, &(vec)->room, (vec)->n + (more),                   \
	                sizeof(*(vec)->items))

/* A pointer to one new zeroed item at the end, valid until the next push, or NULL. */
#define vec_push(vec)                                                                              \
	(vec_reserve((vec), 1) < 0 ? (__typeof__((vec)->items))NULL : &(vec)->items[(vec)->n++])

/* Walks all items by pointer. */
#define vec_foreach(item, vec)                                                                     \
	for (__typeof__(&*(vec)->items) item = (vec)->items;                                       \
	     (vec)->n > 0 && item < (vec)->items + (vec)->n; item++)

/* Releases the array itself and leaves an empty one. */
#define vec_done(vec)                                                                              \
	do {                                                                                       \
		free((vec)->items);                                                                \
		(vec)->items = NULL;                                                               \
		(vec)->n = (vec)->room = 0;                                                        \
	} while (0)
