/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program, run without a shell: words for it, text for its standard input. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <sys/types.h>

/* The path of a program in the directories that administrators' tools are in, or NULL with errno
 * set. The caller frees. */
char *run_find(const char *name) __attribute__((nonnull));

/*
 * Starts a program, by a path or a name that is looked for in $PATH, with an environment and
 * descriptors for its input, its output and its complaints (-1: ours). No signal is blocked or
 * ignored in it that is not usually. 0 and its process, or a negative errno.
 */
int run_start(const char *const argv[], int in, int out, int complaints, char *const environment[],
              pid_t *ret_pid) __attribute__((nonnull(1, 5, 6), warn_unused_result));

/*
 * Runs a program until it ends, at most `seconds` long, with an environment of PATH alone. What it
 * writes to either output is cut at 4 KiB. 0 when it ends with 0; else a negative errno with a
 * sentence that has the first line that it wrote: -EIO where it ended otherwise, -ETIMEDOUT where
 * it had to be killed. ret_output may be NULL.
 */
int run_program(const char *const argv[], const struct bytes *input, unsigned seconds,
                struct bytes *ret_output, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
