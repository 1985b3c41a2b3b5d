/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libsystemd: see late.h. Its functions do nothing where there is no systemd, and nothing without
 * the library. */
#include "late/late.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

enum { STATE_ROOM = 1024 };

static struct late_library library = {.names = {"libsystemd.so.0"}};

#define REAL(name) ((__typeof__(&(name)))late_find(&library, #name))

/* Both variables are how systemd is told to be there: without them the library has nothing to do,
 * and is not loaded for that. */
int sd_notify(int unset_environment, const char *state)
{
	int (*real)(int, const char *) = getenv("NOTIFY_SOCKET") ? REAL(sd_notify) : NULL;

	return real ? real(unset_environment, state) : 0;
}

int sd_notifyf(int unset_environment, const char *format, ...)
{
	char state[STATE_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(state, sizeof(state), format, args);
	va_end(args);
	return sd_notify(unset_environment, state);
}

int sd_watchdog_enabled(int unset_environment, uint64_t *usec)
{
	int (*real)(int, uint64_t *) = getenv("WATCHDOG_USEC") ? REAL(sd_watchdog_enabled) : NULL;

	return real ? real(unset_environment, usec) : 0;
}

/* What its header makes of a call of sd_journal_sendv(). */
int sd_journal_sendv_with_location(const char *file, const char *line, const char *function,
                                   const struct iovec *fields, int n)
{
	__typeof__(&sd_journal_sendv_with_location) real = REAL(sd_journal_sendv_with_location);

	return real ? real(file, line, function, fields, n) : -ENOENT;
}
