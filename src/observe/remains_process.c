/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds processes of containers without asking an engine. */
#include "observe/remains_process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PROCESSES_MOST = 4096, /* containers that are told apart; beyond that no host is known */
	CGROUP_MAX = 16 * 1024,
};

/* Reads the control groups of a process, "self" or a number. False where that cannot be done. */
static bool read_cgroup(const char *process, char text[static CGROUP_MAX])
{
	_cleanup_close_ int fd = -1;
	char path[64];
	size_t len = 0;
	ssize_t got = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/cgroup", process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (len < CGROUP_MAX - 1 && (got = read(fd, text + len, CGROUP_MAX - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = 0;
	return got >= 0;
}

/* Keeps a process unless its container has one with a lower number. 0 or -ENOMEM. */
static int keep(struct remains_processes *processes, int pid, const char *id, bool podman)
{
	struct remains_process *slot;

	vec_foreach(known, processes)
		if (strcmp(known->id, id) == 0) {
			known->pid = pid < known->pid ? pid : known->pid;
			return 0;
		}
	if (processes->n == PROCESSES_MOST)
		return 0;
	slot = vec_push(processes);
	if (!slot)
		return -ENOMEM;
	*slot = (struct remains_process){.pid = pid, .podman = podman};
	memcpy(slot->id, id, sizeof(slot->id));
	return 0;
}

int remains_processes_find(struct remains_processes *processes)
{
	char text[CGROUP_MAX], id[CONTAINER_ID_LEN + 1], own[CONTAINER_ID_LEN + 1] = "";
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int status = 0;

	if (!proc)
		return errno == ENOMEM ? -ENOMEM : 0;
	if (!read_cgroup("self", text) || !cgroup_container_id(text, own))
		*own = 0;
	while (status == 0 && (entry = readdir(proc)) != NULL)
		if (isdigit((unsigned char)*entry->d_name) && read_cgroup(entry->d_name, text) &&
		    cgroup_container_id(text, id) && strcmp(id, own) != 0)
			status = keep(processes, atoi(entry->d_name), id,
			              strstr(text, "libpod") != NULL);
	closedir(proc);
	return status;
}
