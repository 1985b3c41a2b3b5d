/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nginx's configuration as routes, and files that lead out of a root. */
#include "observe/rooted_files.h"
#include "observe/sites_read.h"
#include "site/caddy.h"
#include "site/haproxy.h"
#include "site/nginx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

enum { TEXT_ROOM = 4096 };

/* Files that a test made up: "main" and what it includes. */
struct made_files {
	struct config_files files; /* first */
	struct {
		const char *path, *text;
	} items[4];
};

/* The list() of made-up files: a pattern names those that begin as it does up to its '*'. */
static int list_made(struct config_files *files, const char *pattern, struct arena *arena,
                     struct config_paths *paths)
{
	const struct made_files *made = (const struct made_files *)files;
	size_t len = strcspn(pattern, "*");

	(void)arena;
	for (size_t i = 0; i < 4 && made->items[i].path; i++)
		if (pattern[len] ? strncmp(made->items[i].path, pattern, len) == 0
		                 : strcmp(made->items[i].path, pattern) == 0) {
			const char **slot = vec_push(paths);

			assert_non_null(slot);
			*slot = made->items[i].path;
		}
	return 0;
}

/* The read() of made-up files. */
static int read_made(struct config_files *files, const char *path, struct bytes *text)
{
	const struct made_files *made = (const struct made_files *)files;

	for (size_t i = 0; i < 4 && made->items[i].path; i++)
		if (strcmp(made->items[i].path, path) == 0)
			return bytes_append(text, made->items[i].text, strlen(made->items[i].text),
			                    SIZE_MAX);
	return -ENOENT;
}

/* Writes a route as "NAMES LOCATION > TARGET:PORT guard (guess)\n" behind a text. */
static void put_route(char *text, const struct site_route *route)
{
	char *at = text + strlen(text);
	size_t room = TEXT_ROOM - strlen(text);

	for (size_t i = 0; i < route->n_names; i++) {
		int len = snprintf(at, room, "%s%s", i ? "," : "", route->names[i]);

		at += len;
		room -= (size_t)len;
	}
	snprintf(at, room, "%s%s%s > %s:%u%s%s%s%s%s\n", route->n_names ? "" : "-",
	         route->location ? " " : "", route->location ? route->location : "",
	         route->target ? route->target : "?", route->port, route->guard.what ? " " : "",
	         route->guard.what ? route->guard.what : "", route->guess ? " (" : "",
	         route->guess ? route->guess : "", route->guess ? ")" : "");
}

/* A reader of a proxy's configuration. */
typedef int read_proxy(struct config_files *files, const char *path, const char *container_id,
                       struct site_map *map, struct error **ret_error);

/* What a reader makes of made-up files, a route a line; or the error's sentence. */
static const char *routes_by(read_proxy *read, const struct made_files *made)
{
	static char text[TEXT_ROOM];
	struct made_files files = *made;
	struct arena arena = {0};
	struct site_map map = {.arena = &arena};
	_cleanup_error_ struct error *error = NULL;

	*text = 0;
	files.files = (struct config_files){.list = list_made, .read = read_made};
	if (read(&files.files, "main", NULL, &map, &error) < 0)
		snprintf(text, sizeof(text), "%s", error_message(error));
	vec_foreach(route, &map.routes)
		put_route(text, route);
	site_map_done(&map);
	arena_done(&arena);
	return text;
}

/* What nginx makes of one file. */
static const char *routes(const char *main)
{
	const struct made_files made = {.items = {{"main", main}}};

	return routes_by(nginx_read, &made);
}

static void words_are_read_as_nginx_does(void **state)
{
	(void)state;
	assert_string_equal(
	    routes("events{} # a comment { ; }\n"
	           "http{server{server_name \"a b\" 'c\"d' e\\;f;location /{proxy_pass "
	           "http://127.0.0.1:80;}}}"),
	    "a b,c\"d,e\\;f / > 127.0.0.1:80\n");
	assert_string_equal(routes("http { server { location / { content_by_lua_block { local s = "
	                           "\"}\" -- }\n if x then } end { } } } } }"),
	                    "main:2:29: a \"}\" without a \"{\"");
	assert_string_equal(
	    routes("http { server { set $a 8; location / { access_by_lua_block { return \"}\" }\n"
	           "proxy_pass http://h:${a}0; } } }"),
	    "- / > h:80 (Lua code may refuse it)\n");
}

static void what_is_wrong_has_its_place(void **state)
{
	(void)state;
	assert_string_equal(routes("http {\n  server {\n"), "main:3:1: a block that is not closed");
	assert_string_equal(routes("http { }\n}"), "main:2:2: a \"}\" without a \"{\"");
	assert_string_equal(routes("http {\n \xc3\xa4 \"x }"),
	                    "main:2:4: a quote that is not closed");
	assert_string_equal(routes("user"), "main:1:5: expected \";\" or \"{\"");
	assert_string_equal(routes(";"), "main:1:2: expected a directive");
	assert_string_equal(routes("include gone;"),
	                    "main:1:14: includes a file that is not there");
	assert_string_equal(routes("include main;"),
	                    "main:1:14: files that include each other without end");
	assert_string_equal(routes("include gone/*;"), "");
}

static void includes_are_taken_in(void **state)
{
	const struct made_files made = {
	    .items = {{"main", "http { include sites/*; }"},
	              {"sites/a", "server { server_name a; include snippet; }"},
	              {"sites/b", "server { server_name b; location /b { include snippet; } }"},
	              {"snippet", "auth_basic x; location /s { proxy_pass http://s; }"}}};

	(void)state;
	assert_string_equal(routes_by(nginx_read, &made),
	                    "a /s > s:80 a password\nb /s > s:80 a password\n");
}

static void targets_are_what_they_name(void **state)
{
	(void)state;
	assert_string_equal(
	    routes("http { upstream u { server 10.0.0.1:8000; server unix:/x; server b:1 down; "
	           "server [::1]; }\n"
	           "server { location / { proxy_pass http://u/path; }\n"
	           "location /s { proxy_pass https://h; }\n"
	           "location /g { grpc_pass grpc://h; }\n"
	           "location /f { fastcgi_pass 127.0.0.1:9000; }\n"
	           "location /u { proxy_pass http://unix:/run/x:/; }\n"
	           "location ~ \\.php$ { proxy_pass http://[fd00::1]:81; } } }"),
	    "- / > 10.0.0.1:8000\n- / > ::1:80\n- /s > h:443\n- /g > h:80\n- /f > 127.0.0.1:9000\n"
	    "- ~ \\.php$ > fd00::1:81\n");
	assert_string_equal(
	    routes("stream { upstream db { server 127.0.0.1:5432; }\n"
	           "server { listen 1 ; proxy_pass db; }\n"
	           "server { listen 2 udp; allow 10.0.0.0/8; deny all; proxy_pass h:53; } }"),
	    "- > 127.0.0.1:5432\n- > h:53 a listed address\n");
}

static void what_answers_by_itself_leads_nowhere(void **state)
{
	(void)state;
	assert_string_equal(
	    routes(
	        "http { server { return 301 https://$host; location / { proxy_pass http://a; } }\n"
	        "server { location / { return 403; proxy_pass http://b; }\n"
	        "location /c { location /c/d { proxy_pass http://d; } proxy_pass http://c; }\n"
	        "location = /auth { internal; proxy_pass http://e; } } }"),
	    "- /c/d > d:80\n- /c > c:80\n- = /auth > e:80 a redirect of nginx's own\n");
}

static void guards_are_inherited_and_turned_off(void **state)
{
	(void)state;
	assert_string_equal(
	    routes("http { auth_basic x;\n"
	           "server { ssl_verify_client on; location / { proxy_pass http://a; } }\n"
	           "server { auth_basic off; location / { proxy_pass http://b; }\n"
	           "location /1 { auth_request /x; proxy_pass http://c; }\n"
	           "location /2 { allow 10.0.0.0/8; deny all; proxy_pass http://d; }\n"
	           "location /3 { deny 10.0.0.1; proxy_pass http://e; }\n"
	           "location /4 { allow ::/0; deny all; proxy_pass http://h; } }\n"
	           "server { satisfy any; allow 10.0.0.0/8; deny all;\n"
	           "location / { proxy_pass http://f; }\n"
	           "location /1 { allow all; proxy_pass http://g; } } }"),
	    "- / > a:80 a password and a client certificate\n- / > b:80\n"
	    "- /1 > c:80 another service's word\n- /2 > d:80 a listed address\n- /3 > e:80\n"
	    "- /4 > h:80\n"
	    "- / > f:80 a password or a listed address\n- /1 > g:80\n");
}

static void a_variable_may_turn_a_guard_off(void **state)
{
	(void)state;
	assert_string_equal(
	    routes("http { auth_basic $realm; server { location / { proxy_pass http://a; }\n"
	           "location /1 { auth_basic off; proxy_pass http://b; } } }"),
	    "- / > a:80 (a variable decides whether a password is asked for)\n- /1 > b:80\n");
}

static void variables_have_their_values(void **state)
{
	(void)state;
	assert_string_equal(
	    routes("http { map $host $port { hostnames; default 1; a.example 2; b.example 3; "
	           "*.c.example 4; }\n"
	           "server { server_name a.example b.example; location / { proxy_pass "
	           "http://127.0.0.1:$port; } }\n"
	           "server { server_name x.c.example d.example; location / { proxy_pass "
	           "http://$host:$port; } } }"),
	    "a.example / > 127.0.0.1:2\nb.example / > 127.0.0.1:3\n"
	    "x.c.example / > x.c.example:4\nd.example / > d.example:1\n");
}

static void what_the_request_decides_is_a_guess(void **state)
{
	(void)state;
	assert_string_equal(
	    routes("http { server { server_name \"~^s-(?<p>\\d+)\\.example$\"; location / { "
	           "proxy_pass http://127.0.0.1:$p; } } }"),
	    "~^s-(?<p>\\d+)\\.example$ / > 127.0.0.1:0 ($p, which the request gives, decides)\n");
	assert_string_equal(
	    routes("http { map $cookie_x $u { a x:1; default y:2; }\n"
	           "server { set $v z; if ($arg_q) { set $v w; }\n"
	           "location / { proxy_pass http://$u; }\n"
	           "location /v { proxy_pass http://$v; }\n"
	           "location /h { if ($bad) { return 403; } proxy_pass http://$host; } } }"),
	    "- / > x:1 ($cookie_x decides)\n- / > y:2 ($cookie_x decides)\n"
	    "- /v > w:80 (an `if` decides)\n- /v > z:80\n"
	    "- /h > ?:80 (the name asked for decides)\n");
	/* One that names itself ends. */
	assert_string_equal(
	    routes("http { server { set $a $a; location / { proxy_pass http://$a; } } }"), "");
}

/* What HAProxy makes of one file. */
static const char *haproxy(const char *main)
{
	const struct made_files made = {.items = {{"main", main}}};

	return routes_by(haproxy_read, &made);
}

static void haproxy_leads_by_its_access_lists(void **state)
{
	(void)state;
	assert_string_equal(
	    haproxy(
	        "defaults\n mode http\nfrontend f\n bind *:80,:::81 v4v6\n"
	        " acl a hdr(host) -i a.example b.example\n acl p path_beg /x\n"
	        " use_backend one if a\n use_backend two if { hdr(host) c.example } p\n"
	        " use_backend two if a or { hdr_end(host) -i .d.example }\n"
	        " use_backend one if { req.cook(x) -m found }\n default_backend three\n"
	        "backend one\n server s 127.0.0.1:8001 check\n server t 127.0.0.1:8002 disabled\n"
	        "backend two\n server s fd00::1:9000\nbackend three\n server s app\n"),
	    "a.example,b.example / > 127.0.0.1:8001\nc.example /x > fd00::1:9000\n"
	    "a.example,b.example,*.d.example / > fd00::1:9000\n"
	    "- / > 127.0.0.1:8001 (an acl decides)\n- / > app:80\n");
	assert_string_equal(
	    haproxy("listen db\n mode tcp\n bind 127.0.0.1:5000\n server s 10.0.0.1:5432\n"
	            " server u unix@/x\n"),
	    "- > 10.0.0.1:5432\n");
}

static void haproxy_asks_first(void **state)
{
	static const char backend[] = "backend b\n server s h:1\n";
	char text[TEXT_ROOM];
	static const struct {
		const char *line, *says;
	} cases[] = {
	    {"http-request auth realm x unless { http_auth(u) }", "- / > h:1 a password\n"},
	    {"acl ok http_auth(u)\n http-request auth if !ok", "- / > h:1 a password\n"},
	    {"http-request deny unless { src 10.0.0.0/8 }", "- / > h:1 a listed address\n"},
	    {"acl in src 10.0.0.0/8 ::1\n tcp-request connection reject if !in",
	     "- / > h:1 a listed address\n"},
	    {"http-request deny unless { src 10.0.0.0/8 0.0.0.0/0 }", "- / > h:1\n"},
	    {"http-request deny if { src 10.0.0.0/8 }", "- / > h:1\n"},
	    {"http-request deny if { path_beg /admin }",
	     "- / > h:1 (an acl decides what is asked for)\n"},
	    {"http-request deny", ""},
	    {"http-request redirect scheme https", ""},
	    {"http-request redirect scheme https unless { ssl_fc }", "- / > h:1\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
		         "frontend f\n mode http\n bind :80\n %s\n default_backend b\n%s",
		         cases[i].line, backend);
		assert_string_equal(haproxy(text), cases[i].says);
	}
	assert_string_equal(haproxy("frontend f\n bind :443 ssl crt x verify required\n"
	                            " default_backend b\nbackend b\n server s h:1\n"),
	                    "- > h:1 a client certificate\n");
}

static void haproxy_words_have_quotes(void **state)
{
	(void)state;
	assert_string_equal(
	    haproxy("backend x\nlisten f # '\n bind :80\n server 'a b' \"$HOST:80\"\n"
	            " server c d\\ e:1\n"),
	    "- > ?:80 (the environment decides)\n- > d e:1\n");
	assert_string_equal(haproxy("listen f\n bind \"x\n"),
	                    "main:2:9: a quote that is not closed");
	assert_string_equal(haproxy("listen f\n bind \001\n"), "main:2:8: a control character");
}

/* What Caddy makes of one file. */
static const char *caddy(const char *main)
{
	const struct made_files made = {.items = {{"main", main}}};

	return routes_by(caddy_read, &made);
}

static void caddy_leads_by_its_sites(void **state)
{
	const struct made_files imports = {
	    .items = {
	        {"main", "(snippet) {\n\treverse_proxy {args.0}:{args[1]}\n}\nimport sites/*\n"},
	        {"sites/a", "a.example {\n\timport snippet app 81\n}\n"}}};

	(void)state;
	assert_string_equal(caddy("a.example\nreverse_proxy 127.0.0.1:8001\n"),
	                    "a.example / > 127.0.0.1:8001\n");
	assert_string_equal(
	    caddy("{\n\temail x\n}\na.example, b.example,\nhttp://c.example {\n\treverse_proxy "
	          "/api/* app:1 app:2\n"
	          "\thandle /x/* {\n\t\treverse_proxy https://h\n\t}\n\t@m host "
	          "d.example\n\treverse_proxy @m {\n\t\tto h2c://i\n\t}\n"
	          "\tphp_fastcgi unix//x\n}\n:8080 {\n\treverse_proxy {$UP:127.0.0.1:9} # "
	          "c\n\treverse_proxy {$UP}\n}\n"),
	    "a.example,b.example,c.example /api/* > app:1\na.example,b.example,c.example /api/* > "
	    "app:2\n"
	    "a.example,b.example,c.example /x/* > h:443\nd.example / > i:80\n"
	    "- / > 127.0.0.1:9\n- / > ?:80 (the request or the environment decides)\n");
	assert_string_equal(routes_by(caddy_read, &imports), "a.example / > app:81\n");
}

static void caddy_asks_first(void **state)
{
	char text[TEXT_ROOM];
	static const struct {
		const char *lines, *says;
	} cases[] = {
	    {"basicauth {\n u h\n}", "a / > h:1 a password\n"},
	    {"basicauth /x/* {\n u h\n}", "a / > h:1 (a matcher decides what is asked for)\n"},
	    {"forward_auth auth:9091 {\n uri /x\n}", "a / > h:1 another service's word\n"},
	    {"@no not remote_ip 10.0.0.0/8\nrespond @no 403", "a / > h:1 a listed address\n"},
	    {"@no {\n not remote_ip 10.0.0.0/8\n}\nabort @no", "a / > h:1 a listed address\n"},
	    {"@no not remote_ip 0.0.0.0/0 ::/0\nrespond @no 403", "a / > h:1\n"},
	    {"respond /health 200", "a / > h:1\n"},
	    {"respond \"closed\" 403", ""},
	    {"redir https://b{uri}", ""},
	    {"tls {\n client_auth {\n mode require_and_verify\n }\n}",
	     "a / > h:1 a client certificate\n"},
	    {"@q query x=1\nabort @q", "a / > h:1 (a matcher decides)\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "a {\n%s\nreverse_proxy h:1\n}\n", cases[i].lines);
		assert_string_equal(caddy(text), cases[i].says);
	}
	assert_string_equal(caddy("a {\n handle {\n  basic_auth {\n  }\n  reverse_proxy h:1\n }\n "
	                          "reverse_proxy /o h:2\n}\n"),
	                    "a / > h:1 a password\na /o > h:2\n");
}

static void caddy_says_where_it_is_wrong(void **state)
{
	(void)state;
	assert_string_equal(caddy("a {\n"), "main:2: a block that is not closed");
	assert_string_equal(caddy("a {\n}\n}\n"), "main:3: a \"}\" without a \"{\"");
	assert_string_equal(caddy("a {\n x \"y\n"), "main:3: a quote that is not closed");
	assert_string_equal(caddy("import gone\n"), "main:2: imports what is not there");
	assert_string_equal(caddy("import main\n"),
	                    "main:2: files that import each other without end");
}

/* The sentence that a reader has for a text made of a beginning, a part that comes often, an end.
 */
static const char *said_of(read_proxy *read, const char *begin, const char *part, unsigned often,
                           const char *end)
{
	static char text[256];
	struct bytes main = {0};
	struct made_files files = {.files = {.list = list_made, .read = read_made}};
	struct arena arena = {0};
	struct site_map map = {.arena = &arena};
	_cleanup_error_ struct error *error = NULL;

	assert_int_equal(bytes_append(&main, begin, strlen(begin), SIZE_MAX), 0);
	for (unsigned i = 0; i < often; i++) {
		char line[256];

		snprintf(line, sizeof(line), part, i);
		assert_int_equal(bytes_append(&main, line, strlen(line), SIZE_MAX), 0);
	}
	assert_int_equal(bytes_append(&main, end, strlen(end), SIZE_MAX), 0);
	files.items[0].path = "main";
	files.items[0].text = (const char *)main.data;
	snprintf(text, sizeof(text), "%s",
	         read(&files.files, "main", NULL, &map, &error) < 0 ? error_message(error) : "");
	bytes_done(&main);
	site_map_done(&map);
	arena_done(&arena);
	return text;
}

static void what_has_no_end_is_left(void **state)
{
	static const char often[] = "main: refers to itself so often that only a part was followed";

	(void)state;
	/* Each request to a name goes through a map of all of them. */
	assert_string_equal(said_of(nginx_read, "http { map $host $a { volatile;\n", "n%u v%1$u;\n",
	                            30000, "} server { location / { proxy_pass http://$a; } } }"),
	                    "");
	assert_string_equal(said_of(nginx_read, "http { server {",
	                            "location /%u { proxy_pass http://h; } allow 10.0.0.1;\n",
	                            18000, "deny all; } }"),
	                    often);
	assert_string_equal(said_of(nginx_read, "http { ",
	                            "server { location / { proxy_pass http://u%u; } }\n", 20000,
	                            " }"),
	                    often);
	assert_string_equal(
	    said_of(haproxy_read, "frontend f\n bind :80\n", " use_backend b%u if x\n", 20000, ""),
	    often);
	assert_string_equal(
	    said_of(caddy_read, ":80 {\n", "@m%u path /x\nreverse_proxy @m%1$u h\n", 40000, "}\n"),
	    often);
	/* A snippet is there from its end on. */
	assert_string_equal(said_of(caddy_read, "(s) {\nimport s\n}\n", "", 0, ""),
	                    "main:3: imports what is not there");
	assert_string_equal(said_of(caddy_read, "(s) {\nrespond a\n}\n",
	                            "(s%u) {\nimport s\nimport s\n}\n", 1,
	                            "(t) {\nimport s0\n}\n:80 {\nimport t\n}\n"),
	                    "");
	assert_string_equal(said_of(caddy_read, "(s) {\nrespond {args.0}{args[0]}\n}\n:80 {\n",
	                            "import s 0123456789012345678901234567890123456789012345678901"
	                            "234567890123456789012345678901234567890123456789%u\n",
	                            90000, "}\n") +
	                        strlen("main:69918: "),
	                    "snippets that are too large");
	/* An address that is not closed ends with its text. */
	assert_string_equal(said_of(caddy_read, "[::1 {\nreverse_proxy h\n}\n", "", 0, ""), "");
}

static void the_command_line_names_the_file(void **state)
{
	struct arena arena = {0};
	unsigned times;

	(void)state;
	assert_string_equal(
	    proxy_config_path("nginx: master process /usr/sbin/nginx -g daemon on; -c /a/b ", "-c",
	                      &arena, &times),
	    "/a/b");
	assert_string_equal(proxy_config_path("nginx -c/a", "-c", &arena, &times), "/a");
	assert_string_equal(
	    proxy_config_path("/usr/sbin/haproxy -Ws -f /a.cfg -p /run/x", "-f", &arena, &times),
	    "/a.cfg");
	assert_int_equal(times, 1);
	assert_string_equal(proxy_config_path("haproxy -f /a -f /b", "-f", &arena, &times), "/a");
	assert_int_equal(times, 2);
	assert_string_equal(proxy_config_path("caddy run --config-x y --config=/c --config",
	                                      "--config", &arena, &times),
	                    "/c");
	assert_int_equal(times, 2);
	assert_null(proxy_config_path("nginx: master process nginx", "-c", &arena, &times));
	arena_done(&arena);
}

/* Makes a file with a text below a directory. */
static void make_file(int root, const char *path, const char *text)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void links_stay_below_the_root(void **state)
{
	char directory[] = "/tmp/seawall-site.XXXXXX";
	struct bytes text = {0};
	struct rooted_files files;
	struct config_paths paths = {0};
	struct arena arena = {0};
	int root;

	(void)state;
	assert_non_null(mkdtemp(directory));
	root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root, "etc", 0700), 0);
	make_file(root, "etc/passwd", "inside");
	make_file(root, "etc/b.conf", "b");
	make_file(root, "etc/a.conf", "a");
	make_file(root, "etc/.hidden.conf", "h");
	assert_int_equal(symlinkat("/etc/passwd", root, "etc/link"), 0);
	assert_int_equal(symlinkat("../../../../etc/shadow", root, "etc/up"), 0);
	assert_int_equal(mkfifoat(root, "etc/fifo", 0600), 0);

	assert_int_equal(rooted_read(root, "/etc/link", 100, &text), 0);
	assert_string_equal((char *)text.data, "inside");
	bytes_done(&text);
	assert_int_equal(rooted_read(root, "/etc/up", 100, &text), -ENOENT);
	assert_int_equal(rooted_read(root, "/etc/fifo", 100, &text), -EINVAL);
	assert_int_equal(rooted_read(root, "/etc/passwd", 3, &text), -EFBIG);
	bytes_done(&text);

	files = rooted_files_make(root, "/etc");
	assert_int_equal(files.files.list(&files.files, "*.conf", &arena, &paths), 0);
	assert_int_equal(paths.n, 2);
	assert_string_equal(paths.items[0], "/etc/a.conf");
	assert_string_equal(paths.items[1], "/etc/b.conf");
	vec_done(&paths);
	arena_done(&arena);
	for (size_t i = 0; i < 7; i++) {
		static const char *const names[] = {"passwd", "b.conf", "a.conf", ".hidden.conf",
		                                    "link",   "up",     "fifo"};
		char path[64];

		snprintf(path, sizeof(path), "etc/%s", names[i]);
		unlinkat(root, path, 0);
	}
	unlinkat(root, "etc", AT_REMOVEDIR);
	close(root);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_read_as_nginx_does),
	    cmocka_unit_test(what_is_wrong_has_its_place),
	    cmocka_unit_test(includes_are_taken_in),
	    cmocka_unit_test(targets_are_what_they_name),
	    cmocka_unit_test(what_answers_by_itself_leads_nowhere),
	    cmocka_unit_test(guards_are_inherited_and_turned_off),
	    cmocka_unit_test(a_variable_may_turn_a_guard_off),
	    cmocka_unit_test(variables_have_their_values),
	    cmocka_unit_test(what_the_request_decides_is_a_guess),
	    cmocka_unit_test(haproxy_leads_by_its_access_lists),
	    cmocka_unit_test(haproxy_asks_first),
	    cmocka_unit_test(haproxy_words_have_quotes),
	    cmocka_unit_test(caddy_leads_by_its_sites),
	    cmocka_unit_test(caddy_asks_first),
	    cmocka_unit_test(caddy_says_where_it_is_wrong),
	    cmocka_unit_test(what_has_no_end_is_left),
	    cmocka_unit_test(the_command_line_names_the_file),
	    cmocka_unit_test(links_stay_below_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
