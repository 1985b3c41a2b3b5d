/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who got in: new flows from outside to containers, as conntrack tells of them.
 *
 * Theory of operation. Conntrack tells of a flow when its first packet has passed all rules, so
 * what was turned away is none. The flow's two tuples say what the sender addressed and who
 * answers. It is a visit where a container answers, or the host by the proxy of a published port or
 * the socket of a container in its namespace, and the sender is neither the host nor one of its
 * containers. The kernel loses events when too many come at once: then the count is too low, never
 * wrong otherwise.
 */
#pragma once

#include "base/error.h"
#include "clerk/tally.h"
#include "observe/snapshot.h"

struct visits;

/* Listens to conntrack. 0 or a negative errno with a sentence. */
int visits_new(struct visits **ret_visits, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
void visits_free(struct visits *visits);
DEFINE_CLEANUP(struct visits, visits_free);
/* A descriptor that can be read when there is something. */
int visits_fd(const struct visits *visits) __attribute__((nonnull));

/* Takes over who the host and its containers are. 0 or -ENOMEM; then nobody is. */
int visits_know(struct visits *visits, const struct snapshot *seen)
    __attribute__((nonnull, warn_unused_result));

/* Reads all that is there, and counts it. Whether a visit was. */
bool visits_read(struct visits *visits, struct tally *tally, time_t now) __attribute__((nonnull));

/* Reads one event of a new flow. False where it is none of an address and a port, or cut. */
bool visit_parse(const void *message, size_t len, struct sighting *ret_visit)
    __attribute__((nonnull));
