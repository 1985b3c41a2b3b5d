/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which socket the kernel hands a new packet to.
 *
 * Theory of operation. TCP (net/ipv4/inet_hashtables.c, __inet_lookup_listener and its IPv6 twin)
 * and UDP (net/ipv4/udp.c, __udp4_lib_lookup) both look twice: first among sockets bound to
 * exactly the destination address, and only when none of them takes the packet among the wildcard
 * ones. Within one look the highest score wins: a bound device counts, and so does, for IPv4, a
 * socket of family AF_INET. TCP counts both alike, UDP the device more. Of two equal ones the
 * kernel takes whichever its hash chain has first; we take the first too.
 *
 * A socket of an unbound kind does not take what came in through a VRF unless *_l3mdev_accept says
 * so; one bound to a device takes what came in through it or, in a VRF, through the VRF itself
 * (inet_sk_bound_dev_eq()).
 */
#include "observe/netview.h"

#include <string.h>
#include <sys/socket.h>

/* Where a packet comes in, as socket lookups see it: dif and sdif. */
struct entrance {
	uint32_t device; /* the VRF where there is one, else the link */
	uint32_t slave;  /* the link, where it belongs to a VRF; else 0 */
	bool vrf_accept; /* sockets bound to no device take packets of VRFs */
};

/* What a socket lookup of the protocol sees of a packet that comes in on a link. */
static struct entrance entrance_of(const struct netview *view, uint8_t protocol, uint32_t ifindex)
{
	const struct link *link = netview_link(view, ifindex);
	const struct link *master = link && link->master ? netview_link(view, link->master) : NULL;
	const char *accept;

	if (!master || strcmp(master->kind, "vrf") != 0)
		return (struct entrance){.device = ifindex};
	accept = netview_sysctl(view, protocol == IPPROTO_TCP ? "net/ipv4/tcp_l3mdev_accept"
	                                                      : "net/ipv4/udp_l3mdev_accept");
	return (struct entrance){
	    .device = master->index,
	    .slave = ifindex,
	    .vrf_accept = accept && strcmp(accept, "0") != 0,
	};
}

/* Whether a socket's bound device, or having none, lets the packet in. */
static bool device_matches(const struct socket *socket, const struct entrance *entrance)
{
	if (!socket->ifindex)
		return !entrance->slave || entrance->vrf_accept;
	return socket->ifindex == entrance->device ||
	       (entrance->slave && socket->ifindex == entrance->slave);
}

/* Whether an unbound socket's wildcard covers an address of the family. */
static bool wildcard_covers(const struct socket *socket, uint8_t family)
{
	if (!address_is_any(&socket->address))
		return false;
	if (socket->address.family == family)
		return true;
	return family == AF_INET && !socket->v6only;
}

/* The kernel's score of a socket that matches, at least 1. */
static int socket_score(const struct socket *socket, uint8_t family)
{
	int score = 1;

	if (socket->ifindex)
		score += socket->protocol == IPPROTO_UDP ? 4 : 1;
	if (family == AF_INET && socket->address.family == AF_INET)
		score++;
	return score;
}

const struct socket *netview_socket(const struct netview *view, uint8_t protocol,
                                    const struct address *destination, uint16_t port,
                                    uint32_t in_ifindex)
{
	struct entrance entrance = entrance_of(view, protocol, in_ifindex);
	const struct socket *best = NULL;
	int best_score = 0;

	vec_foreach(socket, &view->sockets) {
		bool exact;
		int score;

		if (socket->protocol != protocol || socket->port != port ||
		    !device_matches(socket, &entrance))
			continue;
		exact = address_equal(&socket->address, destination);
		if (!exact && !wildcard_covers(socket, destination->family))
			continue;
		/* The first look beats any score of the second. */
		score = socket_score(socket, destination->family) + (exact ? 100 : 0);
		if (score > best_score) {
			best = socket;
			best_score = score;
		}
	}
	return best;
}
