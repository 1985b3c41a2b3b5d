/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon: keeps the wall what the policy asks for. */
#include "guard/guard_parts.h"

#include "audit/audit.h"
#include "change/apply.h"
#include "change/pending.h"
#include "change/policy_load.h"
#include "wall/stage.h"
#include "wall/docker_user.h"
#include "wall/keeper.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SOON = 40,     /* ms from the first event to the first look */
	LATER = 250,   /* the same where a herald tells who starts: it is not to be in its way */
	SETTLED = 700, /* and from the last one to another, when the engine has finished */
	BUSY = 200,    /* and to another try, while somebody else changes the wall */
	QUIET = 5000,  /* and to a proof */
	PROOF_EVERY = 600000, /* at the latest */
	CLERK_AGAIN = 1000,   /* from the end of a clerk to the next */
};

void guard_load_policy(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;
	struct policy *policy = NULL;

	if (policy_load(guard->policy_path, &policy, &error) < 0) {
		guard_record(guard, "policy", NULL, "%s%s", error_message(error),
		             guard->policy ? ": the policy before is kept" : "");
		return;
	}
	policy_free(guard->policy);
	guard->policy = policy;
	guard->changes++;
	guard_tell_policy(guard);
	if (guard->has_uplinks &&
	    policy_know_uplinks(policy, (const char *const *)guard->uplinks.items,
	                        guard->uplinks.n) < 0)
		listener_say(&guard->options->listener, "out of memory");
}

bool guard_send(struct guard *guard)
{
	_cleanup_error_ struct error *error = NULL;

	if (!guard->wall.len)
		return false;
	if (wall_commit(&guard->wall, &error) == 0) {
		events_watch(guard->events, keeper_pid());
		return true;
	}
	listener_say(&guard->options->listener, "the wall is not up: %s", error_message(error));
	return false;
}

/* Whether what is in the kernel is what should be. */
static bool is_intact(const struct guard *guard)
{
	struct netview view = {0};
	bool intact = wall_read(&view, NULL) == 0 && guard->expected &&
	              wall_same(&view, &guard->expected->net) && wall_hold_of(&view) != WALL_ORPHAN;

	netview_done(&view);
	return intact;
}

bool guard_begin_change(void)
{
	struct pending pending;

	if (!change_try_lock())
		return false;
	if (!pending_read(&pending))
		return true;
	change_unlock();
	return false;
}

/* Puts back what somebody else has just taken, as far as it is told of. False: not all of it may
 * be, and the whole wall is needed. */
static bool mend(struct guard *guard)
{
	_cleanup_(bytes_done) struct bytes transaction = {0};
	struct user_places places;

	return events_foreign(guard->events) && !docker_user_is(&guard->wall, &places) &&
	       wall_mend(&guard->wall, events_touched(guard->events), &transaction) == 0 &&
	       wall_commit(&transaction, NULL) == 0;
}

/* Undoes what was done to the wall, and says so. Whether it stands. */
static bool put_back(struct guard *guard)
{
	_cleanup_free_ char *author = strdup(events_author(guard->events));
	int64_t begun = clock_milliseconds(), ended;
	bool in_part = mend(guard);

	if (!in_part && !guard_send(guard))
		return false;
	ended = clock_milliseconds();
	events_undone(guard->events);
	clerk_healed(guard->clerk, "changed");
	guard_record(guard, "heal", NULL,
	             "somebody changed the wall%s%s%s: put up again in %lld ms",
	             author && *author ? " (" : "", author ? author : "",
	             author && *author ? ")" : "", (long long)(ended - begun));
	/* What was told of may not have been all. */
	return !in_part || is_intact(guard) || guard_send(guard);
}

/* Takes in what others did, and puts the wall up again if somebody touched it. False: not now. */
static bool heal(struct guard *guard)
{
	bool up;

	if (!guard_begin_change())
		return false;
	guard_take_state(guard);
	/* What a stranger did to it is undone before anything is looked at: each millisecond
	 * counts. Our own transaction is told of next, and then it is. */
	up =
	    !guard->asleep && guard->wall.len && !events_foreign(guard->events) && is_intact(guard);
	if (!guard->asleep && guard->wall.len && !up)
		up = put_back(guard);
	clerk_wall(guard->clerk, up);
	change_unlock();
	return true;
}

bool guard_expect(struct guard *guard, const struct bytes *transaction)
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

/* Whether two transactions are the same bytes. */
static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

/*
 * Puts a wall up if it is another one than is up. Says so. False: not now, or not this one, for
 * another was put up or taken away while it was being made.
 */
static bool put_up(struct guard *guard, const struct look_result *look)
{
	_cleanup_(bytes_done) struct bytes update = {0};
	bool intact = is_intact(guard), current, sent, same = false;

	/* What was done to it just now has not been told of yet; it is a heal all the same. */
	if (!intact && guard->wall.len && heal(guard))
		intact = is_intact(guard);
	if (same_bytes(&look->wall, &guard->wall) && intact)
		return true;
	if (!guard_begin_change())
		return false;
	current = guard_is_current(guard);
	if (current && intact) {
		int status = wall_update(&guard->wall, &look->wall, &update);

		same = status == -EALREADY;
		if (status < 0)
			bytes_done(&update);
	}
	if (current && guard_expect(guard, &look->wall) && !same) {
		/* Somebody may have changed it just now: then all of it is sent. */
		sent = update.len && wall_commit(&update, NULL) == 0;
		if (sent || guard_send(guard)) {
			clerk_wall(guard->clerk, true);
			guard_keep_state(guard, (const char *const *)look->bridges.items,
			                 look->bridges.n);
			guard_record(
			    guard, "wall", NULL,
			    "the wall is up for what runs now: %zu doors, %s, after %lld ms",
			    look->doors, sent ? "by what differs" : "as a whole",
			    (long long)(clock_milliseconds() - guard->look_begun));
		}
	}
	change_unlock();
	return current;
}

/* Takes in what the herald says. False: the host has to be looked at. */
static bool take_herald(struct guard *guard)
{
	struct look_result part;
	enum herald_word word = guard_heard(guard, &part);
	bool done = word != HERALD_PART || guard_grow(guard, &part, &word);

	done = done && word != HERALD_BACK;
	if (word == HERALD_BACK)
		listener_say(&guard->options->listener, "the engine tells what it starts again");
	look_result_done(&part);
	return done;
}

/*
 * Mends the wall, and begins a look at the host, which may take long. False: not now, for others
 * are at work.
 */
static bool look(struct guard *guard)
{
	if (!heal(guard))
		return false;
	if (!guard->asleep && !guard->frozen && guard->policy)
		guard_look(guard);
	return true;
}

/* Closes what was kept while an engine that was never seen does not answer. */
static void close_until(struct guard *guard)
{
	if (guard->wall.len || !guard_begin_change())
		return;
	if (guard_is_current(guard) && apply_boot(NULL) == 0)
		listener_say(&guard->options->listener, "what was kept is closed until it does");
	change_unlock();
}

/* Puts up the wall that a look made. False: the host has to be looked at again. */
static bool take_look(struct guard *guard)
{
	struct look_result look;
	bool again = guard_looked(guard, &look), done = true;

	if (look.made)
		guard_add_since(guard, &look);
	/* Others may have put up another wall meanwhile, with other uplinks. */
	if (guard->asleep || guard->frozen || !guard->policy) {
		look_result_done(&look);
		return !again;
	}
	if (look.made && !guard->has_uplinks)
		guard_take_uplinks(guard, &look.uplinks);
	if (look.made) {
		done = !look.of_before && put_up(guard, &look);
		if (done)
			guard_start_herald(guard);
	} else {
		guard_record(guard, "trouble", NULL, "the wall stays as it is: %s",
		             look.trouble ? look.trouble : "out of memory");
		close_until(guard);
	}
	look_result_done(&look);
	/* What it took is of no use until the next, which may be tomorrow. */
	(void)malloc_trim(0);
	return done && !again;
}

/* When what is due next; INT64_MAX: never. */
struct agenda {
	int64_t look, settled, proof, clerk, alive;
};

static int64_t earliest(const struct agenda *agenda)
{
	int64_t due = agenda->look < agenda->settled ? agenda->look : agenda->settled;

	due = due < agenda->proof ? due : agenda->proof;
	due = due < agenda->alive ? due : agenda->alive;
	return due < agenda->clerk ? due : agenda->clerk;
}

/* Does what is due. */
static void work_off(struct guard *guard, struct agenda *agenda)
{
	int64_t time = clock_milliseconds();

	if (agenda->look <= time || agenda->settled <= time) {
		if (agenda->settled <= time)
			agenda->settled = INT64_MAX;
		agenda->look = look(guard) ? INT64_MAX : clock_milliseconds() + BUSY;
	}
	if (agenda->clerk <= time) {
		bool started = guard_start_clerk(guard);

		agenda->clerk = started ? INT64_MAX : clock_milliseconds() + CLERK_AGAIN;
		/* It is to know who is here, and what is open. */
		if (started)
			agenda->settled = agenda->proof = time;
	}
	if (agenda->proof <= time) {
		guard_prove(guard);
		agenda->proof = clock_milliseconds() + PROOF_EVERY;
	}
	if (agenda->alive <= time) {
		service_alive();
		agenda->alive = time + guard->service.every;
	}
	/* What was kept stands by now; what runs here is looked at as long as that takes. */
	service_ready(&guard->service);
}

/* Takes in what happened. */
static void take_events(struct guard *guard, struct agenda *agenda, int happened)
{
	int64_t now = clock_milliseconds();
	struct user_places places;

	if (happened & EVENT_LOST)
		listener_say(&guard->options->listener,
		             "more happened than the kernel could tell: all is looked at again");
	/* Behind DOCKER-USER it stands in somebody else's table. */
	if (happened & EVENT_RULES && docker_user_is(&guard->wall, &places))
		happened |= EVENT_WALL;
	if (happened & EVENT_WALL)
		(void)heal(guard); /* the look that follows tries again */
	if (happened & EVENT_PROVED && guard_proved(guard))
		agenda->proof = now;
	if (happened & EVENT_HERALD && !take_herald(guard))
		agenda->look = now;
	if (happened & EVENT_LOOKED && !take_look(guard))
		agenda->look = now;
	if (happened & EVENT_CLERK) {
		events_read_also(guard->events, EVENT_CLERK, -1);
		clerk_bury(guard->clerk);
		agenda->clerk = now + CLERK_AGAIN;
	}
	if (happened & EVENT_RELOAD) {
		service_reloading();
		guard_load_policy(guard);
		service_reloaded();
	}
	if (happened & EVENT_RELOAD)
		agenda->look = now;
	else if (happened & (EVENT_LINKS | EVENT_WALL) && agenda->look == INT64_MAX)
		agenda->look = now + (guard->herald.pid ? LATER : SOON);
	if (happened & (EVENT_LINKS | EVENT_RULES)) {
		agenda->settled = now + SETTLED;
		agenda->proof = now + QUIET;
	}
}

/* The loop. 0 or a negative errno. */
static int run(struct guard *guard)
{
	struct agenda agenda = {
	    .look = 0,
	    .settled = INT64_MAX,
	    .proof = clock_milliseconds() + QUIET,
	    .clerk = INT64_MAX,
	    .alive = guard->service.every == INT64_MAX ? INT64_MAX : 0,
	};
	int happened = 0;

	while (!(happened & EVENT_END)) {
		int64_t wait;

		work_off(guard, &agenda);
		wait = earliest(&agenda) - clock_milliseconds();
		happened = events_wait(guard->events, wait < 0 ? 0 : (int)wait);
		if (happened < 0)
			return happened;
		take_events(guard, &agenda, happened);
	}
	return 0;
}

int guard_run(const struct guard_options *options, struct error **ret_error)
{
	struct guard guard = {.options = options,
	                      .service = service_begin(),
	                      .policy_path = strdup(options->policy),
	                      .seen = -1};
	const struct clerk_options clerk_options = {.metrics = options->metrics,
	                                            .listener = options->listener};
	int status = guard.policy_path ? policy_load(options->policy, &guard.policy, ret_error)
	                               : error_set(ret_error, ENOMEM, "out of memory");

	if (status == 0)
		status = events_new(&guard.events, ret_error);
	if (status == 0)
		status = clerk_new(&clerk_options, &guard.clerk, ret_error);
	if (status == 0) {
		listener_say(&options->listener, "guards by %s", options->policy);
		guard.notify = notify_new();
		guard.problems = problems_new();
		events_read_also(guard.events, EVENT_CLERK, clerk_fd(guard.clerk));
		guard_tell_policy(&guard);
		status = run(&guard);
		service_stopping();
		guard_end_herald(&guard);
		job_end(&guard.proof, guard.events);
		job_end(&guard.look, guard.events);
		guard_forget_since(&guard);
		if (guard.seen >= 0)
			close(guard.seen);
		notify_free(guard.notify);
		problems_free(guard.problems);
		if (status < 0)
			status = error_set(ret_error, -status, "cannot wait for events: %s",
			                   strerror(-status));
		else
			listener_say(&options->listener, "ends; the wall stays up");
	}
	events_free(guard.events);
	clerk_free(guard.clerk);
	policy_free(guard.policy);
	snapshot_free(guard.expected);
	bytes_done(&guard.wall);
	state_names_done(&guard.uplinks);
	free(guard.policy_path);
	return status;
}
