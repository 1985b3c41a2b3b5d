/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard remembers: who could reach what from when to when, what happened, who knocked,
 * who got in.
 *
 * Theory of operation. One SQLite file in the state directory, with a write-ahead log, so that a
 * crash loses the last second at most and readers never wait for the guard. Everything that comes
 * from outside - names of containers, rules, addresses - is bound as a value, never written into
 * SQL. While a guard runs its clerk is asked rather than the file read: the clerk is less than
 * root, and what it wrote should be no file that root's programs take apart. The file cannot grow
 * beyond a cap: what is oldest goes first. A file that is damaged is put aside and a new one begun,
 * for a memory that is lost is no reason not to guard. Times are seconds since 1970. Strings are
 * borrowed for the call.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct history;

/* Where it is kept, in the state directory: a directory that belongs to the guard's clerk, the file
 * in it, and the socket at which the clerk is asked. The caller frees; NULL without memory. */
char *history_directory(void);
char *history_path(void);
char *history_socket(void);

/*
 * Opens the file at a path for writing, making it where there is none; or, for a reader, as it is:
 * -ENOENT where there is none. 0 and a history for history_close(), or a negative errno with a
 * sentence. *ret_set_aside, which may be NULL: a damaged file was put aside.
 */
int history_open(const char *path, bool writer, struct history **ret_history, bool *ret_set_aside,
                 struct error **ret_error) __attribute__((nonnull(1, 3), warn_unused_result));
/*
 * Asks a guard that runs for its history, at history_socket(): for reading alone. 0 and a history
 * for history_close(), or a negative errno with a sentence: -ENOENT or -ECONNREFUSED where no guard
 * runs, -EACCES where the caller may not ask.
 */
int history_connect(const char *socket, struct history **ret_history, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
/* Asks a guard if one runs, else opens the file for reading. As the two above. */
int history_find(struct history **ret_history, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
void history_close(struct history *history);
DEFINE_CLEANUP(struct history, history_close);

/*
 * Moves what stands in the log into the file, and cuts the log: a disk that was full has room again
 * only then. Whether it worked does not matter: the next write tells.
 */
void history_make_room(struct history *history) __attribute__((nonnull));

/* Adds something that happened. Kinds are words: "heal", "wall", "policy", "problem", ... 0 or a
 * negative errno with a sentence, as all that follow. */
int history_event(struct history *history, time_t when, const char *kind, const char *container,
                  const char *text, struct error **ret_error) __attribute__((nonnull(1, 3, 5)));

/* One way in that was open. */
struct history_reach {
	const char *endpoint, *container, *path, *in, *zone, *to, *sources, *rule;
	uint16_t port;
	bool meant;
};

/* Takes down what a proof found: ways that are new begin now, ways that are gone end now. */
int history_reach(struct history *history, time_t now, const struct history_reach *ways, size_t n,
                  struct error **ret_error) __attribute__((nonnull(1)));

/* Packets of one sender, to one port, in one hour. */
struct history_knock {
	const char *source, *zone, *in, *to, *protocol;
	uint16_t port;
	uint64_t count;
	time_t first, last;
};

/* Adds to what is known of the hour of each. */
int history_knocks(struct history *history, const struct history_knock *knocks, size_t n,
                   struct error **ret_error) __attribute__((nonnull(1)));

/* Flows of one sender, to one endpoint, in one hour. */
struct history_visit {
	const char *source, *zone, *in, *to, *protocol, *container, *endpoint, *path;
	uint16_t port;
	uint64_t flows;
	time_t first, last;
};

/* Adds to what is known of the hour of each. */
int history_visits(struct history *history, const struct history_visit *visits, size_t n,
                   struct error **ret_error) __attribute__((nonnull(1)));

/* Takes away what is too old, a day of it at a time, or too much: to be called each hour. */
int history_trim(struct history *history, time_t now, struct error **ret_error)
    __attribute__((nonnull(1)));

/* One line of the log: an event, or a way in that opened (kind "open") or closed ("closed"). */
struct history_line {
	time_t when;
	const char *kind, *container, *text;
	/* Of a way in; NULL and 0 otherwise. */
	const char *endpoint, *path, *in, *zone, *to, *sources, *rule;
	uint16_t port;
	bool meant;
};

enum { HISTORY_LINES_MOST = 20000 };

/* Calls see() for each line from a time on, oldest first, but only for the last HISTORY_LINES_MOST;
 * container NULL: of all. Stops where it returns something else than 0, which is returned. */
int history_read_log(struct history *history, time_t since, const char *container,
                     int (*see)(const struct history_line *line, void *data), void *data,
                     struct error **ret_error) __attribute__((nonnull(1, 4)));

/* The same for knocks from a time on: those with most packets first, at most so many. */
int history_read_knocks(struct history *history, time_t since, size_t most,
                        int (*see)(const struct history_knock *knock, void *data), void *data,
                        struct error **ret_error) __attribute__((nonnull(1, 4)));

/* The same for visits, of one container where it is not NULL: the latest first, at most so many. */
int history_read_visits(struct history *history, time_t since, const char *container, size_t most,
                        int (*see)(const struct history_visit *visit, void *data), void *data,
                        struct error **ret_error) __attribute__((nonnull(1, 5)));
