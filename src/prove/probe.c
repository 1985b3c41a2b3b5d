/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the frames that probes are made of.
 *
 * Theory of operation. A probe must look like what any sender would send, or a rule that a real
 * attacker passes would stop it: the TCP SYN carries the options of an ordinary one (segment size,
 * SACK, timestamps, window scale), no flag but SYN, no acknowledgement number, no urgent pointer.
 * It is told apart by fields that every sender fills freely and that neither NAT nor connection
 * tracking nor the usual mangling (MSS clamp, option stripping, TTL, DSCP) touches: the sequence
 * number is the id and the window is the upper half of PROBE_MAGIC. A rule can only tell it from
 * an ordinary SYN by fingerprinting the window (xt_osf, u32). UDP carries magic and id as its
 * payload, an SCTP INIT as its receiver window and initiate tag.
 * Checksums are right: with a wrong one connection tracking calls the packet invalid, no NAT
 * happens, and the verdict is that of another packet.
 */
#include "prove/probe.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

const uint8_t probe_source_mac[6] = {0x02, 0x5e, 0xa3, 0xa1, 0x1e, 0x01};

enum {
	ETHERNET_SIZE = 14,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	TCP_SIZE = 40,  /* header and 20 bytes of options */
	UDP_SIZE = 16,  /* header and magic and id */
	SCTP_SIZE = 32, /* common header and INIT chunk */
	HOP_LIMIT = 64,
};

/* The options of a SYN as a common sender has them: MSS 1460, SACK, timestamps, NOP, scale 7. */
static const uint8_t syn_options[20] = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0x5e, 0xa3,
                                        1, 1, 0,    0,    0, 0, 1, 3,  3,    7};

/* Writes a number in network order. */
static void put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* Writes a number in network order. */
static void put32(uint8_t *to, uint32_t value)
{
	put16(to, (uint16_t)(value >> 16));
	put16(to + 2, (uint16_t)value);
}

/* Reads a number in network order. */
static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

/* Adds len bytes to an unfolded Internet checksum (RFC 1071); an odd one counts as padded. */
static uint32_t sum_add(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	if (len % 2)
		sum += (uint32_t)data[len - 1] << 8;
	return sum;
}

/* The checksum of an unfolded sum. */
static uint16_t sum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The CRC32c (RFC 9260, appendix A) of len bytes, four bits at a time. */
static uint32_t crc32c(const uint8_t *data, size_t len)
{
	static const uint32_t table[16] = {
	    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	    0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* Where the transport header starts in a frame of the family. */
static size_t transport_offset(uint8_t family)
{
	return ETHERNET_SIZE + (family == AF_INET6 ? IPV6_SIZE : IPV4_SIZE);
}

/* How long the transport part of a probe is. */
static uint16_t transport_size(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return TCP_SIZE;
	case IPPROTO_SCTP:
		return SCTP_SIZE;
	default:
		return UDP_SIZE;
	}
}

/* The unfolded sum of the pseudo header that TCP and UDP checksums cover. */
static uint32_t pseudo_sum(const struct probe *probe, uint16_t size)
{
	size_t address = address_size(probe->destination.family);
	uint32_t sum = (uint32_t)probe->protocol + size;

	sum = sum_add(sum, probe->source.bytes, address);
	return sum_add(sum, probe->destination.bytes, address);
}

/* Writes an IPv4 header without options, don't-fragment set as senders do. */
static void write_ipv4(const struct probe *probe, uint16_t size, uint8_t *to)
{
	to[0] = 0x45;
	put16(to + 2, (uint16_t)(IPV4_SIZE + size));
	put16(to + 6, 0x4000);
	to[8] = HOP_LIMIT;
	to[9] = probe->protocol;
	memcpy(to + 12, probe->source.bytes, 4);
	memcpy(to + 16, probe->destination.bytes, 4);
	put16(to + 10, sum_finish(sum_add(0, to, IPV4_SIZE)));
}

/* Writes an IPv6 header without extension headers. */
static void write_ipv6(const struct probe *probe, uint16_t size, uint8_t *to)
{
	to[0] = 0x60;
	put16(to + 4, size);
	to[6] = probe->protocol;
	to[7] = HOP_LIMIT;
	memcpy(to + 8, probe->source.bytes, 16);
	memcpy(to + 24, probe->destination.bytes, 16);
}

/* Writes a TCP SYN behind the ports. */
static void write_tcp(const struct probe *probe, uint32_t id, uint8_t *to)
{
	put32(to + 4, id);
	to[12] = TCP_SIZE / 4 << 4;
	to[13] = 0x02;
	put16(to + 14, PROBE_MAGIC >> 16);
	memcpy(to + 20, syn_options, sizeof(syn_options));
	put16(to + 16, sum_finish(sum_add(pseudo_sum(probe, TCP_SIZE), to, TCP_SIZE)));
}

/* A UDP checksum as it is sent: 0 would mean that there is none. */
static uint16_t udp_checksum(uint16_t checksum)
{
	return checksum ? checksum : 0xffff;
}

/* Writes a UDP datagram behind the ports. */
static void write_udp(const struct probe *probe, uint32_t id, uint8_t *to)
{
	put16(to + 4, UDP_SIZE);
	put32(to + 8, PROBE_MAGIC);
	put32(to + 12, id);
	put16(to + 6, udp_checksum(sum_finish(sum_add(pseudo_sum(probe, UDP_SIZE), to, UDP_SIZE))));
}

/* Puts the CRC into an SCTP packet; it travels least significant byte first. */
static void sctp_seal(uint8_t *to)
{
	uint32_t crc;

	memset(to + 8, 0, 4);
	crc = crc32c(to, SCTP_SIZE);
	for (unsigned i = 0; i < 4; i++)
		to[8 + i] = (uint8_t)(crc >> 8 * i);
}

/* Writes an SCTP packet of one INIT chunk behind the ports. */
static void write_sctp(uint32_t id, uint8_t *to)
{
	to[12] = 1;
	put16(to + 14, 20);
	put32(to + 16, id);
	put32(to + 20, PROBE_MAGIC);
	put16(to + 24, 10);
	put16(to + 26, 10);
	put32(to + 28, id);
	sctp_seal(to);
}

size_t probe_frame(const struct probe *probe, uint32_t id, const uint8_t source_mac[static 6],
                   const uint8_t destination_mac[static 6], uint8_t frame[static FRAME_SIZE])
{
	bool ipv6 = probe->destination.family == AF_INET6;
	uint8_t *transport = frame + transport_offset(probe->destination.family);
	uint16_t size = transport_size(probe->protocol);

	memset(frame, 0, FRAME_SIZE);
	memcpy(frame, destination_mac, 6);
	memcpy(frame + 6, source_mac, 6);
	put16(frame + 12, ipv6 ? 0x86dd : 0x0800);
	if (ipv6)
		write_ipv6(probe, size, frame + ETHERNET_SIZE);
	else
		write_ipv4(probe, size, frame + ETHERNET_SIZE);
	put16(transport, probe->source_port);
	put16(transport + 2, probe->destination_port);
	if (probe->protocol == IPPROTO_TCP)
		write_tcp(probe, id, transport);
	else if (probe->protocol == IPPROTO_SCTP)
		write_sctp(id, transport);
	else
		write_udp(probe, id, transport);
	return (size_t)(transport - frame) + size;
}

/* Replaces len bytes and returns the checksum that covers them, updated (RFC 1624, equation 3). */
static uint16_t replace(uint8_t *at, const uint8_t *bytes, size_t len, uint16_t checksum)
{
	uint32_t sum = (uint16_t)~checksum;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint16_t)~get16(at + i) + (uint32_t)get16(bytes + i);
	memcpy(at, bytes, len);
	return sum_finish(sum);
}

void probe_frame_retarget(const struct probe *probe, uint16_t destination_port, uint32_t id,
                          uint8_t frame[static FRAME_SIZE])
{
	uint8_t *transport = frame + transport_offset(probe->destination.family);
	bool tcp = probe->protocol == IPPROTO_TCP;
	uint8_t *checksum = transport + (tcp ? 16 : 6);
	uint8_t port_bytes[2], id_bytes[4];
	uint16_t sum;

	put16(port_bytes, destination_port);
	put32(id_bytes, id);
	if (probe->protocol == IPPROTO_SCTP) {
		memcpy(transport + 2, port_bytes, 2);
		memcpy(transport + 16, id_bytes, 4);
		memcpy(transport + 28, id_bytes, 4);
		sctp_seal(transport);
		return;
	}
	sum = replace(transport + 2, port_bytes, 2, get16(checksum));
	sum = replace(transport + (tcp ? 4 : 12), id_bytes, 4, sum);
	put16(checksum, tcp ? sum : udp_checksum(sum));
}
