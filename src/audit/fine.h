/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of what is as it was meant: who gets in, and which declaration says so. Pure. */
#pragma once

#include "audit/audit.h"

/* Fills audit->fine: one line for each published port without a problem, one for each container
 * that publishes nothing. 0 or -ENOMEM. */
int fine_lines(struct audit *audit) __attribute__((nonnull, warn_unused_result));
