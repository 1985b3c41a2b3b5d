/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe: one packet as a sender would put it on a link, and what became of it.
 *
 * Each probe is told apart by its id where NAT leaves it alone: the TCP sequence number, the SCTP
 * initiate tag, the first bytes of a UDP payload; a constant beside it marks it as ours
 * (PROBE_MAGIC), so that on a live host nobody else's packet is counted or dropped.
 */
#pragma once

#include "base/address.h"

#include <stdbool.h>

/*
 * TCP: its upper half is the window; UDP: payload bytes 0-3, the id being bytes 4-7; SCTP: the
 * advertised receiver window credit.
 */
#define PROBE_MAGIC 0x5ea3a11eu

struct probe {
	uint32_t ifindex;     /* the link it arrives on */
	uint8_t protocol;     /* IPPROTO_TCP (SYN), IPPROTO_UDP, IPPROTO_SCTP (INIT) */
	uint16_t source_port; /* host byte order */
	uint16_t destination_port;
	struct address source, destination;
	bool l2_direct; /* send the frame to destination_mac instead of the link's own (or, for a
	                   bridge's port, its bridge's) address */
	uint8_t destination_mac[6];
	bool has_source_mac; /* send it from source_mac instead of probe_source_mac */
	uint8_t source_mac[6];
};

/* Where probes come from unless something else is asked: an ephemeral port. */
enum { PROBE_SOURCE_PORT = 51234 };

/* The sender's address on the link, as far as a frame shows one: locally administered. */
extern const uint8_t probe_source_mac[6];

enum arrival_hook {
	ARRIVED_NOWHERE, /* dropped, rejected or never routed */
	ARRIVED_FORWARD, /* about to leave by a link, at postrouting */
	ARRIVED_LOCAL,   /* about to be given to a local socket, at the end of input */
	ARRIVED_BRIDGED, /* about to leave by a bridge port without having been routed */
};

struct arrival {
	enum arrival_hook hook;
	uint32_t out_ifindex;       /* ARRIVED_FORWARD, ARRIVED_BRIDGED: the link it leaves by */
	struct address destination; /* after translation */
	struct address source;      /* after translation */
	uint16_t destination_port;  /* host byte order */
};

enum {
	FRAME_SIZE = 96
}; /* room for Ethernet, IPv6 and the longest probe; shorter ones are padded */

/*
 * Writes the whole frame of a probe, checksums included: Ethernet II, IPv4 (RFC 791) or IPv6
 * (RFC 8200), TCP SYN (RFC 9293), UDP (RFC 768) or SCTP INIT (RFC 9260). Returns its length.
 */
size_t probe_frame(const struct probe *probe, uint32_t id, const uint8_t source_mac[static 6],
                   const uint8_t destination_mac[static 6], uint8_t frame[static FRAME_SIZE])
    __attribute__((nonnull));

/*
 * Turns a frame of probe_frame() into that of the same probe with another destination port and id,
 * cheaper than writing it anew: checksums are updated (RFC 1624), but SCTP's CRC is computed again.
 */
void probe_frame_retarget(const struct probe *probe, uint16_t destination_port, uint32_t id,
                          uint8_t frame[static FRAME_SIZE]) __attribute__((nonnull));
