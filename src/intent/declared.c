/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine's own declaration means: who a published port is for, by its bind address. */
#include "intent/declared.h"

#include <sys/socket.h>

enum declared declared_by(const struct published_port *published)
{
	if (address_is_loopback(&published->host_address))
		return DECLARED_HOST;
	return address_is_any(&published->host_address) ? DECLARED_ANYONE : DECLARED_ADDRESS;
}

bool declared_ipv6(const struct container *container, const struct published_port *published)
{
	if (!container)
		return true;
	vec_foreach(asked, &container->asked)
		if (asked->container_port == published->container_port &&
		    asked->protocol == published->protocol &&
		    asked->host_address.family == AF_INET6 && !asked->address_blank)
			return true;
	return false;
}

bool declared_loopback(const struct container *container, uint8_t protocol, uint16_t port)
{
	vec_foreach(asked, &container->asked)
		if (asked->protocol == protocol && asked->container_port == port &&
		    address_is_loopback(&asked->host_address))
			return true;
	return false;
}
