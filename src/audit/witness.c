/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Witnesses: which packets to send, so that every path of every endpoint is tried. */
#include "audit/witness.h"
#include "audit/process.h"
#include "rules/listing/text.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SENDING_NETWORKS_MOST = 16, /* engine networks whose containers are tried as senders */
	GATEWAYS_MOST = 8, /* addresses of engine bridges that each host port is tried on */
};

/* A host port of a protocol. */
struct host_port {
	uint16_t port;
	uint8_t protocol;
};

/* Something to address. */
struct target {
	enum target_kind kind;
	struct address address;
	uint16_t port;
	uint8_t protocol;
	uint32_t only_ifindex; /* reachable on this link only (link-local, broadcast); 0: on all */
	const struct engine_network *network; /* DIRECT: the endpoint's */
	const struct attachment *attachment;  /* DIRECT: for its MAC */
};

struct targets {
	VEC(struct host_port) ports;
	VEC(struct target) addresses; /* HOST, LOOPBACK and BROADCAST, without a port */
	VEC(struct target) direct;
};

/* Releases targets. */
static void targets_done(struct targets *targets)
{
	vec_done(&targets->ports);
	vec_done(&targets->addresses);
	vec_done(&targets->direct);
}

bool witness_protocol_wanted(const struct audit_options *options, uint8_t protocol)
{
	unsigned bit = protocol == IPPROTO_TCP   ? AUDIT_TCP
	               : protocol == IPPROTO_UDP ? AUDIT_UDP
	                                         : AUDIT_SCTP;

	return !options->protocols || options->protocols & bit;
}

/* Orders host ports. */
static int host_port_compare(const void *a, const void *b)
{
	const struct host_port *one = a, *two = b;

	if (one->protocol != two->protocol)
		return (int)one->protocol - (int)two->protocol;
	return (int)one->port - (int)two->port;
}

/* Adds a host port; duplicates go later. */
static int host_port_add(struct targets *targets, uint16_t port, uint8_t protocol)
{
	struct host_port *slot;

	if (!port)
		return 0;
	slot = vec_push(&targets->ports);
	if (!slot)
		return -ENOMEM;
	*slot = (struct host_port){.port = port, .protocol = protocol};
	return 0;
}

/* Sorts host ports and drops those that stand twice. */
static void host_ports_unique(struct targets *targets)
{
	size_t kept = 0;

	if (!targets->ports.n)
		return;
	qsort(targets->ports.items, targets->ports.n, sizeof(struct host_port), host_port_compare);
	for (size_t i = 1; i < targets->ports.n; i++)
		if (host_port_compare(&targets->ports.items[kept], &targets->ports.items[i]))
			targets->ports.items[++kept] = targets->ports.items[i];
	targets->ports.n = kept + 1;
}

/* Whether a socket of the host is worth addressing: an engine's, an overlay's, a relay's, a
 * container's. */
static bool socket_of_interest(const struct netview *view, const struct socket *socket)
{
	return socket->owner.container_id || socket_is_vxlan(socket) ||
	       (!address_is_loopback(&socket->address) &&
	        (process_is_engine(socket->owner.comm) || process_relay(socket->owner.comm) ||
	         socket_is_ssh_forward(view, socket)));
}

/* Gathers host ports from mappings, sockets and rules that rewrite destinations. */
static int gather_ports(const struct audit *audit, struct targets *targets, bool *ret_any)
{
	const struct netview *view = &audit->snapshot->net;
	struct ports rewritten = {0};
	int status = rule_rewritten_ports(view, &rewritten, ret_any);

	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(published, &endpoint->published)
			if (status == 0)
				status = host_port_add(targets, published->host_port,
				                       published->protocol);
	vec_foreach(socket, &view->sockets)
		if (status == 0 && socket_of_interest(view, socket))
			status = host_port_add(targets, socket->port, socket->protocol);
	vec_foreach(port, &rewritten) {
		if (status == 0)
			status = host_port_add(targets, *port, IPPROTO_TCP);
		if (status == 0)
			status = host_port_add(targets, *port, IPPROTO_UDP);
	}
	vec_done(&rewritten);
	host_ports_unique(targets);
	return status;
}

int witness_ports(const struct audit *audit, const struct audit_options *options,
                  struct ports *ret_ports, bool *ret_any)
{
	struct targets targets = {0};
	int status = gather_ports(audit, &targets, ret_any);

	*ret_any = *ret_any || options->all_ports;
	if (status == 0)
		status = vec_reserve(ret_ports, targets.ports.n + audit->endpoints.n);
	if (status == 0) {
		vec_foreach(port, &targets.ports)
			ret_ports->items[ret_ports->n++] = port->port;
		vec_foreach(endpoint, &audit->endpoints)
			ret_ports->items[ret_ports->n++] = endpoint->port;
	}
	targets_done(&targets);
	return status;
}

/* Adds an address to send to, once. */
static int target_address_add(struct targets *targets, enum target_kind kind,
                              const struct address *address, uint32_t only_ifindex)
{
	struct target *slot;

	vec_foreach(known, &targets->addresses)
		if (address_equal(&known->address, address) && known->only_ifindex == only_ifindex)
			return 0;
	slot = vec_push(&targets->addresses);
	if (!slot)
		return -ENOMEM;
	*slot = (struct target){.kind = kind, .address = *address, .only_ifindex = only_ifindex};
	return 0;
}

/* Whether some port is published on just this address. */
static bool published_on(const struct audit *audit, const struct address *address)
{
	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(published, &endpoint->published)
			if (address_equal(&published->host_address, address))
				return true;
	return false;
}

/* Adds one address of the host, and its broadcast where a link has one. */
static int gather_own_address(const struct audit *audit, const struct ifaddr *own,
                              struct targets *targets, struct witnesses *witnesses,
                              unsigned *gateways)
{
	const struct netview *view = &audit->snapshot->net;
	const struct link *link = netview_link(view, own->ifindex);
	bool outside = link && vantage_is_outside(audit->snapshot, view, link);
	struct address limited;
	int status;

	if (!link || !(link->flags & IFF_UP) || own->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return 0;
	if (address_is_link_local(&own->address) && own->address.family == AF_INET6)
		return outside
		           ? target_address_add(targets, TARGET_HOST, &own->address, link->index)
		           : 0;
	if (address_is_loopback(&own->address))
		return 0; /* added apart, also where lo has lost it */
	if (!outside && !(link->flags & IFF_LOOPBACK) && !published_on(audit, &own->address) &&
	    ++*gateways > GATEWAYS_MOST) {
		witnesses->gateways_left_out++;
		return 0;
	}
	status = target_address_add(targets, TARGET_HOST, &own->address, 0);
	if (status < 0 || !outside || own->address.family != AF_INET || own->prefix_len >= 31)
		return status;
	status = own->broadcast.family
	             ? target_address_add(targets, TARGET_BROADCAST, &own->broadcast, link->index)
	             : 0;
	if (status == 0 && address_parse("255.255.255.255", &limited))
		status = target_address_add(targets, TARGET_BROADCAST, &limited, link->index);
	return status;
}

/* Gathers all addresses of the host that a sender could write on a packet. */
static int gather_addresses(const struct audit *audit, struct targets *targets,
                            struct witnesses *witnesses)
{
	static const char *const loopbacks[] = {"127.0.0.1", "::1"};
	unsigned gateways = 0;
	struct address address;
	int status = 0;

	vec_foreach(own, &audit->snapshot->net.addresses)
		if (status == 0)
			status = gather_own_address(audit, own, targets, witnesses, &gateways);
	for (size_t i = 0; i < 2 && status == 0; i++)
		if (address_parse(loopbacks[i], &address))
			status = target_address_add(targets, TARGET_LOOPBACK, &address, 0);
	vec_foreach(socket, &audit->snapshot->net.sockets)
		if (status == 0 && socket->owner.container_id &&
		    address_is_loopback(&socket->address))
			status = target_address_add(targets, TARGET_LOOPBACK, &socket->address, 0);
	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(published, &endpoint->published)
			if (status == 0 && address_is_loopback(&published->host_address))
				status = target_address_add(targets, TARGET_LOOPBACK,
				                            &published->host_address, 0);
	return status;
}

/* The attachment of an endpoint's container that has its address, or NULL. */
static const struct attachment *endpoint_attachment(const struct audit_endpoint *endpoint)
{
	if (!endpoint->container)
		return NULL;
	vec_foreach(attachment, &endpoint->container->attachments)
		if (address_equal(&attachment->ipv4, &endpoint->address) ||
		    address_equal(&attachment->ipv6, &endpoint->address))
			return attachment;
	return NULL;
}

/* Gathers the endpoints' own addresses: those that the host could forward to. */
static int gather_direct(const struct audit *audit, struct targets *targets)
{
	vec_foreach(endpoint, &audit->endpoints) {
		const struct attachment *attachment = endpoint_attachment(endpoint);
		const struct engine_network *network =
		    attachment ? snapshot_network(audit->snapshot, attachment->network) : NULL;
		struct target *slot;

		if (!network || endpoint->container->view)
			continue;
		slot = vec_push(&targets->direct);
		if (!slot)
			return -ENOMEM;
		*slot = (struct target){.kind = TARGET_DIRECT,
		                        .address = endpoint->address,
		                        .port = endpoint->port,
		                        .protocol = endpoint->protocol,
		                        .network = network,
		                        .attachment = attachment};
	}
	return 0;
}

/* Whether a packet from this vantage point to this target can come to be at all. */
static bool possible(const struct vantage *vantage, const struct target *target,
                     const struct address *only_to)
{
	bool same_network = target->network && target->network == vantage->network;
	bool on_link = vantage->class == VANTAGE_NEIGHBOUR || vantage->class == VANTAGE_LINK_LOCAL;

	if (vantage->source.family != target->address.family ||
	    (only_to->family && !address_equal(only_to, &target->address)))
		return false;
	if (target->only_ifindex && (target->only_ifindex != vantage->in_ifindex || !on_link))
		return false;
	switch (vantage->class) {
	case VANTAGE_CONTAINER:
		return !same_network && target->kind != TARGET_BROADCAST;
	case VANTAGE_SPOOFED: /* a forged container is tried on its own network, a forged host on
	                         the rest */
		return vantage->network ? same_network : target->kind == TARGET_HOST;
	case VANTAGE_BEYOND:
		return target->kind != TARGET_LOOPBACK;
	case VANTAGE_LINK_LOCAL: /* not forwarded by any router, but DNATed before routing */
		return target->kind != TARGET_DIRECT;
	default:
		return !vantage->enslaved || target->kind != TARGET_DIRECT || same_network;
	}
}

struct probe witness_probe(const struct vantage *vantage, const struct address *destination,
                           uint16_t port, uint8_t protocol)
{
	struct probe probe = {.ifindex = vantage->inject_ifindex,
	                      .protocol = protocol,
	                      .source_port =
	                          vantage->source_port ? vantage->source_port : PROBE_SOURCE_PORT,
	                      .destination_port = port,
	                      .source = vantage->source,
	                      .destination = *destination,
	                      .has_source_mac = vantage->has_source_mac};

	memcpy(probe.source_mac, vantage->source_mac, sizeof(probe.source_mac));
	return probe;
}

/* Adds one probe. */
static int witness_add(struct witnesses *witnesses, const struct vantages *vantages, size_t vantage,
                       const struct target *target, uint16_t port, uint8_t protocol)
{
	const struct vantage *from = &vantages->items[vantage];
	struct probe *probe = vec_push(&witnesses->probes);
	struct witness *witness = probe ? vec_push(&witnesses->of) : NULL;

	if (!witness)
		return -ENOMEM;
	*probe = witness_probe(from, &target->address, port, protocol);
	if (from->enslaved && target->attachment && target->attachment->has_mac) {
		probe->l2_direct = true;
		memcpy(probe->destination_mac, target->attachment->mac, 6);
	}
	*witness = (struct witness){.vantage = (uint32_t)vantage, .target = target->kind};
	return 0;
}

/* Adds a sweep over all ports of a target, TCP and UDP. */
static int sweep_add(const struct audit_options *options, struct witnesses *witnesses,
                     const struct vantages *vantages, size_t vantage, const struct target *target)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};

	for (size_t i = 0; i < sizeof(protocols); i++) {
		struct sweep *sweep;

		if (!witness_protocol_wanted(options, protocols[i]) ||
		    (protocols[i] == IPPROTO_SCTP && !options->protocols && !options->all_ports))
			continue;
		sweep = vec_push(&witnesses->sweeps);
		if (!sweep)
			return -ENOMEM;
		sweep->probe =
		    witness_probe(&vantages->items[vantage], &target->address, 0, protocols[i]);
		sweep->witness =
		    (struct witness){.vantage = (uint32_t)vantage, .target = target->kind};
	}
	return 0;
}

/*
 * Whether a sweep is due here. All ports: of every address, from the first vantage point of each
 * class and link. Otherwise, where rules rewrite ports that cannot be read: of the link's own
 * addresses, from the farthest class that the link has.
 */
static bool sweep_due(const struct audit_options *options, bool any_port,
                      const struct netview *view, const struct vantages *vantages, size_t vantage,
                      const struct target *target)
{
	const struct vantage *from = &vantages->items[vantage];

	if (from->class == VANTAGE_SPOOFED || from->enslaved || target->kind == TARGET_BROADCAST)
		return false;
	for (size_t i = 0; i < vantage; i++)
		if (vantages->items[i].class == from->class &&
		    vantages->items[i].in_ifindex == from->in_ifindex &&
		    vantages->items[i].source.family == from->source.family)
			return false;
	if (options->all_ports)
		return true;
	if (!any_port || target->kind != TARGET_HOST ||
	    (from->class != VANTAGE_NEIGHBOUR && from->class != VANTAGE_BEYOND))
		return false;
	vec_foreach(own, &view->addresses)
		if (own->ifindex == from->in_ifindex &&
		    address_equal(&own->address, &target->address))
			return true;
	return false;
}

/* Adds all that one vantage point sends. */
static int vantage_witnesses(const struct audit *audit, const struct audit_options *options,
                             const struct targets *targets, bool any_port,
                             const struct vantages *vantages, size_t vantage,
                             struct witnesses *witnesses)
{
	const struct vantage *from = &vantages->items[vantage];
	int status = 0;

	vec_foreach(target, &targets->addresses) {
		if (!possible(from, target, &options->only_to))
			continue;
		vec_foreach(port, &targets->ports) {
			if (status < 0 || !witness_protocol_wanted(options, port->protocol) ||
			    (target->kind == TARGET_BROADCAST && port->protocol != IPPROTO_UDP))
				continue;
			status = witness_add(witnesses, vantages, vantage, target, port->port,
			                     port->protocol);
		}
		if (status == 0 &&
		    sweep_due(options, any_port, &audit->snapshot->net, vantages, vantage, target))
			status = sweep_add(options, witnesses, vantages, vantage, target);
	}
	vec_foreach(target, &targets->direct) {
		if (status < 0 || !possible(from, target, &options->only_to) ||
		    !witness_protocol_wanted(options, target->protocol))
			continue;
		status = witness_add(witnesses, vantages, vantage, target, target->port,
		                     target->protocol);
		if (status == 0 && options->all_ports &&
		    sweep_due(options, any_port, &audit->snapshot->net, vantages, vantage, target))
			status = sweep_add(options, witnesses, vantages, vantage, target);
	}
	return status;
}

/* Whether two vantage points are containers of one network and family. */
static bool same_containers(const struct vantage *a, const struct vantage *b)
{
	return a->class == VANTAGE_CONTAINER && b->class == VANTAGE_CONTAINER &&
	       a->in_ifindex == b->in_ifindex && a->source.family == b->source.family;
}

/* How many networks and families of containers come before that of a vantage point. */
static unsigned network_number(const struct vantages *vantages, size_t index)
{
	unsigned number = 0;

	for (size_t i = 0; i < index; i++) {
		const struct vantage *vantage = &vantages->items[i];

		if (same_containers(vantage, &vantages->items[index]))
			break;
		/* Those that a vantage point was split into come behind all that were not. */
		number += vantage->class == VANTAGE_CONTAINER;
	}
	return number;
}

int witnesses_make(const struct audit *audit, const struct audit_options *options,
                   const struct vantages *vantages, struct witnesses *witnesses)
{
	struct targets targets = {0};
	bool any_port = false;
	int status = gather_ports(audit, &targets, &any_port);

	if (status == 0)
		status = gather_addresses(audit, &targets, witnesses);
	if (status == 0)
		status = gather_direct(audit, &targets);
	for (size_t i = 0; i < vantages->n && status == 0; i++) {
		size_t first = witnesses->probes.n;

		if (vantages->items[i].class == VANTAGE_CONTAINER &&
		    network_number(vantages, i) >= SENDING_NETWORKS_MOST) {
			witnesses->senders_left_out++;
			continue;
		}
		status =
		    vantage_witnesses(audit, options, &targets, any_port, vantages, i, witnesses);
		if (status == 0)
			status = witnesses_add_loopback(audit, options, vantages, i, witnesses);
		if (status == 0)
			status = witnesses_add_boundaries(&vantages->items[i], first, witnesses);
	}
	targets_done(&targets);
	return status;
}

int witnesses_make_l2(const struct audit *audit, const struct audit_options *options,
                      const struct container *container, const struct vantages *vantages,
                      struct witnesses *witnesses)
{
	vec_foreach(endpoint, &audit->endpoints) {
		struct target target = {.kind = TARGET_DIRECT, .address = endpoint->address};

		if (endpoint->container != container ||
		    !witness_protocol_wanted(options, endpoint->protocol))
			continue;
		for (size_t i = 0; i < vantages->n; i++) {
			if (vantages->items[i].source.family != endpoint->address.family)
				continue;
			if (witness_add(witnesses, vantages, i, &target, endpoint->port,
			                endpoint->protocol) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

void witnesses_done(struct witnesses *witnesses)
{
	vec_done(&witnesses->probes);
	vec_done(&witnesses->of);
	vec_done(&witnesses->sweeps);
}
