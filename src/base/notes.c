/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences for people, one after the other. */
#include "base/notes.h"

#include <errno.h>

int notes_add(struct notes *notes, const char *text)
{
	const char **slot = text ? vec_push(notes) : NULL;

	if (!slot)
		return -ENOMEM;
	*slot = text;
	return 0;
}

int notes_addv(struct notes *notes, struct arena *arena, const char *format, va_list args)
{
	return notes_add(notes, arena_vprintf(arena, format, args));
}

int notes_addf(struct notes *notes, struct arena *arena, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = notes_addv(notes, arena, format, args);
	va_end(args);
	return status;
}
