/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the model of the rules says of probes, beside what the kernel did. */
#include "audit/model.h"

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <sys/socket.h>

enum { ETHERNET = 14, IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_FLAGS = 13 };

/* A number of big-endian bytes. */
static field_value number(const uint8_t *bytes, unsigned len)
{
	field_value value = 0;

	for (unsigned i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* Fills what stands in the network header. */
static void read_header(const uint8_t *head, bool ipv4, field_value *values)
{
	values[FIELD_FAMILY] = ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	values[FIELD_SOURCE] = ipv4 ? number(head + 12, 4) : number(head + 8, 16);
	values[FIELD_DESTINATION] = ipv4 ? number(head + 16, 4) : number(head + 24, 16);
	values[FIELD_LENGTH] = ipv4 ? number(head + 2, 2) : number(head + 4, 2) + IPV6_HEADER;
	values[FIELD_HOP_LIMIT] = ipv4 ? head[8] : head[7];
	values[FIELD_DSCP] = ipv4 ? head[1] >> 2 : number(head, 2) >> 6 & 0x3f;
}

struct host_packet model_packet(const struct probe *probe)
{
	struct host_packet packet = {
	    .ifindex = probe->ifindex, .bridged = probe->l2_direct, .flow = STATE_NEW};
	field_value *values = packet.packet.values;
	bool ipv4 = probe->source.family == AF_INET;
	const uint8_t *head;
	uint8_t frame[FRAME_SIZE];

	/* What the rules see of it is read off its own frame. */
	(void)probe_frame(probe, 1, probe_source_mac, probe_source_mac, frame);
	head = frame + ETHERNET;
	read_header(head, ipv4, values);
	values[FIELD_PROTOCOL] = probe->protocol;
	values[FIELD_SOURCE_PORT] = probe->source_port;
	values[FIELD_DESTINATION_PORT] = probe->destination_port;
	if (probe->protocol == IPPROTO_TCP)
		values[FIELD_TCP_FLAGS] = head[(ipv4 ? IPV4_HEADER : IPV6_HEADER) + TCP_FLAGS];
	values[FIELD_PACKET_TYPE] = PACKET_HOST;
	values[FIELD_SOURCE_MAC] = number(
	    probe->has_source_mac ? probe->source_mac : probe_source_mac, sizeof(probe_source_mac));
	return packet;
}

enum host_fate model_fate(const struct arrival *arrival)
{
	static const enum host_fate fates[] = {
	    [ARRIVED_NOWHERE] = HOST_NOWHERE,
	    [ARRIVED_FORWARD] = HOST_FORWARDED,
	    [ARRIVED_LOCAL] = HOST_LOCAL,
	    [ARRIVED_BRIDGED] = HOST_BRIDGED,
	};

	return fates[arrival->hook];
}

bool model_agrees(const struct host_end *end, const struct arrival *arrival)
{
	if (end->fate != model_fate(arrival))
		return false;
	if (end->fate == HOST_NOWHERE || end->fate == HOST_BRIDGED)
		return true;
	return address_equal(&end->destination, &arrival->destination) &&
	       end->port == arrival->destination_port &&
	       (end->fate != HOST_FORWARDED || end->out_ifindex == arrival->out_ifindex);
}

bool model_allows(const struct host_ways *ways, const struct arrival *arrival)
{
	vec_foreach(end, &ways->ends)
		if (model_agrees(end, arrival))
			return true;
	return false;
}

const char *model_fate_words(struct arena *arena, const struct netview *view, enum host_fate fate,
                             const struct address *to, uint16_t port, uint32_t out_ifindex)
{
	const struct link *out = netview_link(view, out_ifindex);
	char text[ADDRESS_TEXT];

	switch (fate) {
	case HOST_NOWHERE:
		return "it is stopped";
	case HOST_BRIDGED:
		return "it crosses its bridge";
	case HOST_LOCAL:
		return arena_printf(arena, "this host gets it as %s port %u",
		                    address_format(to, text), port);
	case HOST_FORWARDED:
		break;
	}
	return arena_printf(arena, "it leaves by %s for %s port %u", out ? out->name : "no link",
	                    address_format(to, text), port);
}
