/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the clerk writes down. A disk that is full, or a file that cannot be opened, is said once.
 */
#include "clerk/desk.h"
#include "clerk/known.h"
#include "clerk/left.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "observe/capture.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REOPEN_EVERY = 5000 /* ms, while the history cannot be opened */ };

VEC_TYPE(ways, struct history_reach);

void desk_note_history(struct desk *desk, int status, const struct error *error)
{
	if (status < 0 && !desk->forgets)
		listener_say(&desk->listener, "it is not remembered: %s", error_message(error));
	desk->forgets = status < 0;
	if (status == -ENOSPC && desk->history)
		history_make_room(desk->history);
}

struct history *desk_history(struct desk *desk)
{
	_cleanup_error_ struct error *error = NULL;
	bool aside = false;

	if (desk->history || desk->reopen > clock_milliseconds())
		return desk->history;
	desk->reopen = clock_milliseconds() + REOPEN_EVERY;
	desk_note_history(
	    desk, history_open(desk->history_path, true, &desk->history, &aside, &error), error);
	if (aside)
		listener_say(&desk->listener,
		             "%s was damaged: it was put aside, and a new one begun",
		             desk->history_path);
	return desk->history;
}

/* Takes the page that was left. */
static void take_page(struct desk *desk, const char *text, time_t when)
{
	char *page;
	unsigned long long disagree = strtoull(text, &page, 10);

	metrics_proved(desk->numbers, *page ? page + 1 : page, disagree, when);
}

/* Writes ways in down. */
static void remember(struct desk *desk, const struct ways *ways, time_t when)
{
	_cleanup_error_ struct error *error = NULL;

	if (desk_history(desk))
		desk_note_history(
		    desk, history_reach(desk->history, when, ways->items, ways->n, &error), error);
}

void desk_take_proof(struct desk *desk, int fd, time_t when)
{
	const char *end = NULL, *at;
	_cleanup_free_ char *text = left_read(fd, &end);
	struct ways ways = {0};
	struct left_item item;
	bool whole = false;

	for (at = text; at && left_next(&at, end, &item);) {
		struct history_reach *way = NULL;

		if (strcmp(item.kind, "page") == 0)
			take_page(desk, item.text, when);
		else if (strcmp(item.kind, "ways") == 0)
			whole = true;
		else if (strcmp(item.kind, "way") == 0 && !(way = vec_push(&ways)))
			break; /* without all of them, some would seem to have closed */
		else if (way)
			*way = item.way;
	}
	if (whole)
		remember(desk, &ways, when);
	vec_done(&ways);
	free(steal_pointer(&text));
	(void)malloc_trim(0);
}

void desk_take_seen(struct desk *desk, int fd)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	FILE *in = lseek(fd, 0, SEEK_SET) == 0 ? fdopen(dup(fd), "r") : NULL;

	if (!in) {
		listener_say(&desk->listener, "what was seen cannot be read: %s", strerror(errno));
		return;
	}
	if (capture_read_stream(in, "what was seen", &snapshot, &error) < 0)
		listener_say(&desk->listener, "%s", error_message(error));
	fclose(in);
	if (!snapshot)
		return;
	if (desk->visits && visits_know(desk->visits, snapshot) < 0)
		listener_say(&desk->listener, "out of memory");
	snapshot_free(desk->seen);
	desk->seen = known_of(snapshot);
	snapshot_free(steal_pointer(&snapshot));
	/* What reading it took is of no use until the next, which may be tomorrow. */
	(void)malloc_trim(0);
}

void desk_take_policy(struct desk *desk, int fd, const char *name, bool has_uplinks,
                      const char *const *uplinks, size_t n)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct bytes bytes = {0};
	int status = file_read_descriptor(fd, name, POLICY_FILE_CAP, &bytes, &error);

	if (status < 0)
		listener_say(&desk->listener, "%s", error_message(error));
	/* What is wrong in it, the guard has said. */
	if (status == 0)
		status = policy_read(bytes.data ? (const char *)bytes.data : "", bytes.len, name,
		                     &policy, NULL);
	if (status == 0 && has_uplinks)
		status = policy_know_uplinks(policy, uplinks, n);
	if (status == 0) {
		policy_free(desk->policy);
		desk->policy = steal_pointer(&policy);
	}
	bytes_done(&bytes);
}
