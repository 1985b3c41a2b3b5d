/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the clerk works with, and how its files share it; see clerk.h. */
#pragma once

#include "base/say.h"
#include "clerk/knocks.h"
#include "clerk/metrics.h"
#include "clerk/visits.h"
#include "history/history.h"
#include "http/listen.h"
#include "intent/policy.h"
#include "observe/snapshot.h"

#include <time.h>

struct MHD_Daemon;

/* A place where requests are answered. */
struct counter {
	struct desk *desk;
	struct http_socket socket; /* fd -1: none */
	bool control;              /* the history too, and not measurements alone */
	struct MHD_Daemon *server; /* the clerk's */
};

struct desk {
	/* Opened by the guard. */
	struct knocks *knocks; /* NULL: nobody is counted */
	struct visits *visits;
	struct counter metrics, control;
	char *history_path;
	struct listener listener;
	/* The clerk's own. */
	struct history *history; /* NULL: it cannot be opened */
	bool forgets;            /* what happens cannot be remembered, and that was said */
	int64_t reopen;          /* when to try to open the history again */
	struct tally *knocked, *visited;
	struct metrics *numbers;
	struct policy *policy; /* NULL: none could be read yet */
	struct snapshot *seen; /* what is kept of the last look at the host: known.h */
	int64_t trimmed;       /* when: of clock_milliseconds() */
};

/* Works until the guard lets go of the other end of `wire`. Does not return. */
void desk_run(struct desk *desk, int wire) __attribute__((nonnull, noreturn));

/* The history, opened again where it could not be before; NULL: it cannot be. Borrowed. */
struct history *desk_history(struct desk *desk) __attribute__((nonnull));
/* Says a status of the history once, and when it fails again. */
void desk_note_history(struct desk *desk, int status, const struct error *error)
    __attribute__((nonnull(1)));

/* Takes what a proof left: who gets in, and measurements. */
void desk_take_proof(struct desk *desk, int fd, time_t when) __attribute__((nonnull));
/* Takes a capture of the host, and keeps of it what names zones, interfaces and containers. */
void desk_take_seen(struct desk *desk, int fd) __attribute__((nonnull));
/* Takes the policy. */
void desk_take_policy(struct desk *desk, int fd, const char *name, bool has_uplinks,
                      const char *const *uplinks, size_t n) __attribute__((nonnull(1, 3)));

/* Takes in who knocked and who got in. Whether somebody did, so that there is something to write.
 */
bool desk_count(struct desk *desk) __attribute__((nonnull));
/* Writes it down. */
void desk_flush(struct desk *desk) __attribute__((nonnull));

/* Begins to answer at a counter that has a socket; its descriptor for poll(), and work on it. */
bool counter_open(struct counter *counter) __attribute__((nonnull));
int counter_fd(const struct counter *counter) __attribute__((nonnull));
void counter_serve(struct counter *counter) __attribute__((nonnull));
