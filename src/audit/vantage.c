/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vantage points: where senders stand around one network namespace. */
#include "audit/vantage.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
	KNOWN_NEIGHBOURS_MOST =
	    16,             /* real neighbours tried beside a free address, a link and family */
	GATEWAYS_MOST = 16, /* routes with a gateway tried, a link and family */
	FREE_TRIES = 4096,  /* how far to look for a free address in a subnet */
};

bool vantage_world_address(unsigned number, uint8_t family, struct address *ret_address)
{
	static const char *const four[] = {"203.0.113.77", "198.51.100.77", "192.0.2.77",
	                                   "100.100.100.77", "9.9.9.77"};
	static const char *const six[] = {"2001:db8:ffff:77::77", "2001:db8:eeee:77::77",
	                                  "2620:fe::77"};

	if (family == AF_INET6)
		return number < sizeof(six) / sizeof(*six) &&
		       address_parse(six[number], ret_address);
	return number < sizeof(four) / sizeof(*four) && address_parse(four[number], ret_address);
}

const struct engine_network *vantage_bridge_network(const struct snapshot *snapshot,
                                                    const struct link *link)
{
	vec_foreach(network, &snapshot->engine.networks)
		if (network->bridge && strcmp(network->bridge, link->name) == 0)
			return network;
	return NULL;
}

/* Whether a link is the port of something that takes its packets away (a VRF does not). */
static bool link_is_port(const struct netview *view, const struct link *link)
{
	const struct link *master = link->master ? netview_link(view, link->master) : NULL;

	return master && strcmp(master->kind, "vrf") != 0;
}

bool vantage_is_outside(const struct snapshot *snapshot, const struct netview *view,
                        const struct link *link)
{
	return link->flags & IFF_UP && !(link->flags & IFF_LOOPBACK) && !link_is_port(view, link) &&
	       !vantage_bridge_network(snapshot, link);
}

/* Whether somebody is known to hold the address: the host, a gateway, or a neighbour. */
static bool address_taken(const struct netview *view, const struct address *address)
{
	vec_foreach(own, &view->addresses)
		if (address_equal(&own->address, address) || address_equal(&own->peer, address))
			return true;
	vec_foreach(route, &view->routes)
		if (address_equal(&route->gateway, address))
			return true;
	vec_foreach(neighbour, &view->neighbours)
		if (address_equal(&neighbour->address, address))
			return true;
	return false;
}

/* Whether an address lies in a prefix of a list that is narrower than `wider`. */
static bool is_in(const struct prefixes *prefixes, const struct address *address, uint8_t wider)
{
	vec_foreach(prefix, prefixes)
		if (prefix->len > wider && prefix_contains(prefix, address))
			return true;
	return false;
}

bool vantage_free_address(const struct netview *view, const struct prefix *prefix,
                          const struct prefixes *without, struct address *ret_address)
{
	unsigned bits = (unsigned)address_size(prefix->address.family) * 8 - prefix->len;
	uint32_t hosts = bits >= 12 ? FREE_TRIES : 1u << bits;

	for (uint32_t i = hosts; i-- > 0;) {
		struct address candidate = address_add(&prefix->address, i);
		struct address last = prefix_last(prefix);

		if (bits >= 2 && (i == 0 || address_equal(&candidate, &last)))
			continue;
		if (!address_taken(view, &candidate) && !is_in(without, &candidate, prefix->len)) {
			*ret_address = candidate;
			return true;
		}
	}
	return false;
}

/* Adds a vantage point. 0 or -ENOMEM. */
static int vantage_add(struct vantages *vantages, const struct vantage *vantage)
{
	struct vantage *slot = vec_push(vantages);

	if (!slot)
		return -ENOMEM;
	*slot = *vantage;
	return 0;
}

/* Adds a vantage point with a free address of a prefix, if there is one. */
static int vantage_add_free(const struct netview *view, const struct vantage *like,
                            enum vantage_class class, const struct prefix *prefix,
                            struct vantages *vantages)
{
	struct vantage vantage = *like;

	vantage.class = class;
	vantage.sources = *prefix;
	return vantage_free_address(view, prefix, &(struct prefixes){0}, &vantage.source)
	           ? vantage_add(vantages, &vantage)
	           : 0;
}

/* Adds the neighbours that the host knows on a link within a prefix: rules may name just them. */
static int add_known_neighbours(const struct netview *view, const struct vantage *like,
                                const struct prefix *prefix, struct vantages *vantages)
{
	unsigned found = 0;

	vec_foreach(neighbour, &view->neighbours) {
		struct vantage vantage = *like;
		int status;

		if (neighbour->ifindex != like->in_ifindex || neighbour->state & NUD_FAILED ||
		    !prefix_contains(prefix, &neighbour->address))
			continue;
		if (++found > KNOWN_NEIGHBOURS_MOST)
			break;
		vantage.class = VANTAGE_NEIGHBOUR;
		vantage.source = neighbour->address;
		vantage.sources = prefix_make(
		    &neighbour->address, (uint8_t)(address_size(neighbour->address.family) * 8));
		status = vantage_add(vantages, &vantage);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Adds those who share the link: one free address of each of its subnets, and who is known there.
 */
static int add_neighbours(const struct netview *view, const struct vantage *like,
                          struct vantages *vantages)
{
	struct prefix link_local;

	if (!prefix_parse("fe80::/10", &link_local))
		return -EINVAL;
	vec_foreach(own, &view->addresses) {
		struct prefix prefix = prefix_make(&own->address, own->prefix_len);
		bool on_link = own->ifindex == like->in_ifindex;
		int status;

		if (!on_link || address_is_loopback(&own->address))
			continue;
		if (own->peer.family)
			prefix = prefix_make(&own->peer, own->prefix_len);
		if (own->address.family == AF_INET6 && address_is_link_local(&own->address))
			status = vantage_add_free(
			    view, like, VANTAGE_LINK_LOCAL,
			    &(struct prefix){.address = link_local.address, .len = 64}, vantages);
		else
			status = vantage_add_free(view, like, VANTAGE_NEIGHBOUR, &prefix, vantages);
		if (status == 0 && !address_is_link_local(&own->address))
			status = add_known_neighbours(view, like, &prefix, vantages);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Adds who is behind the link without sharing a subnet: through a gateway, or by a plain device
 * route. */
static int add_beyond(const struct netview *view, const struct vantage *like,
                      struct vantages *vantages)
{
	unsigned found[2] = {0}; /* by family; the way to the world always counts */

	vec_foreach(route, &view->routes) {
		struct vantage vantage = *like;
		uint8_t family = route->destination.address.family;
		bool device_route = !route->gateway.family && route->protocol != RTPROT_KERNEL &&
		                    !address_is_link_local(&route->destination.address) &&
		                    !address_is_multicast(&route->destination.address);

		if (route->out_ifindex != like->in_ifindex || route->type != RTN_UNICAST ||
		    !(route->gateway.family || device_route))
			continue;
		if (route->destination.len != 0 && ++found[family == AF_INET6] > GATEWAYS_MOST)
			continue;
		vantage.class = VANTAGE_BEYOND;
		vantage.sources = route->destination;
		if (route->destination.len == 0) {
			if (!vantage_world_address(0, family, &vantage.source))
				return -EINVAL;
		} else if (!vantage_free_address(view, &route->destination, &(struct prefixes){0},
		                                 &vantage.source)) {
			continue;
		}
		if (vantage_add(vantages, &vantage) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds forged sources: addresses of the engine's networks, and of the host's other outside links.
 */
static int add_spoofed(const struct snapshot *snapshot, const struct netview *view,
                       const struct vantage *like, struct vantages *vantages)
{
	int status = 0;

	vec_foreach(network, &snapshot->engine.networks) {
		struct vantage forged = *like;

		if (!network->bridge)
			continue;
		forged.network = network;
		vec_foreach(subnet, &network->subnets)
			if (status == 0)
				status = vantage_add_free(view, &forged, VANTAGE_SPOOFED,
				                          &subnet->prefix, vantages);
	}
	vec_foreach(own, &view->addresses) {
		const struct link *other = netview_link(view, own->ifindex);
		struct prefix prefix = prefix_make(&own->address, own->prefix_len);

		if (status < 0 || !other || other->index == like->in_ifindex ||
		    !vantage_is_outside(snapshot, view, other) ||
		    address_is_link_local(&own->address))
			continue;
		status = vantage_add_free(view, like, VANTAGE_SPOOFED, &prefix, vantages);
	}
	return status;
}

/* Whether somebody can send by a port. Of one without a carrier a bridge takes nothing
 * (br_handle_frame(), BR_STATE_DISABLED), and nobody is there who could send. */
static bool port_is_live(const struct link *port)
{
	return port->flags & IFF_UP && port->flags & IFF_LOWER_UP;
}

/* A port of the bridge that is a veth, else the bridge itself: where a container's frame arrives.
 */
static uint32_t container_port_of(const struct netview *view, const struct link *bridge)
{
	vec_foreach(link, &view->links)
		if (link->master == bridge->index && strcmp(link->kind, "veth") == 0 &&
		    port_is_live(link))
			return link->index;
	return bridge->index;
}

/* Adds the containers of one engine network as senders. */
static int add_containers(const struct netview *view, const struct link *bridge,
                          const struct engine_network *network, struct vantages *vantages)
{
	struct vantage like = {
	    .inject_ifindex = container_port_of(view, bridge),
	    .in_ifindex = bridge->index,
	    .in = bridge->name,
	    .network = network,
	};

	vec_foreach(subnet, &network->subnets) {
		int status =
		    vantage_add_free(view, &like, VANTAGE_CONTAINER, &subnet->prefix, vantages);

		if (status < 0)
			return status;
	}
	return 0;
}

/*
 * Adds who stands behind a foreign port of an engine's bridge: neighbours to its containers. A veth
 * is a container's own; anything else brings strangers.
 */
static int add_enslaved(const struct snapshot *snapshot, const struct netview *view,
                        const struct link *port, struct vantages *vantages)
{
	const struct link *bridge = netview_link(view, port->master);
	const struct engine_network *network =
	    bridge ? vantage_bridge_network(snapshot, bridge) : NULL;
	struct vantage like = {.inject_ifindex = port->index, .enslaved = true};

	if (!network || !port_is_live(port) ||
	    (strcmp(port->kind, "veth") == 0 && port->peer_elsewhere &&
	     strncmp(port->name, "veth", 4) == 0))
		return 0;
	like.in_ifindex = bridge->index;
	like.in = port->name;
	like.network = network;
	vec_foreach(subnet, &network->subnets) {
		int status =
		    vantage_add_free(view, &like, VANTAGE_NEIGHBOUR, &subnet->prefix, vantages);

		if (status < 0)
			return status;
	}
	return 0;
}

int vantages_find(const struct snapshot *snapshot, const struct netview *view,
                  struct vantages *vantages)
{
	vec_foreach(link, &view->links) {
		const struct engine_network *network = vantage_bridge_network(snapshot, link);
		struct vantage like = {
		    .inject_ifindex = link->index, .in_ifindex = link->index, .in = link->name};
		int status = 0;

		if (!(link->flags & IFF_UP) || link->flags & IFF_LOOPBACK)
			continue;
		if (network) {
			status = add_containers(view, link, network, vantages);
		} else if (link_is_port(view, link)) {
			status = add_enslaved(snapshot, view, link, vantages);
		} else {
			status = add_neighbours(view, &like, vantages);
			if (status == 0)
				status = add_beyond(view, &like, vantages);
			if (status == 0)
				status = add_spoofed(snapshot, view, &like, vantages);
		}
		if (status < 0)
			return status;
	}
	return 0;
}

int vantages_narrow(struct vantages *vantages, const char *in, const struct address *from)
{
	size_t kept = 0;

	for (size_t i = 0; in && i < vantages->n; i++)
		if (strcmp(vantages->items[i].in, in) == 0)
			vantages->items[kept++] = vantages->items[i];
	if (in)
		vantages->n = kept;
	if (!vantages->n)
		return -ENODEV;
	if (from->family) {
		struct vantage *only = vantages->items;
		size_t best = SIZE_MAX;
		uint8_t bits = (uint8_t)(address_size(from->family) * 8);

		for (size_t i = 0; i < vantages->n; i++)
			if (vantages->items[i].class != VANTAGE_SPOOFED &&
			    prefix_contains(&vantages->items[i].sources, from) &&
			    (best == SIZE_MAX ||
			     vantages->items[i].sources.len > vantages->items[best].sources.len))
				best = i;
		if (best == SIZE_MAX)
			return -ENODEV;
		*only = vantages->items[best];
		only->source = *from;
		only->sources = prefix_make(from, bits);
		only->parts = NULL;
		only->n_parts = 0;
		only->rounded = false;
		vantages->n = 1;
	}
	return 0;
}

bool vantage_can_send(const struct vantage *vantage, const struct address *address)
{
	uint8_t first = address->bytes[0];

	if (address_is_loopback(address) || address_is_multicast(address) ||
	    address_is_any(address) ||
	    (vantage->class != VANTAGE_LINK_LOCAL && address_is_link_local(address)))
		return false;
	return address->family == AF_INET6 ? true : first != 0 && first < 224;
}

bool vantage_is_world(const struct vantage *vantage)
{
	return vantage->class == VANTAGE_BEYOND && vantage->sources.len == 0 &&
	       (!vantage->parts || prefixes_are_most(vantage->parts, vantage->n_parts));
}

int vantage_senders(const struct vantage *vantage, struct prefixes *senders)
{
	return vantage->n_parts ? prefixes_add(senders, vantage->parts, vantage->n_parts)
	                        : prefixes_add(senders, &vantage->sources, 1);
}
