/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds processes of containers without asking an engine. Private to observe. */
#pragma once

#include "base/vec.h"
#include "observe/socket_owner.h"

#include <stdbool.h>

/* The first process of a container. */
struct remains_process {
	int pid;
	bool podman; /* its control group is one that Podman makes */
	char id[CONTAINER_ID_LEN + 1];
};
VEC_TYPE(remains_processes, struct remains_process);

/*
 * Finds one process of each container that this /proc shows, by the names of control groups. The
 * container that we run in ourselves is none of them. 0 or -ENOMEM.
 */
int remains_processes_find(struct remains_processes *processes)
    __attribute__((nonnull, warn_unused_result));
