/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon: keeps the wall what the policy asks for. */
#include "guard/guard.h"

#include "audit/audit.h"
#include "change/pending.h"
#include "change/policy_load.h"
#include "change/state.h"
#include "guard/events.h"
#include "observe/nft_read.h"
#include "observe/observe.h"
#include "wall/stage.h"
#include "wall/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SOON = 40,            /* ms from the first event to the first look */
	SETTLED = 700,        /* and from the last one to another, when the engine has finished */
	QUIET = 5000,         /* and to a proof */
	PROOF_EVERY = 600000, /* at the latest */
	LINE_ROOM = 512,
};

struct guard {
	const struct guard_options *options;
	struct events *events;
	struct policy *policy;     /* the last good one */
	struct bytes wall;         /* the transaction that is to be in force */
	struct snapshot *expected; /* what it makes of an empty host */
	uint64_t heals;
};

/* Says something by a printf format. */
static void say(const struct guard *guard, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(const struct guard *guard, const char *format, ...)
{
	char line[LINE_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	guard->options->say(line, guard->options->data);
}

/* Milliseconds of a clock that is never set. */
static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Reads the policy; one that cannot be read changes nothing. */
static void load_policy(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;
	struct policy *policy = NULL;

	if (policy_load(guard->options->policy, &policy, &error) < 0) {
		say(guard, "%s%s", error_message(error),
		    guard->policy ? ": the policy before is kept" : "");
		return;
	}
	policy_free(guard->policy);
	guard->policy = policy;
}

/* Sends the wall. Whether it is in force. */
static bool send_wall(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;

	if (!guard->wall.len)
		return false;
	if (wall_commit(&guard->wall, &error) == 0)
		return true;
	say(guard, "the wall is not up: %s", error_message(error));
	return false;
}

/* Whether what is in the kernel is what should be. */
static bool is_intact(const struct guard *guard)
{
	struct netview view = {0};
	bool intact = nft_read(&view, NULL) == 0 && guard->expected &&
	              wall_same(&view, &guard->expected->net);

	netview_done(&view);
	return intact;
}

/* Puts the wall up again if somebody touched it. */
static void heal(struct guard *guard)
{
	int64_t begun = now();

	if (!guard->wall.len || is_intact(guard))
		return;
	if (!send_wall(guard))
		return;
	guard->heals++;
	say(guard, "somebody changed the wall: put up again in %lld ms",
	    (long long)(now() - begun));
}

/* Keeps what the new wall makes of an empty host, for comparison. False without memory. */
static bool expect(struct guard *guard, const struct bytes *transaction)
{
	_cleanup_snapshot_ struct snapshot *expected = snapshot_new();
	struct bytes copy = {0};

	if (!expected || wall_stage(expected, transaction, NULL) < 0 ||
	    bytes_append(&copy, transaction->data, transaction->len, WALL_TRANSACTION_MOST) < 0) {
		bytes_done(&copy);
		return false;
	}
	snapshot_free(guard->expected);
	guard->expected = steal_pointer(&expected);
	bytes_done(&guard->wall);
	guard->wall = copy;
	return true;
}

/* Makes the wall's transaction for a host. 0 or a negative errno. */
static int make_wall(const struct guard *guard, const struct snapshot *snapshot,
                     struct bytes *ret_transaction, size_t *ret_doors)
{
	_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
	_cleanup_(cleanup_wall_free) struct wall *wall = NULL;
	int status = intent_make(guard->policy, snapshot, &intent);

	if (status == 0)
		status = wall_make(intent, snapshot, false, &wall);
	if (status == 0)
		status = wall_transaction(wall, ret_transaction);
	*ret_doors = wall ? wall->doors.n : 0;
	return status;
}

/* Whether two transactions are the same bytes. */
static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

/* Looks at the host and puts up the wall for it, if that is another one. */
static void look(struct guard *guard)
{
	const struct observe_options options = {.socket = guard->options->docker};
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	struct bytes transaction = {0};
	int64_t begun = now();
	struct pending pending;
	size_t doors = 0;

	/* Somebody tries another wall, and will say whether it stays. */
	if (pending_read(&pending) || !guard->policy)
		return;
	if (observe_host(&options, &snapshot, NULL) < 0 || snapshot->engine.status != ENGINE_OK) {
		say(guard, "the engine does not answer: the wall stays as it is");
		return;
	}
	if (make_wall(guard, snapshot, &transaction, &doors) < 0)
		say(guard, "out of memory: the wall stays as it is");
	else if (!same_bytes(&transaction, &guard->wall) && expect(guard, &transaction) &&
	         send_wall(guard))
		say(guard, "the wall is up for what runs now: %zu doors, after %lld ms", doors,
		    (long long)(now() - begun));
	bytes_done(&transaction);
}

/* Proves the host as it is, and says what is wrong. */
static void prove(struct guard *guard)
{
	const struct observe_options options = {.socket = guard->options->docker};
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
	_cleanup_(cleanup_audit_free) struct audit *audit = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct audit_options asked = {0};
	const char *last = "";

	if (!guard->policy || observe_host(&options, &snapshot, &error) < 0 ||
	    intent_make(guard->policy, snapshot, &intent) < 0)
		return;
	asked.intent = intent;
	if (audit_run(snapshot, &asked, &audit, &error) < 0) {
		say(guard, "it could not be proved: %s", error_message(error));
		return;
	}
	say(guard, "proved with %llu packets: %zu findings, %llu disagreements",
	    (unsigned long long)audit->packets, audit->findings.n,
	    (unsigned long long)audit->disagree);
	vec_foreach(finding, &audit->findings) {
		if (strcmp(finding->why, last) != 0)
			say(guard, "%s: %s: %s", severity_name(finding->severity), finding->subject,
			    finding->why);
		last = finding->why;
	}
}

/* When what is due next; INT64_MAX: never. */
struct agenda {
	int64_t look, settled, proof;
};

static int64_t earliest(const struct agenda *agenda)
{
	int64_t due = agenda->look < agenda->settled ? agenda->look : agenda->settled;

	return due < agenda->proof ? due : agenda->proof;
}

/* Does what is due. */
static void work_off(struct guard *guard, struct agenda *agenda)
{
	int64_t time = now();

	if (agenda->look <= time || agenda->settled <= time) {
		if (agenda->settled <= time)
			agenda->settled = INT64_MAX;
		agenda->look = INT64_MAX;
		look(guard);
	}
	if (agenda->proof <= time) {
		prove(guard);
		agenda->proof = now() + PROOF_EVERY;
	}
}

/* Takes in what happened. */
static void take_events(struct guard *guard, struct agenda *agenda, int happened)
{
	int64_t time = now();

	if (happened & EVENT_WALL)
		heal(guard);
	if (happened & EVENT_RELOAD) {
		load_policy(guard);
		agenda->look = time;
	}
	if (happened & EVENT_LINKS && agenda->look == INT64_MAX)
		agenda->look = time + SOON;
	if (happened & (EVENT_LINKS | EVENT_RULES)) {
		agenda->settled = time + SETTLED;
		agenda->proof = time + QUIET;
	}
}

/* The loop. 0 or a negative errno. */
static int run(struct guard *guard)
{
	struct agenda agenda = {.look = 0, .settled = INT64_MAX, .proof = now() + QUIET};
	int happened = 0;

	while (!(happened & EVENT_END)) {
		int64_t wait;

		work_off(guard, &agenda);
		wait = earliest(&agenda) - now();
		happened = events_wait(guard->events, wait < 0 ? 0 : (int)wait);
		if (happened < 0)
			return happened;
		take_events(guard, &agenda, happened);
	}
	return 0;
}

int guard_run(const struct guard_options *options, struct error **ret_error)
{
	struct guard guard = {.options = options};
	int status = policy_load(options->policy, &guard.policy, ret_error);

	if (status == 0)
		status = events_new(&guard.events, ret_error);
	if (status == 0) {
		say(&guard, "guards by %s", options->policy);
		status = run(&guard);
		if (status < 0)
			status = error_set(ret_error, -status, "cannot wait for events: %s",
			                   strerror(-status));
		else
			say(&guard, "ends; the wall stays up");
	}
	events_free(guard.events);
	policy_free(guard.policy);
	snapshot_free(guard.expected);
	bytes_done(&guard.wall);
	return status;
}
