/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages that make the twin's links.
 *
 * Half of the cost of a veth is its two sets of sysctls and files in sysfs. The far end is spared
 * IPv6 altogether by an MTU below IPv6's least (RFC 8200, 1280), which keeps it silent as well.
 */
#include "prove/twin_link.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

enum { FAR_MTU = 1279 }; /* below IPV6_MIN_MTU: no IPv6 there */

const struct nlattr *link_attr(const struct nlmsghdr *raw, uint16_t type)
{
	return message_find(raw, sizeof(struct ifinfomsg), type);
}

void twin_invented_mac(uint32_t ifindex, uint8_t mac[static 6])
{
	const uint8_t made[6] = {0x02,
	                         0x5e,
	                         (uint8_t)(ifindex >> 24),
	                         (uint8_t)(ifindex >> 16),
	                         (uint8_t)(ifindex >> 8),
	                         (uint8_t)ifindex};

	memcpy(mac, made, sizeof(made));
}

/* Describes a veth, peer included. */
static void draft_veth(struct draft *draft, const struct link *link, int far_netns)
{
	struct ifinfomsg header = {.ifi_index = (int)link->index};
	size_t info, data, peer;

	draft_put_u32(draft, IFLA_NUM_TX_QUEUES, 1);
	draft_put_u32(draft, IFLA_NUM_RX_QUEUES, 1);
	info = draft_nest(draft, IFLA_LINKINFO);
	draft_put_string(draft, IFLA_INFO_KIND, "veth");
	data = draft_nest(draft, IFLA_INFO_DATA);
	peer = draft_nest(draft, VETH_INFO_PEER);
	if (draft->error == 0)
		draft->error = bytes_append(&draft->bytes, &header, sizeof(header), SIZE_MAX);
	draft_put_string(draft, IFLA_IFNAME, link->name);
	draft_put_u32(draft, IFLA_NET_NS_FD, (uint32_t)far_netns);
	draft_put_u32(draft, IFLA_MTU, FAR_MTU);
	draft_put_u32(draft, IFLA_NUM_TX_QUEUES, 1);
	draft_put_u32(draft, IFLA_NUM_RX_QUEUES, 1);
	draft_nest_end(draft, peer);
	draft_nest_end(draft, data);
	draft_nest_end(draft, info);
}

/*
 * Describes a bridge: what decides forwarding is the host's, what would delay it is off. What is 0
 * is left alone: a kernel that lacks an option tells it as 0, but refuses to be told.
 */
static void draft_bridge(struct draft *draft, const struct link_copy *copy)
{
	static const uint16_t same[] = {
	    IFLA_BR_VLAN_FILTERING,    IFLA_BR_VLAN_PROTOCOL,     IFLA_BR_GROUP_FWD_MASK,
	    IFLA_BR_NF_CALL_IPTABLES,  IFLA_BR_NF_CALL_IP6TABLES, IFLA_BR_NF_CALL_ARPTABLES,
	    IFLA_BR_VLAN_DEFAULT_PVID,
	};
	const struct nlattr *theirs =
	    nlattr_nested(link_attr(copy->raw, IFLA_LINKINFO), IFLA_INFO_DATA);
	size_t info = draft_nest(draft, IFLA_LINKINFO), data;

	draft_put_string(draft, IFLA_INFO_KIND, "bridge");
	data = draft_nest(draft, IFLA_INFO_DATA);
	draft_put_u32(draft, IFLA_BR_FORWARD_DELAY, 0);
	/* Off it is; to say so makes a bridge without ports notice that it has no carrier. */
	if (!(copy->link->flags & IFF_LOWER_UP))
		draft_put_u32(draft, IFLA_BR_STP_STATE, 0);
	draft_put_u8(draft, IFLA_BR_MCAST_SNOOPING, 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const struct nlattr *value = nlattr_nested(theirs, same[i]);

		if (nlattr_on(value))
			draft_copy(draft, value);
	}
	draft_nest_end(draft, data);
	draft_nest_end(draft, info);
}

/* Describes a VRF. */
static void draft_vrf(struct draft *draft, const struct link_copy *copy)
{
	const struct nlattr *theirs =
	    nlattr_nested(link_attr(copy->raw, IFLA_LINKINFO), IFLA_INFO_DATA);
	size_t info = draft_nest(draft, IFLA_LINKINFO), data;

	draft_put_string(draft, IFLA_INFO_KIND, "vrf");
	data = draft_nest(draft, IFLA_INFO_DATA);
	draft_put_u32(draft, IFLA_VRF_TABLE, nlattr_u32(nlattr_nested(theirs, IFLA_VRF_TABLE), 0));
	draft_nest_end(draft, data);
	draft_nest_end(draft, info);
}

/* Adds what every link has: name, MTU, group. */
static void draft_common(struct draft *draft, const struct link_copy *copy, uint32_t mtu)
{
	const struct nlattr *group = link_attr(copy->raw, IFLA_GROUP);

	draft_put_string(draft, IFLA_IFNAME, copy->link->name);
	if (mtu)
		draft_put_u32(draft, IFLA_MTU, mtu);
	if (group)
		draft_put_u32(draft, IFLA_GROUP, nlattr_u32(group, 0));
}

void link_draft_create(struct draft *draft, const struct link_copy *copy, int far_netns,
                       bool with_master, uint32_t seq)
{
	const struct link *link = copy->link;
	struct ifinfomsg header = {.ifi_index = (int)link->index,
	                           .ifi_flags = link->flags & (IFF_UP | IFF_NOARP),
	                           .ifi_change = IFF_UP | IFF_NOARP};
	size_t start = draft_begin(draft, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, seq, &header,
	                           sizeof(header));
	uint8_t mac[6];

	twin_invented_mac(link->index, mac);
	draft_common(draft, copy, link->mtu < TWIN_MTU_MAX ? link->mtu : TWIN_MTU_MAX);
	if (copy->likeness != LIKE_VRF)
		draft_put(draft, IFLA_ADDRESS, link->has_mac ? link->mac : mac, sizeof(mac));
	if (with_master)
		draft_put_u32(draft, IFLA_MASTER, link->master);
	if (copy->likeness == LIKE_BRIDGE)
		draft_bridge(draft, copy);
	else if (copy->likeness == LIKE_VRF)
		draft_vrf(draft, copy);
	else
		draft_veth(draft, link, far_netns);
	draft_end(draft, start);
}

void link_draft_born(struct draft *draft, const struct link_copy *copy, uint32_t seq)
{
	struct ifinfomsg header = {.ifi_index = (int)copy->link->index,
	                           .ifi_flags = copy->link->flags & IFF_UP,
	                           .ifi_change = IFF_UP};
	size_t start = draft_begin(draft, RTM_NEWLINK, 0, seq, &header, sizeof(header));

	draft_common(draft, copy, copy->link->mtu);
	draft_end(draft, start);
}

bool link_draft_port(struct draft *draft, const struct link_copy *copy, uint32_t seq)
{
	static const uint16_t same[] = {IFLA_BRPORT_MODE, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_LOCKED,
	                                IFLA_BRPORT_NEIGH_SUPPRESS};
	const struct nlattr *info = link_attr(copy->raw, IFLA_LINKINFO);
	const struct nlattr *theirs = nlattr_nested(info, IFLA_INFO_SLAVE_DATA);
	const char *kind = nlattr_string(nlattr_nested(info, IFLA_INFO_SLAVE_KIND));
	struct ifinfomsg header = {.ifi_index = (int)copy->link->index};
	size_t before = draft->bytes.len, start, nest, data;
	bool any = false;

	if (!kind || strcmp(kind, "bridge") != 0 || !theirs)
		return false;
	start = draft_begin(draft, RTM_NEWLINK, 0, seq, &header, sizeof(header));
	nest = draft_nest(draft, IFLA_LINKINFO);
	draft_put_string(draft, IFLA_INFO_SLAVE_KIND, "bridge");
	data = draft_nest(draft, IFLA_INFO_SLAVE_DATA);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const struct nlattr *value = nlattr_nested(theirs, same[i]);

		if (!nlattr_on(value))
			continue;
		draft_copy(draft, value);
		any = true;
	}
	draft_nest_end(draft, data);
	draft_nest_end(draft, nest);
	draft_end(draft, start);
	if (!any && draft->error == 0)
		draft->bytes.len = before;
	return any || draft->error < 0;
}
