/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the sysctls that decide what gets where. */
#pragma once

#include "observe/netview.h"

/*
 * Fills view->sysctls: the host's, and those of each link out of view->raw[RAW_LINK], which must
 * have been read before. 0, or a negative errno with a sentence.
 */
int sysctl_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
