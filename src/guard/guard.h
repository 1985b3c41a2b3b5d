/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: keeps the wall what the policy asks for.
 *
 * Theory of operation. The wall's transaction is kept in memory. When somebody touches the table it
 * is sent again at once. When links move - a container starts, stops, or gets another network -
 * the host is looked at anew, soon and once more when the engine has settled, and the wall is made
 * for what is there then: so an address that another container got opens nothing any more, and one
 * that a container came back with is open again. When things are quiet the host is proved as an
 * audit does it. A policy that cannot be read, or an engine that does not answer, changes nothing:
 * the last good wall stays. What `apply`, `rollback` and `remove` do is taken in from what they
 * keep on disk; while one of them is at work, or a change waits for its confirmation, the guard
 * waits.
 */
#pragma once

#include "base/error.h"
#include "base/say.h"

struct guard_options {
	const char *policy;       /* the file */
	const char *docker;       /* the engine's socket; NULL: as usual */
	const char *metrics;      /* where measurements are served; NULL: nowhere */
	struct listener listener; /* is told what was done */
};

/* Runs until it is told to end. 0, or a negative errno with a sentence: it could not begin. */
int guard_run(const struct guard_options *options, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
