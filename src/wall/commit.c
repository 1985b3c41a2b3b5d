/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a transaction to the kernel.
 *
 * nfnetlink takes it as one datagram, works it off before sendmsg() returns, and answers what
 * failed. It needs a send buffer as large as the transaction, which root may have.
 */
#include "wall/docker_user.h"

#include "base/cleanup.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ANSWER_ROOM = 64 * 1024, ROOM_BESIDE = 64 * 1024 };

/* What an error of the kernel means to who runs us. */
static const char *meaning(int error)
{
	switch (error) {
	case EPERM:
		return "not allowed; this needs root (CAP_NET_ADMIN), and a table seawall that "
		       "nobody "
		       "else owns";
	case ENOMEM:
	case ENOBUFS:
		return "the kernel has no memory for it";
	case EBUSY:
		return "something of the old wall is still in use";
	case EOPNOTSUPP:
	case ENOENT:
		return "this kernel lacks a part of nftables that the wall needs";
	case EEXIST:
		return "somebody made a table of the same name meanwhile";
	case EMSGSIZE:
		return "it is too large for the kernel";
	default:
		return strerror(error);
	}
}

/* Opens a socket with room for a transaction. NULL with errno set. */
static struct mnl_socket *open_socket(size_t len)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int room = (int)len + ROOM_BESIDE, answers = 4 * 1024 * 1024;

	if (!socket)
		return NULL;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) <
	    0)
		(void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUF, &room,
		                 sizeof(room));
	(void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &answers,
	                 sizeof(answers));
	return socket;
}

/*
 * The first error among the kernel's answers, and the header of the message that it is about; they
 * are queued already. 0 or a negative errno.
 */
static int read_answers(struct mnl_socket *socket, struct nlmsghdr *ret_refused)
{
	_cleanup_free_ uint8_t *answer = malloc(ANSWER_ROOM);
	int status = 0;

	if (!answer)
		return -ENOMEM;
	for (;;) {
		ssize_t len = recv(mnl_socket_get_fd(socket), answer, ANSWER_ROOM, MSG_DONTWAIT);
		int rest = (int)len;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno == EAGAIN ? status : (status ? status : -errno);
		for (const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
		     mnl_nlmsg_ok(header, rest); header = mnl_nlmsg_next(header, &rest)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

			if (header->nlmsg_type != NLMSG_ERROR || status ||
			    mnl_nlmsg_get_payload_len(header) < sizeof(*error))
				continue;
			status = error->error;
			*ret_refused = error->msg;
		}
	}
}

/* Sends a transaction of nftables. 0 or a negative errno with a sentence. */
static int send_table(const struct bytes *transaction, struct error **ret_error)
{
	struct mnl_socket *socket = open_socket(transaction->len);
	struct nlmsghdr refused = {0};
	int status = socket ? 0 : -errno;

	if (status == 0 && mnl_socket_sendto(socket, transaction->data, transaction->len) < 0)
		status = -errno;
	if (status == 0)
		status = read_answers(socket, &refused);
	if (socket)
		mnl_socket_close(socket);
	if (status == 0)
		return 0;
	return error_set(ret_error, -status,
	                 "the kernel refused it: %s (message %u of the transaction, of type %u)",
	                 meaning(-status), refused.nlmsg_seq, refused.nlmsg_type & 0xffu);
}

int wall_commit(const struct bytes *transaction, struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes removal = {0};
	struct user_places places;
	int status;

	if (!docker_user_is(transaction, &places)) {
		status = send_table(transaction, ret_error);
		return status == 0 ? docker_user_clear(ret_error) : status;
	}
	/* The other wall goes when this one stands. */
	status = docker_user_commit(transaction, ret_error);
	if (status == 0)
		status = wall_removal(&removal);
	return status == 0 ? send_table(&removal, ret_error) : status;
}
