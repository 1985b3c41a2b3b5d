/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nginx's map: servers, locations, upstreams, maps and streams, as routes. */
#include "site/nginx.h"
#include "site/nginx_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { LOCATION_DEPTH_CAP = 16, HTTP_PORT = 80, HTTPS_PORT = 443 };

/* The directives that pass a request on. */
static const char *const passers[] = {"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass",
                                      "scgi_pass"};

/* A place in a server. */
struct place {
	const char *location; /* NULL: a stream's */
	const char *file;
	unsigned line;
	const char *guess;
	struct site_guard guard;
	uint8_t protocol; /* of the target */
};

static bool is_passer(const struct directive *directive)
{
	for (size_t i = 0; i < sizeof(passers) / sizeof(*passers); i++)
		if (directive_is(directive, passers[i]))
			return directive->n == 2;
	return false;
}

/* Adds a route to a target. 0, -E2BIG or -ENOMEM. A unix socket is no route to a port. */
static int add_target(const struct nginx *nginx, const struct place *place,
                      const struct nginx_value *value, const char *target, uint16_t port)
{
	struct site_map *map = nginx->map;
	struct site_route route = {
	    .proxy = "nginx",
	    .names = nginx->names,
	    .n_names = nginx->n_names,
	    .location = place->location,
	    .listens = nginx->listens,
	    .n_listens = nginx->n_listens,
	    .protocol = place->protocol,
	    .guard = place->guard,
	    .guess = value->guess ? value->guess : place->guess,
	    .file = place->file,
	    .line = place->line,
	};

	if (site_spend(map, 1, strlen(target)) < 0)
		return -E2BIG;
	if (!site_target(map->arena, target, port, &route))
		return 0;
	if (value->name) {
		const char **name = arena_alloc(map->arena, sizeof(*name));

		if (!name)
			return -ENOMEM;
		*name = value->name;
		route.names = name;
		route.n_names = 1;
	}
	return site_route_add(map, &route);
}

/* The upstream of a name; NULL where there is none. */
static const struct directive *find_upstream(const struct nginx *nginx, const char *name)
{
	directive_each(item, nginx->context) if (directive_is(item, "upstream") && item->block &&
	                                         item->n == 2 &&
	                                         strcmp(item->words[1], name) == 0) return item;
	return NULL;
}

/* Whether a server of an upstream is out of use. */
static bool is_down(const struct directive *server)
{
	for (size_t i = 2; i < server->n; i++)
		if (strcmp(server->words[i], "down") == 0)
			return true;
	return false;
}

/* Adds the routes of one value of what is passed on to: an upstream, or an address. 0 or -ENOMEM.
 */
static int add_value(const struct nginx *nginx, const struct place *place,
                     const struct nginx_value *value)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} schemes[] = {{"http://", HTTP_PORT},
	               {"https://", HTTPS_PORT},
	               {"grpc://", HTTP_PORT},
	               {"grpcs://", HTTPS_PORT}};
	const char *target = value->text;
	const struct directive *upstream;
	uint16_t port = nginx->stream ? 0 : HTTP_PORT;
	int status = 0;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strncmp(target, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
			target += strlen(schemes[i].scheme);
			port = schemes[i].port;
			break;
		}
	if (strncmp(target, "unix:", 5) == 0)
		return 0;
	status = site_spend(nginx->map, nginx->n_context, strlen(target));
	if (status < 0)
		return status;
	target = arena_strndup(nginx->map->arena, target, strcspn(target, "/"));
	if (!target)
		return -ENOMEM;
	upstream = find_upstream(nginx, target);
	if (!upstream)
		return add_target(nginx, place, value, target, port);
	directive_each(item, upstream->first) if (status == 0 && directive_is(item, "server") &&
	                                          item->n > 1 && !is_down(item)) status =
	    add_target(nginx, place, value, item->words[1], HTTP_PORT);
	return status;
}

/* Adds the routes of a directive that passes on. 0 or -ENOMEM. */
static int add_pass(const struct nginx *nginx, const struct nginx_scope *scope,
                    const char *location, const struct directive *pass, const char *guess)
{
	struct place place = {
	    .location = location,
	    .file = pass->file,
	    .line = pass->line,
	    .guess = guess ? guess : nginx_guess(scope),
	    .protocol = nginx->n_listens ? nginx->listens[0].protocol : IPPROTO_TCP,
	};
	struct nginx_values values = {0};
	int status = nginx_guard(scope, nginx->map, &place.guard);

	if (!nginx->stream)
		place.protocol = IPPROTO_TCP;
	if (status == 0)
		status = nginx_values(nginx, scope, pass->words[1], &values);
	vec_foreach(value, &values)
		if (status == 0)
			status = add_value(nginx, &place, value);
	vec_done(&values);
	return status;
}

/* What a location is of, as written: "/", "~ \.php$", "@app". Borrowed; NULL without memory. */
static const char *location_text(const struct nginx *nginx, const struct directive *location)
{
	if (location->n < 2)
		return "/";
	if (location->n == 2)
		return location->words[1];
	return arena_printf(nginx->map->arena, "%s %s", location->words[1], location->words[2]);
}

/*
 * Adds the routes of a block of a server and of the locations in it. `location` is NULL for the
 * server's own block. 0 or -ENOMEM.
 */
static int walk(const struct nginx *nginx, struct nginx_scope scope, const char *location,
                const struct directive *block, unsigned depth)
{
	int status = nginx_scope_enter(&scope, block, nginx->map->arena);
	/* `return` answers before anything is passed on; `internal` is for nginx's own redirects.
	 */
	bool answers = directive_last(block, "return");

	if (answers && !location)
		return status;
	directive_each(item, block)
	{
		if (status < 0)
			break;
		if (directive_is(item, "location") && item->block && depth < LOCATION_DEPTH_CAP) {
			const char *inner = location_text(nginx, item);

			status =
			    inner ? walk(nginx, scope, inner, item->first, depth + 1) : -ENOMEM;
		} else if (is_passer(item) && !answers && (location || nginx->stream)) {
			status = add_pass(nginx, &scope, location, item, NULL);
		} else if (item->block && location && !answers &&
		           (directive_is(item, "if") || directive_is(item, "limit_except"))) {
			directive_each(inner, item->first) if (status == 0 && is_passer(inner))
			    status = add_pass(nginx, &scope, location, inner, "an `if` decides");
		}
	}
	return status;
}

/* Notes the names of a server. 0 or -ENOMEM. */
static int take_names(struct nginx *nginx, const struct directive *server)
{
	VEC(const char *) names = {0};
	int status = 0;

	directive_each(item, server) for (size_t i = 1;
	                                  directive_is(item, "server_name") && i < item->n; i++)
	{
		const char **slot;

		if (!*item->words[i] || strcmp(item->words[i], "_") == 0)
			continue; /* no name: whatever no other server takes */
		slot = vec_push(&names);
		if (!slot) {
			status = -ENOMEM;
			break;
		}
		*slot = item->words[i];
	}
	nginx->names = site_keep(nginx->map, names.items, names.n, sizeof(*names.items), &status);
	nginx->n_names = names.n;
	vec_done(&names);
	return status;
}

/* Adds the routes of the servers in http or stream. 0 or -ENOMEM. */
static int read_context(struct site_map *map, const struct directive *context)
{
	struct nginx nginx = {
	    .map = map, .context = context->first, .stream = directive_is(context, "stream")};
	struct nginx_scope scope = {0};
	int status = nginx_scope_enter(&scope, context->first, map->arena);

	directive_each(item, context->first) nginx.n_context++;
	directive_each(item, context->first)
	{
		if (status < 0)
			break;
		if (!directive_is(item, "server") || !item->block)
			continue;
		status = take_names(&nginx, item->first);
		if (status == 0)
			status = nginx_listens(item->first, nginx.stream, map, &nginx.listens,
			                       &nginx.n_listens);
		if (status == 0)
			status = walk(&nginx, scope, NULL, item->first, 0);
	}
	return status;
}

int nginx_read(struct config_files *files, const char *path, const char *container_id,
               struct site_map *map, struct error **ret_error)
{
	struct directive *first = NULL;
	size_t before = map->routes.n;
	int status = directives_read(files, path, map->arena, &first, ret_error);

	if (status < 0)
		return status;
	directive_each(item,
	               first) if (status == 0 && item->block &&
	                          (directive_is(item, "http") || directive_is(item, "stream")))
	    status = read_context(map, item);
	return site_finish(map, before, container_id, path, status, ret_error);
}
