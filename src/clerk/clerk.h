/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's clerk: the process that remembers, counts and answers.
 *
 * Theory of operation. Whoever knocks writes what the guard has to read: packets that were turned
 * away, flows, requests for measurements. None of that needs a right once its socket is open. So
 * the guard opens the sockets and starts the clerk, which becomes another user, gives all
 * capabilities away, sees no files but those of the history (Landlock, where the kernel has it),
 * and can make only the system calls that its work takes. It has the history, knocks and visits,
 * measurements, and the control socket. The guard tells it what happened and never waits for it; it
 * says nothing to the guard. When it ends otherwise than it should, the guard starts another.
 */
#pragma once

#include "base/error.h"
#include "base/say.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clerk;

struct clerk_options {
	const char *metrics; /* where measurements are served; NULL: on the control socket alone */
	struct listener listener; /* of the guard's lines and of the clerk's */
};

/*
 * Opens what the clerk works with and starts it. What cannot be had is said, and done without, but
 * for the measurements: 0, or a negative errno with a sentence. The options are borrowed.
 */
int clerk_new(const struct clerk_options *options, struct clerk **ret_clerk,
              struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));

/* Lets the clerk write what it has, and end. */
void clerk_free(struct clerk *clerk);
DEFINE_CLEANUP(struct clerk, clerk_free);

/* A descriptor that can be read when the clerk has ended; -1: there is none. */
int clerk_fd(const struct clerk *clerk) __attribute__((nonnull));

/* Takes away one that has ended, and says how it did. */
void clerk_bury(struct clerk *clerk) __attribute__((nonnull));

/* Starts another. It knows nothing yet. False: it cannot be, as was said. */
bool clerk_start(struct clerk *clerk) __attribute__((nonnull));

/* What happened, for the history: see history_event(). All that follow may be given NULL as the
 * clerk, and then do nothing. */
void clerk_event(struct clerk *clerk, const char *kind, const char *container, const char *text)
    __attribute__((nonnull(2, 4)));
/* The wall was put up again for a cause; whether it stands. */
void clerk_healed(struct clerk *clerk, const char *cause) __attribute__((nonnull(2)));
void clerk_wall(struct clerk *clerk, bool up);
/* A proof left a file of ways in and measurements: clerk/findings.h. The descriptor stays the
 * caller's, who does not read it any more. */
void clerk_proved(struct clerk *clerk, int fd);
/* A look at the host left a capture. */
void clerk_seen(struct clerk *clerk, int fd);
/* The policy's file, by which senders are put into zones, and what is known of the uplinks. */
void clerk_policy(struct clerk *clerk, const char *path, bool has_uplinks,
                  const char *const *uplinks, size_t n) __attribute__((nonnull(2)));
