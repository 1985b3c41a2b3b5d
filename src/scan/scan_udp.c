/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks all UDP ports: a datagram each.
 *
 * Theory of operation. One socket sends to all ports; what comes back is a datagram, whose sender's
 * port is open, or an ICMP error, which the socket's error queue gives with the port that it is
 * about (ip(7), IP_RECVERR). Services answer only what they understand: well-known ports are sent a
 * question of their protocol, all others a line's end. Linux answers for closed ports about once a
 * second, so that nearly all ports stay silent, open ones among them: that is said, not guessed.
 */
#include "scan/scan_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum { RATE_MOST = 5000, PACKET_CAP = 2048, RECEIVE_BUFFER = 4 << 20 };

/* Questions by port. They ask for nothing that changes anything. */
static const struct question {
	uint16_t port;
	uint8_t len;
	const char *bytes;
} questions[] = {
    /* DNS (RFC 1035): the name servers of the root. */
    {53, 17, "\x53\x57\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"},
    /* NTP (RFC 5905): a client's packet, version 4. */
    {123, 48,
     "\x23\x00\x06\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
     "\0"
     "\0\0\0\0\1"},
    /* SNMP (RFC 1157): get sysDescr by "public". */
    {161, 43,
     "\x30\x29\x02\x01\x00\x04\x06public\xa0\x1c\x02\x04\x53\x57\x00\x01\x02\x01\x00\x02\x01\x00"
     "\x30"
     "\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00"},
    /* STUN (RFC 8489): a binding request. */
    {3478, 20, "\x00\x01\x00\x00\x21\x12\xa4\x42seawall-scan"},
    /* Multicast DNS (RFC 6762), asked by one: which services there are. */
    {5353, 46,
     "\x53\x57\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09_services\x07_dns-sd\x04_udp\x05local\x00"
     "\x00\x0c\x00\x01"},
    /* memcached: its version, in the frame that UDP wants. */
    {11211, 17, "\x53\x57\x00\x00\x00\x01\x00\x00version\r\n"},
};

struct udp_scan {
	struct scanning *scanning;
	int fd;
};

/* The question for a port. */
static struct question question_for(uint16_t port)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		if (questions[i].port == port)
			return questions[i];
	return (struct question){port, 1, "\n"};
}

/* The port of a socket address of either family: both keep it in the same place. */
static uint16_t port_of(const struct sockaddr_storage *address)
{
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

/* Whether a socket address is the one that is asked. */
static bool is_target(const struct udp_scan *scan, const struct sockaddr_storage *address)
{
	const struct address *target = &scan->scanning->result->address;
	struct address from;

	if (address->ss_family != target->family)
		return false;
	from = address->ss_family == AF_INET
	           ? address_make(AF_INET, &((const struct sockaddr_in *)address)->sin_addr)
	           : address_make(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr);
	return address_equal(&from, target);
}

/* What an ICMP error says of a port. */
static enum port_state state_of(const struct sock_extended_err *error)
{
	if (error->ee_origin == SO_EE_ORIGIN_ICMP)
		return error->ee_type != ICMP_DEST_UNREACH   ? PORT_SILENT
		       : error->ee_code == ICMP_PORT_UNREACH ? PORT_REFUSED
		                                             : PORT_REJECTED;
	if (error->ee_origin == SO_EE_ORIGIN_ICMP6)
		return error->ee_type != ICMP6_DST_UNREACH          ? PORT_SILENT
		       : error->ee_code == ICMP6_DST_UNREACH_NOPORT ? PORT_REFUSED
		                                                    : PORT_REJECTED;
	return PORT_SILENT;
}

/* Takes an error from the queue. False where there is none. */
static bool take_error(struct udp_scan *scan)
{
	uint8_t *states = scan->scanning->result->udp;
	_Alignas(struct cmsghdr) char control[512];
	struct sockaddr_storage to = {0};
	char data[64];
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {.msg_name = &to,
	                         .msg_namelen = sizeof(to),
	                         .msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};

	if (recvmsg(scan->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header)) {
		struct sock_extended_err error;
		enum port_state state;

		if (!(header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) &&
		    !(header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&error, CMSG_DATA(header), sizeof(error));
		state = state_of(&error);
		if (is_target(scan, &to) && state != PORT_SILENT &&
		    states[port_of(&to)] == PORT_SILENT)
			states[port_of(&to)] = (uint8_t)state;
	}
	return true;
}

/* Takes all that has come, waiting up to so long for it. 0 or a negative errno. */
static int take(void *data, uint64_t wait_usec)
{
	struct udp_scan *scan = data;
	struct pollfd fd = {scan->fd, POLLIN, 0};
	const struct timespec wait = {(time_t)(wait_usec / 1000000),
	                              (long)(wait_usec % 1000000 * 1000)};
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	uint8_t packet[PACKET_CAP];

	if (ppoll(&fd, 1, &wait, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	while (take_error(scan))
		;
	for (;;) {
		len = sizeof(from);
		if (recvfrom(scan->fd, packet, sizeof(packet), MSG_DONTWAIT,
		             (struct sockaddr *)&from, &len) < 0) {
			/* An error that the queue has too; what comes behind it is read. */
			if (errno == ECONNREFUSED || errno == EHOSTUNREACH ||
			    errno == ENETUNREACH || errno == EACCES)
				continue;
			return 0;
		}
		if (is_target(scan, &from))
			scan->scanning->result->udp[port_of(&from)] = PORT_OPEN;
	}
}

/* Sends a datagram to a port; an error that stands for an earlier one is sent again once. */
static int ask(void *data, uint16_t port)
{
	struct udp_scan *scan = data;
	const struct question question = question_for(port);
	struct sockaddr_storage to = scan->scanning->to;
	int status;

	((struct sockaddr_in *)&to)->sin_port = htons(port);
	for (int attempt = 0; attempt < 2; attempt++) {
		if (sendto(scan->fd, question.bytes, question.len, 0, (struct sockaddr *)&to,
		           scan->scanning->to_len) >= 0) {
			scan->scanning->result->sent++;
			return 0;
		}
		status = scan_not_sent(scan->scanning, errno);
		if (status < 0)
			return status;
		while (take_error(scan))
			;
	}
	return 0;
}

/* Whether a port has a question of its own: only those are worth asking twice. */
static bool has_question(uint16_t port)
{
	return question_for(port).len > 1;
}

int scan_udp(struct scanning *scanning, struct error **ret_error)
{
	const bool four = scanning->result->address.family == AF_INET;
	const int one = 1, size = RECEIVE_BUFFER;
	_cleanup_close_ int fd =
	    socket(scanning->result->address.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct udp_scan scan = {.scanning = scanning, .fd = fd};
	struct scan_pass pass = {.scanning = scanning,
	                         .states = scanning->result->udp,
	                         .rate = scanning->options->rate,
	                         .ask = ask,
	                         .take = take,
	                         .data = &scan};
	int status;

	if (fd < 0 || setsockopt(fd, four ? IPPROTO_IP : IPPROTO_IPV6,
	                         four ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one)) < 0)
		return error_set(ret_error, errno, "asking UDP ports: %m");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (pass.rate > RATE_MOST)
		pass.rate = RATE_MOST;
	status = scan_pass_run(&pass);
	pass.wanted = has_question;
	if (status == 0)
		status = scan_pass_run(&pass);
	return status < 0 ? error_set(ret_error, -status, "asking UDP ports: %s", strerror(-status))
	                  : 0;
}
