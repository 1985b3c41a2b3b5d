/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard tells its clerk. */
#include "clerk/message.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What stands before the texts, of this host's byte order. */
struct head {
	uint32_t kind, texts;
	int64_t when, number;
};

/* Room for one descriptor. */
union ancillary {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* Puts a descriptor beside a message. */
static void put_descriptor(struct msghdr *message, union ancillary *room, int fd)
{
	struct cmsghdr *header;

	memset(room, 0, sizeof(*room));
	message->msg_control = room;
	message->msg_controllen = sizeof(*room);
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

int message_send(int wire, const struct message *message)
{
	struct head head = {(uint32_t)message->kind, (uint32_t)message->n, message->when,
	                    message->number};
	struct iovec parts[1 + MESSAGE_TEXTS] = {{&head, sizeof(head)}};
	struct msghdr sent = {.msg_iov = parts, .msg_iovlen = 1 + message->n};
	union ancillary room;

	if (message->n > MESSAGE_TEXTS)
		return -E2BIG;
	for (size_t i = 0; i < message->n; i++)
		parts[1 + i] =
		    (struct iovec){(void *)message->texts[i], strlen(message->texts[i]) + 1};
	if (message->fd >= 0)
		put_descriptor(&sent, &room, message->fd);
	return sendmsg(wire, &sent, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The descriptor beside a message; -1: none. */
static int take_descriptor(struct msghdr *message)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Finds the texts behind the head. False where they are not as many as it says. */
static bool find_texts(const char *at, size_t len, struct message *message)
{
	for (size_t i = 0; i < message->n; i++) {
		size_t text = strnlen(at, len);

		if (text == len)
			return false;
		message->texts[i] = at;
		at += text + 1;
		len -= text + 1;
	}
	return len == 0;
}

int message_receive(int wire, char buffer[static MESSAGE_ROOM], struct message *ret_message)
{
	struct iovec part = {buffer, MESSAGE_ROOM};
	union ancillary room;
	struct msghdr taken = {.msg_iov = &part,
	                       .msg_iovlen = 1,
	                       .msg_control = &room,
	                       .msg_controllen = sizeof(room)};
	ssize_t len = recvmsg(wire, &taken, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct message message = {.fd = -1};
	struct head head;

	if (len <= 0)
		return len < 0 ? -errno : 0;
	message.fd = take_descriptor(&taken);
	if ((size_t)len >= sizeof(head) && !(taken.msg_flags & MSG_TRUNC)) {
		memcpy(&head, buffer, sizeof(head));
		message.kind = (enum message_kind)head.kind;
		message.n = head.texts;
		message.when = head.when;
		message.number = head.number;
		if (message.n <= MESSAGE_TEXTS &&
		    find_texts(buffer + sizeof(head), (size_t)len - sizeof(head), &message)) {
			*ret_message = message;
			return 1;
		}
	}
	if (message.fd >= 0)
		close(message.fd);
	return -EBADMSG;
}
