/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the maps of the web proxies that run here, on the host and in containers.
 *
 * Theory of operation. A proxy on the host is whoever of such a name holds one of the host's
 * sockets; in a container it is the container's first process, or a child of it. Its main file is
 * what its command line names, or the one that the common packages use. Names in targets are looked
 * up in the proxy's own /etc/hosts; the engine's names of containers are the audit's to know.
 */
#include "observe/sites_read.h"
#include "observe/rooted_files.h"
#include "observe/sites_parts.h"
#include "site/caddy.h"
#include "site/haproxy.h"
#include "site/nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_CAP = 64 * 1024, CHILDREN_CAP = 64, PATH_ROOM = 64 };

/* A proxy that can be read. */
struct proxy_kind {
	const char *comm;     /* of its processes */
	const char *option;   /* of its command line that names its main file */
	const char *usual[6]; /* where packages have that file; NULL ends the list */
	int (*read)(struct config_files *files, const char *path, const char *container_id,
	            struct site_map *map, struct error **ret_error);
};

static const struct proxy_kind kinds[] = {
    {"nginx",
     "-c",
     {"/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf",
      "/usr/local/openresty/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf"},
     nginx_read},
    {"haproxy",
     "-f",
     {"/etc/haproxy/haproxy.cfg", "/usr/local/etc/haproxy/haproxy.cfg"},
     haproxy_read},
    {"caddy", "--config", {"/etc/caddy/Caddyfile"}, caddy_read},
    {"traefik", NULL, {NULL}, NULL}, /* see sites_read_traefik() */
};

/* Reads a small file of a process as a string; 0 bytes become spaces. False: it cannot be read. */
static bool read_process(int pid, const char *name, struct bytes *text)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_ROOM], chunk[4096];
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		if (bytes_append(text, chunk, (size_t)got, TEXT_CAP) < 0)
			break;
	for (size_t i = 0; i < text->len; i++)
		if (!text->data[i] || text->data[i] == '\n')
			text->data[i] = ' ';
	return text->len > 0;
}

/* Which proxy a name of a process is; NULL for none. */
static const struct proxy_kind *kind_of(const char *comm)
{
	for (size_t i = 0; comm && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(comm, kinds[i].comm) == 0)
			return &kinds[i];
	return NULL;
}

/* Which proxy a process is; NULL for none. */
static const struct proxy_kind *kind_of_process(int pid)
{
	struct bytes comm = {0};
	const struct proxy_kind *kind = NULL;

	if (read_process(pid, "comm", &comm)) {
		comm.data[strcspn((char *)comm.data, " ")] = 0;
		kind = kind_of((char *)comm.data);
	}
	bytes_done(&comm);
	return kind;
}

/* The process itself or the first of its children, and theirs, that is a proxy; 0: none is. */
static int find_proxy(int pid, unsigned depth)
{
	struct bytes children = {0};
	char path[PATH_ROOM], *rest, *word;
	int found = 0;
	unsigned n = 0;

	if (kind_of_process(pid))
		return pid;
	snprintf(path, sizeof(path), "task/%d/children", pid);
	if (depth && read_process(pid, path, &children))
		for (word = strtok_r((char *)children.data, " ", &rest);
		     word && !found && n < CHILDREN_CAP; word = strtok_r(NULL, " ", &rest), n++)
			found = find_proxy(atoi(word), depth - 1);
	bytes_done(&children);
	return found;
}

const char *proxy_config_path(const char *command_line, const char *option, struct arena *arena,
                              unsigned *ret_times)
{
	char *copy = arena_strdup(arena, command_line), *rest, *word;
	const char *found = NULL, *value;
	bool is_long = option[1] == '-';
	size_t len = strlen(option);

	*ret_times = 0;
	word = copy ? strtok_r(copy, " ", &rest) : NULL;
	for (; word; word = strtok_r(NULL, " ", &rest)) {
		if (strncmp(word, option, len) != 0 || (is_long && word[len] && word[len] != '='))
			continue;
		value = word[len] ? word + len + is_long : strtok_r(NULL, " ", &rest);
		found = found ? found : value;
		++*ret_times;
		if (!value)
			break;
	}
	return found;
}

/* Gives targets that are names in a hosts file their addresses. 0 or -ENOMEM. */
static void resolve(char *hosts, struct site_routes *routes, size_t from)
{
	char *rest, *line = strtok_r(hosts, "\n", &rest);

	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		char *inner, *word;
		struct address address;

		line[strcspn(line, "#")] = 0;
		word = strtok_r(line, " \t\r", &inner);
		if (!word || !address_parse(word, &address))
			continue;
		while ((word = strtok_r(NULL, " \t\r", &inner)) != NULL)
			for (size_t i = from; i < routes->n; i++)
				if (!routes->items[i].address.family && routes->items[i].target &&
				    strcasecmp(routes->items[i].target, word) == 0)
					routes->items[i].address = address;
	}
}

/* The directory of a path. Borrowed from the arena; NULL without memory. */
static const char *directory_of(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "";
}

/* Whether there is something of this name below a root. */
static bool is_there(int root, const char *path)
{
	struct bytes text = {0};
	int status = rooted_read(root, path, DIRECTIVE_BYTES_CAP, &text);

	bytes_done(&text);
	return status != -ENOENT;
}

/*
 * Where a relative path of a command line is: below the prefix that it names itself (nginx -p),
 * where the process stands, or where Debian's nginx starts from. NULL: at none of these.
 */
static const char *find_relative(int pid, int root, const char *path, const char *line,
                                 struct arena *arena)
{
	char link[PATH_ROOM], here[4096];
	unsigned times;
	const char *prefix = proxy_config_path(line, "-p", arena, &times);
	const char *bases[] = {prefix && *prefix == '/' ? prefix : NULL, NULL, "/usr/share/nginx"};
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	len = readlink(link, here, sizeof(here) - 1);
	if (len > 0) {
		here[len] = 0;
		bases[1] = here;
	}
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		const char *found = bases[i] ? arena_printf(arena, "%s/%s", bases[i], path) : NULL;

		if (found && is_there(root, found))
			return found;
	}
	return NULL;
}

/* The main file of a proxy, below its root; NULL where none of the usual is there. *ret_times: how
 * many its command line names. */
static const char *main_file(const struct proxy_kind *kind, int pid, int root, struct arena *arena,
                             unsigned *ret_times)
{
	struct bytes line = {0};
	const char *path =
	    read_process(pid, "cmdline", &line)
	        ? proxy_config_path((char *)line.data, kind->option, arena, ret_times)
	        : NULL;

	if (path && *path != '/')
		path = find_relative(pid, root, path, (char *)line.data, arena);
	else if (!path)
		for (const char *const *usual = kind->usual; *usual && !path; usual++)
			path = is_there(root, *usual) ? *usual : NULL;
	bytes_done(&line);
	return path;
}

/* Reads the files of a proxy's process, below its root. 0, or a negative errno with a sentence. */
static int read_files(struct snapshot *snapshot, const struct proxy_kind *kind, int pid, int root,
                      const char *container_id, const char *where, struct error **ret_error)
{
	struct arena *arena = &snapshot->arena;
	struct site_map *map = &snapshot->sites;
	unsigned times = 0;
	const char *path = main_file(kind, pid, root, arena, &times);
	const char *base = path ? directory_of(path, arena) : NULL;
	struct rooted_files files;

	if (!path)
		return error_set(ret_error, ENOENT,
		                 "its main file is not where it, or the usual packages, say");
	if (!base)
		return error_set(ret_error, ENOMEM, "out of memory");
	files = rooted_files_make(root, base);
	if (times > 1 &&
	    snapshot_incomplete(snapshot,
	                        "%s: of the %u files that its command line names only %s was read",
	                        where, times, path) < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	return kind->read(&files.files, path, container_id, map, ret_error);
}

/* Reads the map of a proxy's process. 0 or -ENOMEM. */
static int read_proxy(struct snapshot *snapshot, const struct proxy_kind *kind, int pid,
                      const char *container_id, const char *where)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_close_ int root = -1;
	struct bytes hosts = {0};
	char link[PATH_ROOM];
	size_t before = snapshot->sites.routes.n;
	int status;

	if (!where)
		return -ENOMEM;
	snprintf(link, sizeof(link), "/proc/%d/root", pid);
	root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		status = error_set(&error, errno, "%s", strerror(errno));
	else if (kind->read)
		status = read_files(snapshot, kind, pid, root, container_id, where, &error);
	else
		status = sites_read_traefik(snapshot, pid, root, container_id, where, &error);
	if (status < 0 && status != -ENOMEM)
		status = snapshot_incomplete(snapshot, "%s: where it leads is not known: %s", where,
		                             error_message(error));
	if (status == 0 && root >= 0 && rooted_read(root, "/etc/hosts", TEXT_CAP, &hosts) == 0 &&
	    hosts.data)
		resolve((char *)hosts.data, &snapshot->sites.routes, before);
	bytes_done(&hosts);
	return status;
}

/* Whether a socket before this one is of the same process. */
static bool seen_before(const struct netview *view, const struct socket *socket)
{
	for (const struct socket *other = view->sockets.items; other < socket; other++)
		if (other->owner.pid == socket->owner.pid)
			return true;
	return false;
}

/* Reads those that hold sockets of the host. 0 or -ENOMEM. */
static int read_host_sites(struct snapshot *snapshot)
{
	int status = 0;

	vec_foreach(socket, &snapshot->net.sockets) {
		const struct socket_owner *owner = &socket->owner;
		const struct proxy_kind *kind = kind_of(owner->comm);

		if (status == 0 && kind && owner->pid && !owner->container_id &&
		    !seen_before(&snapshot->net, socket))
			status = read_proxy(snapshot, kind, owner->pid, NULL, kind->comm);
	}
	return status;
}

/* Reads that of a container, if it is one. 0 or -ENOMEM. */
static int read_container_site(struct snapshot *snapshot, const struct container *container)
{
	int pid = container->pid > 0 ? find_proxy(container->pid, 2) : 0;
	const struct proxy_kind *kind = pid ? kind_of_process(pid) : NULL;

	return kind ? read_proxy(
	                  snapshot, kind, pid, container->id,
	                  arena_printf(&snapshot->arena, "%s in %s", kind->comm, container->name))
	            : 0;
}

int sites_read(struct snapshot *snapshot, struct error **ret_error)
{
	int status = read_host_sites(snapshot);

	vec_foreach(container, &snapshot->engine.containers)
		if (status == 0)
			status = read_container_site(snapshot, container);
	vec_foreach(note, &snapshot->sites.incomplete)
		if (status == 0)
			status = snapshot_incomplete(snapshot, "%s", *note);
	return status < 0 ? error_set(ret_error, ENOMEM, "out of memory") : 0;
}
