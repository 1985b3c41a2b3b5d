/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the wall costs each new flow, at three sizes: pairs of runs without and with it, in turn.
 *
 * New flows to a published port, translated and forwarded to a container, are sent through a small
 * host in namespaces, the same number with the wall and without; the difference of each pair is
 * what the wall took. Printed are the median of the differences and the quarters around it, in
 * nanoseconds a flow. Beside it the same policy as a chain of one rule a port, which is how it is
 * written by hand.
 */
#include "../unit/prove_host.h"
#include "wall/table.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { FLOWS = 10000, ROUNDS = 31, CHAIN_ROUNDS = 5, FIRST_PORT = 1024 };

static const unsigned sizes[] = {10, 1000, 10000};

/* Ends where something that a benchmark needs does not work. */
static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_packet: %s\n", what);
	exit(1);
}

/* A wall with a door for each of n published ports of one container. */
static struct bytes make_wall(unsigned n)
{
	static const char text[] = "version: 1\ndefault: closed\nallow:\n"
	                           "  - { container: c, from: any }\n";
	struct snapshot *snapshot = snapshot_new();
	struct container *container = vec_push(&snapshot->engine.containers);
	struct engine_network *network = vec_push(&snapshot->engine.networks);
	struct attachment *attachment;
	const uint8_t address[4] = {172, 17, 0, 2};
	struct policy *policy = NULL;
	struct intent *intent = NULL;
	struct wall *wall = NULL;
	struct bytes transaction = {0};

	need(container && network, "no memory");
	snapshot->engine.status = ENGINE_OK;
	snapshot->engine.kind = "docker";
	*network = (struct engine_network){
	    .id = "1", .name = "bridge", .driver = "bridge", .bridge = "c0"};
	*container = (struct container){.id = "c",
	                                .name = "c",
	                                .image = "x",
	                                .image_id = "",
	                                .image_known = true,
	                                .network_mode = "bridge",
	                                .state = CONTAINER_RUNNING};
	attachment = vec_push(&container->attachments);
	need(attachment && vec_reserve(&container->published, n) == 0, "no memory");
	*attachment =
	    (struct attachment){.network = "bridge", .ipv4 = address_make(AF_INET, address)};
	for (unsigned i = 0; i < n; i++)
		container->published.items[container->published.n++] =
		    (struct published_port){.host_address = address_any(AF_INET),
		                            .host_port = (uint16_t)(FIRST_PORT + i),
		                            .host_port_last = (uint16_t)(FIRST_PORT + i),
		                            .container_port = 80,
		                            .protocol = IPPROTO_TCP};
	need(policy_read(text, strlen(text), "bench", &policy, NULL) == 0 &&
	         intent_make(policy, snapshot, &intent) == 0 &&
	         wall_make(intent, snapshot, false, &wall) == 0 &&
	         wall_transaction(wall, &transaction) == 0,
	     "no wall");
	wall_free(wall);
	intent_free(intent);
	policy_free(policy);
	snapshot_free(snapshot);
	return transaction;
}

/* Sends a transaction in the host. */
static void commit(const struct bytes *transaction)
{
	struct error *error = NULL;

	need(setns(prove_host.netns, CLONE_NEWNET) == 0, "no namespace");
	if (wall_commit(transaction, &error) < 0)
		need(false, error_message(error));
	need(setns(prove_host.home_netns, CLONE_NEWNET) == 0, "no namespace");
}

/* Sends all flows; nanoseconds a flow. Each of them must get through. */
static double send_all(struct prover *prover, const struct probe *probes)
{
	static struct arrival arrivals[FLOWS];
	double before = prover_counts(prover).seconds;

	need(prover_send(prover, probes, FLOWS, arrivals, NULL) == 0, "nothing could be sent");
	for (size_t i = 0; i < FLOWS; i++)
		need(arrivals[i].hook == ARRIVED_FORWARD, "a flow did not get through");
	return (prover_counts(prover).seconds - before) * 1e9 / FLOWS;
}

static int compare(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* Puts up, or takes away, a chain of one rule a port. */
static void chain(unsigned n, bool up)
{
	if (up)
		prove_host_run(
		    "awk 'BEGIN { print \"table inet linear { chain f { type filter hook "
		    "forward priority -1;\"; for (i = 0; i < %u; i++) print \"oifname c0 ct "
		    "original proto-dst \" %d + i \" accept\"; print \"oifname c0 drop; }; "
		    "}\" }' | sed 's/ct original/meta l4proto tcp ct original/' | nft -f -",
		    n, FIRST_PORT);
	else
		prove_host_run("nft delete table inet linear");
}

/* Measures pairs; `wall` NULL: the chain. Prints a line. */
static void measure(struct prover *prover, const struct probe *probes, unsigned n,
                    const struct bytes *wall)
{
	double differences[ROUNDS];
	struct bytes removal = {0};
	unsigned rounds = wall ? ROUNDS : CHAIN_ROUNDS;

	need(wall_removal(&removal) == 0, "no memory");
	(void)send_all(prover, probes);
	for (unsigned i = 0; i < rounds; i++) {
		double without = send_all(prover, probes), with;

		if (wall)
			commit(wall);
		else
			chain(n, true);
		with = send_all(prover, probes);
		if (wall)
			commit(&removal);
		else
			chain(n, false);
		differences[i] = with - without;
	}
	bytes_done(&removal);
	qsort(differences, rounds, sizeof(*differences), compare);
	printf("%6u ports  %-18s %8.0f ns a new flow (half of the pairs: %.0f to %.0f)\n", n,
	       wall ? "the wall" : "one rule a port", differences[rounds / 2],
	       differences[rounds / 4], differences[rounds - 1 - rounds / 4]);
	fflush(stdout);
}

/* One size on a host of its own. */
static void measure_size(unsigned n)
{
	static struct probe probes[FLOWS];
	struct bytes wall = make_wall(n);
	struct prover *prover = NULL;
	struct error *error = NULL;

	prove_host_new("table ip nat { chain p { type nat hook prerouting priority -100;"
	               " ip daddr 192.0.2.1 tcp dport 1024-11023 dnat to 172.17.0.2:80; }; }");
	for (unsigned i = 0; i < FLOWS; i++)
		probes[i] = prove_host_probe(ETH0, IPPROTO_TCP, "192.0.2.7", "192.0.2.1",
		                             (uint16_t)(FIRST_PORT + i % n));
	if (prover_new(&prove_host, &prove_host_view, INJECT_AUTO, &prover, &error) < 0)
		need(false, error_message(error));
	measure(prover, probes, n, &wall);
	measure(prover, probes, n, NULL);
	prover_free(prover);
	prove_host_free();
	bytes_done(&wall);
}

/* cmocka's words are what the small host is made with. */
static void test(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		measure_size(sizes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test)};

	return cmocka_run_group_tests_name("bench_packet", tests, NULL, NULL);
}
