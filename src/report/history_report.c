/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard remembers, for people and as JSON. */
#include "report/history_report.h"

#include "base/cleanup.h"
#include "report/json_build.h"
#include "report/layout.h"
#include "report/parts.h"
#include "report/printable.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	JSON_FORMAT_VERSION = 1,
	TIME_ROOM = 32,
	WIDTH_DEFAULT = 80,
	KNOCKS_SHOWN = 50,
	KNOCKS_MOST = 20000,
	PORT_ROOM = 64
};

/* A time as people here write it. */
static const char *local_time(time_t when, char text[static TIME_ROOM])
{
	struct tm parts;

	if (!localtime_r(&when, &parts) ||
	    strftime(text, TIME_ROOM, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		text[0] = 0;
	return text;
}

/* A time as RFC 3339 has it, UTC. */
static json_t *time_json(time_t when)
{
	char text[TIME_ROOM] = "";
	struct tm parts;

	if (gmtime_r(&when, &parts))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

static struct layout layout_of(const struct report_style *style, FILE *out)
{
	return (struct layout){out, style->width ? style->width : WIDTH_DEFAULT, style->color};
}

/* Who writes lines, and how many there were. */
struct log_writer {
	struct layout layout;
	size_t n;
};

/* Writes one line of the log. 0 or -ENOMEM. */
static int write_line(const struct history_line *line, void *data)
{
	struct log_writer *writer = data;
	char when[TIME_ROOM];

	writer->n++;
	if (!line->endpoint)
		return layout_say(&writer->layout, 0, 21, "%s  %-8s %s",
		                  local_time(line->when, when), line->kind, line->text);
	return layout_say(&writer->layout, 0, 21, "%s  %-8s %s: %s port %u from %s by %s%s%s%s",
	                  local_time(line->when, when), line->kind, line->container, line->to,
	                  line->port, line->zone, line->in, line->meant ? "" : ", NOT MEANT",
	                  *line->rule ? ": " : "", line->rule);
}

int report_log(struct history *history, const struct log_query *query,
               const struct report_style *style, FILE *out, struct error **ret_error)
{
	struct log_writer writer = {.layout = layout_of(style, out)};
	int status = history_read_log(history, query->since, query->container, write_line, &writer,
	                              ret_error);

	if (status == 0 && !writer.n && !style->quiet)
		fputs("Nothing is remembered of that time.\n", out);
	if (status == 0 && writer.n >= HISTORY_LINES_MOST)
		fprintf(out, "\nThese are the last %d lines of that time, and there are more.\n",
		        HISTORY_LINES_MOST);
	return status == 0 && ferror(out) ? -EIO : status;
}

/* Who collects. */
struct collector {
	struct json_builder builder;
	json_t *list;
};

/* Adds one line of the log. */
static int add_line(const struct history_line *line, void *data)
{
	struct collector *collector = data;
	struct json_builder *builder = &collector->builder;
	json_t *object = json_object(), *to;

	json_put(builder, object, "time", time_json(line->when));
	json_put(builder, object, "kind", text_json(line->kind));
	json_put(builder, object, "container",
	         *line->container ? text_json(line->container) : json_null());
	if (line->endpoint) {
		to = json_object();
		json_put(builder, to, "address", text_json(line->to));
		json_put(builder, to, "port", json_integer(line->port));
		json_put(builder, object, "endpoint", text_json(line->endpoint));
		json_put(builder, object, "path", text_json(line->path));
		json_put(builder, object, "in", text_json(line->in));
		json_put(builder, object, "zone", text_json(line->zone));
		json_put(builder, object, "to", to);
		json_put(builder, object, "sources", text_json(line->sources));
		json_put(builder, object, "rule",
		         *line->rule ? text_json(line->rule) : json_null());
		json_put(builder, object, "meant", json_boolean(line->meant));
	} else {
		json_put(builder, object, "text", text_json(line->text));
	}
	json_append(builder, collector->list, object);
	return collector->builder.failed ? -ENOMEM : 0;
}

/* Writes what was collected below a key. Returns the status, or the failure of that. */
static int write_collected(struct collector *collector, const char *key, int status, FILE *out)
{
	json_t *root = json_object();

	json_put(&collector->builder, root, "version", json_integer(JSON_FORMAT_VERSION));
	json_put(&collector->builder, root, key, collector->list);
	if (status == 0)
		return json_write(&collector->builder, root, out);
	json_decref(root);
	return status;
}

int report_log_json(struct history *history, const struct log_query *query, FILE *out,
                    struct error **ret_error)
{
	struct collector collector = {.list = json_array()};
	int status = history_read_log(history, query->since, query->container, add_line, &collector,
	                              ret_error);

	return write_collected(&collector, "log", status, out);
}

/* Writes one row of who knocked. 0 or -ENOMEM. */
static int write_knock(const struct history_knock *knock, void *data)
{
	struct log_writer *writer = data;
	char count[COUNT_TEXT], port[PORT_ROOM], when[TIME_ROOM];
	const struct cell heading[] = {
	    {"PACKETS", 1, 0, LAYOUT_HEAD}, {"SENDER", 11, 0, LAYOUT_HEAD},
	    {"ZONE", 33, 0, LAYOUT_HEAD},   {"TO", 43, 0, LAYOUT_HEAD},
	    {"LAST", 66, 0, LAYOUT_HEAD},
	};
	_cleanup_free_ char *source = printable(knock->source), *zone = printable(knock->zone);

	if (!source || !zone)
		return -ENOMEM;
	if (!writer->n++)
		layout_row(&writer->layout, heading, 5);
	snprintf(port, sizeof(port), "%s port %u%s%s", knock->to, knock->port,
	         strcmp(knock->protocol, "tcp") == 0 ? "" : "/",
	         strcmp(knock->protocol, "tcp") == 0 ? "" : knock->protocol);
	const struct cell cells[] = {
	    {count_format(knock->count, count), 1, 9, LAYOUT_PLAIN},
	    {source, 11, 21, LAYOUT_PLAIN},
	    {zone, 33, 9, LAYOUT_PLAIN},
	    {port, 43, 22, LAYOUT_PLAIN},
	    {local_time(knock->last, when), 66, 0, LAYOUT_PLAIN},
	};
	layout_row(&writer->layout, cells, 5);
	return 0;
}

int report_knocks(struct history *history, time_t since, const struct report_style *style,
                  FILE *out, struct error **ret_error)
{
	struct log_writer writer = {.layout = layout_of(style, out)};
	int status =
	    history_read_knocks(history, since, KNOCKS_SHOWN, write_knock, &writer, ret_error);

	if (status == 0 && !style->quiet)
		fputs(
		    writer.n
		        ? "\nAt least so many: the wall logs a hundred packets a second at most.\n"
		        : "Nobody was turned away in that time.\n",
		    out);
	return status == 0 && ferror(out) ? -EIO : status;
}

/* Adds one row of who knocked. */
static int add_knock(const struct history_knock *knock, void *data)
{
	struct collector *collector = data;
	struct json_builder *builder = &collector->builder;
	json_t *object = json_object(), *to = json_object();

	json_put(builder, to, "address", text_json(knock->to));
	json_put(builder, to, "port", json_integer(knock->port));
	json_put(builder, object, "source", text_json(knock->source));
	json_put(builder, object, "zone", *knock->zone ? text_json(knock->zone) : json_null());
	json_put(builder, object, "in", *knock->in ? text_json(knock->in) : json_null());
	json_put(builder, object, "to", to);
	json_put(builder, object, "proto", text_json(knock->protocol));
	json_put(builder, object, "packets", count_json(knock->count));
	json_put(builder, object, "first", time_json(knock->first));
	json_put(builder, object, "last", time_json(knock->last));
	json_append(builder, collector->list, object);
	return collector->builder.failed ? -ENOMEM : 0;
}

int report_knocks_json(struct history *history, time_t since, FILE *out, struct error **ret_error)
{
	struct collector collector = {.list = json_array()};
	int status =
	    history_read_knocks(history, since, KNOCKS_MOST, add_knock, &collector, ret_error);

	return write_collected(&collector, "knocks", status, out);
}

/* Writes one row of who got in. 0 or -ENOMEM. */
static int write_visit(const struct history_visit *visit, void *data)
{
	struct log_writer *writer = data;
	char count[COUNT_TEXT], port[PORT_ROOM], when[TIME_ROOM];
	const struct cell heading[] = {
	    {"FLOWS", 1, 0, LAYOUT_HEAD}, {"SENDER", 9, 0, LAYOUT_HEAD},
	    {"ZONE", 29, 0, LAYOUT_HEAD}, {"CONTAINER, BY", 38, 0, LAYOUT_HEAD},
	    {"LAST", 66, 0, LAYOUT_HEAD},
	};
	_cleanup_free_ char *source = printable(visit->source), *zone = printable(visit->zone);
	_cleanup_free_ char *text = NULL, *to = NULL;

	snprintf(port, sizeof(port), "%s port %u%s%s", visit->to, visit->port,
	         strcmp(visit->protocol, "tcp") == 0 ? "" : "/",
	         strcmp(visit->protocol, "tcp") == 0 ? "" : visit->protocol);
	if (asprintf(&text, "%s, %s by %s", *visit->container ? visit->container : visit->endpoint,
	             visit->path, port) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	to = printable(text);
	if (!source || !zone || !to)
		return -ENOMEM;
	if (!writer->n++)
		layout_row(&writer->layout, heading, 5);
	const struct cell cells[] = {
	    {count_format(visit->flows, count), 1, 7, LAYOUT_PLAIN},
	    {source, 9, 19, LAYOUT_PLAIN},
	    {zone, 29, 8, LAYOUT_PLAIN},
	    {to, 38, 27, LAYOUT_PLAIN},
	    {local_time(visit->last, when), 66, 0, LAYOUT_PLAIN},
	};
	layout_row(&writer->layout, cells, 5);
	return 0;
}

int report_visits(struct history *history, const struct log_query *query,
                  const struct report_style *style, FILE *out, struct error **ret_error)
{
	struct log_writer writer = {.layout = layout_of(style, out)};
	int status = history_read_visits(history, query->since, query->container, KNOCKS_SHOWN,
	                                 write_visit, &writer, ret_error);

	if (status == 0 && !style->quiet)
		fputs(
		    writer.n
		        ? "\nEach new flow from outside to a container counts, meant or not; where "
		          "very many come at once the kernel tells of some only.\n"
		        : "Nobody got in from outside in that time.\n",
		    out);
	return status == 0 && ferror(out) ? -EIO : status;
}

/* Adds one row of who got in. */
static int add_visit(const struct history_visit *visit, void *data)
{
	struct collector *collector = data;
	struct json_builder *builder = &collector->builder;
	json_t *object = json_object(), *to = json_object();

	json_put(builder, to, "address", text_json(visit->to));
	json_put(builder, to, "port", json_integer(visit->port));
	json_put(builder, object, "source", text_json(visit->source));
	json_put(builder, object, "zone", *visit->zone ? text_json(visit->zone) : json_null());
	json_put(builder, object, "in", *visit->in ? text_json(visit->in) : json_null());
	json_put(builder, object, "to", to);
	json_put(builder, object, "proto", text_json(visit->protocol));
	json_put(builder, object, "container",
	         *visit->container ? text_json(visit->container) : json_null());
	json_put(builder, object, "endpoint", text_json(visit->endpoint));
	json_put(builder, object, "path", text_json(visit->path));
	json_put(builder, object, "flows", count_json(visit->flows));
	json_put(builder, object, "first", time_json(visit->first));
	json_put(builder, object, "last", time_json(visit->last));
	json_append(builder, collector->list, object);
	return collector->builder.failed ? -ENOMEM : 0;
}

int report_visits_json(struct history *history, const struct log_query *query, FILE *out,
                       struct error **ret_error)
{
	struct collector collector = {.list = json_array()};
	int status = history_read_visits(history, query->since, query->container, KNOCKS_MOST,
	                                 add_visit, &collector, ret_error);

	return write_collected(&collector, "visits", status, out);
}
