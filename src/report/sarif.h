/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as SARIF 2.1.0 (OASIS), the format that code-scanning pages and editors read.
 *
 * Strings are borrowed, and only read while writing.
 */
#pragma once

#include "audit/audit.h"

#include <stdio.h>

/* Where a result points; a page needs at least the file. */
struct sarif_place {
	const char *path;            /* as the user knows the file; NULL: none is known */
	unsigned line, column;       /* from 1; 0: the whole file */
	unsigned end_column;         /* behind the last character; 0: to the end of the line */
	const char *insert, *reason; /* what would stand there instead, and why; NULL: nothing */
};

struct sarif_result {
	const char *rule;      /* "M01" */
	const char *rule_text; /* a phrase that says what the rule is about */
	enum severity severity;
	const char *message;
	const char *subject; /* what it is about, where no file says so: an endpoint's id */
	struct sarif_place place;
};

/*
 * Writes one run with its rules (each once, by the worst severity it is seen with) and results;
 * `incomplete`: what could not be known, as notifications. 0, -ENOMEM or -EIO.
 */
int sarif_write(const struct sarif_result *results, size_t n_results, const char *const *incomplete,
                size_t n_incomplete, FILE *out) __attribute__((nonnull(5), warn_unused_result));
