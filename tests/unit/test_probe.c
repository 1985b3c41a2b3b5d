/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of probes, judged by another reading of the RFCs than the one that wrote them. */
#include "prove/probe.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t mac_a[6] = {2, 0, 0, 0, 0, 1}, mac_b[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};

/* A frame whose network header stands at a multiple of four, so that it can be read in place. */
struct aligned_frame {
	uint8_t padding[2];
	uint8_t bytes[FRAME_SIZE];
} __attribute__((aligned(4)));

/* A probe of a protocol and family with a destination port. */
static struct probe make_probe(uint8_t protocol, bool ipv6, uint16_t port)
{
	struct probe probe = {.protocol = protocol, .source_port = 40001, .destination_port = port};

	assert_true(address_parse(ipv6 ? "2001:db8::9" : "198.51.100.77", &probe.source));
	assert_true(address_parse(ipv6 ? "2001:db8:1::80" : "192.0.2.1", &probe.destination));
	return probe;
}

/* The one's complement sum of bytes taken as big-endian words, folded at each step. */
static uint16_t ones_sum(uint16_t start, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t sum = start;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

/* CRC32c bit by bit. */
static uint32_t slow_crc32c(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bool one = (crc ^ (uint32_t)data[i] >> bit) & 1;

			crc = crc >> 1 ^ (one ? 0x82f63b78 : 0);
		}
	return ~crc;
}

/* The transport part of a frame, after its network header has been checked. */
static const uint8_t *check_network(const struct probe *probe, const uint8_t *frame, size_t len,
                                    uint16_t *ret_size)
{
	const struct ethhdr *ethernet = (const void *)frame;
	const struct ip6_hdr *ip6 = (const void *)(frame + ETH_HLEN);
	const struct iphdr *ip = (const void *)(frame + ETH_HLEN);

	assert_memory_equal(ethernet->h_dest, mac_b, 6);
	assert_memory_equal(ethernet->h_source, mac_a, 6);
	if (probe->destination.family == AF_INET6) {
		assert_int_equal(ntohs(ethernet->h_proto), ETH_P_IPV6);
		assert_int_equal(ip6->ip6_vfc >> 4, 6);
		assert_int_equal(ip6->ip6_nxt, probe->protocol);
		assert_memory_equal(&ip6->ip6_src, probe->source.bytes, 16);
		assert_memory_equal(&ip6->ip6_dst, probe->destination.bytes, 16);
		*ret_size = ntohs(ip6->ip6_plen);
		assert_int_equal(len, ETH_HLEN + sizeof(*ip6) + *ret_size);
		return frame + ETH_HLEN + sizeof(*ip6);
	}
	assert_int_equal(ntohs(ethernet->h_proto), ETH_P_IP);
	assert_int_equal(ip->version, 4);
	assert_int_equal(ip->ihl, 5);
	assert_int_equal(ip->protocol, probe->protocol);
	assert_memory_equal(&ip->saddr, probe->source.bytes, 4);
	assert_memory_equal(&ip->daddr, probe->destination.bytes, 4);
	assert_int_equal(ones_sum(0, ip, sizeof(*ip)), 0xffff);
	*ret_size = (uint16_t)(ntohs(ip->tot_len) - sizeof(*ip));
	assert_int_equal(len, ETH_HLEN + ntohs(ip->tot_len));
	return frame + ETH_HLEN + sizeof(*ip);
}

/* Checks a TCP or UDP checksum over its pseudo header. */
static void check_sum(const struct probe *probe, const uint8_t *transport, uint16_t size)
{
	uint8_t pseudo[4] = {0, probe->protocol, (uint8_t)(size >> 8), (uint8_t)size};
	uint16_t sum = ones_sum(0, pseudo, sizeof(pseudo));

	sum = ones_sum(sum, probe->source.bytes, sizeof(probe->source.bytes));
	sum = ones_sum(sum, probe->destination.bytes, sizeof(probe->destination.bytes));
	assert_int_equal(ones_sum(sum, transport, size), 0xffff);
}

/* Checks a SYN: nothing in it that an ordinary one does not have. */
static void check_tcp(const uint8_t *transport, uint16_t size, uint32_t id)
{
	const struct tcphdr *tcp = (const void *)transport;

	assert_int_equal(tcp->th_flags, TH_SYN);
	assert_int_equal(ntohl(tcp->th_seq), id);
	assert_int_equal(tcp->th_ack, 0);
	assert_int_equal(tcp->th_urp, 0);
	assert_int_equal(ntohs(tcp->th_win), PROBE_MAGIC >> 16);
	assert_int_equal(tcp->th_off * 4, size);
}

/* Checks the SCTP packet and its one chunk. */
static void check_sctp(const uint8_t *transport, uint16_t size, uint32_t id)
{
	uint8_t copy[64] = {0};
	uint32_t crc, word;

	assert_in_range(size, 32, sizeof(copy));
	memcpy(copy, transport, size);
	memcpy(&crc, copy + 8, sizeof(crc));
	memset(copy + 8, 0, sizeof(crc));
	assert_int_equal(le32toh(crc), slow_crc32c(copy, size));
	memcpy(&word, copy + 4, sizeof(word));
	assert_int_equal(word, 0); /* an INIT's verification tag */
	assert_int_equal(copy[12], 1);
	assert_int_equal(copy[14] << 8 | copy[15], size - 12);
	memcpy(&word, copy + 16, sizeof(word));
	assert_int_equal(ntohl(word), id);
	memcpy(&word, copy + 20, sizeof(word));
	assert_int_equal(ntohl(word), PROBE_MAGIC);
}

/* Checks a whole frame of 'len' bytes, and that nothing stands behind it. */
static void check_frame(const struct probe *probe, uint32_t id, const uint8_t *frame, size_t len)
{
	static const uint8_t zeros[FRAME_SIZE];
	uint16_t size = 0, ports[2];
	const uint8_t *transport = check_network(probe, frame, len, &size);

	memcpy(ports, transport, sizeof(ports));
	assert_int_equal(ntohs(ports[0]), probe->source_port);
	assert_int_equal(ntohs(ports[1]), probe->destination_port);
	if (probe->protocol == IPPROTO_SCTP)
		check_sctp(transport, size, id);
	else
		check_sum(probe, transport, size);
	if (probe->protocol == IPPROTO_TCP)
		check_tcp(transport, size, id);
	if (probe->protocol == IPPROTO_UDP) {
		uint32_t words[2];

		memcpy(words, transport + sizeof(struct udphdr), sizeof(words));
		assert_int_not_equal(((const struct udphdr *)transport)->uh_sum, 0);
		assert_int_equal(ntohl(words[0]), PROBE_MAGIC);
		assert_int_equal(ntohl(words[1]), id);
	}
	assert_memory_equal(frame + len, zeros, FRAME_SIZE - len);
}

/* Every protocol and family, ids and ports at their ends. */
static void frames_are_whole(void **state)
{
	static const uint32_t ids[] = {0, 1, 0x80000000, 0xffffffff, 0x12345678};
	struct aligned_frame frame;

	(void)state;
	for (unsigned p = 0; p < 3; p++)
		for (unsigned ipv6 = 0; ipv6 < 2; ipv6++)
			for (unsigned i = 0; i < 5; i++) {
				struct probe probe =
				    make_probe(protocols[p], ipv6, (uint16_t)(i * 16383));
				size_t len;

				memset(&frame, 0xaa, sizeof(frame));
				len = probe_frame(&probe, ids[i], mac_a, mac_b, frame.bytes);
				check_frame(&probe, ids[i], frame.bytes, len);
			}
}

/* A frame made from another one is the frame that would have been written, whatever the step. */
static void retargeted_frames_are_the_same(void **state)
{
	uint8_t frame[FRAME_SIZE], fresh[FRAME_SIZE];

	(void)state;
	srandom(1);
	for (unsigned p = 0; p < 3; p++)
		for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
			struct probe probe = make_probe(protocols[p], ipv6, 7);

			probe_frame(&probe, 7, mac_a, mac_b, frame);
			for (unsigned i = 0; i < 70000; i++) {
				uint32_t id = i < 65536 ? 0xfff80000 + i : (uint32_t)random() * 2u;

				probe.destination_port =
				    (uint16_t)(i < 65536 ? i : (uint32_t)random());
				probe_frame_retarget(&probe, probe.destination_port, id, frame);
				probe_frame(&probe, id, mac_a, mac_b, fresh);
				assert_memory_equal(frame, fresh, sizeof(frame));
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_whole),
	    cmocka_unit_test(retargeted_frames_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
