/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files in memory, no larger than they may be. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdio.h>

/*
 * Reads the file of a path, "-" for standard input, up to `most` bytes. 0 and bytes that the caller
 * releases in any case, or a negative errno with a sentence that names the file: -EFBIG beyond.
 */
int file_read(const char *path, size_t most, struct bytes *ret_bytes, struct error **ret_error)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* The same of a descriptor, from where it stands; `name` stands in messages for the file. */
int file_read_descriptor(int fd, const char *name, size_t most, struct bytes *ret_bytes,
                         struct error **ret_error)
    __attribute__((nonnull(2, 4), warn_unused_result));

/*
 * Writes the file of a path by `write`, which is given a stream and the data and returns 0 or a
 * negative errno. The file comes to be, with mode 0600, under a name of its own beside the path and
 * takes the path's name when it is complete and on the disk: a full disk or a killed process leaves
 * the old file or none. A link to a file stays one. What is no regular file (a pipe, /dev/null),
 * and "-", standard output, is written to as it stands. 0, or a negative errno.
 */
int file_write(const char *path, int (*write)(FILE *stream, const void *data), const void *data)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* What messages call it: "standard input" for "-". */
const char *file_name(const char *path) __attribute__((nonnull));
