/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what lint found for a person or a program. */
#pragma once

#include "lint/lint.h"
#include "report/report.h"

/* A line of a file, without its end; borrowed until the next is asked for, NULL where none is. */
typedef const char *lint_line_of(const char *file, unsigned line, void *data);

/* Findings with their lines, and what each tool publishes, side by side. 0 or a negative errno. */
int lint_report_text(const struct lint *lint, const struct report_style *style,
                     lint_line_of *line_of, void *data, FILE *out)
    __attribute__((nonnull(1, 2, 3, 5), warn_unused_result));

/* The JSON of docs/json.md: `seawall lint --json`. 0 or a negative errno. */
int lint_report_json(const struct lint *lint, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* SARIF 2.1.0. 0 or a negative errno. */
int lint_report_sarif(const struct lint *lint, FILE *out)
    __attribute__((nonnull, warn_unused_result));
