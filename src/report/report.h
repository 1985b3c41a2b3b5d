/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes an audit for a person or a program: one interface, a file for each format. */
#pragma once

#include "audit/audit.h"
#include "audit/explain.h"

#include <stdio.h>

struct report_style {
	bool color;                 /* ANSI colours */
	unsigned width;             /* columns; 0: 80 */
	const char *repeat_command; /* how the user calls us: "sudo seawall" */
	const char
	    *explain_command;    /* what explains a problem, but for its number; NULL: nothing */
	const char *fix_command; /* what closes problems, likewise; NULL: nothing does */
	bool needs_root;         /* more would be known as root: say so */
	bool quiet;              /* problems and what is not known, nothing else */
};

/* The first screen. Names from outside are made printable: no control or right-to-left characters.
 */
int report_text(const struct audit *audit, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* How many packets were sent, where, how fast and what they said. */
int report_proof(const struct audit *audit, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* The stable JSON of docs/json.md: `seawall audit --json`. 0 or a negative errno. */
int report_json(const struct audit *audit, FILE *out) __attribute__((nonnull, warn_unused_result));

/* SARIF 2.1.0, for code-scanning pages: `seawall audit --sarif`. 0 or a negative errno. */
int report_sarif(const struct audit *audit, FILE *out) __attribute__((nonnull, warn_unused_result));

/* A page of its own that shows the audit: `seawall audit --html FILE`. 0 or a negative errno. */
int report_html(const struct audit *audit, FILE *out) __attribute__((nonnull, warn_unused_result));

/* A packet's way for a person: hook by hook, then what it means. 0 or a negative errno. */
int report_explanation(const struct explanation *explanation, const struct report_style *style,
                       FILE *out) __attribute__((nonnull, warn_unused_result));

/* The same as JSON: `seawall explain --json`, docs/json.md. 0 or a negative errno. */
int report_explanation_json(const struct explanation *explanation, FILE *out)
    __attribute__((nonnull, warn_unused_result));
