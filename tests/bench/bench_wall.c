/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a wall costs to make and to put up, at four sizes, in a network namespace of its own.
 *
 * Prints, for each number of published ports: the time to make the wall from an intent, to write
 * its transaction and to have the kernel take it, the transaction's size, and the time against that
 * of the size before. Then what one container that goes or comes takes: to find out what differs,
 * and to have the kernel take that.
 */
#include "wall/stage.h"
#include "wall/table.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { CHANGES = 101 };

static const unsigned sizes[] = {10, 100, 1000, 10000};

static double clock_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

/* Of this process, in the kernel too. */
static double work(void)
{
	return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* Ends where something that a benchmark needs does not work. */
static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_wall: %s\n", what);
	exit(1);
}

/* A host with n containers of one published port each. */
static struct snapshot *make_host(unsigned n)
{
	struct snapshot *snapshot = snapshot_new();
	struct engine_network *network;

	need(snapshot != NULL, "no memory");
	snapshot->engine.status = ENGINE_OK;
	snapshot->engine.kind = "docker";
	network = vec_push(&snapshot->engine.networks);
	need(network != NULL, "no memory");
	*network = (struct engine_network){
	    .id = "1", .name = "bridge", .driver = "bridge", .bridge = "docker0"};
	for (unsigned i = 0; i < n; i++) {
		struct container *container = vec_push(&snapshot->engine.containers);
		const uint8_t address[4] = {172, 20, (uint8_t)(i >> 8), (uint8_t)i};
		struct attachment *attachment;
		struct published_port *published;

		need(container != NULL, "no memory");
		*container = (struct container){.id = arena_printf(&snapshot->arena, "%064u", i),
		                                .name = arena_printf(&snapshot->arena, "c%u", i),
		                                .image = "x",
		                                .image_id = "",
		                                .image_known = true,
		                                .network_mode = "bridge",
		                                .state = CONTAINER_RUNNING};
		attachment = vec_push(&container->attachments);
		published = vec_push(&container->published);
		need(attachment && published, "no memory");
		*attachment = (struct attachment){.network = "bridge",
		                                  .ipv4 = address_make(AF_INET, address)};
		*published = (struct published_port){.host_address = address_any(AF_INET),
		                                     .host_port = (uint16_t)(1024 + i),
		                                     .host_port_last = (uint16_t)(1024 + i),
		                                     .container_port = 80,
		                                     .protocol = IPPROTO_TCP};
	}
	return snapshot;
}

/* Half of the ports for everybody, half for a zone, as a policy. */
static struct policy *make_policy(void)
{
	static const char text[] = "version: 1\ndefault: closed\n"
	                           "zones:\n  lan: { sources: [10.0.0.0/8] }\n"
	                           "allow:\n"
	                           "  - { host_port: 1024-6000/tcp, from: any }\n"
	                           "  - { host_port: 6001-65535/tcp, from: [lan] }\n";
	struct policy *policy = NULL;
	struct error *error = NULL;

	if (policy_read(text, strlen(text), "bench", &policy, &error) < 0)
		need(false, error_message(error));
	return policy;
}

/* Measures one size; returns the seconds of all three parts. */
static double measure(const struct policy *policy, unsigned n)
{
	struct snapshot *snapshot = make_host(n);
	struct intent *intent = NULL;
	struct wall *wall = NULL;
	struct bytes transaction = {0};
	struct error *error = NULL;
	double begun, made, written, taken;

	need(intent_make(policy, snapshot, &intent) == 0, "no memory");
	begun = seconds();
	need(wall_make(intent, snapshot, false, &wall) == 0, "no memory");
	made = seconds();
	need(wall_transaction(wall, &transaction) == 0, "no memory");
	written = seconds();
	need(wall_commit(&transaction, &error) == 0, "the kernel does not take it");
	taken = seconds();
	printf(
	    "%6u ports  %8.2f ms made  %8.2f ms written  %8.2f ms taken by the kernel  %8zu kB\n",
	    n, (made - begun) * 1e3, (written - made) * 1e3, (taken - written) * 1e3,
	    transaction.len / 1024);
	bytes_done(&transaction);
	wall_free(wall);
	intent_free(intent);
	snapshot_free(snapshot);
	return taken - begun;
}

/* The transaction of a host with n containers. */
static struct bytes make_transaction(const struct policy *policy, unsigned n)
{
	struct snapshot *snapshot = make_host(n);
	struct intent *intent = NULL;
	struct wall *wall = NULL;
	struct bytes transaction = {0};

	need(intent_make(policy, snapshot, &intent) == 0 &&
	         wall_make(intent, snapshot, false, &wall) == 0 &&
	         wall_transaction(wall, &transaction) == 0,
	     "no memory");
	wall_free(wall);
	intent_free(intent);
	snapshot_free(snapshot);
	return transaction;
}

static int compare(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* What one container's change takes at n ports. */
static void measure_change(const struct policy *policy, unsigned n)
{
	struct bytes both[2] = {make_transaction(policy, n), make_transaction(policy, n - 1)};
	double compared[CHANGES], taken[CHANGES], waited[CHANGES];
	size_t len = 0;

	need(wall_commit(&both[0], NULL) == 0, "the kernel does not take it");
	for (unsigned i = 0; i < CHANGES; i++) {
		struct bytes update = {0};
		double begun = work(), known, sent;

		need(wall_update(&both[i % 2], &both[(i + 1) % 2], &update) == 0, "no update");
		known = work();
		sent = seconds();
		need(wall_commit(&update, NULL) == 0, "the kernel does not take it");
		waited[i] = seconds() - sent;
		taken[i] = work() - known;
		compared[i] = known - begun;
		len = update.len;
		bytes_done(&update);
	}
	qsort(compared, CHANGES, sizeof(*compared), compare);
	qsort(taken, CHANGES, sizeof(*taken), compare);
	qsort(waited, CHANGES, sizeof(*waited), compare);
	printf(
	    "%6u ports  one container's change: %6.3f ms to find what differs, %6.3f ms of work in "
	    "the kernel (%.1f ms until it is back: it waits for readers of what went), %zu bytes\n",
	    n, compared[CHANGES / 2] * 1e3, taken[CHANGES / 2] * 1e3, waited[CHANGES / 2] * 1e3,
	    len);
	bytes_done(&both[0]);
	bytes_done(&both[1]);
}

int main(void)
{
	struct policy *policy = make_policy();
	double before = 0;

	need(unshare(CLONE_NEWNET) == 0, "this needs root, for a network namespace of its own");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		double took = measure(policy, sizes[i]);

		if (i)
			printf("               %5.1f times the time of %u ports, for 10 times as "
			       "many\n",
			       took / before, sizes[i - 1]);
		before = took;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		measure_change(policy, sizes[i]);
	policy_free(policy);
	return 0;
}
