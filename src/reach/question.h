/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of a ruleset, and what is taken for granted where nothing is said.
 *
 * The packet is the one that meets the hook: a translation before it has been done. Beyond what was
 * asked, these things hold of it, since they follow from the rest or are what anybody means:
 *   - an interface that was not named is any but lo; at input there is no outgoing one;
 *   - the state is new unless another was asked for; then it goes the original way and, if it is
 *     TCP, opens a connection (SYN and no other flag);
 *   - it is no fragment but perhaps the first;
 *   - it is for this host at input and for another at forward, broadcast and multicast by its
 *     destination; its source is no address of this host;
 *   - a port of its own goes with a protocol that has ports, and the other way round.
 */
#pragma once

#include "base/address.h"
#include "rules/chain_graph.h"
#include "reach/space.h"

struct reach_question {
	unsigned hook;                     /* NF_INET_LOCAL_IN or NF_INET_FORWARD */
	const char *in, *out;              /* names; NULL: any but lo */
	int protocol;                      /* IPPROTO_*, or -1: any */
	int source_port, destination_port; /* -1: any */
	struct prefix source, destination; /* address.family 0: any */
	enum packet_state state;
};

/* Whether a protocol has ports. */
bool protocol_has_ports(int protocol);

/* Whether packets of a family (NFPROTO_IPV4 or _IPV6) are asked for, and the ruleset speaks of
 * them. */
bool question_has_family(const struct reach_question *question, const struct ruleset *ruleset,
                         uint8_t family) __attribute__((nonnull));

/* The packets of a family that are asked for. 0 or -ENOMEM; to be released in any case. */
int question_limits(const struct reach_question *question, uint8_t family,
                    struct packet_limits *ret_limits) __attribute__((nonnull, warn_unused_result));
void packet_limits_done(struct packet_limits *limits) __attribute__((nonnull));

/* What was not asked for, as a phrase: "which interface it comes in by". */
const char *field_question(enum field field);
