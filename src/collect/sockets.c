/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of a collection, as `ss -Hnltupe` lists them (iproute2, misc/ss.c):
 *
 *	tcp LISTEN 0 128 127.0.0.1%lo:80 0.0.0.0:* users:(("nginx",pid=7,fd=6)) ino:12 ... v6only:0
 *<->
 *
 * A socket of both families has the address "*".
 */
#include "collect/collect_parts.h"

#include "base/cleanup.h"
#include "observe/socket_owner.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* A list of sockets being read. */
struct listing {
	const struct collection *collection;
	const struct section *section;
	const struct netview
	    *view; /* whose links are meant; NULL: a namespace that we do not know */
	struct error **ret_error;
};

/* The protocol of the first column, or 0. */
static uint8_t protocol_of(const char *word)
{
	return strcmp(word, "tcp") == 0    ? IPPROTO_TCP
	       : strcmp(word, "udp") == 0  ? IPPROTO_UDP
	       : strcmp(word, "sctp") == 0 ? IPPROTO_SCTP
	                                   : 0;
}

/* Reads "ADDRESS[%LINK]:PORT" in place. False where it is none. */
static bool read_local(const struct listing *listing, char *text, struct socket *socket)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char *colon = strrchr(text, ':'), *link, *end;
	unsigned long port;

	if (!colon)
		return false;
	*colon = 0;
	port = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end || port > UINT16_MAX)
		return false;
	socket->port = (uint16_t)port;
	link = strchr(text, '%');
	if (link) {
		const struct link *known;

		*link++ = 0;
		link[strcspn(link, "]")] = 0;
		known = listing->view ? netview_link_by_name(listing->view, link) : NULL;
		/* Bound to a link that we do not know it is not open to us, and said to be. */
		socket->ifindex = known ? known->index : UINT32_MAX;
	}
	if (*text == '[') {
		text++;
		text[strcspn(text, "]")] = 0;
	}
	if (strcmp(text, "*") == 0) {
		socket->address = address_any(AF_INET6);
		return true;
	}
	if (!address_parse(text, &socket->address))
		return false;
	if (socket->address.family == AF_INET6 &&
	    memcmp(socket->address.bytes, mapped, sizeof(mapped)) == 0)
		socket->address = address_make(AF_INET, socket->address.bytes + sizeof(mapped));
	return true;
}

/* Reads who holds it, users:(("NAME",pid=N,...)): the first of them. 0 or -ENOMEM. */
static int read_owner(const char *text, struct arena *arena, struct socket_owner *owner)
{
	const char *name = strstr(text, "((\""), *pid = strstr(text, ",pid=");

	if (!name || !pid || pid < name + 4)
		return 0;
	owner->pid = atoi(pid + 5);
	owner->comm = arena_strndup(arena, name + 3, (size_t)(pid - name - 4));
	return owner->comm ? 0 : -ENOMEM;
}

/* Reads one line. 0 or a negative errno; *ret_taken: it is a socket that takes peers. */
static int read_line(const struct listing *listing, char *line, struct arena *arena,
                     struct socket *ret_socket, bool *ret_taken)
{
	char *save = NULL, *words[6];
	const char *rest, *flag;

	*ret_taken = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		words[i] = strtok_r(i ? NULL : line, " \t", &save);
		if (!words[i])
			return section_bad(listing->collection, listing->section,
			                   listing->ret_error,
			                   "expected six columns of `ss`, found %zu", i);
	}
	rest = save ? save : "";
	*ret_socket = (struct socket){.protocol = protocol_of(words[0])};
	if (!ret_socket->protocol)
		return 0;
	if (!read_local(listing, words[4], ret_socket))
		return section_bad(listing->collection, listing->section, listing->ret_error,
		                   "expected ADDRESS:PORT, found \"%.60s\"", words[4]);
	/* Older tools do not tell, and print "*" for what takes both families. */
	flag = strstr(rest, "v6only:");
	ret_socket->v6only = flag && flag[7] == '1';
	flag = strstr(rest, "ino:");
	if (flag)
		ret_socket->inode = strtoull(flag + 4, NULL, 10);
	*ret_taken = ret_socket->port != 0;
	flag = strstr(rest, "users:");
	return flag ? read_owner(flag, arena, &ret_socket->owner) : 0;
}

/* Reads a section of sockets, and adds them to a view. 0 or a negative errno. */
static int read_section(const struct listing *listing, struct netview *to)
{
	char *at = NULL, *line;
	int status = 0;

	while (status == 0 && (line = section_line(listing->section, &at))) {
		struct socket socket, *slot;
		bool taken;

		if (line[strspn(line, " ")] == 0)
			continue;
		status = read_line(listing, line, &to->arena, &socket, &taken);
		if (status < 0 || !taken)
			continue;
		slot = vec_push(&to->sockets);
		if (!slot)
			return -ENOMEM;
		*slot = socket;
	}
	return status;
}

/* Gives the sockets of a process its container, by a line "PID CGROUP". 0 or -ENOMEM. */
static int take_group(struct netview *view, const char *line)
{
	char id[CONTAINER_ID_LEN + 1];
	const char *kept = NULL;
	int pid = atoi(line);

	vec_foreach(socket, &view->sockets) {
		if (socket->owner.pid != pid || socket->owner.container_id ||
		    !cgroup_container_id(line, id))
			continue;
		kept = kept ? kept : arena_strdup(&view->arena, id);
		if (!kept)
			return -ENOMEM;
		socket->owner.container_id = kept;
	}
	return 0;
}

int collect_sockets(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error)
{
	static const char *const parts[] = {"", "sctp"};
	const struct section *groups = collection_section(collection, "groups", "");
	struct netview *view = &snapshot->net;
	char *at = NULL, *line;
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		const struct listing listing = {
		    .collection = collection,
		    .section = collection_section(collection, "sockets", parts[i]),
		    .view = view,
		    .ret_error = ret_error,
		};

		if (!listing.section && i == 0)
			status = netview_incomplete(view, "sockets were not collected");
		if (!listing.section)
			continue;
		status = section_complaint(listing.section, view);
		if (status == 0)
			status = read_section(&listing, view);
	}
	while (groups && status == 0 && (line = section_line(groups, &at)))
		status = take_group(view, line);
	return status;
}

/* Gives a container the sockets that were read elsewhere. 0 or -ENOMEM. */
static int give(struct container *container, const struct netview *view)
{
	vec_foreach(socket, &view->sockets) {
		struct socket *slot = vec_push(&container->sockets);

		if (!slot)
			return -ENOMEM;
		*slot = *socket;
		slot->owner = (struct socket_owner){0};
	}
	container->sockets_known = true;
	return 0;
}

/* Whether a container is in the host's own network, by itself or with another one. */
static bool on_host(const struct snapshot *snapshot, const struct container *container)
{
	static const char joined[] = "container:";

	/* One joins another that ran before it: no chain is longer than there are containers. */
	for (size_t i = 0; container && i < snapshot->engine.containers.n; i++) {
		const char *mode = container->network_mode ? container->network_mode : "";

		if (strncmp(mode, joined, sizeof(joined) - 1) != 0)
			return strcmp(mode, "host") == 0;
		container = snapshot_container(snapshot, mode + sizeof(joined) - 1);
	}
	return false;
}

/* Gives a container in the host's network those of the host's sockets that are its own. */
static int give_own(const struct snapshot *snapshot, struct container *container)
{
	vec_foreach(socket, &snapshot->net.sockets) {
		struct socket *slot;

		if (!socket->owner.container_id ||
		    strcmp(socket->owner.container_id, container->id) != 0)
			continue;
		slot = vec_push(&container->sockets);
		if (!slot)
			return -ENOMEM;
		*slot = *socket;
	}
	container->sockets_known = true;
	return 0;
}

/* Notes the containers that are hosts of their own, whose rules would have to be collected too, and
 * how many there are in which nobody has looked. */
static int note_unread(struct snapshot *snapshot)
{
	size_t unknown = 0;
	int status = 0;

	vec_foreach(container, &snapshot->engine.containers)
		unknown += container->state == CONTAINER_RUNNING && !container->sockets_known;
	if (unknown)
		status = snapshot_incomplete(
		    snapshot, "what listens in %zu running containers is not known", unknown);

	vec_foreach(container, &snapshot->engine.containers)
		if (status == 0 && container->state == CONTAINER_RUNNING &&
		    snapshot_on_foreign_link(snapshot, container))
			status = snapshot_incomplete(
			    snapshot,
			    "the container %s is on a link of its own: who reaches it there is not "
			    "collected",
			    container->name);
	return status;
}

int collect_listens(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error)
{
	int status = 0;

	vec_foreach(section, &collection->sections) {
		const struct listing listing = {
		    .collection = collection, .section = section, .ret_error = ret_error};
		struct netview view = {0};

		if (strcmp(section->name, "listens") != 0)
			continue;
		vec_foreach(container, &snapshot->engine.containers) {
			if (strcmp(container->id, section->of) != 0)
				continue;
			if (section->complaint)
				status = snapshot_incomplete(snapshot,
				                             "what listens in the container %s: %s",
				                             container->name, section->complaint);
			else if (on_host(snapshot, container))
				status = give_own(snapshot, container);
			else if ((status = read_section(&listing, &view)) == 0)
				status = give(container, &view);
			break;
		}
		netview_done(&view);
		if (status < 0)
			return status;
	}
	return note_unread(snapshot);
}
