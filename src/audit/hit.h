/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hits: what an arrived probe means - which endpoint it reached and by which path.
 *
 * A packet that was about to leave for a container's address and port reached that endpoint; one
 * that was about to be given to a socket reached whoever holds it: the userland proxy of a
 * published port, a host-network container, the engine itself, a relay, or nobody, which is no hit.
 * Pure.
 */
#pragma once

#include "audit/endpoint.h"
#include "audit/witness.h"

struct hit {
	size_t endpoint; /* SIZE_MAX: a process of the host itself, see owner */
	size_t entry;    /* in the endpoint's reach, once judged; SIZE_MAX: none */
	enum reach_path path;
	uint32_t vantage;
	const struct published_port *published; /* the mapping that was used, or NULL */
	const struct socket *socket;            /* LOCAL: the socket that would have got it */
	struct probe probe;
	struct arrival arrival;
	uint64_t order;  /* of the probe among all that were sent; the proof's own */
	uint32_t passes; /* bits of the passes in which it was seen; the proof's own */
};
VEC_TYPE(hits, struct hit);

/* Adds the hit that an arrival is, if it is one. 0 or -ENOMEM. */
int hit_add(const struct endpoint_index *index, const struct vantages *vantages,
            const struct witness *witness, const struct probe *probe, const struct arrival *arrival,
            struct hits *hits) __attribute__((nonnull, warn_unused_result));

/* The same inside a container's own view: only its own endpoints count. */
int hit_add_l2(const struct endpoint_index *index, const struct witness *witness,
               const struct probe *probe, const struct arrival *arrival, struct hits *hits)
    __attribute__((nonnull, warn_unused_result));
