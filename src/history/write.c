/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing into the history. */
#include "history/history_parts.h"

#include <errno.h>

enum { HOUR = 3600 };

int history_event(struct history *history, time_t when, const char *kind, const char *container,
                  const char *text, struct error **ret_error)
{
	sqlite3_stmt *statement =
	    history_prepare(history, "INSERT INTO event VALUES (?1, ?2, ?3, ?4)", ret_error);
	int status;

	if (!statement)
		return -EIO;
	sqlite3_bind_int64(statement, 1, when);
	bind_text(statement, 2, kind);
	bind_text(statement, 3, container);
	bind_text(statement, 4, text);
	status = history_step(history, statement, ret_error);
	sqlite3_finalize(statement);
	return status;
}

/* Ends a transaction as its status asks for. Returns that, or the failure of its end. */
static int end(struct history *history, int status, struct error **ret_error)
{
	if (status == 0)
		status = history_run(history, "COMMIT", ret_error);
	if (status < 0)
		(void)history_run(history, "ROLLBACK", NULL);
	return status;
}

/* Begins a way, or marks it as seen where it is open already. */
static int see_way(struct history *history, sqlite3_stmt *statement, time_t now,
                   const struct history_reach *way, struct error **ret_error)
{
	bind_text(statement, 1, way->endpoint);
	bind_text(statement, 2, way->container);
	bind_text(statement, 3, way->path);
	bind_text(statement, 4, way->in);
	bind_text(statement, 5, way->zone);
	bind_text(statement, 6, way->to);
	sqlite3_bind_int(statement, 7, way->port);
	bind_text(statement, 8, way->sources);
	bind_text(statement, 9, way->rule);
	sqlite3_bind_int(statement, 10, way->meant);
	sqlite3_bind_int64(statement, 11, now);
	return history_step(history, statement, ret_error);
}

int history_reach(struct history *history, time_t now, const struct history_reach *ways, size_t n,
                  struct error **ret_error)
{
	sqlite3_stmt *see = NULL, *close = NULL;
	int status = history_run(history,
	                         "BEGIN IMMEDIATE; UPDATE reach SET seen = 0 WHERE until "
	                         "IS NULL AND seen <> 0",
	                         ret_error);

	if (status < 0)
		return end(history, status, ret_error);
	see = history_prepare(
	    history,
	    "INSERT INTO reach VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, NULL, 1)"
	    " ON CONFLICT (endpoint, path, iface, address, port, zone, meant) WHERE until IS NULL"
	    " DO UPDATE SET seen = 1",
	    ret_error);
	close = history_prepare(
	    history, /* The clock of day may have gone back. */
	    "UPDATE reach SET until = max(?1, since) WHERE until IS NULL AND seen = 0", ret_error);
	if (!see || !close)
		status = -EIO;
	for (size_t i = 0; i < n && status == 0; i++)
		status = see_way(history, see, now, &ways[i], ret_error);
	if (status == 0) {
		sqlite3_bind_int64(close, 1, now);
		status = history_step(history, close, ret_error);
	}
	sqlite3_finalize(see);
	sqlite3_finalize(close);
	return end(history, status, ret_error);
}

int history_knocks(struct history *history, const struct history_knock *knocks, size_t n,
                   struct error **ret_error)
{
	sqlite3_stmt *statement = NULL;
	int status = history_run(history, "BEGIN IMMEDIATE", ret_error);

	if (status < 0)
		return status;
	statement = history_prepare(
	    history,
	    "INSERT INTO knock VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
	    " ON CONFLICT (hour, source, address, port, protocol, iface) DO UPDATE SET"
	    " count = count + excluded.count, last = max(last, excluded.last)",
	    ret_error);
	if (!statement)
		status = -EIO;
	for (size_t i = 0; i < n && status == 0; i++) {
		const struct history_knock *knock = &knocks[i];

		sqlite3_bind_int64(statement, 1, knock->first - knock->first % HOUR);
		bind_text(statement, 2, knock->source);
		bind_text(statement, 3, knock->zone);
		bind_text(statement, 4, knock->in);
		bind_text(statement, 5, knock->to);
		sqlite3_bind_int(statement, 6, knock->port);
		bind_text(statement, 7, knock->protocol);
		sqlite3_bind_int64(statement, 8, (sqlite3_int64)knock->count);
		sqlite3_bind_int64(statement, 9, knock->first);
		sqlite3_bind_int64(statement, 10, knock->last);
		status = history_step(history, statement, ret_error);
	}
	sqlite3_finalize(statement);
	return end(history, status, ret_error);
}

/* Adds one who got in. */
static int add_visit(struct history *history, sqlite3_stmt *statement,
                     const struct history_visit *visit, struct error **ret_error)
{
	sqlite3_bind_int64(statement, 1, visit->first - visit->first % HOUR);
	bind_text(statement, 2, visit->source);
	bind_text(statement, 3, visit->zone);
	bind_text(statement, 4, visit->in);
	bind_text(statement, 5, visit->to);
	sqlite3_bind_int(statement, 6, visit->port);
	bind_text(statement, 7, visit->protocol);
	bind_text(statement, 8, visit->container);
	bind_text(statement, 9, visit->endpoint);
	bind_text(statement, 10, visit->path);
	sqlite3_bind_int64(statement, 11, (sqlite3_int64)visit->flows);
	sqlite3_bind_int64(statement, 12, visit->first);
	sqlite3_bind_int64(statement, 13, visit->last);
	return history_step(history, statement, ret_error);
}

int history_visits(struct history *history, const struct history_visit *visits, size_t n,
                   struct error **ret_error)
{
	sqlite3_stmt *statement = NULL;
	int status = history_run(history, "BEGIN IMMEDIATE", ret_error);

	if (status < 0)
		return status;
	statement = history_prepare(
	    history,
	    "INSERT INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
	    " ON CONFLICT (hour, source, endpoint, path, address, port, protocol, container) DO "
	    "UPDATE"
	    " SET flows = flows + excluded.flows, last = max(last, excluded.last)",
	    ret_error);
	if (!statement)
		status = -EIO;
	for (size_t i = 0; i < n && status == 0; i++)
		status = add_visit(history, statement, &visits[i], ret_error);
	sqlite3_finalize(statement);
	return end(history, status, ret_error);
}
