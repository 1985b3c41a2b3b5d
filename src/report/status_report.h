/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall that is up, for a person or a program. */
#pragma once

#include "change/status.h"

#include <stdio.h>

/* 0 or a negative errno. */
int report_status(const struct wall_status *status, FILE *out)
    __attribute__((nonnull, warn_unused_result));
int report_status_json(const struct wall_status *status, FILE *out)
    __attribute__((nonnull, warn_unused_result));
