/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files in memory, no larger than they may be. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/*
 * Reads the file of a path, "-" for standard input, up to `most` bytes. 0 and bytes that the caller
 * releases in any case, or a negative errno with a sentence that names the file: -EFBIG beyond.
 */
int file_read(const char *path, size_t most, struct bytes *ret_bytes, struct error **ret_error)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* What messages call it: "standard input" for "-". */
const char *file_name(const char *path) __attribute__((nonnull));
