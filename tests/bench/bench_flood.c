/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends TCP SYNs from very many senders, as fast as it may.
 *
 * usage: bench_flood INTERFACE MAC ADDRESS PORT PACKETS SECONDS
 * Each packet has a sender of its own, in 10.0.0.0/8, and goes to the MAC, IPv4 address and port.
 * Prints how many were sent, and in how many seconds.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, SENDERS_BEGIN = 0x0a000001 };

struct frame {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

/* Seconds since some time. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The Internet checksum (RFC 1071) of 16-bit words, after a sum that is there. */
static uint16_t checksum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *at = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Gives a frame its sender. */
static void set_sender(struct frame *frame, uint32_t sender)
{
	uint32_t pseudo = IPPROTO_TCP + sizeof(frame->tcp);

	frame->ip.saddr = htonl(sender);
	frame->ip.check = 0;
	frame->ip.check = checksum(&frame->ip, sizeof(frame->ip), 0);
	pseudo += (sender >> 16) + (sender & 0xffff);
	pseudo += (ntohl(frame->ip.daddr) >> 16) + (ntohl(frame->ip.daddr) & 0xffff);
	frame->tcp.check = 0;
	frame->tcp.check = checksum(&frame->tcp, sizeof(frame->tcp), pseudo);
}

/* Fills what all frames have. False where an argument is none. */
static bool fill(struct frame *frame, const char *mac, const char *address, const char *port)
{
	uint8_t *to = frame->ethernet.h_dest;

	memset(frame, 0, sizeof(*frame));
	frame->ethernet.h_proto = htons(ETH_P_IP);
	frame->ethernet.h_source[0] = 2;
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.tot_len = htons(sizeof(frame->ip) + sizeof(frame->tcp));
	frame->ip.ttl = 64;
	frame->ip.protocol = IPPROTO_TCP;
	frame->tcp.source = htons(40000);
	frame->tcp.dest = htons((uint16_t)atoi(port));
	frame->tcp.doff = 5;
	frame->tcp.syn = 1;
	frame->tcp.window = htons(64240);
	return sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &to[0], &to[1], &to[2], &to[3], &to[4],
	              &to[5]) == 6 &&
	       inet_pton(AF_INET, address, &frame->ip.daddr) == 1;
}

int main(int argc, char **argv)
{
	static struct frame frames[BATCH];
	static struct mmsghdr messages[BATCH];
	static struct iovec parts[BATCH];
	struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	int socket_fd = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned long wanted, sent = 0;
	double begun, seconds;

	if (argc != 7 || socket_fd < 0 || !fill(&frames[0], argv[2], argv[3], argv[4])) {
		fprintf(stderr,
		        "usage: bench_flood INTERFACE MAC ADDRESS PORT PACKETS SECONDS, as root\n");
		return 2;
	}
	wanted = strtoul(argv[5], NULL, 10);
	seconds = atof(argv[6]);
	link.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (!link.sll_ifindex ||
	    bind(socket_fd, (const struct sockaddr *)&link, sizeof(link)) < 0) {
		perror(argv[1]);
		return 1;
	}
	for (unsigned i = 0; i < BATCH; i++) {
		frames[i] = frames[0];
		parts[i] = (struct iovec){&frames[i], sizeof(frames[i])};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	begun = now();
	while (sent < wanted) {
		int n;

		for (unsigned i = 0; i < BATCH; i++)
			set_sender(&frames[i], SENDERS_BEGIN + (uint32_t)sent + i);
		n = sendmmsg(socket_fd, messages, BATCH, 0);
		if (n > 0)
			sent += (unsigned long)n;
		/* Spread over the time, not all at once. */
		while (now() - begun < seconds * (double)sent / (double)wanted) {
			const struct timespec pause = {.tv_nsec = 200000};

			nanosleep(&pause, NULL);
		}
	}
	printf("%lu %.2f\n", sent, now() - begun);
	return 0;
}
