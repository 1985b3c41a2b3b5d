/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which endpoints the web proxies lead to, and who gets that far. */
#include "audit/proxied.h"
#include "audit/finding.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { PROXIED_CAP = 100000, SHORT_ID_LEN = 12 };

/* A look at the routes. */
struct linker {
	struct audit *audit;
	const struct proof *proof;
	struct endpoint_index index;
	bool capped; /* and that was said */
};

/* The container that a proxy runs in, where it has a network of its own; NULL: the host's. */
static const struct container *home_of(const struct audit *audit, const struct site_route *route)
{
	const struct container *container =
	    route->container_id ? snapshot_container(audit->snapshot, route->container_id) : NULL;

	return container && container->network_mode && strcmp(container->network_mode, "host") != 0
	           ? container
	           : NULL;
}

/* Whether an address is the host's own, so that a published port answers there. */
static bool is_host_address(const struct audit *audit, const struct address *address)
{
	if (address_is_loopback(address))
		return true;
	vec_foreach(own, &audit->snapshot->net.addresses)
		if (address_equal(&own->address, address))
			return true;
	return false;
}

/* Whether an address is one that only a container of this host could have. */
static bool is_container_address(const struct audit *audit, const struct address *address)
{
	vec_foreach(network, &audit->snapshot->engine.networks)
		if (network->bridge)
			vec_foreach(subnet, &network->subnets)
				if (prefix_contains(&subnet->prefix, address))
					return true;
	return false;
}

/* Says once that there are more ways than can be told. 0 or -ENOMEM. */
static int tell_capped(struct linker *linker)
{
	bool said = linker->capped;

	linker->capped = true;
	return said ? 0
	            : finding_note(linker->audit,
	                           "there are too many ways through web proxies to tell all");
}

/* Notes that a route leads to an endpoint, or to none. 0 or -ENOMEM. */
static int add(struct linker *linker, const struct site_route *route, size_t endpoint,
               const struct address *to)
{
	struct audit *audit = linker->audit;
	const struct container *home =
	    route->container_id ? snapshot_container(audit->snapshot, route->container_id) : NULL;
	struct proxied *slot;

	if (audit->proxied.n >= PROXIED_CAP)
		return tell_capped(linker);
	slot = vec_push(&audit->proxied);
	if (!slot)
		return -ENOMEM;
	*slot = (struct proxied){.route = route,
	                         .endpoint = endpoint,
	                         .to = *to,
	                         .container = home ? home->name : NULL,
	                         .name = site_name(route, &audit->arena)};
	return slot->name ? 0 : -ENOMEM;
}

/* Links a route whose port the request names to every port that it could be. 0 or -ENOMEM. */
static int link_any_port(struct linker *linker, const struct site_route *route)
{
	int status = 0;

	vec_foreach(mapping, &linker->index.by_host_port) {
		const struct published_port *published = mapping->published;

		if (status == 0 && published->protocol == route->protocol &&
		    published->host_address.family == route->address.family &&
		    (address_is_any(&published->host_address) ||
		     address_equal(&published->host_address, &route->address)))
			status = add(linker, route, mapping->endpoint, &route->address);
	}
	return status;
}

/* Links a route to whatever answers at an address. 0 or -ENOMEM. */
static int link_address(struct linker *linker, const struct site_route *route,
                        const struct address *address)
{
	const struct snapshot *snapshot = linker->audit->snapshot;
	const struct mapping *mapping;
	const struct socket *socket;
	size_t endpoint = endpoint_at(&linker->index, route->protocol, address, route->port);

	if (endpoint != SIZE_MAX)
		return add(linker, route, endpoint, address);
	if (is_host_address(linker->audit, address)) {
		if (!route->port)
			return link_any_port(linker, route);
		mapping = mapping_at(&linker->index, route->protocol, address, route->port);
		if (mapping)
			return add(linker, route, mapping->endpoint, address);
		socket = netview_socket(&snapshot->net, route->protocol, address, route->port, 0);
		if (!socket)
			return add(linker, route, SIZE_MAX, address);
		endpoint = endpoint_of_socket(&linker->index, socket);
		return endpoint == SIZE_MAX ? 0 : add(linker, route, endpoint, address);
	}
	if (!route->port || !is_container_address(linker->audit, address))
		return 0; /* another machine's */
	return add(linker, route, SIZE_MAX, address);
}

/* Whether two containers share a network; the other's address there. */
static const struct attachment *shared_network(const struct container *one,
                                               const struct container *other)
{
	vec_foreach(mine, &one->attachments)
		vec_foreach(theirs, &other->attachments)
			if (strcmp(mine->network, theirs->network) == 0 && theirs->ipv4.family)
				return theirs;
	return NULL;
}

/* Whether the engine's name server knows a container by a name. */
static bool is_called(const struct container *container, const char *name)
{
	return strcasecmp(container->name, name) == 0 ||
	       (container->service && strcasecmp(container->service, name) == 0) ||
	       (strlen(name) == SHORT_ID_LEN && strncmp(container->id, name, SHORT_ID_LEN) == 0);
}

/* Links a route whose target is a name that no hosts file has. 0 or -ENOMEM. */
static int link_name(struct linker *linker, const struct site_route *route,
                     const struct container *home)
{
	bool known = false;
	int status = 0;

	vec_foreach(container, &linker->audit->snapshot->engine.containers) {
		const struct attachment *there;

		if (!home || status < 0 || !is_called(container, route->target))
			continue;
		there = shared_network(home, container);
		if (!there || container->state != CONTAINER_RUNNING)
			continue;
		known = true;
		status = link_address(linker, route, &there->ipv4);
	}
	/* A name without a dot is a container's, which is gone; others may be anywhere. */
	if (status == 0 && home && !known && !strchr(route->target, '.'))
		status = add(linker, route, SIZE_MAX, &route->address);
	return status;
}

/* Links one route. 0 or -ENOMEM. */
static int link_route(struct linker *linker, const struct site_route *route)
{
	const struct container *home = home_of(linker->audit, route);

	if (home && route->address.family && address_is_loopback(&route->address))
		return 0; /* a process beside the proxy, in its container */
	if (route->address.family)
		return link_address(linker, route, &route->address);
	return route->target ? link_name(linker, route, home) : 0;
}

/* Whether a sender of this kind is an outsider who need not forge anything. */
static bool is_outside(enum vantage_class class)
{
	return class != VANTAGE_CONTAINER && class != VANTAGE_SPOOFED;
}

/* Who gets to the listeners of a proxy of the host itself. 0 or -ENOMEM. */
static int host_who(const struct linker *linker, struct proxied *proxied)
{
	vec_foreach(hit, &linker->proof->host_hits) {
		const struct vantage *vantage = &linker->proof->vantages.items[hit->vantage];

		if (!hit->socket || hit->socket->protocol != proxied->route->protocol ||
		    !hit->socket->owner.comm ||
		    strcmp(hit->socket->owner.comm, proxied->route->proxy) != 0 ||
		    !is_outside(vantage->class) ||
		    !site_listens(proxied->route, &hit->socket->address, hit->socket->port))
			continue;
		if (vantage_is_world(vantage)) {
			proxied->who = "anyone";
			return 0;
		}
		if (!proxied->who)
			proxied->who =
			    arena_printf(&linker->audit->arena, "neighbours on %s", vantage->in);
		if (!proxied->who)
			return -ENOMEM;
	}
	return 0;
}

/* Who gets to the listeners of a proxy in a container. 0 or -ENOMEM. */
static int container_who(const struct linker *linker, struct proxied *proxied)
{
	VEC(const struct reach_entry *) entries = {0};
	const unsigned inside = 1u << VANTAGE_CONTAINER | 1u << VANTAGE_SPOOFED;
	int status = 0;

	vec_foreach(endpoint, &linker->audit->endpoints) {
		if (!endpoint->container ||
		    strcmp(endpoint->container->id, proxied->route->container_id) != 0 ||
		    !site_listens(proxied->route, &endpoint->address, endpoint->port))
			continue;
		vec_foreach(entry, &endpoint->reach) {
			const struct reach_entry **slot;

			if (!(entry->classes & ~inside) || entry->path == PATH_DIRECT)
				continue;
			slot = vec_push(&entries);
			if (slot)
				*slot = entry;
			else
				status = -ENOMEM;
		}
	}
	if (entries.n && status == 0) {
		proxied->who = finding_who(linker->audit, entries.items, entries.n, false);
		status = proxied->who ? 0 : -ENOMEM;
	}
	vec_done(&entries);
	return status;
}

int proxied_find(struct audit *audit, const struct proof *proof)
{
	struct linker linker = {.audit = audit, .proof = proof};
	int status;

	if (!audit->snapshot->sites.routes.n)
		return 0;
	status = endpoint_index_make(audit, &linker.index);
	vec_foreach(route, &audit->snapshot->sites.routes)
		if (status == 0)
			status = link_route(&linker, route);
	vec_foreach(proxied, &audit->proxied)
		if (status == 0)
			status = proxied->route->container_id ? container_who(&linker, proxied)
			                                      : host_who(&linker, proxied);
	endpoint_index_done(&linker.index);
	return status;
}

bool proxied_known(const struct audit *audit, const char *comm)
{
	vec_foreach(route, &audit->snapshot->sites.routes)
		if (comm && !route->container_id && strcmp(route->proxy, comm) == 0)
			return true;
	return false;
}
