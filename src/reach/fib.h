/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a kernel with these routes and policy rules sends a packet.
 *
 * Theory of operation. Policy rules are tried in order; one that holds names a table, in which the
 * longest prefix wins, and within it the lowest metric. A route that throws, or is too short for
 * its rule, lets the next rule have its say. What comes in by a link is asked about twice: where
 * it goes, and whether the link is one that answers to its sender would leave by (rp_filter). The
 * sources are the kernel's net/ipv4/fib_rules.c, fib_trie.c, fib_frontend.c and route.c, and
 * net/ipv6/ip6_fib.c and ip6_input.c. Pure.
 */
#pragma once

#include "observe/netview.h"

struct fib;

/* What a lookup is about; what is not given is 0. */
struct fib_question {
	struct address source, destination; /* of one family */
	uint32_t in_ifindex;                /* 0: this host itself sends */
	uint32_t out_ifindex;               /* must leave by this link; 0: any */
	uint32_t mark;
	uint16_t source_port, destination_port;
	uint8_t protocol, tos;
};

struct fib_answer {
	uint8_t type;         /* RTN_*; RTN_UNSPEC where there is no route */
	uint32_t out_ifindex; /* 0 where it has none */
	struct address gateway;
	const struct route
	    *route; /* NULL where a policy rule itself refuses, or nothing is found */
	const struct policy_rule *rule;
	/* What the answer depends on beside the question, or NULL: several next hops, a VRF. */
	const char *unknown;
};

/* Gets ready; borrows the view until fib_free(). NULL without memory. */
struct fib *fib_new(const struct netview *view) __attribute__((nonnull));

/* The route that a packet takes (fib_lookup()). */
struct fib_answer fib_lookup(const struct fib *fib, const struct fib_question *question)
    __attribute__((nonnull));

/*
 * RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST, ...: what an address is to this host, as xtables'
 * addrtype and nft's "fib daddr type" see it; of one link where `ifindex` is not 0.
 */
uint8_t fib_address_type(const struct fib *fib, const struct address *address, uint32_t ifindex)
    __attribute__((nonnull));

/*
 * Whether the route to the source of a packet that came in by question->in_ifindex leaves by that
 * link, as nft's "fib saddr . iif oif" and xtables' rpfilter ask (nft_fib_ipv4.c, xt_rpfilter.c);
 * a packet of loopback always does. The mark is not asked for.
 */
bool fib_reverse_path(const struct fib *fib, const struct fib_question *question)
    __attribute__((nonnull));

/* Why a packet that came in goes no further than routing. */
enum fib_drop {
	FIB_TAKEN, /* it is not dropped */
	FIB_MARTIAN_SOURCE,
	FIB_MARTIAN_DESTINATION,
	FIB_REVERSE_PATH, /* rp_filter */
	FIB_NO_ROUTE,
	FIB_REFUSED,       /* by a blackhole, unreachable or prohibit route */
	FIB_NO_FORWARDING, /* the link or the host does not forward */
	FIB_DROPS
};
/* "rp_filter", ...: as a person may know it. */
const char *fib_drop_name(enum fib_drop drop);

/*
 * What routing does with a packet that came in by question->in_ifindex (ip_route_input_slow(),
 * ip6_route_input()): its answer, and in *ret_drop whether it goes on from there.
 */
struct fib_answer fib_input(const struct fib *fib, const struct fib_question *question,
                            enum fib_drop *ret_drop) __attribute__((nonnull));

void fib_free(struct fib *fib);
DEFINE_CLEANUP(struct fib, fib_free);
