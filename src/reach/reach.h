/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reach means as a value: who gets to what, by which path, through which rule. */
#pragma once

#include "base/address.h"
#include "base/vec.h"

#include <stdbool.h>

/* How an outsider addresses an endpoint. Names are in reach_path_name(). */
enum reach_path {
	PATH_PUBLISHED, /* a published host port, translated by the engine's rule */
	PATH_DIRECT,    /* the container's own address */
	PATH_LOOPBACK,  /* a host loopback address sent over the wire */
	PATH_PROXY,     /* the userland proxy's socket, through INPUT */
	PATH_INGRESS,   /* Swarm's routing mesh */
	PATH_HOST,      /* a socket in the host's own namespace */
	PATH_L2,        /* a macvlan or ipvlan address, or a NIC enslaved to the bridge */
	PATH_REDIRECT,  /* a DNAT or REDIRECT that the engine did not make */
	PATH_BROADCAST, /* a broadcast or multicast address */
	REACH_PATHS
};

/* "published", "direct", ... as in the JSON output. */
const char *reach_path_name(enum reach_path path);

/* Where a sender stands on its link. */
enum vantage_class {
	VANTAGE_NEIGHBOUR,  /* an address of the link's own subnet */
	VANTAGE_LINK_LOCAL, /* fe80::/10 on the link */
	VANTAGE_BEYOND,     /* behind a gateway of the link */
	VANTAGE_SPOOFED,   /* on the link, forging an address that belongs elsewhere on this host */
	VANTAGE_CONTAINER, /* a container of another network */
	VANTAGE_CLASSES
};
const char *vantage_class_name(enum vantage_class class);
