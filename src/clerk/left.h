/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a proof's process leaves in its file: strings behind each other, each with its end.
 *
 * An item is a kind, a container and a text: what the guard is to say ("proof", "problem",
 * "trouble"), and for the clerk "page" (disagreements, a space, the page's part: metrics.h), "way",
 * the text of which is the port, with eight more strings, and "ways" where those were all.
 */
#pragma once

#include "audit/audit.h"
#include "history/history.h"

#include <stdio.h>

enum { LEFT_MOST = 64 << 20 };

/* Leaves something to be said; `container` may be NULL. */
void leave(FILE *out, const char *kind, const char *container, const char *text)
    __attribute__((nonnull(1, 2, 4)));
/* The same by a printf format. */
void leavef(FILE *out, const char *kind, const char *container, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull(1, 2, 4)));
/* Leaves what an audit found. */
void leave_audit(FILE *out, const struct audit *audit) __attribute__((nonnull));

/* Reads such a file from its beginning. The caller frees; NULL where there is none, or it is too
 * large. *ret_end is behind its last byte. */
char *left_read(int fd, const char **ret_end) __attribute__((nonnull));

struct left_item {
	const char *kind, *container, *text;
	struct history_reach way; /* of a "way" */
};

/* Takes the next item, which borrows from the text. False at the end, or where it is cut; *at is
 * then behind the end where the last string lacks its own. */
bool left_next(const char **at, const char *end, struct left_item *ret_item)
    __attribute__((nonnull));
