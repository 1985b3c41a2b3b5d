/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's proofs, each in a process of its own.
 *
 * A proof takes a second on a host of a hundred containers, and what is wrong with the wall must be
 * mended meanwhile. So a child (job.h) looks at the host, proves it, and writes down who can reach
 * what; what is to be said it leaves as strings behind each other.
 */
#include "guard/guard_parts.h"

#include "base/cleanup.h"
#include "clerk/left.h"
#include "observe/observe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MOST = 600 };

/* Proves the host as it is, in the child. Returns its exit code. */
static int prove(FILE *out, const void *data)
{
	const struct guard *guard = data;
	const struct observe_options options = {.socket = guard->options->docker};
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
	_cleanup_(cleanup_audit_free) struct audit *audit = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct audit_options asked = {0};

	if (observe_host(&options, &snapshot, &error) < 0 ||
	    intent_make(guard->policy, snapshot, &intent) < 0) {
		leavef(out, "trouble", NULL, "it could not be proved: %s", error_message(error));
		return 0;
	}
	asked.intent = intent;
	if (audit_run(snapshot, &asked, &audit, &error) < 0) {
		leavef(out, "trouble", NULL, "it could not be proved: %s", error_message(error));
		return 0;
	}
	leave_audit(out, audit);
	return 0;
}

void guard_prove(struct guard *guard)
{
	static const struct job_kind kind = {
	    .name = "seawall-proof", .seconds_most = SECONDS_MOST, .modest = true};
	int status;

	if (guard->asleep || !guard->policy)
		return;
	if (guard->proof.pid > 0) {
		guard->proof.again = true;
		return;
	}
	status = job_begin(&guard->proof, &kind, guard->events, EVENT_PROVED, prove, guard);
	if (status < 0)
		guard_record(guard, "trouble", NULL, "it could not be proved: %s",
		             strerror(-status));
}

/* Remembers that a problem is gone. */
static void record_gone(const char *container, const char *text, void *data)
{
	guard_record(data, "solved", container, "no more: %s", text);
}

/* Whether an item is for the clerk alone. */
static bool is_for_clerk(const struct left_item *item)
{
	return strcmp(item->kind, "page") == 0 || strcmp(item->kind, "way") == 0 ||
	       strcmp(item->kind, "ways") == 0;
}

/* Says what was left. */
static void take_result(struct guard *guard, const char *at, const char *end)
{
	struct left_item item;
	bool proved = false;

	while (left_next(&at, end, &item)) {
		if (is_for_clerk(&item))
			continue;
		proved |= strcmp(item.kind, "proof") == 0;
		if (strcmp(item.kind, "problem") != 0 || !guard->problems ||
		    problems_see(guard->problems, item.container, item.text))
			guard_record(guard, item.kind, *item.container ? item.container : NULL,
			             "%s", item.text);
	}
	if (proved && guard->problems)
		problems_settle(guard->problems, record_gone, guard);
}

bool guard_proved(struct guard *guard)
{
	bool again = guard->proof.again;
	int status = job_wait(&guard->proof);
	const char *end = NULL;
	_cleanup_free_ char *result = left_read(guard->proof.fd, &end);

	if (result)
		take_result(guard, result, end);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		guard_record(guard, "trouble", NULL,
		             "it could not be proved: the proof ended by %s %d",
		             WIFSIGNALED(status) ? "signal" : "code",
		             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	/* The file is the clerk's from here on. */
	clerk_proved(guard->clerk, guard->proof.fd);
	job_end(&guard->proof, guard->events);
	return again;
}
