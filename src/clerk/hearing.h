/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netlink socket that tells of sightings. */
#pragma once

#include "clerk/tally.h"

#include <stddef.h>
#include <stdint.h>

struct mnl_socket;

enum { HEARING_ROOM = 64 * 1024 };

/* What is read from it. */
struct hearing {
	struct mnl_socket *socket;
	uint8_t *buffer; /* of HEARING_ROOM bytes */
	uint16_t type;   /* of the messages that count */
	/* Whether a message of len bytes is a sighting, and which; what it is called with is filled
	 * with a count of one, now. */
	bool (*parse)(const void *message, size_t len, struct sighting *ret_sighting,
	              const void *data);
	const void *data;
};

/* Counts what lies there, up to some datagrams: what is left makes the socket readable again. What
 * the kernel had to drop is not counted. Whether something was. */
bool hearing_read(const struct hearing *hearing, struct tally *tally, time_t now)
    __attribute__((nonnull));
