/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives the twin a flow that the host tracks, as if it had stood there all along.
 *
 * Theory of operation. IPCTNL_MSG_CT_NEW, as conntrack(8) -I sends it. The kernel makes the reply's
 * tuple of the original's and the translation that is asked for (nf_nat_setup_info), so both must
 * be what they were on the host. An opening segment within an established flow is one of its
 * packets to the kernel (nf_conntrack_proto_tcp.c ignores it and lets it pass), which is all that
 * rules on a packet's state ask.
 */
#include "prove/twin_flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGE_ROOM = 1024, IN_FORCE_SECONDS = 86400 };

/* Writes an address as one attribute or another, by its family. */
static void put_address(struct nlmsghdr *message, uint16_t v4, uint16_t v6,
                        const struct address *address)
{
	mnl_attr_put(message, address->family == AF_INET6 ? v6 : v4, address_size(address->family),
	             address->bytes);
}

/* Writes one direction of a flow. */
static void put_tuple(struct nlmsghdr *message, uint16_t type, uint8_t protocol,
                      const struct address *source, uint16_t source_port,
                      const struct address *destination, uint16_t destination_port)
{
	struct nlattr *tuple = mnl_attr_nest_start(message, type);
	struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_IP);

	put_address(message, CTA_IP_V4_SRC, CTA_IP_V6_SRC, source);
	put_address(message, CTA_IP_V4_DST, CTA_IP_V6_DST, destination);
	mnl_attr_nest_end(message, part);
	part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM, protocol);
	mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(source_port));
	mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(destination_port));
	mnl_attr_nest_end(message, part);
	mnl_attr_nest_end(message, tuple);
}

/* Writes where the flow was translated to. */
static void put_translation(struct nlmsghdr *message, const struct flow *flow)
{
	struct nlattr *nat = mnl_attr_nest_start(message, CTA_NAT_DST);
	struct nlattr *ports;

	put_address(message, CTA_NAT_V4_MINIP, CTA_NAT_V6_MINIP, &flow->target);
	put_address(message, CTA_NAT_V4_MAXIP, CTA_NAT_V6_MAXIP, &flow->target);
	ports = mnl_attr_nest_start(message, CTA_NAT_PROTO);
	mnl_attr_put_u16(message, CTA_PROTONAT_PORT_MIN, htons(flow->target_port));
	mnl_attr_put_u16(message, CTA_PROTONAT_PORT_MAX, htons(flow->target_port));
	mnl_attr_nest_end(message, ports);
	mnl_attr_nest_end(message, nat);
}

/* Writes that TCP's handshake is done. */
static void put_established(struct nlmsghdr *message)
{
	struct nlattr *info = mnl_attr_nest_start(message, CTA_PROTOINFO);
	struct nlattr *tcp = mnl_attr_nest_start(message, CTA_PROTOINFO_TCP);

	mnl_attr_put_u8(message, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_nest_end(message, tcp);
	mnl_attr_nest_end(message, info);
}

/* Writes the whole request. */
static struct nlmsghdr *write_request(const struct flow *flow, void *room)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(room);
	struct nfgenmsg *header;
	bool translated =
	    flow->to_port != flow->target_port || !address_equal(&flow->to, &flow->target);

	message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	message->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	*header = (struct nfgenmsg){.nfgen_family = flow->to.family, .version = NFNETLINK_V0};
	put_tuple(message, CTA_TUPLE_ORIG, flow->protocol, &flow->source, flow->source_port,
	          &flow->to, flow->to_port);
	/* The reply as it is before translation; the kernel rewrites it. */
	put_tuple(message, CTA_TUPLE_REPLY, flow->protocol, &flow->to, flow->to_port, &flow->source,
	          flow->source_port);
	mnl_attr_put_u32(message, CTA_STATUS, htonl(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
	mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(IN_FORCE_SECONDS));
	if (translated)
		put_translation(message, flow);
	if (flow->protocol == IPPROTO_TCP)
		put_established(message);
	return message;
}

/* Sends the request and reads the kernel's word on it. 0 or a negative errno. */
static int ask(const struct nlmsghdr *message)
{
	_Alignas(struct nlmsghdr) char answer[MESSAGE_ROOM * 4];
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	ssize_t len = -1;
	int status = 0;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ||
	    (len = mnl_socket_recvfrom(socket, answer, sizeof(answer))) < 0 ||
	    mnl_cb_run(answer, (size_t)len, 1, mnl_socket_get_portid(socket), NULL, NULL) < 0)
		status = errno ? -errno : -EIO;
	if (socket)
		mnl_socket_close(socket);
	return status;
}

int twin_flow_add(const struct twin *twin, const struct flow *flow, struct error **ret_error)
{
	_Alignas(struct nlmsghdr) char room[MESSAGE_ROOM];
	int left, status = twin_enter(twin);

	if (status < 0)
		return error_wrap(ret_error, status, "cannot enter the twin");
	memset(room, 0, sizeof(room));
	status = ask(write_request(flow, room));
	left = twin_leave(twin);
	if (left < 0)
		return error_wrap(ret_error, left, "cannot leave the twin");
	return status < 0
	           ? error_set(ret_error, -status, "a flow cannot be copied: %s", strerror(-status))
	           : 0;
}
