/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening to the wall's log group, and counting. */
#include "guard/knocks.h"

#include "base/hash.h"

#include "wall/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SLOTS = 4096, /* a power of 2 */
	CROWDED = SLOTS / 4 * 3,
	FULL = SLOTS / 8 * 7, /* so that a free one is near */
	HOUR = 3600,
	SENDERS_AN_HOUR = 20000,
	COPY = 128, /* bytes of a packet: headers */
	RECEIVE_ROOM = 64 * 1024,
	QUEUE_ROOM = 1024 * 1024,
	CONFIG_CONNTRACK = 4, /* NFULNL_CFG_F_CONNTRACK, Linux 4.4 */
	TIMEOUT = 20,         /* hundredths of a second until the kernel tells what it has */
};

struct knocks {
	struct mnl_socket *socket;
	uint8_t *buffer;
	struct knock slots[SLOTS];
	size_t used;
	time_t hour;
	size_t senders; /* of this hour */
};

struct knocks *knocks_alone(void)
{
	return calloc(1, sizeof(struct knocks));
}

/* Sends a message of configuration for the group. 0 or a negative errno. */
static int configure(struct mnl_socket *socket, uint8_t command, bool copies, uint16_t flags)
{
	char buffer[256];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *head;
	ssize_t len;

	message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	head->nfgen_family = AF_UNSPEC;
	head->version = NFNETLINK_V0;
	head->res_id = htons(WALL_LOG_GROUP);
	if (command) {
		const struct nfulnl_msg_config_cmd config = {.command = command};

		mnl_attr_put(message, NFULA_CFG_CMD, sizeof(config), &config);
	}
	if (copies) {
		const struct nfulnl_msg_config_mode mode = {.copy_mode = NFULNL_COPY_PACKET,
		                                            .copy_range = htonl(COPY)};

		mnl_attr_put(message, NFULA_CFG_MODE, sizeof(mode), &mode);
		mnl_attr_put_u16(message, NFULA_CFG_FLAGS, htons(flags));
		mnl_attr_put_u32(message, NFULA_CFG_TIMEOUT, htonl(TIMEOUT));
	}
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		return -errno;
	len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	if (len < 0 ||
	    mnl_cb_run(buffer, (size_t)len, 0, mnl_socket_get_portid(socket), NULL, NULL) < 0)
		return -errno;
	return 0;
}

int knocks_new(struct knocks **ret_knocks, struct error **ret_error)
{
	_cleanup_(cleanup_knocks_free) struct knocks *knocks = knocks_alone();
	int room = QUEUE_ROOM, status;

	if (!knocks || !(knocks->buffer = malloc(RECEIVE_ROOM)))
		return error_set(ret_error, ENOMEM, "out of memory");
	knocks->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!knocks->socket || mnl_socket_bind(knocks->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_set(ret_error, errno, "cannot listen to the log group: %s",
		                 strerror(errno));
	(void)setsockopt(mnl_socket_get_fd(knocks->socket), SOL_SOCKET, SO_RCVBUFFORCE, &room,
	                 sizeof(room));
	status = configure(knocks->socket, NFULNL_CFG_CMD_BIND, false, 0);
	/* With the flow, which says what the sender addressed; not all kernels can tell it. The
	 * first time it may only have loaded a module. */
	for (int i = 0; i < 2 && status == 0; i++)
		if (configure(knocks->socket, 0, true, CONFIG_CONNTRACK) == 0)
			break;
		else if (i == 1)
			status = configure(knocks->socket, 0, true, 0);
	if (status < 0)
		return error_set(ret_error, -status, "cannot listen to log group %d: %s",
		                 WALL_LOG_GROUP,
		                 status == -EBUSY || status == -EEXIST ? "somebody else does"
		                                                       : strerror(-status));
	*ret_knocks = steal_pointer(&knocks);
	return 0;
}

int knocks_fd(const struct knocks *knocks)
{
	return mnl_socket_get_fd(knocks->socket);
}

void knocks_free(struct knocks *knocks)
{
	if (!knocks)
		return;
	if (knocks->socket)
		mnl_socket_close(knocks->socket);
	free(knocks->buffer);
	free(knocks);
}

/* The slot of a knock, or the free one for it; NULL when there is none. */
static struct knock *slot_of(struct knocks *knocks, const struct knock *knock)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, knock->source.address.bytes,
	                           sizeof(knock->source.address.bytes));

	hash = hash_bytes(hash, &knock->source.len, sizeof(knock->source.len));
	hash = hash_bytes(hash, &knock->port, sizeof(knock->port));
	hash = hash_bytes(hash, &knock->protocol, sizeof(knock->protocol));
	for (size_t i = 0; i < SLOTS; i++) {
		struct knock *slot = &knocks->slots[(hash + i) & (SLOTS - 1)];

		if (!slot->count)
			return slot;
		if (slot->port == knock->port && slot->protocol == knock->protocol &&
		    slot->ifindex == knock->ifindex && slot->source.len == knock->source.len &&
		    address_equal(&slot->source.address, &knock->source.address) &&
		    address_equal(&slot->to, &knock->to))
			return slot;
	}
	return NULL;
}

/* Makes a sender one of his network, or of everybody. */
static void widen(struct knock *knock, bool everybody)
{
	uint8_t len = everybody ? 0 : knock->source.address.family == AF_INET ? 16 : 32;

	if (knock->source.len > len)
		knock->source = prefix_make(&knock->source.address, len);
	if (everybody) {
		knock->to = address_any(knock->source.address.family);
		knock->port = 0;
		knock->ifindex = 0;
	}
}

void knocks_count(struct knocks *knocks, const struct knock *knock)
{
	struct knock counted = *knock;
	struct knock *slot;

	if (counted.first - counted.first % HOUR != knocks->hour) {
		knocks->hour = counted.first - counted.first % HOUR;
		knocks->senders = 0;
	}
	slot = slot_of(knocks, &counted);
	if (slot && !slot->count &&
	    (knocks->used >= CROWDED || knocks->senders >= SENDERS_AN_HOUR)) {
		widen(&counted, false);
		slot = slot_of(knocks, &counted);
	}
	if (!slot || (!slot->count && knocks->used >= FULL)) {
		widen(&counted, true);
		slot = slot_of(knocks, &counted);
	}
	if (!slot)
		return;
	if (!slot->count) {
		*slot = counted;
		knocks->used++;
		knocks->senders++;
		return;
	}
	slot->count += counted.count;
	slot->last = counted.last > slot->last ? counted.last : slot->last;
}

bool knocks_read(struct knocks *knocks, time_t now)
{
	bool any = false;

	for (;;) {
		ssize_t len = recv(mnl_socket_get_fd(knocks->socket), knocks->buffer, RECEIVE_ROOM,
		                   MSG_DONTWAIT);
		int rest = (int)len;

		if (len < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (len <= 0)
			return any;
		for (const struct nlmsghdr *message = (const struct nlmsghdr *)knocks->buffer;
		     mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
			struct knock knock = {.count = 1, .first = now, .last = now};

			if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
			    !knock_parse(message, message->nlmsg_len, &knock))
				continue;
			knocks_count(knocks, &knock);
			any = true;
		}
	}
}

size_t knocks_take(struct knocks *knocks, void (*see)(const struct knock *knock, void *data),
                   void *data)
{
	size_t taken = 0;

	for (size_t i = 0; i < SLOTS && knocks->used; i++) {
		if (!knocks->slots[i].count)
			continue;
		see(&knocks->slots[i], data);
		taken++;
	}
	memset(knocks->slots, 0, sizeof(knocks->slots));
	knocks->used = 0;
	return taken;
}
