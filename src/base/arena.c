/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that live as long as their owner: copied in one by one, released all at once. */
#include "base/arena.h"
#include "base/cleanup.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Many arenas live for one rule only: the first block is small, and each next one larger. */
enum { ARENA_FIRST = 1024, ARENA_BLOCK = 16 * 1024 };

struct arena_block {
	struct arena_block *older;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->newest;
	void *found;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!block || block->size - block->used < size) {
		size_t room = block ? block->size * 2 : ARENA_FIRST;

		if (room > ARENA_BLOCK)
			room = ARENA_BLOCK;
		if (room < size)
			room = size;

		block = calloc(1, sizeof(*block) + room);
		if (!block)
			return NULL;
		block->size = room;
		block->older = arena->newest;
		arena->newest = block;
	}
	found = block->data + block->used;
	block->used += size;
	return found;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;
	int len = vasprintf(&text, format, args);

	if (len < 0) {
		text = NULL;
		return NULL;
	}
	return arena_strndup(arena, text, (size_t)len);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void arena_done(struct arena *arena)
{
	while (arena->newest) {
		struct arena_block *older = arena->newest->older;

		free(arena->newest);
		arena->newest = older;
	}
}
