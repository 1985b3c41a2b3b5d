/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a proof's process leaves in its file. */
#include "clerk/left.h"

#include "base/cleanup.h"
#include "clerk/metrics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum { SOURCES_SHOWN = 8, WAY_PARTS = 8 };

void leave(FILE *out, const char *kind, const char *container, const char *text)
{
	const char *const parts[] = {kind, container ? container : "", text};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		fwrite(parts[i], 1, strlen(parts[i]) + 1, out);
}

void leavef(FILE *out, const char *kind, const char *container, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		text = NULL;
	else
		leave(out, kind, container, text);
}

/* Some prefixes of one family, added to a text. NULL without memory. */
static const char *add_sources(struct arena *arena, const char *text, const struct prefix *prefixes,
                               size_t n)
{
	char prefix[PREFIX_TEXT];

	/* Everybody but the banned stays the same way in, whoever is banned next. */
	if (n > 1 && prefixes_are_most(prefixes, n))
		return arena_printf(arena, "%s%s%s but some", text, *text ? ", " : "",
		                    prefixes[0].address.family == AF_INET6 ? "::/0" : "0.0.0.0/0");
	for (size_t i = 0; text && i < n && i < SOURCES_SHOWN; i++)
		text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "",
		                    prefix_format(&prefixes[i], prefix));
	if (text && n > SOURCES_SHOWN)
		text = arena_printf(arena, "%s and %zu more", text, n - SOURCES_SHOWN);
	return text;
}

/* The senders of a way in; NULL without memory. */
static const char *sources_text(struct arena *arena, const struct reach_entry *entry)
{
	const struct prefix *prefixes = entry->sources.items;
	size_t four = 0, n = entry->sources.n;
	const char *text = "";

	while (four < n && prefixes[four].address.family == AF_INET)
		four++;
	if (four > 0)
		text = add_sources(arena, text, prefixes, four);
	if (text && four < n)
		text = add_sources(arena, text, prefixes + four, n - four);
	return text;
}

/* Leaves one way in. False without memory. */
static bool leave_way(FILE *out, const struct audit_endpoint *endpoint,
                      const struct reach_entry *entry)
{
	struct arena arena = {0};
	char to[ADDRESS_TEXT];
	const char *const parts[WAY_PARTS] = {
	    endpoint->id,     reach_path_name(entry->path),   entry->in,
	    entry->zone,      address_format(&entry->to, to), sources_text(&arena, entry),
	    entry->rule.text, entry->meant ? "1" : "",
	};
	bool whole = parts[5];

	leavef(out, "way", endpoint->name, "%u", entry->to_port);
	for (size_t i = 0; i < WAY_PARTS; i++) {
		const char *part = parts[i] ? parts[i] : "";

		fwrite(part, 1, strlen(part) + 1, out);
	}
	arena_done(&arena);
	return whole;
}

/* Leaves all ways in that packets took, and behind them that they are all. */
static void leave_ways(FILE *out, const struct audit *audit)
{
	bool whole = audit->proved;

	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(entry, &endpoint->reach)
			if (whole && entry->arrived)
				whole = leave_way(out, endpoint, entry);
	if (whole)
		leave(out, "ways", NULL, "");
}

void leave_audit(FILE *out, const struct audit *audit)
{
	_cleanup_free_ char *page = metrics_page(audit);
	const char *last = "";

	leavef(out, "proof", NULL, "proved with %llu packets: %zu findings, %llu disagreements",
	       (unsigned long long)audit->packets, audit->findings.n,
	       (unsigned long long)audit->disagree);
	vec_foreach(finding, &audit->findings) {
		if (strcmp(finding->why, last) != 0)
			leavef(out, "problem", finding->subject, "%s: %s: %s",
			       severity_name(finding->severity), finding->subject, finding->why);
		last = finding->why;
	}
	if (page && audit->proved)
		leavef(out, "page", NULL, "%llu %s", (unsigned long long)audit->disagree, page);
	leave_ways(out, audit);
}

char *left_read(int fd, const char **ret_end)
{
	off_t len = lseek(fd, 0, SEEK_END);
	_cleanup_free_ char *text = len > 0 && len < LEFT_MOST ? calloc(1, (size_t)len + 1) : NULL;

	if (!text || pread(fd, text, (size_t)len, 0) != len)
		return NULL;
	*ret_end = text + len;
	return steal_pointer(&text);
}

/* Takes one string off what is left. NULL at its end. */
static const char *take_text(const char **at, const char *end)
{
	const char *text = *at;

	if (text >= end)
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

/* Takes the rest of a way in off. False where it is cut. */
static bool take_way(const char **at, const char *end, struct left_item *item)
{
	const char *parts[WAY_PARTS];

	for (size_t i = 0; i < WAY_PARTS; i++)
		if (!(parts[i] = take_text(at, end)))
			return false;
	item->way = (struct history_reach){
	    .endpoint = parts[0],
	    .container = item->container,
	    .path = parts[1],
	    .in = parts[2],
	    .zone = parts[3],
	    .to = parts[4],
	    .sources = parts[5],
	    .rule = parts[6],
	    .port = (uint16_t)strtoul(item->text, NULL, 10),
	    .meant = *parts[7],
	};
	return true;
}

bool left_next(const char **at, const char *end, struct left_item *ret_item)
{
	*ret_item = (struct left_item){.kind = take_text(at, end)};
	if (!ret_item->kind || !(ret_item->container = take_text(at, end)) ||
	    !(ret_item->text = take_text(at, end)))
		return false;
	return strcmp(ret_item->kind, "way") != 0 || take_way(at, end, ret_item);
}
