/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard tells its clerk: small messages over a SOCK_SEQPACKET socket, what is large as a
 * descriptor beside them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	MESSAGE_ROOM = 16 * 1024,
	MESSAGE_TEXTS = 64,
};

enum message_kind {
	MESSAGE_EVENT,  /* texts: kind, container ("": none), what; `when` */
	MESSAGE_HEALED, /* texts: the cause */
	MESSAGE_WALL,   /* number: whether it stands */
	MESSAGE_PROVED, /* a descriptor: what a proof left, see report.h; `when` */
	MESSAGE_SEEN,   /* a descriptor: a capture of this host */
	MESSAGE_POLICY, /* a descriptor: the file; number: whether the texts behind its name are
	                 * known, the names of the uplinks */
};

struct message {
	enum message_kind kind;
	int64_t when, number;
	const char *texts[MESSAGE_TEXTS]; /* borrowed */
	size_t n;
	int fd; /* -1: none */
};

/* Sends a message and does not wait. 0 or a negative errno: -EAGAIN where too many lie there. The
 * descriptor stays the caller's. */
int message_send(int wire, const struct message *message) __attribute__((nonnull));

/* Takes the next message, whose texts lie in the buffer and whose descriptor is the caller's. 1, 0
 * at the end, or a negative errno: -EBADMSG where it is none. */
int message_receive(int wire, char buffer[static MESSAGE_ROOM], struct message *ret_message)
    __attribute__((nonnull(3), warn_unused_result));
