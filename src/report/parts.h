/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands above and below the tables of the first screen. */
#pragma once

#include "report/layout.h"
#include "report/report.h"

#include <inttypes.h>

enum { COUNT_TEXT = 32 };

/* Writes a number with a comma at each thousand into text and returns it. */
const char *count_format(uint64_t count, char text[static COUNT_TEXT]);

/* Whether the i-th finding is the first of its row, and so speaks for it. */
bool finding_starts_row(const struct audit *audit, size_t i) __attribute__((nonnull));

/* The number of the row of the i-th finding: as the audit counts, or by its place. */
size_t finding_row(const struct audit *audit, size_t i) __attribute__((nonnull));

/* The first line: the host on the left, the count of problems on the right. 0 or -ENOMEM. */
int title_write(const struct audit *audit, const struct layout *layout)
    __attribute__((nonnull, warn_unused_result));

/* Which part of everything was asked for; nothing where that is all of it. 0 or -ENOMEM. */
int asked_write(const struct audit *audit, const struct layout *layout)
    __attribute__((nonnull, warn_unused_result));

/* What is not known. 0 or -ENOMEM. */
int unknown_write(const struct audit *audit, const struct report_style *style,
                  const struct layout *layout) __attribute__((nonnull, warn_unused_result));

/* How it was found out, and what closes the problems. 0 or -ENOMEM. */
int closing_write(const struct audit *audit, const struct report_style *style,
                  const struct layout *layout) __attribute__((nonnull, warn_unused_result));

/* What closes the problems, each mend once with the numbers of its problems. 0 or -ENOMEM. */
int mends_write(const struct audit *audit, const struct layout *layout)
    __attribute__((nonnull, warn_unused_result));
