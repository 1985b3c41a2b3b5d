/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's looks at the host, each in a process of its own.
 *
 * Engines hang, and what is wrong with the wall must be mended meanwhile. So a child asks the
 * engine and the kernel, and leaves a capture of what it saw; one that could not look leaves a
 * sentence and ends with another code.
 */
#include "guard/guard_parts.h"

#include "observe/capture.h"
#include "observe/observe.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MOST = 60, CODE_BLIND = 3, SENTENCE_ROOM = 512 };

/* Looks at the host, in the child. Returns its exit code. */
static int look(FILE *out, const void *data)
{
	const struct guard *guard = data;
	const struct observe_options options = {.socket = guard->options->docker};
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_error_ struct error *error = NULL;

	if (observe_host(&options, &snapshot, &error) < 0) {
		fputs(error_message(error), out);
		return CODE_BLIND;
	}
	return capture_write_stream(snapshot, out) < 0;
}

void guard_look(struct guard *guard)
{
	static const struct job_kind kind = {.name = "seawall-look", .seconds_most = SECONDS_MOST};
	int status;

	if (guard->look.pid > 0) {
		guard->look.again = true;
		return;
	}
	guard->look_begun = guard_now();
	status = job_begin(&guard->look, &kind, guard->events, EVENT_LOOKED, look, guard);
	if (status < 0)
		guard_record(guard, "trouble", NULL, "the wall stays as it is: %s",
		             strerror(-status));
}

/* Says why nothing was seen. */
static void say_blind(struct guard *guard, int status)
{
	char sentence[SENTENCE_ROOM] = "";
	ssize_t len = -1;

	if (WIFEXITED(status) && WEXITSTATUS(status) == CODE_BLIND)
		len = pread(guard->look.fd, sentence, sizeof(sentence) - 1, 0);
	if (len > 0)
		guard_record(guard, "trouble", NULL, "the wall stays as it is: %s", sentence);
	else
		guard_record(guard, "trouble", NULL,
		             "the wall stays as it is: the look at this host ended by %s %d",
		             WIFSIGNALED(status) ? "signal" : "code",
		             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

bool guard_looked(struct guard *guard, struct snapshot **ret_snapshot)
{
	_cleanup_error_ struct error *error = NULL;
	int status = job_wait(&guard->look);
	bool again = guard->look.again;
	FILE *in = NULL;

	*ret_snapshot = NULL;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		in = lseek(guard->look.fd, 0, SEEK_SET) == 0 ? fdopen(dup(guard->look.fd), "r")
		                                             : NULL;
		if (!in || capture_read_stream(in, "what was seen", ret_snapshot, &error) < 0)
			guard_record(guard, "trouble", NULL, "the wall stays as it is: %s",
			             in ? error_message(error) : strerror(errno));
	} else {
		say_blind(guard, status);
	}
	if (in)
		fclose(in);
	job_end(&guard->look, guard->events);
	return again;
}
