/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small host in namespaces, for tests that send packets: eth0 (10) towards outsiders, c0 (11)
 * towards a container network, a bridge br0 (20) with ports p0 (21) and p1 (22).
 *
 * Needs root for namespaces of its own; the machine's own is never touched. Where that is not
 * allowed, prove_host_new() says so and ends the process with 77.
 */
#pragma once

#include "observe/netview.h"
#include "prove/prove.h"

enum { ETH0 = 10, C0 = 11, BR0 = 20, P0 = 21, P1 = 22 };

/* Makes the host, loads a ruleset of nft, and reads it into the view. */
void prove_host_new(const char *ruleset);
void prove_host_free(void);

/* The host as a twin would be: its namespace, its links' far ends, and where we came from. */
extern struct twin prove_host;
extern struct netview prove_host_view;

/* Runs a shell command in the host's namespace, which must work; its output, cut to 64 kB. */
const char *prove_host_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same on the far side. */
const char *prove_host_run_far(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A probe from a source to a destination and port, over a link. */
struct probe prove_host_probe(uint32_t ifindex, uint8_t protocol, const char *source,
                              const char *destination, uint16_t port);
