/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Witnesses for the host's own services on loopback, from containers (M16).
 *
 * Theory of operation. A kernel takes no packet to 127/8 from a link, unless route_localnet of that
 * link says so, which Docker turns on for its bridges where the userland proxy is off. IPv6 has no
 * such setting. What is bound to loopback on purpose is what matters: anything else of the host's
 * answers a container at the gateway's address anyway. Relays of published ports are tried with the
 * endpoints that they lead to.
 */
#include "audit/process.h"
#include "audit/witness.h"

#include <errno.h>
#include <sys/socket.h>

/* Whether a socket is a service of the host's own, bound to an IPv4 loopback address. */
static bool is_own_loopback(const struct socket *socket)
{
	return socket->address.family == AF_INET && address_is_loopback(&socket->address) &&
	       !socket->owner.container_id && !process_is_proxy(socket->owner.comm);
}

/* Whether an earlier socket of the list has the same address and port: a worker's. */
static bool is_repeated(const struct netview *view, const struct socket *socket)
{
	for (const struct socket *other = view->sockets.items; other < socket; other++)
		if (other->protocol == socket->protocol && other->port == socket->port &&
		    address_equal(&other->address, &socket->address))
			return true;
	return false;
}

int witnesses_add_loopback(const struct audit *audit, const struct audit_options *options,
                           const struct vantages *vantages, size_t vantage,
                           struct witnesses *witnesses)
{
	const struct vantage *from = &vantages->items[vantage];
	const struct netview *view = &audit->snapshot->net;

	if (from->class != VANTAGE_CONTAINER || from->source.family != AF_INET)
		return 0;
	vec_foreach(socket, &view->sockets) {
		struct probe *probe;
		struct witness *witness;

		if (!is_own_loopback(socket) || is_repeated(view, socket) ||
		    !witness_protocol_wanted(options, socket->protocol) ||
		    (options->only_to.family &&
		     !address_equal(&options->only_to, &socket->address)))
			continue;
		probe = vec_push(&witnesses->probes);
		witness = probe ? vec_push(&witnesses->of) : NULL;
		if (!witness)
			return -ENOMEM;
		*probe = witness_probe(from, &socket->address, socket->port, socket->protocol);
		*witness =
		    (struct witness){.vantage = (uint32_t)vantage, .target = TARGET_LOOPBACK};
	}
	return 0;
}
