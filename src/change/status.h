/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is up in the kernel, beside what was put up last. */
#pragma once

#include "change/pending.h"
#include "change/state.h"
#include "wall/table.h"

struct wall_status {
	bool up;        /* the kernel has the table */
	bool saved;     /* something is kept on disk */
	bool damaged;   /* and cannot be read: `damage` says why */
	char *damage;   /* owned */
	bool as_saved;  /* the two are the same wall */
	bool this_boot; /* it was proved since this boot */
	bool waits;     /* for a confirmation */
	struct pending pending;
	enum wall_hold hold;
	const char *saved_rules; /* a file of them that has the table and would not load; or NULL */
	uint64_t turned_away;    /* packets, since it was put up */
	struct state state;
};

/* Reads it from the caller's network namespace. 0 or a negative errno with a sentence. */
int wall_status_read(struct wall_status *ret_status, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
/* How hard the wall is, for its report: "not asked for", "held", "nobody holds it", "this kernel
 * cannot". */
const char *wall_status_hard(const struct wall_status *status) __attribute__((nonnull));
void wall_status_done(struct wall_status *status) __attribute__((nonnull));
