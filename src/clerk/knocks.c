/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening to the wall's log group. */
#include "clerk/knocks.h"

#include "clerk/hearing.h"
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
	COPY = 128, /* bytes of a packet: headers */
	QUEUE_ROOM = 1024 * 1024,
	CONFIG_CONNTRACK = 4, /* NFULNL_CFG_F_CONNTRACK, Linux 4.4 */
	TIMEOUT = 20,         /* hundredths of a second until the kernel tells what it has */
};

struct knocks {
	struct mnl_socket *socket;
	uint8_t *buffer;
};

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
	_cleanup_(cleanup_knocks_free) struct knocks *knocks = calloc(1, sizeof(*knocks));
	int room = QUEUE_ROOM, status;

	if (!knocks || !(knocks->buffer = malloc(HEARING_ROOM)))
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

static bool parse(const void *message, size_t len, struct sighting *ret_knock, const void *data)
{
	(void)data;
	return knock_parse(message, len, ret_knock);
}

bool knocks_read(struct knocks *knocks, struct tally *tally, time_t now)
{
	const struct hearing hearing = {.socket = knocks->socket,
	                                .buffer = knocks->buffer,
	                                .type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET,
	                                .parse = parse};

	return hearing_read(&hearing, tally, now);
}
