/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's proofs, each in a process of its own.
 *
 * A proof takes a second on a host of a hundred containers, and what is wrong with the wall must be
 * mended meanwhile. So a child (job.h) looks at the host, proves it, and writes down who can reach
 * what; what is to be said it leaves as strings behind each other.
 */
#include "guard/guard_parts.h"

#include "observe/observe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MOST = 600, RESULT_MOST = 64 << 20 };

/* Leaves something to be said: its kind, its container, itself. */
static void leave(FILE *out, const char *kind, const char *container, const char *text)
{
	const char *const parts[] = {kind, container ? container : "", text};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		fwrite(parts[i], 1, strlen(parts[i]) + 1, out);
}

/* The same by a printf format. */
static void leavef(FILE *out, const char *kind, const char *container, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void leavef(FILE *out, const char *kind, const char *container, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		text = NULL;
	else
		leave(out, kind, container, text);
}

/* Leaves a string and its end. */
static void leave_text(FILE *out, const char *text)
{
	fwrite(text ? text : "", 1, text ? strlen(text) + 1 : 1, out);
}

/* Leaves all ways in that packets took; without memory none, so that none seems to have closed. */
static void leave_ways(FILE *out, const struct audit *audit)
{
	struct arena arena = {0};
	struct ways ways = {0};

	if (audit->proved && guard_collect_ways(audit, &arena, &ways)) {
		leave(out, "ways", NULL, "");
		vec_foreach(way, &ways) {
			const char *const parts[] = {
			    way->endpoint, way->path,    way->in,   way->zone,
			    way->to,       way->sources, way->rule, way->meant ? "1" : ""};

			leavef(out, "way", way->container, "%u", way->port);
			for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
				leave_text(out, parts[i]);
		}
	}
	vec_done(&ways);
	arena_done(&arena);
}

/* Leaves what an audit found. */
static void leave_audit(FILE *out, const struct audit *audit)
{
	_cleanup_free_ char *page = metrics_page(audit);
	const char *last = "";

	leavef(out, "proof", NULL, "proved with %llu packets: %zu findings, %llu disagreements",
	       (unsigned long long)audit->packets, audit->findings.n,
	       (unsigned long long)audit->disagree);
	vec_foreach(finding, &audit->findings) {
		if (strcmp(finding->why, last) != 0)
			leavef(out, "problem", finding->subject, "%s: %s: %s",
			       severity_name(finding->severity), finding->subject, finding->why);
		last = finding->why;
	}
	if (page && audit->proved)
		leavef(out, "page", NULL, "%llu %s", (unsigned long long)audit->disagree, page);
}

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
	leave_ways(out, audit);
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

/* Takes the page that was left. */
static void take_page(struct guard *guard, const char *text)
{
	char *page;
	unsigned long long disagree = strtoull(text, &page, 10);

	metrics_proved(guard->metrics, *page ? page + 1 : page, disagree, time(NULL));
}

/* Takes one string off what is left. NULL at its end. */
static const char *take_text(const char **at, const char *end)
{
	const char *text = *at;

	if (text >= end)
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

/* Takes the rest of a way in off. False where it is cut. */
static bool take_way(const char **at, const char *end, const char *container, const char *port,
                     struct history_reach *way)
{
	const char *parts[8];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!(parts[i] = take_text(at, end)))
			return false;
	*way = (struct history_reach){
	    .endpoint = parts[0],
	    .container = container,
	    .path = parts[1],
	    .in = parts[2],
	    .zone = parts[3],
	    .to = parts[4],
	    .sources = parts[5],
	    .rule = parts[6],
	    .port = (uint16_t)strtoul(port, NULL, 10),
	    .meant = *parts[7],
	};
	return true;
}

/* Remembers that a problem is gone. */
static void record_gone(const char *container, const char *text, void *data)
{
	guard_record(data, "solved", container, "no more: %s", text);
}

/* Says what was left, and remembers it. */
static void take_result(struct guard *guard, const char *at, const char *end)
{
	const char *kind, *container, *text;
	struct ways ways = {0};
	bool whole = false, proved = false;

	while ((kind = take_text(&at, end)) && (container = take_text(&at, end)) &&
	       (text = take_text(&at, end))) {
		struct history_reach *way = NULL;

		if (strcmp(kind, "page") == 0) {
			take_page(guard, text);
		} else if (strcmp(kind, "ways") == 0) {
			whole = true;
		} else if (strcmp(kind, "way") == 0) {
			way = vec_push(&ways);
			if (!way || !take_way(&at, end, container, text, way)) {
				whole = false;
				break;
			}
		} else {
			proved |= strcmp(kind, "proof") == 0;
			if (strcmp(kind, "problem") != 0 || !guard->problems ||
			    problems_see(guard->problems, container, text))
				guard_record(guard, kind, *container ? container : NULL, "%s",
				             text);
		}
	}
	if (proved && guard->problems)
		problems_settle(guard->problems, record_gone, guard);
	if (whole)
		guard_remember(guard, &ways);
	vec_done(&ways);
}

bool guard_proved(struct guard *guard)
{
	bool again = guard->proof.again;
	int status = job_wait(&guard->proof);
	off_t len = lseek(guard->proof.fd, 0, SEEK_END);
	char *result = len > 0 && len < RESULT_MOST ? calloc(1, (size_t)len + 1) : NULL;

	if (result && pread(guard->proof.fd, result, (size_t)len, 0) == len)
		take_result(guard, result, result + len);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		guard_record(guard, "trouble", NULL,
		             "it could not be proved: the proof ended by %s %d",
		             WIFSIGNALED(status) ? "signal" : "code",
		             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	free(result);
	job_end(&guard->proof, guard->events);
	return again;
}
