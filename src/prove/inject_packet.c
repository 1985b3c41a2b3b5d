/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet injector: a raw socket on the far ends of the twin's links.
 *
 * Theory of operation. Where BPF is not allowed, a frame that is sent by the far end of a veth
 * arrives at the near one. The far side numbers its ends as the links they belong to. A bridge has
 * no far end of its own: frames for it go in by one of its ports, addressed to the bridge. Nor has
 * `lo`. Delivery is the receive softirq's business: the caller has to wait for it, and to send no
 * more at once than a receive queue holds.
 */
#include "prove/inject.h"

#include <linux/if.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	WINDOW = 256,
	LOOPBACK = 1, /* the index of `lo` in every namespace */
};

struct injector_packet {
	struct injector injector;
	const struct netview *view; /* borrowed */
	int socket;
	struct mmsghdr messages[WINDOW];
	struct iovec vectors[WINDOW];
};

/* Whether the far side has an end for the link. */
static bool has_far_end(const struct injector_packet *packet, uint32_t ifindex)
{
	struct ifreq request = {.ifr_ifindex = (int)ifindex};

	return ifindex != LOOPBACK && ioctl(packet->socket, SIOCGIFNAME, &request) == 0;
}

/* The link itself where it has a far end, else a port of it. */
static int packet_entry(struct injector *injector, uint32_t ifindex, uint32_t *ret_entry,
                        struct error **ret_error)
{
	const struct injector_packet *packet = (struct injector_packet *)injector;
	const struct link *link = netview_link(packet->view, ifindex);

	if (has_far_end(packet, ifindex)) {
		*ret_entry = ifindex;
		return 0;
	}
	vec_foreach(port, &packet->view->links) {
		if (link && port->master == ifindex && has_far_end(packet, port->index)) {
			*ret_entry = port->index;
			return 0;
		}
	}
	return error_set(ret_error, EOPNOTSUPP,
	                 "cannot send towards %s from outside: it has no far end (needs the BPF "
	                 "injector, that is root)",
	                 link ? link->name : "a link that does not exist");
}

/* Sends up to WINDOW slots; a full device queue is waited for. */
static int packet_send(struct injector *injector, uint32_t ifindex, uint32_t first, uint32_t n,
                       bool alike, struct error **ret_error)
{
	struct injector_packet *packet = (struct injector_packet *)injector;
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)ifindex};
	uint32_t done = 0;

	(void)alike;
	for (uint32_t i = 0; i < n && i < WINDOW; i++) {
		packet->vectors[i] = (struct iovec){injector->slots[first + i], FRAME_SIZE};
		packet->messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
		                                              .msg_namelen = sizeof(to),
		                                              .msg_iov = &packet->vectors[i],
		                                              .msg_iovlen = 1};
	}
	while (done < n) {
		int sent = sendmmsg(packet->socket, packet->messages + done, n - done, 0);

		if (sent > 0) {
			done += (uint32_t)sent;
		} else if (errno == ENOBUFS || errno == EAGAIN) {
			struct pollfd writable = {packet->socket, POLLOUT, 0};

			(void)poll(&writable, 1, 1);
		} else if (errno != EINTR) {
			return error_wrap(ret_error, -errno,
			                  "cannot send frames from the far end of link %u",
			                  ifindex);
		}
	}
	return 0;
}

/* Closes the socket. */
static void packet_free(struct injector *injector)
{
	struct injector_packet *packet = (struct injector_packet *)injector;

	if (packet->socket >= 0)
		close(packet->socket);
	free(packet->injector.slots);
	free(packet);
}

static const struct injector_kind kind_packet = {
    .name = "packet",
    .window = WINDOW,
    .synchronous = false,
    .entry = packet_entry,
    .send = packet_send,
    .free = packet_free,
};

/* Opens the socket on the far side; protocol 0: it receives nothing. The descriptor or -errno. */
static int open_far(const struct twin *twin)
{
	int status = twin_enter_far(twin);
	int fd;

	if (status < 0)
		return status;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	status = fd < 0 ? -errno : 0;
	if (twin_leave(twin) < 0 && !status)
		status = -EIO;
	if (status < 0 && fd >= 0)
		close(fd);
	return status < 0 ? status : fd;
}

int injector_new_packet(const struct twin *twin, const struct netview *view,
                        struct injector **ret_injector, struct error **ret_error)
{
	struct injector_packet *packet = calloc(1, sizeof(*packet));

	if (!packet)
		return error_set(ret_error, ENOMEM, "out of memory");
	packet->injector.kind = &kind_packet;
	packet->injector.slots = calloc(INJECT_SLOTS, FRAME_SIZE);
	packet->view = view;
	packet->socket = open_far(twin);
	if (!packet->injector.slots || packet->socket < 0) {
		int status = packet->socket < 0 ? packet->socket : -ENOMEM;

		packet_free(&packet->injector);
		return error_wrap(ret_error, status, "cannot open a raw socket on the far side");
	}
	*ret_injector = &packet->injector;
	return 0;
}
