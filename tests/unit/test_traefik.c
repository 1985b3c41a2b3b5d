/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traefik's labels as routes, and what stays of them. */
#include "observe/engine_keep.h"
#include "site/traefik.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { TEXT_ROOM = 4096, LABELS = 12, CONTAINERS = 3 };

static const char usual_start[] = "traefik\0--providers.docker\0--entrypoints.web.address=:80\0"
                                  "--entrypoints.websecure.address=:443\0"
                                  "--entryPoints.traefik.address=127.0.0.1:8080";

/* A container that a test made up; its labels "key=value". */
struct made {
	const char *name, *project, *service;
	const char *labels[LABELS];
	uint16_t ports[3];
};

/* Writes a route as "LISTENS NAMES LOCATION > TARGET:PORT guard (guess)\n" behind a text. */
static void put_route(FILE *out, const struct site_route *route)
{
	for (size_t i = 0; i < route->n_listens; i++)
		if (route->listens[i].address.family == AF_INET)
			fprintf(out, "%s%u", i ? "," : "", route->listens[i].port);
	for (size_t i = 0; i < route->n_names; i++)
		fprintf(out, "%s%s", i ? "," : " ", route->names[i]);
	fprintf(out, "%s%s > %s:%u", route->location ? " " : "",
	        route->location ? route->location : "", route->target, route->port);
	if (route->guard.what)
		fprintf(out, " %s by %s", route->guard.what, route->guard.by);
	if (route->guess)
		fprintf(out, " (%s)", route->guess);
	fputc('\n', out);
}

/* Cuts made-up labels at their first "=". */
static void make_subject(const struct made *made, struct arena *arena,
                         struct traefik_subject *subject)
{
	struct traefik_setting *labels = arena_alloc(arena, LABELS * sizeof(*labels));

	assert_non_null(labels);
	*subject = (struct traefik_subject){.name = made->name,
	                                    .project = made->project,
	                                    .service = made->service,
	                                    .labels = labels,
	                                    .ports = made->ports};
	while (subject->n_ports < 3 && made->ports[subject->n_ports])
		subject->n_ports++;
	for (size_t i = 0; i < LABELS && made->labels[i]; i++) {
		const char *equals = strchr(made->labels[i], '=');

		assert_non_null(equals);
		labels[subject->n_labels].key =
		    arena_strndup(arena, made->labels[i], (size_t)(equals - made->labels[i]));
		labels[subject->n_labels++].value = equals + 1;
	}
}

/* What settings and containers are read as, a route a line, then what is not known. */
static const char *read_all(const struct traefik_settings *start, const struct made *made, size_t n)
{
	static char text[TEXT_ROOM];
	struct traefik_subject subjects[CONTAINERS];
	struct arena arena = {0};
	struct site_map map = {.arena = &arena};
	_cleanup_error_ struct error *error = NULL;
	FILE *out = fmemopen(text, sizeof(text), "w");

	memset(text, 0, sizeof(text));
	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		make_subject(&made[i], &arena, &subjects[i]);
	assert_int_equal(traefik_read(start, subjects, n, NULL, "T", &map, &error), 0);
	vec_foreach(route, &map.routes)
		put_route(out, route);
	vec_foreach(note, &map.incomplete)
		fprintf(out, "! %s\n", *note);
	fclose(out);
	site_map_done(&map);
	arena_done(&arena);
	return text;
}

/* The same by a command line. */
static const char *read_by(const char *words, size_t len, const struct made *made, size_t n)
{
	struct arena arena = {0};
	struct traefik_settings start = {0};
	const char *text;

	assert_int_equal(traefik_arguments(words, len, &arena, &start), 0);
	text = read_all(&start, made, n);
	vec_done(&start);
	arena_done(&arena);
	return text;
}

#define ROUTES(made) read_by(usual_start, sizeof(usual_start), made, sizeof(made) / sizeof(*(made)))

/* Whoever exposes a port is led to, by a name of its own, unless a label or the start says no. */
static void by_default(void **state)
{
	static const struct made made[] = {
	    {.name = "web_1", .ports = {80, 8080}},
	    {.name = "off", .labels = {"traefik.enable=false"}, .ports = {80}},
	    {.name = "a-wiki-1", .project = "a", .service = "wiki", .ports = {3000}},
	};
	static const struct made on[] = {
	    {.name = "web", .labels = {"traefik.enable=true"}, .ports = {80}},
	    {.name = "other", .ports = {80}},
	    {.name = "none", .labels = {"traefik.enable=true"}},
	};
	static const char closed[] = "traefik\0--providers.docker=true\0"
	                             "--providers.docker.exposedbydefault=false";

	(void)state;
	assert_string_equal(ROUTES(made), "80,443 web-1 / > web_1:80\n"
	                                  "80,443 wiki-a / > a-wiki-1:3000\n");
	assert_string_equal(read_by(closed, sizeof(closed), on, 3), "80 web / > web:80\n");
}

static const char long_rule[] = "traefik.http.routers.w.rule=Host(`wiki.example.com`, "
                                "`w.example.com`) && PathPrefix(`/admin`) || "
                                "Host(`old.example.com`)";

/* Routers by their rules, entry points, services and what is asked for. */
static void by_labels(void **state)
{
	static const struct made made[] = {
	    {.name = "wiki",
	     .labels = {long_rule, "traefik.http.routers.w.entryPoints=websecure",
	                "traefik.http.routers.w.middlewares=auth@docker, slow",
	                "traefik.http.services.w.loadbalancer.server.port=3000",
	                "traefik.http.middlewares.slow.ratelimit.average="},
	     .ports = {80}},
	    {.name = "shop",
	     .labels = {"traefik.http.middlewares.auth.basicauth.users=",
	                "traefik.http.middlewares.lan.ipallowlist.sourcerange=10.0.0.0/8, ::1/128",
	                "traefik.http.middlewares.both.chain.middlewares=auth,lan",
	                "traefik.http.routers.s.rule=Host(`shop.example.com`)",
	                "traefik.http.routers.s.middlewares=both",
	                "traefik.http.routers.h.rule=Host(`shop.example.com`)",
	                "traefik.http.routers.h.entrypoints=web",
	                "traefik.http.routers.h.middlewares=up",
	                "traefik.http.middlewares.up.redirectscheme.scheme=",
	                "traefik.http.routers.x.rule=", "traefik.http.routers.x.entrypoints=web",
	                "traefik.http.routers.x.middlewares=sso@file"},
	     .ports = {8000}},
	    {.name = "mail",
	     .labels = {"traefik.tcp.routers.m.rule=HostSNI(`*`)",
	                "traefik.tcp.routers.m.entrypoints=web",
	                "traefik.tcp.services.m.loadbalancer.server.port=25"},
	     .ports = {25}},
	};

	(void)state;
	assert_string_equal(
	    ROUTES(made),
	    "443 wiki.example.com,w.example.com /admin > wiki:3000 a password by basicauth\n"
	    "443 old.example.com / > wiki:3000 a password by basicauth\n"
	    "80,443 shop.example.com / > shop:8000 a password and a listed address by basicauth, "
	    "ipallowlist\n"
	    "80 / > shop:8000 (a middleware decides that no label tells of)\n"
	    "80 > mail:25\n");
}

/* What cannot be told is a guess or a note, and never a crash. */
static void unclear(void **state)
{
	static const struct made made[] = {
	    {.name = "a",
	     .labels = {"traefik.http.routers.n.rule=!Host(`a`)",
	                "traefik.http.routers.h.rule=Host(`b`) && Headers(`x`,`y`)",
	                "traefik.http.routers.p.rule=(Host(`c`)",
	                "traefik.http.routers.c.rule=Host(`d`)",
	                "traefik.http.routers.c.middlewares=loop",
	                "traefik.http.middlewares.loop.chain.middlewares=loop",
	                "traefik.http.routers.=x", "traefik.http.routers.q=x",
	                "traefik.=", "traefik=1"},
	     .ports = {80}},
	    {.name = "two",
	     .labels = {"traefik.http.routers.t.rule=Host(`t`)",
	                "traefik.http.services.a.loadbalancer.server.port=1",
	                "traefik.http.services.b.loadbalancer.server.port=2"}},
	    {.name = "t",
	     .labels = {"traefik.http.routers.api.rule=Host(`api`)",
	                "traefik.http.routers.api.service=api@internal",
	                "traefik.http.routers.f.service=x@file"},
	     .ports = {80}},
	};
	static const char start[] = "traefik\0--providers.docker.constraints\0x\0"
	                            "--providers.file.directory=/x\0--providers.file.watch\0"
	                            "--entrypoints.web.address=:80";
	static const struct made one[] = {{.name = "c", .ports = {80}}};

	(void)state;
	assert_string_equal(ROUTES(made), "80,443 / > a:80 (its rule decides)\n"
	                                  "80,443 b / > a:80 (its rule decides)\n"
	                                  "80,443 / > a:80 (its rule decides)\n"
	                                  "80,443 d / > a:80 (a chain of middlewares decides)\n"
	                                  "! T: where the router t of two leads is not known\n"
	                                  "! T: where the router f of t leads is not known\n");
	assert_string_equal(read_by(start, sizeof(start), one, 1),
	                    "80 c / > c:80 (constraints decide whether it is taken)\n"
	                    "! T: where its provider file says that it leads is not read\n");
	assert_string_equal(read_by("traefik", sizeof("traefik"), one, 1), "");
	assert_string_equal(read_by("x", 1, one, 1), "");
}

/* A file in YAML says the same as a command line. */
static void by_file(void **state)
{
	static const char file[] =
	    "entryPoints:\n  web:\n    address: \":80\"\n"
	    "    http:\n      redirections:\n        entryPoint:\n"
	    "          to: websecure\n"
	    "  websecure:\n    address: 127.0.0.1:443\n"
	    "    http:\n      middlewares:\n        - auth@docker\n        - x@docker\n"
	    "providers:\n  docker:\n    exposedByDefault: true\n"
	    "  swarm: {}\n";
	static const struct made made[] = {
	    {.name = "c",
	     .labels = {"traefik.http.middlewares.auth.forwardauth.address=",
	                "traefik.http.middlewares.x.headers.a="},
	     .ports = {80}}};
	struct arena arena = {0};
	struct traefik_settings start = {0};
	_cleanup_error_ struct error *error = NULL;

	(void)state;
	assert_int_equal(traefik_file(file, sizeof(file) - 1, "f", &arena, &start, &error), 0);
	assert_string_equal(read_all(&start, made, 1),
	                    "443 c / > c:80 another service's word by forwardauth\n"
	                    "! T: where its provider swarm says that it leads is not read\n");
	assert_true(traefik_file("a: [", 4, "f", &arena, &start, &error) < 0);
	assert_non_null(strstr(error_message(error), "f:"));
	vec_done(&start);
	arena_done(&arena);
}

/* Of labels stays what is no secret. */
static void what_stays(void **state)
{
	static const struct {
		const char *key;
		enum label_keep keep;
	} labels[] = {
	    {"traefik.enable", LABEL_STAYS},
	    {"traefik.token", LABEL_GOES},
	    {"traefikx.enable", LABEL_GOES},
	    {"traefik.http.routers.a.rule", LABEL_RULE},
	    {"traefik.http.routers.a.entrypoints", LABEL_STAYS},
	    {"traefik.http.routers.a.tls.certresolver", LABEL_KEY},
	    {"traefik.http.middlewares.a.basicauth.users", LABEL_KEY},
	    {"traefik.http.middlewares.a.headers.customrequestheaders.X-Token", LABEL_KEY},
	    {"traefik.http.middlewares.a.ipAllowList.sourceRange", LABEL_STAYS},
	    {"traefik.http.services.a.loadbalancer.server.port", LABEL_STAYS},
	    {"traefik.http.services.a.loadbalancer.server.url", LABEL_KEY},
	    {"traefik.http.routers.a", LABEL_GOES},
	    {"traefik.http.serverstransports.a.rootcas", LABEL_GOES},
	    {"seawall.allow", LABEL_STAYS},
	    {"org.example.token", LABEL_GOES},
	};
	static const struct {
		const char *rule;
		bool stays;
	} rules[] = {
	    {"Host(`a`) \\u0026\\u0026 Path(`/b`)", true},
	    {"Host(\\\"a\\\") || ClientIP(`10.0.0.0/8`)", true},
	    {"(Host(`a`))", true},
	    {"Header(`X-Token`, `hunter2`)", false},
	    {"Host(`a`) \\u0026\\u0026 Headers(`X-Token`, `hunter2`)", false},
	    {"Headers\\u0028`X-Token`, `hunter2`)", false},
	    {"Query(`token`, `hunter2`)", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (engine_keep_label(labels[i].key, strlen(labels[i].key)) != labels[i].keep)
			fail_msg("%s", labels[i].key);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (engine_keep_rule(rules[i].rule, strlen(rules[i].rule)) != rules[i].stays)
			fail_msg("%s", rules[i].rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_default), cmocka_unit_test(by_labels),  cmocka_unit_test(unclear),
	    cmocka_unit_test(by_file),    cmocka_unit_test(what_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
