/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard says, to whom, and what it tells its clerk. */
#include "guard/guard_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_ROOM = 512 };

void guard_record(struct guard *guard, const char *kind, const char *container, const char *format,
                  ...)
{
	char line[LINE_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!service_log(&guard->service, kind, container, line))
		listener_say(&guard->options->listener, "%s", line);
	service_status(line);
	if (strcmp(kind, "problem") == 0 || strcmp(kind, "heal") == 0 ||
	    strcmp(kind, "trouble") == 0)
		notify_tell(guard->notify, guard->policy, kind, container, line);
	clerk_event(guard->clerk, kind, container, line);
}

void guard_tell_policy(const struct guard *guard)
{
	clerk_policy(guard->clerk, guard->policy_path, guard->has_uplinks,
	             (const char *const *)guard->uplinks.items, guard->uplinks.n);
}

bool guard_start_clerk(struct guard *guard)
{
	if (!clerk_start(guard->clerk))
		return false;
	guard->clerk_knows = false;
	events_read_also(guard->events, EVENT_CLERK, clerk_fd(guard->clerk));
	guard_tell_policy(guard);
	return true;
}
