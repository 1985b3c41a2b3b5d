/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an address or a packet is to this host, as iptables asks for it: addrtype and pkttype. */
#pragma once

#include "rules/ruleset.h"

#include <linux/rtnetlink.h>

/* Types of an address, as bits. */
enum {
	TYPE_UNSPEC = 1 << RTN_UNSPEC,
	TYPE_UNICAST = 1 << RTN_UNICAST,
	TYPE_LOCAL = 1 << RTN_LOCAL,
	TYPE_BROADCAST = 1 << RTN_BROADCAST,
	TYPE_ANYCAST = 1 << RTN_ANYCAST,
	TYPE_MULTICAST = 1 << RTN_MULTICAST,
	TYPE_UNREACHABLE = 1 << RTN_UNREACHABLE,
	/* Of IPv6, what the routing table is asked for; the others the address itself decides. */
	TYPES_ROUTED = TYPE_LOCAL | TYPE_ANYCAST | TYPE_UNREACHABLE,
	TYPES_OF_ADDRESS = TYPE_UNSPEC | TYPE_UNICAST | TYPE_MULTICAST,
};

/*
 * Adds a match of an address of NFPROTO_IPV4 or NFPROTO_IPV6 by its types; `field` is
 * FIELD_SOURCE_TYPE, FIELD_DESTINATION_TYPE or FIELD_DESTINATION_TYPE_IN. IPv4: it is of one of
 * them. IPv6: of all that are named of the address itself, and of any that the routing table says
 * (addrtype_mt6()). 0 or -ENOMEM.
 */
int rule_match_types(struct ruleset *ruleset, struct rule *rule, uint8_t family, enum field field,
                     unsigned types, bool negated) __attribute__((nonnull, warn_unused_result));

/*
 * Adds a match of the packet's type (PACKET_HOST, ...): what loops back counts as multicast or
 * broadcast by its destination (pkttype_mt()). 0 or -ENOMEM.
 */
int rule_match_packet_type(struct ruleset *ruleset, struct rule *rule, uint8_t family, uint8_t type,
                           bool negated) __attribute__((nonnull, warn_unused_result));
