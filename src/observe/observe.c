/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a snapshot of this host: the engine's answers and the kernel's, in one go.
 *
 * Theory of operation. The engine is asked first, since its answers are what changes under load;
 * then the host's own network namespace is read, then those of the containers that run. Entering a
 * namespace moves only the calling thread, and only until it has been read: should the way back
 * fail, everything read after it would be about the wrong host, so that alone is an error. A
 * namespace that several containers share is read once. Most containers are asked for no more than
 * what listens in them; one that has a link of its own into the LAN (macvlan, ipvlan, a driver that
 * we do not know) is a host of its own to its neighbours, and gets a view of its own. Where the
 * engine does not answer, the kernel tells which containers there are (observe/remains.h).
 */
#include "observe/observe.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"
#include "observe/flow_read.h"
#include "observe/netview_read.h"
#include "observe/remains.h"
#include "observe/sites_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* A network namespace that has been read, and for which container. */
struct seen {
	dev_t device;
	ino_t inode;
	size_t container;
};

/* The round through the containers. */
struct round {
	struct snapshot *snapshot;
	int home; /* our own network namespace */
	struct stat home_stat;
	VEC(struct seen) seen;
	size_t unknown;   /* running containers whose sockets could not be read */
	int first_reason; /* why, as a negative errno; 0: the engine gave no process id */
};

/* Notes a sentence unless it has been noted already. 0 or -ENOMEM. */
static int note_once(struct snapshot *snapshot, const char *sentence)
{
	vec_foreach(noted, &snapshot->incomplete)
		if (strcmp(*noted, sentence) == 0)
			return 0;
	return snapshot_incomplete(snapshot, "%s", sentence);
}

/* Whether a container has a process, and so a network namespace that somebody may be sent to. */
static bool has_process(const struct container *container)
{
	return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
	       container->state == CONTAINER_RESTARTING;
}

/* Copies sockets into a container. 0 or -ENOMEM. */
static int copy_sockets(struct container *container, const struct socket *sockets, size_t n)
{
	if (vec_reserve(&container->sockets, n) < 0)
		return -ENOMEM;
	if (n)
		memcpy(container->sockets.items + container->sockets.n, sockets,
		       n * sizeof(*sockets));
	container->sockets.n += n;
	container->sockets_known = true;
	return 0;
}

/* Gives a container in the host's own namespace those of the host's sockets that are its own. */
static int take_host_sockets(const struct snapshot *snapshot, struct container *container)
{
	bool owners = snapshot->net.sockets.n == 0;

	vec_foreach(socket, &snapshot->net.sockets) {
		owners |= socket->owner.pid > 0;
		if (socket->owner.container_id &&
		    strcmp(socket->owner.container_id, container->id) == 0 &&
		    copy_sockets(container, socket, 1) < 0)
			return -ENOMEM;
	}
	container->sockets_known = owners;
	return 0;
}

/* Reads what listens in the namespace that we stand in, into a container. */
static int read_container_sockets(struct snapshot *snapshot, struct container *container,
                                  struct error **ret_error)
{
	struct netview view = {0};
	int status = sockets_read(&view, false, ret_error);

	vec_foreach(sentence, &view.incomplete) {
		_cleanup_free_ char *note = NULL;

		if (status == 0 && asprintf(&note, "in containers: %s", *sentence) < 0) {
			note = NULL;
			status = -ENOMEM;
		}
		if (status == 0)
			status = note_once(snapshot, note);
	}
	if (status == 0)
		status = copy_sockets(container, view.sockets.items, view.sockets.n);
	netview_done(&view);
	return status;
}

/* Reads the whole namespace that we stand in, as a container's view. */
static int read_container_view(struct container *container, struct error **ret_error)
{
	struct netview *view = container->view = calloc(1, sizeof(*view));
	int status = view ? netview_read(view, ret_error) : -ENOMEM;

	if (status == 0)
		status = sockets_read(view, false, ret_error);
	if (status == 0)
		status = copy_sockets(container, view->sockets.items, view->sockets.n);
	return status;
}

/* Reads a container's namespace, entered by the descriptor. -ENOTRECOVERABLE: no way back home. */
static int read_namespace(struct round *round, struct container *container, int netns)
{
	_cleanup_error_ struct error *error = NULL;
	int status;

	if (setns(netns, CLONE_NEWNET) < 0)
		return -errno;
	status = snapshot_on_foreign_link(round->snapshot, container)
	             ? read_container_view(container, &error)
	             : read_container_sockets(round->snapshot, container, &error);
	if (setns(round->home, CLONE_NEWNET) < 0)
		return -ENOTRECOVERABLE;
	return status;
}

/* Reads a container's namespace unless it is the host's or has been read for another one. */
static int visit(struct round *round, size_t index)
{
	struct container *container = &round->snapshot->engine.containers.items[index];
	_cleanup_close_ int netns = -1;
	char path[64];
	struct stat found;
	struct seen *seen;

	if (container->pid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", container->pid);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || fstat(netns, &found) < 0)
		return -errno;
	if (found.st_dev == round->home_stat.st_dev && found.st_ino == round->home_stat.st_ino)
		return take_host_sockets(round->snapshot, container);
	vec_foreach(known, &round->seen) {
		const struct container *other =
		    &round->snapshot->engine.containers.items[known->container];

		if (known->device == found.st_dev && known->inode == found.st_ino)
			return other->sockets_known
			           ? copy_sockets(container, other->sockets.items, other->sockets.n)
			           : -EAGAIN;
	}
	seen = vec_push(&round->seen);
	if (!seen)
		return -ENOMEM;
	*seen = (struct seen){found.st_dev, found.st_ino, index};
	return read_namespace(round, container, netns);
}

/* Goes through all containers that run. 0, or negative where nothing can go on. */
static int visit_all(struct round *round)
{
	for (size_t i = 0; i < round->snapshot->engine.containers.n; i++) {
		int status;

		if (!has_process(&round->snapshot->engine.containers.items[i]))
			continue;
		status = visit(round, i);
		if (status == -ENOMEM || status == -ENOTRECOVERABLE)
			return status;
		if (status < 0 && round->unknown++ == 0)
			round->first_reason = status;
	}
	return 0;
}

/* The round through the containers that run, and what it could not see. */
static int read_containers(struct snapshot *snapshot, struct error **ret_error)
{
	struct round round = {.snapshot = snapshot, .home = -1};
	int status = 0;

	round.home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (round.home < 0 || fstat(round.home, &round.home_stat) < 0)
		status = snapshot_incomplete(snapshot, "what listens in containers: %m");
	else
		status = visit_all(&round);
	if (status == 0 && round.unknown && snapshot->engine.pids_foreign)
		status = snapshot_incomplete(
		    snapshot,
		    "what listens in %zu running containers is not known: their engine lives in "
		    "another PID namespace",
		    round.unknown);
	else if (status == 0 && round.unknown)
		status = snapshot_incomplete(
		    snapshot, "what listens in %zu running containers is not known: %s",
		    round.unknown, strerror(-round.first_reason));
	if (round.home >= 0)
		close(round.home);
	vec_done(&round.seen);
	if (status == -ENOTRECOVERABLE)
		return error_set(ret_error, ENOTRECOVERABLE,
		                 "cannot go back to this host's own network namespace");
	return status < 0 ? error_set(ret_error, -status, "out of memory") : 0;
}

/* Reads the namespace that we stand in as the host's. What fails is noted. 0 or -ENOMEM. */
static int read_host(struct snapshot *snapshot, struct error **ret_error)
{
	_cleanup_error_ struct error *error = NULL;
	int status = netview_read(&snapshot->net, &error);

	if (status == 0)
		status = sockets_read(&snapshot->net, true, &error);
	if (status < 0 && status != -ENOMEM)
		status =
		    snapshot_incomplete(snapshot, "this host's network: %s", error_message(error));
	return status < 0 ? error_set(ret_error, ENOMEM, "out of memory") : 0;
}

/* Understands what the engine said; what cannot be understood makes it broken. 0 or -ENOMEM. */
static int read_engine(struct snapshot *snapshot, struct error **ret_error)
{
	_cleanup_error_ struct error *error = NULL;
	int status = engine_parse(snapshot, &error);

	if (status == -EBADMSG) {
		snapshot->engine.status = ENGINE_BROKEN;
		snapshot->engine.status_text =
		    arena_printf(&snapshot->arena, "%s: its answers cannot be understood: %s",
		                 snapshot->engine.socket, error_message(error));
		status =
		    snapshot->engine.status_text ? engine_parse_finish(snapshot, NULL) : -ENOMEM;
	}
	return status < 0 ? error_set(ret_error, ENOMEM, "out of memory") : 0;
}

int observe_host(const struct observe_options *options, struct snapshot **ret_snapshot,
                 struct error **ret_error)
{
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	struct utsname names;
	int status;

	if (!snapshot || uname(&names) < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	snapshot->host = arena_strdup(&snapshot->arena, names.nodename);
	snapshot->kernel = arena_strdup(&snapshot->arena, names.release);
	if (!snapshot->host || !snapshot->kernel)
		return error_set(ret_error, ENOMEM, "out of memory");
	snapshot->taken = time(NULL);
	snapshot->live = true;
	status = engine_fetch(snapshot, options->socket, options->timeout_msec, ret_error);
	if (status == 0)
		status = read_host(snapshot, ret_error);
	if (status == 0)
		status = read_engine(snapshot, ret_error);
	if (status == 0 && snapshot->engine.status != ENGINE_OK)
		status = remains_read(snapshot, ret_error);
	if (status == 0)
		status = read_containers(snapshot, ret_error);
	if (status == 0)
		status = flows_read(snapshot, ret_error);
	if (status == 0)
		status = sites_read(snapshot, ret_error);
	if (status < 0)
		return status;
	*ret_snapshot = steal_pointer(&snapshot);
	return 0;
}
