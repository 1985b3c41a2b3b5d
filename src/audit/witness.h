/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Witnesses: which packets to send, so that every path of every endpoint is tried from every
 * vantage point.
 *
 * Theory of operation. Targets are addresses and ports worth addressing: each host port that is
 * published, owned by an engine, a host-network container or a known relay, or named by a rule that
 * rewrites destinations, at each address of the host, its loopbacks and (UDP) its broadcasts; and
 * each endpoint's own address. Probes are targets times vantage points, less what cannot happen
 * (a router carries no 127/8, a link-local address lives on one link). Where a rule rewrites ports
 * that cannot be read off, or the user asked for all, whole sweeps are added. Pure.
 */
#pragma once

#include "audit/audit.h"
#include "audit/endpoint.h"
#include "audit/vantage.h"
#include "rules/listing/text.h"

/* What a probe addresses. */
enum target_kind { TARGET_HOST, TARGET_LOOPBACK, TARGET_BROADCAST, TARGET_DIRECT };

struct witness {
	uint32_t vantage; /* index into vantages */
	enum target_kind target;
};

/* All ports of one address from one vantage point. */
struct sweep {
	struct probe probe; /* destination port to be filled in */
	struct witness witness;
};

struct witnesses {
	VEC(struct probe) probes;
	VEC(struct witness) of; /* of.items[i] says what probes.items[i] is for */
	VEC(struct sweep) sweeps;
	size_t boundaries;          /* of the probes, those of witnesses_add_boundaries() */
	unsigned senders_left_out;  /* senders in networks beyond the cap: not tried */
	unsigned gateways_left_out; /* bridge gateways beyond the cap: their ports were tried on
	                               others */
};

/* Fills witnesses for the host's own view. 0 or -ENOMEM. */
int witnesses_make(const struct audit *audit, const struct audit_options *options,
                   const struct vantages *vantages, struct witnesses *witnesses)
    __attribute__((nonnull, warn_unused_result));

/* Fills witnesses for one container's own view (macvlan, ipvlan): its endpoints only. 0 or -ENOMEM.
 */
int witnesses_make_l2(const struct audit *audit, const struct audit_options *options,
                      const struct container *container, const struct vantages *vantages,
                      struct witnesses *witnesses) __attribute__((nonnull, warn_unused_result));

/*
 * Adds what a container that forges frames could send to the host's own services on loopback (M16),
 * if the vantage point is such a container's; nothing for another. 0 or -ENOMEM.
 */
int witnesses_add_loopback(const struct audit *audit, const struct audit_options *options,
                           const struct vantages *vantages, size_t vantage,
                           struct witnesses *witnesses)
    __attribute__((nonnull, warn_unused_result));

/*
 * Sends some of a vantage point's probes, those from number `first` on, also from other addresses
 * of the senders that it speaks for, if rules tell these apart from others. 0 or -ENOMEM.
 */
int witnesses_add_boundaries(const struct vantage *vantage, size_t first,
                             struct witnesses *witnesses)
    __attribute__((nonnull, warn_unused_result));

void witnesses_done(struct witnesses *witnesses) __attribute__((nonnull));

/*
 * The ports that probes go to, in an array that the caller frees: host ports and the endpoints'
 * own. *ret_any: sweeps go to all others, too. 0 or -ENOMEM.
 */
int witness_ports(const struct audit *audit, const struct audit_options *options,
                  struct ports *ret_ports, bool *ret_any)
    __attribute__((nonnull, warn_unused_result));

/* Whether the user's choice of protocols includes this one. */
bool witness_protocol_wanted(const struct audit_options *options, uint8_t protocol)
    __attribute__((nonnull));

/* A probe from a vantage point to a target. */
struct probe witness_probe(const struct vantage *vantage, const struct address *destination,
                           uint16_t port, uint8_t protocol) __attribute__((nonnull));
