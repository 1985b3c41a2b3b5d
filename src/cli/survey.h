/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `audit` and `prove` share: look at a host, or a capture of one, audit it, and report. */
#pragma once

#include "audit/audit.h"
#include "cli/options.h"

/*
 * Takes a snapshot by the settings, of this host or from --capture. Returns 0 and a snapshot the
 * caller frees, or having complained the exit code to leave with.
 */
int survey_snapshot(const struct settings *settings, struct snapshot **ret_snapshot)
    __attribute__((nonnull, warn_unused_result));

/*
 * Audits by options, whose progress is filled in here, and writes the report to standard output;
 * `figures`: what was sent comes first. Returns the exit code, having complained if need be.
 */
int survey_run(const struct settings *settings, const struct audit_options *options, bool figures)
    __attribute__((nonnull));
