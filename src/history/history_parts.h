/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the history share; see history.h. */
#pragma once

#include "history/history.h"

#include <sqlite3.h>

struct history {
	sqlite3 *db;
	char *path;
	bool remote; /* the path is a socket's, and there is no db */
};

/* Makes a sentence of what went wrong last. Returns a negative errno. */
int history_failed(const struct history *history, struct error **ret_error);

/* Prepares a statement, which sqlite3_finalize() releases; NULL with a sentence. */
sqlite3_stmt *history_prepare(struct history *history, const char *sql, struct error **ret_error);

/* Runs statements without values. 0 or a negative errno with a sentence. */
int history_run(struct history *history, const char *sql, struct error **ret_error);

/* Takes away the oldest quarter of all that is over. 0 or a negative errno with a sentence. */
int history_drop_oldest(struct history *history, struct error **ret_error);

/* Runs a statement that gives no rows, and makes it ready for other values. */
int history_step(struct history *history, sqlite3_stmt *statement, struct error **ret_error);

/* Who is told of rows. */
struct log_reader {
	int (*see)(const struct history_line *line, void *data);
	void *data;
};

struct knock_reader {
	int (*see)(const struct history_knock *knock, void *data);
	void *data;
};

struct visit_reader {
	int (*see)(const struct history_visit *visit, void *data);
	void *data;
};

/* The readers of history.h where a guard is asked. */
int history_ask_log(struct history *history, time_t since, const char *container,
                    const struct log_reader *reader, struct error **ret_error);
int history_ask_knocks(struct history *history, time_t since, size_t most,
                       const struct knock_reader *reader, struct error **ret_error);
int history_ask_visits(struct history *history, time_t since, const char *container, size_t most,
                       const struct visit_reader *reader, struct error **ret_error);

static inline void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text ? text : "", -1, SQLITE_TRANSIENT);
}
