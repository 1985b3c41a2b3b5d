/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Catches probes at the last moment before delivery, and counts them at the first.
 *
 * Probe ids are a tag, one for each catcher, and below it CATCH_INDEX_BITS of an index. Probes
 * whose index has CATCH_SELECTIVE are recorded at input only at selected ports. A catcher works in
 * the network namespace that it was made in, wherever the caller stands later.
 */
#pragma once

#include "base/error.h"
#include "prove/probe.h"

#define CATCH_TABLE "seawall_catch"

enum {
	CATCH_INDEX_BITS = 16,
	CATCH_SELECTIVE = 1 << 15,
	CATCH_TAG_MASK = (int)(UINT32_MAX << CATCH_INDEX_BITS),
	CATCH_ROOM = 16384, /* how many arrivals fit between two collections */
};

struct catcher;

/*
 * Puts the tables up. `live`: this is no twin, so only what answers to our own probes may be
 * dropped, and the tables must die with this process. 0 or a negative errno with a sentence;
 * -EBUSY when another process is probing here.
 */
int catcher_new(bool live, uint32_t tag, struct catcher **ret_catcher, struct error **ret_error)
    __attribute__((nonnull(3), warn_unused_result));

/* Whether frames that are bridged without being routed are caught (the kernel has that family). */
bool catcher_bridges(const struct catcher *catcher) __attribute__((nonnull));

/* Selects n ports of a protocol. 0 or a negative errno with a sentence. */
int catcher_select(struct catcher *catcher, uint8_t protocol, const uint16_t *ports, size_t n,
                   struct error **ret_error) __attribute__((nonnull(1), warn_unused_result));

/* Counts from now on what comes in by a link. Doing it twice is fine. */
int catcher_watch(struct catcher *catcher, uint32_t ifindex, const char *name,
                  struct error **ret_error) __attribute__((nonnull(1, 3), warn_unused_result));

/* How many probes have come in by a watched link since it is watched. */
int catcher_seen(struct catcher *catcher, uint32_t ifindex, uint64_t *ret_seen)
    __attribute__((nonnull, warn_unused_result));

/*
 * Takes the arrivals of probes `first_index` up to n more, and forgets all others. arrivals[] must
 * be zeroed; only those that arrived are written. *ret_arrived is how many.
 */
int catcher_collect(struct catcher *catcher, uint32_t first_index, size_t n,
                    struct arrival *arrivals, size_t *ret_arrived, struct error **ret_error)
    __attribute__((nonnull(1, 5), warn_unused_result));

/* Has the kernel trace each probe of one index from when it comes in. Doing it twice is fine. */
int catcher_trace(struct catcher *catcher, uint32_t index, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Takes the tables away. */
void catcher_free(struct catcher *catcher);
DEFINE_CLEANUP(struct catcher, catcher_free);
