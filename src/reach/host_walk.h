/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet through a whole host, from the link it arrives on to its end.
 *
 * Theory of operation. The packet takes the kernel's way (net/ipv4/ip_input.c, ip_forward.c,
 * ip_output.c and their IPv6 twins, net/bridge/br_netfilter_hooks.c, drivers/net/vrf.c): ingress
 * chains of its link; prerouting, in which conntrack gives it a state and, once a flow, NAT a new
 * destination; routing, with rp_filter; input, or forward and postrouting. What a rule writes into
 * marks goes with the packet. It ends where prove's catcher stands: before a socket of this host,
 * or before it leaves by a link.
 *
 * What is not known is asked of an oracle, rule by rule; what this model leaves out is one thing
 * more that is not known, and named. Pure.
 */
#pragma once

#include "reach/host.h"
#include "rules/ruleset_walk.h"

/* What arrives. */
struct host_packet {
	uint32_t ifindex; /* the link that the frame arrives on */
	/* Family, protocol, addresses, ports, flags, length, hop limit, packet type: as sent. All
	 * else is filled in on the way. */
	struct packet packet;
	bool bridged; /* the frame is for another station of a bridge, not for this host */
	/*
	 * STATE_NEW for a packet without a flow; ESTABLISHED for one of a flow's original
	 * direction, whose translation then makes it go to `destination`, `port`.
	 */
	enum packet_state flow;
	struct address destination;
	uint16_t port; /* host byte order */
};

enum host_event_kind {
	HOST_RULE,       /* a rule that matched, or a policy */
	HOST_TRACKED,    /* conntrack looked at it */
	HOST_TRANSLATED, /* a rule, or its flow, rewrote an address or port */
	HOST_ROUTED,     /* routing was asked */
};

/* One thing that happened to a packet. Borrowed from the host. */
struct host_event {
	enum host_event_kind kind;
	unsigned hook;           /* NF_INET_* */
	uint8_t family;          /* NFPROTO_*: _BRIDGE and _NETDEV for chains below IP */
	struct walk_event rule;  /* RULE, TRANSLATED; no chain: its flow did */
	enum packet_state state; /* TRACKED */
	/* The packet behind it. */
	struct address source, destination;
	uint16_t source_port, port;
	uint32_t mark, in_ifindex, out_ifindex;
	struct fib_answer route; /* ROUTED */
	enum fib_drop drop;
};

VEC_TYPE(host_events, struct host_event);

enum host_fate {
	HOST_NOWHERE,   /* dropped or refused */
	HOST_LOCAL,     /* a socket of this host would get it, if there is one */
	HOST_FORWARDED, /* it leaves by a link, routed */
	HOST_BRIDGED,   /* it leaves by a port of its bridge, not routed */
};

/* What became of a packet. */
struct host_end {
	enum host_fate fate;
	struct address destination; /* after translation */
	uint16_t port;
	uint32_t out_ifindex; /* FORWARDED */
	/* The rule or policy that decided: it dropped, or let through. No chain: none did. */
	struct walk_event by;
	struct walk_event nat; /* the rule that translated the destination; no chain: none */
	enum fib_drop drop;    /* what routing had against it */
	const char *stop;      /* another reason why it goes no further, in words; or NULL */
};

struct host_walk {
	const struct host *host; /* borrowed */
	walk_oracle oracle;      /* as in ruleset_walk.h; step and text may be of this model */
	void *oracle_data;
	bool keep_events;
	struct host_events events; /* in order; the caller releases them */
	uint64_t looked;           /* bits of the fields that rules compared are added here */
};

/* Takes a packet through. 0 or -ENOMEM; -ENODEV when there is no such link. */
int host_walk(struct host_walk *walk, const struct host_packet *packet, struct host_end *ret_end)
    __attribute__((nonnull, warn_unused_result));

/* The address that a field of a packet of NFPROTO_IPV4 or _IPV6 has. */
struct address host_address(uint8_t family, field_value value);
