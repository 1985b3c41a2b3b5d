/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that nft has for values: protocols, ports, ICMP types, flags, link types, ... From
 * tables of our own; what a word means does not depend on the host that we run on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nft_words {
	WORDS_NONE,
	WORDS_PROTOCOL,
	WORDS_SERVICE,
	WORDS_FAMILY,     /* ipv4, ipv6 */
	WORDS_ETHER_TYPE, /* ip, arp, 8021q */
	WORDS_ICMP,
	WORDS_ICMP6,
	WORDS_ICMP_CODE,
	WORDS_ICMP6_CODE,
	WORDS_TCP_FLAG,
	WORDS_STATE,
	WORDS_STATUS,
	WORDS_DIRECTION,
	WORDS_PACKET_TYPE,
	WORDS_ADDRESS_TYPE, /* local, broadcast, ... */
	WORDS_DSCP,
	WORDS_PRESENCE, /* exists, missing */
	NFT_WORDS
};

/* The value of a word; false when the table does not have it. */
bool nft_word_value(enum nft_words words, const char *text, size_t len, uint64_t *ret_value)
    __attribute__((nonnull));
