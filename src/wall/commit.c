/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a transaction to the kernel.
 *
 * nfnetlink takes it as one datagram, works it off before sendmsg() returns, and answers what
 * failed. It needs a send buffer as large as the transaction, which root may have.
 */
#include "wall/docker_user.h"
#include "wall/keeper.h"
#include "wall/table_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
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

/* Opens a socket. NULL with errno set. */
static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int error = errno;

		mnl_socket_close(socket);
		errno = error;
		return NULL;
	}
	return socket;
}

/* Makes room for a transaction and its answers, and forgets answers to others' before. */
static void make_room(struct mnl_socket *socket, size_t len)
{
	int room = (int)len + ROOM_BESIDE, answers = 4 * 1024 * 1024;
	int fd = mnl_socket_get_fd(socket);
	char byte;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &answers, sizeof(answers));
	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		;
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
static int send_by(struct mnl_socket *socket, const struct bytes *transaction,
                   struct error **ret_error)
{
	struct nlmsghdr refused = {0};
	int status = 0;

	make_room(socket, transaction->len);
	if (mnl_socket_sendto(socket, transaction->data, transaction->len) < 0)
		status = -errno;
	if (status == 0)
		status = read_answers(socket, &refused);
	if (status == 0)
		return 0;
	return error_set(ret_error, -status,
	                 "the kernel refused it: %s (message %u of the transaction, of type %u)",
	                 meaning(-status), refused.nlmsg_seq, refused.nlmsg_type & 0xffu);
}

/* Sends it by a socket that is made for that. */
static int send_once(const struct bytes *transaction, struct error **ret_error)
{
	struct mnl_socket *socket = open_socket();
	int status;

	if (!socket)
		return error_set(ret_error, errno, "cannot speak to nftables: %s", strerror(errno));
	status = send_by(socket, transaction, ret_error);
	mnl_socket_close(socket);
	return status;
}

/* What a transaction does to the table. */
enum effect {
	MAKES_SOFT, /* makes one that anybody may change, or takes it away */
	MAKES_HARD, /* makes one that its sender is to own */
	CHANGES,    /* changes what is in it */
};

static enum effect effect_of(const struct bytes *transaction)
{
	const struct nlmsghdr *message;
	size_t offset = 0;
	unsigned type = 0;

	/* The second message tells. */
	for (int i = 0; i < 2 && (message = raw_next(transaction, &offset)); i++)
		type = message->nlmsg_type & 0xff;
	if (type == MSG_DESTROY_TABLE)
		return MAKES_HARD;
	return type == NFT_MSG_NEWTABLE ? MAKES_SOFT : CHANGES;
}

/*
 * A copy for a table that is ours already: creating it once more without its owner's sign, as other
 * transactions begin, is refused, so that is left out. 0 or -ENOMEM.
 */
static int for_owner(const struct bytes *transaction, struct bytes *ret_copy)
{
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = bytes_append(ret_copy, transaction->data, transaction->len, SIZE_MAX);

	for (int i = 0; status == 0 && i < 3 && (message = raw_next(ret_copy, &offset)); i++) {
		uint8_t *at = ret_copy->data + ((const uint8_t *)message - ret_copy->data);
		struct nlmsghdr *header = (struct nlmsghdr *)at;

		if (i > 0) { /* behind the batch's beginning: a creation and a deletion */
			header->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | MSG_DESTROY_TABLE;
			header->nlmsg_flags &= (uint16_t)~NLM_F_CREATE;
		}
	}
	return status;
}

/* Sends it by the keeper's socket, and ends a keeper that has nothing left to hold. */
static int send_by_keeper(int fd, const struct bytes *transaction, struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes copy = {0};
	struct mnl_socket *socket = mnl_socket_fdopen(fd);
	bool soft = effect_of(transaction) == MAKES_SOFT;
	int status = socket ? 0 : -ENOMEM;

	if (!socket)
		close(fd);
	if (status == 0 && soft)
		status = for_owner(transaction, &copy);
	if (status < 0)
		status = error_set(ret_error, -status, "out of memory");
	else
		status = send_by(socket, soft ? &copy : transaction, ret_error);
	if (socket)
		mnl_socket_close(socket);
	if (status == 0 && soft)
		keeper_end();
	return status;
}

/* Sends a hard wall where there is no keeper yet, and makes one. */
static int send_first(const struct bytes *transaction, struct error **ret_error)
{
	struct mnl_socket *socket = open_socket();
	int status;

	if (!socket)
		return error_set(ret_error, errno, "cannot speak to nftables: %s", strerror(errno));
	status = send_by(socket, transaction, ret_error);
	/* Without one the table stands all the same, and `status` says that nobody holds it. */
	if (status == 0)
		(void)!keeper_start(mnl_socket_get_fd(socket));
	mnl_socket_close(socket);
	return status;
}

/* Sends a transaction of nftables to the host. */
static int send_table(const struct bytes *transaction, struct error **ret_error)
{
	int fd = keeper_borrow();

	if (fd >= 0)
		return send_by_keeper(fd, transaction, ret_error);
	/* One that hangs holds the table against everybody; what it leaves anybody can change. */
	if (fd == -ETIMEDOUT)
		keeper_end();
	return effect_of(transaction) == MAKES_HARD ? send_first(transaction, ret_error)
	                                            : send_once(transaction, ret_error);
}

/* Sends one of either kind, by a way that is given. */
static int commit(const struct bytes *transaction,
                  int (*send)(const struct bytes *transaction, struct error **ret_error),
                  struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes removal = {0};
	struct user_places places;
	int status;

	if (!docker_user_is(transaction, &places)) {
		status = send(transaction, ret_error);
		return status == 0 && effect_of(transaction) != CHANGES
		           ? docker_user_clear(ret_error)
		           : status;
	}
	/* The other wall goes when this one stands. */
	status = docker_user_commit(transaction, ret_error);
	if (status == 0)
		status = wall_removal(&removal);
	return status == 0 ? send(&removal, ret_error) : status;
}

int wall_commit(const struct bytes *transaction, struct error **ret_error)
{
	return commit(transaction, send_table, ret_error);
}

int wall_try(const struct bytes *transaction, struct error **ret_error)
{
	return commit(transaction, send_once, ret_error);
}
