/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intent: for each port of each container who should get in, and who says so.
 *
 * Theory of operation. A *port* here is one way to one container port: a published mapping (one for
 * each host address that the engine lists, so usually one for 0.0.0.0 and one for [::]), the
 * container's own address, a socket in the host's namespace, an address on the LAN, a port of
 * Swarm's mesh. What its bind address declares is the weakest source of intent; labels come above
 * it, the policy's `allow` entries above these. The strongest source that names a port replaces the
 * weaker ones; entries of the policy that name the same port add up. What an image says of itself
 * (labels that the container was not given) only takes away: see intent_labels.h.
 *
 * For those who build walls:
 *  - `allowed` is the whole truth about a port: zones and prefixes, sorted. Empty: nobody from
 *    outside. zones_prefixes() turns it into prefixes by interface.
 *  - `hands_off`: nobody asked for this container to be walled in (host network, macvlan, ipvlan
 *    and the policy does not name it). `allowed` then says what it is reported against.
 *  - The host itself and containers on the same network are never kept out, and are not listed.
 *    ZONE_CONTAINERS in `allowed` means containers of other networks.
 *  - A port that has no row of its own has that of its container and way with port 0.
 *  - `own_address`: meant for whoever enters by the interface that the host address is on. Others
 *    are weak host (M13): closed only with policy.strict_bind.
 *  - Policy speaks of mappings and names, never of a container's address: look addresses up anew
 *    in the snapshot that the intent was made of.
 * Pure: made from a policy and a snapshot, both of which it borrows from.
 */
#pragma once

#include "base/notes.h"
#include "intent/policy.h"
#include "intent/zone.h"

/* Which source of intent decided. */
enum intent_from { INTENT_BIND, INTENT_LABEL, INTENT_POLICY };

/* "bind", "label", "policy". */
const char *intent_from_name(enum intent_from from);

/* How a sender addresses a port. */
enum intent_way {
	WAY_PUBLISHED, /* a host address and port that the engine maps */
	WAY_DIRECT,    /* the container's own address on an engine's network */
	WAY_HOST,      /* a socket in the host's own namespace (network_mode: host) */
	WAY_LAN,       /* an address of its own on the LAN (macvlan, ipvlan) */
	WAY_MESH,      /* Swarm's routing mesh: any host address, any node */
};

struct intent_port {
	const struct container *container;   /* NULL: a port of Swarm's mesh */
	const struct swarm_service *service; /* NULL: a container's */
	enum intent_way way;
	const struct published_port *published; /* WAY_PUBLISHED: the mapping; else NULL */
	uint16_t host_port; /* WAY_PUBLISHED, WAY_MESH, WAY_HOST: what is addressed; else 0 */
	uint16_t port;      /* the container's; 0: all that have no row of their own */
	uint8_t protocol;   /* IPPROTO_*; 0 with port 0: all protocols */
	enum intent_from from;
	const char *said; /* where: "policy.yaml:12:5", "label seawall.allow.80"; NULL: bind */
	struct policy_sources allowed;
	bool hands_off, own_address;
	bool narrowed; /* a label took somebody away; `narrowed_by` says which */
	const char *narrowed_by;
};

struct intent {
	struct arena arena;
	const struct policy *policy;     /* borrowed */
	const struct snapshot *snapshot; /* borrowed */
	struct zone_table zones;
	/* By container in the snapshot's order, services last; within one by way, port, protocol.
	 */
	VEC(struct intent_port) ports;
	/* Sentences for people that make nothing incomplete: entries that match nothing or cannot
	 * work, labels that cannot be read. Those about the policy begin "file:line:column: ". */
	struct notes warnings;
	/* What could not be known: makes an answer incomplete. */
	struct notes incomplete;
};

/* 0 and an intent for intent_free(), or -ENOMEM. */
int intent_make(const struct policy *policy, const struct snapshot *snapshot,
                struct intent **ret_intent) __attribute__((nonnull, warn_unused_result));

/*
 * The row that speaks for a port: `published` for WAY_PUBLISHED (by value: host address, host port,
 * protocol), `port` for others. NULL when the container has no such way. Borrowed.
 */
const struct intent_port *intent_find(const struct intent *intent,
                                      const struct container *container, enum intent_way way,
                                      const struct published_port *published, uint16_t port,
                                      uint8_t protocol) __attribute__((nonnull(1)));

/* The row of a port of Swarm's mesh, or NULL. Borrowed. */
const struct intent_port *intent_find_mesh(const struct intent *intent, uint16_t host_port,
                                           uint8_t protocol) __attribute__((nonnull));

/* Whether somebody of a zone is meant by a list. */
bool intent_allows_zone(const struct policy_sources *allowed, size_t zone) __attribute__((nonnull));

void intent_free(struct intent *intent);
DEFINE_CLEANUP(struct intent, intent_free);
