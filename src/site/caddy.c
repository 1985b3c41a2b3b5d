/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caddy's map: sites, handles, upstreams and what is asked for first, as routes. */
#include "site/caddy.h"
#include "site/caddy_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443, HANDLE_DEPTH_CAP = 16 };

VEC_TYPE(listens, struct site_listen);
VEC_TYPE(texts, const char *);

/* The site in hand. */
struct caddy {
	struct site_map *map;
	const struct directive *body; /* of the site: named matchers stand there */
	uint16_t http_port, https_port;
	const char *const *names;
	size_t n_names;
	const struct site_listen *listens;
	size_t n_listens;
};

/* What stands before a target. */
struct gate {
	const char *location;
	const char *const *names; /* that a matcher narrows it to; none: the site's */
	size_t n_names;
	struct site_guard guard;
	const char *guess;
};

static const char matcher_decides[] = "a matcher decides";

/* The matcher of a directive, its second word; NULL where it has none. */
static const char *matcher_of(const struct directive *directive)
{
	const char *word = directive->n > 1 ? directive->words[1] : "";

	return *word == '/' || *word == '@' || strcmp(word, "*") == 0 ? word : NULL;
}

/*
 * What a named matcher asks for, if it is one thing: its kind's directive. NULL: more, or nothing.
 * 0 or -E2BIG.
 */
static int named_matcher(const struct caddy *caddy, const char *name,
                         const struct directive **ret_found)
{
	*ret_found = NULL;
	directive_each(item, caddy->body)
	{
		if (site_spend(caddy->map, 1, 0) < 0)
			return -E2BIG;
		if (!directive_is(item, name))
			continue;
		if (!item->block)
			*ret_found = item;
		else if (item->first && !item->first->next)
			*ret_found = item->first;
		return 0;
	}
	return 0;
}

/* Adds the listed senders of a matcher to a gate. 0, -E2BIG or -ENOMEM. */
static int ask_sources(struct gate *gate, struct site_map *map, const char *const *words, size_t n)
{
	struct prefix *allowed;
	size_t n_allowed = 0;

	if (site_spend(map, n, n * sizeof(*allowed)) < 0)
		return -E2BIG;
	allowed = arena_alloc(map->arena, (n + 1) * sizeof(*allowed));
	if (!allowed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!prefix_parse(words[i], &allowed[n_allowed]))
			gate->guess = matcher_decides; /* private_ranges */
		else
			n_allowed++;
	return site_guard_list(&gate->guard, map->arena, allowed, n_allowed, "remote_ip");
}

/* Narrows a gate by what a matcher asks for. 0 or -ENOMEM. */
static int narrow(const struct caddy *caddy, struct gate *gate, const char *matcher)
{
	const struct directive *named;
	size_t first;
	int status;

	if (!matcher || strcmp(matcher, "*") == 0)
		return 0;
	if (*matcher == '/') {
		gate->location = matcher;
		return 0;
	}
	status = named_matcher(caddy, matcher, &named);
	if (status < 0)
		return status;
	first = named && named->words[0][0] == '@' ? 1 : 0; /* "@name path /x" */
	if (named && named->n == first + 2 && strcmp(named->words[first], "path") == 0) {
		gate->location = named->words[first + 1];
	} else if (named && named->n > first + 1 && strcmp(named->words[first], "host") == 0) {
		gate->names = named->words + first + 1;
		gate->n_names = named->n - first - 1;
	} else if (named && named->n > first + 1 &&
	           (strcmp(named->words[first], "remote_ip") == 0 ||
	            strcmp(named->words[first], "client_ip") == 0)) {
		return ask_sources(gate, caddy->map, named->words + first + 1,
		                   named->n - first - 1);
	} else {
		gate->guess = matcher_decides;
	}
	return 0;
}

/* Whether a directive answers by itself, before anything is handed on. */
static bool answers(const struct directive *directive)
{
	return directive_is(directive, "redir") || directive_is(directive, "respond") ||
	       directive_is(directive, "abort") || directive_is(directive, "error");
}

/* Takes an answer under a matcher: who is not refused gets on. 0 or -ENOMEM. */
static int take_answer(const struct caddy *caddy, struct gate *gate, const char *matcher)
{
	const struct directive *named = NULL;
	int status = *matcher == '@' ? named_matcher(caddy, matcher, &named) : 0;
	size_t first = named && named->words[0][0] == '@' ? 1 : 0;

	if (status < 0)
		return status;
	if (*matcher == '/' ||
	    (named && named->n > first && strcmp(named->words[first], "path") == 0))
		return 0; /* another place */
	if (named && named->n > first + 2 && strcmp(named->words[first], "not") == 0 &&
	    (strcmp(named->words[first + 1], "remote_ip") == 0 ||
	     strcmp(named->words[first + 1], "client_ip") == 0))
		return ask_sources(gate, caddy->map, named->words + first + 2,
		                   named->n - first - 2);
	gate->guess = matcher_decides;
	return 0;
}

/* Takes a directive that asks for something. 0 or -ENOMEM. */
static int take_asker(struct gate *gate, const struct directive *directive, struct arena *arena)
{
	const char *matcher = matcher_of(directive);
	bool basic = directive_is(directive, "basicauth") || directive_is(directive, "basic_auth");

	if (!basic && !directive_is(directive, "forward_auth"))
		return 0;
	if (matcher && strcmp(matcher, "*") != 0 && strcmp(matcher, "/*") != 0 &&
	    strcmp(matcher, gate->location) != 0) {
		gate->guess = "a matcher decides what is asked for";
		return 0;
	}
	return basic
	           ? site_guard_ask(&gate->guard, arena, " and ", "a password", directive->words[0])
	           : site_guard_ask(&gate->guard, arena, " and ", "another service's word",
	                            directive->words[0]);
}

/* Adds what a block asks for. *ret_closed: it answers all by itself. 0 or -ENOMEM. */
static int take_gate(const struct caddy *caddy, struct gate *gate, const struct directive *block,
                     bool *ret_closed)
{
	int status = 0;

	*ret_closed = false;
	directive_each(item, block)
	{
		const char *matcher = matcher_of(item);

		if (status < 0)
			break;
		if (answers(item) && (!matcher || strcmp(matcher, "*") == 0))
			*ret_closed = true;
		else if (answers(item))
			status = take_answer(caddy, gate, matcher);
		else
			status = take_asker(gate, item, caddy->map->arena);
	}
	return status;
}

/* Adds the route to one upstream. 0 or -ENOMEM. */
static int add_upstream(const struct caddy *caddy, const struct gate *gate,
                        const struct directive *directive, const char *upstream)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} schemes[] = {{"http://", HTTP_PORT}, {"https://", HTTPS_PORT}, {"h2c://", HTTP_PORT}};
	struct site_route route = {
	    .proxy = "caddy",
	    .names = gate->n_names ? gate->names : caddy->names,
	    .n_names = gate->n_names ? gate->n_names : caddy->n_names,
	    .location = gate->location,
	    .listens = caddy->listens,
	    .n_listens = caddy->n_listens,
	    .protocol = IPPROTO_TCP,
	    .guard = gate->guard,
	    .guess = gate->guess,
	    .file = directive->file,
	    .line = directive->line,
	};
	uint16_t port = HTTP_PORT;
	char *text, *out, *last;

	if (site_spend(caddy->map, 1, 2 * strlen(upstream)) < 0)
		return -E2BIG;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strncmp(upstream, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
			upstream += strlen(schemes[i].scheme);
			port = schemes[i].port;
			break;
		}
	text = arena_strdup(caddy->map->arena, upstream);
	if (!text)
		return -ENOMEM;
	/* A placeholder is what the request says. */
	last = strrchr(text, '}');
	out = text;
	for (const char *at = text; *at; at++)
		if (*at == '{' && at < last) {
			*out++ = SITE_HOLE;
			at = strchr(at, '}');
		} else {
			*out++ = *at;
		}
	*out = 0;
	if (strchr(text, SITE_HOLE) && !route.guess)
		route.guess = "the request or the environment decides";
	if (strncmp(text, "unix/", 5) == 0 || strstr(text, "://") ||
	    !site_target(caddy->map->arena, text, port, &route))
		return 0;
	return site_route_add(caddy->map, &route);
}

/* Adds the routes of a directive that hands requests on. 0 or -ENOMEM. */
static int add_pass(const struct caddy *caddy, struct gate gate, const struct directive *directive)
{
	const char *matcher = matcher_of(directive);
	int status = narrow(caddy, &gate, matcher);

	for (size_t i = matcher ? 2 : 1; i < directive->n && status == 0; i++)
		status = add_upstream(caddy, &gate, directive, directive->words[i]);
	directive_each(item, directive->first) for (size_t i = 1; directive_is(item, "to") &&
	                                                          i < item->n && status == 0;
	                                            i++) status =
	    add_upstream(caddy, &gate, item, item->words[i]);
	return status;
}

/* Adds the routes of a block and of those in it. 0 or -ENOMEM. */
static int walk(const struct caddy *caddy, struct gate gate, const struct directive *block,
                unsigned depth)
{
	bool closed;
	int status = take_gate(caddy, &gate, block, &closed);

	directive_each(item, block)
	{
		struct gate inner = gate;
		bool handle = directive_is(item, "handle") || directive_is(item, "route") ||
		              directive_is(item, "handle_path");

		if (status < 0)
			break;
		if (handle && item->block && depth < HANDLE_DEPTH_CAP && !closed) {
			status = narrow(caddy, &inner, matcher_of(item));
			if (status == 0)
				status = walk(caddy, inner, item->first, depth + 1);
		} else if (!closed && (directive_is(item, "reverse_proxy") ||
		                       directive_is(item, "php_fastcgi"))) {
			status = add_pass(caddy, gate, item);
		}
	}
	return status;
}

/* Adds a listener for both families, or that of an address. 0 or -ENOMEM. */
static int add_listen(struct listens *listens, const struct directive *bind, unsigned port)
{
	struct address bound = {0};

	if (bind && bind->n > 1)
		(void)address_parse(bind->words[1], &bound);
	for (int v6 = 0; v6 < (bound.family ? 1 : 2); v6++) {
		struct site_listen *slot = vec_push(listens);

		if (!slot)
			return -ENOMEM;
		*slot = (struct site_listen){
		    .address = bound.family ? bound : address_any(v6 ? AF_INET6 : AF_INET),
		    .port = (uint16_t)port,
		    .protocol = IPPROTO_TCP};
	}
	return 0;
}

/* Takes one address of a site: "a.example", "http://a.example:8080/x", ":8080". 0 or -ENOMEM. */
static int take_address(const struct caddy *caddy, const struct directive *bind, const char *word,
                        struct texts *names, struct listens *listens)
{
	unsigned port = caddy->https_port;
	const char *host = word, **slot;
	size_t len;

	if (strncmp(host, "http://", 7) == 0) {
		port = caddy->http_port;
		host += 7;
	} else if (strncmp(host, "https://", 8) == 0) {
		host += 8;
	}
	len = strcspn(host, *host == '[' ? "]" : ":/,");
	len += host[len] == ']';
	if (host[len] == ':' && host[len + 1] >= '0' && host[len + 1] <= '9')
		port = (unsigned)strtoul(host + len + 1, NULL, 10);
	if (port > UINT16_MAX || add_listen(listens, bind, port) < 0)
		return port > UINT16_MAX ? 0 : -ENOMEM;
	if (len == 0 || strchr(host, SITE_HOLE) || (len == 1 && *host == '*'))
		return 0;
	slot = vec_push(names);
	if (slot)
		*slot = arena_strndup(caddy->map->arena, host, len);
	return slot && *slot ? 0 : -ENOMEM;
}

/* Adds the routes of a site. 0 or -ENOMEM. */
static int read_site(struct caddy *caddy, const struct directive *site,
                     const struct directive *body)
{
	const struct directive *tls = directive_last(body, "tls"), *client, *mode,
	                       *bind = directive_last(body, "bind");
	struct arena *arena = caddy->map->arena;
	struct gate gate = {.location = "/"};
	struct texts names = {0};
	struct listens listens = {0};
	int status = 0;

	for (size_t i = 0; i < site->n && status == 0; i++)
		if (strcmp(site->words[i], ",") != 0)
			status = take_address(caddy, bind, site->words[i], &names, &listens);
	caddy->body = body;
	caddy->names = site_keep(caddy->map, names.items, names.n, sizeof(*names.items), &status);
	caddy->n_names = names.n;
	caddy->listens =
	    site_keep(caddy->map, listens.items, listens.n, sizeof(*listens.items), &status);
	caddy->n_listens = listens.n;
	vec_done(&names);
	vec_done(&listens);
	client = tls ? directive_last(tls->first, "client_auth") : NULL;
	mode = client ? directive_last(client->first, "mode") : NULL;
	if (status == 0 && client &&
	    (!mode || (mode->n > 1 && strcmp(mode->words[1], "require_and_verify") == 0)))
		status = site_guard_ask(&gate.guard, arena, " and ", "a client certificate",
		                        "client_auth");
	return status == 0 ? walk(caddy, gate, body, 0) : status;
}

/* A port of the global options; what is usual where they name none. */
static uint16_t option_port(const struct directive *options, const char *name, uint16_t usual)
{
	const struct directive *option = directive_last(options, name);
	unsigned long port = option && option->n > 1 ? strtoul(option->words[1], NULL, 10) : 0;

	return port && port <= UINT16_MAX ? (uint16_t)port : usual;
}

int caddy_read(struct config_files *files, const char *path, const char *container_id,
               struct site_map *map, struct error **ret_error)
{
	struct caddy caddy = {.map = map, .http_port = HTTP_PORT, .https_port = HTTPS_PORT};
	struct directive *first = NULL;
	size_t before = map->routes.n, len = strlen(path);
	int status;

	if (len > 5 && strcmp(path + len - 5, ".json") == 0)
		return error_set(ret_error, EBADMSG, "%s: only Caddyfiles are read, not JSON",
		                 path);
	status = caddy_tree(files, path, map->arena, &first, ret_error);
	if (status < 0)
		return status;
	/* One site alone may do without braces. */
	if (first && !first->block)
		status = read_site(&caddy, first, first->next);
	else
		directive_each(item, first)
		{
			if (status < 0)
				break;
			if (item->block && !*item->words[0]) {
				caddy.http_port = option_port(item->first, "http_port", HTTP_PORT);
				caddy.https_port =
				    option_port(item->first, "https_port", HTTPS_PORT);
			} else if (item->block) {
				status = read_site(&caddy, item, item->first);
			}
		}
	return site_finish(map, before, container_id, path, status, ret_error);
}
