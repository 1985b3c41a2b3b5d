/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard remembers. A disk that is full, or a file that cannot be opened, is said once and
 * keeps nobody from guarding.
 */
#include "guard/guard_parts.h"

#include "base/directories.h"
#include "intent/zone.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_ROOM = 512, SOURCES_SHOWN = 8, TRIM_EVERY = 3600 };

/* Says once that memory fails, and when it does again. */
static void note_failure(struct guard *guard, int status, const struct error *error)
{
	if (status < 0 && !guard->forgets)
		guard_say(guard, "it is not remembered: %s", error_message(error));
	guard->forgets = status < 0;
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
	note_failure(guard, history_open(path, true, &guard->history, &aside, &error), error);
	if (aside)
		guard_say(guard, "%s was damaged: it was put aside, and a new one begun", path);
}

void guard_memory_open(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;

	guard->notify = notify_new();
	if (mkdir(state_directory(), 0700) < 0 && errno != EEXIST)
		guard_say(guard, "%s: %s", state_directory(), strerror(errno));
	open_history(guard);
	if (knocks_new(&guard->knocks, &error) < 0)
		guard_say(guard, "who knocks is not counted: %s", error_message(error));
	else
		events_read_also(guard->events, EVENT_KNOCK, knocks_fd(guard->knocks));
}

void guard_memory_close(struct guard *guard)
{
	guard_flush_knocks(guard);
	history_close(guard->history);
	knocks_free(guard->knocks);
	notify_free(guard->notify);
	snapshot_free(guard->seen);
}

void guard_keep_seen(struct guard *guard, struct snapshot *snapshot)
{
	snapshot_free(guard->seen);
	guard->seen = snapshot;
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
	guard_say(guard, "%s", line);
	if (strcmp(kind, "problem") == 0 || strcmp(kind, "heal") == 0 ||
	    strcmp(kind, "trouble") == 0)
		notify_tell(guard->notify, guard->policy, kind, container, line);
	if (guard->history)
		note_failure(
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

	if (guard->history)
		note_failure(
		    guard, history_reach(guard->history, time(NULL), ways->items, ways->n, &error),
		    error);
}

/* What is at hand while knocks are taken. */
struct flush {
	struct guard *guard;
	const struct zone_table *zones;
	struct arena arena;
	VEC(struct history_knock) knocks;
};

/* A protocol as people write it. */
static const char *protocol_text(struct arena *arena, uint8_t protocol)
{
	return protocol == IPPROTO_TCP    ? "tcp"
	       : protocol == IPPROTO_UDP  ? "udp"
	       : protocol == IPPROTO_SCTP ? "sctp"
	                                  : arena_printf(arena, "%u", protocol);
}

/* Takes one. */
static void take_knock(const struct knock *knock, void *data)
{
	struct flush *flush = data;
	const struct snapshot *seen = flush->guard->seen;
	const struct link *link = seen ? netview_link(&seen->net, knock->ifindex) : NULL;
	const char *in = link ? link->name : "";
	struct history_knock *slot = vec_push(&flush->knocks);
	char text[PREFIX_TEXT], to[ADDRESS_TEXT];

	if (!slot)
		return;
	*slot = (struct history_knock){
	    .source = arena_strdup(&flush->arena, prefix_format(&knock->source, text)),
	    .zone = flush->zones
	                ? policy_zone_name(flush->zones->policy,
	                                   zones_of(flush->zones, in, &knock->source.address))
	                : "",
	    .in = in,
	    .to = arena_strdup(&flush->arena, address_format(&knock->to, to)),
	    .protocol = protocol_text(&flush->arena, knock->protocol),
	    .port = knock->port,
	    .count = knock->count,
	    .first = knock->first,
	    .last = knock->last,
	};
	metrics_knocked(flush->guard->metrics, slot->zone, slot->port, slot->count);
}

void guard_flush_knocks(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;
	struct flush flush = {.guard = guard};
	struct zone_table zones = {0};
	time_t now = time(NULL);
	int status = 0;
	bool tried = false;

	if (!guard->knocks)
		return;
	if (guard->policy && guard->seen && zones_make(guard->policy, guard->seen, &zones) == 0)
		flush.zones = &zones;
	(void)knocks_take(guard->knocks, take_knock, &flush);
	tried = guard->history && flush.knocks.n;
	if (tried)
		status = history_knocks(guard->history, flush.knocks.items, flush.knocks.n, &error);
	if (status == 0 && guard->history && now - guard->trimmed > TRIM_EVERY) {
		tried = true;
		status = history_trim(guard->history, now, &error);
		guard->trimmed = now;
	}
	if (tried)
		note_failure(guard, status, error);
	zones_done(&zones);
	vec_done(&flush.knocks);
	arena_done(&flush.arena);
}
