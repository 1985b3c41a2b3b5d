/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ways there are to a container's ports, and what the bind address of each declares. */
#include "intent/declared.h"
#include "intent/intent_parts.h"
#include "intent/source_word.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What a row declares before labels and policy are asked. */
enum bind_meaning {
	MEANT_HOST,    /* this host */
	MEANT_OUTSIDE, /* every zone but other containers: the address of one interface */
	MEANT_ALL,     /* every zone */
};

/* Adds the row of a port with what its bind address means, and decides it. 0 or -ENOMEM. */
static int row_add(struct intent_making *making, const struct intent_port *like,
                   enum bind_meaning meaning, const struct namings *namings,
                   const struct allow_labels *labels)
{
	const struct policy *policy = making->intent->policy;
	struct intent_port *row = vec_push(&making->intent->ports);
	int status = 0;

	if (!row)
		return -ENOMEM;
	*row = *like;
	for (size_t i = 0; i < ZONES_BUILT_IN + policy->zones.n && status == 0; i++)
		if (meaning == MEANT_ALL || i == ZONE_HOST ||
		    (meaning == MEANT_OUTSIDE && i != ZONE_CONTAINERS))
			status = sources_add(&row->allowed, &(struct policy_source){.zone = i});
	return status == 0 ? intent_decide(making, row, namings, labels) : status;
}

/* What a mapping's address means. */
static enum bind_meaning mapping_meaning(const struct published_port *published)
{
	switch (declared_by(published)) {
	case DECLARED_ANYONE:
		return MEANT_ALL;
	case DECLARED_ADDRESS:
		return MEANT_OUTSIDE;
	default:
		return MEANT_HOST;
	}
}

/* Adds a row for each published mapping. 0 or -ENOMEM. */
static int published_rows(struct intent_making *making, const struct container *container,
                          const struct namings *namings, const struct allow_labels *labels)
{
	int status = 0;

	vec_foreach(published, &container->published) {
		struct intent_port row = {
		    .container = container,
		    .way = WAY_PUBLISHED,
		    .published = published,
		    .host_port = published->host_port,
		    .port = published->container_port,
		    .protocol = published->protocol,
		    .own_address = declared_by(published) == DECLARED_ADDRESS,
		};

		if (status == 0)
			status = row_add(making, &row, mapping_meaning(published), namings, labels);
	}
	return status;
}

/* Ports of a container, each once. */
VEC_TYPE(port_list, struct container_port);

/* Orders ports, for sorting. */
static int port_compare(const void *a, const void *b)
{
	const struct container_port *one = a, *two = b;

	return one->protocol != two->protocol ? (int)one->protocol - (int)two->protocol
	                                      : (int)one->port - (int)two->port;
}

/* Adds a port. 0 or -ENOMEM. */
static int port_add(struct port_list *ports, uint16_t port, uint8_t protocol)
{
	struct container_port *slot = vec_push(ports);

	if (!slot)
		return -ENOMEM;
	*slot = (struct container_port){port, protocol};
	return 0;
}

/* All ports of its own that a container is known to have. 0 or -ENOMEM. */
static int ports_find(const struct container *container, struct port_list *ports)
{
	size_t kept = 0;
	int status = 0;

	vec_foreach(published, &container->published)
		if (status == 0)
			status = port_add(ports, published->container_port, published->protocol);
	vec_foreach(exposed, &container->exposed)
		if (status == 0)
			status = port_add(ports, exposed->port, exposed->protocol);
	vec_foreach(socket, &container->sockets)
		if (status == 0 && !address_is_loopback(&socket->address))
			status = port_add(ports, socket->port, socket->protocol);
	if (status < 0 || ports->n < 2)
		return status;
	qsort(ports->items, ports->n, sizeof(*ports->items), port_compare);
	for (size_t i = 1; i < ports->n; i++)
		if (port_compare(&ports->items[kept], &ports->items[i]) != 0)
			ports->items[++kept] = ports->items[i];
	ports->n = kept + 1;
	return 0;
}

/* What direct access to a port means: who may by every host address may so as well. */
static enum bind_meaning direct_meaning(const struct container *container,
                                        const struct container_port *port)
{
	vec_foreach(published, &container->published)
		if (published->container_port == port->port &&
		    published->protocol == port->protocol &&
		    declared_by(published) == DECLARED_ANYONE)
			return MEANT_ALL;
	return MEANT_HOST;
}

/* Adds rows for the container's own addresses, on an engine's network or the LAN. 0 or -ENOMEM. */
static int own_rows(struct intent_making *making, const struct container *container,
                    enum intent_way way, const struct namings *namings,
                    const struct allow_labels *labels)
{
	struct intent_port row = {.container = container, .way = way};
	struct port_list ports = {0};
	int status = ports_find(container, &ports);

	if (status == 0)
		status =
		    row_add(making, &row, way == WAY_LAN ? MEANT_ALL : MEANT_HOST, namings, labels);
	vec_foreach(port, &ports) {
		enum bind_meaning meaning =
		    way == WAY_DIRECT ? direct_meaning(container, port)
		    : declared_loopback(container, port->protocol, port->port) ? MEANT_HOST
		                                                               : MEANT_ALL;

		row.port = port->port;
		row.protocol = port->protocol;
		if (status == 0)
			status = row_add(making, &row, meaning, namings, labels);
	}
	vec_done(&ports);
	return status;
}

/* Whether a socket in the host's namespace is a container's. */
static bool socket_of(const struct socket *socket, const struct container *container)
{
	return socket->owner.container_id && strcmp(socket->owner.container_id, container->id) == 0;
}

/* What the sockets of a container that has the host's network mean for one port of it. */
static enum bind_meaning sockets_meaning(const struct snapshot *snapshot,
                                         const struct container *container,
                                         const struct container_port *port)
{
	if (declared_loopback(container, port->protocol, port->port))
		return MEANT_HOST;
	vec_foreach(socket, &snapshot->net.sockets)
		if (socket_of(socket, container) && socket->port == port->port &&
		    socket->protocol == port->protocol && !address_is_loopback(&socket->address))
			return MEANT_ALL;
	return MEANT_HOST;
}

/* Adds rows for the sockets of a container that has the host's network. 0 or -ENOMEM. */
static int host_rows(struct intent_making *making, const struct container *container,
                     const struct namings *namings, const struct allow_labels *labels)
{
	const struct snapshot *snapshot = making->intent->snapshot;
	struct intent_port row = {.container = container, .way = WAY_HOST};
	struct port_list ports = {0};
	size_t kept = 0;
	int status = row_add(making, &row, MEANT_ALL, namings, labels);

	vec_foreach(socket, &snapshot->net.sockets)
		if (status == 0 && socket_of(socket, container))
			status = port_add(&ports, socket->port, socket->protocol);
	if (ports.n)
		qsort(ports.items, ports.n, sizeof(*ports.items), port_compare);
	for (size_t i = 0; i < ports.n && status == 0; i++) {
		const struct container_port *port = &ports.items[i];

		if (kept && port_compare(port, &ports.items[i - 1]) == 0)
			continue;
		kept++;
		row.host_port = row.port = port->port;
		row.protocol = port->protocol;
		status = row_add(making, &row, sockets_meaning(snapshot, container, port), namings,
		                 labels);
	}
	vec_done(&ports);
	return status;
}

/* Whether a container has an address of its own on the LAN. */
static bool on_lan(const struct snapshot *snapshot, const struct container *container)
{
	if (container->view)
		return true;
	vec_foreach(attachment, &container->attachments) {
		const struct engine_network *network =
		    snapshot_network(snapshot, attachment->network);

		if (network && (strcmp(network->driver, "macvlan") == 0 ||
		                strcmp(network->driver, "ipvlan") == 0))
			return true;
	}
	return false;
}

int intent_container(struct intent_making *making, const struct container *container,
                     const struct namings *namings, const struct allow_labels *labels)
{
	static const char joined[] = "container:";
	const struct snapshot *snapshot = making->intent->snapshot;
	const char *mode = container->network_mode ? container->network_mode : "";
	int status;

	if (strncmp(mode, joined, sizeof(joined) - 1) == 0) {
		const struct container *owner =
		    snapshot_container(snapshot, mode + sizeof(joined) - 1);

		if (!owner || !owner->network_mode || strcmp(owner->network_mode, "host") != 0) {
			/* Its ports are its owner's. */
			vec_foreach(naming, namings)
				making->uses[naming->entry].joined = true;
			return 0;
		}
		mode = owner->network_mode;
	}
	if (strcmp(mode, "host") == 0)
		return host_rows(making, container, namings, labels);
	status = published_rows(making, container, namings, labels);
	if (status == 0 && on_lan(snapshot, container))
		status = own_rows(making, container, WAY_LAN, namings, labels);
	return status == 0 ? own_rows(making, container, WAY_DIRECT, namings, labels) : status;
}

int intent_service(struct intent_making *making, const struct swarm_service *service,
                   const struct namings *namings)
{
	static const struct allow_labels none = {0};
	int status = 0;

	vec_foreach(port, &service->ports) {
		struct intent_port row = {
		    .service = service,
		    .way = WAY_MESH,
		    .host_port = port->published,
		    .port = port->target,
		    .protocol = port->protocol,
		};

		if (port->ingress && port->published && status == 0)
			status = row_add(making, &row, MEANT_ALL, namings, &none);
	}
	return status;
}
