/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The remote session that this process runs in, and whether a wall would cut it. */
#include "change/session.h"

#include "base/cleanup.h"
#include "reach/fib.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANCESTORS_MOST = 64, SOCKETS_MOST = 256, TCP_ESTABLISHED_STATE = 1 };

VEC_TYPE(inodes, uint64_t);

/* Reads the name and the parent of a process. False where there is none. */
static bool read_process(int pid, char name[static 64], int *ret_parent)
{
	char path[64], line[512], *end;
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	/* "PID (NAME) STATE PARENT", where the name may hold anything. */
	end = good ? strrchr(line, ')') : NULL;
	if (!end || sscanf(end, ") %*c %d", ret_parent) != 1 || !strchr(line, '('))
		return false;
	*end = 0;
	snprintf(name, 64, "%s", strchr(line, '(') + 1);
	return true;
}

/* Whether a process of this name serves remote shells. */
static bool is_server(const char *name)
{
	return strncmp(name, "sshd", 4) == 0 || strcmp(name, "dropbear") == 0 ||
	       strcmp(name, "mosh-server") == 0 || strcmp(name, "tailscaled") == 0;
}

/* Adds the inodes of a process's sockets. 0 or -ENOMEM. */
static int add_inodes(int pid, struct inodes *inodes)
{
	char path[64], link[64];
	const struct dirent *entry;
	DIR *directory;
	int status = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	while (directory && status == 0 && inodes->n < SOCKETS_MOST &&
	       (entry = readdir(directory))) {
		ssize_t len = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
		unsigned long long inode;
		uint64_t *slot;

		if (len <= 0)
			continue;
		link[len] = 0;
		if (sscanf(link, "socket:[%llu]", &inode) != 1)
			continue;
		slot = vec_push(inodes);
		if (slot)
			*slot = inode;
		else
			status = -ENOMEM;
	}
	if (directory)
		closedir(directory);
	return status;
}

/* Reads an address as /proc/net/tcp writes it: words of 4 bytes in the host's order. */
static bool read_address(const char *text, bool six, struct address *ret_address)
{
	uint8_t bytes[16];
	size_t words = six ? 4 : 1;

	for (size_t i = 0; i < words; i++) {
		unsigned word;
		uint32_t host;

		if (sscanf(text + 8 * i, "%8x", &word) != 1)
			return false;
		host = word;
		memcpy(bytes + 4 * i, &host, sizeof(host));
	}
	*ret_address = address_make(six ? AF_INET6 : AF_INET, bytes);
	return true;
}

/* An IPv4 address that stands in an IPv6 one as itself. */
static struct address unmapped(const struct address *address)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return address->family == AF_INET6 && memcmp(address->bytes, mapped, sizeof(mapped)) == 0
	           ? address_make(AF_INET, address->bytes + 12)
	           : *address;
}

/* Adds the connection of a line of /proc/net/tcp, if it is of one of the sockets. 0 or -ENOMEM. */
static int read_line(const char *line, bool six, const struct inodes *inodes,
                     struct sessions *sessions)
{
	char local[40], remote[40];
	unsigned local_port, remote_port, state;
	unsigned long long inode;
	struct address peer;

	if (sscanf(line, " %*d: %39[0-9A-F]:%x %39[0-9A-F]:%x %x %*s %*s %*s %*s %*s %llu", local,
	           &local_port, remote, &remote_port, &state, &inode) != 6 ||
	    state != TCP_ESTABLISHED_STATE || !read_address(remote, six, &peer))
		return 0;
	vec_foreach(own, inodes) {
		struct session *slot = *own == inode ? vec_push(sessions) : NULL;

		if (*own != inode)
			continue;
		if (!slot)
			return -ENOMEM;
		*slot = (struct session){unmapped(&peer), (uint16_t)local_port};
		break;
	}
	return 0;
}

/* Reads one list of connections. 0 or -ENOMEM. */
static int read_list(const char *path, bool six, const struct inodes *inodes,
                     struct sessions *sessions)
{
	char line[512];
	FILE *file = fopen(path, "re");
	int status = 0;

	while (file && status == 0 && fgets(line, sizeof(line), file))
		status = read_line(line, six, inodes, sessions);
	if (file)
		fclose(file);
	return status;
}

int sessions_find(struct sessions *sessions)
{
	struct inodes inodes = {0};
	int pid = getpid(), parent, status = 0;
	char name[64];

	for (unsigned i = 0; status == 0 && i < ANCESTORS_MOST && pid > 1; i++) {
		if (!read_process(pid, name, &parent))
			break;
		if (is_server(name))
			status = add_inodes(pid, &inodes);
		pid = parent;
	}
	if (status == 0 && inodes.n)
		status = read_list("/proc/net/tcp", false, &inodes, sessions);
	if (status == 0 && inodes.n)
		status = read_list("/proc/net/tcp6", true, &inodes, sessions);
	vec_done(&inodes);
	return status;
}

bool session_is_remote(void)
{
	int pid = getpid(), parent;
	char name[64];

	for (unsigned i = 0; i < ANCESTORS_MOST && pid > 1; i++) {
		if (!read_process(pid, name, &parent))
			return false;
		if (is_server(name))
			return true;
		pid = parent;
	}
	return false;
}

/* Whether a name is one of an engine's bridges. */
static bool is_bridge(const struct wall *wall, const char *name)
{
	vec_foreach(bridge, &wall->bridges)
		if (strcmp(*bridge, name) == 0)
			return true;
	return false;
}

/* The link that answers to an address leave by, or NULL. */
static const struct link *link_to(const struct fib *fib, const struct snapshot *snapshot,
                                  const struct address *address)
{
	const struct fib_question question = {.source = address_any(address->family),
	                                      .destination = *address};
	const struct fib_answer answer = fib_lookup(fib, &question);

	return netview_link(&snapshot->net, answer.out_ifindex);
}

/* Whether a flow from outside would still pass the wall: by a door that lets its sender in. */
static bool flow_passes(const struct wall *wall, const struct flow *flow, const char *in)
{
	bool direct = address_equal(&flow->to, &flow->target) && flow->to_port == flow->target_port;

	vec_foreach(door, &wall->doors) {
		bool any = door->kind == DOOR_NAMED || door->kind == DOOR_BIND;
		bool by_host = (any || (door->kind == DOOR_EXACT &&
		                        address_equal(&door->host_address, &flow->to))) &&
		               door->host_port == flow->to_port && !direct;

		if (!by_host && !(door->kind == DOOR_DIRECT && direct))
			continue;
		if (door->protocol == flow->protocol && door->port == flow->target_port &&
		    address_equal(&door->address, &flow->target))
			return wall_group_allows(&wall->groups.items[door->group], in,
			                         &flow->source);
	}
	return false;
}

/* What one session needs at hand. */
struct judging {
	const struct snapshot *snapshot;
	const struct wall *wall;
	const struct fib *fib;
	struct arena *arena;
	struct notes *notes;
};

/* A session that comes out of an engine's bridge: it hangs on the flows to containers there. */
static int judge_through(const struct judging *judging, const struct session *session,
                         const char *bridge)
{
	char peer[ADDRESS_TEXT], source[ADDRESS_TEXT];

	vec_foreach(flow, &judging->snapshot->flows) {
		const struct link *to = link_to(judging->fib, judging->snapshot, &flow->target);
		const struct link *in = link_to(judging->fib, judging->snapshot, &flow->source);

		if (!to || !in || strcmp(to->name, bridge) != 0 ||
		    flow_passes(judging->wall, flow, in->name))
			continue;
		if (notes_addf(
		        judging->notes, judging->arena,
		        "this session, from %s, comes through a container on %s, and the wall "
		        "would cut what may carry it: a flow from %s to port %u",
		        address_format(&session->peer, peer), bridge,
		        address_format(&flow->source, source), flow->to_port) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A session to a socket of the host, by a port that the policy closes. */
static int judge_direct(const struct judging *judging, const struct session *session,
                        const struct link *in)
{
	char peer[ADDRESS_TEXT];

	vec_foreach(door, &judging->wall->doors) {
		if (!door_at_input(door->kind) || door->protocol != IPPROTO_TCP ||
		    door->host_port != session->local_port ||
		    door->host_address.family != session->peer.family ||
		    (door->kind == DOOR_PROXY_EXACT) ||
		    wall_group_allows(&judging->wall->groups.items[door->group], in->name,
		                      &session->peer))
			continue;
		return notes_addf(judging->notes, judging->arena,
		                  "this session, from %s to port %u: the policy does not let it in",
		                  address_format(&session->peer, peer), session->local_port);
	}
	return 0;
}

int sessions_judge(const struct sessions *sessions, const struct snapshot *snapshot,
                   const struct wall *wall, struct arena *arena, struct notes *notes)
{
	struct fib *fib = sessions->n ? fib_new(&snapshot->net) : NULL;
	const struct judging judging = {snapshot, wall, fib, arena, notes};
	int status = sessions->n && !fib ? -ENOMEM : 0;

	vec_foreach(session, sessions) {
		const struct link *in;

		if (status < 0 || address_is_loopback(&session->peer))
			continue;
		in = link_to(fib, snapshot, &session->peer);
		if (!in)
			continue;
		status = is_bridge(wall, in->name) ? judge_through(&judging, session, in->name)
		                                   : judge_direct(&judging, session, in);
	}
	fib_free(fib);
	return status;
}
