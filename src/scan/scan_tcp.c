/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks all TCP ports: a SYN each, by a raw socket (RFC 9293).
 *
 * Theory of operation. No connection is made: the answer to a SYN says all, and our kernel, which
 * knows of no such connection, ends it with a RST. A TCP socket that is bound but never used holds
 * the port that we send from. The sequence number is a keyed hash of the port that is asked, so
 * that only who saw the SYN can answer it. What stays silent is asked twice more, since a packet
 * may be lost.
 */
#include "scan/scan_parts.h"

#include "base/cleanup.h"
#include "base/hash.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { PASSES = 3, PACKET_CAP = 2048, RECEIVE_BUFFER = 4 << 20 };

/* A SYN with the option that every stack sends. */
struct syn {
	struct tcphdr tcp;
	uint8_t mss[4];
};
_Static_assert(sizeof(struct syn) == 24, "a TCP header and four bytes");

struct tcp_scan {
	struct scanning *scanning;
	int tcp, icmp; /* raw sockets */
	uint16_t source_port;
	uint64_t key;
};

/* The sequence number that asks a port. */
static uint32_t sequence(const struct tcp_scan *scan, uint16_t port)
{
	return (uint32_t)(hash_bytes(hash_bytes(HASH_BEGIN, &scan->key, sizeof(scan->key)), &port,
	                             sizeof(port)) >>
	                  16);
}

/* Adds bytes to a sum of 16-bit words (RFC 1071); their number is even. */
static uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	return sum;
}

/* The checksum of a SYN with its pseudo-header (RFC 9293, RFC 8200), in network order. */
static uint16_t checksum(const struct scan_result *result, const struct syn *syn)
{
	size_t size = address_size(result->address.family);
	uint32_t sum = IPPROTO_TCP + sizeof(*syn);

	sum = sum_add(sum, result->from.bytes, size);
	sum = sum_add(sum, result->address.bytes, size);
	sum = sum_add(sum, syn, sizeof(*syn));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Sends a SYN. 0 or a negative errno. */
static int ask(void *data, uint16_t port)
{
	struct tcp_scan *scan = data;
	struct scanning *scanning = scan->scanning;
	struct syn syn = {
	    .tcp = {.source = htons(scan->source_port),
	            .dest = htons(port),
	            .seq = htonl(sequence(scan, port)),
	            .doff = sizeof(syn) / 4,
	            .syn = 1,
	            .window = htons(1024)},
	    .mss = {TCPOPT_MAXSEG, TCPOLEN_MAXSEG, 1460 >> 8, 1460 & 0xff},
	};

	syn.tcp.check = checksum(scanning->result, &syn);
	if (sendto(scan->tcp, &syn, sizeof(syn), 0, (const struct sockaddr *)&scanning->to,
	           scanning->to_len) >= 0) {
		scanning->result->sent++;
		return 0;
	}
	return scan_not_sent(scanning, errno);
}

/* Skips the IPv4 header, which raw sockets of that family give too. False where none is whole. */
static bool skip_header(const struct tcp_scan *scan, const uint8_t **data, size_t *len)
{
	size_t header;

	if (scan->scanning->result->address.family != AF_INET)
		return true;
	if (*len < sizeof(struct iphdr))
		return false;
	header = (size_t)(**data & 0x0f) * 4;
	if (header < sizeof(struct iphdr) || header > *len)
		return false;
	*data += header;
	*len -= header;
	return true;
}

/* Takes a TCP segment, which is an answer where it carries our number. */
static void take_segment(struct tcp_scan *scan, const uint8_t *data, size_t len)
{
	struct tcphdr tcp;
	uint16_t port;

	if (!skip_header(scan, &data, &len) || len < sizeof(tcp))
		return;
	memcpy(&tcp, data, sizeof(tcp));
	port = ntohs(tcp.source);
	if (ntohs(tcp.dest) != scan->source_port || !tcp.ack ||
	    ntohl(tcp.ack_seq) != sequence(scan, port) + 1)
		return;
	scan->scanning->result->tcp[port] = tcp.rst   ? PORT_REFUSED
	                                    : tcp.syn ? PORT_OPEN
	                                              : scan->scanning->result->tcp[port];
}

/* Takes an ICMP error about a SYN of ours: its first bytes are in it. */
static void take_error(struct tcp_scan *scan, const uint8_t *data, size_t len)
{
	const bool four = scan->scanning->result->address.family == AF_INET;
	const size_t inner = four ? 0 : 40;
	uint8_t *states = scan->scanning->result->tcp;
	uint16_t ports[2], port;
	uint32_t seq;

	if (!skip_header(scan, &data, &len) || len < 8)
		return;
	if (four ? data[0] != ICMP_DEST_UNREACH || data[1] == ICMP_FRAG_NEEDED
	         : data[0] != ICMP6_DST_UNREACH)
		return;
	data += 8;
	len -= 8;
	if (!skip_header(scan, &data, &len) || len < inner + 8)
		return;
	if (!four && data[6] != IPPROTO_TCP)
		return;
	memcpy(ports, data + inner, sizeof(ports));
	memcpy(&seq, data + inner + 4, sizeof(seq));
	port = ntohs(ports[1]);
	if (ntohs(ports[0]) == scan->source_port && ntohl(seq) == sequence(scan, port) &&
	    states[port] == PORT_SILENT)
		states[port] = PORT_REJECTED;
}

/* Takes all that has come, waiting up to so long for it. 0 or a negative errno. */
static int take(void *data, uint64_t wait_usec)
{
	struct tcp_scan *scan = data;
	struct pollfd fds[] = {{scan->tcp, POLLIN, 0}, {scan->icmp, POLLIN, 0}};
	const struct timespec wait = {(time_t)(wait_usec / 1000000),
	                              (long)(wait_usec % 1000000 * 1000)};
	uint8_t packet[PACKET_CAP];
	ssize_t len;

	if (ppoll(fds, 2, &wait, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	while ((len = recv(scan->tcp, packet, sizeof(packet), MSG_DONTWAIT)) >= 0)
		take_segment(scan, packet, (size_t)len);
	while ((len = recv(scan->icmp, packet, sizeof(packet), MSG_DONTWAIT)) >= 0)
		take_error(scan, packet, (size_t)len);
	return 0;
}

/* Binds a TCP socket to a port that nobody uses, which it then holds. -errno, or the socket. */
static int hold_port(struct tcp_scan *scan)
{
	const struct scan_result *result = scan->scanning->result;
	struct sockaddr_storage own = {.ss_family = result->address.family};
	socklen_t len = sizeof(own);
	struct sockaddr_in any;
	int fd = socket(result->address.family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, status = 0;

	if (fd < 0)
		return -errno;
	if (result->address.family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&own, scan->scanning->to_len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &len) < 0)
		status = -errno;
	if (status < 0) {
		close(fd);
		return status;
	}
	/* Both families keep the port in the same place. */
	memcpy(&any, &own, sizeof(any));
	scan->source_port = ntohs(any.sin_port);
	return fd;
}

/* Opens the raw sockets; answers come from the address that is asked only. 0 or -errno. */
static int open_sockets(struct tcp_scan *scan)
{
	const struct scanning *scanning = scan->scanning;
	const int family = scanning->result->address.family, size = RECEIVE_BUFFER;

	scan->tcp = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	scan->icmp = socket(family, SOCK_RAW | SOCK_CLOEXEC,
	                    family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (scan->tcp < 0 || scan->icmp < 0 ||
	    connect(scan->tcp, (const struct sockaddr *)&scanning->to, scanning->to_len) < 0)
		return -errno;
	(void)setsockopt(scan->tcp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(scan->icmp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return 0;
}

int scan_tcp(struct scanning *scanning, struct error **ret_error)
{
	struct tcp_scan scan = {.scanning = scanning, .tcp = -1, .icmp = -1};
	const struct scan_pass pass = {.scanning = scanning,
	                               .states = scanning->result->tcp,
	                               .rate = scanning->options->rate,
	                               .ask = ask,
	                               .take = take,
	                               .data = &scan};
	_cleanup_close_ int held = -1;
	int status = 0;

	if (getrandom(&scan.key, sizeof(scan.key), 0) != sizeof(scan.key))
		return error_set(ret_error, EIO, "no random numbers");
	held = hold_port(&scan);
	status = held < 0 ? held : open_sockets(&scan);
	for (int i = 0; i < PASSES && status == 0; i++)
		status = scan_pass_run(&pass);
	if (scan.tcp >= 0)
		close(scan.tcp);
	if (scan.icmp >= 0)
		close(scan.icmp);
	return status < 0 ? error_set(ret_error, -status, "asking TCP ports: %s", strerror(-status))
	                  : 0;
}
