/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all proxies' maps have in common: targets, names, listeners. */
#include "site/site.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void site_map_done(struct site_map *map)
{
	vec_done(&map->routes);
	vec_done(&map->incomplete);
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
