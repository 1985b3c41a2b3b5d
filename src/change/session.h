/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The remote session that this process runs in, and whether a wall would cut it.
 *
 * sudo takes SSH_CONNECTION away, so it is found from what cannot be taken: an ancestor that is a
 * server for remote shells, and the TCP connections that it holds. A session may come by a socket
 * of the host, which a wall looks at only if the policy names a host-network container with its
 * port; or through a container (a VPN in one), and then hangs on the flows from outside to that.
 */
#pragma once

#include "base/notes.h"
#include "observe/snapshot.h"
#include "wall/wall.h"

/* A TCP connection of an ancestor. */
struct session {
	struct address peer;
	uint16_t local_port;
};
VEC_TYPE(sessions, struct session);

/* Fills the connections of all ancestors that are servers for remote shells. 0 or -ENOMEM. */
int sessions_find(struct sessions *sessions) __attribute__((nonnull, warn_unused_result));

/* Whether this process runs below a server for remote shells. */
bool session_is_remote(void);

/*
 * Adds a sentence for each session that a wall around this host would cut. Pure but for the
 * sessions. 0 or -ENOMEM.
 */
int sessions_judge(const struct sessions *sessions, const struct snapshot *snapshot,
                   const struct wall *wall, struct arena *arena, struct notes *notes)
    __attribute__((nonnull, warn_unused_result));
