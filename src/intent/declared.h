/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine's own declaration means: who a published port is for, by its bind address.
 *
 * The weakest source of intent; labels and the policy file come above it. Pure.
 */
#pragma once

#include "observe/engine.h"

enum declared {
	DECLARED_NOTHING, /* not published: containers on the same networks, and this host */
	DECLARED_HOST,    /* published on a loopback address: this host */
	DECLARED_ADDRESS, /* on one address: whoever addresses it where it lives */
	DECLARED_ANYONE,  /* on every address of its family */
};

/* What one mapping declares. */
enum declared declared_by(const struct published_port *published) __attribute__((nonnull));

/*
 * Whether an IPv6 wildcard was asked for. The engine adds one of its own to a port published
 * without an address; what then comes in by IPv6 only through the userland proxy was not.
 */
bool declared_ipv6(const struct container *container, const struct published_port *published)
    __attribute__((nonnull(2)));

/*
 * Whether what was asked for a container's port was a loopback address: it binds nothing where the
 * container shares the host's network or sits on the LAN itself.
 */
bool declared_loopback(const struct container *container, uint8_t protocol, uint16_t port)
    __attribute__((nonnull));
