/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies that are written for a host: a first one, and one that closes what an audit found. */
#pragma once

#include "audit/audit.h"

#include <stdio.h>

/*
 * Writes a starter policy: everything closed but for what is published and open as meant today,
 * each line with what it is about. What the host's own firewall denies is asked about, in a
 * comment, and stays closed. 0, -ENOMEM or -EIO.
 */
int policy_write_starter(const struct audit *audit, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/*
 * Writes a policy that closes the problems of an audit and nothing else: bind addresses count, and
 * ports that INPUT denies are open to those only whom it does not deny. 0, -ENOMEM or -EIO.
 */
int policy_write_fix(const struct audit *audit, FILE *out)
    __attribute__((nonnull, warn_unused_result));
