/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's links: the host's by name and index, each with a far end.
 *
 * Theory of operation. What decides where a packet goes is a link's name, index, address, group,
 * master and, for bridges and VRFs, its kind. So bridges and VRFs are made as such and everything
 * else - NICs, tunnels, VLANs, bonds, a container's veth - as a veth whose peer has the same name
 * and index on the far side. One message makes a link and its peer, enslaves it and brings it up;
 * masters therefore come first.
 *
 * A peer that is up is what gives a link its carrier, so the peer of a link without carrier stays
 * down. The order matters: a link that is already up when its peer comes up has a transmit queue
 * waiting for the carrier, which makes the kernel's link watch treat the change as urgent; the
 * other way round it may take a second for every hundred links (net/core/link_watch.c). What is
 * left is waited for: asking for one link by its index makes newer kernels settle it at once.
 *
 * Half of the cost of a veth is its two sets of sysctls and files in sysfs. The far end is spared
 * IPv6 altogether by an MTU below IPv6's least (RFC 8200, 1280), which keeps it silent as well.
 */
#include "observe/netlink.h"
#include "prove/twin_parts.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	FAR_MTU = 1279, /* below IPV6_MIN_MTU: no IPv6 there */
	SETTLE_STEP_NSEC = 2 * 1000 * 1000,
	SETTLE_STEPS = 1500, /* 3 s */
	STP_BLOCKING = 4,    /* BR_STATE_BLOCKING */
};

/*
 * How a link of the host stands in the twin; they are made in this order. LIKE_BORN: a fresh
 * namespace has it already.
 */
enum likeness { LIKE_VRF, LIKE_BRIDGE, LIKE_VETH, LIKE_BORN };

struct copy {
	const struct link *link;
	const struct nlmsghdr *raw;
	enum likeness likeness;
	bool refused;
};

/* All that making links needs. The sequence number of a message is 1 + its index in copies. */
struct links {
	struct twin *twin;
	const struct netview *view;
	struct wire near, far;
	struct netlink *asking; /* on the near side */
	VEC(struct copy) copies;
	bool creating; /* a refusal means that the link is not there at all */
	int error;
};

static void links_done(struct links *links)
{
	wire_close(&links->near);
	wire_close(&links->far);
	netlink_free(links->asking);
	vec_done(&links->copies);
}

/* An attribute of a link's raw message, or NULL. */
static const struct nlattr *link_attr(const struct nlmsghdr *raw, uint16_t type)
{
	return message_find(raw, sizeof(struct ifinfomsg), type);
}

/* What a link of this kind is made as. */
static enum likeness link_likeness(const struct link *link)
{
	if (link->flags & IFF_LOOPBACK)
		return LIKE_BORN;
	if (strcmp(link->kind, "bridge") == 0)
		return LIKE_BRIDGE;
	if (strcmp(link->kind, "vrf") == 0)
		return LIKE_VRF;
	return LIKE_VETH;
}

/* Pairs the view's links with their raw messages. */
static int links_collect(struct links *links)
{
	const struct nlmsghdr *raw;
	size_t offset = 0, i = 0;

	while ((raw = raw_next(&links->view->raw[RAW_LINK], &offset))) {
		const struct ifinfomsg *header = message_header(raw, sizeof(*header));
		const struct link *link = NULL;
		struct copy *copy;

		if (!header || header->ifi_family != AF_UNSPEC)
			continue;
		/* They stand in the same order but for what was not decoded. */
		if (i < links->view->links.n &&
		    links->view->links.items[i].index == (uint32_t)header->ifi_index)
			link = &links->view->links.items[i++];
		else
			link = netview_link(links->view, (uint32_t)header->ifi_index);
		if (!link)
			continue;
		copy = vec_push(&links->copies);
		if (!copy)
			return -ENOMEM;
		*copy = (struct copy){link, raw, link_likeness(link), false};
	}
	return 0;
}

/* The copy of an index, or NULL. */
static struct copy *links_find(const struct links *links, uint32_t ifindex)
{
	vec_foreach(copy, &links->copies)
		if (copy->link->index == ifindex)
			return copy;
	return NULL;
}

/* Whether an attribute is there and has another value than 0. */
static bool attr_on(const struct nlattr *attribute)
{
	const uint8_t *data = attribute ? nlattr_data(attribute) : NULL;

	for (size_t i = 0; data && i < attr_len(attribute); i++)
		if (data[i])
			return true;
	return false;
}

/* Notes what a link has that a twin cannot. */
static int link_notes(struct links *links, const struct copy *copy)
{
	const struct nlattr *info = link_attr(copy->raw, IFLA_LINKINFO);
	const struct nlattr *bridge = attr_nested(info, IFLA_INFO_DATA);
	const struct nlattr *port = attr_nested(info, IFLA_INFO_SLAVE_DATA);
	const char *master = nlattr_string(attr_nested(info, IFLA_INFO_SLAVE_KIND));
	const struct nlattr *state = attr_nested(port, IFLA_BRPORT_STATE);
	const char *name = copy->link->name;
	int status = 0;

	if (copy->link->has_xdp)
		status = twin_note(links->twin,
		                   "link %s: its XDP program is not copied, and may drop or "
		                   "redirect what this answer lets through",
		                   name);
	if (status == 0 && master && strcmp(master, "openvswitch") == 0)
		status =
		    twin_note(links->twin,
		              "link %s: a port of Open vSwitch, whose flows are not copied", name);
	if (status == 0 && copy->likeness == LIKE_BRIDGE &&
	    attr_on(attr_nested(bridge, IFLA_BR_VLAN_FILTERING)))
		status = twin_note(links->twin,
		                   "bridge %s: it filters VLANs, and the VLANs of its ports are "
		                   "not copied",
		                   name);
	if (status == 0 && master && strcmp(master, "bridge") == 0 && state &&
	    attr_len(state) == 1 && *(const uint8_t *)nlattr_data(state) == STP_BLOCKING &&
	    copy->link->flags & IFF_LOWER_UP)
		status = twin_note(links->twin,
		                   "link %s: it is blocked by spanning tree, which the copy is not",
		                   name);
	return status;
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
static void draft_veth(struct draft *draft, const struct links *links, const struct link *link)
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
	draft_put_u32(draft, IFLA_NET_NS_FD, (uint32_t)links->twin->far_netns);
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
static void draft_bridge(struct draft *draft, const struct copy *copy)
{
	static const uint16_t same[] = {
	    IFLA_BR_VLAN_FILTERING,    IFLA_BR_VLAN_PROTOCOL,     IFLA_BR_GROUP_FWD_MASK,
	    IFLA_BR_NF_CALL_IPTABLES,  IFLA_BR_NF_CALL_IP6TABLES, IFLA_BR_NF_CALL_ARPTABLES,
	    IFLA_BR_VLAN_DEFAULT_PVID,
	};
	const struct nlattr *theirs =
	    attr_nested(link_attr(copy->raw, IFLA_LINKINFO), IFLA_INFO_DATA);
	size_t info = draft_nest(draft, IFLA_LINKINFO), data;

	draft_put_string(draft, IFLA_INFO_KIND, "bridge");
	data = draft_nest(draft, IFLA_INFO_DATA);
	draft_put_u32(draft, IFLA_BR_FORWARD_DELAY, 0);
	/* Off it is; to say so makes a bridge without ports notice that it has no carrier. */
	if (!(copy->link->flags & IFF_LOWER_UP))
		draft_put_u32(draft, IFLA_BR_STP_STATE, 0);
	draft_put_u8(draft, IFLA_BR_MCAST_SNOOPING, 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const struct nlattr *value = attr_nested(theirs, same[i]);

		if (attr_on(value))
			draft_copy(draft, value);
	}
	draft_nest_end(draft, data);
	draft_nest_end(draft, info);
}

/* Describes a VRF. */
static void draft_vrf(struct draft *draft, const struct copy *copy)
{
	const struct nlattr *theirs =
	    attr_nested(link_attr(copy->raw, IFLA_LINKINFO), IFLA_INFO_DATA);
	size_t info = draft_nest(draft, IFLA_LINKINFO), data;

	draft_put_string(draft, IFLA_INFO_KIND, "vrf");
	data = draft_nest(draft, IFLA_INFO_DATA);
	draft_put_u32(draft, IFLA_VRF_TABLE, nlattr_u32(attr_nested(theirs, IFLA_VRF_TABLE), 0));
	draft_nest_end(draft, data);
	draft_nest_end(draft, info);
}

/* Whether the twin's link can have the master that the host's has. */
static bool master_copied(const struct links *links, const struct link *link)
{
	const struct copy *master = link->master ? links_find(links, link->master) : NULL;

	return master && !master->refused &&
	       (master->likeness == LIKE_BRIDGE || master->likeness == LIKE_VRF);
}

/* Adds the message that makes a link and its far end. */
static int link_create(struct links *links, const struct copy *copy, struct outbox *outbox)
{
	const struct link *link = copy->link;
	struct ifinfomsg header = {.ifi_index = (int)link->index,
	                           .ifi_flags = link->flags & (IFF_UP | IFF_NOARP),
	                           .ifi_change = IFF_UP | IFF_NOARP};
	const struct nlattr *group = link_attr(copy->raw, IFLA_GROUP);
	struct draft *draft = &outbox->draft;
	uint32_t seq = 1 + (uint32_t)(copy - links->copies.items);
	size_t start = draft_begin(draft, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, seq, &header,
	                           sizeof(header));
	uint8_t mac[6];

	twin_invented_mac(link->index, mac);
	draft_put_string(draft, IFLA_IFNAME, link->name);
	if (copy->likeness != LIKE_VRF)
		draft_put(draft, IFLA_ADDRESS, link->has_mac ? link->mac : mac, sizeof(mac));
	if (link->mtu)
		draft_put_u32(draft, IFLA_MTU, link->mtu < TWIN_MTU_MAX ? link->mtu : TWIN_MTU_MAX);
	if (group)
		draft_put_u32(draft, IFLA_GROUP, nlattr_u32(group, 0));
	if (master_copied(links, link))
		draft_put_u32(draft, IFLA_MASTER, link->master);
	if (copy->likeness == LIKE_BRIDGE)
		draft_bridge(draft, copy);
	else if (copy->likeness == LIKE_VRF)
		draft_vrf(draft, copy);
	else
		draft_veth(draft, links, link);
	draft_end(draft, start);
	return outbox_added(outbox);
}

/* Adds the message that makes a link that was there from the start (lo) what the host's is. */
static int born_configure(struct links *links, const struct copy *copy, struct outbox *outbox)
{
	struct ifinfomsg header = {.ifi_index = (int)copy->link->index,
	                           .ifi_flags = copy->link->flags & IFF_UP,
	                           .ifi_change = IFF_UP};
	struct draft *draft = &outbox->draft;
	uint32_t seq = 1 + (uint32_t)(copy - links->copies.items);
	size_t start = draft_begin(draft, RTM_NEWLINK, 0, seq, &header, sizeof(header));
	const struct nlattr *group = link_attr(copy->raw, IFLA_GROUP);

	draft_put_string(draft, IFLA_IFNAME, copy->link->name);
	if (copy->link->mtu)
		draft_put_u32(draft, IFLA_MTU, copy->link->mtu);
	if (group)
		draft_put_u32(draft, IFLA_GROUP, nlattr_u32(group, 0));
	draft_end(draft, start);
	return outbox_added(outbox);
}

/* Adds the message that gives a bridge's port those of its options that are not the default. */
static int port_configure(struct links *links, const struct copy *copy, struct outbox *outbox)
{
	static const uint16_t same[] = {IFLA_BRPORT_MODE, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_LOCKED,
	                                IFLA_BRPORT_NEIGH_SUPPRESS};
	const struct nlattr *info = link_attr(copy->raw, IFLA_LINKINFO);
	const struct nlattr *theirs = attr_nested(info, IFLA_INFO_SLAVE_DATA);
	const char *kind = nlattr_string(attr_nested(info, IFLA_INFO_SLAVE_KIND));
	struct ifinfomsg header = {.ifi_index = (int)copy->link->index};
	struct draft *draft = &outbox->draft;
	size_t start, nest, data, before;

	if (!kind || strcmp(kind, "bridge") != 0 || !theirs || !master_copied(links, copy->link))
		return 0;
	before = draft->bytes.len;
	start = draft_begin(draft, RTM_NEWLINK, 0, 1 + (uint32_t)(copy - links->copies.items),
	                    &header, sizeof(header));
	nest = draft_nest(draft, IFLA_LINKINFO);
	draft_put_string(draft, IFLA_INFO_SLAVE_KIND, "bridge");
	data = draft_nest(draft, IFLA_INFO_SLAVE_DATA);
	kind = NULL;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const struct nlattr *value = attr_nested(theirs, same[i]);

		if (!attr_on(value))
			continue;
		draft_copy(draft, value);
		kind = "";
	}
	draft_nest_end(draft, data);
	draft_nest_end(draft, nest);
	draft_end(draft, start);
	if (!kind && draft->error == 0) {
		draft->bytes.len = before;
		return 0;
	}
	return outbox_added(outbox);
}

/* Notes a refused link. */
static void link_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct links *links = data;
	struct copy *copy;

	if (seq == 0 || seq > links->copies.n || links->error < 0)
		return;
	copy = &links->copies.items[seq - 1];
	copy->refused = links->creating;
	if (copy->likeness == LIKE_VRF) {
		/* This kernel has none: a plain link instead, so that names and indexes hold. */
		links->error = twin_note(links->twin, "VRF %s: it cannot be made here: %s",
		                         copy->link->name, why ? why : strerror(number));
		return;
	}
	links->error = twin_note(links->twin, "link %s: it is not copied whole: %s",
	                         copy->link->name, why ? why : strerror(number));
}

/* Makes all links of one likeness, or, with configure, gives the ports their options. */
static int links_pass(struct links *links, enum likeness likeness,
                      int (*make)(struct links *, const struct copy *, struct outbox *))
{
	_cleanup_outbox_ struct outbox outbox = {
	    .wire = &links->near, .refused = link_refused, .data = links};
	int status = 0;

	links->creating = make == link_create;
	vec_foreach(copy, &links->copies) {
		if (status < 0)
			break;
		if (copy->likeness == likeness && !copy->refused)
			status = make(links, copy, &outbox);
	}
	if (status == 0)
		status = outbox_flush(&outbox);
	return status < 0 ? status : links->error;
}

/* VRFs that were refused stand as veths. */
static void vrfs_give_up(struct links *links)
{
	vec_foreach(copy, &links->copies)
		if (copy->likeness == LIKE_VRF && copy->refused) {
			copy->likeness = LIKE_VETH;
			copy->refused = false;
		}
}

/* Dumps the links of the near side. 0 or a negative errno. */
static int links_dump(struct links *links, struct bytes *answer)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *request =
	    request_begin(buffer, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC);
	const struct dump dump = {
	    .to = answer, .cap = NETLINK_DUMP_MAX, .what = "the links of the twin"};
	int status;

	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	status = netlink_dump_steady(links->asking, request, &dump, NULL);
	return status < 0 ? status : 0;
}

/*
 * Makes way: a fresh namespace may be born with fallback tunnels (tunl0, sit0, ...). One with the
 * host's name and index stands for the host's; one with only its name is renamed.
 */
static int links_make_way(struct links *links)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = &links->near};
	_cleanup_(bytes_done) struct bytes answer = {0};
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = links_dump(links, &answer);

	while (status == 0 && (message = raw_next(&answer, &offset))) {
		const struct ifinfomsg *born = message_header(message, sizeof(*born));
		const char *name = nlattr_string(link_attr(message, IFLA_IFNAME));
		struct ifinfomsg header = {0};
		char spare[IFNAMSIZ];
		struct copy *copy;
		size_t start;

		if (!born || !name || born->ifi_flags & IFF_LOOPBACK)
			continue;
		header.ifi_index = born->ifi_index;
		copy = links_find(links, (uint32_t)born->ifi_index);
		if (copy && strcmp(copy->link->name, name) == 0) {
			copy->likeness = LIKE_BORN;
			continue;
		}
		snprintf(spare, sizeof(spare), "born%d", born->ifi_index);
		start = draft_begin(&outbox.draft, RTM_NEWLINK, 0, 0, &header, sizeof(header));
		draft_put_string(&outbox.draft, IFLA_IFNAME, spare);
		draft_end(&outbox.draft, start);
		status = outbox_added(&outbox);
	}
	return status < 0 ? status : outbox_flush(&outbox);
}

/* Brings up the far ends of the links that have a carrier on the host. */
static int far_up(struct links *links)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = &links->far};
	int status = 0;

	vec_foreach(copy, &links->copies) {
		struct ifinfomsg header = {
		    .ifi_index = (int)copy->link->index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

		if (copy->likeness != LIKE_VETH || copy->refused ||
		    !(copy->link->flags & IFF_LOWER_UP))
			continue;
		draft_end(&outbox.draft,
		          draft_begin(&outbox.draft, RTM_NEWLINK, 0, 0, &header, sizeof(header)));
		status = outbox_added(&outbox);
		if (status < 0)
			return status;
	}
	return outbox_flush(&outbox);
}

/* Whether a dumped link is up and has not settled whether it has a carrier. */
static bool link_unsettled(const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = message_header(message, sizeof(*link));
	const struct nlattr *state = link_attr(message, IFLA_OPERSTATE);
	const char *kind =
	    nlattr_string(attr_nested(link_attr(message, IFLA_LINKINFO), IFLA_INFO_KIND));
	uint8_t operstate;

	if (!link || !(link->ifi_flags & IFF_UP) || !kind || !state ||
	    attr_len(state) != sizeof(operstate))
		return false;
	operstate = *(const uint8_t *)nlattr_data(state);
	if (!(link->ifi_flags & IFF_LOWER_UP))
		return operstate == IF_OPER_UNKNOWN;
	/* A bridge that never had a port does not know, and says that it has. */
	return operstate != IF_OPER_UP &&
	       (operstate != IF_OPER_UNKNOWN || strcmp(kind, "bridge") != 0);
}

/*
 * Asks for each link that does not say yet what it should, which makes it say so on kernels since
 * 6.8. How many there were, or a negative errno.
 */
static int links_nudge(struct links *links)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = &links->near};
	_cleanup_(bytes_done) struct bytes answer = {0};
	struct ifinfomsg header = {0};
	const struct nlmsghdr *message;
	size_t offset = 0, start;
	int status = links_dump(links, &answer), waiting = 0;

	while (status >= 0 && (message = raw_next(&answer, &offset))) {
		if (!link_unsettled(message))
			continue;
		waiting++;
		header = *(const struct ifinfomsg *)message_header(message, sizeof(header));
		header = (struct ifinfomsg){.ifi_index = header.ifi_index};
		start = draft_begin(&outbox.draft, RTM_GETLINK, 0, 0, &header, sizeof(header));
		draft_put_u32(&outbox.draft, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		draft_end(&outbox.draft, start);
		status = outbox_added(&outbox);
		/* Answers that got lost do not matter. */
		status = status == -ENOBUFS ? 0 : status;
	}
	if (status >= 0)
		status = outbox_flush(&outbox);
	return status < 0 && status != -ENOBUFS && status != -EINTR ? status : waiting;
}

/* Waits until the links know of their carriers. */
static int links_settle(struct links *links)
{
	const struct timespec step = {.tv_nsec = SETTLE_STEP_NSEC};
	int status = 1;

	for (int i = 0; status > 0 && i < SETTLE_STEPS; i++) {
		if (i > 1)
			nanosleep(&step, NULL);
		status = links_nudge(links);
	}
	if (status > 0)
		return twin_note(links->twin, "%d links of the twin did not come up", status);
	return status;
}

/* Opens a netlink socket on each side and comes back to the twin. */
static int links_open(struct links *links, struct error **ret_error)
{
	int status = wire_open(NETLINK_ROUTE, &links->near, ret_error), back;

	if (status == 0)
		status = netlink_open(NETLINK_ROUTE, &links->asking, ret_error);
	if (status < 0)
		return status;
	status = twin_enter_far(links->twin);
	if (status == 0)
		status = wire_open(NETLINK_ROUTE, &links->far, ret_error);
	back = twin_enter(links->twin);
	return status < 0 ? status : back;
}

int twin_links(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_(links_done) struct links links = {
	    .twin = twin, .view = view, .near = WIRE_CLOSED, .far = WIRE_CLOSED};
	int status = links_open(&links, ret_error);

	if (status == 0)
		status = links_collect(&links);
	for (size_t i = 0; status == 0 && i < links.copies.n; i++)
		status = link_notes(&links, &links.copies.items[i]);
	if (status == 0)
		status = links_make_way(&links);
	if (status == 0)
		status = links_pass(&links, LIKE_VRF, link_create);
	vrfs_give_up(&links);
	if (status == 0)
		status = links_pass(&links, LIKE_BRIDGE, link_create);
	if (status == 0)
		status = links_pass(&links, LIKE_VETH, link_create);
	if (status == 0)
		status = links_pass(&links, LIKE_BORN, born_configure);
	if (status == 0)
		status = links_pass(&links, LIKE_VETH, port_configure);
	if (status == 0)
		status = far_up(&links);
	if (status == 0)
		status = links_settle(&links);
	if (status < 0)
		return error_wrap(ret_error, status, "making the twin's links");
	return 0;
}
