/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding Traefik's labels and the names in them. */
#include "site/traefik_parts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { NAME_CAP = 256 };

const char *traefik_behind(const char *key, const struct traefik_plane *plane, const char *what)
{
	const char *const parts[] = {"traefik", plane->name, what};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t len = strlen(parts[i]);

		if (strncasecmp(key, parts[i], len) != 0 || key[len] != '.')
			return NULL;
		key += len + 1;
	}
	return key;
}

const char *traefik_label(const struct traefik_subject *subject, const struct traefik_plane *plane,
                          const char *what, const char *name, const char *rest)
{
	const size_t len = strlen(name);

	for (size_t i = 0; i < subject->n_labels; i++) {
		const char *at = traefik_behind(subject->labels[i].key, plane, what);

		if (at && strncasecmp(at, name, len) == 0 && at[len] == '.' &&
		    strcasecmp(at + len + 1, rest) == 0)
			return subject->labels[i].value;
	}
	return NULL;
}

int traefik_name_add(struct site_map *map, struct traefik_names *names, const char *at)
{
	size_t len = strcspn(at, ".");
	const char **slot;

	if (!len || !at[len] || len > NAME_CAP)
		return 0;
	if (site_spend(map, names->n + 1, len + sizeof(at)) < 0)
		return -E2BIG;
	vec_foreach(name, names)
		if (strncasecmp(*name, at, len) == 0 && !(*name)[len])
			return 0;
	slot = vec_push(names);
	if (!slot || !(*slot = arena_strndup(map->arena, at, len)))
		return -ENOMEM;
	return 0;
}

int traefik_names_list(const struct traefik *traefik, const struct traefik_subject *subject,
                       const struct traefik_plane *plane, const char *what,
                       struct traefik_names *names)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < subject->n_labels; i++) {
		const char *at = traefik_behind(subject->labels[i].key, plane, what);

		status = at ? traefik_name_add(traefik->map, names, at) : 0;
	}
	return status;
}

const char *traefik_router_label(const struct traefik_router *router, const char *rest)
{
	return router->name
	           ? traefik_label(router->subject, router->plane, "routers", router->name, rest)
	           : NULL;
}
