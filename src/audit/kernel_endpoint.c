/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoints of containers whose engine does not answer. */
#include "audit/kernel_endpoint.h"
#include "audit/endpoint.h"
#include "audit/process.h"
#include "rules/listing/translation.h"

#include <errno.h>
#include <string.h>

/* Whether an engine wrote the rule: what it asks for is how a port was published. */
static bool by_engine(const struct translation *translation)
{
	static const char *const engines[] = {"Docker", "netavark", "CNI"};

	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++)
		if (strcmp(translation->owner, engines[i]) == 0)
			return true;
	return false;
}

/* The network that has an address, by its subnets; or NULL. */
static const struct engine_network *network_of(const struct snapshot *snapshot,
                                               const struct address *address)
{
	vec_foreach(network, &snapshot->engine.networks)
		vec_foreach(subnet, &network->subnets)
			if (network->bridge && prefix_contains(&subnet->prefix, address))
				return network;
	return NULL;
}

/* The container that has an address, or NULL; *ret_network is how its network is called. */
static const struct container *container_of(const struct audit *audit,
                                            const struct address *address, const char **ret_network)
{
	vec_foreach(container, &audit->snapshot->engine.containers)
		vec_foreach(attachment, &container->attachments)
			if (address_equal(&attachment->ipv4, address) ||
			    address_equal(&attachment->ipv6, address)) {
				*ret_network = attachment->network;
				return container;
			}
	return NULL;
}

/* Adds a container of which no more is known than a name of ours. NULL when memory is out. */
static struct container *nameless_add(struct audit *audit, const char *name)
{
	struct container *container = vec_push(&audit->nameless);

	if (container)
		*container = (struct container){
		    .id = "", .name = name, .image = "", .state = CONTAINER_RUNNING};
	return container;
}

/* The container that has an address on a network, known by no more than that. */
static const struct container *nameless_at(struct audit *audit,
                                           const struct engine_network *network,
                                           const struct address *address)
{
	char text[ADDRESS_TEXT];
	const char *name = arena_strdup(&audit->arena, address_format(address, text));
	struct container *container;
	struct attachment *attachment;

	vec_foreach(known, &audit->nameless)
		if (name && strcmp(known->name, name) == 0)
			return known;
	container = name ? nameless_add(audit, name) : NULL;
	attachment = container ? vec_push(&container->attachments) : NULL;
	if (!attachment)
		return NULL;
	*attachment = (struct attachment){.network = network->name, .network_id = network->id};
	*(address->family == AF_INET6 ? &attachment->ipv6 : &attachment->ipv4) = *address;
	return container;
}

/*
 * The endpoint that a translation leads to, made if need be: *ret_endpoint is NULL where that is no
 * container's address. 0 or -ENOMEM.
 */
static int endpoint_of(struct audit *audit, const struct translation *translation,
                       struct audit_endpoint **ret_endpoint)
{
	const struct engine_network *network = network_of(audit->snapshot, &translation->target);
	const char *network_name = network ? network->name : NULL;
	const struct container *container;

	*ret_endpoint = NULL;
	vec_foreach(endpoint, &audit->endpoints)
		if (endpoint->port == translation->target_port &&
		    endpoint->protocol == translation->protocol &&
		    address_equal(&endpoint->address, &translation->target)) {
			*ret_endpoint = endpoint;
			return 0;
		}
	container = container_of(audit, &translation->target, &network_name);
	if (!container && !network)
		return 0;
	if (!container)
		container = nameless_at(audit, network, &translation->target);
	*ret_endpoint = container ? endpoint_add(audit, container->name, container, network_name,
	                                         &translation->target, translation->target_port,
	                                         translation->protocol)
	                          : NULL;
	if (!*ret_endpoint)
		return -ENOMEM;
	(*ret_endpoint)->listening_known = container->sockets_known;
	return 0;
}

/* Adds a mapping to an endpoint, once. 0 or -ENOMEM. */
static int mapping_add(struct audit_endpoint *endpoint, const struct address *host, uint16_t port)
{
	struct published_port *slot;

	vec_foreach(known, &endpoint->published)
		if (known->host_port == port && address_equal(&known->host_address, host))
			return 0;
	slot = vec_push(&endpoint->published);
	if (!slot)
		return -ENOMEM;
	*slot = (struct published_port){.host_address = *host,
	                                .host_port = port,
	                                .host_port_last = port,
	                                .container_port = endpoint->port,
	                                .protocol = endpoint->protocol};
	return 0;
}

/* Takes in one translation. 0 or -ENOMEM. */
static int take_translation(struct audit *audit, const struct translation *translation)
{
	struct audit_endpoint *endpoint;
	int status = endpoint_of(audit, translation, &endpoint);

	if (status < 0 || !endpoint || !by_engine(translation) || !translation->host_port)
		return status;
	return mapping_add(endpoint, &translation->host, translation->host_port);
}

/*
 * Takes in a socket of docker-proxy: a mapping more of the endpoint that another one of this port
 * leads to, and where there is none an endpoint of the host's own.
 */
static int take_relay(struct audit *audit, const struct socket *socket)
{
	const struct container *container;
	struct audit_endpoint *own;

	vec_foreach(endpoint, &audit->endpoints)
		vec_foreach(published, &endpoint->published)
			if (published->host_port == socket->port &&
			    published->protocol == socket->protocol)
				return mapping_add(endpoint, &socket->address, socket->port);
	container = nameless_add(audit, "not known");
	own = container ? endpoint_add(audit, container->name, container, "host", &socket->address,
	                               socket->port, socket->protocol)
	                : NULL;
	if (!own)
		return -ENOMEM;
	own->listening = own->listening_known = true;
	return mapping_add(own, &socket->address, socket->port);
}

int kernel_endpoints(struct audit *audit)
{
	const struct netview *view = &audit->snapshot->net;
	struct translations translations = {0};
	int status = rule_translations(view, &translations);

	/* Endpoints point to them, so they must not move. */
	if (status == 0)
		status = vec_reserve(&audit->nameless, translations.n + view->sockets.n);
	vec_foreach(translation, &translations)
		if (status == 0)
			status = take_translation(audit, translation);
	vec_foreach(socket, &view->sockets)
		if (status == 0 && !socket->owner.container_id &&
		    process_is_proxy(socket->owner.comm))
			status = take_relay(audit, socket);
	vec_done(&translations);
	return status;
}
