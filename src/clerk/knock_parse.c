/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet of the log group (linux/netfilter/nfnetlink_log.h): who sent it, and to what. */
#include "clerk/knocks.h"

#include "rules/listing/wire.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

enum { NFULA_CT_ATTRIBUTE = 18 }; /* NFULA_CT, Linux 4.4 */

/* Two bytes as a number. */
static uint16_t number_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Reads the headers of a packet. False where it is cut. */
static bool read_packet(struct span packet, struct sighting *knock)
{
	size_t head;

	if (packet.len < sizeof(struct iphdr))
		return false;
	if (packet.data[0] >> 4 == 4) {
		head = (size_t)(packet.data[0] & 15) * 4;
		knock->protocol = packet.data[9];
		knock->source.address = address_make(AF_INET, packet.data + 12);
		knock->source.len = 32;
		knock->to = address_make(AF_INET, packet.data + 16);
	} else if (packet.data[0] >> 4 == 6 && packet.len >= sizeof(struct ip6_hdr)) {
		head = sizeof(struct ip6_hdr);
		knock->protocol = packet.data[6];
		knock->source.address = address_make(AF_INET6, packet.data + 8);
		knock->source.len = 128;
		knock->to = address_make(AF_INET6, packet.data + 24);
	} else {
		return false;
	}
	if ((knock->protocol == IPPROTO_TCP || knock->protocol == IPPROTO_UDP ||
	     knock->protocol == IPPROTO_SCTP) &&
	    packet.len >= head + 4)
		knock->port = number_at(packet.data + head + 2);
	return true;
}

/* Takes over what the sender addressed, where conntrack tells: the packet may be translated. */
static void read_flow(struct span flow, struct sighting *knock)
{
	struct attrs attrs = attrs_read(flow), tuple, ip, protocol;
	struct span address, port;

	tuple = attrs_read(attrs.by_type[CTA_TUPLE_ORIG]);
	ip = attrs_read(tuple.by_type[CTA_TUPLE_IP]);
	protocol = attrs_read(tuple.by_type[CTA_TUPLE_PROTO]);
	address = ip.by_type[knock->to.family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST];
	port = protocol.by_type[CTA_PROTO_DST_PORT];
	if (address.len == address_size(knock->to.family))
		knock->to = address_make(knock->to.family, address.data);
	if (port.len == 2)
		knock->port = number_at(port.data);
}

bool knock_parse(const void *message, size_t len, struct sighting *ret_knock)
{
	const size_t head = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
	struct attrs attrs;

	if (len < head)
		return false;
	attrs = attrs_read((struct span){(const uint8_t *)message + head, len - head});
	if (!read_packet(attrs.by_type[NFULA_PAYLOAD], ret_knock))
		return false;
	ret_knock->ifindex = attr_u32(attrs.by_type[NFULA_IFINDEX_INDEV], 0);
	read_flow(attrs.by_type[NFULA_CT_ATTRIBUTE], ret_knock);
	return true;
}
