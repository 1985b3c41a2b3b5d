/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard's files share; see guard.h. */
#pragma once

#include "base/bytes.h"
#include "audit/audit.h"
#include "change/state.h"
#include "guard/events.h"
#include "guard/guard.h"
#include "guard/job.h"
#include "guard/knocks.h"
#include "guard/metrics.h"
#include "guard/notify.h"
#include "guard/problems.h"
#include "guard/service.h"
#include "guard/visits.h"
#include "history/history.h"
#include "intent/policy.h"
#include "observe/snapshot.h"

#include <sys/stat.h>

struct guard {
	const struct guard_options *options;
	struct service service;
	struct events *events;
	char *policy_path;          /* owned */
	struct policy *policy;      /* the last good one; NULL: none could be read yet */
	struct state_names uplinks; /* that the policy is to know, once has_uplinks */
	bool has_uplinks;
	struct bytes wall;         /* the transaction that is to be in force; none: no wall yet */
	struct snapshot *expected; /* what it makes of an empty host */
	/* What is kept on disk, as it was last seen: others may put up another wall. */
	struct stat kept;
	bool has_kept, log_only;
	/* What is remembered; NULL: it cannot be. */
	struct history *history;
	struct knocks *knocks;
	struct visits *visits;
	struct tally *knocked, *visited; /* NULL: nobody is counted */
	struct job proof, look;
	int64_t look_begun;
	struct metrics *metrics;
	struct notify *notify;
	struct problems *problems; /* that the last proof found */
	bool forgets;              /* what happens cannot be remembered, and that was said */
	int64_t reopen;            /* when to try to open the history again */
	struct snapshot *seen;     /* what is kept of the last look at the host: known.h */
	time_t trimmed;
	bool asleep; /* somebody took the wall away, for good */
	bool frozen; /* what is kept comes from no file: it can only be kept up as it is */
};

/* Opens what is remembered and the log group. What cannot be had is said, and done without. */
void guard_memory_open(struct guard *guard) __attribute__((nonnull));
void guard_memory_close(struct guard *guard) __attribute__((nonnull));

/*
 * Says something by a printf format, and remembers it: kinds are "wall", "heal", "policy", "proof",
 * "problem", "solved", "trouble". `container` may be NULL.
 */
void guard_record(struct guard *guard, const char *kind, const char *container, const char *format,
                  ...) __attribute__((format(printf, 4, 5), nonnull(1, 2, 4)));

/* Ways in, borrowed from whoever filled them. */
VEC_TYPE(ways, struct history_reach);
/* Collects all ways in that packets took; texts from the audit and in the arena. False without
 * memory. */
bool guard_collect_ways(const struct audit *audit, struct arena *arena, struct ways *ways)
    __attribute__((nonnull));
/* Remembers them: those that are new are open from now on, those that are missing no more. */
void guard_remember(struct guard *guard, const struct ways *ways) __attribute__((nonnull));

/* Begins a proof, unless one is under way: then there is another one after it. */
void guard_prove(struct guard *guard) __attribute__((nonnull));
/* Takes in one that has ended. Whether another is asked for. */
bool guard_proved(struct guard *guard) __attribute__((nonnull));

/* Begins a look at the host, unless one is under way: then there is another one after it. */
void guard_look(struct guard *guard) __attribute__((nonnull));
/* Takes in one that has ended; *ret_snapshot is NULL where it saw nothing, as was said. Whether
 * another is asked for. */
bool guard_looked(struct guard *guard, struct snapshot **ret_snapshot) __attribute__((nonnull));

/* Writes down who knocked and who got in, where somebody did. */
void guard_flush(struct guard *guard) __attribute__((nonnull));
/* Takes in who knocked and who got in. Whether there is something to write down. */
bool guard_count(struct guard *guard, int happened) __attribute__((nonnull));
/* The history, opened again where it could not be before; NULL: it cannot be. Borrowed. */
struct history *guard_history(struct guard *guard) __attribute__((nonnull));
/* Says a status of the history once, and when it fails again. */
void guard_note_history(struct guard *guard, int status, const struct error *error)
    __attribute__((nonnull(1)));
/* Listens, and writes down what was counted; for guard_memory_open(), guard_flush(). */
void guard_sightings_open(struct guard *guard) __attribute__((nonnull));
void guard_sightings_close(struct guard *guard) __attribute__((nonnull));

/* Keeps of a snapshot what names zones, interfaces and containers; takes it. */
void guard_keep_seen(struct guard *guard, struct snapshot *snapshot) __attribute__((nonnull(1)));

/* Says something by a printf format. */
void guard_say(const struct guard *guard, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/* Milliseconds of a clock that is never set. */
int64_t guard_now(void);

/* Reads the policy; one that cannot be read changes nothing. */
void guard_load_policy(struct guard *guard) __attribute__((nonnull));

/* Takes over by which links the default route leaves, or left when somebody applied the policy. */
void guard_take_uplinks(struct guard *guard, const struct state_names *names)
    __attribute__((nonnull));

/* Makes a transaction the one that is to be in force. False without memory. */
bool guard_expect(struct guard *guard, const struct bytes *transaction) __attribute__((nonnull));

/* Sends the wall. Whether it is in force. */
bool guard_send(struct guard *guard) __attribute__((nonnull));

/* Takes in what others have done to what is kept: another wall, another policy, none at all. */
void guard_take_state(struct guard *guard) __attribute__((nonnull));
/* Whether nobody has done so since. */
bool guard_is_current(const struct guard *guard) __attribute__((nonnull));

/* Keeps the wall that was just put up, with the engines' bridges. */
void guard_keep_state(struct guard *guard, const char *const *bridges, size_t n)
    __attribute__((nonnull(1)));
