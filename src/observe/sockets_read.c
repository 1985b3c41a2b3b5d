/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads which sockets of a network namespace take new peers.
 *
 * Theory of operation. sock_diag(7) gives what /proc/net/tcp lacks: whether an IPv6 wildcard takes
 * IPv4 as well, and the device that a socket is bound to. The kernel may load the diagnosing part
 * of a protocol for it, as ss(8) makes it do; that changes no packet's fate. The protocol SCTP
 * itself must not come to be loaded that way: see observe/module.h.
 * Each dump walks a table that all namespaces share, which takes a while even when there is
 * nothing in it, and a host may have a thousand namespaces. So TCP is asked by the older form of
 * the question, which knows no family and gets both in one walk.
 */
#include "observe/module.h"
#include "observe/netlink.h"
#include "observe/netview_read.h"
#include "observe/read_status.h"
#include "observe/socket_decode.h"
#include "observe/socket_owner.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* One dump of sockets. */
static const struct question {
	uint8_t protocol;
	uint8_t family; /* AF_UNSPEC, for both: of TCP only */
	uint8_t state;
	bool optional;      /* a kernel that does not know the protocol has none of its sockets */
	const char *module; /* the protocol's, where it may be one that is not loaded */
	const char *what;
} questions[] = {
    {IPPROTO_TCP, AF_UNSPEC, TCP_LISTEN, false, NULL, "the TCP sockets"},
    {IPPROTO_UDP, AF_INET, TCP_CLOSE, false, NULL, "the UDP sockets"},
    {IPPROTO_UDP, AF_INET6, TCP_CLOSE, false, NULL, "the IPv6 UDP sockets"},
    {IPPROTO_SCTP, AF_INET, TCP_LISTEN, true, "sctp", "the SCTP sockets"},
    {IPPROTO_SCTP, AF_INET6, TCP_LISTEN, true, "sctp", "the IPv6 SCTP sockets"},
};

/* Writes a question into a buffer. */
static struct nlmsghdr *question_begin(const struct question *question, void *buffer)
{
	struct inet_diag_req_v2 *header;
	struct nlmsghdr *request;

	if (question->family == AF_UNSPEC) {
		struct inet_diag_req *older;

		request = request_begin(buffer, TCPDIAG_GETSOCK, sizeof(*older), AF_UNSPEC);
		older = mnl_nlmsg_get_payload(request);
		older->idiag_states = 1u << question->state;
		return request;
	}
	request = request_begin(buffer, SOCK_DIAG_BY_FAMILY, sizeof(*header), question->family);
	header = mnl_nlmsg_get_payload(request);
	header->sdiag_protocol = question->protocol;
	header->idiag_states = 1u << question->state;
	return request;
}

/* Asks one question and decodes the answer. 0, 1 when it may lack something, or negative errno. */
static int question_ask(const struct question *question, struct netlink *netlink,
                        struct netview *view, struct error **ret_error)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct bytes answer = {0};
	const struct dump dump = {
	    .to = &answer,
	    .cap = NETLINK_DUMP_MAX,
	    .what = question->what,
	    .family = question->family,
	};
	struct nlmsghdr *request = question_begin(question, buffer);
	int status, torn;

	status = torn = netlink_dump_steady(netlink, request, &dump, ret_error);
	if (status >= 0)
		status = socket_decode(view, &answer, question->protocol, ret_error);
	bytes_done(&answer);
	return status < 0 ? status : torn;
}

/* Takes the status of a question: what is only lacking is noted. 0 or negative errno. */
static int question_status(const struct question *question, struct netview *view, int status,
                           struct error **ret_error)
{
	bool unknown = status == -ENOENT || status == -EINVAL || status == -EOPNOTSUPP;

	if (status == 1)
		return netview_incomplete(view, "%s changed each time while they were read",
		                          question->what);
	/* A protocol that is there without its diagnosing part is one that we cannot see. */
	if (unknown && question->optional &&
	    (question->protocol != IPPROTO_SCTP || access("/proc/thread-self/net/sctp", F_OK) < 0))
		return 0;
	return read_status(view, question->what, status, ret_error);
}

int sockets_read(struct netview *view, bool owners, struct error **ret_error)
{
	_cleanup_netlink_ struct netlink *netlink = NULL;
	int status = netlink_open(NETLINK_SOCK_DIAG, &netlink, ret_error);

	if (status < 0)
		return read_status(view, "the sockets", status, ret_error);
	for (size_t i = 0; status == 0 && i < sizeof(questions) / sizeof(*questions); i++) {
		const struct question *question = &questions[i];

		if (question->module && module_asleep(question->module))
			continue;
		status = question_ask(question, netlink, view, ret_error);
		status = question_status(question, view, status, ret_error);
	}
	return status < 0 || !owners ? status : socket_owners_read(view, ret_error);
}
