/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6 addresses and prefixes as values, and their text (RFC 4291, RFC 5952, CIDR). */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address. Bytes are in network order; an IPv4 one uses the first four, the rest are 0. */
struct address {
	uint8_t family; /* AF_INET, AF_INET6, or 0 for none */
	uint8_t bytes[16];
};

struct prefix {
	struct address address; /* host bits are 0 */
	uint8_t len;            /* 0-32 or 0-128 */
};

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN, PREFIX_TEXT = INET6_ADDRSTRLEN + 4 };

/* 4 or 16: how many bytes an address of the family has. */
size_t address_size(uint8_t family);

/* Makes an address of network-order bytes, 4 or 16 of them by family. */
struct address address_make(uint8_t family, const void *bytes) __attribute__((nonnull));

/* Reads "192.0.2.1" or "2001:db8::1" (no brackets, no scope). False when it is neither. */
bool address_parse(const char *text, struct address *ret_address) __attribute__((nonnull));

/* Writes the address into text and returns it; "-" for none. */
const char *address_format(const struct address *address, char text[static ADDRESS_TEXT]);

/* Orders by family, then by bytes: less, equal or greater than 0. */
int address_compare(const struct address *a, const struct address *b) __attribute__((nonnull));
bool address_equal(const struct address *a, const struct address *b) __attribute__((nonnull));

/* 0.0.0.0 or :: */
bool address_is_any(const struct address *address) __attribute__((nonnull));
/* 127.0.0.0/8 or ::1 */
bool address_is_loopback(const struct address *address) __attribute__((nonnull));
/* 169.254.0.0/16 or fe80::/10 */
bool address_is_link_local(const struct address *address) __attribute__((nonnull));
/* 224.0.0.0/4 or ff00::/8 */
bool address_is_multicast(const struct address *address) __attribute__((nonnull));
/*
 * Not routed in the public internet: RFC 1918, RFC 6598 (100.64/10), RFC 4193
 * (fc00::/7), loopback and link-local. The documentation prefixes count as public.
 */
bool address_is_private(const struct address *address) __attribute__((nonnull));

/* The wildcard, 0.0.0.0 or ::, of a family. */
struct address address_any(uint8_t family);

/* The prefix of len bits around an address; host bits are cleared. */
struct prefix prefix_make(const struct address *address, uint8_t len) __attribute__((nonnull));

/* Reads CIDR, or a single address as /32 or /128. */
bool prefix_parse(const char *text, struct prefix *ret_prefix) __attribute__((nonnull));
const char *prefix_format(const struct prefix *prefix, char text[static PREFIX_TEXT]);
bool prefix_contains(const struct prefix *prefix, const struct address *address)
    __attribute__((nonnull));
int prefix_compare(const struct prefix *a, const struct prefix *b) __attribute__((nonnull));

/* The last address of a prefix (IPv4: its directed broadcast). */
struct address prefix_last(const struct prefix *prefix) __attribute__((nonnull));

/* The address plus an offset, as one big-endian number; wraps round. */
struct address address_add(const struct address *address, uint32_t offset) __attribute__((nonnull));
