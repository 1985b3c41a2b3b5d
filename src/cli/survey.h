/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `audit` and `prove` share: look at a host, or a capture of one, audit it, and report. */
#pragma once

#include "audit/audit.h"
#include "intent/intent.h"
#include "cli/options.h"

/*
 * Takes a snapshot by the settings, of this host or from --capture. Returns 0 and a snapshot the
 * caller frees, or having complained the exit code to leave with.
 */
int survey_snapshot(const struct settings *settings, struct snapshot **ret_snapshot)
    __attribute__((nonnull, warn_unused_result));

/* A look at a host; each is made of those before it. */
struct survey {
	struct policy *policy;
	const char *policy_path; /* borrowed; NULL: no file says what is meant */
	struct snapshot *snapshot;
	struct intent *intent;
	struct audit *audit;
};

/*
 * Fills all of a survey by the settings and options, whose intent and progress are filled in here.
 * Returns 0, or having complained the exit code to leave with. To be released in any case.
 */
int survey_make(const struct settings *settings, const struct audit_options *options,
                struct survey *survey) __attribute__((nonnull, warn_unused_result));
void survey_done(struct survey *survey) __attribute__((nonnull));

/* Reads an address that an option gives; NULL is none. False having complained. */
bool survey_address(const struct settings *settings, const char *option, const char *text,
                    struct address *ret_address) __attribute__((nonnull(1, 2, 4)));

/*
 * Audits by options, whose progress is filled in here, and writes the report to standard output;
 * `figures`: what was sent comes first. Returns the exit code, having complained if need be.
 */
int survey_run(const struct settings *settings, const struct audit_options *options, bool figures)
    __attribute__((nonnull));
