/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the history. */
#include "history/history_parts.h"

#include <errno.h>

/* A column as text; "" where it has none. Borrowed until the next step. */
static const char *column_text(sqlite3_stmt *statement, int at)
{
	const char *text = (const char *)sqlite3_column_text(statement, at);

	return text ? text : "";
}

/* Walks the rows of a statement, which it releases. */
static int walk(struct history *history, sqlite3_stmt *statement,
                int (*row)(sqlite3_stmt *statement, const void *reader), const void *reader,
                struct error **ret_error)
{
	int status = 0, code = SQLITE_DONE;

	while (status == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
		status = row(statement, reader);
	if (status == 0 && code != SQLITE_DONE)
		status = history_failed(history, ret_error);
	sqlite3_finalize(statement);
	return status;
}

static int log_row(sqlite3_stmt *statement, const void *data)
{
	const struct log_reader *reader = data;
	struct history_line line = {
	    .when = (time_t)sqlite3_column_int64(statement, 0),
	    .kind = column_text(statement, 1),
	    .container = column_text(statement, 2),
	    .text = column_text(statement, 3),
	};

	if (sqlite3_column_type(statement, 4) != SQLITE_NULL) {
		line.endpoint = column_text(statement, 4);
		line.path = column_text(statement, 5);
		line.in = column_text(statement, 6);
		line.zone = column_text(statement, 7);
		line.to = column_text(statement, 8);
		line.port = (uint16_t)sqlite3_column_int(statement, 9);
		line.sources = column_text(statement, 10);
		line.rule = column_text(statement, 11);
		line.meant = sqlite3_column_int(statement, 12);
	}
	return reader->see(&line, reader->data);
}

int history_read_log(struct history *history, time_t since, const char *container,
                     int (*see)(const struct history_line *line, void *data), void *data,
                     struct error **ret_error)
{
	const struct log_reader reader = {see, data};
	sqlite3_stmt *statement;

	if (history->remote)
		return history_ask_log(history, since, container, &reader, ret_error);
	statement = history_prepare(
	    history,
	    "SELECT * FROM (SELECT time, kind, container, text, NULL, NULL, NULL, NULL, NULL, "
	    "NULL, "
	    "NULL, NULL, NULL, rowid"
	    " FROM event WHERE time >= ?1 AND (?2 = '' OR container = ?2) UNION ALL "
	    "SELECT since, 'open', container, '', endpoint, path, iface, zone, address, port, "
	    "sources,"
	    " rule, meant, rowid FROM reach WHERE since >= ?1 AND (?2 = '' OR container = ?2) "
	    "UNION ALL "
	    "SELECT until, 'closed', container, '', endpoint, path, iface, zone, address, port, "
	    "sources,"
	    " rule, meant, rowid FROM reach WHERE until >= ?1 AND (?2 = '' OR container = ?2)"
	    " ORDER BY 1 DESC, 14 DESC LIMIT ?3) ORDER BY 1, 14",
	    ret_error);

	if (!statement)
		return -EIO;
	sqlite3_bind_int64(statement, 1, since);
	bind_text(statement, 2, container);
	sqlite3_bind_int64(statement, 3, HISTORY_LINES_MOST);
	return walk(history, statement, log_row, &reader, ret_error);
}

static int knock_row(sqlite3_stmt *statement, const void *data)
{
	const struct knock_reader *reader = data;
	const struct history_knock knock = {
	    .source = column_text(statement, 0),
	    .zone = column_text(statement, 1),
	    .in = column_text(statement, 2),
	    .to = column_text(statement, 3),
	    .port = (uint16_t)sqlite3_column_int(statement, 4),
	    .protocol = column_text(statement, 5),
	    .count = (uint64_t)sqlite3_column_int64(statement, 6),
	    .first = (time_t)sqlite3_column_int64(statement, 7),
	    .last = (time_t)sqlite3_column_int64(statement, 8),
	};

	return reader->see(&knock, reader->data);
}

int history_read_knocks(struct history *history, time_t since, size_t most,
                        int (*see)(const struct history_knock *knock, void *data), void *data,
                        struct error **ret_error)
{
	const struct knock_reader reader = {see, data};
	sqlite3_stmt *statement;

	if (history->remote)
		return history_ask_knocks(history, since, most, &reader, ret_error);
	statement = history_prepare(
	    history,
	    "SELECT source, max(zone), max(iface), address, port, protocol, sum(count), min(first),"
	    " max(last) FROM knock WHERE last >= ?1 GROUP BY source, address, port, protocol"
	    " ORDER BY 7 DESC, 9 DESC LIMIT ?2",
	    ret_error);

	if (!statement)
		return -EIO;
	sqlite3_bind_int64(statement, 1, since);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)most);
	return walk(history, statement, knock_row, &reader, ret_error);
}

static int visit_row(sqlite3_stmt *statement, const void *data)
{
	const struct visit_reader *reader = data;
	const struct history_visit visit = {
	    .source = column_text(statement, 0),
	    .zone = column_text(statement, 1),
	    .in = column_text(statement, 2),
	    .to = column_text(statement, 3),
	    .port = (uint16_t)sqlite3_column_int(statement, 4),
	    .protocol = column_text(statement, 5),
	    .container = column_text(statement, 6),
	    .endpoint = column_text(statement, 7),
	    .path = column_text(statement, 8),
	    .flows = (uint64_t)sqlite3_column_int64(statement, 9),
	    .first = (time_t)sqlite3_column_int64(statement, 10),
	    .last = (time_t)sqlite3_column_int64(statement, 11),
	};

	return reader->see(&visit, reader->data);
}

int history_read_visits(struct history *history, time_t since, const char *container, size_t most,
                        int (*see)(const struct history_visit *visit, void *data), void *data,
                        struct error **ret_error)
{
	const struct visit_reader reader = {see, data};
	sqlite3_stmt *statement;

	if (history->remote)
		return history_ask_visits(history, since, container, most, &reader, ret_error);
	statement =
	    history_prepare(history,
	                    "SELECT source, max(zone), max(iface), address, port, protocol, "
	                    "container, endpoint, path,"
	                    " sum(flows), min(first), max(last) FROM visit"
	                    " WHERE last >= ?1 AND (?3 = '' OR container = ?3)"
	                    " GROUP BY source, address, port, protocol, container, endpoint, path"
	                    " ORDER BY 12 DESC, 10 DESC LIMIT ?2",
	                    ret_error);

	if (!statement)
		return -EIO;
	sqlite3_bind_int64(statement, 1, since);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)most);
	bind_text(statement, 3, container);
	return walk(history, statement, visit_row, &reader, ret_error);
}
