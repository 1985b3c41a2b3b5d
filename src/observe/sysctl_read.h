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

/* Adds the sysctl of a file below /proc/sys, as somebody else has read it, if it is one of those
 * that sysctl_read() reads. 0 or -ENOMEM. */
int sysctl_take(struct netview *view, const char *path, const char *value)
    __attribute__((nonnull, warn_unused_result));

/* Adds those of each link, out of view->raw[RAW_LINK]. 0, or a negative errno with a sentence. */
int sysctl_read_links(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
