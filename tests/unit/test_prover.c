/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes through real rules in a real kernel: what arrives, where, and what is left behind. */
#include "prove_host.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char ruleset[] =
    "table inet f {\n"
    "	chain early {\n"
    "		type filter hook prerouting priority -300;\n"
    "		ip daddr 172.17.0.2 tcp dport 6666 drop\n"
    "	}\n"
    "	set open {\n"
    "		type inet_service\n"
    "	}\n"
    "	chain input {\n"
    "		type filter hook input priority 0; policy drop;\n"
    "		tcp dport { 22, 65535 } accept\n"
    "		udp dport 53 accept\n"
    "		sctp dport 7 accept\n"
    "		tcp dport 23 reject with tcp reset\n"
    "		udp dport 23 reject\n"
    "	}\n"
    "	chain forward {\n"
    "		type filter hook forward priority 0; policy drop;\n"
    "		ip daddr 172.17.0.5 th dport @open accept\n"
    "		ip6 daddr fd00:17::5 th dport @open accept\n"
    "		ip daddr 172.17.0.5 drop\n"
    "		ip6 daddr fd00:17::5 drop\n"
    "		ct status dnat accept\n"
    "		tcp dport { 80, 6666 } accept\n"
    "		tcp dport 81 reject\n"
    "		udp dport 99 accept\n"
    "		sctp dport 9 accept\n"
    "	}\n"
    "	chain translate {\n"
    "		type nat hook prerouting priority -100;\n"
    "		fib daddr type local meta nfproto ipv4 tcp dport 8080 dnat ip to 172.17.0.2:80\n"
    "		fib daddr type local meta nfproto ipv6 tcp dport 8080 dnat ip6 to "
    "[fd00:17::2]:80\n"
    "		fib daddr type local meta nfproto ipv4 udp dport 8053 dnat ip to 172.17.0.2:53\n"
    "		fib daddr type local meta nfproto ipv4 sctp dport 8009 dnat ip to 172.17.0.2:9\n"
    "		fib daddr type local tcp dport 8022 redirect to :22\n"
    "	}\n"
    "	chain leave {\n"
    "		type nat hook postrouting priority 100;\n"
    "		oifname \"c0\" tcp dport 80 ip saddr 198.51.100.8 masquerade\n"
    "	}\n"
    "}\n";

static const char me[] = "192.0.2.9", me6[] = "2001:db8:2::9", far_away[] = "198.51.100.7";

/* One probe and what must become of it. */
static const struct {
	const char *what;
	uint32_t ifindex;
	uint8_t protocol;
	const char *source, *destination;
	uint16_t port;
	enum arrival_hook hook;
	const char *to; /* after translation; NULL: as sent */
	uint16_t to_port;
	uint32_t out;
} cases[] = {
    {"forward accept", ETH0, IPPROTO_TCP, me, "172.17.0.2", 80, ARRIVED_FORWARD, NULL, 80, C0},
    {"from beyond", ETH0, IPPROTO_TCP, far_away, "172.17.0.2", 80, ARRIVED_FORWARD, NULL, 80, C0},
    {"forward drop", ETH0, IPPROTO_TCP, me, "172.17.0.2", 82, ARRIVED_NOWHERE},
    {"forward reject", ETH0, IPPROTO_TCP, me, "172.17.0.2", 81, ARRIVED_NOWHERE},
    {"early drop", ETH0, IPPROTO_TCP, me, "172.17.0.2", 6666, ARRIVED_NOWHERE},
    {"DNAT", ETH0, IPPROTO_TCP, me, "192.0.2.1", 8080, ARRIVED_FORWARD, "172.17.0.2", 80, C0},
    {"DNAT of the other address", ETH0, IPPROTO_TCP, me, "172.17.0.1", 8080, ARRIVED_FORWARD,
     "172.17.0.2", 80, C0},
    {"REDIRECT", ETH0, IPPROTO_TCP, me, "192.0.2.1", 8022, ARRIVED_LOCAL, NULL, 22},
    {"input accept", ETH0, IPPROTO_TCP, me, "192.0.2.1", 22, ARRIVED_LOCAL, NULL, 22},
    {"input drop", ETH0, IPPROTO_TCP, me, "192.0.2.1", 24, ARRIVED_NOWHERE},
    {"input reject", ETH0, IPPROTO_TCP, me, "192.0.2.1", 23, ARRIVED_NOWHERE},
    {"unrouted", ETH0, IPPROTO_TCP, me, "203.0.113.7", 80, ARRIVED_NOWHERE},
    {"martian destination", ETH0, IPPROTO_TCP, me, "127.0.0.1", 22, ARRIVED_NOWHERE},
    {"martian source", ETH0, IPPROTO_TCP, "127.0.0.5", "192.0.2.1", 22, ARRIVED_NOWHERE},
    {"back out", C0, IPPROTO_TCP, "172.17.0.2", "198.51.100.7", 80, ARRIVED_FORWARD, NULL, 80,
     ETH0},
    {"UDP input", ETH0, IPPROTO_UDP, me, "192.0.2.1", 53, ARRIVED_LOCAL, NULL, 53},
    {"UDP drop", ETH0, IPPROTO_UDP, me, "192.0.2.1", 54, ARRIVED_NOWHERE},
    {"UDP reject", ETH0, IPPROTO_UDP, me, "192.0.2.1", 23, ARRIVED_NOWHERE},
    {"UDP forward", ETH0, IPPROTO_UDP, me, "172.17.0.2", 99, ARRIVED_FORWARD, NULL, 99, C0},
    {"UDP DNAT", ETH0, IPPROTO_UDP, me, "192.0.2.1", 8053, ARRIVED_FORWARD, "172.17.0.2", 53, C0},
    {"SCTP input", ETH0, IPPROTO_SCTP, me, "192.0.2.1", 7, ARRIVED_LOCAL, NULL, 7},
    {"SCTP drop", ETH0, IPPROTO_SCTP, me, "192.0.2.1", 8, ARRIVED_NOWHERE},
    {"SCTP forward", ETH0, IPPROTO_SCTP, me, "172.17.0.2", 9, ARRIVED_FORWARD, NULL, 9, C0},
    {"SCTP DNAT", ETH0, IPPROTO_SCTP, me, "192.0.2.1", 8009, ARRIVED_FORWARD, "172.17.0.2", 9, C0},
    {"IPv6 input", ETH0, IPPROTO_TCP, me6, "2001:db8:2::1", 22, ARRIVED_LOCAL, NULL, 22},
    {"IPv6 drop", ETH0, IPPROTO_TCP, me6, "2001:db8:2::1", 24, ARRIVED_NOWHERE},
    {"IPv6 reject", ETH0, IPPROTO_TCP, me6, "2001:db8:2::1", 23, ARRIVED_NOWHERE},
    {"IPv6 forward", ETH0, IPPROTO_TCP, me6, "fd00:17::2", 80, ARRIVED_FORWARD, NULL, 80, C0},
    {"IPv6 DNAT", ETH0, IPPROTO_TCP, me6, "2001:db8:2::1", 8080, ARRIVED_FORWARD, "fd00:17::2", 80,
     C0},
    {"IPv6 REDIRECT", ETH0, IPPROTO_TCP, me6, "2001:db8:2::1", 8022, ARRIVED_LOCAL, NULL, 22},
    {"IPv6 UDP", ETH0, IPPROTO_UDP, me6, "fd00:17::2", 99, ARRIVED_FORWARD, NULL, 99, C0},
    {"IPv6 SCTP", ETH0, IPPROTO_SCTP, me6, "fd00:17::2", 9, ARRIVED_FORWARD, NULL, 9, C0},
    {"IPv6 loopback", ETH0, IPPROTO_TCP, me6, "::1", 22, ARRIVED_NOWHERE},
    {"a bridge's own address", BR0, IPPROTO_TCP, "10.20.0.7", "10.20.0.1", 22, ARRIVED_LOCAL, NULL,
     22},
    {"the same by a port", P0, IPPROTO_TCP, "10.20.0.7", "10.20.0.1", 22, ARRIVED_LOCAL, NULL, 22},
    {"routed from a bridge", P0, IPPROTO_TCP, "10.20.0.7", "172.17.0.2", 80, ARRIVED_FORWARD, NULL,
     80, C0},
};

/* A prover in the host; fails the test when there is none. */
static struct prover *make_prover(enum prove_injector injector)
{
	struct error *error = NULL;
	struct prover *prover = NULL;

	if (prover_new(&prove_host, &prove_host_view, injector, &prover, &error) < 0)
		fail_msg("%s", error_message(error));
	return prover;
}

/* Sends probes that must be sendable. */
static void send_all(struct prover *prover, const struct probe *probes, size_t n,
                     struct arrival *arrivals)
{
	struct error *error = NULL;

	if (prover_send(prover, probes, n, arrivals, &error) < 0)
		fail_msg("%s", error_message(error));
}

/* Checks the arrival of one case. */
static void check_case(size_t i, const struct arrival *arrival)
{
	struct address to;

	if (arrival->hook != cases[i].hook)
		fail_msg("%s: arrived at hook %d, expected %d", cases[i].what, arrival->hook,
		         cases[i].hook);
	if (arrival->hook == ARRIVED_NOWHERE)
		return;
	assert_true(address_parse(cases[i].to ? cases[i].to : cases[i].destination, &to));
	if (!address_equal(&to, &arrival->destination) ||
	    arrival->destination_port != cases[i].to_port || arrival->out_ifindex != cases[i].out)
		fail_msg("%s: arrived elsewhere, port %u, link %u", cases[i].what,
		         arrival->destination_port, arrival->out_ifindex);
	assert_true(address_parse(cases[i].source, &to));
	assert_true(address_equal(&to, &arrival->source));
}

/* Fills in the probes of all cases. */
static void case_probes(struct probe *probes)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		probes[i] = prove_host_probe(cases[i].ifindex, cases[i].protocol, cases[i].source,
		                             cases[i].destination, cases[i].port);
}

/* All cases by one injector, in one call and one by one. */
static void cases_by(enum prove_injector injector)
{
	struct prover *prover = make_prover(injector);
	struct probe probes[COUNT(cases)];
	struct arrival arrivals[COUNT(cases)];

	case_probes(probes);
	send_all(prover, probes, COUNT(cases), arrivals);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_case(i, &arrivals[i]);
	for (size_t i = 0; i < COUNT(cases); i++) {
		send_all(prover, &probes[i], 1, arrivals);
		check_case(i, arrivals);
	}
	assert_int_equal(prover_counts(prover).sent, 2 * COUNT(cases));
	prover_free(prover);
}

static void cases_by_bpf(void **state)
{
	(void)state;
	cases_by(INJECT_BPF);
}

static void cases_by_packet(void **state)
{
	(void)state;
	cases_by(INJECT_PACKET);
}

/* All cases in a twin of the host that is built for the purpose; the sentence of what failed. */
static const char *cases_in_twin(bool user_namespace, const char *injector)
{
	static struct arrival arrivals[COUNT(cases)];
	struct probe probes[COUNT(cases)];
	struct twin *twin = NULL;
	struct prover *prover = NULL;
	struct error *error = NULL;

	case_probes(probes);
	if (twin_new(&prove_host_view, user_namespace, &twin, &error) < 0 ||
	    prover_new(twin, &prove_host_view, INJECT_AUTO, &prover, &error) < 0 ||
	    prover_send(prover, probes, COUNT(cases), arrivals, &error) < 0)
		return error_message(error);
	if (strcmp(prover_injector_name(prover), injector))
		return "another injector was chosen";
	for (size_t i = 0; i < COUNT(cases); i++)
		if (arrivals[i].hook != cases[i].hook)
			return cases[i].what;
	prover_free(prover);
	twin_free(twin);
	return NULL;
}

/* A copy of the host gives the answers of the host. */
static void twins_answer_as_the_host(void **state)
{
	const char *failed = cases_in_twin(false, "bpf");

	(void)state;
	if (failed)
		fail_msg("%s", failed);
}

/* So does one that a process without rights builds; in a child, since it cannot come back. */
static void twins_without_rights_answer_as_the_host(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		const char *failed = "cannot become nobody";

		if (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0 &&
		    prctl(PR_SET_DUMPABLE, 1) == 0)
			failed = cases_in_twin(true, "packet");
		if (failed)
			fprintf(stderr, "%s\n", failed);
		_exit(failed ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* More than a chunk, of different probes, and links in turn. */
static void many_probes_keep_their_order(void **state)
{
	enum { MANY = 20000, ALTERNATING = 500 };
	struct prover *prover = make_prover(INJECT_BPF);
	struct probe *probes = calloc(MANY, sizeof(*probes));
	struct arrival *arrivals = calloc(MANY, sizeof(*arrivals));

	(void)state;
	assert_non_null(probes);
	assert_non_null(arrivals);
	for (size_t i = 0; i < MANY; i++) {
		bool back = i < ALTERNATING && i % 2;

		probes[i] = back ? prove_host_probe(C0, IPPROTO_TCP, "172.17.0.2", far_away, 80)
		                 : prove_host_probe(ETH0, i % 3 ? IPPROTO_TCP : IPPROTO_UDP, me,
		                                    "172.17.0.2", i % 3 ? 80 : 98);
		probes[i].source_port = (uint16_t)(1024 + i);
	}
	send_all(prover, probes, MANY, arrivals);
	for (size_t i = 0; i < MANY; i++) {
		bool back = i < ALTERNATING && i % 2;

		assert_int_equal(arrivals[i].hook,
		                 back || i % 3 ? ARRIVED_FORWARD : ARRIVED_NOWHERE);
		if (arrivals[i].hook == ARRIVED_FORWARD)
			assert_int_equal(arrivals[i].out_ifindex, back ? ETH0 : C0);
	}
	free(probes);
	free(arrivals);
	prover_free(prover);
}

/* What is not forbidden by the kernel's defaults alone: the neighbour's way to 127.0.0.1. */
static void loopback_is_reached_with_route_localnet(void **state)
{
	struct prover *prover = make_prover(INJECT_AUTO);
	struct probe probe = prove_host_probe(ETH0, IPPROTO_TCP, me, "127.0.0.1", 22);
	struct arrival arrival;

	(void)state;
	prove_host_run("sysctl -qw net.ipv4.conf.eth0.route_localnet=1");
	send_all(prover, &probe, 1, &arrival);
	assert_int_equal(arrival.hook, ARRIVED_LOCAL);
	prove_host_run("sysctl -qw net.ipv4.conf.eth0.route_localnet=0");
	send_all(prover, &probe, 1, &arrival);
	assert_int_equal(arrival.hook, ARRIVED_NOWHERE);
	prover_free(prover);
}

/* What becomes of a datagram for a neighbour behind another port of the bridge. */
static enum arrival_hook send_bridged(struct prover *prover, uint16_t port)
{
	struct probe probe = prove_host_probe(P0, IPPROTO_UDP, "10.20.0.7", "10.20.0.8", port);
	struct arrival arrival;

	probe.l2_direct = true;
	memcpy(probe.destination_mac, (uint8_t[]){2, 0, 0, 0, 0, 0x99}, 6);
	send_all(prover, &probe, 1, &arrival);
	if (arrival.hook == ARRIVED_NOWHERE)
		return arrival.hook;
	assert_int_equal(arrival.out_ifindex, P1);
	assert_int_equal(arrival.destination_port, port);
	assert_true(address_equal(&arrival.destination, &probe.destination));
	assert_true(address_equal(&arrival.source, &probe.source));
	return arrival.hook;
}

/* Bridged frames are caught too, behind the IP rules where those see them. */
static void bridged_frames_are_caught(void **state)
{
	static const enum prove_injector injectors[] = {INJECT_BPF, INJECT_PACKET};

	(void)state;
	for (size_t i = 0; i < COUNT(injectors); i++) {
		struct prover *prover = make_prover(injectors[i]);

		prove_host_run("sysctl -qw net.bridge.bridge-nf-call-iptables=1");
		assert_int_equal(send_bridged(prover, 4242), ARRIVED_NOWHERE);
		assert_int_equal(send_bridged(prover, 99), ARRIVED_BRIDGED);
		prove_host_run("sysctl -qw net.bridge.bridge-nf-call-iptables=0");
		assert_int_equal(send_bridged(prover, 4242), ARRIVED_BRIDGED);
		prover_free(prover);
	}
}

/* Counts the ports that a sweep found. */
static int count_port(const struct probe *probe, const struct arrival *arrival, void *data)
{
	uint8_t *found = data;

	assert_int_equal(arrival->destination_port, probe->destination_port);
	assert_int_equal(arrival->hook, ARRIVED_FORWARD);
	found[probe->destination_port]++;
	return 0;
}

/* Chooses scattered ports, both ends and the borders of a chunk included, and opens them. */
static void open_scattered(uint8_t *wanted)
{
	char elements[4096] = "";
	size_t len = 0;

	srandom(7);
	wanted[0] = wanted[1] = wanted[8191] = wanted[8192] = wanted[8193] = wanted[65535] = 1;
	for (unsigned i = 0; i < 300; i++)
		wanted[(unsigned long)random() % 65536] = 1;
	for (uint32_t port = 0; port < 65536; port++)
		if (wanted[port])
			len += (size_t)snprintf(elements + len, sizeof(elements) - len, "%s%u",
			                        len ? "," : "", port);
	prove_host_run("nft add element inet f open '{ %s }'", elements);
}

/* All ports of an address, of which some are open: those arrive, and no other. */
static void sweeps_find_exactly_the_open_ports(void **state)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	static uint8_t wanted[65536], found[65536];

	(void)state;
	open_scattered(wanted);
	for (unsigned i = 0; i < 4 * COUNT(protocols); i++) {
		bool ipv6 = i & 1;
		struct prover *prover = make_prover(i & 2 ? INJECT_PACKET : INJECT_BPF);
		struct probe probe = prove_host_probe(ETH0, protocols[i / 4], ipv6 ? me6 : me,
		                                      ipv6 ? "fd00:17::5" : "172.17.0.5", 0);
		struct error *error = NULL;

		memset(found, 0, sizeof(found));
		if (prover_sweep(prover, &probe, 0, 65535, count_port, found, &error) < 0)
			fail_msg("%s", error_message(error));
		assert_memory_equal(found, wanted, sizeof(found));
		assert_int_equal(prover_counts(prover).sent, 65536);
		prover_free(prover);
	}
}

/* Everything arrives: no chunk may lose one, whatever the kernel does to its hash tables. */
static void sweeps_miss_nothing_when_all_is_open(void **state)
{
	static uint8_t found[65536];
	struct prover *prover = make_prover(INJECT_BPF);
	struct probe probe = prove_host_probe(C0, IPPROTO_TCP, "172.17.0.5", far_away, 0);
	struct error *error = NULL;

	(void)state;
	prove_host_run("nft insert rule inet f forward iifname c0 accept");
	for (unsigned round = 0; round < 3; round++) {
		memset(found, 0, sizeof(found));
		assert_int_equal(prover_sweep(prover, &probe, 0, 65535, count_port, found, &error),
		                 0);
		for (unsigned port = 0; port < 65536; port++)
			assert_int_equal(found[port], 1);
	}
	prover_free(prover);
}

/* Counts the ports that a sweep of the host itself found. */
static int count_local_port(const struct probe *probe, const struct arrival *arrival, void *data)
{
	uint8_t *found = data;

	if (arrival->hook != ARRIVED_LOCAL)
		return 0; /* port 8080 is translated */
	assert_int_equal(arrival->destination_port, probe->destination_port);
	found[probe->destination_port]++;
	return 0;
}

/* At input a sweep tells those ports that are open and have a socket of that protocol. */
static void sweeps_tell_what_listens(void **state)
{
	static uint8_t found[65536], wanted[65536];
	struct prover *prover = make_prover(INJECT_BPF);
	struct probe probe = prove_host_probe(ETH0, IPPROTO_TCP, me, "192.0.2.1", 0);
	struct arrival arrival;
	struct error *error = NULL;
	size_t sockets = prove_host_view.sockets.n;

	(void)state;
	prove_host_run("nft insert rule inet f input tcp dport 100-60000 accept");
	for (uint32_t port = 1; port < 65536; port += 50) {
		struct socket *socket = vec_push(&prove_host_view.sockets);

		*socket = (struct socket){.protocol = port % 100 == 1 ? IPPROTO_TCP : IPPROTO_UDP,
		                          .port = (uint16_t)port};
		wanted[port] = port % 100 == 1 && port >= 100 && port <= 60000;
	}
	memset(found, 0, sizeof(found));
	if (prover_sweep(prover, &probe, 0, 65535, count_local_port, found, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_memory_equal(found, wanted, sizeof(found));
	/* A single probe is told of wherever it ends. */
	probe.destination_port = 102;
	assert_int_equal(prover_send(prover, &probe, 1, &arrival, &error), 0);
	assert_int_equal(arrival.hook, ARRIVED_LOCAL);
	prove_host_view.sockets.n = sockets;
	prover_free(prover);
}

/* A socket in the host's namespace, bound to a port of all addresses. */
static int open_socket(int type, uint16_t port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd;

	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	return fd;
}

/* A socket that sees every frame that comes out of the host's links. */
static int open_outsider(void)
{
	int fd;

	assert_int_equal(setns(prove_host.far_netns, CLONE_NEWNET), 0);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	return fd;
}

/* How many unicast frames of the host have come to the outsider, and none are left. */
static unsigned outsider_saw(int fd)
{
	uint8_t frame[2048];
	unsigned n = 0;
	ssize_t len;

	for (;;) {
		struct sockaddr_ll from;
		socklen_t room = sizeof(from);

		len = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &room);
		if (len < 0)
			return n;
		n += from.sll_pkttype != PACKET_OUTGOING && len > 14 && !(frame[0] & 1);
	}
}

/* What connection tracking knows, but for what the host itself says to all on its links. */
static const char *tracked_flows(void)
{
	return prove_host_run("conntrack -L 2>/dev/null | grep -E '^(tcp|udp|sctp)' || true");
}

/* Neither a socket, nor an outsider, nor connection tracking knows of the probes. */
static void nothing_is_left_behind(void **state)
{
	static const enum prove_injector injectors[] = {INJECT_BPF, INJECT_PACKET};
	struct prover *prover;
	struct probe probes[COUNT(cases)];
	struct arrival arrivals[COUNT(cases)];
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	int listener = open_socket(SOCK_STREAM, 22), receiver = open_socket(SOCK_DGRAM, 53);
	int outsider = open_outsider();
	char byte;

	(void)state;
	prove_host_run("ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0; "
	               "ip neigh add 172.17.0.2 lladdr 02:00:00:00:00:02 dev c0");
	case_probes(probes);
	outsider_saw(outsider);
	for (size_t i = 0; i < COUNT(injectors); i++) {
		prover = make_prover(injectors[i]);
		send_all(prover, probes, COUNT(cases), arrivals);
		prover_free(prover);
	}
	assert_int_equal(accept(listener, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(recv(receiver, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_string_equal(tracked_flows(), "");
	assert_string_equal(prove_host_run("nft list tables | grep seawall || true"), "");
	assert_int_equal(outsider_saw(outsider), 0);
	/* The same sockets do see what is really sent. */
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &to.sin6_addr), 1);
	assert_int_equal(sendto(receiver, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(poll(&(struct pollfd){outsider, POLLIN, 0}, 1, 2000), 1);
	assert_int_equal(outsider_saw(outsider), 1);
	assert_string_not_equal(tracked_flows(), "");
	prove_host_run("conntrack -F 2>/dev/null");
	close(listener);
	close(receiver);
	close(outsider);
}

/* A tc program that takes every frame before netfilter sees it. */
static int attach_shot(struct bpf_tc_hook *hook)
{
	static const struct bpf_insn program[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2 /* TC_ACT_SHOT */},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_tc_opts, options,
	            .prog_fd =
	                bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "shot", "GPL", program, 2, NULL));

	if (options.prog_fd < 0 || bpf_tc_hook_create(hook) < 0)
		return -1;
	return bpf_tc_attach(hook, &options);
}

/* What never got in must not be called filtered. */
static void lost_frames_are_an_error(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ETH0, .attach_point = BPF_TC_INGRESS);
	struct prover *prover = make_prover(INJECT_BPF);
	struct probe probe = prove_host_probe(ETH0, IPPROTO_TCP, me, "192.0.2.1", 22);
	struct arrival arrival;
	struct error *error = NULL;

	(void)state;
	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	assert_int_equal(attach_shot(&hook), 0);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	assert_int_equal(prover_send(prover, &probe, 1, &arrival, &error), -EIO);
	assert_non_null(strstr(error_message(error), "eth0"));
	error_free(error);
	prove_host_run("tc qdisc del dev eth0 clsact");
	send_all(prover, &probe, 1, &arrival);
	assert_int_equal(arrival.hook, ARRIVED_LOCAL);
	prover_free(prover);
}

/* What cannot be sent is refused with a sentence. */
static void nonsense_is_refused(void **state)
{
	static const struct {
		uint32_t ifindex;
		uint8_t protocol;
		enum prove_injector injector;
		int status;
	} bad[] = {
	    {ETH0, IPPROTO_ICMP, INJECT_BPF, -EINVAL},
	    {4711, IPPROTO_TCP, INJECT_BPF, -ENODEV},
	    {4711, IPPROTO_TCP, INJECT_PACKET, -EOPNOTSUPP},
	    {1, IPPROTO_TCP, INJECT_PACKET, -EOPNOTSUPP},
	    {0, IPPROTO_TCP, INJECT_BPF, -ENODEV},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct prover *prover = make_prover(bad[i].injector);
		struct probe probe =
		    prove_host_probe(bad[i].ifindex, bad[i].protocol, me, "192.0.2.1", 22);
		struct arrival arrival;
		struct error *error = NULL;

		assert_int_equal(prover_send(prover, &probe, 1, &arrival, &error), bad[i].status);
		assert_non_null(error);
		error_free(error);
		error = NULL;
		probe = prove_host_probe(ETH0, IPPROTO_TCP, me6, "192.0.2.1", 22);
		assert_int_equal(prover_send(prover, &probe, 1, &arrival, &error), -EINVAL);
		error_free(error);
		assert_int_equal(prover_send(prover, NULL, 0, NULL, NULL), 0);
		prover_free(prover);
	}
}

/* On `lo`, as on any link; but what has a local source is martian to routing there as well. */
static void loopback_link_takes_frames(void **state)
{
	struct prover *prover = make_prover(INJECT_BPF);
	struct probe probe = prove_host_probe(1, IPPROTO_TCP, me, "192.0.2.1", 22);
	struct arrival arrival;

	(void)state;
	send_all(prover, &probe, 1, &arrival);
	assert_int_equal(arrival.hook, ARRIVED_LOCAL);
	prover_free(prover);
}

/* A handler that only interrupts. */
static void ignore_signal(int number)
{
	(void)number;
}

/* Signals interrupt a run; each probe is still sent once. */
static void signals_lose_nothing(void **state)
{
	static uint8_t found[65536];
	struct itimerval often = {{0, 300}, {0, 300}}, never = {0};
	struct prover *prover = make_prover(INJECT_BPF);
	struct probe probe = prove_host_probe(C0, IPPROTO_UDP, "172.17.0.5", far_away, 0);
	struct error *error = NULL;

	(void)state;
	signal(SIGALRM, ignore_signal);
	setitimer(ITIMER_REAL, &often, NULL);
	memset(found, 0, sizeof(found));
	if (prover_sweep(prover, &probe, 0, 65535, count_port, found, &error) < 0)
		fail_msg("%s", error_message(error));
	setitimer(ITIMER_REAL, &never, NULL);
	for (unsigned port = 0; port < 65536; port++)
		assert_int_equal(found[port], 1);
	prover_free(prover);
}

/* Live: in the namespace itself, answers do not leave, and a killed prober leaves no table. */
static void live_answers_are_stopped(void **state)
{
	struct prover *prover = NULL, *second = NULL;
	struct probe probes[COUNT(cases)];
	struct arrival arrivals[COUNT(cases)];
	struct error *error = NULL;
	int outsider = open_outsider();

	(void)state;
	case_probes(probes);
	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	assert_int_equal(prover_new(NULL, &prove_host_view, INJECT_PACKET, &prover, &error),
	                 -EOPNOTSUPP);
	error_free(error);
	error = NULL;
	if (prover_new(NULL, &prove_host_view, INJECT_AUTO, &prover, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_equal(prover_new(NULL, &prove_host_view, INJECT_AUTO, &second, &error), -EBUSY);
	error_free(error);
	outsider_saw(outsider);
	send_all(prover, probes, COUNT(cases), arrivals);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_case(i, &arrivals[i]);
	assert_int_equal(outsider_saw(outsider), 0);
	prover_free(prover);
	assert_string_equal(prove_host_run("nft list tables | grep seawall || true"), "");
	assert_string_equal(tracked_flows(), "");
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	close(outsider);
}

/* Has packets that come in by c0 worked on by a mask of CPUs. */
static void steer(const char *mask)
{
	prove_host_run("unshare -m sh -c 'mount -t sysfs sysfs /sys && "
	               "echo %s >/sys/class/net/c0/queues/rx-0/rps_cpus'",
	               mask);
}

/* Where the host moves received packets to other CPUs, none is missed for being late. */
static void steered_packets_are_awaited(void **state)
{
	static uint8_t found[65536];
	struct prover *prover = NULL;
	struct probe probe = prove_host_probe(C0, IPPROTO_TCP, "172.17.0.5", far_away, 0);
	struct error *error = NULL;

	(void)state;
	prove_host_run("nft insert rule inet f forward iifname c0 accept");
	steer("3");
	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	memset(found, 0, sizeof(found));
	if (prover_new(NULL, &prove_host_view, INJECT_AUTO, &prover, &error) < 0 ||
	    prover_sweep(prover, &probe, 0, 65535, count_port, found, &error) < 0)
		fail_msg("%s", error_message(error));
	for (unsigned port = 0; port < 65536; port++)
		assert_int_equal(found[port], 1);
	steer("0");
	prover_free(prover);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
}

/* The tables die with the process that made them. */
static void killed_live_run_leaves_no_table(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		struct prover *prover = NULL;

		if (setns(prove_host.netns, CLONE_NEWNET) == 0 &&
		    prover_new(NULL, &prove_host_view, INJECT_AUTO, &prover, NULL) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_string_equal(prove_host_run("nft list tables | grep seawall || true"), "");
}

static int make_host(void **state)
{
	(void)state;
	prove_host_new(ruleset);
	return 0;
}

static int free_host(void **state)
{
	(void)state;
	prove_host_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cases_by_bpf),
	    cmocka_unit_test(cases_by_packet),
	    cmocka_unit_test(twins_answer_as_the_host),
	    cmocka_unit_test(twins_without_rights_answer_as_the_host),
	    cmocka_unit_test(many_probes_keep_their_order),
	    cmocka_unit_test(loopback_is_reached_with_route_localnet),
	    cmocka_unit_test(loopback_link_takes_frames),
	    cmocka_unit_test(bridged_frames_are_caught),
	    cmocka_unit_test(nothing_is_left_behind),
	    cmocka_unit_test(lost_frames_are_an_error),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(live_answers_are_stopped),
	    cmocka_unit_test(steered_packets_are_awaited),
	    cmocka_unit_test(killed_live_run_leaves_no_table),
	    cmocka_unit_test(sweeps_find_exactly_the_open_ports),
	    cmocka_unit_test(sweeps_miss_nothing_when_all_is_open),
	    cmocka_unit_test(sweeps_tell_what_listens),
	    cmocka_unit_test(signals_lose_nothing),
	};

	return cmocka_run_group_tests(tests, make_host, free_host);
}
