/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that the kernel's connection tracking knows, from outside to a container. */
#pragma once

#include "base/address.h"
#include "base/vec.h"

/* Flows of one sender through one door; the port is that of one of them. */
struct flow {
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	struct address source;
	uint16_t source_port;
	struct address to; /* what the sender addressed */
	uint16_t to_port;
	struct address target; /* the container that answers; the same as `to` for direct access */
	uint16_t target_port;
	uint32_t count;
};
VEC_TYPE(flows, struct flow);
