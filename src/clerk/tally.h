/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who was seen - turned away, or let in - counted by sender and port until somebody takes it.
 *
 * Theory of operation. The table is of fixed size, and in a flood of senders it stays so: when it
 * is three quarters full, and when an hour has seen very many, new senders are counted by their
 * network (IPv4 /16, IPv6 /32), and when it is full all of them as one.
 */
#pragma once

#include "base/address.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct sighting {
	struct prefix source;
	struct address to; /* what the sender addressed */
	uint16_t port;     /* 0: of a protocol without ports */
	uint8_t protocol;  /* IPPROTO_* */
	uint8_t path;      /* enum reach_path, of who got in */
	uint32_t ifindex;  /* that it came in by; 0: not told */
	struct address at; /* who answers, of who got in; family 0 else */
	uint16_t at_port;
	uint64_t count;
	time_t first, last;
};

struct tally;

/* An empty one; NULL without memory. */
struct tally *tally_new(void);
void tally_free(struct tally *tally);
DEFINE_CLEANUP(struct tally, tally_free);

/* Counts one. */
void tally_count(struct tally *tally, const struct sighting *sighting) __attribute__((nonnull));

/* Calls see() for each that was counted, and forgets them. Returns how many. */
size_t tally_take(struct tally *tally, void (*see)(const struct sighting *sighting, void *data),
                  void *data) __attribute__((nonnull(1, 2)));
