/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on standard error that says what is being done, once that takes over a second. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <sys/types.h>

struct progress {
	int fd;    /* to the process that writes the line; -1: none */
	pid_t pid; /* that process */
};

/* Starts it when standard error is a terminal and `wanted`; else all calls do nothing. */
void progress_start(struct progress *progress, bool wanted) __attribute__((nonnull));

/* A step began. Fits audit_options.progress; data is the struct progress. */
void progress_step(const char *what, void *data) __attribute__((nonnull));

/* Takes the line away. */
void progress_end(struct progress *progress) __attribute__((nonnull));
