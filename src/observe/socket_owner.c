/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out which processes hold sockets, and in which container those are.
 *
 * Theory of operation. /proc/PID/fd of every process is looked through for the inodes wanted, until
 * all are found: first the processes of our own network namespace, which nearly always hold its
 * sockets, then the others, as a descriptor can be passed on or a namespace left. A socket may be
 * held by several. The first found, which has the lowest process id, is the parent of its
 * workers; only a process that opens sockets on behalf of others (systemd for units, dockerd for
 * its proxies) gives way to whoever else holds it.
 */
#include "observe/socket_owner.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DESCRIPTORS_MAX = 4 * 1024 * 1024, /* looked at before we give up */
	CGROUP_MAX = 16 * 1024,
	PATH_ROOM = 64,
};

/* Processes that open sockets for others to hold. */
static const char *const openers[] = {"systemd", "dockerd", "init"};

/* A socket whose owner is looked for. */
struct wanted {
	uint64_t inode;
	size_t index; /* into view->sockets */
	bool found;   /* by one that is no opener */
};
VEC_TYPE(wanteds, struct wanted);

struct hunt {
	struct netview *view;
	struct wanteds wanted; /* in order of inode */
	size_t missing;        /* wanted ones not yet found */
	size_t descriptors;    /* looked at so far */
	size_t denied;         /* processes that we may not look into */
	uint64_t netns;        /* inode of our network namespace */
	int proc;              /* /proc */
};

/* A process that was looked into; filled when the first wanted socket is seen. */
struct holder {
	int pid;
	bool known, opener;
	struct socket_owner owner;
};

/* Closes a directory variable; for _cleanup_(). */
static void cleanup_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}
#define _cleanup_directory_ _cleanup_(cleanup_directory)

/* Whether the word at `at`, of a text that begins at `text`, names the container of its process. */
static bool is_container_id(const char *text, const char *at, size_t len)
{
	static const char monitor[] = "conmon-";
	size_t before = (size_t)(at - text), prefix = sizeof(monitor) - 1;

	if (len != CONTAINER_ID_LEN || isalnum((unsigned char)at[len]) ||
	    (before && isalnum((unsigned char)at[-1])))
		return false;
	return before < prefix || memcmp(at - prefix, monitor, prefix) != 0;
}

bool cgroup_container_id(const char *text, char ret_id[static CONTAINER_ID_LEN + 1])
{
	bool found = false;

	/* Of a line the last counts; of several lines, cgroups v1, the first that has one. */
	for (const char *at = text; *at && !(found && *at == '\n');) {
		size_t len = strspn(at, "0123456789abcdef");

		if (is_container_id(text, at, len)) {
			memcpy(ret_id, at, CONTAINER_ID_LEN);
			ret_id[CONTAINER_ID_LEN] = 0;
			found = true;
		}
		at += len ? len : 1;
	}
	return found;
}

/* Orders wanted sockets by inode, for qsort(). */
static int wanted_compare(const void *a, const void *b)
{
	uint64_t left = ((const struct wanted *)a)->inode;
	uint64_t right = ((const struct wanted *)b)->inode;

	return (left > right) - (left < right);
}

/* The index of the first wanted socket of at least this inode. */
static size_t wanted_find(const struct wanteds *wanted, uint64_t inode)
{
	size_t low = 0, high = wanted->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (wanted->items[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Reads a small file of a process as a string. False when it cannot be read. */
static bool read_text(const struct hunt *hunt, int pid, const char *name, char *text, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_ROOM];
	size_t len = 0;
	ssize_t got = 0;

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(hunt->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (len < size - 1 && (got = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = 0;
	return got >= 0;
}

/* Finds out who a process is. 0 or -ENOMEM. */
static int holder_identify(const struct hunt *hunt, struct holder *holder)
{
	char comm[64], cgroup[CGROUP_MAX], id[CONTAINER_ID_LEN + 1];
	struct arena *arena = &hunt->view->arena;

	holder->known = true;
	holder->owner.pid = holder->pid;
	if (read_text(hunt, holder->pid, "comm", comm, sizeof(comm))) {
		comm[strcspn(comm, "\n")] = 0;
		holder->owner.comm = arena_strdup(arena, comm);
		if (!holder->owner.comm)
			return -ENOMEM;
		for (size_t i = 0; i < sizeof(openers) / sizeof(*openers); i++)
			holder->opener |= strcmp(comm, openers[i]) == 0;
	}
	if (read_text(hunt, holder->pid, "cgroup", cgroup, sizeof(cgroup)) &&
	    cgroup_container_id(cgroup, id)) {
		holder->owner.container_id = arena_strdup(arena, id);
		if (!holder->owner.container_id)
			return -ENOMEM;
	}
	return 0;
}

/* Notes that a process holds a socket. 0 or -ENOMEM. */
static int hunt_found(struct hunt *hunt, uint64_t inode, struct holder *holder)
{
	for (size_t i = wanted_find(&hunt->wanted, inode);
	     i < hunt->wanted.n && hunt->wanted.items[i].inode == inode; i++) {
		struct wanted *wanted = &hunt->wanted.items[i];
		struct socket_owner *owner = &hunt->view->sockets.items[wanted->index].owner;

		if (wanted->found)
			continue;
		if (!holder->known) {
			int status = holder_identify(hunt, holder);

			if (status < 0)
				return status;
		}
		if (holder->opener && owner->pid)
			continue;
		*owner = holder->owner;
		wanted->found = !holder->opener;
		hunt->missing -= wanted->found;
	}
	return 0;
}

/* Looks through the descriptors of a process. 0 or -ENOMEM. */
static int hunt_process(struct hunt *hunt, int pid)
{
	_cleanup_directory_ DIR *directory = NULL;
	struct holder holder = {.pid = pid};
	const struct dirent *entry;
	char path[PATH_ROOM];
	int fd, status = 0;

	snprintf(path, sizeof(path), "%d/fd", pid);
	fd = openat(hunt->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		hunt->denied += errno == EACCES || errno == EPERM;
		return 0;
	}
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -ENOMEM;
	}
	while (status == 0 && hunt->missing && hunt->descriptors < DESCRIPTORS_MAX &&
	       (entry = readdir(directory)) != NULL) {
		char target[PATH_ROOM];
		unsigned long long inode;
		ssize_t len;

		hunt->descriptors++;
		len = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = 0;
		if (sscanf(target, "socket:[%llu]", &inode) == 1)
			status = hunt_found(hunt, inode, &holder);
	}
	return status;
}

/* Whether a process stands in our network namespace; false too where that is kept from us. */
static bool process_is_near(const struct hunt *hunt, int pid)
{
	char path[PATH_ROOM];
	struct stat netns;

	snprintf(path, sizeof(path), "%d/ns/net", pid);
	return fstatat(hunt->proc, path, &netns, 0) == 0 && netns.st_ino == hunt->netns;
}

/* Looks through all processes that are, or are not, in our network namespace. 0 or -ENOMEM. */
static int hunt_processes(struct hunt *hunt, bool near)
{
	_cleanup_directory_ DIR *directory = opendir("/proc");
	const struct dirent *entry;
	int status = 0;

	while (directory && status == 0 && hunt->missing && hunt->descriptors < DESCRIPTORS_MAX &&
	       (entry = readdir(directory)) != NULL) {
		int pid = isdigit((unsigned char)*entry->d_name) ? atoi(entry->d_name) : 0;

		if (pid > 0 && process_is_near(hunt, pid) == near)
			status = hunt_process(hunt, pid);
	}
	return status;
}

/* Collects the sockets whose owner is to be found. 0 or -ENOMEM. */
static int hunt_begin(struct hunt *hunt)
{
	struct stat netns;

	for (size_t i = 0; i < hunt->view->sockets.n; i++) {
		const struct socket *socket = &hunt->view->sockets.items[i];
		struct wanted *slot;

		if (!socket->inode || socket->owner.pid)
			continue;
		slot = vec_push(&hunt->wanted);
		if (!slot)
			return -ENOMEM;
		*slot = (struct wanted){.inode = socket->inode, .index = i};
	}
	hunt->missing = hunt->wanted.n;
	if (hunt->missing)
		qsort(hunt->wanted.items, hunt->wanted.n, sizeof(*hunt->wanted.items),
		      wanted_compare);
	if (stat("/proc/thread-self/ns/net", &netns) == 0)
		hunt->netns = netns.st_ino;
	return 0;
}

int socket_owners_read(struct netview *view, struct error **ret_error)
{
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct hunt hunt = {.view = view, .proc = proc};
	int status = hunt_begin(&hunt);

	if (status == 0)
		status = hunt_processes(&hunt, true);
	if (status == 0)
		status = hunt_processes(&hunt, false);
	if (status == 0 && hunt.missing && proc < 0)
		status = netview_incomplete(view, "who holds the sockets is not known: no /proc");
	else if (status == 0 && hunt.missing && hunt.denied)
		status = netview_incomplete(view, "finding out who holds %zu sockets needs root",
		                            hunt.missing);
	else if (status == 0 && hunt.missing && hunt.descriptors >= DESCRIPTORS_MAX)
		status = netview_incomplete(
		    view, "who holds %zu sockets is not known: gave up after %d descriptors",
		    hunt.missing, DESCRIPTORS_MAX);
	vec_done(&hunt.wanted);
	return status < 0 ? error_wrap(ret_error, status, "looking for the owners of sockets") : 0;
}
