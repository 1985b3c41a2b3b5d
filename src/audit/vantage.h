/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vantage points: where senders stand around one network namespace.
 *
 * Theory of operation. A vantage point is an interface and a class of source addresses. For each
 * class one or a few addresses are sent that stand for it: a free address of the link's subnet and
 * the neighbours that the host knows; an address behind each gateway; on each link, addresses that
 * belong elsewhere on this host (forged); for each engine network, a free address of it (another
 * container). The addresses are free ones, so that no rule made for the host's own can match by
 * accident, and each lies where the route back leads through the link, or rp_filter would answer
 * for the rules. Documentation prefixes (RFC 5737, RFC 3849) stand for the world.
 */
#pragma once

#include "audit/audit.h"

struct vantage {
	enum vantage_class class;
	uint32_t inject_ifindex; /* where the frame arrives */
	uint32_t in_ifindex;     /* the interface that IP sees: the same, or the bridge above it */
	const char *in;          /* its name, borrowed from the view */
	struct address source;   /* what is sent */
	struct prefix sources;   /* what it stands for */
	const struct prefix *parts; /* of these, where rules tell them apart; borrowed; NULL: all */
	size_t n_parts;
	uint16_t source_port; /* that it sends from; 0: PROBE_SOURCE_PORT */
	bool has_source_mac;  /* it sends from source_mac; else from the probes' usual address */
	uint8_t source_mac[6];
	bool rounded;  /* there are more parts than are told: these enclose them */
	bool enslaved; /* a foreign port of an engine's bridge (M45) */
	/* CONTAINER: the sender's network. SPOOFED: the network whose address is forged, or NULL.
	 */
	const struct engine_network *network;
};
VEC_TYPE(vantages, struct vantage);

/*
 * Adds the vantage points of a view. `snapshot` tells which bridges are the engine's; for a
 * container's own view none are. 0 or -ENOMEM.
 */
int vantages_find(const struct snapshot *snapshot, const struct netview *view,
                  struct vantages *vantages) __attribute__((nonnull, warn_unused_result));

/*
 * An address that stands for the world, never anybody's who sends: the first of a family is number
 * 0. False when there is no such number.
 */
bool vantage_world_address(unsigned number, uint8_t family, struct address *ret_address)
    __attribute__((nonnull));

/*
 * A free address of a prefix, from its end downwards, and in none of those `without` that are
 * narrower. False when there is none near.
 */
bool vantage_free_address(const struct netview *view, const struct prefix *prefix,
                          const struct prefixes *without, struct address *ret_address)
    __attribute__((nonnull));

/*
 * Leaves only what comes in by `in` (NULL: all); and of that, where `from` has a family, one
 * vantage point that sends from just there. -ENODEV with nothing left.
 */
int vantages_narrow(struct vantages *vantages, const char *in, const struct address *from)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* The engine's network whose bridge this link is, or NULL. Borrowed. */
const struct engine_network *vantage_bridge_network(const struct snapshot *snapshot,
                                                    const struct link *link)
    __attribute__((nonnull));

/* Whether strangers stand behind the link: up, not lo, not an engine's bridge nor a port of
 * anything. */
bool vantage_is_outside(const struct snapshot *snapshot, const struct netview *view,
                        const struct link *link) __attribute__((nonnull));

/*
 * Whether a host would take a packet from such an address at all (RFC 1122, 3.2.1.3; RFC 4291), and
 * a router bring it to the vantage point.
 */
bool vantage_can_send(const struct vantage *vantage, const struct address *address)
    __attribute__((nonnull));

/* Whether a vantage point speaks for the world: for most who are behind a default route. */
bool vantage_is_world(const struct vantage *vantage) __attribute__((nonnull));

/* Adds all senders that a vantage point speaks for to a set. 0 or -ENOMEM. */
int vantage_senders(const struct vantage *vantage, struct prefixes *senders)
    __attribute__((nonnull, warn_unused_result));
