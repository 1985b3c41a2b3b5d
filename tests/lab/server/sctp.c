/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Just enough SCTP to be asked and to answer where the kernel has none: INIT and INIT ACK.
 *
 * Theory of operation: a raw socket of protocol 132 gets every SCTP packet, and its presence keeps
 * the kernel from answering with an ICMP error. The first two of the four packets of the handshake
 * (RFC 9260, section 5.1) show that a packet arrived and that an answer got home, which is all that
 * a test of reachability wants to know. The checksum is CRC32c, which connection tracking verifies.
 */
#include "sctp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** Types of chunks. */
enum chunk {
	CHUNK_INIT = 1,
	CHUNK_INIT_ACK = 2,
	CHUNK_ABORT = 6,
};

/** The common header and the first chunk as far as INIT and INIT ACK share it. */
struct packet {
	uint16_t sport, dport;
	uint32_t tag;
	uint32_t crc;
	uint8_t type, flags;
	uint16_t length;
	uint32_t init_tag;
	uint32_t window;
	uint16_t streams_out, streams_in;
	uint32_t tsn;
	uint16_t cookie_type, cookie_length;
	uint32_t cookie;
};

_Static_assert(sizeof(struct packet) == 40, "no padding");

/** Bytes of the common header, of one with an ABORT, with an INIT, and with an INIT ACK and cookie.
 */
enum {
	LENGTH_HEADER = 12,
	LENGTH_ABORT = 16,
	LENGTH_INIT = 32,
	LENGTH_INIT_ACK = 40,
};

/** CRC32c of `len` bytes, as it stands in the packet. */
static uint32_t crc32c(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t crc = UINT32_MAX;

	while (len--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

/** Finishes a packet of `len` bytes: the chunk's length and the checksum. */
static void seal(struct packet *packet, size_t len)
{
	packet->length = htons((uint16_t)(len - LENGTH_HEADER));
	packet->crc = 0;
	packet->crc = crc32c(packet, len);
}

/** Tells whether the kernel has SCTP sockets. */
bool sctp_in_kernel(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/** Builds an INIT with ports in host byte order. Returns its length. */
size_t sctp_init(unsigned char buffer[static SCTP_PACKET_MAX], uint16_t sport, uint16_t dport)
{
	struct packet p = {.sport = htons(sport),
	                   .dport = htons(dport),
	                   .type = CHUNK_INIT,
	                   .init_tag = htonl(0x5ea3a11U),
	                   .window = htonl(65536),
	                   .streams_out = htons(1),
	                   .streams_in = htons(1),
	                   .tsn = htonl(1)};

	seal(&p, LENGTH_INIT);
	memcpy(buffer, &p, LENGTH_INIT);
	return LENGTH_INIT;
}

/** Reads one packet from a raw socket, without the IP header. Returns its length or -1. */
static ssize_t receive(int fd, unsigned char *data, size_t size, struct address *ret_peer)
{
	ssize_t n, header;

	ret_peer->len = sizeof(ret_peer->in6);
	n = recvfrom(fd, data, size, 0, &ret_peer->sa, &ret_peer->len);
	if (n <= 0 || ret_peer->sa.sa_family == AF_INET6)
		return n;
	header = (data[0] & 15) * 4;
	if (n < header)
		return -1;
	memmove(data, data + header, (size_t)(n - header));
	return n - header;
}

/** Reads one packet and answers an INIT: INIT ACK on a port of `ports`, ABORT on another.
 * Returns the port that was asked for, or 0 when nothing was to be written down. */
int sctp_answer(int fd, const bool ports[static UINT16_MAX + 1], struct address *ret_peer)
{
	unsigned char data[512];
	struct packet p = {0};
	struct address peer;
	ssize_t n = receive(fd, data, sizeof(data), &peer);
	uint16_t port;
	size_t len;

	if (n < LENGTH_INIT)
		return 0;
	memcpy(&p, data, LENGTH_INIT);
	if (p.type != CHUNK_INIT)
		return 0;
	port = ntohs(p.dport);
	p.dport = p.sport;
	p.sport = htons(port);
	p.tag = p.init_tag;
	p.flags = 0;
	p.cookie_type = htons(7);
	p.cookie_length = htons(8);
	p.type = ports[port] ? CHUNK_INIT_ACK : CHUNK_ABORT;
	len = ports[port] ? LENGTH_INIT_ACK : LENGTH_ABORT;
	seal(&p, len);
	if (peer.sa.sa_family == AF_INET6)
		peer.in6.sin6_port = 0;
	(void)!sendto(fd, &p, len, 0, &peer.sa, peer.len);
	peer.in4.sin_port = p.dport;
	*ret_peer = peer;
	return ports[port] ? port : 0;
}

/** What `data` says to an INIT that went from `sport` to `dport`: a verdict, or -1 for another
 * packet. */
int sctp_verdict(const unsigned char *data, size_t len, uint16_t sport, uint16_t dport)
{
	struct packet p = {0};

	if (len < LENGTH_ABORT)
		return -1;
	memcpy(&p, data, len < sizeof(p) ? len : sizeof(p));
	if (ntohs(p.sport) != dport || ntohs(p.dport) != sport)
		return -1;
	if (p.type == CHUNK_INIT_ACK)
		return VERDICT_OPEN;
	return p.type == CHUNK_ABORT ? VERDICT_REFUSED : -1;
}
