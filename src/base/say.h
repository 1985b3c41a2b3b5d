/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saying a line to whoever listens, and a clock. */
#pragma once

#include <stdint.h>

/* Who listens. */
struct listener {
	void (*say)(const char *text, void *data);
	void *data;
};

/* Says one line by a printf format; beyond 511 bytes it is cut. */
void listener_say(const struct listener *listener, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/* Milliseconds of a clock that is never set (CLOCK_MONOTONIC). */
int64_t clock_milliseconds(void);
