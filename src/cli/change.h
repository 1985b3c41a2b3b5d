/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `plan`, `apply` and `fix` share: from a survey to a plan, to what is done. */
#pragma once

#include "change/plan.h"
#include "cli/survey.h"

/*
 * Surveys by the settings and makes a plan by the survey's policy, or by another where `policy` is
 * not NULL. Returns 0 with both filled, or having complained the exit code to leave with.
 */
int change_plan(const struct settings *settings, const struct policy *policy, struct survey *survey,
                struct plan **ret_plan) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/*
 * Carries a plan out and reports; `confirm` is in seconds, 0: for good. Returns the exit code.
 */
int change_apply(const struct settings *settings, const struct policy *policy, const char *name,
                 unsigned confirm, const struct survey *survey, const struct plan *plan)
    __attribute__((nonnull));

/* The seconds of --confirm: what was given, or `otherwise`. False having complained. */
bool change_confirm(const struct settings *settings, unsigned otherwise, unsigned *ret_seconds)
    __attribute__((nonnull));

/* Complains where this needs root and has none. Returns 0 or the exit code. */
int change_needs_root(const struct settings *settings) __attribute__((nonnull));
