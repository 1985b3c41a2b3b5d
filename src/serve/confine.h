/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process that answers requests gives up. */
#pragma once

/*
 * Becomes nobody, without capabilities, and unable to get any again. 0 or a negative errno; what
 * was given up stays so.
 */
int confine_rights(void) __attribute__((warn_unused_result));

/* Leaves the system calls that answering takes; any other fails with EPERM. 0 or a negative errno.
 */
int confine_calls(void) __attribute__((warn_unused_result));
