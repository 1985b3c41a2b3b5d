/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A saved ruleset as a file or on standard input. */
#pragma once

#include "rules/ruleset.h"

/*
 * Reads the file of a path, "-" for standard input, into an empty ruleset that is to be released
 * all the same. 0, or a negative errno with a sentence: a file that is not there or too large, or
 * rules that cannot be read.
 */
int rules_file_read(const char *path, struct ruleset *ruleset, struct error **ret_error)
    __attribute__((nonnull, warn_unused_result));
