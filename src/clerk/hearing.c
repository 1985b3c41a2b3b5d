/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netlink socket that tells of sightings. */
#include "clerk/hearing.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>

enum { READ_MOST = 256 /* datagrams before others have their turn */ };

/* Counts the sightings in a datagram. Whether there was one. */
static bool count(const struct hearing *hearing, int len, struct tally *tally, time_t now)
{
	bool any = false;

	for (const struct nlmsghdr *message = (const struct nlmsghdr *)hearing->buffer;
	     mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		struct sighting sighting = {.count = 1, .first = now, .last = now};

		if (message->nlmsg_type != hearing->type ||
		    !hearing->parse(message, message->nlmsg_len, &sighting, hearing->data))
			continue;
		tally_count(tally, &sighting);
		any = true;
	}
	return any;
}

bool hearing_read(const struct hearing *hearing, struct tally *tally, time_t now)
{
	bool any = false;

	for (unsigned i = 0; i < READ_MOST; i++) {
		ssize_t len = recv(mnl_socket_get_fd(hearing->socket), hearing->buffer,
		                   HEARING_ROOM, MSG_DONTWAIT);

		if (len < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (len <= 0)
			break;
		any |= count(hearing, (int)len, tally, now);
	}
	return any;
}
