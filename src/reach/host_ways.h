/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that may become of one packet, where something is not known.
 *
 * Theory of operation. The walk asks about each thing that is not known; here it is taken through
 * once for each combination of answers that it comes to ask for, the last answer changed first.
 * Two ends are the same if the packet gets to the same place.
 */
#pragma once

#include "reach/host_walk.h"

enum { HOST_WAYS_MOST = 128 }; /* walks for one packet */

struct host_ways {
	VEC(struct host_end) ends; /* at least one; each other than the rest */
	VEC(const char *) unknown; /* what was asked, in words, each once; borrowed */
	uint64_t looked;           /* bits of the fields that rules compared, on any of the ways */
	bool incomplete;           /* there are more combinations than were tried */
};

/* Finds them. 0, -ENOMEM, or -ENODEV when there is no such link. To be released in any case. */
int host_ways_find(const struct host *host, const struct host_packet *packet,
                   struct host_ways *ret_ways) __attribute__((nonnull, warn_unused_result));
void host_ways_done(struct host_ways *ways) __attribute__((nonnull));

/*
 * The way of a packet, step by step, of which wanted() holds; where nothing is open there is one
 * way, and where none is wanted the first that was tried is given. Fills ways with the ends that
 * were met on the search. The caller frees the events. Errors as above.
 */
int host_ways_follow(const struct host *host, const struct host_packet *packet,
                     bool (*wanted)(const struct host_end *end, const void *data), const void *data,
                     struct host_ways *ret_ways, struct host_events *ret_events,
                     struct host_end *ret_end)
    __attribute__((nonnull(1, 2, 3, 5, 6, 7), warn_unused_result));

/* Whether two ends are the same place. */
bool host_end_same(const struct host_end *a, const struct host_end *b) __attribute__((nonnull));
