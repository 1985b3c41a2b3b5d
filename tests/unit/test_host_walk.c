/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk of one packet through a host, held against the kernel.
 *
 * Each case sets a small host (prove_host.h) up its own way; then every probe of a grid of links,
 * senders, destinations, ports and protocols is injected, and each arrival - where, rewritten to
 * what, out by which link - is compared with what the model says. A case names how many of its
 * probes must arrive at all in each way, so that one in which nothing happens is no test.
 */
#include "audit/model.h"
#include "audit/model_check.h"
#include "host_walk_cases.h"
#include "observe/netview_read.h"
#include "prove/catch.h"
#include "prove_host.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { PROBES_MOST = 8192, SHOWN = 4 };

static struct probe probes[PROBES_MOST];
static struct arrival arrivals[PROBES_MOST];

/* The grid of probes. */
static const uint32_t links[] = {ETH0, C0, P0};
static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
static const uint16_t ports[] = {53, 80, 1234, 8080, 9000};
static const char *const sources[] = {
    "192.0.2.7",  "198.51.100.9",  "172.17.0.5",    "10.20.0.7",  "203.0.113.5", "127.0.0.1",
    "172.17.0.1", "2001:db8:2::7", "2001:db8:9::9", "fd00:17::5", "fe80::7",     "0.0.0.9"};
static const char *const destinations[] = {
    "192.0.2.1",  "172.17.0.1",  "10.20.0.1",       "127.0.0.1",    "172.17.0.2",
    "10.20.0.9",  "192.0.2.255", "255.255.255.255", "203.0.113.99", "2001:db8:2::1",
    "fd00:17::1", "fd00:17::2",  "2001:db8:9::1",   "::1"};

/* The same probe to another station of the bridge, behind p1. */
static struct probe across(struct probe probe)
{
	static const uint8_t station[6] = {0x02, 0, 0, 0, 0, 0x99};

	probe.l2_direct = true;
	memcpy(probe.destination_mac, station, sizeof(station));
	return probe;
}

/* Adds a probe of each protocol and port to the n that there are. Returns how many there are. */
static size_t add_ports(struct probe probe, size_t n)
{
	for (size_t i = 0; i < sizeof(protocols) * sizeof(ports) / sizeof(*ports); i++) {
		assert_true(n < PROBES_MOST);
		probe.protocol = protocols[i % sizeof(protocols)];
		probe.destination_port = ports[i / sizeof(protocols)];
		probes[n++] = probe;
	}
	return n;
}

/* Fills the grid. Returns how many there are. */
static size_t make_probes(void)
{
	size_t n = 0;

	for (size_t link = 0; link < sizeof(links) / sizeof(*links); link++)
		for (size_t from = 0; from < sizeof(sources) / sizeof(*sources); from++)
			for (size_t to = 0; to < sizeof(destinations) / sizeof(*destinations);
			     to++) {
				struct probe probe = prove_host_probe(
				    links[link], IPPROTO_TCP, sources[from], destinations[to], 0);

				if (probe.source.family != probe.destination.family)
					continue;
				n = add_ports(probe, n);
				if (links[link] == P0)
					n = add_ports(across(probe), n);
			}
	return n;
}

/* Says what was found different. */
static void report(const struct probe *probe, const struct arrival *arrival,
                   const struct host_ways *ways)
{
	static const char *const fates[] = {"nowhere", "local", "forwarded", "bridged"};
	static const char *const hooks[] = {"nowhere", "forwarded", "local", "bridged"};
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT], got[ADDRESS_TEXT], said[ADDRESS_TEXT];
	const struct host_end *end = &ways->ends.items[0];

	print_error("link %u%s: %s -> %s %u protocol %u: the kernel: %s %s %u by %u; the model: %s "
	            "%s %u by %u (%s; %s; %s; %s)\n",
	            probe->ifindex, probe->l2_direct ? " across" : "",
	            address_format(&probe->source, from), address_format(&probe->destination, to),
	            probe->destination_port, probe->protocol, hooks[arrival->hook],
	            address_format(&arrival->destination, got), arrival->destination_port,
	            arrival->out_ifindex, fates[end->fate], address_format(&end->destination, said),
	            end->port, end->out_ifindex, fib_drop_name(end->drop),
	            end->by.chain ? end->by.chain->name : "no chain",
	            end->by.rule ? end->by.rule->text : "policy", end->stop ? end->stop : "-");
}

/* What was seen of a case. */
struct seen {
	unsigned forwarded, local, bridged, translated, unknown, differences;
};

/* Compares the arrivals of n probes with the model. */
static struct seen compare(const struct host *host, size_t n)
{
	struct seen seen = {0};

	for (size_t i = 0; i < n; i++) {
		const struct host_packet packet = model_packet(&probes[i]);
		struct host_ways ways = {0};

		assert_int_equal(host_ways_find(host, &packet, &ways), 0);
		assert_true(ways.ends.n > 0);
		seen.forwarded += arrivals[i].hook == ARRIVED_FORWARD;
		seen.local += arrivals[i].hook == ARRIVED_LOCAL;
		seen.bridged += arrivals[i].hook == ARRIVED_BRIDGED;
		seen.translated +=
		    arrivals[i].hook != ARRIVED_NOWHERE &&
		    !(address_equal(&arrivals[i].destination, &probes[i].destination) &&
		      arrivals[i].destination_port == probes[i].destination_port);
		seen.unknown += ways.unknown.n > 0;
		if (!model_allows(&ways, &arrivals[i]) && seen.differences++ < SHOWN)
			report(&probes[i], &arrivals[i], &ways);
		host_ways_done(&ways);
	}
	return seen;
}

/* Sets a host up, sends the grid through it, and compares. Returns whether all is as it should. */
static bool run_case(const struct host_walk_case *test)
{
	_cleanup_error_ struct error *error = NULL;
	struct prover *prover = NULL;
	struct netview view = {0};
	struct host *host = NULL;
	size_t n = make_probes();
	struct seen seen;

	prove_host_new("");
	prove_host_run("set -e; ip route add 2001:db8:9::/64 via 2001:db8:2::fe; %s", test->setup);
	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	if (netview_read(&view, &error) < 0 || netview_decode(&view, &error) < 0 ||
	    host_new(&view, CATCH_TABLE, &host, &error) < 0)
		fail_msg("%s: %s", test->name, error_message(error));
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	if (prover_new(&prove_host, &view, INJECT_AUTO, &prover, &error) < 0 ||
	    prover_send(prover, probes, n, arrivals, &error) < 0)
		fail_msg("%s: %s", test->name, error_message(error));
	seen = compare(host, n);
	print_message(
	    "%s: %zu packets, %u forwarded, %u local, %u bridged, %u of them translated, %u may be "
	    "either, %u differences\n",
	    test->name, n, seen.forwarded, seen.local, seen.bridged, seen.translated, seen.unknown,
	    seen.differences);
	host_free(host);
	prover_free(prover);
	netview_done(&view);
	prove_host_free();
	return seen.differences == 0 && seen.forwarded == test->forwarded &&
	       seen.local == test->local && seen.bridged == test->bridged &&
	       seen.translated == test->translated && seen.unknown == test->unknown;
}

static void test_against_kernel(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(host_walk_cases) / sizeof(*host_walk_cases); i++)
		if (!run_case(&host_walk_cases[i]) && bad++ < SHOWN)
			print_error("not as it should be: %s\n", host_walk_cases[i].name);
	assert_int_equal(bad, 0);
}

/* Rules that change behind the model's back: it must say so, with both stories. */
static void test_difference_is_told(void **state)
{
	const struct netview *view = &prove_host_view;
	_cleanup_error_ struct error *error = NULL;
	struct model_check check = {0};
	struct prover *prover = NULL;
	struct audit audit = {0};
	struct arrival arrival;
	struct probe probe;

	(void)state;
	prove_host_new("table ip t { chain i { type filter hook input priority 0; }; }");
	probe = prove_host_probe(ETH0, IPPROTO_TCP, "192.0.2.7", "192.0.2.1", 80);
	assert_int_equal(model_check_init(&check, &audit, view), 0);
	if (prover_new(&prove_host, view, INJECT_AUTO, &prover, &error) < 0 ||
	    prover_send(prover, &probe, 1, &arrival, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_equal(model_check_probe(&check, &audit, 0, &probe, &arrival), 0);
	assert_int_equal(audit.agree, 1);
	assert_int_equal(audit.disagree, 0);
	prove_host_run("nft add rule ip t i tcp dport 80 drop");
	if (prover_send(prover, &probe, 1, &arrival, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_equal(model_check_probe(&check, &audit, 0, &probe, &arrival), 0);
	assert_int_equal(audit.disagree, 1);
	assert_int_equal(audit.findings.n, 1);
	assert_int_equal(audit.findings.items[0].kind, FINDING_DISAGREEMENT);
	assert_non_null(strstr(audit.findings.items[0].why, "The kernel: it is stopped."));
	assert_non_null(
	    strstr(audit.findings.items[0].why, "this host gets it as 192.0.2.1 port 80"));
	model_check_done(&check);
	prover_free(prover);
	vec_done(&audit.findings);
	arena_done(&audit.arena);
	prove_host_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_kernel),
	                                   cmocka_unit_test(test_difference_is_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
