/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine tells by itself: which container has just started, and what that one is.
 *
 * A look at a host asks for a thousand containers; one that starts should not wait for that. The
 * feed keeps a broker (observe/broker.h) with a stream of events, and asks for the one container.
 */
#pragma once

#include "base/error.h"
#include "observe/snapshot.h"

struct engine_feed;

/*
 * Asks the engine of a socket (NULL: the one that is found) to tell. An answer to a question may
 * take timeout_msec (0: 10 s). 0; -ENOTCONN with a sentence where there is no engine that can; or
 * -ENOMEM.
 */
int engine_feed_open(const char *socket, unsigned timeout_msec, struct engine_feed **ret_feed,
                     struct error **ret_error) __attribute__((nonnull(3), warn_unused_result));

/* Waits so many milliseconds for the next container, or the end of what is told. 0 where it goes
 * on; -ENOTCONN or -ENOMEM as of the next. */
int engine_feed_wait(struct engine_feed *feed, int milliseconds)
    __attribute__((nonnull, warn_unused_result));

/* Waits for the next container. 0 and its id, which the caller frees; -ENOTCONN when the engine
 * tells nothing any more; or -ENOMEM. */
int engine_feed_next(struct engine_feed *feed, char **ret_id)
    __attribute__((nonnull, warn_unused_result));

/*
 * Makes a snapshot in which there are one container, all networks, and this host's bridges,
 * addresses and routes: no sockets, no rules, no other containers. Networks and links are those of
 * the last time that a container stood on a network not seen before. The snapshot is the feed's,
 * until the next look. 0; -ENOENT when the container is gone; -ENOTCONN or another negative errno
 * when it could not be asked for.
 */
int engine_feed_look(struct engine_feed *feed, const char *id, const struct snapshot **ret_snapshot)
    __attribute__((nonnull, warn_unused_result));

void engine_feed_close(struct engine_feed *feed);
DEFINE_CLEANUP(struct engine_feed, engine_feed_close);
