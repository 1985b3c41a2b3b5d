/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields that rules of nft compare, and which of the form's they are. */
#include "rules/nft/nft.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

enum {
	V4 = NEED_IPV4,
	V6 = NEED_IPV6,
	L4 = NEED_FIRST,
	CT = NEED_FLOW,
	NO = FIELDS,
	OPAQUE = TYPE_ANY,
};

/* A transport header that begins with ports. */
#define PORTS(group, protocol, needs)                                                              \
	{group, "sport", TYPE_PORT, FIELD_SOURCE_PORT, HOW_PLAIN, L4 | (needs), protocol},         \
	{                                                                                          \
		group, "dport", TYPE_PORT, FIELD_DESTINATION_PORT, HOW_PLAIN, L4 | (needs),        \
		    protocol                                                                       \
	}

/* Neighbours are of one group. */
static const struct nft_field fields[] = {
    {"ip", "saddr", TYPE_IPV4, FIELD_SOURCE, HOW_PLAIN, V4, 0},
    {"ip", "daddr", TYPE_IPV4, FIELD_DESTINATION, HOW_PLAIN, V4, 0},
    {"ip", "protocol", TYPE_PROTOCOL, FIELD_PROTOCOL, HOW_PLAIN, V4, 0},
    {"ip", "ttl", TYPE_NUMBER, FIELD_HOP_LIMIT, HOW_PLAIN, V4, 0},
    {"ip", "dscp", TYPE_DSCP, FIELD_DSCP, HOW_PLAIN, V4, 0},
    {"ip", "length", TYPE_NUMBER, FIELD_LENGTH, HOW_PLAIN, V4, 0},
    {"ip", "frag-off", TYPE_NUMBER, FIELD_FRAGMENT, HOW_OFFSET, V4, 0},
    {"ip6", "saddr", TYPE_IPV6, FIELD_SOURCE, HOW_PLAIN, V6, 0},
    {"ip6", "daddr", TYPE_IPV6, FIELD_DESTINATION, HOW_PLAIN, V6, 0},
    {"ip6", "nexthdr", TYPE_PROTOCOL, FIELD_PROTOCOL, HOW_PLAIN, V6, 0},
    {"ip6", "hoplimit", TYPE_NUMBER, FIELD_HOP_LIMIT, HOW_PLAIN, V6, 0},
    {"ip6", "dscp", TYPE_DSCP, FIELD_DSCP, HOW_PLAIN, V6, 0},
    {"ip6", "length", TYPE_NUMBER, FIELD_LENGTH, HOW_PAYLOAD, V6, 0},
    PORTS("tcp", IPPROTO_TCP, 0),
    {"tcp", "flags", TYPE_TCP_FLAGS, FIELD_TCP_FLAGS, HOW_PLAIN, L4, IPPROTO_TCP},
    PORTS("udp", IPPROTO_UDP, 0),
    PORTS("udplite", IPPROTO_UDPLITE, 0),
    PORTS("sctp", IPPROTO_SCTP, 0),
    PORTS("dccp", IPPROTO_DCCP, 0),
    PORTS("th", 0, NEED_PORTS),
    {"icmp", "type", TYPE_ICMP, FIELD_ICMP_TYPE, HOW_HIGH, V4 | L4, IPPROTO_ICMP},
    {"icmp", "code", TYPE_ICMP_CODE, FIELD_ICMP_TYPE, HOW_LOW, V4 | L4, IPPROTO_ICMP},
    {"icmpv6", "type", TYPE_ICMP6, FIELD_ICMP_TYPE, HOW_HIGH, V6 | L4, IPPROTO_ICMPV6},
    {"icmpv6", "code", TYPE_ICMP6_CODE, FIELD_ICMP_TYPE, HOW_LOW, V6 | L4, IPPROTO_ICMPV6},
    {"ether", "saddr", TYPE_ETHER, FIELD_SOURCE_MAC, HOW_PLAIN, NEED_ETHER, 0},
    {"ether", "type", TYPE_ETHER_TYPE, FIELD_FAMILY, HOW_ETHER_TYPE, NEED_ETHER, 0},
    {"meta", "iifname", TYPE_NAME, FIELD_IN, HOW_PLAIN, 0, 0},
    {"meta", "oifname", TYPE_NAME, FIELD_OUT, HOW_PLAIN, 0, 0},
    {"meta", "iif", TYPE_INDEX, FIELD_IN, HOW_PLAIN, 0, 0},
    {"meta", "oif", TYPE_INDEX, FIELD_OUT, HOW_PLAIN, 0, 0},
    {"meta", "l4proto", TYPE_PROTOCOL, FIELD_PROTOCOL, HOW_PLAIN, 0, 0},
    {"meta", "nfproto", TYPE_FAMILY, FIELD_FAMILY, HOW_FAMILY, NEED_FIXED, 0},
    {"meta", "protocol", TYPE_ETHER_TYPE, FIELD_FAMILY, HOW_ETHER_TYPE, 0, 0},
    {"meta", "mark", TYPE_MARK, FIELD_MARK, HOW_PLAIN, 0, 0},
    {"meta", "length", TYPE_NUMBER, FIELD_LENGTH, HOW_PLAIN, 0, 0},
    {"meta", "pkttype", TYPE_PACKET_TYPE, FIELD_PACKET_TYPE, HOW_PLAIN, 0, 0},
    {"meta", "random", OPAQUE, NO, HOW_PLAIN, NEED_OWN, 0},
    {"meta", "priority", OPAQUE, NO, HOW_PLAIN, NEED_OWN, 0},
    {"ct", "state", TYPE_STATE, FIELD_STATE, HOW_STATE, 0, 0},
    {"ct", "mark", TYPE_MARK, FIELD_CT_MARK, HOW_PLAIN, CT, 0},
    {"ct", "status", TYPE_STATUS, FIELD_CT_STATUS, HOW_PLAIN, CT, 0},
    {"ct", "direction", TYPE_DIRECTION, FIELD_CT_REPLY, HOW_PLAIN, CT, 0},
    {"ct", "l3proto", TYPE_FAMILY, FIELD_FAMILY, HOW_FAMILY, CT, 0},
    {"ct", "protocol", TYPE_PROTOCOL, FIELD_PROTOCOL, HOW_PLAIN, CT, 0},
    {"ct", "original l3proto", TYPE_FAMILY, FIELD_FAMILY, HOW_FAMILY, CT, 0},
    {"ct", "original protocol", TYPE_PROTOCOL, FIELD_PROTOCOL, HOW_PLAIN, CT, 0},
    {"ct", "reply l3proto", TYPE_FAMILY, FIELD_FAMILY, HOW_FAMILY, CT, 0},
    {"ct", "reply protocol", TYPE_PROTOCOL, FIELD_PROTOCOL, HOW_PLAIN, CT, 0},
    {"ct", "original ip saddr", TYPE_IPV4, FIELD_ORIGINAL_SOURCE, HOW_PLAIN, CT | V4, 0},
    {"ct", "original ip daddr", TYPE_IPV4, FIELD_ORIGINAL_DESTINATION, HOW_PLAIN, CT | V4, 0},
    {"ct", "original ip6 saddr", TYPE_IPV6, FIELD_ORIGINAL_SOURCE, HOW_PLAIN, CT | V6, 0},
    {"ct", "original ip6 daddr", TYPE_IPV6, FIELD_ORIGINAL_DESTINATION, HOW_PLAIN, CT | V6, 0},
    {"ct", "original saddr", TYPE_ADDRESS, FIELD_ORIGINAL_SOURCE, HOW_PLAIN, CT, 0},
    {"ct", "original daddr", TYPE_ADDRESS, FIELD_ORIGINAL_DESTINATION, HOW_PLAIN, CT, 0},
    {"ct", "original proto-src", TYPE_PORT, FIELD_ORIGINAL_SOURCE_PORT, HOW_PLAIN, CT | NEED_PORTS,
     0},
    {"ct", "original proto-dst", TYPE_PORT, FIELD_ORIGINAL_DESTINATION_PORT, HOW_PLAIN,
     CT | NEED_PORTS, 0},
    {"fib", "daddr type", TYPE_ADDRESS_TYPE, FIELD_DESTINATION_TYPE, HOW_PLAIN, 0, 0},
    {"fib", "saddr type", TYPE_ADDRESS_TYPE, FIELD_SOURCE_TYPE, HOW_PLAIN, 0, 0},
    {"fib", "daddr . iif type", TYPE_ADDRESS_TYPE, FIELD_DESTINATION_TYPE_IN, HOW_PLAIN, 0, 0},
};

/* What loading any other field of a group needs. */
static const struct nft_field others[] = {
    {"ip", "", OPAQUE, NO, HOW_PLAIN, V4, 0},
    {"ip6", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"tcp", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_TCP},
    {"udp", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_UDP},
    {"udplite", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_UDPLITE},
    {"sctp", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_SCTP},
    {"dccp", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_DCCP},
    {"th", "", OPAQUE, NO, HOW_PLAIN, L4, 0},
    {"icmp", "", OPAQUE, NO, HOW_PLAIN, V4 | L4, IPPROTO_ICMP},
    {"icmpv6", "", OPAQUE, NO, HOW_PLAIN, V6 | L4, IPPROTO_ICMPV6},
    {"igmp", "", OPAQUE, NO, HOW_PLAIN, V4 | L4, IPPROTO_IGMP},
    {"esp", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_ESP},
    {"ah", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_AH},
    {"comp", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_COMP},
    {"gre", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_GRE},
    {"gretap", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_GRE},
    {"vxlan", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_UDP},
    {"geneve", "", OPAQUE, NO, HOW_PLAIN, L4, IPPROTO_UDP},
    {"ether", "", OPAQUE, NO, HOW_PLAIN, NEED_ETHER, 0},
    {"vlan", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"arp", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"meta", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"ct", "", OPAQUE, NO, HOW_PLAIN, CT, 0},
    {"fib", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"rt", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"socket", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"exthdr", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"hbh", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"dst", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"frag", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"mh", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"rt0", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"rt2", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"srh", "", OPAQUE, NO, HOW_PLAIN, V6, 0},
    {"numgen", "", OPAQUE, NO, HOW_PLAIN, NEED_OWN, 0},
    {"jhash", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"symhash", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"ipsec", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"osf", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"tunnel", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
    {"@", "", OPAQUE, NO, HOW_PLAIN, 0, 0},
};

/* Well-known places of raw payload, for packets of which family and protocol are known. */
static const struct place {
	const char *base;
	unsigned offset, len;
	uint8_t family, protocol; /* 0: any */
	struct nft_field field;
} places[] = {
    {"nh", 96, 32, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_SOURCE, HOW_PLAIN, 0, 0}},
    {"nh", 128, 32, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_DESTINATION, HOW_PLAIN, 0, 0}},
    {"nh", 72, 8, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_PROTOCOL, HOW_PLAIN, 0, 0}},
    {"nh", 64, 8, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_HOP_LIMIT, HOW_PLAIN, 0, 0}},
    {"nh", 16, 16, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_LENGTH, HOW_PLAIN, 0, 0}},
    {"nh", 8, 6, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_DSCP, HOW_PLAIN, 0, 0}},
    {"nh", 48, 16, NFPROTO_IPV4, 0, {"@", "", TYPE_NUMBER, FIELD_FRAGMENT, HOW_OFFSET, 0, 0}},
    {"nh", 64, 128, NFPROTO_IPV6, 0, {"@", "", TYPE_NUMBER, FIELD_SOURCE, HOW_PLAIN, 0, 0}},
    {"nh", 192, 128, NFPROTO_IPV6, 0, {"@", "", TYPE_NUMBER, FIELD_DESTINATION, HOW_PLAIN, 0, 0}},
    {"nh", 48, 8, NFPROTO_IPV6, 0, {"@", "", TYPE_NUMBER, FIELD_PROTOCOL, HOW_PLAIN, 0, 0}},
    {"nh", 56, 8, NFPROTO_IPV6, 0, {"@", "", TYPE_NUMBER, FIELD_HOP_LIMIT, HOW_PLAIN, 0, 0}},
    {"th", 0, 16, 0, IPPROTO_ICMP, {"@", "", TYPE_NUMBER, FIELD_ICMP_TYPE, HOW_PLAIN, L4, 0}},
    {"th", 0, 8, 0, IPPROTO_ICMP, {"@", "", TYPE_NUMBER, FIELD_ICMP_TYPE, HOW_HIGH, L4, 0}},
    {"th", 8, 8, 0, IPPROTO_ICMP, {"@", "", TYPE_NUMBER, FIELD_ICMP_TYPE, HOW_LOW, L4, 0}},
    {"th", 0, 16, 0, IPPROTO_ICMPV6, {"@", "", TYPE_NUMBER, FIELD_ICMP_TYPE, HOW_PLAIN, L4, 0}},
    {"th", 0, 8, 0, IPPROTO_ICMPV6, {"@", "", TYPE_NUMBER, FIELD_ICMP_TYPE, HOW_HIGH, L4, 0}},
    {"th", 8, 8, 0, IPPROTO_ICMPV6, {"@", "", TYPE_NUMBER, FIELD_ICMP_TYPE, HOW_LOW, L4, 0}},
    {"th", 104, 8, 0, IPPROTO_TCP, {"@", "", TYPE_NUMBER, FIELD_TCP_FLAGS, HOW_PLAIN, L4, 0}},
    {"th", 0, 16, 0, 0, {"@", "", TYPE_NUMBER, FIELD_SOURCE_PORT, HOW_PLAIN, L4 | NEED_PORTS, 0}},
    {"th",
     16,
     16,
     0,
     0,
     {"@", "", TYPE_NUMBER, FIELD_DESTINATION_PORT, HOW_PLAIN, L4 | NEED_PORTS, 0}},
    {"ll", 48, 48, 0, 0, {"@", "", TYPE_NUMBER, FIELD_SOURCE_MAC, HOW_PLAIN, NEED_ETHER, 0}},
};

const struct nft_field *nft_field_find(struct nft_slice group, struct nft_slice name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (nft_slice_is(group, fields[i].group) && nft_slice_is(name, fields[i].name))
			return &fields[i];
	return NULL;
}

const struct nft_field *nft_field_other(struct nft_slice group)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (nft_slice_is(group, others[i].group))
			return &others[i];
	return NULL;
}

bool nft_field_group(struct nft_slice word)
{
	return nft_field_other(word) != NULL;
}

const struct nft_field *nft_field_raw(struct nft_slice raw, uint8_t family, uint8_t protocol)
{
	char text[32];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct place *place = &places[i];

		if ((place->family && place->family != family) ||
		    (place->protocol && place->protocol != protocol))
			continue;
		snprintf(text, sizeof(text), "@%s,%u,%u", place->base, place->offset, place->len);
		if (nft_slice_is(raw, text))
			return &place->field;
	}
	return NULL;
}

bool nft_field_known(struct nft_slice group, struct nft_slice name)
{
	static const struct {
		const char *group, *names;
	} groups[] = {
	    {"ip",
	     " version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr "
	     "option "},
	    {"ip6", " version dscp ecn flowlabel length nexthdr hoplimit saddr daddr "},
	    {"tcp",
	     " sport dport sequence ackseq doff reserved flags window checksum urgptr option "},
	    {"udp", " sport dport length checksum "},
	    {"udplite", " sport dport csumcov cscov checksum "},
	    {"sctp", " sport dport vtag checksum chunk "},
	    {"dccp", " sport dport type option "},
	    {"th", " sport dport "},
	    {"icmp", " type code checksum id sequence gateway mtu "},
	    {"icmpv6", " type code checksum parameter-problem packet-too-big id sequence max-delay "
	               "taddr daddr "},
	    {"igmp", " type checksum group mrt "},
	    {"ether", " saddr daddr type "},
	    {"vlan", " id dei cfi pcp type "},
	    {"arp", " htype ptype hlen plen operation saddr daddr "},
	    {"ah", " nexthdr hdrlength reserved spi sequence "},
	    {"esp", " spi sequence "},
	    {"comp", " nexthdr flags cpi "},
	    {"ct",
	     " state direction status mark expiration helper label l3proto saddr daddr protocol "
	     "proto-src proto-dst packets bytes avgpkt zone id event secmark original reply ip "
	     "ip6 "},
	    {"meta",
	     " iifname oifname iif oif mark l4proto nfproto protocol pkttype iiftype oiftype "
	     "skuid skgid nftrace rtclassid cpu iifgroup oifgroup cgroup priority length "
	     "random ibrname obrname ibriport obriport ibrpvid ibrvproto ibrhwaddr iifkind "
	     "oifkind sdif sdifname time day hour secmark secpath ipsec bri_iifname "
	     "bri_oifname broute "},
	    {"fib", " saddr daddr mark iif oif "},
	};
	char word[NFT_WORD_MAX];
	size_t len = 0;

	while (len < name.len && name.text[len] != ' ' && len + 3 < sizeof(word))
		len++;
	word[0] = ' ';
	memcpy(word + 1, name.text, len);
	memcpy(word + 1 + len, " ", sizeof(" "));
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (nft_slice_is(group, groups[i].group))
			return strstr(groups[i].names, word) != NULL;
	return true;
}
