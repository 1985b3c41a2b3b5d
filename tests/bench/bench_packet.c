/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the wall costs each new flow and each packet of an established one, at three sizes: pairs of
 * runs without and with it, in turn.
 *
 * Packets to published ports, translated and forwarded to a container, are sent through a small
 * host in namespaces, the same number with the wall and without; the difference of each pair is
 * what the wall took. Printed are the median of the differences and a 95 % confidence interval of
 * it, in nanoseconds a packet. Beside it the same policy as a chain of one rule a port, which is
 * how it is written by hand.
 */
#include "../unit/prove_host.h"
#include "prove/twin_flow.h"
#include "wall/table.h"

#include <math.h>

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
static struct bytes make_wall(unsigned n, uint8_t protocol)
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
		                            .protocol = protocol};
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
static void chain(unsigned n, bool up, const char *protocol)
{
	if (up)
		prove_host_run(
		    "awk 'BEGIN { print \"table inet linear { chain f { type filter hook "
		    "forward priority -1;\"; for (i = 0; i < %u; i++) print \"oifname c0 ct "
		    "original proto-dst \" %d + i \" accept\"; print \"oifname c0 drop; }; "
		    "}\" }' | sed 's/ct original/meta l4proto %s ct original/' | nft -f -",
		    n, FIRST_PORT, protocol);
	else
		prove_host_run("nft delete table inet linear");
}

/* What is measured: packets of a kind through one of the two. */
struct job {
	struct prover *prover;
	const struct probe *probes;
	unsigned n;               /* ports */
	const struct bytes *wall; /* NULL: the chain */
	bool established;
};

/* The difference that one pair shows, in nanoseconds a packet. */
static double measure_pair(const struct job *job, const struct bytes *removal)
{
	const char *protocol = job->established ? "udp" : "tcp";
	double without = send_all(job->prover, job->probes), with;

	if (job->wall)
		commit(job->wall);
	else
		chain(job->n, true, protocol);
	with = send_all(job->prover, job->probes);
	if (job->wall)
		commit(removal);
	else
		chain(job->n, false, protocol);
	return with - without;
}

/*
 * Measures pairs and prints a line. The interval is that of the median by order statistics: so many
 * of the differences lie below it with 95 %, whatever they are distributed like.
 */
static void measure(const struct job *job)
{
	double differences[ROUNDS];
	struct bytes removal = {0};
	unsigned rounds = job->wall ? ROUNDS : CHAIN_ROUNDS;
	double reach = 0.98 * sqrt((double)rounds);
	unsigned low = (unsigned)fmax(0, floor(((double)rounds - 1) / 2 - reach));

	need(wall_removal(&removal) == 0, "no memory");
	(void)send_all(job->prover, job->probes);
	for (unsigned i = 0; i < rounds; i++)
		differences[i] = measure_pair(job, &removal);
	bytes_done(&removal);
	qsort(differences, rounds, sizeof(*differences), compare);
	printf("%6u ports  %-15s %8.0f ns %-22s (%.0f to %.0f)\n", job->n,
	       job->wall ? "the wall" : "one rule a port", differences[rounds / 2],
	       job->established ? "an established packet" : "a new flow", differences[low],
	       differences[rounds - 1 - low]);
	fflush(stdout);
}

/* Fills the probes, and makes the flows that they belong to. */
static void fill(struct probe *probes, unsigned n, bool established)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow flow = {.protocol = IPPROTO_UDP, .target_port = 80};

		probes[i] =
		    prove_host_probe(ETH0, established ? IPPROTO_UDP : IPPROTO_TCP, "192.0.2.7",
		                     "192.0.2.1", (uint16_t)(FIRST_PORT + i % n));
		probes[i].source_port = (uint16_t)(20000 + i);
		if (!established)
			continue;
		flow.source = probes[i].source;
		flow.source_port = probes[i].source_port;
		flow.to = probes[i].destination;
		flow.to_port = probes[i].destination_port;
		need(address_parse("172.17.0.2", &flow.target), "no address");
		need(twin_flow_add(&prove_host, &flow, NULL) == 0, "a flow could not be made");
	}
}

/* One size on a host of its own. */
static void measure_size(unsigned n, bool established)
{
	static struct probe probes[FLOWS];
	struct bytes wall = make_wall(n, established ? IPPROTO_UDP : IPPROTO_TCP);
	struct job job = {.probes = probes, .n = n, .wall = &wall, .established = established};
	struct error *error = NULL;

	prove_host_new("table ip nat { chain p { type nat hook prerouting priority -100;"
	               " ip daddr 192.0.2.1 tcp dport 1024-11023 dnat to 172.17.0.2:80;"
	               " ip daddr 192.0.2.1 udp dport 1024-11023 dnat to 172.17.0.2:80; }; }");
	fill(probes, n, established);
	if (prover_new(&prove_host, &prove_host_view, INJECT_AUTO, &job.prover, &error) < 0)
		need(false, error_message(error));
	measure(&job);
	job.wall = NULL;
	measure(&job);
	prover_free(job.prover);
	prove_host_free();
	bytes_done(&wall);
}

/* cmocka's words are what the small host is made with. */
static void test(void **state)
{
	(void)state;
	for (int established = 0; established < 2; established++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			measure_size(sizes[i], established);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test)};

	return cmocka_run_group_tests_name("bench_packet", tests, NULL, NULL);
}
