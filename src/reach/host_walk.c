/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet through a whole host, from the link it arrives on to its end. */
#include "reach/host_walk_parts.h"

#include "rules/note.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct address host_address(uint8_t family, field_value value)
{
	uint8_t bytes[16];
	unsigned len = family == NFPROTO_IPV6 ? 16 : 4;

	for (unsigned i = 0; i < len; i++)
		bytes[i] = (uint8_t)(value >> 8 * (len - 1 - i));
	return address_make(family == NFPROTO_IPV6 ? AF_INET6 : AF_INET, bytes);
}

void trip_stop(struct trip *trip, const char *why)
{
	trip->over = true;
	trip->end.stop = why;
	trip->end.by = (struct walk_event){0};
}

bool trip_ask(struct trip *trip, const char *text)
{
	const struct step step = {.kind = STEP_UNKNOWN, .shared = true, .text = text};

	return trip->walk->oracle(trip->walk->oracle_data, &step, text, 0);
}

void trip_event(struct trip *trip, struct host_event event)
{
	const field_value *values = trip->rules.packet.values;
	struct host_event *slot;

	if (!trip->walk->keep_events)
		return;
	event.family = event.family ? event.family : trip->family;
	event.source = host_address(trip->family, values[FIELD_SOURCE]);
	event.destination = host_address(trip->family, values[FIELD_DESTINATION]);
	event.source_port = (uint16_t)values[FIELD_SOURCE_PORT];
	event.port = (uint16_t)values[FIELD_DESTINATION_PORT];
	event.mark = (uint32_t)values[FIELD_MARK];
	event.in_ifindex = trip->in_ifindex;
	event.out_ifindex = trip->out_ifindex;
	slot = vec_push(&trip->walk->events);
	if (slot)
		*slot = event;
	else
		trip->rules.status = -ENOMEM;
}

void trip_address_types(struct trip *trip)
{
	field_value *values = trip->rules.packet.values;
	struct address source = host_address(trip->family, values[FIELD_SOURCE]);
	struct address destination = host_address(trip->family, values[FIELD_DESTINATION]);
	const struct fib_question back = {.source = source,
	                                  .destination = destination,
	                                  .in_ifindex = trip->in_ifindex,
	                                  .tos = (uint8_t)(values[FIELD_DSCP] << 2)};

	values[FIELD_SOURCE_TYPE] = fib_address_type(trip->host->fib, &source, 0);
	values[FIELD_DESTINATION_TYPE] = fib_address_type(trip->host->fib, &destination, 0);
	values[FIELD_DESTINATION_TYPE_IN] =
	    fib_address_type(trip->host->fib, &destination, trip->in_ifindex);
	values[FIELD_REVERSE_PATH] = fib_reverse_path(trip->host->fib, &back);
}

/* The name of a link as a field has it; 0 for none. */
static field_value name_of(const struct trip *trip, uint32_t ifindex)
{
	const struct link *link = netview_link(trip->host->view, ifindex);

	return link ? field_of_name(link->name, false).first : 0;
}

/* Which of two that let a packet through is named: that of the later hook unless it says less. */
static void take_decider(struct trip *trip, const struct walk_event *by)
{
	const struct reach_note first = {trip->end.by.table, trip->end.by.chain, trip->end.by.rule};
	const struct reach_note second = {by->table, by->chain, by->rule};

	if (reach_note_replaces(&first, &second))
		trip->end.by = *by;
}

/* Takes the packet through one base chain. */
static void pass_base(struct trip *trip, uint32_t base, unsigned hook, uint8_t family)
{
	struct walk *rules = &trip->rules;
	size_t before = rules->events.n;
	struct walk_event by;
	bool accepted = ruleset_walk_base(rules, base, &by);

	for (size_t i = before; i < rules->events.n; i++)
		trip_event(trip, (struct host_event){.kind = HOST_RULE,
		                                     .hook = hook,
		                                     .family = family,
		                                     .rule = rules->events.items[i]});
	if (accepted) {
		take_decider(trip, &by);
		return;
	}
	trip->over = true;
	trip->end.by = by;
}

/* Conntrack: what the packet is to its flow, from here on. */
static void track(struct trip *trip, unsigned hook)
{
	field_value *values = trip->rules.packet.values;

	if (values[FIELD_STATE] == STATE_UNTRACKED)
		return;
	values[FIELD_STATE] = trip->asked->flow;
	values[FIELD_ORIGINAL_SOURCE] = values[FIELD_SOURCE];
	values[FIELD_ORIGINAL_DESTINATION] = values[FIELD_DESTINATION];
	values[FIELD_ORIGINAL_SOURCE_PORT] = values[FIELD_SOURCE_PORT];
	values[FIELD_ORIGINAL_DESTINATION_PORT] = values[FIELD_DESTINATION_PORT];
	if (trip->asked->flow != STATE_NEW)
		values[FIELD_CT_STATUS] |= IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED;
	trip_event(trip, (struct host_event){
	                     .kind = HOST_TRACKED, .hook = hook, .state = trip->asked->flow});
}

/* What a flow that is there makes of its packet's destination. */
static void follow_flow(struct trip *trip, unsigned hook)
{
	field_value *values = trip->rules.packet.values;
	const struct host_packet *asked = trip->asked;
	field_value address = field_of_address(trip->family, asked->destination.bytes);

	if (hook != NF_INET_PRE_ROUTING || !asked->destination.family ||
	    (address == values[FIELD_DESTINATION] && asked->port == values[FIELD_DESTINATION_PORT]))
		return;
	values[FIELD_CT_STATUS] |= IPS_DST_NAT;
	values[FIELD_DESTINATION] = address;
	values[FIELD_DESTINATION_PORT] = asked->port;
	trip_address_types(trip);
	trip_event(trip, (struct host_event){.kind = HOST_TRANSLATED, .hook = hook});
}

/*
 * Conntrack stands at prerouting between raw and mangle, and NAT's place for flows that are there
 * is where nat chains would run; both are no chains of the ruleset.
 */
struct milestones {
	bool tracked, translated;
};

/* Passes what stands before a priority. */
static void pass_milestones(struct trip *trip, unsigned hook, int priority,
                            struct milestones *passed)
{
	if (!passed->tracked && priority > NF_IP_PRI_CONNTRACK) {
		passed->tracked = true;
		if (hook == NF_INET_PRE_ROUTING && host_tracks(trip->host, trip->family))
			track(trip, hook);
	}
	if (!passed->translated && priority >= NF_IP_PRI_NAT_DST) {
		passed->translated = true;
		if (trip->rules.packet.values[FIELD_STATE] == STATE_ESTABLISHED)
			follow_flow(trip, hook);
	}
}

/* Takes the packet through a chain of type nat: one that translates is the last that it meets. */
static void pass_nat(struct trip *trip, const struct host_base *base, unsigned hook, bool *done)
{
	if (*done || trip->rules.packet.values[FIELD_STATE] != STATE_NEW ||
	    !host_tracks(trip->host, trip->family))
		return;
	pass_base(trip, base->chain, hook, trip->family);
	*done = trip->rules.nat != NULL;
	if (*done && !trip->over)
		trip_translate(trip, hook);
}

/*
 * TPROXY of xtables drops what no transparent socket takes; nft's goes on to the next rule, which
 * its reader has made a thing that is not known.
 */
static void pass_proxy(struct trip *trip)
{
	const struct step *step = trip->rules.nat;

	if (!step || step->nat != NAT_TPROXY || !trip->rules.nat_by.table->xtables || trip->over ||
	    trip_ask(trip, "whether a transparent socket takes what TPROXY gives it"))
		return;
	trip->over = true;
	trip->end.by = trip->rules.nat_by;
}

/* Takes the packet through any other chain. */
static void pass_filter(struct trip *trip, const struct host_base *base, unsigned hook)
{
	pass_base(trip, base->chain, hook, trip->family);
	pass_proxy(trip);
}

/* How far a packet is in the chains of a hook. */
struct hook_pass {
	unsigned hook;
	struct milestones passed;
	bool nat_done;
};

/* Takes the packet through one chain of a hook of IP. */
static void pass_chain(struct trip *trip, const struct host_base *base, struct hook_pass *pass)
{
	if (trip->over)
		return;
	pass_milestones(trip, pass->hook, base->priority, &pass->passed);
	trip->rules.nat = NULL;
	if (base->nat)
		pass_nat(trip, base, pass->hook, &pass->nat_done);
	else
		pass_filter(trip, base, pass->hook);
}

/* Whether, of chains at one priority, those of nftables come before those of iptables-legacy. */
static bool legacy_is_last(struct trip *trip, unsigned hook)
{
	static const char *const questions[HOST_HOOKS] = {
	    "at prerouting, whether iptables-legacy or nftables was there first",
	    "at input, whether iptables-legacy or nftables was there first",
	    "at forward, whether iptables-legacy or nftables was there first",
	    "at output, whether iptables-legacy or nftables was there first",
	    "at postrouting, whether iptables-legacy or nftables was there first",
	};

	return trip_ask(trip, questions[hook]);
}

/* Takes the packet through the chains of a hook of IP. */
static void pass_hook(struct trip *trip, unsigned hook)
{
	const struct host_bases *bases = host_bases_at(trip->host, trip->family, hook);
	struct hook_pass pass = {.hook = hook};

	for (size_t i = 0; i < bases->n && !trip->over; i++) {
		const struct host_base *base = &bases->items[i];

		if (!base->tied || !legacy_is_last(trip, hook)) {
			pass_chain(trip, base, &pass);
			continue;
		}
		for (size_t k = 0; k < base->tied; k++)
			if (!base[k].legacy)
				pass_chain(trip, &base[k], &pass);
		for (size_t k = 0; k < base->tied; k++)
			if (base[k].legacy)
				pass_chain(trip, &base[k], &pass);
		i += base->tied - 1;
	}
	if (!trip->over)
		pass_milestones(trip, hook, NF_IP_PRI_LAST, &pass.passed);
}

/* The ingress chains of the link. */
static void pass_ingress(struct trip *trip, const struct link *link)
{
	const struct chain_graph *graph = &trip->host->graph;

	for (uint32_t i = 0; i < graph->chains.n && !trip->over; i++) {
		const struct graph_chain *found = &graph->chains.items[i];
		const struct chain *chain = found->chain;
		bool here = !chain->device || strcmp(chain->device, link->name) == 0;

		for (unsigned j = 0; j < chain->n_devices; j++)
			here = here || strcmp(chain->devices[j], link->name) == 0;
		if (chain->base && found->table->family == NFPROTO_NETDEV &&
		    chain->hook == NF_NETDEV_INGRESS && !found->table->dormant && here)
			pass_base(trip, i, NF_NETDEV_INGRESS, NFPROTO_NETDEV);
	}
}

/* The chains of the bridge family. */
static void pass_bridge(struct trip *trip, unsigned hook)
{
	const struct host_bases *bases = &trip->host->bridge[hook];

	for (size_t i = 0; i < bases->n && !trip->over; i++)
		pass_base(trip, bases->items[i].chain, hook, NFPROTO_BRIDGE);
}

/* Asks routing, and ends the way if it has something against the packet. */
static struct fib_answer route(struct trip *trip)
{
	const field_value *values = trip->rules.packet.values;
	const struct fib_question question = {
	    .source = host_address(trip->family, values[FIELD_SOURCE]),
	    .destination = host_address(trip->family, values[FIELD_DESTINATION]),
	    .in_ifindex = trip->in_ifindex,
	    .mark = (uint32_t)values[FIELD_MARK],
	    .source_port = (uint16_t)values[FIELD_SOURCE_PORT],
	    .destination_port = (uint16_t)values[FIELD_DESTINATION_PORT],
	    .protocol = (uint8_t)values[FIELD_PROTOCOL],
	    .tos = (uint8_t)(values[FIELD_DSCP] << 2),
	};
	enum fib_drop drop;
	struct fib_answer answer = fib_input(trip->host->fib, &question, &drop);

	if (answer.unknown)
		(void)trip_ask(trip, answer.unknown);
	if (answer.type == RTN_UNICAST)
		trip->out_ifindex = answer.out_ifindex;
	trip->end.drop = drop;
	if (drop != FIB_TAKEN) {
		trip->over = true;
		trip->end.by = (struct walk_event){0};
	}
	trip_event(trip, (struct host_event){.kind = HOST_ROUTED,
	                                     .hook = NF_INET_PRE_ROUTING,
	                                     .route = answer,
	                                     .drop = drop});
	return answer;
}

/* To a socket of this host. */
static void deliver(struct trip *trip, const struct fib_answer *answer)
{
	if (answer->type == RTN_MULTICAST &&
	    !trip_ask(trip, "whether a socket of this host has joined the group")) {
		trip_stop(trip, "no socket of this host has joined the group");
		return;
	}
	pass_hook(trip, NF_INET_LOCAL_IN);
	if (!trip->over)
		trip->end.fate = HOST_LOCAL;
}

/* Out by another link. */
static void forward(struct trip *trip)
{
	field_value *values = trip->rules.packet.values;

	if (values[FIELD_PACKET_TYPE] != PACKET_HOST) {
		trip_stop(trip, "it came to all stations of its link, and such packets are not "
		                "forwarded");
		return;
	}
	if (values[FIELD_HOP_LIMIT] <= 1) {
		trip_stop(trip, "its hop limit is used up");
		return;
	}
	values[FIELD_HOP_LIMIT]--;
	values[FIELD_OUT] = name_of(trip, trip->out_ifindex);
	pass_hook(trip, NF_INET_FORWARD);
	if (!trip->over)
		pass_hook(trip, NF_INET_POST_ROUTING);
	if (!trip->over) {
		trip->end.fate = HOST_FORWARDED;
		trip->end.out_ifindex = trip->out_ifindex;
	}
}

/* Whether a rule gave the packet another address to go to. */
static bool address_changed(const struct trip *trip)
{
	return trip->rules.packet.values[FIELD_DESTINATION] !=
	       trip->asked->packet.values[FIELD_DESTINATION];
}

/* From one port of a bridge to another. */
static void cross_bridge(struct trip *trip)
{
	bool calls = trip->host->bridge_calls[trip->family == NFPROTO_IPV6];

	trip->out_ifindex = trip->in_ifindex;
	trip->rules.packet.values[FIELD_OUT] = name_of(trip, trip->out_ifindex);
	pass_bridge(trip, NF_INET_FORWARD);
	if (calls && !trip->over)
		pass_hook(trip, NF_INET_FORWARD);
	if (calls && !trip->over)
		pass_hook(trip, NF_INET_POST_ROUTING);
	if (!trip->over)
		trip->end.fate = HOST_BRIDGED;
}

/* What IPv6 does not even show to prerouting (ipv6_rcv()); IPv4 asks routing later. */
static void check_arrival(struct trip *trip, const struct link *link)
{
	const field_value *values = trip->rules.packet.values;
	struct address source = host_address(trip->family, values[FIELD_SOURCE]);
	struct address destination = host_address(trip->family, values[FIELD_DESTINATION]);
	bool loops = address_is_loopback(&source) || address_is_loopback(&destination);

	if (trip->family != NFPROTO_IPV6)
		return;
	if (loops && !(link->flags & IFF_LOOPBACK))
		trip_stop(trip, "the kernel takes no IPv6 loopback address from a wire");
	else if (address_is_multicast(&source))
		trip_stop(trip, "its source is a multicast address");
}

/* Prerouting by the hooks of IP; in a VRF it comes twice, the second time by the VRF's own link. */
static void pass_prerouting(struct trip *trip, const struct link *link)
{
	const struct link *master =
	    link->master ? netview_link(trip->host->view, link->master) : NULL;
	field_value *values = trip->rules.packet.values;

	pass_hook(trip, NF_INET_PRE_ROUTING);
	if (trip->over || !master || strcmp(master->kind, "vrf") != 0)
		return;
	/* Conntrack and NAT have had their say: the flow is not new to them any more. */
	(void)trip_ask(trip, "how rules see a packet the second time, as one of its VRF");
	trip->in_ifindex = master->index;
	trip_address_types(trip);
	values[FIELD_IN] = name_of(trip, master->index);
}

/*
 * A frame of a bridge to which a rule gave the address of another station of that bridge: it goes
 * straight there, if the station's link address is known; else it waits for an answer to ARP
 * (br_nf_pre_routing_finish_bridge()).
 */
static void return_to_bridge(struct trip *trip)
{
	if (trip_ask(trip, "whether the bridge knows the station that a rule sends a frame to"))
		cross_bridge(trip);
	else
		trip_stop(trip, "the bridge does not know the station that a rule sends it to");
}

/* Routed: to a socket, or on. `port`: it came in by a bridge whose frames IP's rules see. */
static void pass_routed(struct trip *trip, bool port)
{
	struct fib_answer answer = route(trip);

	if (trip->over)
		return;
	if (port && address_changed(trip) && answer.type == RTN_UNICAST &&
	    answer.out_ifindex == trip->in_ifindex)
		return_to_bridge(trip);
	else if (answer.type == RTN_UNICAST || answer.type == RTN_UNSPEC)
		forward(trip);
	else
		deliver(trip, &answer);
}

/*
 * A frame that is for another station of its bridge. If br_netfilter shows it to rules that give it
 * another address, routing is asked where that is: behind the bridge, or elsewhere
 * (br_nf_pre_routing_finish()).
 */
static void pass_bridged(struct trip *trip, const struct link *bridge, bool calls)
{
	if (calls)
		pass_prerouting(trip, bridge);
	if (trip->over)
		return;
	if (address_changed(trip))
		pass_routed(trip, true);
	else
		cross_bridge(trip);
}

/* Takes the packet from its link on. */
static void travel(struct trip *trip, const struct link *link)
{
	const struct link *ip_link = host_ip_link(trip->host, link);
	bool calls = ip_link != link && trip->host->bridge_calls[trip->family == NFPROTO_IPV6];
	field_value *values = trip->rules.packet.values;

	values[FIELD_IN] = name_of(trip, link->index);
	if (link->has_xdp)
		(void)trip_ask(trip, "what the XDP program of its link does");
	pass_ingress(trip, link);
	if (ip_link != link && !trip->over) {
		pass_bridge(trip, NF_INET_PRE_ROUTING);
		if (!trip->asked->bridged && !trip->over)
			pass_bridge(trip, NF_INET_LOCAL_IN);
	}
	if (trip->in_ifindex != ip_link->index) {
		trip->in_ifindex = ip_link->index;
		trip_address_types(trip);
	}
	values[FIELD_IN] = name_of(trip, ip_link->index);
	if (trip->over)
		return;
	if (trip->asked->bridged) {
		pass_bridged(trip, ip_link, calls);
		return;
	}
	check_arrival(trip, ip_link);
	if (!trip->over)
		pass_prerouting(trip, ip_link);
	if (!trip->over)
		pass_routed(trip, calls);
}

int host_walk(struct host_walk *walk, const struct host_packet *packet, struct host_end *ret_end)
{
	const struct link *link = netview_link(walk->host->view, packet->ifindex);
	struct trip trip = {
	    .walk = walk,
	    .host = walk->host,
	    .asked = packet,
	    .rules = {.graph = &walk->host->graph,
	              .oracle = walk->oracle,
	              .oracle_data = walk->oracle_data,
	              .packet = packet->packet,
	              .keep_events = walk->keep_events},
	    .family = (uint8_t)packet->packet.values[FIELD_FAMILY],
	    .in_ifindex = packet->ifindex,
	};
	field_value *values = trip.rules.packet.values;

	if (!link)
		return -ENODEV;
	/* Until conntrack has seen it, a packet has no flow, which rules take for invalid. */
	values[FIELD_STATE] = STATE_INVALID;
	trip_address_types(&trip);
	travel(&trip, link);
	trip.end.destination = host_address(trip.family, values[FIELD_DESTINATION]);
	trip.end.port = (uint16_t)values[FIELD_DESTINATION_PORT];
	vec_done(&trip.rules.events);
	walk->looked |= trip.rules.looked;
	if (trip.rules.status < 0)
		return trip.rules.status;
	*ret_end = trip.end;
	return 0;
}
