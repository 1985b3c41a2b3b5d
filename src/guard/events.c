/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of changes: links, addresses, and nftables. */
#include "guard/events.h"

#include "rules/listing/wire.h"
#include "wall/table.h"

#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	RECEIVE_ROOM = 64 * 1024,
	QUEUE_ROOM = 8 * 1024 * 1024,
	SOURCES = 4,
	ALSO = 4,
	AUTHOR_ROOM = 64,
};

/* What a process's name is printed of. */
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+@ "

struct events {
	struct mnl_socket *links, *rules;
	int signals;
	int also[ALSO]; /* others' descriptors, by the bits from EVENT_PROVED on; -1: none */
	int process;    /* whose end is an event of the wall; -1: none */
	uint8_t *buffer;
	bool walls; /* the transaction that is being told of touches the wall's table */
	char author[AUTHOR_ROOM];
	bool foreign;                /* who that is, is none of ours */
	bool undone;                 /* so is all that is told of before a transaction of ours is */
	struct wall_touched touched; /* by such a one */
};

/* Opens a socket that listens to groups, given as bits. NULL with errno set. */
static struct mnl_socket *listen_to(int bus, unsigned groups)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int room = QUEUE_ROOM;

	if (!socket)
		return NULL;
	if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		int error = errno;

		mnl_socket_close(socket);
		errno = error;
		return NULL;
	}
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) <
	    0)
		(void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF, &room,
		                 sizeof(room));
	return socket;
}

/* Opens the descriptor for signals. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int events_new(struct events **ret_events, struct error **ret_error)
{
	_cleanup_(cleanup_events_free) struct events *events = calloc(1, sizeof(*events));

	if (!events)
		return error_set(ret_error, ENOMEM, "out of memory");
	events->signals = events->process = -1;
	for (int i = 0; i < ALSO; i++)
		events->also[i] = -1;
	events->buffer = malloc(RECEIVE_ROOM);
	if (!events->buffer)
		return error_set(ret_error, ENOMEM, "out of memory");
	events->links =
	    listen_to(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
	                                 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
	events->rules =
	    events->links ? listen_to(NETLINK_NETFILTER, 1u << (NFNLGRP_NFTABLES - 1)) : NULL;
	if (events->rules)
		events->signals = open_signals();
	if (events->signals < 0)
		return error_set(ret_error, errno, "cannot listen to the kernel's events: %s",
		                 strerror(errno));
	*ret_events = steal_pointer(&events);
	return 0;
}

/* Whether a message is the one that ends what is told of a transaction. */
static bool is_generation(const struct nlmsghdr *message)
{
	return message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN);
}

/* Whether a message of nftables is about the wall's table. In all of them but the last of a
 * transaction the table is 1. */
static bool is_walls(const struct nlmsghdr *message)
{
	struct attrs attrs = attrs_of_message(message);

	return !is_generation(message) &&
	       same_name(attr_string(attrs.by_type[NFTA_TABLE_NAME]), WALL_TABLE);
}

/*
 * Whether a change to the wall is one that nobody of ours made: not this process, nor another that
 * calls itself as we do, as `seawall apply` does. Where the kernel names nobody it may be ours.
 */
static bool is_foreign(const char *name, uint32_t pid)
{
	static const char ours[] = "seawall"; /* and seawall-keeper */
	char own[16] = "";

	prctl(PR_GET_NAME, own);
	return name && pid && pid != (uint32_t)getpid() && strcmp(name, own) != 0 &&
	       strncmp(name, ours, sizeof(ours) - 1) != 0;
}

/*
 * Takes in a message of nftables, of which the last of a transaction names who made it
 * (nf_tables_fill_gen_info()). Whether it is the last of one that touched the wall: the kernel
 * takes no other transaction before it has told all of one (nf_tables_commit()), and who mends what
 * was told of by half, mends it again when the rest arrives.
 */
static bool take_rule(struct events *events, const struct nlmsghdr *message)
{
	struct attrs attrs;
	const char *name;

	if (!is_generation(message)) {
		if (is_walls(message)) {
			events->walls = true;
			wall_touched_take(&events->touched, message);
		}
		return false;
	}
	if (!events->walls)
		return false;
	attrs = attrs_of_message(message);
	name = attr_string(attrs.by_type[NFTA_GEN_PROC_NAME]);
	events->foreign = is_foreign(name, attr_u32(attrs.by_type[NFTA_GEN_PROC_PID], 0));
	/* What was touched before ours, ours has not looked at. */
	if (!events->foreign)
		events->touched = (struct wall_touched){.more = true};
	if (events->undone) {
		events->undone = events->foreign;
		events->foreign = false;
	} else if (name) {
		/* A name is whatever the process calls itself. */
		snprintf(events->author, sizeof(events->author), "%.*s, process %" PRIu32,
		         (int)strspn(name, NAME_LETTERS), name,
		         attr_u32(attrs.by_type[NFTA_GEN_PROC_PID], 0));
	}
	events->walls = false;
	return true;
}

const char *events_author(const struct events *events)
{
	return events->author;
}

void events_undone(struct events *events)
{
	*events->author = 0;
	events->undone = true;
	events->foreign = false;
}

const struct wall_touched *events_touched(const struct events *events)
{
	return &events->touched;
}

bool events_foreign(const struct events *events)
{
	return events->foreign;
}

/* Reads all that is queued. The bits of it. */
static int drain(struct events *events, struct mnl_socket *socket, int bits)
{
	int happened = 0;

	for (;;) {
		ssize_t len = recv(mnl_socket_get_fd(socket), events->buffer, RECEIVE_ROOM, 0);
		int rest = (int)len;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == ENOBUFS) {
			/* Whose change was lost is not known. */
			*events->author = 0;
			events->foreign = events->walls = events->undone = false;
			return EVENT_LINKS | EVENT_RULES | EVENT_WALL | EVENT_LOST;
		}
		if (len < 0)
			return happened;
		happened |= bits;
		for (const struct nlmsghdr *message = (const struct nlmsghdr *)events->buffer;
		     bits == EVENT_RULES && mnl_nlmsg_ok(message, rest);
		     message = mnl_nlmsg_next(message, &rest))
			if (take_rule(events, message))
				happened |= EVENT_WALL;
	}
}

/* Reads all signals. The bits of them. */
static int drain_signals(const struct events *events)
{
	struct signalfd_siginfo info;
	int happened = 0;

	while (read(events->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		happened |= info.ssi_signo == SIGHUP ? EVENT_RELOAD : EVENT_END;
	return happened;
}

void events_watch(struct events *events, pid_t pid)
{
	if (events->process >= 0)
		close(events->process);
	events->process = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

void events_read_also(struct events *events, int bit, int fd)
{
	for (int i = 0; i < ALSO; i++)
		if (bit == EVENT_PROVED << i)
			events->also[i] = fd;
}

int events_wait(struct events *events, int milliseconds)
{
	struct pollfd sources[SOURCES + ALSO] = {
	    {.fd = mnl_socket_get_fd(events->links), .events = POLLIN},
	    {.fd = mnl_socket_get_fd(events->rules), .events = POLLIN},
	    {.fd = events->signals, .events = POLLIN},
	    {.fd = events->process, .events = POLLIN},
	};
	int happened = 0, n;

	for (int i = 0; i < ALSO; i++)
		sources[SOURCES + i] = (struct pollfd){.fd = events->also[i], .events = POLLIN};
	events->foreign = false; /* of what this wait brings */
	if (!events->walls)
		events->touched = (struct wall_touched){0};
	n = poll(sources, SOURCES + ALSO, milliseconds);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (sources[0].revents)
		happened |= drain(events, events->links, EVENT_LINKS);
	if (sources[1].revents)
		happened |= drain(events, events->rules, EVENT_RULES);
	if (sources[2].revents)
		happened |= drain_signals(events);
	for (int i = 0; i < ALSO; i++)
		if (sources[SOURCES + i].revents)
			happened |= EVENT_PROVED << i;
	if (sources[3].revents) {
		events_watch(events, 0);
		happened |= EVENT_WALL;
	}
	return happened;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	if (events->links)
		mnl_socket_close(events->links);
	if (events->rules)
		mnl_socket_close(events->rules);
	if (events->signals >= 0)
		close(events->signals);
	events_watch(events, 0);
	free(events->buffer);
	free(events);
}
