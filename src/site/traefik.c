/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traefik's map: entry points, routers, middlewares and services, as routes. */
#include "site/traefik.h"
#include "site/traefik_parts.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

VEC_TYPE(listens, struct site_listen);

static const struct traefik_plane planes[] = {
    {"http", IPPROTO_TCP, true, true},
    {"tcp", IPPROTO_TCP, true, false},
    {"udp", IPPROTO_UDP, false, false},
};

static const char *start_setting(const struct traefik *traefik, const char *key)
{
	return traefik_setting(traefik->start->items, traefik->start->n, key);
}

/* Whether a text says yes, as Go's strconv.ParseBool reads it. */
static bool is_true(const char *text)
{
	return strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0 ||
	       strcasecmp(text, "t") == 0;
}

/* Whether Traefik leads to a container at all. */
static bool is_enabled(const struct traefik *traefik, const struct traefik_subject *subject)
{
	const char *word = traefik_setting(subject->labels, subject->n_labels, "traefik.enable");
	const char *by_default = start_setting(traefik, "providers.docker.exposedbydefault");

	return word ? is_true(word) : !by_default || is_true(by_default);
}

/* Lists the entry points by name. 0, -E2BIG or -ENOMEM. */
static int list_entries(struct traefik *traefik)
{
	static const char prefix[] = "entrypoints.";
	const size_t len = sizeof(prefix) - 1;
	int status = 0;

	vec_foreach(setting, traefik->start)
		if (status == 0 && strncasecmp(setting->key, prefix, len) == 0)
			status =
			    traefik_name_add(traefik->map, &traefik->entries, setting->key + len);
	return status;
}

/* What an entry point's setting says; NULL: nothing. */
static const char *entry_setting(const struct traefik *traefik, const char *entry, const char *rest)
{
	const char *key = arena_printf(traefik->map->arena, "entrypoints.%s.%s", entry, rest);

	return key ? start_setting(traefik, key) : NULL;
}

/* Adds the sockets of an entry point, "host:port/protocol". 0, -E2BIG or -ENOMEM. */
static int add_listen(const struct traefik *traefik, const char *address, uint8_t protocol,
                      struct listens *listens)
{
	const char *slash = strchr(address, '/'), *colon = strrchr(address, ':');
	bool udp = slash && strcasecmp(slash, "/udp") == 0;
	long port = colon ? strtol(colon + 1, NULL, 10) : 0;
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct site_listen listen = {.protocol = udp ? IPPROTO_UDP : IPPROTO_TCP};
	char host[64] = "";

	if (port <= 0 || port > UINT16_MAX || listen.protocol != protocol)
		return 0;
	listen.port = (uint16_t)port;
	if ((size_t)(colon - address) < sizeof(host))
		memcpy(host, address, (size_t)(colon - address));
	if (*host == '[' && strchr(host, ']')) {
		*strchr(host, ']') = 0;
		memmove(host, host + 1, strlen(host));
	}
	if (site_spend(traefik->map, 1, 2 * sizeof(listen)) < 0)
		return -E2BIG;
	for (size_t i = 0; i < sizeof(families); i++) {
		struct site_listen *slot;

		/* Go listens on both families where no address is said. */
		listen.address = (struct address){.family = families[i]};
		if (*host && (!address_parse(host, &listen.address) || i > 0))
			break;
		slot = vec_push(listens);
		if (!slot)
			return -ENOMEM;
		*slot = listen;
	}
	return 0;
}

/* The sockets of a router, of the entry points that it names or of all. 0, -E2BIG or -ENOMEM. */
static int take_listens(const struct traefik *traefik, struct traefik_router *router,
                        struct listens *listens)
{
	const char *named = traefik_router_label(router, "entrypoints");
	int status = 0;

	/* Without any there is one named "http", of port 80. */
	if (!traefik->entries.n)
		return add_listen(traefik, ":80", router->plane->protocol, listens);
	vec_foreach(entry, &traefik->entries) {
		const char *at = named, *word, *address, *inner;
		bool is_named = !named && strcasecmp(*entry, "traefik") != 0;

		if (status < 0)
			break;
		status = site_spend(traefik->map, traefik->start->n + 1, strlen(*entry));
		while (at && traefik_word(&at, traefik->map->arena, &word))
			is_named = is_named || strcasecmp(word, *entry) == 0;
		address = entry_setting(traefik, *entry, "address");
		if (status < 0 || !is_named || !address ||
		    entry_setting(traefik, *entry, "http.redirections.entrypoint.to"))
			continue;
		inner = entry_setting(traefik, *entry, "http.middlewares");
		if (inner)
			status = traefik_ask(traefik, router, inner);
		if (status == 0)
			status = add_listen(traefik, address, router->plane->protocol, listens);
	}
	return status;
}

/* The name that Traefik gives a container, as its default rule has it (provider.Normalize). */
static const char *default_name(const struct traefik *traefik,
                                const struct traefik_subject *subject)
{
	char *name =
	    subject->project && subject->service
	        ? arena_printf(traefik->map->arena, "%s-%s", subject->service, subject->project)
	        : arena_strdup(traefik->map->arena, subject->name);

	for (char *at = name; at && *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '-';
	return name;
}

/* The port that a router leads to, of the container whose service it names. *ret_subject: that one;
 * NULL: it cannot be told. 0: there is none, and Traefik takes no such router. */
static uint16_t find_port(const struct traefik *traefik, const struct traefik_router *router,
                          const struct traefik_names *services,
                          const struct traefik_subject **ret_subject)
{
	static const char rest[] = "loadbalancer.server.port";
	const char *named = traefik_router_label(router, "service");
	const char *service = named ? named : services->n == 1 ? services->items[0] : NULL;
	const struct traefik_subject *subject = router->subject;
	const char *port = NULL, *at = service ? strchr(service, '@') : NULL;

	*ret_subject = subject;
	if (at)
		service = strcasecmp(at, "@docker") == 0
		              ? arena_strndup(traefik->map->arena, service, (size_t)(at - service))
		              : NULL;
	if (!service && (named || services->n > 1)) {
		*ret_subject = NULL;
		return 0;
	}
	if (service)
		port = traefik_label(subject, router->plane, "services", service, rest);
	for (size_t i = 0; service && !port && i < traefik->n; i++) {
		port =
		    traefik_label(&traefik->subjects[i], router->plane, "services", service, rest);
		if (port)
			*ret_subject = &traefik->subjects[i];
	}
	if (port) {
		long number = strtol(port, NULL, 10);

		return number > 0 && number <= UINT16_MAX ? (uint16_t)number : 0;
	}
	return subject->n_ports ? subject->ports[0] : 0;
}

/* Adds the routes of a router for what its rule takes. 0, -E2BIG or -ENOMEM. */
static int add_matches(const struct traefik *traefik, const struct traefik_router *router,
                       struct site_route *route, const char *rule)
{
	struct traefik_matches matches = {0};
	int status = traefik_rule(rule, traefik->map, &matches);

	vec_foreach(match, &matches) {
		if (status < 0)
			break;
		route->names = match->names;
		route->n_names = match->n_names;
		route->guard = router->guard;
		route->guess = router->guess ? router->guess : match->guess;
		if (router->plane->has_default)
			route->location = match->location ? match->location : "/";
		if (match->listed && !route->guard.listed)
			status = site_guard_list(&route->guard, traefik->map->arena, match->sources,
			                         match->n_sources, "ClientIP");
		if (status == 0)
			status = site_route_add(traefik->map, route);
	}
	vec_done(&matches);
	return status;
}

/* The rule of a router; NULL: none is known, and *ret_guess says why. */
static const char *rule_of(const struct traefik *traefik, const struct traefik_router *router,
                           const char **ret_guess)
{
	const char *rule = traefik_router_label(router, "rule");
	const char *name;

	if (rule && *rule)
		return rule;
	if (rule || start_setting(traefik, "providers.docker.defaultrule")) {
		*ret_guess = "its rule decides";
		return NULL;
	}
	name = default_name(traefik, router->subject);
	return name ? arena_printf(traefik->map->arena, "Host(`%s`)", name) : NULL;
}

/* Whether a router leads to Traefik's own service, as its dashboard's does ("api@internal"). */
static bool is_internal(const struct traefik_router *router)
{
	const char *service = traefik_router_label(router, "service");
	const char *at = service ? strchr(service, '@') : NULL;

	return at && strcasecmp(at, "@internal") == 0;
}

/* Adds the routes of a router. 0, -E2BIG or -ENOMEM. */
static int add_router(const struct traefik *traefik, struct traefik_router *router,
                      const struct traefik_names *services)
{
	const struct traefik_subject *to = NULL;
	const char *middlewares = traefik_router_label(router, "middlewares");
	struct site_route route = {.proxy = "traefik",
	                           .protocol = router->plane->protocol,
	                           .file = "labels of a container",
	                           .port = find_port(traefik, router, services, &to)};
	struct listens listens = {0};
	const char *rule, *guess = NULL;
	int status = middlewares ? traefik_ask(traefik, router, middlewares) : 0;

	if (start_setting(traefik, "providers.docker.constraints"))
		router->guess = "constraints decide whether it is taken";
	if (status == 0)
		status = take_listens(traefik, router, &listens);
	route.listens =
	    site_keep(traefik->map, listens.items, listens.n, sizeof(*listens.items), &status);
	route.n_listens = listens.n;
	vec_done(&listens);
	if (status < 0)
		return status;
	if (router->answers || !route.n_listens || is_internal(router) || (to && !route.port))
		return 0;
	if (!to)
		return notes_addf(&traefik->map->incomplete, traefik->map->arena,
		                  "%s: where the router %s of %s leads is not known", traefik->path,
		                  router->name ? router->name : "by default",
		                  router->subject->name);
	route.target = to->name;
	route.address = to->address;
	route.file = arena_printf(traefik->map->arena, "labels of %s", router->subject->name);
	if (!route.file)
		return -ENOMEM;
	rule = router->plane->has_rules ? rule_of(traefik, router, &guess) : "";
	if (!rule && !guess)
		return -ENOMEM;
	if (!rule && !router->guess)
		router->guess = guess;
	return add_matches(traefik, router, &route, rule && *rule ? rule : "HostSNI(`*`)");
}

/* Adds the routes to one container by one kind of routers. 0, -E2BIG or -ENOMEM. */
static int add_plane(const struct traefik *traefik, const struct traefik_subject *subject,
                     const struct traefik_plane *plane, bool alone)
{
	struct traefik_names routers = {0}, services = {0};
	int status = traefik_names_list(traefik, subject, plane, "routers", &routers);

	if (status == 0)
		status = traefik_names_list(traefik, subject, plane, "services", &services);
	vec_foreach(name, &routers) {
		struct traefik_router router = {.plane = plane, .subject = subject, .name = *name};

		if (status == 0)
			status = add_router(traefik, &router, &services);
	}
	if (status == 0 && !routers.n && plane->has_default && (alone || services.n) &&
	    services.n <= 1) {
		struct traefik_router router = {.plane = plane, .subject = subject};

		status = add_router(traefik, &router, &services);
	}
	vec_done(&routers);
	vec_done(&services);
	return status;
}

/* Whether a container has labels of routers or services of TCP or UDP: then it has none of HTTP but
 * those that it names. */
static bool is_stream_alone(const struct traefik_subject *subject)
{
	for (size_t i = 0; i < subject->n_labels; i++)
		for (size_t j = 1; j < sizeof(planes) / sizeof(*planes); j++)
			if (traefik_behind(subject->labels[i].key, &planes[j], "routers") ||
			    traefik_behind(subject->labels[i].key, &planes[j], "services"))
				return true;
	return false;
}

/* Notes where Traefik takes routes from besides labels. 0 or -ENOMEM. */
static int note_providers(const struct traefik *traefik, bool *ret_docker)
{
	static const char prefix[] = "providers.";
	const char *said = "";
	int status = 0;

	*ret_docker = false;
	vec_foreach(setting, traefik->start) {
		const char *at = setting->key + sizeof(prefix) - 1;
		size_t len;

		if (status < 0 || strncasecmp(setting->key, prefix, sizeof(prefix) - 1) != 0 ||
		    strcasecmp(setting->value, "false") == 0)
			continue;
		len = strcspn(at, ".");
		if (len == 6 && strncasecmp(at, "docker", len) == 0) {
			*ret_docker = true;
		} else if (strcspn(said, ".") != len || strncasecmp(said, at, len) != 0) {
			said = at;
			status = notes_addf(&traefik->map->incomplete, traefik->map->arena,
			                    "%s: where its provider %.*s says that it leads is not "
			                    "read",
			                    traefik->path, (int)(len > 64 ? 64 : len), at);
		}
	}
	return status;
}

int traefik_read(const struct traefik_settings *start, const struct traefik_subject *subjects,
                 size_t n, const char *container_id, const char *path, struct site_map *map,
                 struct error **ret_error)
{
	struct traefik traefik = {
	    .start = start, .subjects = subjects, .n = n, .path = path, .map = map};
	size_t before = map->routes.n;
	bool docker = false;
	int status = note_providers(&traefik, &docker);

	if (status == 0)
		status = list_entries(&traefik);
	for (size_t i = 0; docker && i < n; i++) {
		bool alone = !is_stream_alone(&subjects[i]);

		for (size_t j = 0; status == 0 && j < sizeof(planes) / sizeof(*planes); j++)
			if (is_enabled(&traefik, &subjects[i]))
				status = add_plane(&traefik, &subjects[i], &planes[j], alone);
	}
	vec_done(&traefik.entries);
	return site_finish(map, before, container_id, path, status, ret_error);
}
