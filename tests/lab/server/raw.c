/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sender of raw frames: asks for addresses that the sender's own kernel would never let out.
 *
 * Theory of operation: 127.0.0.1 over the wire, a spoofed source or a broadcast to a foreign
 * network would be refused by the routing of the sender, and the answer would be dropped as a
 * martian. A packet socket on the interface goes around both: the whole frame is written here, and
 * every frame that comes back is read and compared with what was asked.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "modes.h"
#include "sctp.h"
#include "verdict.h"

/** One frame to send and what to look for in the answers. */
struct frame {
	struct address to, from;
	uint16_t dport, sport;
	uint8_t protocol;
	unsigned int ifindex;
	unsigned char mac[ETH_ALEN];
	int timeout_msec;
	const char *payload;
	unsigned char packet[1024];
	size_t len;
};

/** Adds `len` bytes, in network order, to a running one's complement sum. */
static uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

/** The checksum that `sum` ends in, in network byte order. */
static uint16_t sum_end(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/** The checksum of TCP or UDP over the pseudo header and `len` bytes of `segment`. */
static uint16_t segment_sum(const struct frame *f, const void *segment, size_t len)
{
	uint32_t sum = (uint32_t)f->protocol + (uint32_t)len;

	if (f->to.sa.sa_family == AF_INET) {
		sum = sum_add(sum, &f->from.in4.sin_addr, 4);
		sum = sum_add(sum, &f->to.in4.sin_addr, 4);
	} else {
		sum = sum_add(sum, &f->from.in6.sin6_addr, 16);
		sum = sum_add(sum, &f->to.in6.sin6_addr, 16);
	}
	return sum_end(sum_add(sum, segment, len));
}

/** Writes the transport part into `out`. Returns its length. */
static size_t build_segment(const struct frame *f, unsigned char *out)
{
	if (f->protocol == IPPROTO_TCP) {
		static const unsigned char mss[4] = {2, 4, 5, 180};
		struct tcphdr tcp = {.source = htons(f->sport),
		                     .dest = htons(f->dport),
		                     .seq = htonl(0x5ea3a11U),
		                     .doff = 6,
		                     .syn = 1,
		                     .window = htons(64240)};

		memcpy(out + sizeof(tcp), mss, sizeof(mss));
		memcpy(out, &tcp, sizeof(tcp));
		tcp.check = segment_sum(f, out, sizeof(tcp) + sizeof(mss));
		memcpy(out, &tcp, sizeof(tcp));
		return sizeof(tcp) + sizeof(mss);
	}
	if (f->protocol == IPPROTO_UDP) {
		size_t len = strnlen(f->payload, 512);
		struct udphdr udp = {.source = htons(f->sport),
		                     .dest = htons(f->dport),
		                     .len = htons((uint16_t)(sizeof(udp) + len))};

		memcpy(out, &udp, sizeof(udp));
		memcpy(out + sizeof(udp), f->payload, len);
		udp.check = segment_sum(f, out, sizeof(udp) + len);
		memcpy(out, &udp, sizeof(udp));
		return sizeof(udp) + len;
	}
	return sctp_init(out, f->sport, f->dport);
}

/** Writes the whole IP packet. */
static void build_packet(struct frame *f)
{
	if (f->to.sa.sa_family == AF_INET) {
		size_t len = build_segment(f, f->packet + sizeof(struct iphdr));
		struct iphdr ip = {.version = 4,
		                   .ihl = 5,
		                   .ttl = 64,
		                   .id = htons(f->sport),
		                   .protocol = f->protocol,
		                   .tot_len = htons((uint16_t)(sizeof(ip) + len)),
		                   .saddr = f->from.in4.sin_addr.s_addr,
		                   .daddr = f->to.in4.sin_addr.s_addr};

		ip.check = sum_end(sum_add(0, &ip, sizeof(ip)));
		memcpy(f->packet, &ip, sizeof(ip));
		f->len = sizeof(ip) + len;
	} else {
		size_t len = build_segment(f, f->packet + sizeof(struct ip6_hdr));
		struct ip6_hdr ip = {.ip6_src = f->from.in6.sin6_addr,
		                     .ip6_dst = f->to.in6.sin6_addr};

		ip.ip6_flow = htonl(6U << 28);
		ip.ip6_plen = htons((uint16_t)len);
		ip.ip6_nxt = f->protocol;
		ip.ip6_hlim = 64;
		memcpy(f->packet, &ip, sizeof(ip));
		f->len = sizeof(ip) + len;
	}
}

/** What a transport header of the answer says. Returns a verdict, or -1 when it is no answer. */
static int segment_verdict(const struct frame *f, const unsigned char *data, size_t len)
{
	uint16_t ports[2];
	struct tcphdr tcp;

	if (f->protocol == IPPROTO_SCTP)
		return sctp_verdict(data, len, f->sport, f->dport);
	if (len < sizeof(ports))
		return -1;
	memcpy(ports, data, sizeof(ports));
	if (ntohs(ports[0]) != f->dport || ntohs(ports[1]) != f->sport)
		return -1;
	if (f->protocol == IPPROTO_UDP)
		return VERDICT_OPEN;
	if (len < sizeof(tcp))
		return -1;
	memcpy(&tcp, data, sizeof(tcp));
	if (tcp.rst)
		return VERDICT_REFUSED;
	return tcp.syn && tcp.ack ? VERDICT_OPEN : -1;
}

/** What an ICMP error says, when it quotes our packet. Returns a verdict or -1. */
static int icmp_verdict(const struct frame *f, const unsigned char *data, size_t len)
{
	bool v4 = f->to.sa.sa_family == AF_INET;
	size_t quote = 8 + (v4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr));
	uint16_t ports[2];

	if (len < quote + sizeof(ports) || data[0] != (v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH))
		return -1;
	memcpy(ports, data + quote, sizeof(ports));
	if (ntohs(ports[0]) != f->sport)
		return -1;
	if (data[1] == (v4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT) ||
	    (v4 && data[1] == ICMP_PROT_UNREACH))
		return VERDICT_REFUSED;
	return VERDICT_UNREACHABLE;
}

/** What one received packet says. Returns a verdict, with who sent it, or -1. */
static int packet_verdict(const struct frame *f, const unsigned char *data, size_t len, char *from)
{
	size_t at;
	uint8_t protocol;

	if (f->to.sa.sa_family == AF_INET) {
		if (len < sizeof(struct iphdr) || data[0] >> 4 != 4)
			return -1;
		at = (size_t)(data[0] & 15) * 4;
		protocol = data[9];
		inet_ntop(AF_INET, data + 12, from, INET6_ADDRSTRLEN);
	} else {
		if (len < sizeof(struct ip6_hdr) || data[0] >> 4 != 6)
			return -1;
		at = sizeof(struct ip6_hdr);
		protocol = data[6];
		inet_ntop(AF_INET6, data + 8, from, INET6_ADDRSTRLEN);
	}
	if (at >= len)
		return -1;
	if (protocol == f->protocol)
		return segment_verdict(f, data + at, len - at);
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return icmp_verdict(f, data + at, len - at);
	return -1;
}

/** Milliseconds on a clock that only goes forward. */
static long now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** Sends the frame and waits for what comes back. */
static enum verdict frame_ask(struct frame *f)
{
	bool v4 = f->to.sa.sa_family == AF_INET;
	struct sockaddr_ll all = {.sll_family = AF_PACKET,
	                          .sll_protocol = htons(ETH_P_ALL),
	                          .sll_ifindex = (int)f->ifindex};
	struct sockaddr_ll to = all;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long end = now_msec() + f->timeout_msec;
	char from[INET6_ADDRSTRLEN] = "";

	to.sll_protocol = htons(v4 ? ETH_P_IP : ETH_P_IPV6);
	to.sll_halen = ETH_ALEN;
	memcpy(to.sll_addr, f->mac, ETH_ALEN);
	if (fd < 0 || bind(fd, (struct sockaddr *)&all, sizeof(all)) ||
	    sendto(fd, f->packet, f->len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return verdict_print(VERDICT_ERROR, strerror(errno));
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		struct sockaddr_ll sender;
		socklen_t len = sizeof(sender);
		unsigned char data[2048];
		long left = end - now_msec();
		int verdict = -1;
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return verdict_print(VERDICT_TIMEOUT, NULL);
		n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&sender, &len);
		if (n > 0 && sender.sll_pkttype != PACKET_OUTGOING)
			verdict = packet_verdict(f, data, (size_t)n, from);
		if (verdict >= 0)
			return verdict_print((enum verdict)verdict, from);
	}
}

/** Reads a hardware address such as 02:00:00:00:01:10. */
static bool mac_parse(const char *text, unsigned char ret_mac[static ETH_ALEN])
{
	unsigned int b[ETH_ALEN];
	char tail;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
	           &tail) != ETH_ALEN)
		return false;
	for (int i = 0; i < ETH_ALEN; i++)
		ret_mac[i] = (unsigned char)b[i];
	return true;
}

/** Reads the options after the address and port. Returns false when one is wrong or missing. */
static bool frame_options(struct frame *f, int argc, char **argv)
{
	bool has_mac = false;

	for (int i = 0; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--dev"))
			f->ifindex = if_nametoindex(argv[i + 1]);
		else if (!strcmp(argv[i], "--mac"))
			has_mac = mac_parse(argv[i + 1], f->mac);
		else if (!strcmp(argv[i], "--source"))
			address_parse(argv[i + 1], f->sport, &f->from);
		else if (!strcmp(argv[i], "--sport") && port_parse(argv[i + 1], &f->sport))
			;
		else if (!strcmp(argv[i], "--timeout"))
			f->timeout_msec = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--payload"))
			f->payload = argv[i + 1];
		else
			return false;
	}
	return argc % 2 == 0 && f->ifindex && has_mac && f->from.sa.sa_family == f->to.sa.sa_family;
}

/** Sends one frame and exits with the verdict. */
int raw_main(int argc, char **argv)
{
	static const struct {
		const char *word;
		uint8_t protocol;
	} protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};
	struct frame f = {.timeout_msec = 1000, .payload = "ping"};

	f.sport = (uint16_t)(32768 + getpid() % 16384);
	for (size_t i = 0; argc && i < sizeof(protocols) / sizeof(*protocols); i++)
		if (!strcmp(argv[0], protocols[i].word))
			f.protocol = protocols[i].protocol;
	if (argc < 3 || !f.protocol || !port_parse(argv[2], &f.dport) ||
	    !address_parse(argv[1], f.dport, &f.to) || !frame_options(&f, argc - 3, argv + 3)) {
		fputs("labserver: --raw tcp|udp|sctp ADDRESS PORT --dev I --mac M --source A; see "
		      "--help\n",
		      stderr);
		return VERDICT_ERROR;
	}
	build_packet(&f);
	return (int)frame_ask(&f);
}
