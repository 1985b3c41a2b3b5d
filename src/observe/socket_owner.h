/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out which processes hold sockets, and in which container those are. */
#pragma once

#include "observe/netview.h"

enum { CONTAINER_ID_LEN = 64 };

/*
 * Fills the owner of each socket of the view that has an inode, as far as /proc tells. What is
 * kept from us is noted as incomplete. 0 or a negative errno.
 */
int socket_owners_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * The container of a process whose /proc/PID/cgroup is `text`: true and 64 hex digits, for the
 * layouts of Docker, containerd, CRI-O and Podman under cgroups v1 and v2. A container within a
 * container is the inner one. Podman's conmon stands in a group named after a container that it is
 * not in.
 */
bool cgroup_container_id(const char *text, char ret_id[static CONTAINER_ID_LEN + 1])
    __attribute__((nonnull));
