/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the reading of web proxies is divided. Private to observe. */
#pragma once

#include "observe/snapshot.h"

/*
 * Adds the routes of the Traefik of a process, whose root is open; `where` names it. 0, or a
 * negative errno with a sentence.
 */
int sites_read_traefik(struct snapshot *snapshot, int pid, int root, const char *container_id,
                       const char *where, struct error **ret_error)
    __attribute__((nonnull(1, 5), warn_unused_result));
