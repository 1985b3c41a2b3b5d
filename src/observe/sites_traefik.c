/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads where a Traefik that runs here leads: what it was started with, and the labels of the
 * containers that it sees.
 *
 * Its file counts alone where there is one, else its command line does (docs of "static
 * configuration"). Its environment is not read: settings there can be secrets.
 */
#include "observe/rooted_files.h"
#include "observe/sites_parts.h"
#include "site/traefik.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FILE_CAP = 1 << 20, ARGUMENTS_CAP = 256 * 1024 };

/* Where Traefik looks for its file, if its command line names none; last where it stands, which is
 * the root in its own image. */
static const char *const usual[] = {"/etc/traefik/traefik.yml",
                                    "/etc/traefik/traefik.yaml",
                                    "/etc/traefik/traefik.toml",
                                    "/traefik.yml",
                                    "/traefik.yaml",
                                    "/traefik.toml"};

/* Reads the command line of a process, words that each end with a 0. 0 or a negative errno. */
static int read_arguments(int pid, struct bytes *words)
{
	_cleanup_close_ int fd = -1;
	char path[64], chunk[4096];
	ssize_t got;
	int status = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (status == 0 && (got = read(fd, chunk, sizeof(chunk))) > 0)
		status = bytes_append(words, chunk, (size_t)got, ARGUMENTS_CAP);
	return status;
}

/* Reads the settings of a file below a root. 1: it is there, and was read; 0: it is not; or a
 * negative errno with a sentence. */
static int read_file(int root, const char *path, struct arena *arena,
                     struct traefik_settings *settings, struct error **ret_error)
{
	const char *dot = strrchr(path, '.');
	struct bytes text = {0};
	int status = rooted_read(root, path, FILE_CAP, &text);

	if (status == 0 && dot && strcasecmp(dot, ".toml") == 0)
		status = error_set(ret_error, EINVAL, "%s: TOML is not read", path);
	else if (status == 0)
		status = traefik_file(text.data ? (const char *)text.data : "", text.len, path,
		                      arena, settings, ret_error);
	else if (status != -ENOENT)
		error_set(ret_error, -status, "%s: %s", path, strerror(-status));
	bytes_done(&text);
	return status == -ENOENT ? 0 : status < 0 ? status : 1;
}

/* Reads what a Traefik was started with. 0, or a negative errno with a sentence. */
static int read_start(int pid, int root, struct arena *arena, struct traefik_settings *settings,
                      struct error **ret_error)
{
	struct traefik_settings said = {0};
	struct bytes words = {0};
	const char *named = NULL;
	int status = read_arguments(pid, &words);

	if (status == 0 && words.data)
		status = traefik_arguments((char *)words.data, words.len, arena, &said);
	bytes_done(&words);
	if (status == 0)
		named = traefik_setting(said.items, said.n, "configfile");
	if (status < 0)
		error_set(ret_error, -status, "its command line: %s", strerror(-status));
	if (status == 0 && named)
		status = read_file(root, named, arena, settings, ret_error);
	for (size_t i = 0; status == 0 && !named && i < sizeof(usual) / sizeof(*usual); i++)
		status = read_file(root, usual[i], arena, settings, ret_error);
	if (status == 0 && named)
		status = error_set(ret_error, ENOENT, "%s is not there", named);
	if (status == 0) {
		*settings = said;
		said = (struct traefik_settings){0};
		if (!settings->n)
			status = error_set(ret_error, ENOENT,
			                   "neither its command line nor a file says it");
	}
	vec_done(&said);
	return status < 0 ? status : 0;
}

/* Where a Traefik finds a container: on the network that is named, or one that both are on. */
static struct address find_address(const struct container *container, const struct container *home,
                                   const char *network)
{
	struct address found = {0};

	if (container->network_mode && strcmp(container->network_mode, "host") == 0)
		(void)address_parse("127.0.0.1", &found);
	vec_foreach(attachment, &container->attachments) {
		bool fits = !home;

		if (network)
			fits = attachment->network && strcmp(attachment->network, network) == 0;
		else if (home)
			vec_foreach(own, &home->attachments)
				fits = fits || (own->network && attachment->network &&
				                strcmp(own->network, attachment->network) == 0);
		if (fits && !found.family)
			found = attachment->ipv4.family ? attachment->ipv4 : attachment->ipv6;
	}
	return found;
}

static int port_compare(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Makes what Traefik sees of a container. 0 or -ENOMEM. */
static int make_subject(struct arena *arena, const struct container *container,
                        const struct container *home, const char *network,
                        struct traefik_subject *subject)
{
	struct traefik_setting *labels =
	    arena_alloc(arena, (container->labels.n + 1) * sizeof(*labels));
	uint16_t *ports = arena_alloc(arena, (container->exposed.n + 1) * sizeof(*ports));
	const char *own;

	if (!labels || !ports)
		return -ENOMEM;
	for (size_t i = 0; i < container->labels.n; i++)
		labels[i] = (struct traefik_setting){container->labels.items[i].key,
		                                     container->labels.items[i].value};
	for (size_t i = 0; i < container->exposed.n; i++)
		ports[i] = container->exposed.items[i].port;
	qsort(ports, container->exposed.n, sizeof(*ports), port_compare);
	own = traefik_setting(labels, container->labels.n, "traefik.docker.network");
	*subject = (struct traefik_subject){
	    .name = container->name,
	    .project = container->project,
	    .service = container->service,
	    .labels = labels,
	    .n_labels = container->labels.n,
	    .address = find_address(container, home, own && *own ? own : network),
	    .ports = ports,
	    .n_ports = container->exposed.n,
	};
	return 0;
}

int sites_read_traefik(struct snapshot *snapshot, int pid, int root, const char *container_id,
                       const char *where, struct error **ret_error)
{
	struct arena *arena = &snapshot->arena;
	const struct container *home =
	    container_id ? snapshot_container(snapshot, container_id) : NULL;
	struct traefik_subject *subjects =
	    arena_alloc(arena, (snapshot->engine.containers.n + 1) * sizeof(*subjects));
	struct traefik_settings start = {0};
	const char *network;
	size_t n = 0;
	int status;

	if (!subjects)
		return error_set(ret_error, ENOMEM, "out of memory");
	status = read_start(pid, root, arena, &start, ret_error);
	if (status < 0)
		return status;
	network = traefik_setting(start.items, start.n, "providers.docker.network");
	/* One that shares the host's network gets to each container. */
	if (home && home->network_mode && strcmp(home->network_mode, "host") == 0)
		home = NULL;
	vec_foreach(container, &snapshot->engine.containers) {
		if (status < 0 || container->state != CONTAINER_RUNNING)
			continue;
		status = make_subject(arena, container, home, network, &subjects[n++]);
		if (status < 0)
			error_set(ret_error, ENOMEM, "out of memory");
	}
	if (status == 0)
		status = traefik_read(&start, subjects, n, container_id, where, &snapshot->sites,
		                      ret_error);
	vec_done(&start);
	return status;
}
