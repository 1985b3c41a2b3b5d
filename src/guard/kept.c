/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard and what is kept on disk.
 *
 * `apply`, `rollback` and `remove` are others' word on which wall is to be up: each of them renames
 * or removes the state's file while it holds the lock. The guard looks at the file before it does
 * anything, and writes its own walls there, so that `status` and the next boot know them.
 */
#include "guard/guard_parts.h"

#include "base/cleanup.h"
#include "change/state.h"
#include "wall/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Looks at the file. False where it is not there. */
static bool look_at_file(struct stat *ret_stat)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/state", state_directory()) < 0) {
		path = NULL;
		return false;
	}
	return stat(path, ret_stat) == 0;
}

/* Whether two looks saw one file. */
static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool guard_is_current(const struct guard *guard)
{
	struct stat file;

	return look_at_file(&file) ? guard->has_kept && same_file(&file, &guard->kept)
	                           : !guard->has_kept;
}

void guard_take_uplinks(struct guard *guard, const struct state_names *names)
{
	int status = 0;

	state_names_done(&guard->uplinks);
	vec_foreach(name, names)
		if (status == 0)
			status = state_name_add(&guard->uplinks, *name);
	guard->has_uplinks = true;
	guard->changes++;
	if (status == 0 && guard->policy)
		status = policy_know_uplinks(
		    guard->policy, (const char *const *)guard->uplinks.items, guard->uplinks.n);
	if (status < 0)
		listener_say(&guard->options->listener, "out of memory");
	guard_tell_policy(guard);
}

/* Takes over a wall that somebody put up. */
static void adopt(struct guard *guard, const struct state_wall *wall)
{
	bool file = wall->policy && wall->policy[0] == '/';

	guard->changes++;
	guard->log_only = wall->log_only;
	guard->frozen = !file;
	if (wall->transaction.len && !guard_expect(guard, &wall->transaction))
		listener_say(&guard->options->listener, "out of memory");
	if (file && strcmp(wall->policy, guard->policy_path) != 0) {
		char *path = strdup(wall->policy);

		if (path) {
			free(guard->policy_path);
			guard->policy_path = path;
		}
	}
	if (wall->has_uplinks)
		guard_take_uplinks(guard, &wall->uplinks);
	if (file)
		guard_load_policy(guard);
	events_watch(guard->events, keeper_pid());
	guard_record(guard, "policy", NULL, "keeps the wall that was put up by %s",
	             wall->policy ? wall->policy : "?");
}

void guard_take_state(struct guard *guard)
{
	struct state state = {0};
	struct stat file;

	if (!look_at_file(&file)) {
		if (guard->has_kept) {
			guard->asleep = true;
			bytes_done(&guard->wall);
			guard_record(guard, "wall", NULL,
			             "the wall was removed: nothing is kept until the next apply");
		}
		guard->has_kept = false;
		return;
	}
	if (guard->has_kept && same_file(&file, &guard->kept))
		return;
	guard->has_kept = true;
	guard->kept = file;
	guard->asleep = false;
	if (state_read(&state, NULL) == 0)
		adopt(guard, &state.now);
	else
		listener_say(&guard->options->listener, "what is kept of the wall cannot be read");
	state_done(&state);
}

/* Fills a wall's record. False without memory. */
static bool fill(const struct guard *guard, const char *const *bridges, size_t n,
                 struct state_wall *wall)
{
	char boot[40];
	bool good =
	    bytes_append(&wall->transaction, guard->wall.data, guard->wall.len, SIZE_MAX) == 0;

	state_boot(boot);
	for (size_t i = 0; good && i < n; i++)
		good = state_name_add(&wall->bridges, bridges[i]) == 0;
	wall->has_uplinks = guard->has_uplinks;
	vec_foreach(name, &guard->uplinks)
		good = good && state_name_add(&wall->uplinks, *name) == 0;
	wall->policy = strdup(guard->policy_path);
	wall->boot = strdup(boot);
	wall->applied = wall->proved = time(NULL);
	wall->log_only = guard->log_only;
	return good && wall->policy && wall->boot;
}

void guard_keep_state(struct guard *guard, const char *const *bridges, size_t n)
{
	_cleanup_error_ struct error *error = NULL;
	struct state state = {0};

	/* A container that came is no new policy: what there is to roll back to stays. */
	if (state_read(&state, NULL) == 0) {
		uint64_t packets = state.now.packets;

		state_wall_done(&state.now);
		state.now.packets = packets;
	} else {
		state_done(&state);
	}
	if (!fill(guard, bridges, n, &state.now))
		listener_say(&guard->options->listener, "out of memory");
	else if (state_write(&state, &error) < 0)
		listener_say(&guard->options->listener, "the wall could not be kept: %s",
		             error_message(error));
	guard->has_kept = look_at_file(&guard->kept);
	state_done(&state);
}
