/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard remembers, for people and as JSON. */
#pragma once

#include "history/history.h"
#include "report/report.h"

struct log_query {
	time_t since;
	const char *container; /* NULL: all */
};

/* Writes the log; 0, -EIO, or a negative errno with a sentence from reading. */
int report_log(struct history *history, const struct log_query *query,
               const struct report_style *style, FILE *out, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
int report_log_json(struct history *history, const struct log_query *query, FILE *out,
                    struct error **ret_error) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Writes those who knocked most, the same way. */
int report_knocks(struct history *history, time_t since, const struct report_style *style,
                  FILE *out, struct error **ret_error)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));
int report_knocks_json(struct history *history, time_t since, FILE *out, struct error **ret_error)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* Writes who got in, those who came last first. */
int report_visits(struct history *history, const struct log_query *query,
                  const struct report_style *style, FILE *out, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
int report_visits_json(struct history *history, const struct log_query *query, FILE *out,
                       struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));
