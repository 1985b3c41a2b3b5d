/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host that Seawall is not on: what its own tools say of it, made into a snapshot here.
 *
 * collect.sh is run there, by ssh or by hand, and prints a collection; the network in it is the
 * kernel's own messages, the rules are loaded into a throw-away copy of that network here, and what
 * the engine said goes through the parser of a live engine. See docs/remote.md.
 */
#pragma once

#include "observe/snapshot.h"

#include <stdio.h>

/* The script, for people to read and to run. */
const char *collect_text(void);

/*
 * Makes a snapshot of what the script printed, which is taken over in any case; `path` is what
 * messages call it. What its tools could not tell, or ours not read, is noted as incomplete. 0, or
 * -EBADMSG with a sentence that begins "path:line:column: ", or another negative errno.
 */
int collect_snapshot(const char *path, struct bytes *bytes, struct snapshot **ret_snapshot,
                     struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Whether a file begins as a collection does. False also where it cannot be read. */
bool collect_is(const char *path) __attribute__((nonnull));

/* The same of a file; "-" is standard input. */
int collect_read(const char *path, struct snapshot **ret_snapshot, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Runs the script on a host, "ssh://[USER@]HOST[:PORT]", by the user's own ssh, which may ask for
 * what it needs. It runs as root there, or by `sudo -n`, or else as it can. 0, or a negative errno
 * with a sentence: -EINVAL where it is no such URL, -EIO where ssh failed, which has said why.
 */
int collect_host(const char *url, struct snapshot **ret_snapshot, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
