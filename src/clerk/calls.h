/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that the clerk's work takes. */
#pragma once

/* Leaves them alone; see confine_calls(). */
int clerk_confine_calls(void) __attribute__((warn_unused_result));
