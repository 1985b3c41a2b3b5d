/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking the kernel over netlink and keeping what it answers, message by message.
 *
 * Theory of operation. A dump comes in datagrams of up to 32 kB, for which the buffer is large
 * enough several times over; a datagram that did not fit would be an error, never a silent loss.
 * The kernel marks a dump during which its subject changed (NLM_F_DUMP_INTR): such an answer may
 * lack what was there all the time, so it is asked for again, but not for ever: on a host whose
 * routes never rest an answer that is nearly right, and said to be so, is better than none. A dump
 * beyond its cap is still read to its end, only to be able to say how large it is.
 */
#include "observe/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BUFFER_SIZE = 256 * 1024,
	RECEIVE_ROOM = 4 * 1024 * 1024,
	STEADY_TRIES = 8,
};

struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
	_Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
};

/* How far a dump has come. */
struct progress {
	const struct dump *dump;
	size_t size; /* of all that came, kept or not */
	bool done, torn;
};

void netlink_free(struct netlink *netlink)
{
	if (netlink && netlink->socket)
		mnl_socket_close(netlink->socket);
	free(netlink);
}

int netlink_open(int bus, struct netlink **ret_netlink, struct error **ret_error)
{
	_cleanup_netlink_ struct netlink *netlink = calloc(1, sizeof(*netlink));
	int on = 1, room = RECEIVE_ROOM, fd;

	if (!netlink)
		return -ENOMEM;
	netlink->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!netlink->socket && errno == EPROTONOSUPPORT)
		return -errno;
	if (!netlink->socket || mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_set(ret_error, errno, "cannot open a netlink socket: %s",
		                 strerror(errno));
	fd = mnl_socket_get_fd(netlink->socket);
	/* Both are comforts: without them answers are the same. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	(void)mnl_socket_setsockopt(netlink->socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	*ret_netlink = steal_pointer(&netlink);
	return 0;
}

/* Sends a request under a new sequence number. 0 or negative errno. */
static int netlink_send(struct netlink *netlink, struct nlmsghdr *request)
{
	request->nlmsg_seq = ++netlink->sequence;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -errno;
	return 0;
}

/* Receives one datagram into the buffer. Its length, or negative errno. */
static ssize_t netlink_receive(struct netlink *netlink)
{
	ssize_t len;

	do {
		len = mnl_socket_recvfrom(netlink->socket, netlink->buffer, BUFFER_SIZE);
	} while (len < 0 && errno == EINTR);
	/* An empty datagram never comes; it would keep us waiting for an end for ever. */
	return len < 0 ? -errno : len == 0 ? -EPROTO : len;
}

/* The errno that NLMSG_ERROR and NLMSG_DONE begin with: 0 or negative. */
static int message_status(const struct nlmsghdr *message)
{
	int status = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(status))
		memcpy(&status, mnl_nlmsg_get_payload(message), sizeof(status));
	return status > 0 ? -EPROTO : status;
}

/* Adds a message and its padding to the bytes. 0, -ENOMEM, or -EFBIG beyond the cap. */
static int message_keep(const struct nlmsghdr *message, struct bytes *to, size_t cap)
{
	static const char padding[NLMSG_ALIGNTO];
	size_t pad = (0 - (size_t)message->nlmsg_len) % NLMSG_ALIGNTO;
	int status = bytes_append(to, message, message->nlmsg_len, cap);

	return status < 0 || !pad ? status : bytes_append(to, padding, pad, cap);
}

/* Goes back to the length that some bytes had before. */
static void bytes_cut(struct bytes *bytes, size_t len)
{
	bytes->len = len;
	if (bytes->data)
		bytes->data[len] = 0;
}

/* Takes one message of a dump. 0 or negative errno. */
static int dump_message(const struct nlmsghdr *message, struct progress *progress)
{
	const struct dump *dump = progress->dump;
	const uint8_t *family = mnl_nlmsg_get_payload(message);
	int status;

	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		progress->torn = true;
	if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
		progress->done = true;
		return message_status(message);
	}
	if (message->nlmsg_type < NLMSG_MIN_TYPE ||
	    (dump->family && mnl_nlmsg_get_payload_len(message) && *family != dump->family))
		return 0;
	progress->size += NLMSG_ALIGN((size_t)message->nlmsg_len);
	status = message_keep(message, dump->to, dump->cap);
	/* Beyond the cap, go on only to count. */
	return status == -EFBIG ? 0 : status;
}

/* Takes all messages of a datagram that answer the request `sequence`. 0 or negative errno. */
static int dump_datagram(struct netlink *netlink, size_t datagram_len, uint32_t sequence,
                         struct progress *progress)
{
	const struct nlmsghdr *message = (const void *)netlink->buffer;
	int len = (int)datagram_len;

	for (; mnl_nlmsg_ok(message, len) && !progress->done;
	     message = mnl_nlmsg_next(message, &len)) {
		int status;

		/* What is left over from a request that failed before is not ours. */
		if (message->nlmsg_seq != sequence)
			continue;
		status = dump_message(message, progress);
		if (status < 0)
			return status;
	}
	return 0;
}

int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, const struct dump *dump,
                 struct error **ret_error)
{
	struct progress progress = {.dump = dump};
	size_t before = dump->to->len;
	int status;

	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	status = netlink_send(netlink, request);
	while (status == 0 && !progress.done) {
		ssize_t len = netlink_receive(netlink);

		status = len < 0
		             ? (int)len
		             : dump_datagram(netlink, (size_t)len, request->nlmsg_seq, &progress);
	}
	if (status == 0 && progress.size > dump->cap - before)
		status = error_set(ret_error, EFBIG,
		                   "%s are %zu bytes, more than the %zu that are read at most",
		                   dump->what, before + progress.size, dump->cap);
	if (status < 0) {
		bytes_cut(dump->to, before);
		return status;
	}
	return progress.torn;
}

int netlink_dump_steady(struct netlink *netlink, struct nlmsghdr *request, const struct dump *dump,
                        struct error **ret_error)
{
	size_t before = dump->to->len;
	int status = 1;

	for (int try = 0; status == 1 && try < STEADY_TRIES; try++) {
		bytes_cut(dump->to, before);
		status = netlink_dump(netlink, request, dump, ret_error);
	}
	return status;
}

int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, struct bytes *to)
{
	const struct nlmsghdr *answer = (const void *)netlink->buffer;
	ssize_t len;
	int status;

	request->nlmsg_flags = NLM_F_REQUEST;
	status = netlink_send(netlink, request);
	do {
		len = status < 0 ? status : netlink_receive(netlink);
	} while (len >= 0 && mnl_nlmsg_ok(answer, (int)len) &&
	         answer->nlmsg_seq != request->nlmsg_seq);
	if (len < 0)
		return (int)len;
	if (!mnl_nlmsg_ok(answer, (int)len))
		return -EPROTO;
	if (answer->nlmsg_type == NLMSG_ERROR)
		return message_status(answer) ?: -EPROTO;
	return message_keep(answer, to, NETLINK_DUMP_MAX);
}

struct nlmsghdr *request_begin(void *buffer, uint16_t type, size_t header_len, uint8_t family)
{
	struct nlmsghdr *request;
	uint8_t *header;

	/* libmnl leaves the padding of attributes as it was. */
	memset(buffer, 0, NETLINK_REQUEST_MAX);
	request = mnl_nlmsg_put_header(buffer);
	header = mnl_nlmsg_put_extra_header(request, header_len);
	request->nlmsg_type = type;
	*header = family;
	return request;
}

struct nlmsghdr *request_begin_netfilter(void *buffer, uint8_t subsystem, uint8_t message,
                                         uint8_t family)
{
	return request_begin(buffer, (uint16_t)(subsystem << 8 | message), sizeof(struct nfgenmsg),
	                     family);
}
