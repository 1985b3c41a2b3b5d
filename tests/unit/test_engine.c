/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What engines say: nothing secret stays of it, and the rest is understood, whichever engine it is.
 */
#include "observe/engine_parse.h"
#include "observe/engine_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Stands in all answers wherever an engine may say something that is nobody's business. */
static const char secret[] = "s3cr3t";

/* Reads a file of tests/unit/engine; the caller frees. */
static char *read_file(const char *name)
{
	const char *dir = getenv("SEAWALL_ENGINE_ANSWERS");
	char path[256], *text;
	long len;
	FILE *file;

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	len = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)len + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)len, file), len);
	fclose(file);
	return text;
}

/* Prunes an answer and checks that nothing secret is left and that pruning again changes nothing.
 */
static char *prune(const char *request, const char *json)
{
	_cleanup_error_ struct error *error = NULL;
	char *pruned = engine_prune(request, json, strlen(json), &error);
	_cleanup_free_ char *again = NULL;

	if (!pruned) {
		print_error("%s: %s\n", request, error_message(error));
		abort();
	}
	assert_null(strstr(pruned, secret));
	again = engine_prune(request, pruned, strlen(pruned), NULL);
	assert_non_null(again);
	assert_string_equal(again, pruned);
	return pruned;
}

/* Adds a document to a snapshot. */
static void add_document(struct snapshot *snapshot, const char *request, const char *json)
{
	struct engine_document *document = vec_push(&snapshot->engine.documents);

	assert_non_null(document);
	document->request = arena_strdup(&snapshot->arena, request);
	document->json = arena_strdup(&snapshot->arena, json);
}

/* "tcp", "udp", "sctp". */
static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "sctp";
}

/* Describes a mapping. */
static void describe_port(FILE *to, const char *what, const struct published_port *port)
{
	char address[ADDRESS_TEXT];

	fprintf(to, "  %s %s%s:%u-%u -> %u/%s\n", what, port->address_blank ? "blank " : "",
	        address_format(&port->host_address, address), port->host_port, port->host_port_last,
	        port->container_port, protocol_name(port->protocol));
}

/* Describes a container. */
static void describe_container(FILE *to, const struct container *container)
{
	char ipv4[ADDRESS_TEXT], ipv6[ADDRESS_TEXT];

	fprintf(to, "container %.12s %s image %s project %s service %s\n", container->id,
	        container->name, container->image, container->project ? container->project : "-",
	        container->service ? container->service : "-");
	fprintf(to, "  mode %.30s state %d pid %d%s%s%s%s\n", container->network_mode,
	        container->state, container->pid, container->privileged ? " privileged" : "",
	        container->net_admin ? " net_admin" : "",
	        container->docker_socket ? " docker_socket" : "",
	        container->publish_all ? " publish_all" : "");
	if (container->claimed_project || container->claimed_service)
		fprintf(to, "  perhaps project %s service %s\n",
		        container->claimed_project ? container->claimed_project : "-",
		        container->claimed_service ? container->claimed_service : "-");
	vec_foreach(label, &container->labels)
		fprintf(to, "  label %s=%s%s\n", label->key, label->value,
		        !label->inherited        ? ""
		        : container->image_known ? " (its image's)"
		                                 : " (perhaps its image's)");
	vec_foreach(port, &container->published)
		describe_port(to, "published", port);
	vec_foreach(port, &container->asked)
		describe_port(to, "asked", port);
	vec_foreach(port, &container->exposed)
		fprintf(to, "  exposed %u/%s\n", port->port, protocol_name(port->protocol));
	vec_foreach(attachment, &container->attachments)
		fprintf(to, "  on %s (%.12s) %s %s mac %s%02x\n", attachment->network,
		        attachment->network_id, address_format(&attachment->ipv4, ipv4),
		        address_format(&attachment->ipv6, ipv6), attachment->has_mac ? "" : "none ",
		        attachment->mac[5]);
}

/* A string that may be NULL. */
static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

/* Describes a network. */
static void describe_network(FILE *to, const struct engine_network *network)
{
	char prefix[PREFIX_TEXT], gateway[ADDRESS_TEXT];

	fprintf(to, "network %s (%.12s) %s bridge %s parent %s modes %s %s binding %s trusted %s",
	        network->name, network->id, network->driver, or_dash(network->bridge),
	        or_dash(network->parent), or_dash(network->gateway_mode_ipv4),
	        or_dash(network->gateway_mode_ipv6), or_dash(network->host_binding_ipv4),
	        or_dash(network->trusted_interfaces));
	fprintf(to, "%s%s%s%s%s%s\n", network->internal ? " internal" : "",
	        network->ingress ? " ingress" : "", network->icc ? " icc" : "",
	        network->ipv6 ? " ipv6" : "", network->swarm_scope ? " swarm" : "",
	        network->masquerade ? " masquerade" : "");
	vec_foreach(subnet, &network->subnets)
		fprintf(to, "  %s gateway %s\n", prefix_format(&subnet->prefix, prefix),
		        address_format(&subnet->gateway, gateway));
}

/* Describes all that has been understood of an engine; the caller frees. */
static char *describe(const struct engine *engine)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	fprintf(to, "%s %s api %s os %s firewall %s swarm %s%s\n", or_dash(engine->kind),
	        or_dash(engine->version), or_dash(engine->api_version),
	        or_dash(engine->operating_system), or_dash(engine->firewall_backend),
	        or_dash(engine->swarm_state), engine->swarm_manager ? " manager" : "");
	fprintf(to,
	        "live_restore %d rootless %d proxy %d iptables %d ip6tables %d direct %d tcp %d "
	        "no_raw %d address %s bridge %s pids_foreign %d\n",
	        engine->live_restore, engine->rootless, engine->userland_proxy, engine->iptables,
	        engine->ip6tables, engine->allow_direct_routing, engine->tcp_listener,
	        engine->no_raw_rules, or_dash(engine->default_address),
	        or_dash(engine->default_bridge), engine->pids_foreign);
	vec_foreach(container, &engine->containers)
		describe_container(to, container);
	vec_foreach(network, &engine->networks)
		describe_network(to, network);
	vec_foreach(service, &engine->services) {
		fprintf(to, "service %s (%s) image %s stack %s\n", service->name, service->id,
		        service->image, or_dash(service->stack));
		vec_foreach(port, &service->ports)
			fprintf(to, "  %u -> %u/%s %s\n", port->published, port->target,
			        protocol_name(port->protocol), port->ingress ? "ingress" : "host");
	}
	fclose(to);
	return text;
}

/* Compares a description with what is expected, or writes it where that was asked for. */
static void compare(const char *name, const char *found)
{
	_cleanup_free_ char *expected = NULL;
	char file[64], path[256];

	snprintf(file, sizeof(file), "%s.expect", name);
	if (getenv("SEAWALL_GOLDEN_UPDATE")) {
		FILE *to;

		snprintf(path, sizeof(path), "%s/%s", getenv("SEAWALL_ENGINE_ANSWERS"), file);
		to = fopen(path, "we");
		assert_non_null(to);
		fputs(found, to);
		fclose(to);
	}
	expected = read_file(file);
	assert_non_null(expected);
	assert_string_equal(found, expected);
}

/* Prunes and parses a file of answers, one "REQUEST JSON" a line, and compares. */
static void answers_are_understood(void **state)
{
	const char *name = *state;
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *found = NULL;
	_cleanup_free_ char *answers = NULL;
	char file[64];

	snprintf(file, sizeof(file), "%s.answers", name);
	answers = read_file(file);
	assert_non_null(answers);
	engine_init(&snapshot->engine);
	for (char *line = strtok(answers, "\n"); line; line = strtok(NULL, "\n")) {
		_cleanup_free_ char *pruned = NULL;
		char *json = strchr(line, ' ');

		if (*line == '#')
			continue;
		assert_non_null(json);
		*json++ = 0;
		pruned = prune(line, json);
		add_document(snapshot, line, pruned);
	}
	if (engine_parse(snapshot, &error) < 0)
		fail_msg("%s", error_message(error));
	found = describe(&snapshot->engine);
	compare(name, found);
}

/* Whose labels they are: a container's, its image's, and who then says whose service it is. */
static void labels_are_told_apart(void **state)
{
	static const struct {
		const char *container, *image; /* labels; image NULL: it did not come */
		const char *expected; /* project service, claimed ones, labels that are its own */
	} cases[] = {
	    {"", "", "- - - - |"},
	    {"\"seawall.allow\":\"lan\"", "", "- - - - | seawall.allow"},
	    {"\"seawall.allow\":\"lan\"", "\"seawall.allow\":\"lan\"", "- - - - |"},
	    {"\"seawall.allow\":\"lan\"", "\"seawall.allow\":\"none\"", "- - - - | seawall.allow"},
	    {"\"seawall.allow\":\"lan\"", NULL, "- - - - |"},
#define P "\"com.docker.compose.project\":\"shop\""
#define S "\"com.docker.compose.service\":\"web\""
#define H "\"com.docker.compose.config-hash\":\"abc\""
#define N "\"com.docker.compose.container-number\":\"1\""
	    {P "," S, "", "shop web - - | com.docker.compose.project com.docker.compose.service"},
	    /* An image that dresses up as somebody's service. */
	    {P "," S, P "," S, "- - shop web |"},
	    {P "," S "," H "," N, P "," S "," H "," N, "- - shop web |"},
	    {P "," S, NULL, "- - shop web |"},
	    {P "," S "," H, NULL, "- - shop web |"},
	    /* An image that Compose built, and then ran. */
	    {P "," S "," H "," N, P "," S,
	     "shop web - - | com.docker.compose.config-hash com.docker.compose.container-number"},
	    {P "," S "," H, P "," S "," H "," N, "- - shop web |"},
	    {P "," S "," H "," N, P "," S "," H,
	     "shop web - - | com.docker.compose.container-number"},
#undef P
#undef S
#undef H
#undef N
	};
	static const char hex[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
		_cleanup_error_ struct error *error = NULL;
		const struct container *container;
		char container_json[1024], image_json[1024], got[512];

		engine_init(&snapshot->engine);
		snprintf(container_json, sizeof(container_json),
		         "{\"Id\":\"%s\",\"Name\":\"/x\",\"Image\":\"sha256:%s\",\"Config\":{"
		         "\"Image\":\"x:1\",\"Labels\":{%s}}}",
		         hex, hex, cases[i].container);
		snprintf(image_json, sizeof(image_json),
		         "{\"Id\":\"%s\",\"Config\":{\"Labels\":{%s}}}", hex,
		         cases[i].image ? cases[i].image : "");
		add_document(snapshot, "container", container_json);
		if (cases[i].image)
			add_document(snapshot, "image", image_json);
		if (engine_parse(snapshot, &error) < 0)
			fail_msg("%zu: %s", i, error_message(error));
		container = &snapshot->engine.containers.items[0];
		assert_int_equal(container->image_known, cases[i].image != NULL);
		snprintf(got, sizeof(got), "%s %s %s %s |", or_dash(container->project),
		         or_dash(container->service), or_dash(container->claimed_project),
		         or_dash(container->claimed_service));
		vec_foreach(label, &container->labels)
			if (!label->inherited)
				snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s",
				         label->key);
		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%zu: expected %s, got %s", i, cases[i].expected, got);
	}
}

/* Answers of a wrong shape are refused by the key, and none of their bytes is quoted. */
static void wrong_answers_are_refused(void **state)
{
	static const struct {
		const char *request, *json, *message;
	} cases[] = {
	    {"version", "", "not JSON: it ends too early, at byte 0 of 0"},
	    {"version", "{\"s3cr3t\": s3cr3t}", "not JSON: a character that JSON does not have"},
	    {"version", "{\"Version\":\"1\",\"Version\":\"2\"}", "not JSON: the same key twice"},
	    {"version", "[]", "expected an object, found an array"},
	    {"version", "{} {}", "not JSON: something follows its end"},
	    {"version", "{\"Version\":\"\xff\"}", "not JSON: bytes that are not UTF-8"},
	    {"version", "{\"Version\":20}", "Version: expected a string, found a number"},
	    {"secrets", "{}", "no such request"},
	    {"containers", "{}", "expected an array, found an object"},
	    {"containers", "[{\"Names\":\"x\"}]", "[0].Names: expected an array, found a string"},
	    {"containers", "[1]", "[0]: expected an object, found a number"},
	    {"container", "{\"HostConfig\":{\"PortBindings\":[]}}",
	     "HostConfig.PortBindings: expected an object, found an array"},
	    {"container", "{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":1}]}}}",
	     "HostConfig.PortBindings.80/tcp[0].HostIp: expected a string, found a number"},
	    {"container", "{\"Config\":{\"Labels\":{\"seawall.allow\":{\"a\":\"s3cr3t\"}}}}",
	     "Config.Labels.seawall.allow: expected a string, found an object"},
	    {"container", "{\"Mounts\":{\"Source\":\"s3cr3t\"}}",
	     "Mounts: expected an array, found an object"},
	    {"container", "{\"State\":{\"Pid\":1.5}}",
	     "not JSON: a fraction where a whole number is expected"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_error_ struct error *error = NULL;
		char *pruned =
		    engine_prune(cases[i].request, cases[i].json, strlen(cases[i].json), &error);

		if (pruned || !strstr(error_message(error), cases[i].message))
			fail_msg("found \"%s\", expected \"%s\"",
			         pruned ? pruned : error_message(error), cases[i].message);
		assert_null(strstr(error_message(error), secret));
	}
}

#define ID "\"Id\":\"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789\","
#define BOUND(key, entry)                                                                          \
	"{" ID "\"Name\":\"/x\",\"HostConfig\":{\"PortBindings\":{\"" key "\":[{" entry "}]}}}"
#define FAILED(path) "container abcdef012345: HostConfig.PortBindings." path

/* Documents, which a stranger's capture may bring unpruned, are refused by document and key. */
static void wrong_documents_are_refused(void **state)
{
	static const struct {
		const char *request, *json, *message;
	} cases[] = {
	    {"version", "[]", "version: expected an object, found an array"},
	    {"version", "", "version: not JSON: it ends too early"},
	    {"oracle", "{}", "oracle: no such request"},
	    {"info", "{\"Swarm\":7}", "info: Swarm: expected an object, found 7"},
	    {"daemon", "{\"iptables\":\"yes\"}",
	     "daemon: iptables: expected true or false, found \"yes\""},
	    {"containers", "[{\"Id\":\"abc\"}]",
	     "containers: [0].Id: expected 64 hex digits, found \"abc\""},
	    {"containers", "[{\"Id\":\"\\u001b[31m\"}]", "found \"?[31m\""},
	    {"container", "{}", "container: Id: expected 64 hex digits, found nothing"},
	    {"container", "{" ID "\"Name\":\"\"}",
	     "container abcdef012345: Name: expected a name, found \"\""},
	    {"container", "{" ID "\"Name\":\"/x\",\"State\":{\"Pid\":-1}}",
	     "State.Pid: expected a whole number from 0 to 2147483647, found -1"},
	    {"container", BOUND("80/icmp", ""), FAILED("80/icmp: expected a key like \"80/tcp\"")},
	    {"container", BOUND("0/tcp", ""), FAILED("0/tcp: expected a key")},
	    {"container", BOUND("65536/tcp", ""), FAILED("65536/tcp: expected a key")},
	    {"container", BOUND("80-79/tcp", ""), FAILED("80-79/tcp: expected a key")},
	    {"container", BOUND("80/tcp", "\"HostPort\":\"65536\""),
	     FAILED("80/tcp[0].HostPort: expected a port from 0 to 65535 or a range, found "
	            "\"65536\"")},
	    {"container", BOUND("80/tcp", "\"HostPort\":\"8080 \""), FAILED("80/tcp[0].HostPort")},
	    {"container", BOUND("80/tcp", "\"HostPort\":\"9-8\""), FAILED("80/tcp[0].HostPort")},
	    {"container", BOUND("80/tcp", "\"HostIp\":\"localhost\""),
	     FAILED("80/tcp[0].HostIp: expected an IPv4 or IPv6 address, found \"localhost\"")},
	    {"container",
	     "{" ID "\"Name\":\"/x\",\"NetworkSettings\":{\"Networks\":{\"n\":{\"MacAddress\":"
	     "\"02:42\"}}}}",
	     "NetworkSettings.Networks.n.MacAddress: expected a MAC address, found \"02:42\""},
	    {"networks",
	     "[{\"Id\":\"1\",\"Name\":\"n\",\"IPAM\":{\"Config\":[{\"Subnet\":\"x\"}]}}]",
	     "networks: [0].IPAM.Config[0].Subnet: expected a subnet like 172.17.0.0/16, found "
	     "\"x\""},
	    {"networks", "[{\"Id\":\"1\"}]", "networks: [0].Name: expected a name, found nothing"},
	    {"remains", "{\"Containers\":[{}]}",
	     "remains: Containers[0].Id: expected 64 hex digits, found nothing"},
	    {"remains", "{\"Containers\":[1]}",
	     "remains: Containers[0]: expected an object, found 1"},
	    {"remains", "{\"Networks\":[{\"Id\":\"1\"}]}", "Name: expected a name, found nothing"},
	    {"services",
	     "[{\"ID\":\"1\",\"Spec\":{\"Name\":\"s\"},\"Endpoint\":{\"Ports\":[{\"TargetPort\":"
	     "65536}]}}]",
	     "services: [0].Endpoint.Ports[0].TargetPort: expected a whole number from 0 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
		_cleanup_error_ struct error *error = NULL;

		engine_init(&snapshot->engine);
		add_document(snapshot, cases[i].request, cases[i].json);
		assert_int_equal(engine_parse(snapshot, &error), -EBADMSG);
		if (!strstr(error_message(error), cases[i].message))
			fail_msg("found \"%s\", expected \"%s\"", error_message(error),
			         cases[i].message);
	}
}

/* What the kernel tells of a silent engine's containers stands for all that it said before. */
static void remains_replace_answers(void **state)
{
	static const char said[] = "[{" ID "\"Names\":[\"/web\"],\"Ports\":[{\"PrivatePort\":80,"
	                           "\"PublicPort\":8080,\"Type\":\"tcp\"}]}]";
	static const char left[] =
	    "{\"Podman\":true,\"Containers\":[{" ID "\"Name\":\"abcdef012345\","
	    "\"State\":{\"Status\":\"running\",\"Pid\":7},\"HostConfig\":{\"NetworkMode\":"
	    "\"bridge\"},"
	    "\"NetworkSettings\":{\"Networks\":{\"podman0\":{\"NetworkID\":\"podman0\","
	    "\"IPAddress\":\"10.88.0.2\"}}}}],"
	    "\"Networks\":[{\"Id\":\"podman0\",\"Name\":\"podman0\",\"Driver\":\"bridge\","
	    "\"Options\":{\"com.docker.network.bridge.name\":\"podman0\"},"
	    "\"IPAM\":{\"Config\":[{\"Subnet\":\"10.88.0.0/16\"}]}}]}";
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	const struct engine *engine = &snapshot->engine;

	(void)state;
	engine_init(&snapshot->engine);
	add_document(snapshot, "containers", said);
	add_document(snapshot, "remains", left);
	assert_int_equal(engine_parse(snapshot, NULL), 0);
	assert_true(engine->from_kernel);
	assert_string_equal(engine->kind, "podman");
	assert_int_equal(engine->containers.n, 1);
	assert_string_equal(engine->containers.items[0].name, "abcdef012345");
	assert_int_equal(engine->containers.items[0].pid, 7);
	assert_int_equal(engine->containers.items[0].published.n, 0);
	assert_string_equal(engine->containers.items[0].attachments.items[0].network, "podman0");
	assert_int_equal(engine->networks.n, 1);
	assert_string_equal(engine->networks.items[0].bridge, "podman0");
}

/* A range of keys cannot grow without end. */
static void ranges_are_capped(void **state)
{
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *json = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&json, &len);

	(void)state;
	fprintf(to, "{" ID "\"Name\":\"/x\",\"HostConfig\":{\"PortBindings\":{\"1-65535/tcp\":[{}");
	for (int i = 0; i < 1000; i++)
		fprintf(to, ",{\"HostPort\":\"%d\"}", i);
	fprintf(to, "]}}}");
	fclose(to);
	engine_init(&snapshot->engine);
	add_document(snapshot, "container", json);
	assert_int_equal(engine_parse(snapshot, &error), -EBADMSG);
	assert_non_null(strstr(error_message(error), "expected fewer ports than there can be"));
}

/* Each of the places that a socket may be mounted from, and some that only look like it. */
static void engine_sockets_are_seen(void **state)
{
	static const struct {
		const char *source;
		bool shows;
	} cases[] = {
	    {"/var/run/docker.sock", true},
	    {"/run/user/1000/docker.sock", true},
	    {"/run/podman/podman.sock", true},
	    {"/run", true},
	    {"/", true},
	    {"/srv", false},
	    {"/srv/docker.sock.d", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *pruned = NULL;
		char json[128];

		snprintf(json, sizeof(json), "{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"%s\"}]}",
		         cases[i].source);
		pruned = prune("container", json);
		assert_string_equal(pruned, cases[i].shows ? "{\"SeawallEngineSocket\":true}"
		                                           : "{\"SeawallEngineSocket\":false}");
	}
}

/* A test of one file of answers. */
#define ANSWERS(name)                                                                              \
	{                                                                                          \
		name, answers_are_understood, NULL, NULL, (void *)(uintptr_t)(name)                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ANSWERS("docker-20.10"),
	    ANSWERS("docker-28"),
	    ANSWERS("podman-4.3"),
	    ANSWERS("swarm"),
	    cmocka_unit_test(labels_are_told_apart),
	    cmocka_unit_test(wrong_answers_are_refused),
	    cmocka_unit_test(wrong_documents_are_refused),
	    cmocka_unit_test(remains_replace_answers),
	    cmocka_unit_test(ranges_are_capped),
	    cmocka_unit_test(engine_sockets_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
