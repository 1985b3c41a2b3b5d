/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard remembers. A disk that is full, or a file that cannot be opened, is said once and
 * keeps nobody from guarding.
 */
#include "guard/guard_parts.h"
#include "guard/known.h"

#include "base/directories.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	LINE_ROOM = 512,
	SOURCES_SHOWN = 8,
	REOPEN_EVERY = 5000, /* ms, while the history cannot be opened */
};

void guard_note_history(struct guard *guard, int status, const struct error *error)
{
	if (status < 0 && !guard->forgets)
		guard_say(guard, "it is not remembered: %s", error_message(error));
	guard->forgets = status < 0;
	if (status == -ENOSPC && guard->history)
		history_make_room(guard->history);
}

/* Opens the history. */
static void open_history(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *path = NULL;
	bool aside = false;

	if (asprintf(&path, "%s/history.db", state_directory()) < 0) {
		path = NULL;
		return;
	}
	guard->reopen = guard_now() + REOPEN_EVERY;
	guard_note_history(guard, history_open(path, true, &guard->history, &aside, &error), error);
	if (aside)
		guard_say(guard, "%s was damaged: it was put aside, and a new one begun", path);
}

struct history *guard_history(struct guard *guard)
{
	if (!guard->history && guard->reopen <= guard_now())
		open_history(guard);
	return guard->history;
}

void guard_memory_open(struct guard *guard)
{
	guard->notify = notify_new();
	guard->problems = problems_new();
	if (mkdir(state_directory(), 0700) < 0 && errno != EEXIST)
		guard_say(guard, "%s: %s", state_directory(), strerror(errno));
	open_history(guard);
	guard_sightings_open(guard);
}

void guard_memory_close(struct guard *guard)
{
	guard_sightings_close(guard);
	history_close(guard->history);
	notify_free(guard->notify);
	problems_free(guard->problems);
	snapshot_free(guard->seen);
}

void guard_keep_seen(struct guard *guard, struct snapshot *snapshot)
{
	if (guard->visits && visits_know(guard->visits, snapshot) < 0)
		guard_say(guard, "out of memory");
	snapshot_free(guard->seen);
	guard->seen = known_of(snapshot);
	snapshot_free(snapshot);
	/* What the look took is of no use until the next, which may be tomorrow. */
	(void)malloc_trim(0);
}

void guard_record(struct guard *guard, const char *kind, const char *container, const char *format,
                  ...)
{
	_cleanup_error_ struct error *error = NULL;
	char line[LINE_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!service_log(&guard->service, kind, container, line))
		guard_say(guard, "%s", line);
	service_status(line);
	if (strcmp(kind, "problem") == 0 || strcmp(kind, "heal") == 0 ||
	    strcmp(kind, "trouble") == 0)
		notify_tell(guard->notify, guard->policy, kind, container, line);
	if (guard_history(guard))
		guard_note_history(
		    guard, history_event(guard->history, time(NULL), kind, container, line, &error),
		    error);
}

/* A way in as it is remembered; texts in the arena. False without memory. */
static bool fill_way(struct arena *arena, const struct audit_endpoint *endpoint,
                     const struct reach_entry *entry, struct history_reach *way)
{
	char text[ADDRESS_TEXT], prefix[PREFIX_TEXT];
	const char *sources = "";

	for (size_t i = 0; sources && i < entry->sources.n && i < SOURCES_SHOWN; i++)
		sources = arena_printf(arena, "%s%s%s", sources, *sources ? ", " : "",
		                       prefix_format(&entry->sources.items[i], prefix));
	if (sources && entry->sources.n > SOURCES_SHOWN)
		sources = arena_printf(arena, "%s and %zu more", sources,
		                       entry->sources.n - SOURCES_SHOWN);
	*way = (struct history_reach){
	    .endpoint = endpoint->id,
	    .container = endpoint->name,
	    .path = reach_path_name(entry->path),
	    .in = entry->in,
	    .zone = entry->zone,
	    .to = arena_strdup(arena, address_format(&entry->to, text)),
	    .sources = sources,
	    .rule = entry->rule.text,
	    .port = entry->to_port,
	    .meant = entry->meant,
	};
	return way->to && sources;
}

bool guard_collect_ways(const struct audit *audit, struct arena *arena, struct ways *ways)
{
	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(entry, &endpoint->reach) {
			struct history_reach *way = entry->arrived ? vec_push(ways) : NULL;

			if (entry->arrived && (!way || !fill_way(arena, endpoint, entry, way)))
				return false;
		}
	return true;
}

void guard_remember(struct guard *guard, const struct ways *ways)
{
	_cleanup_error_ struct error *error = NULL;

	if (guard_history(guard))
		guard_note_history(
		    guard, history_reach(guard->history, time(NULL), ways->items, ways->n, &error),
		    error);
}
