/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which senders are alike to all rules of a host: by address, by the port that they send from, by
 * their address on the link. See vantage_split.h. Pure.
 */
#pragma once

#include "observe/netview.h"
#include "rules/chain_graph.h"

enum sender_trait { SENDER_ADDRESS, SENDER_PORT, SENDER_MAC, SENDER_TRAITS };

/* Values in a row that lie in intervals of the same lists. */
struct sender_kind {
	struct interval values;
	uint64_t kind; /* the same for all that are alike; 0: no rule names them */
};
VEC_TYPE(sender_kinds, struct sender_kind);

/* What is asked. */
struct sender_question {
	const struct chain_graph *graph;
	uint8_t family; /* NFPROTO_IPV4 or _IPV6 */
	enum sender_trait trait;
	/*
	 * The ports that packets go to, in rising order: rules for others do not matter. NULL: any.
	 */
	const uint16_t *ports;
	size_t n_ports;
	/* Whose rules of routing name senders, too. NULL: nobody's. */
	const struct netview *view;
};

/*
 * Fills in all values, in rising order and without a gap. Counts comparisons that no interval can
 * stand for. 0 or -ENOMEM.
 */
int sender_kinds_make(const struct sender_question *question, struct sender_kinds *kinds,
                      unsigned *scattered) __attribute__((nonnull, warn_unused_result));

/* The index of what holds a value. */
size_t sender_kinds_find(const struct sender_kinds *kinds, field_value value)
    __attribute__((nonnull));
uint64_t sender_kind_at(const struct sender_kinds *kinds, field_value value)
    __attribute__((nonnull));
