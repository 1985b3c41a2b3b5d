/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the page of a made-up host with as many endpoints as asked: big_page N [hostile]. */
#include "report/report.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names that try to be markup, a script, the end of the data, or to turn the line round. */
static const char *const hostile[] = {
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "<!--<script>",
    "&lt;b&gt;",
    "gnp.\xe2\x80\xae\xe2\x81\xa6txt",
    "' onmouseover='document.title=1",
    "\\u003cb>\\",
};

/* Makes a name for the i-th endpoint. */
static const char *name_of(struct audit *audit, size_t i, bool nasty)
{
	const char *name = nasty ? hostile[i % (sizeof(hostile) / sizeof(*hostile))]
	                         : arena_printf(&audit->arena, "service-%zu", i);

	if (!name)
		abort();
	return name;
}

/* Adds one way in, valid until the next. */
static struct reach_entry *add_reach(struct audit_endpoint *endpoint, const char *zone,
                                     const char *to, enum reach_path path)
{
	struct reach_entry *entry = vec_push(&endpoint->reach);

	struct prefix *everybody = entry ? vec_push(&entry->sources) : NULL;

	if (!everybody || !address_parse(to, &entry->to))
		abort();
	everybody->address = address_any(AF_INET);
	entry->path = path;
	entry->in = "eth0";
	entry->zone = zone;
	entry->to_port = 8080;
	entry->rule = (struct rule_note){
	    .family = "ip", .table = "nat", .chain = "DOCKER", .text = "-j DNAT", .handle = 7};
	entry->sent = entry->arrived = 4;
	entry->agrees = true;
	return entry;
}

/* Adds the i-th endpoint; each fourth is open to the world and not meant to be. */
static void add_endpoint(struct audit *audit, size_t i, bool nasty)
{
	struct audit_endpoint *endpoint = vec_push(&audit->endpoints);

	if (!endpoint)
		abort();
	endpoint->name = name_of(audit, i, nasty);
	endpoint->network = "net";
	endpoint->address =
	    (struct address){.family = AF_INET, .bytes = {172, 20, (uint8_t)(i >> 8), (uint8_t)i}};
	endpoint->port = 8080;
	endpoint->protocol = IPPROTO_TCP;
	endpoint->id = arena_printf(&audit->arena, "%s/172.20.%zu.%zu:8080/tcp", endpoint->name,
	                            i >> 8, i & 255);
	add_reach(endpoint, "containers", "172.17.0.1", PATH_PUBLISHED);
	if (i % 4 == 0) {
		/* One finding speaks for both addresses. */
		add_reach(endpoint, "world", "192.0.2.10", PATH_PUBLISHED)->problem =
		    (unsigned)i / 4 + 1;
		add_reach(endpoint, "world", "192.0.2.11", PATH_PUBLISHED)->problem =
		    (unsigned)i / 4 + 1;
	}
	if (i % 2 == 0)
		add_reach(endpoint, "lan", "10.9.0.10", PATH_PROXY);
}

/* Adds the problem of the i-th endpoint. */
static void add_finding(struct audit *audit, size_t i)
{
	struct finding *finding = vec_push(&audit->findings);

	if (!finding || !address_parse("192.0.2.10", &finding->to))
		abort();
	finding->severity = SEVERITY_CRITICAL;
	finding->mechanism = "M01";
	finding->endpoint = i;
	finding->has_path = true;
	finding->path = PATH_PUBLISHED;
	finding->in = "eth0";
	finding->to_port = 8080;
	finding->row = (unsigned)audit->findings.n;
	finding->subject = audit->endpoints.items[i].name;
	finding->who = "anyone";
	finding->why = "8080 is published on every address";
	finding->fix = "publish it on `127.0.0.1:8080`";
}

/* Leads a web proxy to the i-th endpoint; each second way asks for a password. */
static void add_way(struct audit *audit, size_t i, bool nasty)
{
	static const struct site_listen listen = {
	    .address = {.family = AF_INET}, .port = 443, .protocol = IPPROTO_TCP};
	struct proxied *slot = vec_push(&audit->proxied);
	struct site_route *route = arena_alloc(&audit->arena, sizeof(*route));
	const char **name = arena_alloc(&audit->arena, sizeof(*name));

	if (!slot || !route || !name)
		abort();
	*name = nasty ? hostile[i % (sizeof(hostile) / sizeof(*hostile))] : "wiki.example.com";
	*route = (struct site_route){.proxy = "nginx",
	                             .names = name,
	                             .n_names = 1,
	                             .location = "/",
	                             .listens = &listen,
	                             .n_listens = 1,
	                             .protocol = IPPROTO_TCP,
	                             .file = "/etc/nginx/nginx.conf",
	                             .line = 7};
	if (i % 2)
		route->guard = (struct site_guard){.what = "a password", .by = "auth_basic"};
	*slot = (struct proxied){.route = route, .endpoint = i, .name = *name, .who = "anyone"};
}

/* Releases what the vectors of an audit hold. */
static void release(struct audit *audit)
{
	vec_foreach(endpoint, &audit->endpoints) {
		vec_foreach(entry, &endpoint->reach)
			vec_done(&entry->sources);
		vec_done(&endpoint->reach);
	}
	vec_done(&audit->endpoints);
	vec_done(&audit->proxied);
	vec_done(&audit->findings);
	arena_done(&audit->arena);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	bool nasty = argc > 2 && strcmp(argv[2], "hostile") == 0;
	struct audit audit = {.packets = 12345, .agree = 12345, .seconds = 1, .proved = true};
	struct snapshot *snapshot = snapshot_new();
	int status;

	if (!snapshot || n > 65536)
		return 1;
	snapshot->host = nasty ? hostile[1] : "box";
	snapshot->kernel = "6.1.0";
	snapshot->engine.kind = "docker";
	snapshot->engine.version = "28.5.2";
	audit.snapshot = snapshot;
	for (size_t i = 0; i < n; i++)
		add_endpoint(&audit, i, nasty);
	for (size_t i = 0; i < n; i += 4)
		add_finding(&audit, i);
	for (size_t i = 2; i < n; i += 5)
		add_way(&audit, i, nasty);
	status = report_html(&audit, stdout);
	release(&audit);
	snapshot_free(snapshot);
	return status < 0 || fflush(stdout) != 0;
}
