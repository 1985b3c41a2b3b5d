/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the catcher's tables hold. */
#pragma once

#include "prove/catch.h"
#include "prove/nft_batch.h"

/* Where probes are caught: one base chain, and a set of arrivals for each address family. */
struct catch_point {
	uint8_t family; /* NFPROTO_INET or NFPROTO_BRIDGE */
	uint8_t hook;
	enum arrival_hook arrival;
	const char *chain;
	const char *sets[2]; /* of IPv4 and IPv6 */
};

enum { CATCH_POINTS = 3 };
extern const struct catch_point catch_points[CATCH_POINTS];

/* The set of a table that counts, for each catch point by number, what was caught there. */
#define CATCH_CAUGHT "caught"
/* The set that counts, for each link by index, what came in. */
#define CATCH_SEEN "seen"

/*
 * How long the key of an arrival is for addresses of a size. It is the id, the destination, its
 * port (two bytes and two of padding), the source, and the index of the outgoing link.
 */
static inline uint32_t catch_key_size(uint32_t address)
{
	return 12 + 2 * address;
}

/* Writes one family's table and all that is in it. */
void catch_rules_table(struct nft_batch *batch, uint8_t family, uint32_t tag, bool live)
    __attribute__((nonnull));
/* Writes the chain that counts what comes in by a link. */
void catch_rules_watch(struct nft_batch *batch, uint32_t ifindex, const char *name, uint32_t tag)
    __attribute__((nonnull));
/* Writes one port that selective probes are recorded at; another protocol's is ignored. */
void catch_rules_select(struct nft_batch *batch, uint8_t protocol, uint16_t port)
    __attribute__((nonnull));
/* Writes the rules that turn tracing on for one id. */
void catch_rules_trace(struct nft_batch *batch, uint32_t id) __attribute__((nonnull));
/* Writes the emptying of a set. */
void catch_rules_flush(struct nft_batch *batch, uint8_t family, const char *set)
    __attribute__((nonnull));
