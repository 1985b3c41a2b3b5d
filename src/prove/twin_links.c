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
 */
#include "observe/netlink.h"
#include "prove/twin_link.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SETTLE_STEP_NSEC = 2 * 1000 * 1000,
	SETTLE_STEPS = 1500, /* 3 s */
	STP_BLOCKING = 4,    /* BR_STATE_BLOCKING */
};

/* All that making links needs. The sequence number of a message is 1 + its index in copies. */
struct links {
	struct twin *twin;
	const struct netview *view;
	struct wire near, far;
	struct netlink *asking; /* on the near side */
	VEC(struct link_copy) copies;
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
		struct link_copy *copy;

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
		*copy = (struct link_copy){link, raw, link_likeness(link), false};
	}
	return 0;
}

/* The copy of an index, or NULL. */
static struct link_copy *links_find(const struct links *links, uint32_t ifindex)
{
	vec_foreach(copy, &links->copies)
		if (copy->link->index == ifindex)
			return copy;
	return NULL;
}

/* Notes what a link has that a twin cannot. */
static int link_notes(struct links *links, const struct link_copy *copy)
{
	const struct nlattr *info = link_attr(copy->raw, IFLA_LINKINFO);
	const struct nlattr *bridge = nlattr_nested(info, IFLA_INFO_DATA);
	const struct nlattr *port = nlattr_nested(info, IFLA_INFO_SLAVE_DATA);
	const char *master = nlattr_string(nlattr_nested(info, IFLA_INFO_SLAVE_KIND));
	const struct nlattr *state = nlattr_nested(port, IFLA_BRPORT_STATE);
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
	    nlattr_on(nlattr_nested(bridge, IFLA_BR_VLAN_FILTERING)))
		status = twin_note(links->twin,
		                   "bridge %s: it filters VLANs, and the VLANs of its ports are "
		                   "not copied",
		                   name);
	if (status == 0 && master && strcmp(master, "bridge") == 0 && state &&
	    nlattr_len(state) == 1 && *(const uint8_t *)nlattr_data(state) == STP_BLOCKING &&
	    copy->link->flags & IFF_LOWER_UP)
		status = twin_note(links->twin,
		                   "link %s: it is blocked by spanning tree, which the copy is not",
		                   name);
	return status;
}

/* Whether the twin's link can have the master that the host's has. */
static bool master_copied(const struct links *links, const struct link *link)
{
	const struct link_copy *master = link->master ? links_find(links, link->master) : NULL;

	return master && !master->refused &&
	       (master->likeness == LIKE_BRIDGE || master->likeness == LIKE_VRF);
}

/* The sequence number of messages about a link. */
static uint32_t link_seq(const struct links *links, const struct link_copy *copy)
{
	return 1 + (uint32_t)(copy - links->copies.items);
}

/* Adds the message that makes a link and its far end. */
static int link_create(struct links *links, const struct link_copy *copy, struct outbox *outbox)
{
	link_draft_create(&outbox->draft, copy, links->twin->far_netns,
	                  master_copied(links, copy->link), link_seq(links, copy));
	return outbox_added(outbox);
}

/* Adds the message that makes a link that was there from the start (lo) what the host's is. */
static int born_configure(struct links *links, const struct link_copy *copy, struct outbox *outbox)
{
	link_draft_born(&outbox->draft, copy, link_seq(links, copy));
	return outbox_added(outbox);
}

/* Adds the message that gives a bridge's port those of its options that are not the default. */
static int port_configure(struct links *links, const struct link_copy *copy, struct outbox *outbox)
{
	if (!master_copied(links, copy->link) ||
	    !link_draft_port(&outbox->draft, copy, link_seq(links, copy)))
		return 0;
	return outbox_added(outbox);
}

/* Notes a refused link. */
static void link_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct links *links = data;
	struct link_copy *copy;

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
                      int (*make)(struct links *, const struct link_copy *, struct outbox *))
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
		struct link_copy *copy;
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
	    nlattr_string(nlattr_nested(link_attr(message, IFLA_LINKINFO), IFLA_INFO_KIND));
	uint8_t operstate;

	if (!link || !(link->ifi_flags & IFF_UP) || !kind || !state ||
	    nlattr_len(state) != sizeof(operstate))
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
