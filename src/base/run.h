/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program, run without a shell: words for it, text for its standard input. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* The path of a program in the directories that administrators' tools are in, or NULL with errno
 * set. The caller frees. */
char *run_find(const char *name) __attribute__((nonnull));

/*
 * Runs a program until it ends, at most `seconds` long, with an environment of PATH alone. What it
 * writes to either output is cut at 4 KiB. 0 when it ends with 0; else a negative errno with a
 * sentence that has the first line that it wrote: -EIO where it ended otherwise, -ETIMEDOUT where
 * it had to be killed. ret_output may be NULL.
 */
int run_program(const char *const argv[], const struct bytes *input, unsigned seconds,
                struct bytes *ret_output, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
