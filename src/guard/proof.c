/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's proofs, each in a process of its own.
 *
 * A proof takes a second on a host of a hundred containers, and what is wrong with the wall must be
 * mended meanwhile. So a child looks at the host, proves it, and writes down who can reach what;
 * what is to be said it leaves in a file in memory, as strings behind each other, which the guard
 * reads when the child has ended. It has a limit of time, no more memory than the host can spare
 * before others, and dies with the guard.
 */
#include "guard/guard_parts.h"

#include "observe/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MOST = 600, RESULT_MOST = 64 << 20, NICENESS = 5, OOM_ROOM = 8 };

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

/* Proves the host as it is. */
static void prove(struct guard *guard, FILE *out)
{
	const struct observe_options options = {.socket = guard->options->docker};
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
	_cleanup_(cleanup_audit_free) struct audit *audit = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct audit_options asked = {0};

	if (observe_host(&options, &snapshot, &error) < 0 ||
	    intent_make(guard->policy, snapshot, &intent) < 0) {
		leavef(out, "trouble", NULL, "it could not be proved: %s", error_message(error));
		return;
	}
	asked.intent = intent;
	if (audit_run(snapshot, &asked, &audit, &error) < 0) {
		leavef(out, "trouble", NULL, "it could not be proved: %s", error_message(error));
		return;
	}
	guard_remember(guard, audit);
	leave_audit(out, audit);
}

/* The child's life. Does not return. */
static void run_child(struct guard *guard, int fd, pid_t parent)
{
	const struct rlimit limit = {SECONDS_MOST, SECONDS_MOST};
	_cleanup_close_ int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	FILE *out = fdopen(fd, "w");
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "seawall-proof");
	if (getppid() != parent || !out)
		_exit(1);
	(void)setrlimit(RLIMIT_CPU, &limit);
	(void)setpriority(PRIO_PROCESS, 0, NICENESS);
	(void)!write(score, "500", 3);
	(void)alarm(SECONDS_MOST);
	guard_history_again(guard);
	prove(guard, out);
	_exit(fclose(out) == 0 ? 0 : 1);
}

void guard_prove(struct guard *guard)
{
	pid_t parent = getpid();
	int fd;

	if (guard->asleep || !guard->policy)
		return;
	if (guard->proof.pid > 0) {
		guard->proof.again = true;
		return;
	}
	fd = memfd_create("seawall-proof", MFD_CLOEXEC);
	guard->proof.pid = fd < 0 ? -1 : fork();
	if (guard->proof.pid == 0)
		run_child(guard, fd, parent);
	if (guard->proof.pid < 0) {
		guard_record(guard, "trouble", NULL, "it could not be proved: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	guard->proof.fd = fd;
	guard->proof.handle = (int)syscall(SYS_pidfd_open, guard->proof.pid, 0);
	events_read_also(guard->events, EVENT_PROVED, guard->proof.handle);
}

/* Takes the page that was left. */
static void take_page(struct guard *guard, const char *text)
{
	char *page;
	unsigned long long disagree = strtoull(text, &page, 10);

	metrics_proved(guard->metrics, *page ? page + 1 : page, disagree, time(NULL));
}

/* Says what was left. */
static void take_result(struct guard *guard, const char *at, const char *end)
{
	while (at < end) {
		const char *kind = at, *container = kind + strlen(kind) + 1;
		const char *text = container < end ? container + strlen(container) + 1 : end;

		if (text >= end)
			return;
		if (strcmp(kind, "page") == 0)
			take_page(guard, text);
		else
			guard_record(guard, kind, *container ? container : NULL, "%s", text);
		at = text + strlen(text) + 1;
	}
}

bool guard_proved(struct guard *guard)
{
	bool again = guard->proof.again;
	off_t len = lseek(guard->proof.fd, 0, SEEK_END);
	char *result = len > 0 && len < RESULT_MOST ? calloc(1, (size_t)len + 1) : NULL;
	int status = 0;

	while (waitpid(guard->proof.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (result && pread(guard->proof.fd, result, (size_t)len, 0) == len)
		take_result(guard, result, result + len);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		guard_record(guard, "trouble", NULL,
		             "it could not be proved: the proof ended by %s %d",
		             WIFSIGNALED(status) ? "signal" : "code",
		             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	free(result);
	events_read_also(guard->events, EVENT_PROVED, -1);
	close(guard->proof.handle);
	close(guard->proof.fd);
	guard->proof = (struct proof){0};
	return again;
}

void guard_proof_end(struct guard *guard)
{
	if (guard->proof.pid <= 0)
		return;
	(void)kill(guard->proof.pid, SIGKILL);
	(void)waitpid(guard->proof.pid, NULL, 0);
	close(guard->proof.handle);
	close(guard->proof.fd);
}
