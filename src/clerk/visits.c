/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening to conntrack's events (linux/netfilter/nfnetlink_conntrack.h). */
#include "clerk/visits.h"

#include "clerk/hearing.h"
#include "reach/reach.h"
#include "rules/listing/wire.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	QUEUE_ROOM = 4 * 1024 * 1024,
	PORTS = 65536,
};

/* Protocols whose ports are looked at. */
enum { KNOWN_TCP, KNOWN_UDP, KNOWN_SCTP, KNOWN_PROTOCOLS };

VEC_TYPE(addresses, struct address);

struct visits {
	struct mnl_socket *socket;
	uint8_t *buffer;
	struct addresses containers, host; /* sorted */
	VEC(struct prefix) networks;       /* of containers */
	uint8_t proxied[KNOWN_PROTOCOLS][PORTS / 8], own[KNOWN_PROTOCOLS][PORTS / 8];
};

int visits_new(struct visits **ret_visits, struct error **ret_error)
{
	_cleanup_(cleanup_visits_free) struct visits *visits = calloc(1, sizeof(*visits));
	int room = QUEUE_ROOM;

	if (!visits || !(visits->buffer = malloc(HEARING_ROOM)))
		return error_set(ret_error, ENOMEM, "out of memory");
	visits->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!visits->socket ||
	    mnl_socket_bind(visits->socket, NF_NETLINK_CONNTRACK_NEW, MNL_SOCKET_AUTOPID) < 0)
		return error_set(ret_error, errno, "cannot listen to conntrack: %s",
		                 strerror(errno));
	(void)setsockopt(mnl_socket_get_fd(visits->socket), SOL_SOCKET, SO_RCVBUFFORCE, &room,
	                 sizeof(room));
	*ret_visits = steal_pointer(&visits);
	return 0;
}

void visits_free(struct visits *visits)
{
	if (!visits)
		return;
	if (visits->socket)
		mnl_socket_close(visits->socket);
	vec_done(&visits->containers);
	vec_done(&visits->host);
	vec_done(&visits->networks);
	free(visits->buffer);
	free(visits);
}

int visits_fd(const struct visits *visits)
{
	return mnl_socket_get_fd(visits->socket);
}

/* The row of a protocol's ports; KNOWN_PROTOCOLS for none. */
static unsigned row_of(uint8_t protocol)
{
	return protocol == IPPROTO_TCP    ? KNOWN_TCP
	       : protocol == IPPROTO_UDP  ? KNOWN_UDP
	       : protocol == IPPROTO_SCTP ? KNOWN_SCTP
	                                  : KNOWN_PROTOCOLS;
}

/* Marks a port. */
static void mark(uint8_t ports[KNOWN_PROTOCOLS][PORTS / 8], uint8_t protocol, uint16_t port)
{
	unsigned row = row_of(protocol);

	if (row < KNOWN_PROTOCOLS)
		ports[row][port / 8] |= (uint8_t)(1U << port % 8);
}

/* Whether a port is marked. */
static bool is_marked(const uint8_t ports[KNOWN_PROTOCOLS][PORTS / 8], uint8_t protocol,
                      uint16_t port)
{
	unsigned row = row_of(protocol);

	return row < KNOWN_PROTOCOLS && ports[row][port / 8] & 1U << port % 8;
}

/* Adds an address, if it is one. 0 or -ENOMEM. */
static int add(struct addresses *addresses, const struct address *address)
{
	struct address *slot = address->family ? vec_push(addresses) : NULL;

	if (slot)
		*slot = *address;
	return slot || !address->family ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	return address_compare(a, b);
}

/* Whether an address is among sorted ones. */
static bool is_among(const struct addresses *addresses, const struct address *address)
{
	return addresses->n &&
	       bsearch(address, addresses->items, addresses->n, sizeof(*address), compare);
}

/* Takes over a container's addresses and ports. 0 or -ENOMEM. */
static int know_container(struct visits *visits, const struct container *container)
{
	vec_foreach(attachment, &container->attachments)
		if (add(&visits->containers, &attachment->ipv4) < 0 ||
		    add(&visits->containers, &attachment->ipv6) < 0)
			return -ENOMEM;
	vec_foreach(port, &container->published)
		mark(visits->proxied, port->protocol, port->host_port);
	if (container->network_mode && strcmp(container->network_mode, "host") == 0)
		vec_foreach(socket, &container->sockets)
			mark(visits->own, socket->protocol, socket->port);
	return 0;
}

int visits_know(struct visits *visits, const struct snapshot *seen)
{
	int status = 0;

	visits->containers.n = visits->host.n = visits->networks.n = 0;
	memset(visits->proxied, 0, sizeof(visits->proxied));
	memset(visits->own, 0, sizeof(visits->own));
	vec_foreach(container, &seen->engine.containers)
		if (status == 0)
			status = know_container(visits, container);
	vec_foreach(own, &seen->net.addresses)
		if (status == 0)
			status = add(&visits->host, &own->address);
	vec_foreach(network, &seen->engine.networks)
		vec_foreach(subnet, &network->subnets) {
			struct prefix *slot =
			    network->bridge && status == 0 ? vec_push(&visits->networks) : NULL;

			if (slot)
				*slot = subnet->prefix;
			else if (network->bridge)
				status = -ENOMEM;
		}
	if (status < 0)
		visits->containers.n = visits->host.n = visits->networks.n = 0;
	if (visits->containers.n)
		qsort(visits->containers.items, visits->containers.n, sizeof(struct address),
		      compare);
	if (visits->host.n)
		qsort(visits->host.items, visits->host.n, sizeof(struct address), compare);
	return status;
}

/* Two bytes as a number. */
static uint16_t number_at(struct span span)
{
	return (uint16_t)(span.len == 2 ? span.data[0] << 8 | span.data[1] : 0);
}

/* Reads an address of a tuple. False where it is none. */
static bool read_address(const struct attrs *ip, bool source, struct address *ret_address)
{
	struct span four = ip->by_type[source ? CTA_IP_V4_SRC : CTA_IP_V4_DST];
	struct span six = ip->by_type[source ? CTA_IP_V6_SRC : CTA_IP_V6_DST];

	if (four.len == 4)
		*ret_address = address_make(AF_INET, four.data);
	else if (six.len == 16)
		*ret_address = address_make(AF_INET6, six.data);
	else
		return false;
	return true;
}

bool visit_parse(const void *message, size_t len, struct sighting *ret_visit)
{
	const size_t head = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
	struct attrs attrs, tuple, ip, protocol, reply_ip, reply_protocol;
	struct address source;
	struct span number;

	if (len < head)
		return false;
	attrs = attrs_read((struct span){(const uint8_t *)message + head, len - head});
	tuple = attrs_read(attrs.by_type[CTA_TUPLE_ORIG]);
	ip = attrs_read(tuple.by_type[CTA_TUPLE_IP]);
	protocol = attrs_read(tuple.by_type[CTA_TUPLE_PROTO]);
	tuple = attrs_read(attrs.by_type[CTA_TUPLE_REPLY]);
	reply_ip = attrs_read(tuple.by_type[CTA_TUPLE_IP]);
	reply_protocol = attrs_read(tuple.by_type[CTA_TUPLE_PROTO]);
	number = protocol.by_type[CTA_PROTO_NUM];
	if (number.len != 1 || !read_address(&ip, true, &source) ||
	    !read_address(&ip, false, &ret_visit->to) ||
	    !read_address(&reply_ip, true, &ret_visit->at))
		return false;
	ret_visit->source = prefix_make(&source, (uint8_t)(address_size(source.family) * 8));
	ret_visit->protocol = number.data[0];
	ret_visit->port = number_at(protocol.by_type[CTA_PROTO_DST_PORT]);
	ret_visit->at_port = number_at(reply_protocol.by_type[CTA_PROTO_SRC_PORT]);
	return true;
}

/* Whether a flow is a visit, and by which path. */
static bool is_visit(const struct visits *visits, struct sighting *visit)
{
	const struct address *source = &visit->source.address;

	if (address_is_loopback(source) || is_among(&visits->host, source))
		return false;
	vec_foreach(network, &visits->networks)
		if (prefix_contains(network, source))
			return false;
	if (is_among(&visits->containers, &visit->at))
		visit->path = (uint8_t)(address_equal(&visit->to, &visit->at) ? PATH_DIRECT
		                        : address_is_loopback(&visit->to)     ? PATH_LOOPBACK
		                                                              : PATH_PUBLISHED);
	else if (is_among(&visits->host, &visit->at) &&
	         is_marked(visits->proxied, visit->protocol, visit->at_port))
		visit->path = PATH_PROXY;
	else if (is_among(&visits->host, &visit->at) &&
	         is_marked(visits->own, visit->protocol, visit->at_port))
		visit->path = PATH_HOST;
	else
		return false;
	return true;
}

/* Whether an event is a visit, and which. */
static bool parse(const void *message, size_t len, struct sighting *ret_visit, const void *data)
{
	return visit_parse(message, len, ret_visit) && is_visit(data, ret_visit);
}

bool visits_read(struct visits *visits, struct tally *tally, time_t now)
{
	const struct hearing hearing = {.socket = visits->socket,
	                                .buffer = visits->buffer,
	                                .type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW,
	                                .parse = parse,
	                                .data = visits};

	return hearing_read(&hearing, tally, now);
}
