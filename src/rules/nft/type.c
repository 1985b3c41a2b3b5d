/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of nft's values, and how one value is read. */
#include "rules/nft/nft.h"

#include "base/address.h"

#include <assert.h>
#include <ctype.h>
#include <linux/netfilter.h>
#include <string.h>

/* How words of a type are read when they are not in its table. */
enum form { FORM_NUMBER, FORM_IPV4, FORM_IPV6, FORM_EITHER, FORM_ETHER, FORM_NAME, FORM_INDEX };

static const struct type {
	const char *name; /* in "type ..." of a set; NULL: it cannot stand there */
	uint8_t bits;
	uint8_t form;
	uint8_t words; /* enum nft_words */
	bool flags;
	const char *wanted;
} types[] = {
    [TYPE_ANY] = {NULL, 128, FORM_NUMBER, WORDS_NONE, false, "a value"},
    [TYPE_NUMBER] = {"integer", 128, FORM_NUMBER, WORDS_NONE, false, "a number"},
    [TYPE_IPV4] = {"ipv4_addr", 32, FORM_IPV4, WORDS_NONE, false, "an IPv4 address"},
    [TYPE_IPV6] = {"ipv6_addr", 128, FORM_IPV6, WORDS_NONE, false, "an IPv6 address"},
    [TYPE_ADDRESS] = {NULL, 128, FORM_EITHER, WORDS_NONE, false, "an address"},
    [TYPE_ETHER] = {"ether_addr", 48, FORM_ETHER, WORDS_NONE, false, "a MAC address"},
    [TYPE_PORT] = {"inet_service", 16, FORM_NUMBER, WORDS_SERVICE, false, "a port"},
    [TYPE_PROTOCOL] = {"inet_proto", 8, FORM_NUMBER, WORDS_PROTOCOL, false, "a protocol"},
    [TYPE_MARK] = {"mark", 32, FORM_NUMBER, WORDS_NONE, false, "a mark"},
    [TYPE_NAME] = {"ifname", 128, FORM_NAME, WORDS_NONE, false, "an interface's name"},
    [TYPE_INDEX] = {"iface_index", 128, FORM_INDEX, WORDS_NONE, false, "an interface"},
    [TYPE_FAMILY] = {"nf_proto", 8, FORM_NUMBER, WORDS_FAMILY, false, "ipv4 or ipv6"},
    [TYPE_ETHER_TYPE] = {"ether_type", 16, FORM_NUMBER, WORDS_ETHER_TYPE, false, "an EtherType"},
    [TYPE_ICMP] = {"icmp_type", 8, FORM_NUMBER, WORDS_ICMP, false, "an ICMP type"},
    [TYPE_ICMP6] = {"icmpv6_type", 8, FORM_NUMBER, WORDS_ICMP6, false, "an ICMPv6 type"},
    [TYPE_ICMP_CODE] = {"icmp_code", 8, FORM_NUMBER, WORDS_ICMP_CODE, false, "an ICMP code"},
    [TYPE_ICMP6_CODE] = {"icmpv6_code", 8, FORM_NUMBER, WORDS_ICMP6_CODE, false, "an ICMPv6 code"},
    [TYPE_ICMPX_CODE] = {"icmpx_code", 8, FORM_NUMBER, WORDS_NONE, false, "a code"},
    [TYPE_TCP_FLAGS] = {"tcp_flag", 8, FORM_NUMBER, WORDS_TCP_FLAG, true, "TCP flags"},
    [TYPE_STATE] = {"ct_state", 32, FORM_NUMBER, WORDS_STATE, true,
                    "a state (invalid, established, related, new or untracked)"},
    [TYPE_STATUS] = {"ct_status", 32, FORM_NUMBER, WORDS_STATUS, true, "a flow's status"},
    [TYPE_DIRECTION] = {"ct_dir", 8, FORM_NUMBER, WORDS_DIRECTION, false, "original or reply"},
    [TYPE_PACKET_TYPE] = {"pkt_type", 8, FORM_NUMBER, WORDS_PACKET_TYPE, false, "a packet type"},
    [TYPE_ADDRESS_TYPE] = {"fib_addrtype", 32, FORM_NUMBER, WORDS_ADDRESS_TYPE, false,
                           "a type of address"},
    [TYPE_DSCP] = {"dscp", 6, FORM_NUMBER, WORDS_DSCP, false, "a DSCP class"},
    [TYPE_BOOLEAN] = {"boolean", 1, FORM_NUMBER, WORDS_PRESENCE, false, "exists or missing"},
    [TYPE_VERDICT] = {"verdict", 32, FORM_NUMBER, WORDS_NONE, false, "a verdict"},
};
static_assert(sizeof(types) / sizeof(*types) == NFT_TYPES, "one for each type");

/* Types whose values are of no field of the form. */
static const char *const other_types[] = {
    "arp_op",    "bitmask",    "bridge_id", "cgroupsv2",    "classid",         "ct_event",
    "ct_id",     "ct_label",   "day",       "dccp_pkttype", "devgroup",        "ecn",
    "ethertype", "gid",        "hour",      "iface_type",   "igmp_type",       "ifkind",
    "in_addr",   "lladdr",     "mh_type",   "nat_event",    "netfilter_proto", "realm",
    "string",    "time",       "tunnel",    "uid",          "xinteger",        "payload",
    "inet_ecn",  "icmp_param", "ct_helper", "secmark",      "osf_name",        "packet_type",
};

bool nft_type_find(struct nft_slice name, enum nft_type *ret_type)
{
	for (unsigned i = 0; i < NFT_TYPES; i++) {
		if (types[i].name && nft_slice_is(name, types[i].name)) {
			*ret_type = i;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(other_types) / sizeof(*other_types); i++) {
		if (nft_slice_is(name, other_types[i])) {
			*ret_type = TYPE_ANY;
			return true;
		}
	}
	return false;
}

bool nft_type_is_flags(enum nft_type type)
{
	return types[type].flags;
}

unsigned nft_type_bits(enum nft_type type)
{
	return types[type].bits;
}

field_value nft_type_ones(enum nft_type type)
{
	return types[type].bits >= 128 ? ~(field_value)0 : ((field_value)1 << types[type].bits) - 1;
}

const char *nft_type_wanted(enum nft_type type)
{
	return types[type].wanted;
}

/* The value of a digit in base 16; 16 for what is none. */
static unsigned digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return (unsigned)(digit - '0');
	if (digit >= 'a' && digit <= 'f')
		return (unsigned)(digit - 'a' + 10);
	if (digit >= 'A' && digit <= 'F')
		return (unsigned)(digit - 'A' + 10);
	return 16;
}

/* A number of up to 128 bits. */
static bool number_read(struct nft_slice word, field_value max, field_value *ret_number)
{
	const bool hex = word.len > 2 && word.text[0] == '0' && (word.text[1] | ' ') == 'x';
	const unsigned base = hex ? 16 : 10;
	field_value number = 0;

	if (word.len == 0)
		return false;
	for (size_t i = hex ? 2 : 0; i < word.len; i++) {
		const unsigned digit = digit_value(word.text[i]);

		if (digit >= base || number > (max - digit) / base || digit > max)
			return false;
		number = number * base + digit;
	}
	*ret_number = number;
	return true;
}

bool nft_number(struct nft_slice word, uint64_t max, uint64_t *ret_number)
{
	field_value number;

	if (!number_read(word, max, &number))
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

/* An address of a family, 0 for either. */
static int address_read(struct nft_slice word, uint8_t family, struct interval *ret_value)
{
	char text[ADDRESS_TEXT];
	struct address address;
	uint8_t found;

	if (word.len >= sizeof(text))
		return -EINVAL;
	memcpy(text, word.text, word.len);
	text[word.len] = 0;
	if (strlen(text) != word.len || !address_parse(text, &address))
		return -EINVAL;
	found = address.family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
	if (family && family != found)
		return -EINVAL;
	ret_value->first = ret_value->last = field_of_address(found, address.bytes);
	return 0;
}

/* "00:11:22:aa:bb:cc" */
static int ether_read(struct nft_slice word, struct interval *ret_value)
{
	field_value value = 0;
	unsigned digits = 0, bytes = 1;

	for (size_t i = 0; i < word.len; i++) {
		const unsigned digit = digit_value(word.text[i]);

		if (word.text[i] == ':' && digits > 0) {
			bytes++;
			digits = 0;
		} else if (digit < 16 && digits < 2) {
			value = digits++ == 0
			            ? value << 8 | digit
			            : (value & ~(field_value)0xff) | (value & 0xf) << 4 | digit;
		} else {
			return -EINVAL;
		}
	}
	if (bytes != 6 || digits == 0)
		return -EINVAL;
	ret_value->first = ret_value->last = value;
	return 0;
}

/* "eth0", "eth*"; a backslash makes the star one of the name. */
static int name_read(struct nft_slice word, struct interval *ret_value)
{
	char name[17] = "";
	size_t len = word.len;
	bool wildcard = false;

	if (len > 0 && word.text[len - 1] == '*') {
		const bool escaped = len > 1 && word.text[len - 2] == '\\';

		wildcard = !escaped;
		len -= escaped ? 2 : 1;
		if (len < sizeof(name) && escaped)
			name[len] = '*';
	}
	if (len + (name[len < sizeof(name) ? len : 0] == '*') > 15 || memchr(word.text, 0, len))
		return -EINVAL;
	memcpy(name, word.text, len);
	*ret_value = field_of_name(name, wildcard);
	return 0;
}

/* Whether a word is nothing but digits. */
static bool all_digits(struct nft_slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!isdigit((unsigned char)word.text[i]))
			return false;
	return word.len > 0;
}

int nft_type_read(enum nft_type type, struct nft_slice word, bool quoted,
                  struct interval *ret_value)
{
	const struct type *of = &types[type];
	field_value number;
	uint64_t value = 0;

	switch (of->form) {
	case FORM_IPV4:
		return address_read(word, NFPROTO_IPV4, ret_value);
	case FORM_IPV6:
		return address_read(word, NFPROTO_IPV6, ret_value);
	case FORM_EITHER:
		return address_read(word, 0, ret_value);
	case FORM_ETHER:
		return ether_read(word, ret_value);
	case FORM_INDEX:
		if (!quoted && all_digits(word))
			return -EOPNOTSUPP;
		return name_read(word, ret_value);
	case FORM_NAME:
		return name_read(word, ret_value);
	default:
		break;
	}
	if (number_read(word, nft_type_ones(type), &number)) {
		ret_value->first = ret_value->last = number;
		return 0;
	}
	if (!nft_word_value(of->words, word.text, word.len, &value))
		return -EINVAL;
	ret_value->first = ret_value->last = value;
	return 0;
}
