/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a snapshot of this host: the engine's answers and the kernel's, in one go. */
#pragma once

#include "observe/snapshot.h"

struct observe_options {
	const char *
	    socket; /* path or unix:// URL of the engine; NULL: $DOCKER_HOST, then the usual ones */
	unsigned timeout_msec; /* for each answer of the engine; 0: 10000 */
};

/*
 * Observes this host from the network namespace of the caller. Changes nothing. What cannot be
 * read (no permission, no engine, a hanging engine) is named in the snapshot, not an error.
 * Returns 0 and a snapshot that the caller frees, or a negative errno when nothing useful could
 * be made (no memory).
 */
int observe_host(const struct observe_options *options, struct snapshot **ret_snapshot,
                 struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));
