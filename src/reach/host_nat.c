/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a translation does to a packet: net/netfilter/nf_nat_core.c, nf_nat_redirect.c and
 * xt_NETMAP.c.
 *
 * Of a range the kernel picks one by a hash that starts at random: which one is not known.
 */
#include "reach/host_walk_parts.h"

#include <linux/if_addr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <sys/socket.h>

/* Whether an address of a link is one that REDIRECT may take (nf_nat_redirect_ipv6_usable()). */
static bool may_redirect_to(const struct trip *trip, const struct ifaddr *own)
{
	struct address asked =
	    host_address(trip->family, trip->rules.packet.values[FIELD_DESTINATION]);

	if (own->ifindex != trip->in_ifindex || own->address.family != asked.family)
		return false;
	if (asked.family == AF_INET)
		return true;
	return (own->flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) != IFA_F_TENTATIVE &&
	       (!address_is_link_local(&asked) || address_is_link_local(&own->address));
}

/* REDIRECT: to the first address of the link that the packet came in by. */
static bool redirect_address(struct trip *trip, field_value *ret_address)
{
	vec_foreach(own, &trip->host->view->addresses) {
		if (!may_redirect_to(trip, own))
			continue;
		*ret_address = field_of_address(trip->family, own->address.bytes);
		return true;
	}
	return false;
}

/* NETMAP: the network's bits from the rule, the rest from the packet. */
static field_value netmap_address(const struct step *step, field_value address)
{
	field_value mask = ~(step->addresses.first ^ step->addresses.last);

	return (address & ~mask) | (step->addresses.first & mask);
}

/* The new address of a translation. False: there is none, and the kernel drops the packet. */
static bool new_address(struct trip *trip, const struct step *step, field_value *address)
{
	if (step->nat == NAT_REDIRECT)
		return redirect_address(trip, address);
	if (!step->nat_address)
		return true;
	if (step->nat == NAT_NETMAP) {
		*address = netmap_address(step, *address);
		return true;
	}
	if (step->addresses.first != step->addresses.last)
		(void)trip_ask(trip, "which address of its range a translation takes");
	*address = step->addresses.first;
	return true;
}

/* Whether a packet's protocol has ports that a translation can rewrite. */
static bool has_ports(const struct trip *trip)
{
	switch ((unsigned)trip->rules.packet.values[FIELD_PROTOCOL]) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

/* The new port of a translation. */
static void new_port(struct trip *trip, const struct step *step, field_value *port)
{
	if (!step->nat_port || !has_ports(trip))
		return;
	if (*port >= step->ports.first && *port <= step->ports.last)
		return; /* it is in the range, and stays */
	if (step->ports.first != step->ports.last)
		(void)trip_ask(trip, "which port of its range a translation takes");
	*port = step->ports.first;
}

/* Rewrites the destination, or drops the packet. */
static void translate_destination(struct trip *trip, const struct step *step)
{
	field_value *values = trip->rules.packet.values;
	field_value address = values[FIELD_DESTINATION], port = values[FIELD_DESTINATION_PORT];

	if (!new_address(trip, step, &address)) {
		trip_stop(trip, "the link has no address that REDIRECT could send it to");
		return;
	}
	new_port(trip, step, &port);
	if (address != values[FIELD_DESTINATION] || port != values[FIELD_DESTINATION_PORT])
		values[FIELD_CT_STATUS] |= IPS_DST_NAT;
	values[FIELD_DESTINATION] = address;
	values[FIELD_DESTINATION_PORT] = port;
}

/* Rewrites the source, as far as it is known; nothing that comes behind looks at more. */
static void translate_source(struct trip *trip, const struct step *step)
{
	field_value *values = trip->rules.packet.values;

	values[FIELD_CT_STATUS] |= IPS_SRC_NAT;
	if (step->nat == NAT_MASQUERADE || !step->nat_address)
		return;
	(void)new_address(trip, step, &values[FIELD_SOURCE]);
}

void trip_translate(struct trip *trip, unsigned hook)
{
	const struct step *step = trip->rules.nat;
	const struct walk_event by = trip->rules.nat_by;

	if (step->nat == NAT_TPROXY)
		return;
	if (hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT) {
		trip->end.nat = by;
		translate_destination(trip, step);
		trip_address_types(trip);
	} else {
		translate_source(trip, step);
	}
	trip_event(trip, (struct host_event){.kind = HOST_TRANSLATED, .hook = hook, .rule = by});
}
