/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads all ipsets with their members.
 *
 * Theory of operation. One dump lists all sets. The kernel first says which protocols it speaks;
 * from 7 on (Linux 4.20) the list has each set's index. Before that an index is had as iptables
 * gets it, through getsockopt(SO_IP_SET), and is put among the messages as the answer to
 * IPSET_CMD_GET_BYNAME that a newer kernel would have given: so there is one way to read it.
 */
#include "observe/ipset_read.h"
#include "observe/decode.h"
#include "observe/module.h"
#include "observe/netlink.h"
#include "observe/read_status.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* The first protocol whose lists have the index. */
enum { PROTOCOL_WITH_INDEX = 7 };

/* Asks which protocol to speak: the kernel's newest that we know. 0 or negative errno. */
static int read_protocol(struct netlink *netlink, uint8_t *ret_protocol)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *request =
	    request_begin_netfilter(buffer, NFNL_SUBSYS_IPSET, IPSET_CMD_PROTOCOL, AF_UNSPEC);
	const struct nlattr *table[IPSET_ATTR_PROTOCOL + 1];
	struct decoder decoder = {.what = "protocol"};
	struct bytes answer = {0};
	uint8_t protocol = IPSET_PROTOCOL_MIN;
	int status;

	mnl_attr_put_u8(request, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
	status = netlink_ask(netlink, request, &answer);
	if (status == 0) {
		decoder.message = (const void *)answer.data;
		status = decode_message_attributes(&decoder, sizeof(struct nfgenmsg), table,
		                                   TABLE_LEN(table));
	}
	if (status == 0)
		status = decode_value(&decoder, table[IPSET_ATTR_PROTOCOL], &protocol, 1);
	bytes_done(&answer);
	if (status == 0)
		*ret_protocol = protocol < IPSET_PROTOCOL ? protocol : IPSET_PROTOCOL;
	return status;
}

/* Dumps all sets. 0, 1 when torn, or negative errno. */
static int read_sets(struct netlink *netlink, uint8_t protocol, struct bytes *to,
                     struct error **ret_error)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct nlmsghdr *request =
	    request_begin_netfilter(buffer, NFNL_SUBSYS_IPSET, IPSET_CMD_LIST, AF_UNSPEC);
	const struct dump dump = {.to = to, .cap = NETLINK_DUMP_MAX, .what = "the ipsets"};

	mnl_attr_put_u8(request, IPSET_ATTR_PROTOCOL, protocol);
	return netlink_dump_steady(netlink, request, &dump, ret_error);
}

/* Asks for the index of a set and adds it as a message of its own. 0 or negative errno. */
static int read_index(int fd, const char *name, uint8_t protocol, struct bytes *to)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct ip_set_req_get_set question = {.op = IP_SET_OP_GET_BYNAME, .version = protocol};
	socklen_t len = sizeof(question);
	struct nlmsghdr *message;

	strncpy(question.set.name, name, sizeof(question.set.name) - 1);
	if (getsockopt(fd, SOL_IP, SO_IP_SET, &question, &len) < 0)
		return -errno;
	message =
	    request_begin_netfilter(buffer, NFNL_SUBSYS_IPSET, IPSET_CMD_GET_BYNAME, AF_UNSPEC);
	mnl_attr_put_u8(message, IPSET_ATTR_PROTOCOL, protocol);
	mnl_attr_put_strz(message, IPSET_ATTR_SETNAME, name);
	mnl_attr_put_u16(message, IPSET_ATTR_INDEX, htons(question.set.index));
	return bytes_append(to, message, message->nlmsg_len, NETLINK_DUMP_MAX);
}

/* Adds the index of each set whose messages do not have it. 0 or negative errno. */
static int read_indexes(struct netview *view, uint8_t protocol, struct error **ret_error)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	struct decoder decoder = {.view = view, .kind = RAW_IPSET, .ret_error = ret_error};
	const struct nlattr *table[IPSET_ATTR_INDEX + 1];
	struct bytes answers = {0};
	size_t offset = 0;
	int status = fd < 0 ? -errno : 0;

	while (status == 0 &&
	       (decoder.offset = offset,
	        (decoder.message = raw_next(&view->raw[RAW_IPSET], &offset)) != NULL)) {
		const char *name = NULL;

		status = decode_message_attributes(&decoder, sizeof(struct nfgenmsg), table,
		                                   TABLE_LEN(table));
		/* Only the first message of a set has its type. */
		if (status < 0 || table[IPSET_ATTR_INDEX] || !table[IPSET_ATTR_TYPENAME])
			continue;
		status =
		    decode_string(&decoder, table[IPSET_ATTR_SETNAME], IPSET_MAXNAMELEN, &name);
		if (status == 0 && name)
			status = read_index(fd, name, protocol, &answers);
	}
	if (status == 0 && answers.len)
		status = bytes_append(&view->raw[RAW_IPSET], answers.data, answers.len,
		                      NETLINK_DUMP_MAX);
	bytes_done(&answers);
	return status;
}

int ipset_read(struct netview *view, struct error **ret_error)
{
	_cleanup_netlink_ struct netlink *netlink = NULL;
	uint8_t protocol = IPSET_PROTOCOL_MIN;
	int status;

	if (module_asleep("ip_set"))
		return 0;
	status = netlink_open(NETLINK_NETFILTER, &netlink, ret_error);
	if (status == 0)
		status = read_protocol(netlink, &protocol);
	if (status == 0)
		status = read_sets(netlink, protocol, &view->raw[RAW_IPSET], ret_error);
	if (status == 1)
		status = netview_incomplete(view, "ipsets changed each time while they were read");
	if (status == 0 && protocol < PROTOCOL_WITH_INDEX)
		status = read_indexes(view, protocol, ret_error);
	/* The kernel's words for: built without nfnetlink, or without ipset. */
	if (status == -EPROTONOSUPPORT || status == -EINVAL || status == -EOPNOTSUPP)
		return 0;
	return read_status(view, "the ipsets", status, ret_error);
}
