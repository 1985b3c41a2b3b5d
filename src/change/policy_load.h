/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy from its file. */
#pragma once

#include "intent/policy.h"

/*
 * Reads a policy file, "-" for standard input. 0 and a policy, or a negative errno with a sentence
 * that has the place; -ENOENT where there is no such file.
 */
int policy_load(const char *path, struct policy **ret_policy, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
