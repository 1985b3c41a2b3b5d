/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zones of a host: which zone a sender belongs to, by the interface that a packet comes in by and
 * its source address.
 *
 * Theory of operation. Each packet belongs to exactly one zone. By an engine's own bridge it is
 * `containers`, by lo `host`; no policy changes that. Else, of the zones that fit, the most
 * specific wins:
 *	1. one that names the interface before one that names it by a wildcard, the longer wildcard
 *	   first, and that before one that names no interface: an interface cannot be forged, a
 *	   source can;
 *	2. of those alike in 1, the one with the longest source prefix that holds the sender; a zone
 *	   without sources holds everybody, as 0.0.0.0/0 and ::/0 would.
 * Two zones cannot be alike in both: policy_read() refuses that. Where none fits it is `world`,
 * which holds nobody else: so an interface that was not there when the policy was written, or
 * that the default route moves to, is `world` unless a zone names it. One that the default route
 * has moved to since the policy was applied (policy_know_uplinks()) is `world` also where a zone
 * names it and no sources. Nothing else of routes decides.
 *
 * All packets in by one interface are one `zone_class`, whose spans say for each source address
 * which zone it is. Interfaces that no zone names share the class without a pattern. Pure.
 */
#pragma once

#include "intent/policy.h"
#include "intent/span.h"
#include "observe/snapshot.h"

/* Interfaces that are treated alike, and who stands behind them. */
struct zone_class {
	const char *pattern; /* "eth1", "wg*"; NULL: every interface that fits no other class */
	bool strange; /* the default route moved here: zones without sources do not hold it */
	/* For each address of both families its zone's number, without a gap. */
	struct spans spans;
};

struct zone_table {
	const struct policy *policy; /* borrowed */
	/* In the order of asking: names, then wildcards from the longest on, last the one with
	 * NULL. The first that fits an interface is its class. */
	VEC(struct zone_class) classes;
};

/*
 * Makes the table from a policy's zones and the snapshot's bridges. Both must outlive it. 0 or
 * -ENOMEM; the table is to be released either way.
 */
int zones_make(const struct policy *policy, const struct snapshot *snapshot,
               struct zone_table *table) __attribute__((nonnull, warn_unused_result));

void zones_done(struct zone_table *table);

/* The class of an interface; there always is one. Borrowed. */
const struct zone_class *zones_class(const struct zone_table *table, const char *interface)
    __attribute__((nonnull));

/* The zone of one sender, a zone_number or more. */
size_t zones_of(const struct zone_table *table, const char *interface, const struct address *source)
    __attribute__((nonnull));

/* Who of a class is meant by a list of sources, as exact runs; their values say nothing. */
int zones_spans(const struct zone_class *class, const struct policy_sources *sources,
                struct spans *ret_spans) __attribute__((nonnull, warn_unused_result));

/*
 * Who of a class is meant by a list of sources, as the fewest prefixes in order, disjoint: those of
 * the named zones, and the named prefixes whatever zone they are in. 0 or -ENOMEM.
 */
int zones_prefixes(const struct zone_class *class, const struct policy_sources *sources,
                   struct span_prefix_list *ret_prefixes)
    __attribute__((nonnull, warn_unused_result));

/* Whether a default route of the main table leaves by a link. */
bool zone_is_uplink(const struct snapshot *snapshot, const struct link *link)
    __attribute__((nonnull));

/* Whether an interface fits a name or a wildcard. */
bool interface_matches(const char *pattern, const char *interface) __attribute__((nonnull));
