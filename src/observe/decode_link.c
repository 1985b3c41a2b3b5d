/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes links, their addresses and their neighbours from rtnetlink messages. */
#include "observe/decode.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { MAC_LEN = 6, KIND_MAX = 64 };

/* Whether the kernel would take a link's name (dev_valid_name()): it ends up in paths. */
static bool link_name_valid(const char *name)
{
	return strlen(name) < IFNAMSIZ && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !strpbrk(name, "/: \t\n\v\f\r\xa0");
}

/* Copies a MAC, and says whether it is one of six bytes. */
static bool copy_mac(const struct nlattr *attribute, uint8_t mac[static MAC_LEN])
{
	if (!attribute || attribute_len(attribute) != MAC_LEN)
		return false;
	memcpy(mac, attribute_data(attribute), MAC_LEN);
	return true;
}

/* Reads what is nested in a link: its kind, and whether a program of XDP is attached. */
static int decode_link_nests(const struct decoder *decoder, const struct nlattr *const *table,
                             struct link *link)
{
	const struct nlattr *info[IFLA_INFO_KIND + 1], *xdp[IFLA_XDP_ATTACHED + 1];
	uint8_t attached = XDP_ATTACHED_NONE;
	int status = 0;

	link->kind = "";
	if (table[IFLA_LINKINFO]) {
		status = decode_nested(decoder, table[IFLA_LINKINFO], info, TABLE_LEN(info));
		if (status == 0)
			status =
			    decode_string(decoder, info[IFLA_INFO_KIND], KIND_MAX, &link->kind);
	}
	if (status == 0 && table[IFLA_XDP]) {
		status = decode_nested(decoder, table[IFLA_XDP], xdp, TABLE_LEN(xdp));
		if (status == 0)
			status = decode_value(decoder, xdp[IFLA_XDP_ATTACHED], &attached,
			                      sizeof(attached));
	}
	link->has_xdp = attached != XDP_ATTACHED_NONE;
	return status;
}

int decode_link(const struct decoder *decoder)
{
	const struct nlattr *table[IFLA_XDP + 1];
	struct link link = {0}, *slot;
	struct ifinfomsg header;
	int status;

	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	/* AF_BRIDGE messages tell of ports, not of links. */
	if (header.ifi_family != AF_UNSPEC)
		return 0;
	status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));
	if (status < 0)
		return status;
	link.index = (uint32_t)header.ifi_index;
	link.flags = header.ifi_flags;
	link.type = header.ifi_type;
	link.has_mac = copy_mac(table[IFLA_ADDRESS], link.mac);
	link.peer_elsewhere = table[IFLA_LINK_NETNSID] != NULL;
	if ((status = decode_string(decoder, table[IFLA_IFNAME], IFNAMSIZ, &link.name)) < 0 ||
	    (status = decode_value(decoder, table[IFLA_MASTER], &link.master, 4)) < 0 ||
	    (status = decode_value(decoder, table[IFLA_LINK], &link.parent, 4)) < 0 ||
	    (status = decode_value(decoder, table[IFLA_MTU], &link.mtu, 4)) < 0 ||
	    (status = decode_link_nests(decoder, table, &link)) < 0)
		return status;
	if (header.ifi_index <= 0)
		return decode_bad(decoder, "a link's index is not positive");
	if (!link.name || !link_name_valid(link.name))
		return decode_bad(decoder, "a link has no name that the kernel would take");
	slot = vec_push(&decoder->view->links);
	if (!slot)
		return -ENOMEM;
	*slot = link;
	return 0;
}

int decode_ifaddr(const struct decoder *decoder)
{
	const struct nlattr *table[IFA_FLAGS + 1];
	struct ifaddr ifaddr = {0}, *slot;
	struct ifaddrmsg header;
	struct address other = {0};
	uint8_t family;
	int status;

	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	family = header.ifa_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (header.ifa_prefixlen > address_size(family) * 8)
		return decode_bad(decoder, "a prefix is longer than an address");
	status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));
	if (status < 0)
		return status;
	ifaddr.ifindex = header.ifa_index;
	ifaddr.flags = header.ifa_flags;
	ifaddr.prefix_len = header.ifa_prefixlen;
	ifaddr.scope = header.ifa_scope;
	if ((status = decode_value(decoder, table[IFA_FLAGS], &ifaddr.flags, 4)) < 0 ||
	    (status = decode_address(decoder, table[IFA_LOCAL], family, &ifaddr.address)) < 0 ||
	    (status = decode_address(decoder, table[IFA_ADDRESS], family, &other)) < 0 ||
	    (status = decode_address(decoder, table[IFA_BROADCAST], family, &ifaddr.broadcast)) < 0)
		return status;
	if (!ifaddr.address.family)
		ifaddr.address = other;
	else if (other.family && !address_equal(&other, &ifaddr.address))
		ifaddr.peer = other;
	if (!ifaddr.address.family)
		return decode_bad(decoder, "an address message has no address");
	slot = vec_push(&decoder->view->addresses);
	if (!slot)
		return -ENOMEM;
	*slot = ifaddr;
	return 0;
}

int decode_neighbour(const struct decoder *decoder)
{
	const struct nlattr *table[NDA_LLADDR + 1];
	struct neighbour neighbour = {0}, *slot;
	struct ndmsg header;
	int status;

	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	if (header.ndm_family != AF_INET && header.ndm_family != AF_INET6)
		return 0;
	status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));
	if (status == 0)
		status =
		    decode_address(decoder, table[NDA_DST], header.ndm_family, &neighbour.address);
	if (status < 0)
		return status;
	if (!neighbour.address.family)
		return decode_bad(decoder, "a neighbour has no address");
	neighbour.ifindex = (uint32_t)header.ndm_ifindex;
	neighbour.state = header.ndm_state;
	neighbour.has_mac = copy_mac(table[NDA_LLADDR], neighbour.mac);
	slot = vec_push(&decoder->view->neighbours);
	if (!slot)
		return -ENOMEM;
	*slot = neighbour;
	return 0;
}
