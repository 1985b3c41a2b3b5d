/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what a scan found, and what an audit had said of it. */
#pragma once

#include "report/report.h"
#include "scan/expect.h"

/* All addresses of a host that were scanned. */
struct scan_report {
	const char *host; /* as it was given */
	const struct scan_result *results;
	size_t n;
	const struct expectation *expectation; /* NULL: nothing was expected */
	bool no_tcp, no_udp;
};

/* How many ports are open that the audit has closed. */
size_t scan_report_problems(const struct scan_report *report) __attribute__((nonnull));

/* For a person. 0 or a negative errno. */
int scan_report_text(const struct scan_report *report, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* The JSON of docs/json.md: `seawall scan --json`. 0 or a negative errno. */
int scan_report_json(const struct scan_report *report, FILE *out)
    __attribute__((nonnull, warn_unused_result));
