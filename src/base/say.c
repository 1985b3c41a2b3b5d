/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saying a line to whoever listens, and a clock. */
#include "base/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { LINE_ROOM = 512 };

void listener_say(const struct listener *listener, const char *format, ...)
{
	char line[LINE_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	listener->say(line, listener->data);
}

int64_t clock_milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
