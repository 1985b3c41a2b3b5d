/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is meant: bind addresses, labels and policies, one host a case. */
#include "base/bytes.h"
#include "intent/intent.h"
#include "intent/selector.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <cmocka.h>

#include "intent_cases.h"

/* Adds text by a printf format. */
static void say(struct bytes *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct bytes *to, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(text));
	assert_int_equal(bytes_append(to, text, (size_t)n, SIZE_MAX), 0);
}

/* Reads "80" or "80/udp". */
static struct container_port read_port(const char *text)
{
	const char *slash = strchr(text, '/');
	struct container_port port = {(uint16_t)atoi(text), IPPROTO_TCP};

	if (slash && strcmp(slash, "/udp") == 0)
		port.protocol = IPPROTO_UDP;
	else if (slash && strcmp(slash, "/sctp") == 0)
		port.protocol = IPPROTO_SCTP;
	return port;
}

/* Publishes "127.0.0.1:80:8080/tcp" or "[::]:80:8080". */
static void publish(struct container *container, const char *text)
{
	char address[ADDRESS_TEXT];
	bool bracket = *text == '[';
	size_t len = bracket ? strcspn(text + 1, "]") : strcspn(text, ":");
	const char *rest = text + len + (bracket ? 2 : 0);
	struct published_port published = {0};
	struct container_port port;

	snprintf(address, sizeof(address), "%.*s", (int)len, text + bracket);
	assert_true(address_parse(address, &published.host_address));
	assert_int_equal(*rest, ':');
	published.host_port = published.host_port_last = (uint16_t)atoi(rest + 1);
	port = read_port(strchr(rest + 1, ':') + 1);
	published.container_port = port.port;
	published.protocol = port.protocol;
	*vec_push(&container->published) = published;
	*vec_push(&container->asked) = published;
}

/* Adds a label, "KEY=VALUE". */
static void add_label(struct snapshot *snapshot, struct container *container, const char *text,
                      bool inherited)
{
	const char *equals = strchr(text, '=');

	*vec_push(&container->labels) = (struct label){
	    .key = arena_strndup(&snapshot->arena, text, (size_t)(equals - text)),
	    .value = equals + 1,
	    .inherited = inherited,
	};
}

/* Adds a socket of the container. */
static void add_socket(struct snapshot *snapshot, struct container *container, const char *text,
                       const char *address)
{
	struct container_port port = read_port(text);
	struct socket socket = {
	    .protocol = port.protocol, .port = port.port, .owner = {.container_id = container->id}};

	assert_true(address_parse(address, &socket.address));
	if (strcmp(container->network_mode, "host") == 0)
		*vec_push(&snapshot->net.sockets) = socket;
	else
		*vec_push(&container->sockets) = socket;
}

/* Takes in one word about a container. */
static void read_word(struct snapshot *snapshot, struct container *container, char *word)
{
	char *value = strchr(word, '='), *slash = strchr(word, '/');

	if (value)
		value++;
	if (strncmp(word, "image=", 6) == 0)
		container->image = value;
	else if (strncmp(word, "p=", 2) == 0)
		publish(container, value);
	else if (strncmp(word, "l=", 2) == 0)
		add_label(snapshot, container, value, false);
	else if (strncmp(word, "i=", 2) == 0)
		add_label(snapshot, container, value, true);
	else if (strncmp(word, "expose=", 7) == 0)
		*vec_push(&container->exposed) = read_port(value);
	else if (strncmp(word, "socket=", 7) == 0)
		add_socket(snapshot, container, value, "0.0.0.0");
	else if (strncmp(word, "loopback=", 9) == 0)
		add_socket(snapshot, container, value, "127.0.0.1");
	else if (strncmp(word, "mode=", 5) == 0)
		container->network_mode = value;
	else if (strcmp(word, "lan") == 0)
		*vec_push(&container->attachments) = (struct attachment){.network = "lan"};
	else if (strcmp(word, "unread") == 0)
		container->image_known = false;
	else if (strncmp(word, "claim=", 6) == 0) {
		*slash = 0;
		container->claimed_project = value;
		container->claimed_service = slash + 1;
	} else {
		assert_non_null(slash);
		*slash = 0;
		container->project = word;
		container->service = slash + 1;
	}
}

/* Takes in a line about a service of Swarm. */
static void read_service(struct snapshot *snapshot, char *words)
{
	struct swarm_service *service = vec_push(&snapshot->engine.services);
	char *rest = words;

	service->stack = strsep(&rest, " ");
	service->name = strsep(&rest, " ");
	service->image = strsep(&rest, " ") + 6;
	rest += 2;
	*vec_push(&service->ports) =
	    (struct service_port){.published = (uint16_t)atoi(rest),
	                          .target = (uint16_t)atoi(strchr(rest, ':') + 1),
	                          .protocol = IPPROTO_TCP,
	                          .ingress = true};
}

/* Makes a host of lines. */
static struct snapshot *host_make(const char *lines)
{
	struct snapshot *snapshot = snapshot_new();
	char *text = arena_strdup(&snapshot->arena, lines), *line;

	snapshot->engine.status = ENGINE_OK;
	*vec_push(&snapshot->engine.networks) =
	    (struct engine_network){.id = "l", .name = "lan", .driver = "macvlan"};
	while ((line = strsep(&text, "\n"))) {
		struct container *container;
		char *word = strsep(&line, " ");

		if (strcmp(word, "service") == 0) {
			read_service(snapshot, line);
			continue;
		}
		container = vec_push(&snapshot->engine.containers);
		*container = (struct container){.id = word,
		                                .name = word,
		                                .image = "x",
		                                .image_id = "",
		                                .network_mode = "bridge",
		                                .image_known = true,
		                                .state = CONTAINER_RUNNING};
		while ((word = strsep(&line, " ")))
			read_word(snapshot, container, word);
	}
	return snapshot;
}

/* "tcp", "udp", "sctp". */
static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "sctp";
}

/* Writes out one row. */
static void say_port(struct bytes *to, const struct policy *policy, const struct intent_port *port)
{
	static const char *const ways[] = {"", "direct", "host", "lan", "mesh"};
	static const char *const froms[] = {"bind", "label", "policy"};
	char text[PREFIX_TEXT];
	size_t zones = 0;

	vec_foreach(source, &port->allowed)
		zones += source->zone != SIZE_MAX;
	say(to, "%s", port->container ? port->container->name : "mesh");
	if (port->way == WAY_PUBLISHED)
		say(to, " %s:%u>%u/%s", address_format(&port->published->host_address, text),
		    port->host_port, port->port, protocol_name(port->protocol));
	else if (port->way == WAY_MESH)
		say(to, " %u>%u/%s", port->host_port, port->port, protocol_name(port->protocol));
	else if (port->port)
		say(to, " %s %u/%s", ways[port->way], port->port, protocol_name(port->protocol));
	else
		say(to, " %s *", ways[port->way]);
	say(to, " %s", froms[port->from]);
	if (port->from != INTENT_BIND)
		say(to, "(%s)", port->said);
	if (zones == ZONES_BUILT_IN + policy->zones.n)
		say(to, " any");
	vec_foreach(source, &port->allowed)
		if (source->zone == SIZE_MAX)
			say(to, " %s", prefix_format(&source->prefix, text));
		else if (zones < ZONES_BUILT_IN + policy->zones.n)
			say(to, " %s", policy_zone_name(policy, source->zone));
	say(to, "%s%s%s\n", port->allowed.n ? "" : " nobody", port->own_address ? " own" : "",
	    port->hands_off ? " hands-off" : "");
}

/* Whether a row says no more than that this host gets in, by a way that others hardly have. */
static bool is_plain(const struct intent_port *port)
{
	bool host = port->allowed.n == 1 && port->allowed.items[0].zone == ZONE_HOST;
	bool unpublished = port->way == WAY_DIRECT || !port->port;

	return (unpublished || port->way == WAY_LAN) && (host || port->allowed.n == 0) &&
	       (host || port->from == INTENT_LABEL);
}

/* Writes out an intent. */
static void say_intent(struct bytes *to, const struct intent *intent)
{
	vec_foreach(port, &intent->ports)
		if (!is_plain(port))
			say_port(to, intent->policy, port);
	vec_foreach(text, &intent->warnings)
		say(to, "%s\n", *text);
	vec_foreach(text, &intent->incomplete)
		say(to, "incomplete: %s\n", *text);
	say(to, "%s", "");
}

/* The policy of a case. */
static struct policy *case_policy(const char *text)
{
	_cleanup_error_ struct error *error = NULL;
	struct policy *policy = NULL;

	if (!text)
		assert_int_equal(policy_default(&policy), 0);
	else if (policy_read(text, strlen(text), "p", &policy, &error) < 0)
		fail_msg("%s", error_message(error));
	return policy;
}

/* Each case says what it must. */
static void test_cases(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(intent_cases) / sizeof(*intent_cases); i++) {
		const struct intent_case *one = &intent_cases[i];
		_cleanup_snapshot_ struct snapshot *snapshot = host_make(one->containers);
		_cleanup_policy_ struct policy *policy = case_policy(one->policy);
		_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
		struct bytes got = {0};

		assert_int_equal(intent_make(policy, snapshot, &intent), 0);
		say_intent(&got, intent);
		if (strcmp((char *)got.data, one->expected) != 0) {
			print_error("%s\n%s---\nexpected\n%sgot\n%s\n", one->containers,
			            one->policy ? one->policy : "", one->expected,
			            (char *)got.data);
			bad++;
		}
		bytes_done(&got);
	}
	assert_int_equal(bad, 0);
}

static void test_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(image_cases) / sizeof(*image_cases); i++)
		if (image_matches(image_cases[i].pattern, image_cases[i].image) !=
		    image_cases[i].fits)
			fail_msg("%s %s", image_cases[i].pattern, image_cases[i].image);
}

/* What is looked up is what was made, for each row; and what has no row has that of port 0. */
static void test_find(void **state)
{
	static const char hosts[] =
	    "b p=0.0.0.0:80:80 p=[::]:80:80 p=127.0.0.1:80:80 socket=99/udp\n"
	    "a p=0.0.0.0:81:80\nh mode=host socket=5\n"
	    "service s s_w image=w p=8080:80\nservice s s_x image=w p=8081:80";
	_cleanup_snapshot_ struct snapshot *snapshot = host_make(hosts);
	_cleanup_policy_ struct policy *policy = case_policy(V);
	_cleanup_(cleanup_intent_free) struct intent *intent = NULL;
	const struct container *b = &snapshot->engine.containers.items[0];
	const struct intent_port *rest;

	(void)state;
	assert_int_equal(intent_make(policy, snapshot, &intent), 0);
	vec_foreach(port, &intent->ports)
		if (port->container)
			assert_ptr_equal(intent_find(intent, port->container, port->way,
			                             port->published, port->port, port->protocol),
			                 port);
		else
			assert_ptr_equal(intent_find_mesh(intent, port->host_port, port->protocol),
			                 port);
	rest = intent_find(intent, b, WAY_DIRECT, NULL, 12345, IPPROTO_TCP);
	assert_non_null(rest);
	assert_int_equal(rest->port, 0);
	assert_null(intent_find(intent, b, WAY_HOST, NULL, 12345, IPPROTO_TCP));
	assert_null(intent_find_mesh(intent, 80, IPPROTO_TCP));
}

/* A zone that takes in whatever the default route brings is warned of, once it is let in. */
static void test_default_route(void **state)
{
	static const char *const texts[] = {
	    V "zones: { lan: { interfaces: [eth0] } }\nallow: [{ container: a, from: lan }]\n",
	    V "zones: { lan: { interfaces: [eth0] } }\nallow: [{ container: a, from: any }]\n",
	    V "zones: { lan: { interfaces: [eth1] } }\nallow: [{ container: a, from: lan }]\n",
	    V "zones: { lan: { interfaces: [eth0], sources: 10.0.0.0/8 } }\n"
	      "allow: [{ container: a, from: lan }]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_snapshot_ struct snapshot *snapshot = host_make("a p=0.0.0.0:1:1");
		_cleanup_policy_ struct policy *policy = case_policy(texts[i]);
		_cleanup_(cleanup_intent_free) struct intent *intent = NULL;

		*vec_push(&snapshot->net.links) =
		    (struct link){.index = 2, .name = "eth0", .kind = ""};
		*vec_push(&snapshot->net.routes) = (struct route){
		    .out_ifindex = 2, .destination = {.address = address_any(AF_INET)}};
		assert_int_equal(intent_make(policy, snapshot, &intent), 0);
		assert_int_equal(intent->warnings.n, i == 0);
		if (i == 0)
			assert_string_equal(
			    intent->warnings.items[0],
			    "p:2:10: zone \"lan\" holds all that comes in by eth0, and "
			    "the default route leaves there: senders from everywhere "
			    "may be in it; add its sources");
	}
}

/* 10,000 ports and as many entries are no matter of seconds. */
static void test_many(void **state)
{
	struct bytes hosts = {0}, text = {0};
	struct snapshot *snapshot;
	struct policy *policy;
	struct intent *intent = NULL;
	struct timespec before, after;
	size_t open = 0;

	(void)state;
	say(&text, V "allow:\n");
	for (unsigned i = 0; i < 10000; i++) {
		say(&hosts, "%sc%u p=0.0.0.0:%u:80", i ? "\n" : "", i, 10000 + i);
		say(&text, "- { container: c%u, host_port: %u, from: 10.0.0.1 }\n", i, 10000 + i);
	}
	snapshot = host_make((const char *)hosts.data);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	policy = case_policy((const char *)text.data);
	assert_int_equal(intent_make(policy, snapshot, &intent), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	vec_foreach(port, &intent->ports)
		open += port->way == WAY_PUBLISHED && port->allowed.n == 1 &&
		        port->allowed.items[0].zone == SIZE_MAX;
	assert_int_equal(open, 10000);
	assert_int_equal(intent->warnings.n, 0);
	if (getenv("SEAWALL_TEST_TIMES"))
		print_message("%.2f s\n", (double)(after.tv_sec - before.tv_sec) +
		                              (double)(after.tv_nsec - before.tv_nsec) / 1e9);
	assert_true(after.tv_sec - before.tv_sec < 30); /* with sanitizers */
	intent_free(intent);
	policy_free(policy);
	snapshot_free(snapshot);
	bytes_done(&hosts);
	bytes_done(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases), cmocka_unit_test(test_images),
	    cmocka_unit_test(test_find),  cmocka_unit_test(test_default_route),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
