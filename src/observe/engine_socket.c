/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the engine's socket is.
 *
 * Theory of operation. A socket that was named, by option or environment, is taken or refused,
 * never replaced by another one. Else the usual places are looked through in order, Docker's before
 * Podman's. A place that has a socket is taken even when nobody answers on it: a stopped Docker
 * may have left containers running, and to speak of Podman's instead would hide them. Nothing
 * connects here: with socket activation that alone would start an engine.
 */
#include "observe/engine_socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

int engine_unavailable(struct snapshot *snapshot, enum engine_status status, const char *format,
                       ...)
{
	va_list args;

	snapshot->engine.status = status;
	va_start(args, format);
	snapshot->engine.status_text = arena_vprintf(&snapshot->arena, format, args);
	va_end(args);
	return snapshot->engine.status_text ? 0 : -ENOMEM;
}

/* Takes a socket that was named; `by` says where. */
static int take_named(struct snapshot *snapshot, const char *name, const char *by)
{
	static const char unix_scheme[] = "unix://";
	const char *scheme = strstr(name, "://"), *path = name;

	if (scheme && strncmp(name, unix_scheme, sizeof(unix_scheme) - 1) != 0)
		return engine_unavailable(
		    snapshot, ENGINE_BROKEN,
		    "%s says %.*s://..., which is not supported: the engine's unix socket is "
		    "needed, on the host that it runs on",
		    by, (int)(scheme - name), name);
	if (scheme)
		path = name + sizeof(unix_scheme) - 1;
	if (scheme ? *path != '/' : !strchr(path, '/'))
		return engine_unavailable(snapshot, ENGINE_BROKEN,
		                          "%s says \"%s\": expected a path or unix:///PATH", by,
		                          name);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return engine_unavailable(snapshot, ENGINE_BROKEN,
		                          "%s says \"%s\", which is longer than a socket's path "
		                          "can be",
		                          by, path);
	snapshot->engine.socket = arena_strdup(&snapshot->arena, path);
	return snapshot->engine.socket ? 0 : -ENOMEM;
}

/* A usual place; `in_runtime_dir`: relative to $XDG_RUNTIME_DIR. */
struct place {
	const char *path;
	bool in_runtime_dir;
};

static const struct place places[] = {
    {"/run/docker.sock", false},        {"/var/run/docker.sock", false}, {"docker.sock", true},
    {"/run/podman/podman.sock", false}, {"podman/podman.sock", true},
};

/* The path of a place, or NULL where there is none; *ret_found says whether a socket is there. */
static const char *look(const struct place *place, char path[static sizeof(struct sockaddr_un)],
                        struct stat *ret_found)
{
	const char *runtime = place->in_runtime_dir ? getenv("XDG_RUNTIME_DIR") : "";
	int len;

	if (!runtime)
		return NULL;
	len = snprintf(path, sizeof(struct sockaddr_un), "%s%s%s", runtime,
	               place->in_runtime_dir ? "/" : "", place->path);
	if (len < 0 || (size_t)len >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return NULL;
	/* Where a directory on the way may not be searched, whoever connects will say so. */
	if (stat(path, ret_found) < 0)
		return errno == EACCES ? path : NULL;
	return S_ISSOCK(ret_found->st_mode) ? path : NULL;
}

int engine_choose_socket(struct snapshot *snapshot, const char *option)
{
	const char *host = getenv("DOCKER_HOST");
	char path[sizeof(struct sockaddr_un)];
	struct stat chosen = {0}, other = {0};

	if (option)
		return take_named(snapshot, option, "--docker");
	if (host && *host)
		return take_named(snapshot, host, "DOCKER_HOST");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *found = look(&places[i], path, &other);
		int status = 0;

		if (!found)
			continue;
		if (!snapshot->engine.socket) {
			chosen = other;
			snapshot->engine.socket = arena_strdup(&snapshot->arena, found);
			status = snapshot->engine.socket ? 0 : -ENOMEM;
		} else if (other.st_dev != chosen.st_dev || other.st_ino != chosen.st_ino) {
			status = snapshot_incomplete(
			    snapshot, "a second engine's socket, %s, was not asked: --docker %s",
			    found, found);
		}
		if (status < 0)
			return status;
	}
	if (snapshot->engine.socket)
		return 0;
	return engine_unavailable(snapshot, ENGINE_NONE,
	                          "no container engine was found: there is neither a "
	                          "docker.sock nor a podman.sock in the usual places");
}
