/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HAProxy's map: frontends, listens, backends and their servers, as routes. */
#include "site/haproxy.h"
#include "site/haproxy_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT_RANGE_CAP = 1024 };

VEC_TYPE(listens, struct site_listen);

/* What stands before a target: the guards of the sections on the way to it. */
struct gate {
	struct site_guard guard;
	const char *guess;
	bool closed; /* nobody is passed on */
};

/* The frontend in hand. */
struct front {
	struct site_map *map;
	const struct haproxy_line *first; /* of the file */
	size_t n_lines;
	const char *file;
	const struct site_listen *listens;
	size_t n_listens;
	bool http;
};

#define section_each(line, section)                                                                \
	for (const struct haproxy_line *line = (section)->next; line && !line->heads;              \
	     line = line->next)

static bool line_is(const struct haproxy_line *line, const char *keyword)
{
	return strcmp(line->words[0], keyword) == 0;
}

/* The backend or listen of a name; NULL where there is none. */
static const struct haproxy_line *find_backend(const struct haproxy_line *first, const char *name)
{
	for (const struct haproxy_line *line = first; line; line = line->next)
		if (line->heads && line->n > 1 && strcmp(line->words[1], name) == 0 &&
		    (line_is(line, "backend") || line_is(line, "listen")))
			return line;
	return NULL;
}

/* Whether a section speaks HTTP, by its own word or that of the defaults before it. */
static bool is_http(const struct haproxy_line *first, const struct haproxy_line *section)
{
	bool http = false;

	for (const struct haproxy_line *line = first; line != section; line = line->next) {
		if (!line->heads || !line_is(line, "defaults"))
			continue;
		http = false; /* each defaults section begins anew */
		section_each(own, line) if (line_is(own, "mode") && own->n > 1) http =
		    strcmp(own->words[1], "http") == 0;
	}
	section_each(own, section) if (line_is(own, "mode") && own->n > 1) http =
	    strcmp(own->words[1], "http") == 0;
	return http;
}

/* Where a condition begins among a line's words; n where there is none. */
static size_t condition_at(const struct haproxy_line *line)
{
	for (size_t i = 1; i < line->n; i++)
		if (strcmp(line->words[i], "if") == 0 || strcmp(line->words[i], "unless") == 0)
			return i;
	return line->n;
}

/* Adds the sockets of one address of a "bind". 0 or -ENOMEM. */
static int add_bind(struct site_map *map, const char *text, size_t len, bool both,
                    struct listens *listens)
{
	char copy[256], *host = copy, *port;
	struct site_listen listen = {.address = address_any(AF_INET), .protocol = IPPROTO_TCP};
	unsigned first = 0, last = 0;

	if (len >= sizeof(copy))
		return 0;
	memcpy(copy, text, len);
	copy[len] = 0;
	if (strncmp(host, "ipv4@", 5) == 0 || strncmp(host, "ipv6@", 5) == 0)
		host += 5;
	port = strrchr(host, ':');
	if (!port || strchr(host, '@') || *host == '/' || strchr(host, SITE_HOLE))
		return 0; /* a unix socket, a descriptor, or what the environment says */
	*port++ = 0;
	if (sscanf(port, "%u-%u", &first, &last) < 2)
		last = first;
	if (*host == '[' && strchr(host, ']')) {
		host++;
		*strchr(host, ']') = 0;
	}
	if (*host && strcmp(host, "*") != 0)
		(void)address_parse(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
		                    &listen.address);
	for (unsigned at = first;
	     at && at <= last && at <= UINT16_MAX && at - first < PORT_RANGE_CAP; at++)
		for (int v4 = 0; v4 <= both; v4++) {
			struct site_listen *slot;

			if (site_spend(map, 1, sizeof(*slot)) < 0)
				return -E2BIG;
			slot = vec_push(listens);
			if (!slot)
				return -ENOMEM;
			*slot = listen;
			slot->port = (uint16_t)at;
			if (v4)
				slot->address = address_any(AF_INET);
		}
	return 0;
}

/* Notes where a section listens. 0 or -ENOMEM. */
static int take_binds(struct front *front, const struct haproxy_line *section)
{
	struct listens listens = {0};
	int status = 0;

	section_each(line, section)
	{
		bool both = false;

		if (!line_is(line, "bind") || line->n < 2)
			continue;
		for (size_t i = 2; i < line->n; i++)
			both = both || strcmp(line->words[i], "v4v6") == 0;
		for (const char *at = line->words[1]; *at && status == 0;) {
			size_t len = strcspn(at, ",");

			status = add_bind(front->map, at, len, both, &listens);
			at += len + (at[len] == ',');
		}
	}
	front->listens =
	    site_keep(front->map, listens.items, listens.n, sizeof(*listens.items), &status);
	front->n_listens = listens.n;
	vec_done(&listens);
	return status;
}

/* Whether a line refuses requests, or asks for a password. */
static bool is_refusal(const struct haproxy_line *line)
{
	static const char *const acts[] = {"deny", "reject", "tarpit", "silent-drop", "auth"};
	size_t act = line_is(line, "tcp-request") ? 2 : 1;

	if (!line_is(line, "http-request") && !line_is(line, "tcp-request"))
		return false;
	for (size_t i = 0; act < line->n && i < sizeof(acts) / sizeof(*acts); i++)
		if (strcmp(line->words[act], acts[i]) == 0)
			return true;
	return false;
}

/* Takes a line that refuses under a condition. 0 or -ENOMEM. */
static int take_refusal(struct gate *gate, const struct haproxy_line *section,
                        const struct haproxy_line *line, struct site_map *map)
{
	struct haproxy_condition condition;
	struct arena *arena = map->arena;
	size_t at = condition_at(line);
	bool auth = strcmp(line->words[1], "auth") == 0;
	int status = haproxy_condition(section, line, at, map, &condition);

	if (status < 0)
		return status;
	if (at == line->n && !auth) {
		gate->closed = true;
		return 0;
	}
	if (condition.guess || condition.n_names || condition.path) {
		gate->guess = "an acl decides what is asked for";
		return 0;
	}
	if (condition.asks_auth || (auth && at == line->n))
		return site_guard_ask(&gate->guard, arena, " and ", "a password",
		                      "http-request auth");
	if (condition.refuses_sources && !condition.asks_sources)
		return site_guard_list(&gate->guard, arena, condition.sources, condition.n_sources,
		                       line->words[0]);
	if (!condition.asks_sources) /* some senders are kept out, the rest is not */
		gate->guess = "an acl decides what is asked for";
	return 0;
}

/* Adds what a section asks for. 0 or -ENOMEM. */
static int take_gate(struct gate *gate, const struct haproxy_line *section, struct site_map *map)
{
	int status = 0;
	bool certificates = true, binds = false;

	section_each(line, section)
	{
		if (status == 0)
			status = site_spend(map, 1, 0);
		if (status == 0 && is_refusal(line))
			status = take_refusal(gate, section, line, map);
		else if (line_is(line, "http-request") && line->n == condition_at(line) &&
		         line->n > 1 &&
		         (strcmp(line->words[1], "redirect") == 0 ||
		          strcmp(line->words[1], "return") == 0))
			gate->closed = true;
		if (line_is(line, "bind")) {
			bool verify = false;

			for (size_t i = 2; i + 1 < line->n; i++)
				verify = verify || (strcmp(line->words[i], "verify") == 0 &&
				                    strcmp(line->words[i + 1], "required") == 0);
			binds = true;
			certificates = certificates && verify;
		}
	}
	return status == 0 && binds && certificates
	           ? site_guard_ask(&gate->guard, map->arena, " and ", "a client certificate",
	                            "verify required")
	           : status;
}

/* An address as site_target() takes it: "[V6]:PORT" for "V6:PORT". Borrowed; NULL without memory.
 */
static const char *server_text(struct arena *arena, const char *address)
{
	const char *last = strrchr(address, ':');

	if (strncmp(address, "ipv4@", 5) == 0 || strncmp(address, "ipv6@", 5) == 0)
		address += 5;
	if (!last || last == strchr(address, ':') || *address == '[')
		return address;
	return arena_printf(arena, "[%.*s]%s", (int)(last - address), address, last);
}

/* Adds the route to a server of a backend. 0 or -ENOMEM. */
static int add_server(const struct front *front, const struct haproxy_line *server,
                      const struct haproxy_condition *condition, const struct gate *gate)
{
	struct site_map *map = front->map;
	struct site_route route = {
	    .proxy = "haproxy",
	    .names = condition->names,
	    .n_names = condition->n_names,
	    .location = condition->path ? condition->path
	                : front->http   ? "/"
	                                : NULL,
	    .listens = front->listens,
	    .n_listens = front->n_listens,
	    .protocol = IPPROTO_TCP,
	    .guard = gate->guard,
	    .guess = condition->guess ? condition->guess : gate->guess,
	    .file = front->file,
	    .line = server->line,
	};
	const char *text = server_text(map->arena, server->words[2]);

	if (!text)
		return -ENOMEM;
	if (site_spend(map, 1, 2 * strlen(text)) < 0)
		return -E2BIG;
	if (strchr(text, SITE_HOLE))
		route.guess = "the environment decides";
	/* Without a port of its own a server gets the one that was asked for. */
	if (strchr(text, '@') ||
	    !site_target(map->arena, text, front->n_listens ? front->listens[0].port : 0, &route))
		return 0;
	return site_route_add(map, &route);
}

/* Whether a server is out of use. */
static bool is_disabled(const struct haproxy_line *server)
{
	for (size_t i = 3; i < server->n; i++)
		if (strcmp(server->words[i], "disabled") == 0)
			return true;
	return false;
}

/* Adds the routes to a backend's servers. 0 or -ENOMEM. */
static int add_backend(const struct front *front, const struct haproxy_line *backend,
                       const struct haproxy_condition *condition, struct gate gate)
{
	struct arena *arena = front->map->arena;
	int status = 0;

	if (condition->asks_sources && !gate.guard.listed) {
		status = site_guard_list(&gate.guard, arena, condition->sources,
		                         condition->n_sources, "src");
	}
	if (status == 0 && condition->has_auth)
		status = site_guard_ask(&gate.guard, arena, " and ", "a password", "http_auth");
	if (status == 0 && !line_is(backend, "listen"))
		status = take_gate(&gate, backend, front->map);
	section_each(line, backend)
	{
		if (status == 0)
			status = site_spend(front->map, 1, 0);
		if (status == 0 && !gate.closed && line_is(line, "server") && line->n > 2 &&
		    !is_disabled(line))
			status = add_server(front, line, condition, &gate);
	}
	return status;
}

/* Adds the routes by a line that chooses a backend. 0 or -ENOMEM. */
static int choose_backend(const struct front *front, const struct haproxy_line *section,
                          const struct haproxy_line *line, const struct gate *gate)
{
	const struct haproxy_line *backend;
	struct haproxy_condition condition;
	int status = haproxy_condition(section, line, 2, front->map, &condition);

	if (status == 0)
		status = site_spend(front->map, front->n_lines, 0);
	if (status < 0)
		return status;
	backend = find_backend(front->first, line->words[1]);
	if (line->words[1][0] == '%')
		return notes_addf(&front->map->incomplete, front->map->arena,
		                  "haproxy: %s:%u: which backend, only a request says", front->file,
		                  line->line);
	return backend ? add_backend(front, backend, &condition, *gate) : 0;
}

/* Adds the routes of a frontend or listen. 0 or -ENOMEM. */
static int read_front(struct front *front, const struct haproxy_line *section)
{
	static const struct haproxy_condition anything;
	struct gate gate = {0};
	int status = site_spend(front->map, front->n_lines, 0);

	if (status == 0)
		status = take_binds(front, section);
	front->http = is_http(front->first, section);
	if (status == 0)
		status = take_gate(&gate, section, front->map);
	section_each(
	    line, section) if (status == 0 && !gate.closed && line->n > 1 &&
	                       (line_is(line, "use_backend") || line_is(line, "default_backend")))
	    status = choose_backend(front, section, line, &gate);
	return status == 0 && line_is(section, "listen") && !gate.closed
	           ? add_backend(front, section, &anything, gate)
	           : status;
}

int haproxy_read(struct config_files *files, const char *path, const char *container_id,
                 struct site_map *map, struct error **ret_error)
{
	struct haproxy_line *first = NULL;
	struct front front = {.map = map, .file = path};
	struct bytes text = {0};
	size_t before = map->routes.n;
	int status = files->read(files, path, &text);

	if (status < 0)
		status = error_wrap(ret_error, status, "%s", path);
	else
		status = haproxy_lines(path, text.data ? (const char *)text.data : "", text.len,
		                       map->arena, &first, ret_error);
	bytes_done(&text);
	if (status < 0)
		return status;
	front.first = first;
	for (const struct haproxy_line *line = first; line; line = line->next)
		front.n_lines++;
	for (const struct haproxy_line *line = first; line && status == 0; line = line->next)
		if (line->heads && (line_is(line, "frontend") || line_is(line, "listen")))
			status = read_front(&front, line);
	return site_finish(map, before, container_id, path, status, ret_error);
}
