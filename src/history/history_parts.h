/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the history share; see history.h. */
#pragma once

#include "history/history.h"

#include <sqlite3.h>

struct history {
	sqlite3 *db;
	char *path;
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

static inline void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text ? text : "", -1, SQLITE_TRANSIENT);
}
