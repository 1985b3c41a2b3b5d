/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6 addresses and prefixes as values, and their text. */
#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

size_t address_size(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

struct address address_make(uint8_t family, const void *bytes)
{
	struct address address = {.family = family};

	memcpy(address.bytes, bytes, address_size(family));
	return address;
}

bool address_parse(const char *text, struct address *ret_address)
{
	struct address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(address.family, text, address.bytes) != 1)
		return false;
	*ret_address = address;
	return true;
}

const char *address_format(const struct address *address, char text[static ADDRESS_TEXT])
{
	if (!address->family || !inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT))
		snprintf(text, ADDRESS_TEXT, "-");
	return text;
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool address_equal(const struct address *a, const struct address *b)
{
	return address_compare(a, b) == 0;
}

bool address_is_any(const struct address *address)
{
	static const uint8_t zero[16];

	return address->family && memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

/* Whether the address lies in a prefix given as text; for the constant tables below. */
static bool address_in(const struct address *address, const char *prefix_text)
{
	struct prefix prefix;

	return prefix_parse(prefix_text, &prefix) && prefix_contains(&prefix, address);
}

bool address_is_loopback(const struct address *address)
{
	return address_in(address, "127.0.0.0/8") || address_in(address, "::1");
}

bool address_is_link_local(const struct address *address)
{
	return address_in(address, "169.254.0.0/16") || address_in(address, "fe80::/10");
}

bool address_is_multicast(const struct address *address)
{
	return address_in(address, "224.0.0.0/4") || address_in(address, "ff00::/8");
}

bool address_is_private(const struct address *address)
{
	static const char *const prefixes[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
	                                       "100.64.0.0/10", "fc00::/7"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (address_in(address, prefixes[i]))
			return true;
	return address_is_loopback(address) || address_is_link_local(address);
}

struct address address_any(uint8_t family)
{
	return (struct address){.family = family};
}

/* Sets each bit of an address beyond the first len to one value. */
static void address_fill_host(struct address *address, uint8_t len, bool one)
{
	for (size_t bit = len; bit < address_size(address->family) * 8; bit++) {
		uint8_t mask = (uint8_t)(0x80u >> bit % 8);

		if (one)
			address->bytes[bit / 8] |= mask;
		else
			address->bytes[bit / 8] &= (uint8_t)~mask;
	}
}

struct prefix prefix_make(const struct address *address, uint8_t len)
{
	struct prefix prefix = {.address = *address, .len = len};

	address_fill_host(&prefix.address, len, false);
	return prefix;
}

bool prefix_parse(const char *text, struct prefix *ret_prefix)
{
	char copy[PREFIX_TEXT], *slash, *end;
	struct address address;
	unsigned long len;

	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return false;
	slash = strchr(copy, '/');
	if (slash)
		*slash = 0;
	if (!address_parse(copy, &address))
		return false;
	len = address_size(address.family) * 8;
	if (slash) {
		unsigned long most = len;

		if (slash[1] < '0' || slash[1] > '9')
			return false;
		len = strtoul(slash + 1, &end, 10);
		if (*end || len > most)
			return false;
	}
	*ret_prefix = prefix_make(&address, (uint8_t)len);
	return true;
}

const char *prefix_format(const struct prefix *prefix, char text[static PREFIX_TEXT])
{
	char address[ADDRESS_TEXT];

	snprintf(text, PREFIX_TEXT, "%s/%u", address_format(&prefix->address, address),
	         prefix->len);
	return text;
}

bool prefix_contains(const struct prefix *prefix, const struct address *address)
{
	struct prefix other;

	if (prefix->address.family != address->family)
		return false;
	other = prefix_make(address, prefix->len);
	return address_equal(&other.address, &prefix->address);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = address_compare(&a->address, &b->address);

	return order ? order : (int)a->len - (int)b->len;
}

struct address prefix_last(const struct prefix *prefix)
{
	struct address last = prefix->address;

	address_fill_host(&last, prefix->len, true);
	return last;
}

struct address address_add(const struct address *address, uint32_t offset)
{
	struct address sum = *address;
	uint64_t carry = offset;

	for (size_t i = address_size(address->family); i-- > 0 && carry;) {
		carry += sum.bytes[i];
		sum.bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return sum;
}
