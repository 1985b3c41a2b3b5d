/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that the guard leaves to a process of its own, because it takes long or may hang.
 *
 * What the child is to leave it writes into a file in memory, which the guard reads when the child
 * has ended. It has a limit of time and dies with the guard.
 */
#pragma once

#include "guard/events.h"

#include <stdio.h>

struct job {
	pid_t pid;  /* 0: none is under way */
	int fd;     /* what it leaves */
	int handle; /* a pidfd */
	int bit;    /* the event that is its end */
	bool again; /* another one was asked for meanwhile */
};

struct job_kind {
	const char *name;      /* of the process */
	unsigned seconds_most; /* then it is ended */
	bool modest;           /* others go before it, for time and for memory */
};

/* Does the work in a child: `work` writes to `out` and returns its exit code. 0 or -errno. */
int job_begin(struct job *job, const struct job_kind *kind, struct events *events, int bit,
              int (*work)(FILE *out, const void *data), const void *data)
    __attribute__((nonnull(1, 2, 3, 5), warn_unused_result));

/* Waits for a child that has ended. Returns its status as waitpid() gives it; what it left is in
 * job->fd, from the beginning. */
int job_wait(struct job *job) __attribute__((nonnull));

/* Lets go of a job that was waited for, or ends it. */
void job_end(struct job *job, struct events *events) __attribute__((nonnull));
