/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people type them. */
#pragma once

#include <stdbool.h>
#include <time.h>

/*
 * Reads "90s", "30m", "12h", "7d", "2w" before now; "2026-11-26" (this place's midnight); or RFC
 * 3339, "2026-11-26T08:00:00Z", "2026-11-26T08:00:00+01:00". False for anything else.
 */
bool since_parse(const char *text, time_t now, time_t *ret_since) __attribute__((nonnull));
