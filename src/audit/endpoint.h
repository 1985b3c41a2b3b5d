/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints: the socket addresses that containers answer on, found in a snapshot.
 *
 * One for each address of a running container and each port that is published, exposed or
 * listened on; for a container in the host's namespace one for each of its sockets; for each
 * port of Swarm's mesh one at the sandbox that takes it. Pure.
 */
#pragma once

#include "audit/audit.h"

/* Fills audit->endpoints from audit->snapshot. 0 or -ENOMEM. */
int endpoints_find(struct audit *audit) __attribute__((nonnull, warn_unused_result));

/*
 * Adds an endpoint and gives it its id; strings are borrowed from what outlives the audit. Valid
 * until the next is added; NULL when memory is out.
 */
struct audit_endpoint *endpoint_add(struct audit *audit, const char *name,
                                    const struct container *container, const char *network,
                                    const struct address *address, uint16_t port, uint8_t protocol)
    __attribute__((nonnull(1, 2, 4, 5)));

/* A published mapping and whose it is, for looking up by host port. */
struct mapping {
	size_t endpoint; /* index into audit->endpoints */
	const struct published_port *published;
};

/* Endpoints and mappings in orders that can be searched; refers to the audit, which must not grow.
 */
struct endpoint_index {
	const struct audit *audit;
	VEC(size_t) by_address;           /* endpoints by protocol, port, address */
	VEC(struct mapping) by_host_port; /* mappings by protocol and host port */
};

int endpoint_index_make(const struct audit *audit, struct endpoint_index *index)
    __attribute__((nonnull, warn_unused_result));
void endpoint_index_done(struct endpoint_index *index);

/* The endpoint at exactly this address and port, or SIZE_MAX. */
size_t endpoint_at(const struct endpoint_index *index, uint8_t protocol,
                   const struct address *address, uint16_t port) __attribute__((nonnull));

/* The endpoint of a host-network container's socket by port, or SIZE_MAX. */
size_t endpoint_of_socket(const struct endpoint_index *index, const struct socket *socket)
    __attribute__((nonnull));

/*
 * The mapping that a sender of (host address, host port) means: an exact address before a
 * wildcard of its family. NULL when nothing is published there.
 */
const struct mapping *mapping_at(const struct endpoint_index *index, uint8_t protocol,
                                 const struct address *host_address, uint16_t host_port)
    __attribute__((nonnull));

/* "tcp", "udp", "sctp", or "?" */
const char *transport_name(uint8_t protocol);
