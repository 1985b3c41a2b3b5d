/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The progress line.
 *
 * Theory of operation. A step may sit in one system call for half a minute, so the line cannot
 * wait for the next step. A signal timer would interrupt the network code, and with a thread
 * the process could not enter a user namespace any more. So a child of ours does nothing but
 * read the names of steps from a pipe and write them, after the first second.
 */
#include "cli/progress.h"

#include "report/printable.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_MSEC = 1000, STEP_MOST = 60 };

/* Whether the line stands on the terminal; in the child. */
static volatile sig_atomic_t shown;

/* The parent was killed: takes the line away and ends. */
static void parent_died(int signal_number)
{
	static const char clear[] = "\r\033[K";

	(void)signal_number;
	if (shown && write(STDERR_FILENO, clear, sizeof(clear) - 1) < 0)
		_exit(1);
	_exit(0);
}

/* Writes the line for a step, or with "" takes it away. */
static void write_line(const char *step)
{
	char line[STEP_MOST + 16];
	int len = snprintf(line, sizeof(line), *step ? "\r\033[K%s ..." : "\r\033[K%s", step);

	/* There is nobody to tell when a terminal does not take it. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

static long long now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The child: reads records of STEP_MOST bytes until the pipe ends. */
static void run_child(int fd)
{
	long long shown_from = now_msec() + QUIET_MSEC;
	char step[STEP_MOST + 1] = "";

	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		long long wait = shown_from - now_msec();
		bool waiting = !shown && *step;
		int n = poll(&ready, 1, !waiting ? -1 : wait > 0 ? (int)wait : 0);

		if (n > 0 && read(fd, step, STEP_MOST) != STEP_MOST)
			break;
		if (now_msec() >= shown_from) {
			write_line(step);
			shown = 1;
		}
	}
	if (shown)
		write_line("");
}

void progress_start(struct progress *progress, bool wanted)
{
	int ends[2];

	*progress = (struct progress){.fd = -1};
	if (!wanted || !isatty(STDERR_FILENO) || pipe2(ends, O_CLOEXEC) < 0)
		return;
	fflush(NULL);
	progress->pid = fork();
	if (progress->pid == 0) {
		/* Ctrl-C ends the parent, and that ends us: the line must go first. */
		signal(SIGTERM, parent_died);
		signal(SIGINT, SIG_IGN);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(ends[1]);
		run_child(ends[0]);
		_exit(0);
	}
	close(ends[0]);
	if (progress->pid < 0)
		close(ends[1]);
	else
		progress->fd = ends[1];
}

void progress_step(const char *what, void *data)
{
	struct progress *progress = data;
	_cleanup_free_ char *text = progress->fd >= 0 ? printable(what) : NULL;
	char step[STEP_MOST + 1] = "";

	if (!text)
		return;
	snprintf(step, sizeof(step), "%s", text);
	/* Fewer bytes than PIPE_BUF: written whole or not at all. */
	if (write(progress->fd, step, STEP_MOST) < 0)
		return;
}

void progress_end(struct progress *progress)
{
	char end = 0;

	if (progress->fd < 0)
		return;
	/* A short record ends the child even while another process still holds the pipe. */
	if (write(progress->fd, &end, 1) < 0)
		kill(progress->pid, SIGTERM);
	close(progress->fd);
	progress->fd = -1;
	waitpid(progress->pid, NULL, 0);
}
