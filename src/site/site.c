/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all proxies' maps have in common: targets, names, listeners, and how much is read. */
#include "site/site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void site_map_done(struct site_map *map)
{
	vec_done(&map->routes);
	vec_done(&map->incomplete);
}

int site_spend(struct site_map *map, size_t looks, size_t room)
{
	map->looks += looks;
	map->room += room;
	return map->looks > SITE_LOOKS_CAP || map->room > SITE_ROOM_CAP ? -E2BIG : 0;
}

void *site_keep(struct site_map *map, const void *items, size_t n, size_t size, int *status)
{
	void *copy;

	if (*status == 0)
		*status = site_spend(map, n, (n + 1) * size);
	copy = *status == 0 ? arena_alloc(map->arena, (n + 1) * size) : NULL;
	if (copy && n)
		memcpy(copy, items, n * size);
	if (!copy && *status == 0)
		*status = -ENOMEM;
	return copy;
}

int site_finish(struct site_map *map, size_t before, const char *container_id, const char *path,
                int status, struct error **ret_error)
{
	for (size_t i = before; i < map->routes.n; i++)
		map->routes.items[i].container_id = container_id;
	map->looks = 0;
	if (status == -E2BIG)
		return error_set(ret_error, E2BIG,
		                 "%s: refers to itself so often that only a part was followed",
		                 path);
	return status < 0 ? error_set(ret_error, -status, "out of memory") : 0;
}

int site_guard_ask(struct site_guard *guard, struct arena *arena, const char *between,
                   const char *what, const char *by)
{
	if (guard->what && strstr(guard->what, what))
		return 0;
	guard->what =
	    guard->what ? arena_printf(arena, "%s%s%s", guard->what, between, what) : what;
	guard->by = guard->by ? arena_printf(arena, "%s, %s", guard->by, by) : by;
	return guard->what && guard->by ? 0 : -ENOMEM;
}

int site_guard_list(struct site_guard *guard, struct arena *arena, const struct prefix *allowed,
                    size_t n, const char *by)
{
	for (size_t i = 0; i < n; i++)
		if (allowed[i].len == 0)
			return 0;
	guard->allowed = allowed;
	guard->n_allowed = n;
	guard->listed = true;
	return site_guard_ask(guard, arena, " and ", "a listed address", by);
}

int site_route_add(struct site_map *map, const struct site_route *route)
{
	struct site_route *slot;

	if (map->routes.n >= SITE_ROUTES_CAP) {
		if (map->incomplete.n)
			return 0;
		return notes_addf(
		    &map->incomplete, map->arena,
		    "%s: more than %d ways through web proxies: the rest was left out",
		    route->proxy, SITE_ROUTES_CAP);
	}
	slot = vec_push(&map->routes);
	if (!slot)
		return -ENOMEM;
	*slot = *route;
	return 0;
}

bool site_listens(const struct site_route *route, const struct address *address, uint16_t port)
{
	for (size_t i = 0; i < route->n_listens; i++) {
		const struct site_listen *listen = &route->listens[i];

		if (listen->port == port && listen->address.family == address->family &&
		    (address_is_any(&listen->address) || address_is_any(address) ||
		     address_equal(&listen->address, address)))
			return true;
	}
	return false;
}

const char *site_name(const struct site_route *route, struct arena *arena)
{
	if (!route->n_names)
		return "any name";
	if (route->n_names == 1)
		return route->names[0];
	return arena_printf(arena, "%s and %zu more", route->names[0], route->n_names - 1);
}

/* Reads a port, 0 for one that the request tells. False where it is none. */
static bool port_read(const char *text, uint16_t *ret_port)
{
	unsigned port = 0;
	const char *at = text;

	*ret_port = 0;
	if (strchr(text, SITE_HOLE))
		return true;
	for (; *at >= '0' && *at <= '9' && port <= UINT16_MAX; at++)
		port = port * 10 + (unsigned)(*at - '0');
	if (*at || at == text || port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

bool site_target(struct arena *arena, const char *text, uint16_t port, struct site_route *route)
{
	bool bracket = *text == '[';
	const char *host = text + bracket;
	size_t len = bracket ? strcspn(host, "]") : strcspn(host, ":");
	const char *rest = host + len;

	if (strncmp(text, "unix:", 5) == 0 || *text == '/' || len == 0 || (bracket && !*rest))
		return false;
	rest += bracket;
	route->port = port;
	if ((*rest && *rest != ':') || (*rest && !port_read(rest + 1, &route->port)))
		return false;
	if (memchr(host, SITE_HOLE, len)) {
		route->target = NULL;
		return true;
	}
	route->target = arena_strndup(arena, host, len);
	if (!route->target)
		return false;
	if (!address_parse(route->target, &route->address) &&
	    strcmp(route->target, "localhost") == 0)
		(void)address_parse("127.0.0.1", &route->address);
	return true;
}
