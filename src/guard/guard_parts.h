/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard's files share; see guard.h. */
#pragma once

#include "base/bytes.h"
#include "audit/audit.h"
#include "change/state.h"
#include "clerk/clerk.h"
#include "guard/events.h"
#include "guard/guard.h"
#include "guard/job.h"
#include "guard/notify.h"
#include "guard/problems.h"
#include "guard/service.h"
#include "intent/policy.h"
#include "observe/snapshot.h"

#include <sys/stat.h>

/* The process that listens to the engine. */
struct herald {
	pid_t pid; /* 0: there is none */
	int wire;
	unsigned of; /* guard.changes that it knows */
};

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
	struct clerk *clerk; /* who remembers, counts and answers */
	struct job proof, look;
	struct herald herald;
	/* Walls of containers that have started since the look began: it may not have seen them. */
	VEC(struct bytes) since;
	int64_t look_begun;
	unsigned changes, look_of; /* of what walls are made of; and those that the look knows */
	int seen;                  /* the file in which it leaves a capture for the clerk */
	bool clerk_knows;          /* of the host, from some look */
	struct notify *notify;
	struct problems *problems; /* that the last proof found */
	bool asleep;               /* somebody took the wall away, for good */
	bool frozen; /* what is kept comes from no file: it can only be kept up as it is */
};

/*
 * Says something by a printf format, and remembers it: kinds are "wall", "heal", "policy", "proof",
 * "problem", "solved", "trouble". `container` may be NULL.
 */
void guard_record(struct guard *guard, const char *kind, const char *container, const char *format,
                  ...) __attribute__((format(printf, 4, 5), nonnull(1, 2, 4)));

/* Begins a proof, unless one is under way: then there is another one after it. */
void guard_prove(struct guard *guard) __attribute__((nonnull));
/* Takes in one that has ended. Whether another is asked for. */
bool guard_proved(struct guard *guard) __attribute__((nonnull));

/* What a look at the host left. */
struct look_result {
	bool made;                  /* a wall */
	struct bytes wall;          /* its transaction */
	struct state_names bridges; /* that it walls in */
	size_t doors;
	struct state_names uplinks; /* where they were not known */
	bool of_before;             /* a policy, or a kind of wall, that is no more */
	char *trouble;              /* why there is none; NULL also without memory */
};
void look_result_done(struct look_result *look) __attribute__((nonnull));

/* Reads what was left, from its beginning to its end. False where it is cut. */
bool look_result_read(const char *at, const char *end, struct look_result *ret_look)
    __attribute__((nonnull));

/* Leaves the wall for what was seen, in a child. 0 or a negative errno, with a sentence or none. */
int guard_leave_wall(FILE *out, const struct guard *guard, const struct snapshot *snapshot,
                     struct error **ret_error) __attribute__((nonnull(1, 2, 3)));

/* Starts a herald where one would help and there is none that knows what the guard knows. */
void guard_start_herald(struct guard *guard) __attribute__((nonnull));
void guard_end_herald(struct guard *guard) __attribute__((nonnull));

/* What the herald says. */
enum herald_word {
	HERALD_SILENT, /* nothing that is to be acted on */
	HERALD_PART,   /* the wall of a container that has started, in *ret_look */
	HERALD_BACK,   /* the engine tells again: something may have been missed */
	HERALD_DEAD,   /* it has ended, and was taken away */
};
/* Takes in one message. The result is to be released in any case. */
enum herald_word guard_heard(struct guard *guard, struct look_result *ret_look)
    __attribute__((nonnull));

/*
 * Adds the doors of a container that has just started, and of those that the herald has told of
 * since: *part and *word are what it said last. False where it takes a look at all.
 */
bool guard_grow(struct guard *guard, struct look_result *part, enum herald_word *word)
    __attribute__((nonnull));
/* Adds to the wall that a look made what has started since it began, and forgets that. */
void guard_add_since(struct guard *guard, struct look_result *look) __attribute__((nonnull));
void guard_forget_since(struct guard *guard) __attribute__((nonnull));

/* Begins a look at the host, unless one is under way: then there is another one after it. */
void guard_look(struct guard *guard) __attribute__((nonnull));
/* Takes in one that has ended. Whether another is asked for. */
bool guard_looked(struct guard *guard, struct look_result *ret_look) __attribute__((nonnull));

/* Starts the clerk again, once some time has gone by since it ended, and tells it what it has to
 * know. False: not yet. */
bool guard_start_clerk(struct guard *guard) __attribute__((nonnull));
/* Tells the clerk of the policy and the uplinks. */
void guard_tell_policy(const struct guard *guard) __attribute__((nonnull));

/* Reads the policy; one that cannot be read changes nothing. */
void guard_load_policy(struct guard *guard) __attribute__((nonnull));

/* Takes over by which links the default route leaves, or left when somebody applied the policy. */
void guard_take_uplinks(struct guard *guard, const struct state_names *names)
    __attribute__((nonnull));

/* Makes a transaction the one that is to be in force. False without memory. */
bool guard_expect(struct guard *guard, const struct bytes *transaction) __attribute__((nonnull));

/* Takes the lock for a change, for change_unlock(). False while somebody else is at work on the
 * wall or tries one. */
bool guard_begin_change(void);

/* Sends the wall. Whether it is in force. */
bool guard_send(struct guard *guard) __attribute__((nonnull));

/* Takes in what others have done to what is kept: another wall, another policy, none at all. */
void guard_take_state(struct guard *guard) __attribute__((nonnull));
/* Whether nobody has done so since. */
bool guard_is_current(const struct guard *guard) __attribute__((nonnull));

/* Keeps the wall that was just put up, with the engines' bridges. */
void guard_keep_state(struct guard *guard, const char *const *bridges, size_t n)
    __attribute__((nonnull(1)));
