/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of a command: the file that was named, or the one in its usual place. */
#pragma once

#include "cli/options.h"
#include "intent/policy.h"

/* Where it is looked for. */
#define POLICY_FILE "/etc/seawall/policy.yaml"

/*
 * Reads it. 0 and a policy that the caller frees: the default one where no file is named and none
 * is in its usual place, or where what is looked at is a capture of another host and none is named.
 * *ret_path: the file, NULL for none; borrowed. Or, having complained, the exit code to leave with.
 */
int policy_file_read(const struct settings *settings, struct policy **ret_policy,
                     const char **ret_path) __attribute__((nonnull, warn_unused_result));
