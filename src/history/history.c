/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the history, and keeping its size. */
#include "history/history_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	BUSY_MSEC = 2000,
	PAGE = 4096,
	PAGES_MOST = 65536, /* 256 MB */
	PAGES_FULL = PAGES_MOST / 4 * 3,
	DAYS_KNOCKS = 90,
	DAYS_OTHERS = 400,
	DAY = 24 * 3600,
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS event (time INTEGER NOT NULL, kind TEXT NOT NULL,"
    " container TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS event_time ON event (time);"
    "CREATE TABLE IF NOT EXISTS reach (endpoint TEXT NOT NULL, container TEXT NOT NULL,"
    " path TEXT NOT NULL, iface TEXT NOT NULL, zone TEXT NOT NULL, address TEXT NOT NULL,"
    " port INTEGER NOT NULL, sources TEXT NOT NULL, rule TEXT NOT NULL, meant INTEGER NOT NULL,"
    " since INTEGER NOT NULL, until INTEGER, seen INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX IF NOT EXISTS reach_open ON reach (endpoint, path, iface, address, port,"
    " zone, meant) WHERE until IS NULL;"
    "CREATE INDEX IF NOT EXISTS reach_until ON reach (until);"
    "CREATE TABLE IF NOT EXISTS knock (hour INTEGER NOT NULL, source TEXT NOT NULL,"
    " zone TEXT NOT NULL, iface TEXT NOT NULL, address TEXT NOT NULL, port INTEGER NOT NULL,"
    " protocol TEXT NOT NULL, count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT "
    "NULL,"
    " PRIMARY KEY (hour, source, address, port, protocol, iface)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS visit (hour INTEGER NOT NULL, source TEXT NOT NULL,"
    " zone TEXT NOT NULL, iface TEXT NOT NULL, address TEXT NOT NULL, port INTEGER NOT NULL,"
    " protocol TEXT NOT NULL, container TEXT NOT NULL, endpoint TEXT NOT NULL, path TEXT NOT NULL,"
    " flows INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (hour, source, endpoint, path, address, port, protocol, container)) WITHOUT "
    "ROWID;"
    "PRAGMA user_version = 1;";

int history_failed(const struct history *history, struct error **ret_error)
{
	int code = history->db ? sqlite3_errcode(history->db) : SQLITE_NOMEM;
	int number = code == SQLITE_NOMEM                              ? ENOMEM
	             : code == SQLITE_FULL                             ? ENOSPC
	             : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? EBADMSG
	             : code == SQLITE_BUSY                             ? EBUSY
	                                                               : EIO;

	return error_set(ret_error, number, "%s: %s", history->path,
	                 history->db ? sqlite3_errmsg(history->db) : "out of memory");
}

sqlite3_stmt *history_prepare(struct history *history, const char *sql, struct error **ret_error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(history->db, sql, -1, &statement, NULL) == SQLITE_OK)
		return statement;
	(void)history_failed(history, ret_error);
	return NULL;
}

int history_run(struct history *history, const char *sql, struct error **ret_error)
{
	return sqlite3_exec(history->db, sql, NULL, NULL, NULL) == SQLITE_OK
	           ? 0
	           : history_failed(history, ret_error);
}

int history_step(struct history *history, sqlite3_stmt *statement, struct error **ret_error)
{
	int status =
	    sqlite3_step(statement) == SQLITE_DONE ? 0 : history_failed(history, ret_error);

	sqlite3_reset(statement);
	return status;
}

/* Opens the file and looks whether it can be used. 0 or a negative errno with a sentence. */
static int open_file(struct history *history, bool writer, struct error **ret_error)
{
	int flags = writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
	char limit[64];
	int status;

	if (sqlite3_open_v2(history->path, &history->db, flags | SQLITE_OPEN_NOFOLLOW, NULL) !=
	    SQLITE_OK)
		return history_failed(history, ret_error);
	sqlite3_busy_timeout(history->db, BUSY_MSEC);
	if (!writer)
		return history_run(history, "SELECT count(*) FROM event", ret_error);
	snprintf(limit, sizeof(limit), "PRAGMA max_page_count = %d", PAGES_MOST);
	/* A short log, so that a small disk is not filled by it; and what is written once and read
	 * seldom needs no 2 MB of pages at hand. */
	status = history_run(history,
	                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	                     "PRAGMA cache_size = -256;"
	                     "PRAGMA wal_autocheckpoint = 100; PRAGMA journal_size_limit = 1048576",
	                     ret_error);
	if (status == 0)
		status = history_run(history, limit, ret_error);
	if (status == 0)
		status = history_run(history, "PRAGMA quick_check(1)", ret_error);
	return status == 0 ? history_run(history, schema, ret_error) : status;
}

/* Puts a damaged file aside, with what belongs to it. 0 or a negative errno with a sentence. */
static int set_aside(struct history *history, struct error **ret_error)
{
	static const char *const parts[] = {"", "-wal", "-shm"};

	sqlite3_close(history->db);
	history->db = NULL;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		_cleanup_free_ char *from = NULL, *to = NULL;

		if (asprintf(&from, "%s%s", history->path, parts[i]) < 0 ||
		    asprintf(&to, "%s.damaged%s", history->path, parts[i]) < 0)
			return error_set(ret_error, ENOMEM, "out of memory");
		if (rename(from, to) < 0 && errno != ENOENT)
			return error_set(ret_error, errno, "%s: %s", from, strerror(errno));
	}
	return 0;
}

int history_open(const char *path, bool writer, struct history **ret_history, bool *ret_set_aside,
                 struct error **ret_error)
{
	_cleanup_(cleanup_history_close) struct history *history = calloc(1, sizeof(*history));
	_cleanup_error_ struct error *error = NULL;
	bool aside = false;
	struct stat file;
	int status;

	if (!history || !(history->path = strdup(path)))
		return error_set(ret_error, ENOMEM, "out of memory");
	if (!writer && stat(path, &file) < 0)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
	status = open_file(history, writer, &error);
	if (status == -EBADMSG && writer) {
		aside = true;
		status = set_aside(history, ret_error);
		if (status == 0)
			status = open_file(history, true, ret_error);
	} else if (status < 0) {
		return error_set(ret_error, -status, "%s", error_message(error));
	}
	if (status < 0)
		return status;
	if (ret_set_aside)
		*ret_set_aside = aside;
	*ret_history = steal_pointer(&history);
	return 0;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	sqlite3_close(history->db);
	free(history->path);
	free(history);
}

void history_make_room(struct history *history)
{
	(void)sqlite3_wal_checkpoint_v2(history->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* The pages that are in use. */
static int pages_used(struct history *history, int64_t *ret_pages, struct error **ret_error)
{
	sqlite3_stmt *statement =
	    history_prepare(history,
	                    "SELECT (SELECT page_count FROM pragma_page_count)"
	                    " - (SELECT freelist_count FROM pragma_freelist_count)",
	                    ret_error);
	int status = 0;

	if (!statement)
		return -EIO;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*ret_pages = sqlite3_column_int64(statement, 0);
	else
		status = history_failed(history, ret_error);
	sqlite3_finalize(statement);
	return status;
}

/*
 * Deletes of a table what is older than a time, but no more than its oldest day: where the clock of
 * day jumps years ahead, what is remembered does not go at once. 0 or a negative errno with a
 * sentence. The names are our own.
 */
static int delete_before(struct history *history, const char *table, const char *column,
                         time_t time, struct error **ret_error)
{
	_cleanup_free_ char *sql = NULL;
	sqlite3_stmt *statement;
	int status;

	if (asprintf(&sql, "DELETE FROM %s WHERE %s < min(?1, (SELECT min(%s) FROM %s) + %d)",
	             table, column, column, table, DAY) < 0) {
		sql = NULL;
		return error_set(ret_error, ENOMEM, "out of memory");
	}
	statement = history_prepare(history, sql, ret_error);
	if (!statement)
		return -EIO;
	sqlite3_bind_int64(statement, 1, time);
	status = history_step(history, statement, ret_error);
	sqlite3_finalize(statement);
	return status;
}

int history_drop_oldest(struct history *history, struct error **ret_error)
{
	/* What is open still is of now, however long it has been. */
	return history_run(history,
	                   "DELETE FROM knock WHERE hour <= (SELECT hour FROM knock ORDER BY hour"
	                   " LIMIT 1 OFFSET (SELECT count(*) / 4 FROM knock));"
	                   "DELETE FROM visit WHERE hour <= (SELECT hour FROM visit ORDER BY hour"
	                   " LIMIT 1 OFFSET (SELECT count(*) / 4 FROM visit));"
	                   "DELETE FROM event WHERE time <= (SELECT time FROM event ORDER BY time"
	                   " LIMIT 1 OFFSET (SELECT count(*) / 4 FROM event));"
	                   "DELETE FROM reach WHERE until <= (SELECT until FROM reach"
	                   " WHERE until IS NOT NULL ORDER BY until LIMIT 1"
	                   " OFFSET (SELECT count(until) / 4 FROM reach))",
	                   ret_error);
}

int history_trim(struct history *history, time_t now, struct error **ret_error)
{
	static const struct {
		const char *table, *column;
		int days;
	} kinds[] = {{"knock", "hour", DAYS_KNOCKS},
	             {"visit", "hour", DAYS_OTHERS},
	             {"event", "time", DAYS_OTHERS},
	             {"reach", "until", DAYS_OTHERS}};
	int64_t pages = 0;
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(kinds) / sizeof(*kinds); i++)
		status = delete_before(history, kinds[i].table, kinds[i].column,
		                       now - (time_t)kinds[i].days * DAY, ret_error);
	if (status == 0)
		status = pages_used(history, &pages, ret_error);
	return status == 0 && pages > PAGES_FULL ? history_drop_oldest(history, ret_error) : status;
}
