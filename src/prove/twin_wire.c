/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink for the twin: drafted messages sent many at a time.
 *
 * Theory of operation. rtnetlink and nfnetlink do the work of a message inside the sender's own
 * sendmsg(), so once that returns all refusals are already waiting in the receive queue. Hence no
 * acknowledgement is ever asked for: a thousand links cost a dozen system calls, and there is no
 * way for a sender full of requests and a receiver full of answers to wait for each other. What can
 * happen is that there are more refusals than the queue holds; then the kernel drops some and says
 * ENOBUFS, and the caller is told.
 */
#include "prove/twin_wire.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

enum {
	RECEIVE_SIZE = 1 << 17, /* an ipset refusal repeats the whole message, up to 64 kB */
	SOCKET_WANTED = 2 << 20,
	OUTBOX_BYTES = 48 << 10, /* below every kernel's default send buffer */
	OUTBOX_MESSAGES = 128,   /* refusals that fit into every kernel's default receive buffer */
};

/* Asks for a buffer size as root may, else as everybody may. */
static void wire_room(int fd, int forced, int plain)
{
	int size = SOCKET_WANTED;

	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

int wire_open(int bus, struct wire *ret_wire, struct error **ret_error)
{
	_cleanup_wire_ struct wire wire = WIRE_CLOSED;
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int on = 1, size;
	socklen_t len = sizeof(size);

	wire.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, bus);
	if (wire.fd < 0 && errno == EPROTONOSUPPORT)
		return -errno;
	if (wire.fd < 0 || bind(wire.fd, (void *)&address, sizeof(address)) < 0)
		return error_set(ret_error, errno, "netlink: %s", strerror(errno));
	wire.buffer = malloc(RECEIVE_SIZE);
	if (!wire.buffer)
		return -ENOMEM;
	wire_room(wire.fd, SO_SNDBUFFORCE, SO_SNDBUF);
	wire_room(wire.fd, SO_RCVBUFFORCE, SO_RCVBUF);
	/* Both are only niceties: short refusals that say why. */
	(void)setsockopt(wire.fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(wire.fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	if (getsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &size, &len) < 0 || size < 8192)
		size = 8192;
	/* netlink_sendmsg() refuses what is longer than the send buffer less 32 bytes. */
	wire.most = (size_t)size - 32;
	*ret_wire = wire;
	/* NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): wire_close() reads it, as cleanup */
	wire = WIRE_CLOSED;
	return 0;
}

void wire_close(struct wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	free(wire->buffer);
	*wire = WIRE_CLOSED;
}

/* The kernel's own words in a refusal, or NULL. */
static const char *refusal_text(const struct nlmsghdr *message)
{
	const struct nlmsgerr *refusal = message_header(message, sizeof(*refusal));
	size_t skip = WIRE_MESSAGE_HEADER + sizeof(*refusal);

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || !refusal)
		return NULL;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(refusal->msg.nlmsg_len - WIRE_MESSAGE_HEADER);
	if (skip >= message->nlmsg_len)
		return NULL;
	return nlattr_string(nlattr_find((const char *)message + skip, message->nlmsg_len - skip,
	                                 NLMSGERR_ATTR_MSG));
}

/* Hands the refusals among len received bytes to refused(). */
static void wire_refusals(const struct wire *wire, size_t len, wire_refused refused, void *data)
{
	const struct nlmsghdr *message;
	size_t offset = 0;

	while (len - offset >= sizeof(*message)) {
		const struct nlmsgerr *refusal;

		message = (const void *)(wire->buffer + offset);
		if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > len - offset)
			break;
		refusal = message_header(message, sizeof(*refusal));
		if (message->nlmsg_type == NLMSG_ERROR && refusal && refusal->error < 0 && refused)
			refused(data, message->nlmsg_seq, -refusal->error, refusal_text(message));
		offset += NLMSG_ALIGN((size_t)message->nlmsg_len);
		if (offset > len)
			break;
	}
}

int wire_send(struct wire *wire, const struct draft *draft, wire_refused refused, void *data,
              bool *ret_lost)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	bool lost = false;

	if (draft->error < 0)
		return draft->error;
	if (sendto(wire->fd, draft->bytes.data, draft->bytes.len, 0, (void *)&kernel,
	           sizeof(kernel)) < 0)
		return -errno;
	for (;;) {
		ssize_t got = recv(wire->fd, wire->buffer, RECEIVE_SIZE, MSG_DONTWAIT);

		if (got >= 0) {
			wire_refusals(wire, (size_t)got, refused, data);
			continue;
		}
		if (errno == EAGAIN)
			break;
		if (errno == ENOBUFS)
			lost = true;
		else if (errno != EINTR)
			return -errno;
	}
	if (ret_lost)
		*ret_lost = lost;
	return 0;
}

int outbox_flush(struct outbox *outbox)
{
	bool lost = false;
	int status = 0;

	if (outbox->pending > 0 || outbox->draft.error < 0)
		status =
		    wire_send(outbox->wire, &outbox->draft, outbox->refused, outbox->data, &lost);
	outbox->draft.bytes.len = 0;
	outbox->pending = 0;
	return status < 0 ? status : lost ? -ENOBUFS : 0;
}

int outbox_added(struct outbox *outbox)
{
	outbox->pending++;
	if (outbox->draft.error == 0 && outbox->pending < OUTBOX_MESSAGES &&
	    outbox->draft.bytes.len < OUTBOX_BYTES)
		return 0;
	return outbox_flush(outbox);
}

void outbox_done(struct outbox *outbox)
{
	draft_done(&outbox->draft);
}

int parcels_added(struct parcels *parcels, const struct nlmsghdr *raw, size_t start, uint16_t turn)
{
	struct parcel *parcel = parcels->draft.error < 0 ? NULL : vec_push(&parcels->items);

	if (!parcel)
		return parcels->draft.error < 0 ? parcels->draft.error : -ENOMEM;
	*parcel = (struct parcel){
	    .raw = raw, .offset = start, .len = parcels->draft.bytes.len - start, .turn = turn};
	return 0;
}

/* Remembers the refusal of a parcel. */
static void parcel_refused(void *data, uint32_t seq, int number, const char *why)
{
	struct parcels *parcels = data;
	struct parcel *parcel;

	if (seq == 0 || seq > parcels->items.n)
		return;
	parcel = &parcels->items.items[seq - 1];
	/* Later tries mostly say the same. */
	if (number != parcel->number || !parcel->why)
		parcel->why = why ? arena_strdup(parcels->arena, why) : NULL;
	parcel->number = number;
}

/* Sends the parcels of one turn that are not taken yet; how many it sent, or a negative errno. */
static int parcels_pass(struct parcels *parcels, struct wire *wire, uint16_t turn)
{
	_cleanup_outbox_ struct outbox outbox = {
	    .wire = wire, .refused = parcel_refused, .data = parcels};
	int status = 0, sent = 0;

	for (size_t i = 0; status == 0 && i < parcels->items.n; i++) {
		struct parcel *parcel = &parcels->items.items[i];
		uint32_t seq = 1 + (uint32_t)i;
		size_t start = outbox.draft.bytes.len;

		if (parcel->turn != turn || parcel->number == 0)
			continue;
		parcel->number = 0;
		status =
		    bytes_append(&outbox.draft.bytes, parcels->draft.bytes.data + parcel->offset,
		                 parcel->len, SIZE_MAX);
		if (status < 0)
			break;
		memcpy(outbox.draft.bytes.data + start + offsetof(struct nlmsghdr, nlmsg_seq), &seq,
		       sizeof(seq));
		sent++;
		status = outbox_added(&outbox);
	}
	if (status == 0)
		status = outbox_flush(&outbox);
	return status < 0 ? status : sent;
}

/* How many parcels are still refused. */
static int parcels_refused(struct parcels *parcels, int already)
{
	int refused = 0;

	vec_foreach(parcel, &parcels->items) {
		if (parcel->number == already)
			parcel->number = 0;
		refused += parcel->number != 0;
	}
	return refused;
}

int parcels_send(struct parcels *parcels, struct wire *wire, int already)
{
	int before = INT_MAX, refused = 0;
	uint16_t last = 0;

	vec_foreach(parcel, &parcels->items) {
		parcel->number = EAGAIN;
		last = parcel->turn > last ? parcel->turn : last;
	}
	do {
		before = refused ? refused : INT_MAX;
		for (unsigned turn = 0; turn <= last; turn++) {
			int status = parcels_pass(parcels, wire, (uint16_t)turn);

			if (status < 0)
				return status;
		}
		refused = parcels_refused(parcels, already);
	} while (refused > 0 && refused < before);
	return 0;
}

void parcels_done(struct parcels *parcels)
{
	draft_done(&parcels->draft);
	vec_done(&parcels->items);
}
