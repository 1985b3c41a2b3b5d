/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoints: the socket addresses that containers answer on, found in a snapshot. */
#include "audit/endpoint.h"
#include "audit/kernel_endpoint.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

const char *transport_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return "?";
	}
}

/* Whether a container has processes that could answer. */
static bool container_alive(const struct container *container)
{
	return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
	       container->state == CONTAINER_RESTARTING;
}

struct audit_endpoint *endpoint_add(struct audit *audit, const char *name,
                                    const struct container *container, const char *network,
                                    const struct address *address, uint16_t port, uint8_t protocol)
{
	char text[ADDRESS_TEXT];
	bool ipv6 = address->family == AF_INET6;
	struct audit_endpoint *endpoint = vec_push(&audit->endpoints);

	if (!endpoint)
		return NULL;
	*endpoint = (struct audit_endpoint){
	    .name = name,
	    .container = container,
	    .network = network,
	    .address = *address,
	    .port = port,
	    .protocol = protocol,
	    .id = arena_printf(&audit->arena, "%s/%s%s%s:%u/%s", name, ipv6 ? "[" : "",
	                       address_format(address, text), ipv6 ? "]" : "", port,
	                       transport_name(protocol)),
	};
	return endpoint->id ? endpoint : NULL;
}

/* Whether a socket of the container takes packets to this address and port. */
static bool container_listens(const struct container *container, uint8_t protocol,
                              const struct address *address, uint16_t port)
{
	vec_foreach(socket, &container->sockets) {
		bool wildcard = address_is_any(&socket->address) &&
		                (socket->address.family == address->family ||
		                 (socket->address.family == AF_INET6 && !socket->v6only));

		if (socket->protocol == protocol && socket->port == port &&
		    (wildcard || address_equal(&socket->address, address)))
			return true;
	}
	return false;
}

/*
 * Whether a mapping leads to this address of the container: IPv4 host addresses to the IPv4 one,
 * IPv6 ones to the IPv6 one where it has any, else to the IPv4 one (the userland proxy's work).
 */
static bool mapping_leads_to(const struct published_port *published,
                             const struct attachment *attachment, const struct address *address)
{
	if (published->host_address.family == AF_INET6 && attachment->ipv6.family)
		return address->family == AF_INET6;
	if (published->host_address.family == AF_INET && !attachment->ipv4.family)
		return true;
	return address->family == AF_INET;
}

/* Adds one endpoint of an attachment unless it is there; with its mappings if it takes them. */
static int attachment_port(struct audit *audit, const struct container *container,
                           const struct attachment *attachment, const struct address *address,
                           uint16_t port, uint8_t protocol, bool takes_mappings)
{
	struct audit_endpoint *endpoint;

	for (size_t i = audit->endpoints.n; i-- > 0;) {
		const struct audit_endpoint *known = &audit->endpoints.items[i];

		if (known->container != container)
			break; /* a container's endpoints stand together */
		if (known->port == port && known->protocol == protocol &&
		    address_equal(&known->address, address))
			return 0;
	}
	endpoint = endpoint_add(audit, container->name, container, attachment->network, address,
	                        port, protocol);
	if (!endpoint)
		return -ENOMEM;
	endpoint->listening_known = container->sockets_known;
	endpoint->listening = container_listens(container, protocol, address, port);
	if (!takes_mappings)
		return 0;
	vec_foreach(published, &container->published) {
		struct published_port *slot;

		if (published->container_port != port || published->protocol != protocol ||
		    !mapping_leads_to(published, attachment, address))
			continue;
		slot = vec_push(&endpoint->published);
		if (!slot)
			return -ENOMEM;
		*slot = *published;
	}
	return 0;
}

/* Adds all ports of one address of a container. */
static int attachment_address(struct audit *audit, const struct container *container,
                              const struct attachment *attachment, const struct address *address,
                              bool takes_mappings)
{
	int status = 0;

	if (!address->family)
		return 0;
	vec_foreach(published, &container->published)
		if (status == 0)
			status = attachment_port(audit, container, attachment, address,
			                         published->container_port, published->protocol,
			                         takes_mappings);
	vec_foreach(exposed, &container->exposed)
		if (status == 0)
			status = attachment_port(audit, container, attachment, address,
			                         exposed->port, exposed->protocol, takes_mappings);
	vec_foreach(socket, &container->sockets) {
		if (status < 0)
			break;
		if (address_is_loopback(&socket->address) ||
		    !container_listens(container, socket->protocol, address, socket->port))
			continue;
		status = attachment_port(audit, container, attachment, address, socket->port,
		                         socket->protocol, takes_mappings);
	}
	return status;
}

/* The attachment that published ports lead to: the first on a bridge that is not internal. */
static const struct attachment *mapping_attachment(const struct snapshot *snapshot,
                                                   const struct container *container)
{
	vec_foreach(attachment, &container->attachments) {
		const struct engine_network *network =
		    snapshot_network(snapshot, attachment->network);

		if (network && network->bridge && !network->internal && attachment->ipv4.family)
			return attachment;
	}
	return container->attachments.n ? container->attachments.items : NULL;
}

/* Adds a host-network container's own sockets. */
static int host_sockets(struct audit *audit, const struct container *container)
{
	vec_foreach(socket, &audit->snapshot->net.sockets) {
		struct audit_endpoint *endpoint;

		if (!socket->owner.container_id ||
		    strcmp(socket->owner.container_id, container->id) != 0)
			continue;
		endpoint = endpoint_add(audit, container->name, container, "host", &socket->address,
		                        socket->port, socket->protocol);
		if (!endpoint)
			return -ENOMEM;
		endpoint->listening = endpoint->listening_known = true;
	}
	return 0;
}

/* Adds one container's endpoints. */
static int container_endpoints(struct audit *audit, const struct container *container)
{
	const struct attachment *mapped = mapping_attachment(audit->snapshot, container);

	if (!container_alive(container))
		return 0;
	if (container->network_mode && strcmp(container->network_mode, "host") == 0)
		return host_sockets(audit, container);
	if (container->network_mode && strncmp(container->network_mode, "container:", 10) == 0) {
		const struct container *owner =
		    snapshot_container(audit->snapshot, container->network_mode + 10);

		return owner && owner->network_mode && strcmp(owner->network_mode, "host") == 0
		           ? host_sockets(audit, container)
		           : 0;
	}
	vec_foreach(attachment, &container->attachments) {
		int status = attachment_address(audit, container, attachment, &attachment->ipv4,
		                                attachment == mapped);

		if (status == 0)
			status = attachment_address(audit, container, attachment, &attachment->ipv6,
			                            attachment == mapped);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Adds the mesh ports of a Swarm service: one endpoint for the service, at no address of its own.
 */
static int service_endpoints(struct audit *audit, const struct swarm_service *service)
{
	vec_foreach(port, &service->ports) {
		struct address any = address_any(AF_INET);
		struct audit_endpoint *endpoint;
		struct published_port *published;

		if (!port->ingress || !port->published)
			continue;
		endpoint = endpoint_add(audit, service->name, NULL, "ingress", &any,
		                        port->published, port->protocol);
		published = endpoint ? vec_push(&endpoint->published) : NULL;
		if (!published)
			return -ENOMEM;
		*published = (struct published_port){.host_address = any,
		                                     .address_blank = true,
		                                     .host_port = port->published,
		                                     .host_port_last = port->published,
		                                     .container_port = port->target,
		                                     .protocol = port->protocol};
	}
	return 0;
}

/* Orders endpoints as a person would look for them: by name, then port, then address. */
static int endpoint_name_compare(const void *a, const void *b)
{
	const struct audit_endpoint *one = a, *two = b;
	int order = strcmp(one->name, two->name);

	if (order == 0)
		order = (int)one->port - (int)two->port;
	if (order == 0)
		order = (int)one->protocol - (int)two->protocol;
	return order ? order : address_compare(&one->address, &two->address);
}

int endpoints_find(struct audit *audit)
{
	int status = 0;

	vec_foreach(container, &audit->snapshot->engine.containers)
		if (status == 0)
			status = container_endpoints(audit, container);
	vec_foreach(service, &audit->snapshot->engine.services)
		if (status == 0)
			status = service_endpoints(audit, service);
	if (status == 0 && audit->snapshot->engine.from_kernel)
		status = kernel_endpoints(audit);
	if (audit->endpoints.n)
		qsort(audit->endpoints.items, audit->endpoints.n, sizeof(struct audit_endpoint),
		      endpoint_name_compare);
	return status;
}

/* Orders endpoints by protocol, port, address. */
static int endpoint_compare(const void *a, const void *b, void *data)
{
	const struct audit *audit = data;
	const struct audit_endpoint *one = &audit->endpoints.items[*(const size_t *)a];
	const struct audit_endpoint *two = &audit->endpoints.items[*(const size_t *)b];

	if (one->protocol != two->protocol)
		return (int)one->protocol - (int)two->protocol;
	if (one->port != two->port)
		return (int)one->port - (int)two->port;
	return address_compare(&one->address, &two->address);
}

/* Orders mappings by protocol and host port; within one, exact addresses before wildcards. */
static int mapping_compare(const void *a, const void *b)
{
	const struct published_port *one = ((const struct mapping *)a)->published;
	const struct published_port *two = ((const struct mapping *)b)->published;

	if (one->protocol != two->protocol)
		return (int)one->protocol - (int)two->protocol;
	if (one->host_port != two->host_port)
		return (int)one->host_port - (int)two->host_port;
	return (int)address_is_any(&one->host_address) - (int)address_is_any(&two->host_address);
}

int endpoint_index_make(const struct audit *audit, struct endpoint_index *index)
{
	index->audit = audit;
	for (size_t i = 0; i < audit->endpoints.n; i++) {
		size_t *slot = vec_push(&index->by_address);

		if (!slot)
			return -ENOMEM;
		*slot = i;
		vec_foreach(published, &audit->endpoints.items[i].published) {
			struct mapping *mapping = vec_push(&index->by_host_port);

			if (!mapping)
				return -ENOMEM;
			*mapping = (struct mapping){.endpoint = i, .published = published};
		}
	}
	if (index->by_address.n)
		qsort_r(index->by_address.items, index->by_address.n, sizeof(size_t),
		        endpoint_compare, (void *)audit);
	if (index->by_host_port.n)
		qsort(index->by_host_port.items, index->by_host_port.n, sizeof(struct mapping),
		      mapping_compare);
	return 0;
}

void endpoint_index_done(struct endpoint_index *index)
{
	vec_done(&index->by_address);
	vec_done(&index->by_host_port);
}

/* The first position in by_address that is not before (protocol, port). */
static size_t address_lower_bound(const struct endpoint_index *index, uint8_t protocol,
                                  uint16_t port)
{
	size_t low = 0, high = index->by_address.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct audit_endpoint *endpoint =
		    &index->audit->endpoints.items[index->by_address.items[middle]];

		if (endpoint->protocol < protocol ||
		    (endpoint->protocol == protocol && endpoint->port < port))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The endpoint at a position of by_address while it has this protocol and port, else NULL. */
static const struct audit_endpoint *address_candidate(const struct endpoint_index *index, size_t i,
                                                      uint8_t protocol, uint16_t port)
{
	const struct audit_endpoint *endpoint;

	if (i >= index->by_address.n)
		return NULL;
	endpoint = &index->audit->endpoints.items[index->by_address.items[i]];
	return endpoint->protocol == protocol && endpoint->port == port ? endpoint : NULL;
}

size_t endpoint_at(const struct endpoint_index *index, uint8_t protocol,
                   const struct address *address, uint16_t port)
{
	const struct audit_endpoint *endpoint;

	for (size_t i = address_lower_bound(index, protocol, port);
	     (endpoint = address_candidate(index, i, protocol, port)); i++)
		if (address_equal(&endpoint->address, address))
			return index->by_address.items[i];
	return SIZE_MAX;
}

size_t endpoint_of_socket(const struct endpoint_index *index, const struct socket *socket)
{
	const struct audit_endpoint *endpoint;

	for (size_t i = address_lower_bound(index, socket->protocol, socket->port);
	     (endpoint = address_candidate(index, i, socket->protocol, socket->port)); i++)
		if (endpoint->container && socket->owner.container_id &&
		    strcmp(endpoint->container->id, socket->owner.container_id) == 0 &&
		    strcmp(endpoint->network, "host") == 0 &&
		    address_equal(&endpoint->address, &socket->address))
			return index->by_address.items[i];
	return SIZE_MAX;
}

/* The first position in by_host_port that is not before (protocol, host port). */
static size_t mapping_lower_bound(const struct endpoint_index *index, uint8_t protocol,
                                  uint16_t host_port)
{
	size_t low = 0, high = index->by_host_port.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct published_port *published =
		    index->by_host_port.items[middle].published;

		if (published->protocol < protocol ||
		    (published->protocol == protocol && published->host_port < host_port))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct mapping *mapping_at(const struct endpoint_index *index, uint8_t protocol,
                                 const struct address *host_address, uint16_t host_port)
{
	const struct mapping *wildcard = NULL;

	for (size_t i = mapping_lower_bound(index, protocol, host_port); i < index->by_host_port.n;
	     i++) {
		const struct mapping *mapping = &index->by_host_port.items[i];

		if (mapping->published->protocol != protocol ||
		    mapping->published->host_port != host_port)
			break;
		if (address_equal(&mapping->published->host_address, host_address))
			return mapping;
		if (address_is_any(&mapping->published->host_address) &&
		    mapping->published->host_address.family == host_address->family)
			wildcard = mapping;
	}
	return wildcard;
}
