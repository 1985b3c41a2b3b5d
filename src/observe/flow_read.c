/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the flows to containers out of connection tracking.
 *
 * Theory of operation. One dump (IPCTNL_MSG_CT_GET, which clears no counter), looked at message by
 * message: a busy host tracks a million flows, and few of them matter here. Kept are those that a
 * container answers, each once for a sender and a door; of senders through one door that go beyond
 * a cap the last one kept stands for the rest. What the containers or this host began is left out:
 * a rule against newcomers is not about that.
 */
#include "observe/flow_read.h"
#include "observe/module.h"
#include "observe/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

enum {
	FLOWS_MOST = 4096,   /* kept in all */
	SENDERS_MOST = 64,   /* kept of one door */
	RECEIVE_ROOM = 65536 /* more than a kernel puts into one datagram of a dump */
};

VEC_TYPE(addresses, struct address);

/* A dump under way. */
struct reading {
	struct snapshot *snapshot;
	struct addresses containers; /* in order */
	uint64_t left_out;
	bool no_memory;
};

/* One direction of a flow. */
struct tuple {
	struct address source, destination;
	uint16_t source_port, destination_port;
	uint8_t protocol;
};

/* Orders addresses, for qsort() and bsearch(). */
static int compare(const void *a, const void *b)
{
	return address_compare(a, b);
}

/* Collects the addresses of all containers, in order. 0 or -ENOMEM. */
static int collect_addresses(const struct snapshot *snapshot, struct addresses *addresses)
{
	vec_foreach(container, &snapshot->engine.containers)
		vec_foreach(attachment, &container->attachments) {
			const struct address both[] = {attachment->ipv4, attachment->ipv6};

			for (size_t i = 0; i < 2; i++) {
				struct address *slot = both[i].family ? vec_push(addresses) : NULL;

				if (both[i].family && !slot)
					return -ENOMEM;
				if (slot)
					*slot = both[i];
			}
		}
	if (addresses->n)
		qsort(addresses->items, addresses->n, sizeof(*addresses->items), compare);
	return 0;
}

/* Whether an address is a container's. */
static bool is_container(const struct reading *reading, const struct address *address)
{
	return bsearch(address, reading->containers.items, reading->containers.n, sizeof(*address),
	               compare) != NULL;
}

/* Whether this host or a container on it began a flow. */
static bool is_local(const struct reading *reading, const struct address *source)
{
	vec_foreach(own, &reading->snapshot->net.addresses)
		if (address_equal(&own->address, source))
			return true;
	vec_foreach(network, &reading->snapshot->engine.networks)
		vec_foreach(subnet, &network->subnets)
			if (network->bridge && prefix_contains(&subnet->prefix, source))
				return true;
	return is_container(reading, source);
}

/* Puts an attribute of a nest or a message into its place in a table of CTA_MAX + 1. */
static int sort_in(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_get_type(attr) <= CTA_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* An attribute of a nest, of at least `len` bytes; NULL where there is none. */
static const struct nlattr *member(const struct nlattr *nest, uint16_t type, size_t len)
{
	const struct nlattr *table[CTA_MAX + 1] = {0};

	if (nest)
		(void)mnl_attr_parse_nested(nest, sort_in, table);
	return table[type] && mnl_attr_get_payload_len(table[type]) >= len ? table[type] : NULL;
}

/* An address of a tuple; family 0 where there is none. */
static struct address tuple_address(const struct nlattr *ip, uint16_t v4, uint16_t v6)
{
	const struct nlattr *attr = member(ip, v4, 4);

	if (attr)
		return address_make(AF_INET, mnl_attr_get_payload(attr));
	attr = member(ip, v6, 16);
	return attr ? address_make(AF_INET6, mnl_attr_get_payload(attr)) : (struct address){0};
}

/* Reads one direction. False when it has no addresses or no ports. */
static bool read_tuple(const struct nlattr *nest, struct tuple *ret_tuple)
{
	const struct nlattr *ip = member(nest, CTA_TUPLE_IP, 0);
	const struct nlattr *proto = member(nest, CTA_TUPLE_PROTO, 0);
	const struct nlattr *number = member(proto, CTA_PROTO_NUM, 1);
	const struct nlattr *from = member(proto, CTA_PROTO_SRC_PORT, 2);
	const struct nlattr *to = member(proto, CTA_PROTO_DST_PORT, 2);

	if (!number || !from || !to)
		return false;
	*ret_tuple = (struct tuple){
	    .source = tuple_address(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC),
	    .destination = tuple_address(ip, CTA_IP_V4_DST, CTA_IP_V6_DST),
	    .source_port = ntohs(mnl_attr_get_u16(from)),
	    .destination_port = ntohs(mnl_attr_get_u16(to)),
	    .protocol = mnl_attr_get_u8(number),
	};
	return ret_tuple->source.family && ret_tuple->destination.family;
}

/* Whether a flow still stands: it was answered, and TCP has not said goodbye. */
static bool stands(const struct nlattr *const *attrs, uint8_t protocol)
{
	const struct nlattr *tcp, *state;

	if (!attrs[CTA_STATUS] || mnl_attr_get_payload_len(attrs[CTA_STATUS]) < 4 ||
	    !(ntohl(mnl_attr_get_u32(attrs[CTA_STATUS])) & IPS_SEEN_REPLY))
		return false;
	if (protocol != IPPROTO_TCP)
		return protocol == IPPROTO_UDP;
	tcp = member(attrs[CTA_PROTOINFO], CTA_PROTOINFO_TCP, 0);
	state = member(tcp, CTA_PROTOINFO_TCP_STATE, 1);
	return state && mnl_attr_get_u8(state) == TCP_CONNTRACK_ESTABLISHED;
}

/* Whether two flows came through one door. */
static bool same_door(const struct flow *a, const struct flow *b)
{
	return a->protocol == b->protocol && a->to_port == b->to_port &&
	       a->target_port == b->target_port && address_equal(&a->to, &b->to) &&
	       address_equal(&a->target, &b->target);
}

/* Keeps a flow, or counts it where it belongs. */
static void keep(struct reading *reading, const struct flow *flow)
{
	struct flow *last = NULL, *slot;
	unsigned senders = 0;

	vec_foreach(known, &reading->snapshot->flows) {
		if (!same_door(known, flow))
			continue;
		last = known;
		if (address_equal(&known->source, &flow->source) || ++senders == SENDERS_MOST) {
			known->count += known->count < UINT32_MAX;
			return;
		}
	}
	if (reading->snapshot->flows.n == FLOWS_MOST) {
		if (last)
			last->count += last->count < UINT32_MAX;
		else
			reading->left_out++;
		return;
	}
	slot = vec_push(&reading->snapshot->flows);
	if (slot)
		*slot = *flow;
	else
		reading->no_memory = true;
}

/* Looks at one message of the dump. */
static int take_message(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[CTA_MAX + 1] = {0};
	struct reading *reading = data;
	struct tuple original, reply;
	struct flow flow;

	(void)mnl_attr_parse(message, sizeof(struct nfgenmsg), sort_in, attrs);
	if (!read_tuple(attrs[CTA_TUPLE_REPLY], &reply) || !is_container(reading, &reply.source) ||
	    !read_tuple(attrs[CTA_TUPLE_ORIG], &original) || !stands(attrs, original.protocol) ||
	    is_local(reading, &original.source))
		return MNL_CB_OK;
	flow = (struct flow){.protocol = original.protocol,
	                     .source = original.source,
	                     .source_port = original.source_port,
	                     .to = original.destination,
	                     .to_port = original.destination_port,
	                     .target = reply.source,
	                     .target_port = reply.source_port,
	                     .count = 1};
	keep(reading, &flow);
	return reading->no_memory ? MNL_CB_ERROR : MNL_CB_OK;
}

/* Whether all messages lie within a datagram. libmnl takes a length beyond INT_MAX for a negative
 * one, and goes round in it for ever. */
static bool is_framed(const char *data, size_t len)
{
	while (len >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;
		size_t step;

		memcpy(&header, data, sizeof(header));
		step = NLMSG_ALIGN((size_t)header.nlmsg_len);
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > len)
			return false;
		if (step >= len)
			return true;
		data += step;
		len -= step;
	}
	return true;
}

/* Asks for all flows and looks at the answer as it comes. 0 or a negative errno. */
static int dump(struct mnl_socket *socket, struct reading *reading)
{
	_Alignas(struct nlmsghdr) char request[NETLINK_REQUEST_MAX];
	_cleanup_free_ char *room = malloc(RECEIVE_ROOM);
	struct nlmsghdr *header =
	    request_begin_netfilter(request, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, AF_UNSPEC);
	int more = MNL_CB_OK;

	if (!room)
		return -ENOMEM;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(socket, room, RECEIVE_ROOM);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (!is_framed(room, (size_t)len))
			return -EBADMSG;
		more = mnl_cb_run(room, (size_t)len, 1, mnl_socket_get_portid(socket), take_message,
		                  reading);
	}
	if (reading->no_memory)
		return -ENOMEM;
	return more < 0 ? -errno : 0;
}

/* Notes what could not be read. 0 or -ENOMEM. */
static int note(struct reading *reading, int status)
{
	if (status == -ENOMEM)
		return status;
	if (status == -EPERM || status == -EACCES)
		return snapshot_incomplete(reading->snapshot, "reading the flows needs root");
	if (status < 0)
		return snapshot_incomplete(reading->snapshot, "the flows cannot be read: %s",
		                           strerror(-status));
	if (reading->left_out)
		return snapshot_incomplete(
		    reading->snapshot,
		    "%llu flows to containers were not looked at: there are too many",
		    (unsigned long long)reading->left_out);
	return 0;
}

int flows_decode(struct snapshot *snapshot, const void *data, size_t len)
{
	struct reading reading = {.snapshot = snapshot};
	int status = collect_addresses(snapshot, &reading.containers);

	if (status == 0 && !is_framed(data, len))
		status = -EBADMSG;
	if (status == 0 && mnl_cb_run(data, len, 0, 0, take_message, &reading) < 0)
		status = reading.no_memory ? -ENOMEM : -errno;
	vec_done(&reading.containers);
	return status;
}

int flows_read(struct snapshot *snapshot, struct error **ret_error)
{
	struct reading reading = {.snapshot = snapshot};
	struct mnl_socket *socket;
	int status = collect_addresses(snapshot, &reading.containers);

	/* Nothing is tracked, or nobody is there to be spoken to. */
	if (status == 0 && reading.containers.n && !module_asleep("nf_conntrack")) {
		socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
		if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
			status = -errno;
		else
			status = dump(socket, &reading);
		if (socket)
			mnl_socket_close(socket);
		status = note(&reading, status);
	}
	vec_done(&reading.containers);
	return status < 0 ? error_set(ret_error, ENOMEM, "out of memory") : 0;
}
