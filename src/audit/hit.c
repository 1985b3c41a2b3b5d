/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hits: what an arrived probe means - which endpoint it reached and by which path. */
#include "audit/hit.h"
#include "audit/process.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Whether the packet still had the destination that its sender wrote. */
static bool untranslated(const struct probe *probe, const struct arrival *arrival)
{
	return address_equal(&probe->destination, &arrival->destination) &&
	       probe->destination_port == arrival->destination_port;
}

/* The endpoint's mapping that a sender to this host address and port uses, or NULL. */
static const struct published_port *endpoint_mapping(const struct audit_endpoint *endpoint,
                                                     const struct probe *probe)
{
	vec_foreach(published, &endpoint->published) {
		const struct address *host = &published->host_address;

		if (published->host_port == probe->destination_port &&
		    (address_equal(host, &probe->destination) ||
		     (address_is_any(host) && host->family == probe->destination.family)))
			return published;
	}
	return NULL;
}

/* The path of a packet that was forwarded to an endpoint. */
static enum reach_path forwarded_path(const struct vantage *vantage, const struct witness *witness,
                                      const struct probe *probe, const struct arrival *arrival,
                                      const struct published_port *published)
{
	if (untranslated(probe, arrival))
		return vantage->enslaved ? PATH_L2 : PATH_DIRECT;
	if (!published)
		return PATH_REDIRECT;
	if (witness->target == TARGET_BROADCAST)
		return PATH_BROADCAST;
	return address_is_loopback(&probe->destination) ? PATH_LOOPBACK : PATH_PUBLISHED;
}

/*
 * Whether a packet that leaves by a link gets to the endpoint: by its network's bridge. Another
 * route to the same address leads elsewhere, and an overlay's address means nothing outside it.
 */
static bool leads_there(const struct audit *audit, const struct audit_endpoint *endpoint,
                        const struct arrival *arrival)
{
	const struct engine_network *network =
	    endpoint->network ? snapshot_network(audit->snapshot, endpoint->network) : NULL;
	const struct link *out = netview_link(&audit->snapshot->net, arrival->out_ifindex);

	if (!network)
		return true;
	if (!network->bridge)
		return network->driver && strcmp(network->driver, "overlay") != 0;
	return out && strcmp(out->name, network->bridge) == 0;
}

/*
 * Understands a packet that was translated to an address that the engine does not tell of: the
 * sandbox of Swarm's mesh, or a task's place on docker_gwbridge. The mapping says whom it is for.
 */
static bool mapped_hit(const struct endpoint_index *index, struct hit *hit)
{
	const struct snapshot *snapshot = index->audit->snapshot;
	const struct link *out = netview_link(&snapshot->net, hit->arrival.out_ifindex);
	const struct mapping *mapping = mapping_at(
	    index, hit->probe.protocol, &hit->probe.destination, hit->probe.destination_port);
	bool mesh;

	if (!mapping || untranslated(&hit->probe, &hit->arrival) || !out ||
	    !vantage_bridge_network(snapshot, out))
		return false;
	mesh = !index->audit->endpoints.items[mapping->endpoint].container;
	if (!mesh && mapping->published->container_port != hit->arrival.destination_port)
		return false;
	hit->endpoint = mapping->endpoint;
	hit->published = mapping->published;
	hit->path = mesh ? PATH_INGRESS : PATH_PUBLISHED;
	if (address_is_loopback(&hit->probe.destination))
		hit->path = PATH_LOOPBACK;
	return true;
}

/*
 * A container on several networks is reached at whichever address the engine chose; the mapping
 * stands with another of its endpoints then, which the hit is credited to.
 */
static void take_sibling_mapping(const struct endpoint_index *index, struct hit *hit)
{
	const struct audit_endpoint *endpoints = index->audit->endpoints.items;
	const struct mapping *mapping = mapping_at(
	    index, hit->probe.protocol, &hit->probe.destination, hit->probe.destination_port);

	if (!mapping ||
	    endpoints[mapping->endpoint].container != endpoints[hit->endpoint].container ||
	    mapping->published->container_port != hit->arrival.destination_port)
		return;
	hit->endpoint = mapping->endpoint;
	hit->published = mapping->published;
}

/* Understands a packet that was about to leave by a link. False when it is no hit. */
static bool forwarded_hit(const struct endpoint_index *index, const struct vantages *vantages,
                          const struct witness *witness, struct hit *hit)
{
	const struct arrival *arrival = &hit->arrival;

	hit->endpoint = endpoint_at(index, hit->probe.protocol, &arrival->destination,
	                            arrival->destination_port);
	if (hit->endpoint != SIZE_MAX) {
		const struct audit_endpoint *endpoint =
		    &index->audit->endpoints.items[hit->endpoint];

		hit->published = endpoint_mapping(endpoint, &hit->probe);
		if (!hit->published && !untranslated(&hit->probe, arrival))
			take_sibling_mapping(index, hit);
		hit->path = forwarded_path(&vantages->items[hit->vantage], witness, &hit->probe,
		                           arrival, hit->published);
		return leads_there(index->audit, endpoint, arrival);
	}
	return mapped_hit(index, hit);
}

/* The path of a packet that a socket of the host would have got on behalf of an endpoint. */
static enum reach_path local_path(const struct witness *witness, const struct hit *hit,
                                  enum reach_path plain)
{
	if (witness->target == TARGET_BROADCAST)
		return PATH_BROADCAST;
	if (!untranslated(&hit->probe, &hit->arrival))
		return PATH_REDIRECT;
	return address_is_loopback(&hit->probe.destination) ? PATH_LOOPBACK : plain;
}

/* Understands a packet that was about to be given to a socket. False when it is no hit. */
static bool local_hit(const struct endpoint_index *index, const struct vantages *vantages,
                      const struct witness *witness, struct hit *hit)
{
	const struct netview *view = &index->audit->snapshot->net;
	const struct arrival *arrival = &hit->arrival;
	const struct mapping *mapping;

	hit->socket =
	    netview_socket(view, hit->probe.protocol, &arrival->destination,
	                   arrival->destination_port, vantages->items[hit->vantage].in_ifindex);
	if (!hit->socket)
		return false;
	hit->endpoint = endpoint_of_socket(index, hit->socket);
	if (hit->endpoint != SIZE_MAX) {
		hit->path = local_path(witness, hit, PATH_HOST);
		return true;
	}
	mapping = mapping_at(index, hit->probe.protocol, &hit->socket->address, hit->socket->port);
	if (mapping && (!hit->socket->owner.comm || process_is_proxy(hit->socket->owner.comm))) {
		hit->endpoint = mapping->endpoint;
		hit->published = mapping->published;
		hit->path = local_path(witness, hit, PATH_PROXY);
		return true;
	}
	hit->path = local_path(witness, hit, PATH_HOST);
	/* The engine holds the port of a mapping without ever accepting (userland proxy off). */
	return !(mapping && process_is_engine(hit->socket->owner.comm));
}

/* Understands a frame that a bridge was about to send out by a port. False when it is no hit. */
static bool bridged_hit(const struct endpoint_index *index, const struct vantages *vantages,
                        struct hit *hit)
{
	if (!vantages->items[hit->vantage].enslaved)
		return false;
	hit->endpoint = endpoint_at(index, hit->probe.protocol, &hit->arrival.destination,
	                            hit->arrival.destination_port);
	hit->path = PATH_L2;
	return hit->endpoint != SIZE_MAX;
}

/* Keeps a hit. 0 or -ENOMEM. */
static int hit_keep(struct hits *hits, const struct hit *hit)
{
	struct hit *slot = vec_push(hits);

	if (!slot)
		return -ENOMEM;
	*slot = *hit;
	return 0;
}

int hit_add(const struct endpoint_index *index, const struct vantages *vantages,
            const struct witness *witness, const struct probe *probe, const struct arrival *arrival,
            struct hits *hits)
{
	struct hit hit = {.endpoint = SIZE_MAX,
	                  .entry = SIZE_MAX,
	                  .vantage = witness->vantage,
	                  .probe = *probe,
	                  .arrival = *arrival};
	bool is_hit = false;

	switch (arrival->hook) {
	case ARRIVED_NOWHERE:
		break;
	case ARRIVED_FORWARD:
		is_hit = forwarded_hit(index, vantages, witness, &hit);
		break;
	case ARRIVED_LOCAL:
		is_hit = local_hit(index, vantages, witness, &hit);
		break;
	case ARRIVED_BRIDGED:
		is_hit = bridged_hit(index, vantages, &hit);
		break;
	}
	return is_hit ? hit_keep(hits, &hit) : 0;
}

int hit_add_l2(const struct endpoint_index *index, const struct witness *witness,
               const struct probe *probe, const struct arrival *arrival, struct hits *hits)
{
	struct hit hit = {.entry = SIZE_MAX,
	                  .path = PATH_L2,
	                  .vantage = witness->vantage,
	                  .probe = *probe,
	                  .arrival = *arrival};

	if (arrival->hook != ARRIVED_LOCAL)
		return 0;
	hit.endpoint =
	    endpoint_at(index, probe->protocol, &arrival->destination, arrival->destination_port);
	if (hit.endpoint == SIZE_MAX)
		return 0;
	return hit_keep(hits, &hit);
}
