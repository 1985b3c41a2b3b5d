/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure middle of the audit: endpoints, vantage points, what an arrival means, was it meant. */
#include "audit/endpoint.h"
#include "audit/finding.h"
#include "audit/hit.h"
#include "audit/judge.h"
#include "audit/mechanism.h"
#include "audit/vantage.h"
#include "audit/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <cmocka.h>

/* An address of text that is known to be one. */
static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

/* Adds a link to the host. */
static void host_link(struct snapshot *host, uint32_t index, const char *name, const char *kind,
                      uint32_t master)
{
	*vec_push(&host->net.links) =
	    (struct link){.index = index,
	                  .name = name,
	                  .kind = kind,
	                  .master = master,
	                  .flags = IFF_UP | (index == 1 ? IFF_LOOPBACK : 0)};
}

/* Adds an address to a link of the host. */
static void host_address(struct snapshot *host, uint32_t ifindex, const char *text, uint8_t len)
{
	*vec_push(&host->net.addresses) =
	    (struct ifaddr){.ifindex = ifindex, .address = address_of(text), .prefix_len = len};
}

/* Adds a listening socket to the host. */
static void host_socket(struct snapshot *host, const char *address, uint16_t port, const char *comm)
{
	*vec_push(&host->net.sockets) = (struct socket){.protocol = IPPROTO_TCP,
	                                                .port = port,
	                                                .address = address_of(address),
	                                                .v6only = strchr(address, ':') != NULL,
	                                                .owner = {.comm = comm}};
}

/* Adds a mapping to a container. */
static void publish(struct container *container, const char *host, uint16_t host_port,
                    uint16_t port)
{
	*vec_push(&container->published) = (struct published_port){.host_address = address_of(host),
	                                                           .host_port = host_port,
	                                                           .host_port_last = host_port,
	                                                           .container_port = port,
	                                                           .protocol = IPPROTO_TCP};
}

/* Adds a running container with one address on the bridge, listening on a port. */
static struct container *host_container(struct snapshot *host, const char *name,
                                        const char *address, uint16_t port)
{
	struct container *container = vec_push(&host->engine.containers);

	*container = (struct container){.id = name,
	                                .name = name,
	                                .network_mode = "default",
	                                .state = CONTAINER_RUNNING,
	                                .sockets_known = true};
	*vec_push(&container->attachments) =
	    (struct attachment){.network = "bridge", .ipv4 = address_of(address)};
	*vec_push(&container->sockets) = (struct socket){
	    .protocol = IPPROTO_TCP, .port = port, .address = address_any(AF_INET6)};
	return container;
}

/*
 * A host: eth0 192.0.2.10/24 with the default route, eth1 10.9.0.10/24, docker0 172.17.0.1/16 with
 * `lo` (published on 127.0.0.1:1234), `any` (every address, 8080), `one` (10.9.0.10:8082) and
 * `none` (not published).
 */
static struct snapshot *host_make(void)
{
	struct snapshot *host = snapshot_new();
	struct engine_network *network;
	struct container *container;
	struct prefix subnet;

	assert_non_null(host);
	host->engine = (struct engine){
	    .status = ENGINE_OK, .kind = "docker", .version = "20.10.24", .iptables = 1};
	host_link(host, 1, "lo", "", 0);
	host_link(host, 2, "eth0", "", 0);
	host_link(host, 3, "eth1", "", 0);
	host_link(host, 4, "docker0", "bridge", 0);
	host_link(host, 5, "vethaa", "veth", 4);
	host_address(host, 1, "127.0.0.1", 8);
	host_address(host, 2, "192.0.2.10", 24);
	host_address(host, 2, "2001:db8:1::10", 64);
	host_address(host, 3, "10.9.0.10", 24);
	host_address(host, 4, "172.17.0.1", 16);
	*vec_push(&host->net.routes) =
	    (struct route){.type = RTN_UNICAST,
	                   .protocol = RTPROT_BOOT,
	                   .out_ifindex = 2,
	                   .destination = {.address = address_any(AF_INET)},
	                   .gateway = address_of("192.0.2.1")};
	network = vec_push(&host->engine.networks);
	*network = (struct engine_network){
	    .id = "n", .name = "bridge", .driver = "bridge", .bridge = "docker0"};
	assert_true(prefix_parse("172.17.0.0/16", &subnet));
	*vec_push(&network->subnets) = (struct subnet){.prefix = subnet};
	host_link(host, 6, "br1", "bridge", 0);
	host_address(host, 6, "172.18.0.1", 16);
	network = vec_push(&host->engine.networks);
	*network = (struct engine_network){
	    .id = "m", .name = "other", .driver = "bridge", .bridge = "br1"};
	assert_true(prefix_parse("172.18.0.0/16", &subnet));
	*vec_push(&network->subnets) = (struct subnet){.prefix = subnet};
	container = host_container(host, "lo", "172.17.0.2", 80);
	publish(container, "127.0.0.1", 1234, 80);
	container = host_container(host, "any", "172.17.0.3", 80);
	publish(container, "0.0.0.0", 8080, 80);
	publish(container, "::", 8080, 80);
	container = host_container(host, "one", "172.17.0.4", 80);
	publish(container, "10.9.0.10", 8082, 80);
	host_container(host, "none", "172.17.0.5", 99);
	host_socket(host, "127.0.0.1", 1234, "docker-proxy");
	host_socket(host, "0.0.0.0", 8080, "docker-proxy");
	host_socket(host, "::", 8080, "docker-proxy");
	host_socket(host, "10.9.0.10", 8082, "docker-proxy");
	host_socket(host, "0.0.0.0", 443, "nginx");
	return host;
}

/* An audit of a host with its endpoints found. */
static struct audit *audit_make(const struct snapshot *host)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	assert_non_null(audit);
	audit->snapshot = host;
	assert_int_equal(endpoints_find(audit), 0);
	return audit;
}

static void endpoints_are_found(void **state)
{
	struct snapshot *host = host_make();
	struct audit *audit = audit_make(host);
	struct endpoint_index index = {0};
	struct address address = address_of("172.17.0.3"), asked = address_of("192.0.2.10");
	const struct mapping *mapping;

	(void)state;
	assert_int_equal(audit->endpoints.n, 4);
	assert_string_equal(audit->endpoints.items[0].id, "any/172.17.0.3:80/tcp");
	assert_true(audit->endpoints.items[3].listening);
	assert_int_equal(endpoint_index_make(audit, &index), 0);
	assert_int_equal(endpoint_at(&index, IPPROTO_TCP, &address, 80), 0);
	assert_int_equal(endpoint_at(&index, IPPROTO_TCP, &address, 81), SIZE_MAX);
	assert_int_equal(endpoint_at(&index, IPPROTO_UDP, &address, 80), SIZE_MAX);
	mapping = mapping_at(&index, IPPROTO_TCP, &asked, 8080);
	assert_non_null(mapping);
	assert_int_equal(mapping->endpoint, 0);
	assert_null(mapping_at(&index, IPPROTO_TCP, &asked, 1234)); /* bound to loopback */
	endpoint_index_done(&index);
	audit_free(audit);
	snapshot_free(host);
}

/* How many vantage points of a class come in by an interface. */
static size_t vantage_count(const struct vantages *vantages, enum vantage_class class,
                            const char *in)
{
	size_t n = 0;

	vec_foreach(vantage, vantages)
		n += vantage->class == class && strcmp(vantage->in, in) == 0;
	return n;
}

static void vantage_points_surround_the_host(void **state)
{
	struct snapshot *host = host_make();
	struct vantages vantages = {0};

	(void)state;
	assert_int_equal(vantages_find(host, &host->net, &vantages), 0);
	assert_int_equal(vantage_count(&vantages, VANTAGE_NEIGHBOUR, "eth0"),
	                 2); /* both families */
	assert_int_equal(vantage_count(&vantages, VANTAGE_BEYOND, "eth0"), 1);
	assert_int_equal(vantage_count(&vantages, VANTAGE_NEIGHBOUR, "eth1"), 1);
	assert_int_equal(vantage_count(&vantages, VANTAGE_BEYOND, "eth1"), 0);
	assert_int_equal(vantage_count(&vantages, VANTAGE_CONTAINER, "docker0"), 1);
	assert_int_equal(vantage_count(&vantages, VANTAGE_NEIGHBOUR, "docker0"), 0);
	assert_int_equal(vantage_count(&vantages, VANTAGE_NEIGHBOUR, "lo"), 0);
	vec_foreach(vantage, &vantages) {
		vec_foreach(own, &host->net.addresses)
			assert_false(address_equal(&own->address, &vantage->source));
		assert_true(prefix_contains(&vantage->sources, &vantage->source));
	}
	vec_done(&vantages);
	snapshot_free(host);
}

/* One arrival, and what it must mean. */
struct arrival_case {
	const char *from, *in; /* class and interface of the sender */
	const char *to;        /* what it addressed */
	uint16_t port;
	enum arrival_hook hook;
	const char *at; /* where it got to */
	uint16_t at_port;
	const char *endpoint; /* NULL: no hit on an endpoint */
	enum reach_path path;
	bool meant;
	enum mechanism mechanism; /* where not meant */
};

static const struct arrival_case arrival_cases[] = {
    {"beyond", "eth0", "192.0.2.10", 8080, ARRIVED_FORWARD, "172.17.0.3", 80, "any", PATH_PUBLISHED,
     true, 0},
    {"neighbour", "eth0", "127.0.0.1", 1234, ARRIVED_FORWARD, "172.17.0.2", 80, "lo", PATH_LOOPBACK,
     false, M11_LOOPBACK_WIRE},
    {"neighbour", "eth0", "172.17.0.2", 80, ARRIVED_FORWARD, "172.17.0.2", 80, "lo", PATH_DIRECT,
     false, M17_DIRECT_PUBLISHED},
    {"neighbour", "eth0", "172.17.0.5", 99, ARRIVED_FORWARD, "172.17.0.5", 99, "none", PATH_DIRECT,
     false, M18_DIRECT_UNPUBLISHED},
    {"neighbour", "eth0", "172.17.0.3", 80, ARRIVED_FORWARD, "172.17.0.3", 80, "any", PATH_DIRECT,
     true, 0},
    {"beyond", "eth0", "192.0.2.10", 1234, ARRIVED_FORWARD, "172.17.0.2", 80, "lo", PATH_REDIRECT,
     false, M23_FOREIGN_DNAT},
    {"beyond", "eth0", "10.9.0.10", 8082, ARRIVED_FORWARD, "172.17.0.4", 80, "one", PATH_PUBLISHED,
     false, M13_WEAK_HOST},
    {"neighbour", "eth1", "10.9.0.10", 8082, ARRIVED_FORWARD, "172.17.0.4", 80, "one",
     PATH_PUBLISHED, true, 0},
    {"neighbour", "eth0", "2001:db8:1::10", 8080, ARRIVED_LOCAL, "2001:db8:1::10", 8080, "any",
     PATH_PROXY, false, M02_RELAY_V6},
    {"beyond", "eth0", "192.0.2.10", 9998, ARRIVED_LOCAL, "192.0.2.10", 8080, "any", PATH_REDIRECT,
     false, M24_REDIRECT},
    {"container", "br1", "10.9.0.10", 8082, ARRIVED_FORWARD, "172.17.0.4", 80, "one",
     PATH_PUBLISHED, false, M52_CONTAINERS},
    {"beyond", "eth0", "192.0.2.10", 443, ARRIVED_LOCAL, "192.0.2.10", 443, NULL, PATH_HOST, false,
     0},
    {"beyond", "eth0", "192.0.2.10", 1234, ARRIVED_LOCAL, "192.0.2.10", 1234, NULL, PATH_HOST,
     false, 0}, /* nobody listens on that address */
    {"beyond", "eth0", "172.17.0.2", 81, ARRIVED_FORWARD, "172.17.0.2", 81, NULL, PATH_DIRECT,
     false, 0}, /* no endpoint there */
};

/* The vantage point that a case names. */
static uint32_t vantage_of(const struct vantages *vantages, const struct arrival_case *one,
                           uint8_t family)
{
	for (size_t i = 0; i < vantages->n; i++)
		if (strcmp(vantage_class_name(vantages->items[i].class), one->from) == 0 &&
		    strcmp(vantages->items[i].in, one->in) == 0 &&
		    vantages->items[i].source.family == family)
			return (uint32_t)i;
	fail_msg("no vantage point %s on %s", one->from, one->in);
	return 0;
}

/* Checks one case. */
static void arrival_means(const struct snapshot *host, const struct vantages *vantages,
                          const struct arrival_case *one)
{
	struct audit *audit = audit_make(host);
	struct endpoint_index index = {0};
	struct hits hits = {0};
	struct address to = address_of(one->to);
	uint32_t vantage = vantage_of(vantages, one, to.family);
	struct witness witness = {.vantage = vantage, .target = TARGET_HOST};
	struct probe probe = witness_probe(&vantages->items[vantage], &to, one->port, IPPROTO_TCP);
	struct arrival arrival = {.hook = one->hook,
	                          .destination = address_of(one->at),
	                          .destination_port = one->at_port,
	                          .out_ifindex = 4,
	                          .source = probe.source};

	assert_int_equal(endpoint_index_make(audit, &index), 0);
	assert_int_equal(hit_add(&index, vantages, &witness, &probe, &arrival, &hits), 0);
	if (!one->endpoint) {
		assert_true(hits.n == 0 || hits.items[0].endpoint == SIZE_MAX);
	} else {
		const struct audit_endpoint *endpoint;

		assert_int_equal(hits.n, 1);
		assert_int_equal(judge_add(audit, &host->net, vantages, &hits.items[0], false), 0);
		assert_int_equal(judge_all(audit), 0);
		endpoint = &audit->endpoints.items[hits.items[0].endpoint];
		assert_string_equal(endpoint->name, one->endpoint);
		assert_int_equal(endpoint->reach.n, 1);
		assert_string_equal(reach_path_name(endpoint->reach.items[0].path),
		                    reach_path_name(one->path));
		assert_int_equal(endpoint->reach.items[0].meant, one->meant);
		if (!one->meant)
			assert_string_equal(
			    mechanism_id(mechanism_of(audit, endpoint, &endpoint->reach.items[0])),
			    mechanism_id(one->mechanism));
	}
	endpoint_index_done(&index);
	vec_done(&hits);
	audit_free(audit);
}

static void arrivals_are_understood(void **state)
{
	struct snapshot *host = host_make();
	struct vantages vantages = {0};

	(void)state;
	assert_int_equal(vantages_find(host, &host->net, &vantages), 0);
	for (size_t i = 0; i < sizeof(arrival_cases) / sizeof(*arrival_cases); i++)
		arrival_means(host, &vantages, &arrival_cases[i]);
	vec_done(&vantages);
	snapshot_free(host);
}

static void witnesses_try_every_path(void **state)
{
	struct snapshot *host = host_make();
	struct audit *audit = audit_make(host);
	struct audit_options options = {0};
	struct vantages vantages = {0};
	struct witnesses witnesses = {0};
	bool loopback = false, direct = false, weak = false, relay = false;
	struct address lo = address_of("127.0.0.1"), at = address_of("172.17.0.5");
	struct address backend = address_of("10.9.0.10"), six = address_of("2001:db8:1::10");

	(void)state;
	/* Each veth has one that no outsider can address: none takes a gateway's place. */
	for (int i = 0; i < 100; i++)
		host_address(host, 5, "fe80::1", 64);
	assert_int_equal(vantages_find(host, &host->net, &vantages), 0);
	assert_int_equal(witnesses_make(audit, &options, &vantages, &witnesses), 0);
	assert_int_equal(witnesses.gateways_left_out, 0);
	assert_int_equal(witnesses.probes.n, witnesses.of.n);
	vec_foreach(probe, &witnesses.probes) {
		bool eth0 = probe->ifindex == 2;

		assert_int_equal(probe->source.family, probe->destination.family);
		loopback |= eth0 && address_equal(&probe->destination, &lo) &&
		            probe->destination_port == 1234;
		direct |= eth0 && address_equal(&probe->destination, &at) &&
		          probe->destination_port == 99;
		weak |= eth0 && address_equal(&probe->destination, &backend) &&
		        probe->destination_port == 8082;
		relay |= eth0 && address_equal(&probe->destination, &six) &&
		         probe->destination_port == 8080;
	}
	assert_true(loopback && direct && weak && relay);
	assert_int_equal(witnesses.sweeps.n, 0); /* no rule rewrites ports that cannot be read */
	witnesses_done(&witnesses);
	vec_done(&vantages);
	audit_free(audit);
	snapshot_free(host);
}

static void every_mechanism_has_its_words(void **state)
{
	struct arena arena = {0};
	struct mechanism_facts facts = {.to = "T",
	                                .at = "A",
	                                .published = "P",
	                                .in = "I",
	                                .engine = "E",
	                                .firewall = "F",
	                                .rule = "R",
	                                .rule_owner = "O",
	                                .network = "N",
	                                .container = "C",
	                                .net = "S",
	                                .bridge = "B",
	                                .iptables = "X",
	                                .mode = "M",
	                                .relay = "L",
	                                .what = "W",
	                                .policy = "Y",
	                                .port = 7};

	(void)state;
	for (enum mechanism i = 0; i < MECHANISMS; i++) {
		const char *why = mechanism_why(i, &facts, &arena);
		const char *fix = mechanism_fix(i, &facts, &arena);

		assert_non_null(why);
		assert_non_null(fix);
		assert_null(strpbrk(why, "{}?"));
		assert_null(strpbrk(fix, "{}?"));
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(endpoints_are_found),
	    cmocka_unit_test(vantage_points_surround_the_host),
	    cmocka_unit_test(arrivals_are_understood),
	    cmocka_unit_test(witnesses_try_every_path),
	    cmocka_unit_test(every_mechanism_has_its_words),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
