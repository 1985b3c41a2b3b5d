/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's looks at the host, each in a process of its own.
 *
 * Engines hang, and what is wrong with the wall must be mended meanwhile; what they answer is long,
 * and says what strangers wrote. So a child asks the engine and the kernel, makes the wall for what
 * it saw, and leaves it as items (clerk/left.h): "uplink" and "bridge" with a name each, "doors"
 * with their number, and last "wall" with the length of the transaction that follows; or "trouble"
 * with a sentence. The guard itself reads no answer of an engine. A capture of what was seen goes
 * to the clerk in a second file.
 */
#include "guard/guard_parts.h"

#include "base/cleanup.h"
#include "clerk/left.h"
#include "observe/capture.h"
#include "observe/observe.h"
#include "wall/docker_user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MOST = 60 };

/* Leaves the names of the uplinks, where the policy does not know them yet. 0 or -ENOMEM. */
static int leave_uplinks(FILE *out, const struct guard *guard, const struct snapshot *snapshot)
{
	struct state_names names = {0};
	int status = 0;

	if (guard->has_uplinks)
		return 0;
	vec_foreach(link, &snapshot->net.links)
		if (status == 0 && zone_is_uplink(snapshot, link))
			status = state_name_add(&names, link->name);
	vec_foreach(name, &names)
		leave(out, "uplink", NULL, *name);
	/* Where nobody applied the policy before the guard began, the routes count that it finds.
	 */
	if (status == 0)
		status =
		    policy_know_uplinks(guard->policy, (const char *const *)names.items, names.n);
	state_names_done(&names);
	return status;
}

/* Makes the wall's transaction, of the kind that stands. 0 or a negative errno with a sentence. */
static int make_transaction(const struct guard *guard, struct wall *wall, struct bytes *transaction,
                            struct error **ret_error)
{
	struct user_places places;

	if (docker_user_is(&guard->wall, &places))
		return docker_user_transaction(wall, &places, transaction, ret_error);
	wall->hard = wall->hard_asked && wall_hard_works();
	return wall_transaction(wall, transaction);
}

int guard_leave_wall(FILE *out, const struct guard *guard, const struct snapshot *snapshot,
                     struct error **ret_error)
{
	_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
	_cleanup_(cleanup_wall_free) struct wall *wall = NULL;
	struct bytes transaction = {0};
	int status = leave_uplinks(out, guard, snapshot);

	if (status == 0)
		status = intent_make(guard->policy, snapshot, &intent);
	if (status == 0)
		status = wall_make(intent, snapshot, guard->log_only, &wall);
	if (status == 0)
		status = make_transaction(guard, wall, &transaction, ret_error);
	if (status == 0) {
		vec_foreach(bridge, &wall->bridges)
			leave(out, "bridge", NULL, *bridge);
		leavef(out, "doors", NULL, "%zu", wall->doors.n);
		leavef(out, "wall", NULL, "%zu", transaction.len);
		fwrite(transaction.data, 1, transaction.len, out);
	}
	bytes_done(&transaction);
	return status;
}

/* Leaves a capture for the clerk. */
static void leave_seen(const struct guard *guard, const struct snapshot *snapshot)
{
	FILE *out = fdopen(guard->seen, "w");

	if (out && capture_write_stream(snapshot, out) == 0 && fflush(out) == 0)
		return;
	/* A part of it would be worse than none. */
	(void)!ftruncate(guard->seen, 0);
}

/* Looks at the host, in the child. Returns its exit code. */
static int look(FILE *out, const void *data)
{
	const struct guard *guard = data;
	const struct observe_options options = {.socket = guard->options->docker};
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_error_ struct error *error = NULL;
	bool engine;

	if (observe_host(&options, &snapshot, &error) < 0) {
		leave(out, "trouble", NULL, error_message(error));
		return 0;
	}
	engine = snapshot->engine.status == ENGINE_OK;
	if (!engine)
		leave(out, "trouble", NULL, snapshot->engine.status_text);
	else if (guard_leave_wall(out, guard, snapshot, &error) < 0)
		leave(out, "trouble", NULL, error ? error_message(error) : "out of memory");
	/* Of a host whose engine does not answer the clerk knows more already, if it knows any. */
	if (engine || !guard->clerk_knows)
		leave_seen(guard, snapshot);
	return 0;
}

void guard_look(struct guard *guard)
{
	static const struct job_kind kind = {.name = "seawall-look", .seconds_most = SECONDS_MOST};
	int status;

	if (guard->look.pid > 0) {
		guard->look.again = true;
		return;
	}
	/* It is found out once, and here, for the child forgets. */
	if (guard->policy->hard)
		(void)wall_hard_works();
	guard->look_begun = clock_milliseconds();
	guard->look_of = guard->changes;
	guard->seen = memfd_create("seawall-seen", MFD_CLOEXEC);
	status = guard->seen < 0
	             ? -errno
	             : job_begin(&guard->look, &kind, guard->events, EVENT_LOOKED, look, guard);
	if (status == 0)
		return;
	if (guard->seen >= 0)
		close(guard->seen);
	guard->seen = -1;
	guard_record(guard, "trouble", NULL, "the wall stays as it is: %s", strerror(-status));
}

/* Takes the transaction behind its item off. False where it is not all there. */
static bool take_wall(const char *len, const char *at, const char *end, struct bytes *transaction)
{
	return at <= end && (size_t)(end - at) == strtoull(len, NULL, 10) &&
	       bytes_append(transaction, at, (size_t)(end - at), WALL_TRANSACTION_MOST) == 0;
}

/* Takes a name. False without memory. */
static bool take_name(const struct left_item *item, struct look_result *look)
{
	struct state_names *names = strcmp(item->kind, "uplink") == 0   ? &look->uplinks
	                            : strcmp(item->kind, "bridge") == 0 ? &look->bridges
	                                                                : NULL;

	return !names || state_name_add(names, item->text) == 0;
}

bool look_result_read(const char *at, const char *end, struct look_result *ret_look)
{
	struct left_item item;

	while (left_next(&at, end, &item)) {
		if (strcmp(item.kind, "trouble") == 0)
			return (ret_look->trouble = strdup(item.text));
		if (strcmp(item.kind, "wall") == 0)
			return ret_look->made = take_wall(item.text, at, end, &ret_look->wall);
		if (strcmp(item.kind, "doors") == 0)
			ret_look->doors = strtoul(item.text, NULL, 10);
		else if (!take_name(&item, ret_look))
			return false;
	}
	return false;
}

void look_result_done(struct look_result *look)
{
	state_names_done(&look->uplinks);
	state_names_done(&look->bridges);
	bytes_done(&look->wall);
	free(look->trouble);
}

/* Lets the clerk know what was seen. */
static void hand_over_seen(struct guard *guard)
{
	struct stat file;

	if (fstat(guard->seen, &file) == 0 && file.st_size > 0) {
		clerk_seen(guard->clerk, guard->seen);
		guard->clerk_knows = true;
	}
	close(guard->seen);
	guard->seen = -1;
}

bool guard_looked(struct guard *guard, struct look_result *ret_look)
{
	int status = job_wait(&guard->look);
	bool again = guard->look.again;
	const char *end = NULL;
	_cleanup_free_ char *left = left_read(guard->look.fd, &end);

	*ret_look = (struct look_result){.of_before = guard->look_of != guard->changes};
	if ((!left || !look_result_read(left, end, ret_look)) &&
	    asprintf(&ret_look->trouble, "the look at this host ended by %s %d",
	             WIFSIGNALED(status) ? "signal" : "code",
	             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)) < 0)
		ret_look->trouble = NULL;
	hand_over_seen(guard);
	job_end(&guard->look, guard->events);
	return again;
}
