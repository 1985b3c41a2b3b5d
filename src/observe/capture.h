/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot as a file: one JSON record a line, so that an error has a line and
 * a column, a reader needs one line of memory, and a cut-off file is noticed.
 */
#pragma once

#include "observe/snapshot.h"

#include <stdio.h>

/* Writes the snapshot to path ("-": standard output), mode 0600, through a temporary file and
 * rename. */
int capture_write(const struct snapshot *snapshot, const char *path, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* The same to a stream, which is flushed. 0 or a negative errno. */
int capture_write_stream(const struct snapshot *snapshot, FILE *stream)
    __attribute__((nonnull, warn_unused_result));

/*
 * Reads a capture file. Any bad byte gives -EBADMSG (or -EFBIG beyond a cap) and a sentence that
 * starts "path:line:column: "; a file cut short is an error. The caller frees *ret_snapshot.
 */
int capture_read(const char *path, struct snapshot **ret_snapshot, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* The same from a stream; name stands in messages for the path. */
int capture_read_stream(FILE *stream, const char *name, struct snapshot **ret_snapshot,
                        struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));
