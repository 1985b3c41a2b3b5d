/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mechanisms: by which known way a port got out, in words.
 *
 * The numbers are those of docs/exposures.md. Texts are templates in one table; names in
 * braces are filled from a struct mechanism_facts. Pure.
 */
#pragma once

#include "audit/audit.h"

/* Everything a sentence may want to name. NULL fields read as "?". */
struct mechanism_facts {
	const char *to;        /* what the sender addressed: "192.0.2.10:1234" */
	const char *at;        /* the endpoint: "172.18.0.2:80" */
	const char *published; /* "127.0.0.1:1234", "every address", "nothing" */
	const char *in;        /* interface the packet came in by */
	const char *owner_if;  /* interface that owns the address */
	const char *engine;    /* "Docker 20.10.24" */
	const char *firewall;  /* "ufw", "firewalld", "your INPUT rules" */
	const char *rule;      /* text of the deciding rule */
	const char *rule_owner;
	const char *network, *container;
	const char *net;          /* the network's subnet: "172.18.0.0/16" */
	const char *bridge;       /* the network\'s bridge interface */
	const char *iptables;     /* "iptables" or "ip6tables", by the endpoint\'s family */
	const char *mode;         /* what the network asks for: "gateway mode routed" */
	const char *relay, *what; /* a process, and what it is */
	const char *policy;       /* "policy.yaml:3:1 does not let world in" */
	unsigned port;            /* the host port where there is one, else the container's */
	uint8_t protocol;         /* of the port, 0 where a bare number is wanted */
};

enum mechanism {
	M01_BYPASS,
	M02_RELAY_V6,
	M06_DEFAULT_ADDRESS,
	M07_GATEWAY_NETWORK,
	M08_HOST_NETWORK,
	M09_SWARM,
	M10_INGRESS_LOOPBACK,
	M10_INGRESS_ACCEPT,
	M11_LOOPBACK_WIRE,
	M12_PROTECTION_GONE,
	M13_WEAK_HOST,
	M14_FORGOTTEN_ADDRESS,
	M15_ROUTE_LOCALNET,
	M16_HOST_LOOPBACK,
	M17_DIRECT_PUBLISHED,
	M18_DIRECT_UNPUBLISHED,
	M19_ACCEPT_IN_FRONT,
	M20_MODE,
	M21_NO_IPTABLES,
	M22_NO_IP6TABLES,
	M23_FOREIGN_DNAT,
	M24_REDIRECT,
	M25_POST_DNAT,
	M26_SELECTOR,
	M27_AFTER_RETURN,
	M28_FLOWS,
	M29_LINK_LOCAL,
	M30_BROADCAST,
	M31_SECOND_DOOR,
	M36_STALE,
	M37_NOT_HOOKED,
	M41_UNKNOWN,
	M44_MACVLAN,
	M45_ENSLAVED,
	M46_OVERLAY,
	M46_VXLAN,
	M49_PODMAN,
	M52_CONTAINERS,
	M52_DIRECT,
	M54_API,
	M55_RELAY,
	M55_TUNNEL,
	M55_PAST_PROXY, /* a web proxy leads there, and it is open beside it */
	M55_PAST_GUARD, /* the same, and the proxy asks for something */
	M55_UNGUARDED,  /* a web proxy leads there and asks for nothing */
	M55_NOWHERE,    /* a web proxy leads where nothing answers */
	M58_INTERNAL,
	M00_DISAGREE, /* the kernel did otherwise than its rules read */
	M00_POLICY,   /* open by its bind address, closed by label or policy */
	M00_CLOSED,   /* an outage: a rule stops what was meant to get in */
	M00_NOWHERE,  /* an outage: no rule leads it on and nobody takes it */
	MECHANISMS
};

/* "M11"; "-" for outages. */
const char *mechanism_id(enum mechanism mechanism);

/* The why and the fix, filled in; borrowed from the arena, NULL when memory is out. */
const char *mechanism_why(enum mechanism mechanism, const struct mechanism_facts *facts,
                          struct arena *arena) __attribute__((nonnull));
const char *mechanism_fix(enum mechanism mechanism, const struct mechanism_facts *facts,
                          struct arena *arena) __attribute__((nonnull));

/* By which mechanism a reach entry that was not meant came about. */
enum mechanism mechanism_of(const struct audit *audit, const struct audit_endpoint *endpoint,
                            const struct reach_entry *entry) __attribute__((nonnull));
