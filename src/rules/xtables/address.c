/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and networks in rules of iptables. Names of hosts are refused: nothing is looked up. */
#include "rules/xtables/xt.h"

#include "base/address.h"

#include <string.h>

static const char expected_ipv4[] = "an IPv4 address, as 192.0.2.1 or 192.0.2.0/24";
static const char expected_ipv6[] = "an IPv6 address, as 2001:db8::1 or 2001:db8::/32";

field_value xt_address_ones(uint8_t family)
{
	return family == NFPROTO_IPV4 ? UINT32_MAX : ~(field_value)0;
}

/* How many bits an address of the family has. */
static unsigned address_bits(uint8_t family)
{
	return family == NFPROTO_IPV4 ? 32 : 128;
}

bool xt_mask_is_prefix(uint8_t family, field_value mask)
{
	field_value rest = ~mask & xt_address_ones(family);

	return (rest & (rest + 1)) == 0;
}

/* Reads "10.0.0.1"; with `network`, what is missing at the end is zeros: "10", "10.1". */
static bool parse_ipv4(const char *text, size_t len, bool network, field_value *ret_address)
{
	const char *end = text + len;
	uint64_t address = 0, byte;
	unsigned n = 0;

	while (n < 4) {
		const char *dot = memchr(text, '.', (size_t)(end - text));

		if (!xt_number_parse(text, dot ? dot : end, UINT8_MAX, &byte))
			return false;
		address |= byte << (24 - 8 * n++);
		if (!dot) {
			*ret_address = address;
			return n == 4 || network;
		}
		text = dot + 1;
	}
	return false;
}

/* Reads an IPv6 address. */
static bool parse_ipv6(const char *text, size_t len, field_value *ret_address)
{
	char copy[ADDRESS_TEXT];
	struct address address;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (!address_parse(copy, &address) || address.family != AF_INET6)
		return false;
	*ret_address = field_of_address(NFPROTO_IPV6, address.bytes);
	return true;
}

/* Reads an address of the family. */
static bool parse_address(uint8_t family, const char *text, size_t len, bool network,
                          field_value *ret_address)
{
	return family == NFPROTO_IPV4 ? parse_ipv4(text, len, network, ret_address)
	                              : parse_ipv6(text, len, ret_address);
}

/* Says what is wrong with an address. */
static int wrong_address(const struct xt_reader *reader, const struct xt_word *word, size_t offset,
                         size_t len, uint8_t family)
{
	static const char host_end[] = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ_";
	const char *text = word->text + offset;
	const char *what = family == NFPROTO_IPV4 ? expected_ipv4 : expected_ipv6;
	char with_note[128];

	if (strcspn(text, host_end) < len && !memchr(text, ':', len)) {
		(void)snprintf(with_note, sizeof(with_note), "%s; names are not looked up", what);
		what = with_note;
	}
	return xt_expected_in(reader, word, offset, len, what);
}

int xt_address(const struct xt_reader *reader, const struct xt_word *word, size_t offset,
               size_t len, uint8_t family, field_value *ret_address)
{
	if (!parse_address(family, word->text + offset, len, false, ret_address))
		return wrong_address(reader, word, offset, len, family);
	return 0;
}

/* Reads what is behind the slash: a number of bits, or a mask in an address's spelling. */
static bool parse_mask(uint8_t family, const char *text, size_t len, field_value *ret_mask)
{
	field_value ones = xt_address_ones(family);
	unsigned bits = address_bits(family);
	uint64_t n;

	if (!xt_number_parse(text, text + len, bits, &n))
		return parse_address(family, text, len, false, ret_mask);
	*ret_mask = n == 0 ? 0 : ones << (bits - n) & ones;
	return true;
}

int xt_network(const struct xt_reader *reader, const struct xt_word *word, size_t offset,
               size_t len, uint8_t family, field_value *ret_address, field_value *ret_mask)
{
	const char *text = word->text + offset, *slash = memchr(text, '/', len);
	size_t address_len = slash ? (size_t)(slash - text) : len;
	field_value mask = xt_address_ones(family), address;

	if (!parse_address(family, text, address_len, true, &address))
		return wrong_address(reader, word, offset, address_len, family);
	if (slash && !parse_mask(family, slash + 1, len - address_len - 1, &mask))
		return xt_expected_in(reader, word, offset + address_len + 1, len - address_len - 1,
		                      family == NFPROTO_IPV4
		                          ? "a mask, as 24 or 255.255.255.0"
		                          : "a mask, as 64 or ffff:ffff:ffff:ffff::");
	*ret_address = address & mask;
	*ret_mask = mask;
	return 0;
}
