/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers that have just started, as the herald tells of them, and the looks that may not have
 * seen them. */
#include "guard/guard_parts.h"

#include "base/cleanup.h"
#include "change/pending.h"
#include "wall/table.h"

#include <errno.h>
#include <poll.h>

enum {
	SINCE_MOST = 64,  /* containers that may start while one look is under way */
	AT_ONCE = 64,     /* that are let in before anything else is done */
	NEXT_WITHIN = 10, /* ms, for the next of a burst */
};

void guard_forget_since(struct guard *guard)
{
	vec_foreach(part, &guard->since)
		bytes_done(part);
	vec_done(&guard->since);
}

/* Remembers a part for a look that is under way. */
static void remember_since(struct guard *guard, const struct bytes *part)
{
	struct bytes copy = {0}, *slot;

	if (guard->look.pid <= 0)
		return;
	if (guard->since.n >= SINCE_MOST ||
	    bytes_append(&copy, part->data, part->len, WALL_TRANSACTION_MOST) < 0 ||
	    !(slot = vec_push(&guard->since))) {
		bytes_done(&copy);
		guard->look.again = true;
		return;
	}
	*slot = copy;
}

void guard_add_since(struct guard *guard, struct look_result *look)
{
	vec_foreach(part, &guard->since) {
		_cleanup_(bytes_done) struct bytes update = {0}, grown = {0};

		if (wall_grow(&look->wall, part, &update) == 0 &&
		    wall_grown(&look->wall, &update, &grown) == 0) {
			bytes_done(&look->wall);
			look->wall = grown;
			grown = (struct bytes){0};
		}
	}
	guard_forget_since(guard);
}

/*
 * Adds the doors of one container to the wall that is up. 0, -EALREADY: it has them, -EAGAIN: not
 * now, -EXDEV: its wall is of another kind than the one that is up, or another negative errno.
 */
static int add_part(struct guard *guard, const struct look_result *part)
{
	_cleanup_(bytes_done) struct bytes update = {0}, grown = {0};
	int64_t begun = clock_milliseconds();
	int status = -EAGAIN;

	if (part->of_before)
		return status;
	if (guard_is_current(guard))
		status = wall_grow(&guard->wall, &part->wall, &update);
	if (status == 0)
		status = wall_commit(&update, NULL);
	remember_since(guard, &part->wall);
	if (status == 0)
		status = wall_grown(&guard->wall, &update, &grown);
	if (status < 0)
		return status;
	bytes_done(&guard->wall);
	guard->wall = grown;
	grown = (struct bytes){0};
	guard_record(guard, "wall", NULL,
	             "a container has started: its doors are in the wall after %lld ms",
	             (long long)(clock_milliseconds() - begun));
	return 0;
}

/* Gives the herald the time that it needs for one more. */
static void await_next(const struct guard *guard)
{
	struct pollfd wire = {.fd = guard->herald.wire, .events = POLLIN};

	if (guard->herald.pid)
		(void)poll(&wire, 1, NEXT_WITHIN);
}

bool guard_grow(struct guard *guard, struct look_result *part, enum herald_word *word)
{
	bool done = true, grown = false;

	if (guard->asleep || guard->frozen || !guard->wall.len || !guard_begin_change())
		return false;
	/* Doors first, of all that have started by now: what is known of the wall as a whole takes
	 * longer to bring up to date than the wall itself. */
	for (unsigned n = 0; *word == HERALD_PART; n++) {
		int status = add_part(guard, part);
		struct look_result next;

		grown = grown || status == 0;
		done = done && (status == 0 || status == -EALREADY);
		/* One whose walls are of another kind knows the host as it was: the next look
		 * starts another. */
		if (status == -EXDEV)
			guard_end_herald(guard);
		if (!done || n == AT_ONCE)
			break;
		await_next(guard);
		*word = guard_heard(guard, &next);
		look_result_done(*word == HERALD_PART ? part : &next);
		if (*word == HERALD_PART)
			*part = next;
	}
	if (grown && guard_expect(guard, &guard->wall))
		guard_keep_state(guard, (const char *const *)part->bridges.items, part->bridges.n);
	change_unlock();
	return done;
}
