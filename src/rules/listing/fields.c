/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of fields of packets by where they are, and of the keys of meta and ct. */
#include "rules/listing/types.h"

#include <linux/netfilter/nf_tables.h>

enum header header_of_protocol(uint64_t protocol)
{
	static const struct {
		uint8_t protocol;
		enum header header;
	} headers[] = {
	    {1, HEADER_ICMP}, {58, HEADER_ICMP6}, {2, HEADER_IGMP},      {6, HEADER_TCP},
	    {17, HEADER_UDP}, {132, HEADER_SCTP}, {136, HEADER_UDPLITE}, {33, HEADER_DCCP},
	    {51, HEADER_AH},  {50, HEADER_ESP},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (headers[i].protocol == protocol)
			return headers[i].header;
	return HEADER_TH;
}

static const struct field fields[] = {
    {HEADER_ETHER, 0, 48, "ether daddr", &type_ether},
    {HEADER_ETHER, 48, 48, "ether saddr", &type_ether},
    {HEADER_ETHER, 96, 16, "ether type", &type_ethertype},
    {HEADER_VLAN, 112, 3, "vlan pcp", &type_network_integer},
    {HEADER_VLAN, 115, 1, "vlan dei", &type_network_integer},
    {HEADER_VLAN, 116, 12, "vlan id", &type_network_integer},
    {HEADER_VLAN, 128, 16, "vlan type", &type_ethertype},
    {HEADER_ARP, 0, 16, "arp htype", &type_network_integer},
    {HEADER_ARP, 16, 16, "arp ptype", &type_ethertype},
    {HEADER_ARP, 32, 8, "arp hlen", &type_network_integer},
    {HEADER_ARP, 40, 8, "arp plen", &type_network_integer},
    {HEADER_ARP, 48, 16, "arp operation", &type_arp},
    {HEADER_ARP, 64, 48, "arp saddr ether", &type_ether},
    {HEADER_ARP, 112, 32, "arp saddr ip", &type_ipv4},
    {HEADER_ARP, 144, 48, "arp daddr ether", &type_ether},
    {HEADER_ARP, 192, 32, "arp daddr ip", &type_ipv4},
    {HEADER_IP, 0, 4, "ip version", &type_network_integer},
    {HEADER_IP, 4, 4, "ip hdrlength", &type_network_integer},
    {HEADER_IP, 8, 6, "ip dscp", &type_dscp},
    {HEADER_IP, 14, 2, "ip ecn", &type_ecn},
    {HEADER_IP, 16, 16, "ip length", &type_network_integer},
    {HEADER_IP, 32, 16, "ip id", &type_network_integer},
    {HEADER_IP, 48, 16, "ip frag-off", &type_network_integer},
    {HEADER_IP, 64, 8, "ip ttl", &type_network_integer},
    {HEADER_IP, 72, 8, "ip protocol", &type_protocol},
    {HEADER_IP, 80, 16, "ip checksum", &type_network_integer},
    {HEADER_IP, 96, 32, "ip saddr", &type_ipv4},
    {HEADER_IP, 128, 32, "ip daddr", &type_ipv4},
    {HEADER_IP6, 0, 4, "ip6 version", &type_network_integer},
    {HEADER_IP6, 4, 6, "ip6 dscp", &type_dscp},
    {HEADER_IP6, 10, 2, "ip6 ecn", &type_ecn},
    {HEADER_IP6, 12, 20, "ip6 flowlabel", &type_network_integer},
    {HEADER_IP6, 32, 16, "ip6 length", &type_network_integer},
    {HEADER_IP6, 48, 8, "ip6 nexthdr", &type_protocol},
    {HEADER_IP6, 56, 8, "ip6 hoplimit", &type_network_integer},
    {HEADER_IP6, 64, 128, "ip6 saddr", &type_ipv6},
    {HEADER_IP6, 192, 128, "ip6 daddr", &type_ipv6},
    {HEADER_ICMP, 0, 8, "icmp type", &type_icmp},
    {HEADER_ICMP, 8, 8, "icmp code", &type_icmp_code},
    {HEADER_ICMP, 16, 16, "icmp checksum", &type_network_integer},
    {HEADER_ICMP, 32, 16, "icmp id", &type_network_integer},
    {HEADER_ICMP, 48, 16, "icmp sequence", &type_network_integer},
    {HEADER_ICMP6, 0, 8, "icmpv6 type", &type_icmp6},
    {HEADER_ICMP6, 8, 8, "icmpv6 code", &type_icmp6_code},
    {HEADER_ICMP6, 16, 16, "icmpv6 checksum", &type_network_integer},
    {HEADER_ICMP6, 32, 16, "icmpv6 id", &type_network_integer},
    {HEADER_ICMP6, 48, 16, "icmpv6 sequence", &type_network_integer},
    {HEADER_IGMP, 0, 8, "igmp type", &type_igmp},
    {HEADER_IGMP, 32, 32, "igmp group", &type_ipv4},
    {HEADER_TCP, 0, 16, "tcp sport", &type_port},
    {HEADER_TCP, 16, 16, "tcp dport", &type_port},
    {HEADER_TCP, 32, 32, "tcp sequence", &type_network_integer},
    {HEADER_TCP, 64, 32, "tcp ackseq", &type_network_integer},
    {HEADER_TCP, 96, 4, "tcp doff", &type_network_integer},
    {HEADER_TCP, 104, 8, "tcp flags", &type_tcp_flags},
    {HEADER_TCP, 112, 16, "tcp window", &type_network_integer},
    {HEADER_UDP, 0, 16, "udp sport", &type_port},
    {HEADER_UDP, 16, 16, "udp dport", &type_port},
    {HEADER_UDP, 32, 16, "udp length", &type_network_integer},
    {HEADER_UDP, 48, 16, "udp checksum", &type_network_integer},
    {HEADER_UDPLITE, 0, 16, "udplite sport", &type_port},
    {HEADER_UDPLITE, 16, 16, "udplite dport", &type_port},
    {HEADER_SCTP, 0, 16, "sctp sport", &type_port},
    {HEADER_SCTP, 16, 16, "sctp dport", &type_port},
    {HEADER_SCTP, 32, 32, "sctp vtag", &type_hex},
    {HEADER_DCCP, 0, 16, "dccp sport", &type_port},
    {HEADER_DCCP, 16, 16, "dccp dport", &type_port},
    {HEADER_AH, 32, 32, "ah spi", &type_network_integer},
    {HEADER_ESP, 0, 32, "esp spi", &type_network_integer},
    {HEADER_TH, 0, 16, "th sport", &type_port},
    {HEADER_TH, 16, 16, "th dport", &type_port},
};

const struct field *field_find(enum header header, uint32_t bit, uint32_t bits)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].header == header && fields[i].bit == bit &&
		    (bits == 0 || fields[i].bits == bits))
			return &fields[i];
	return NULL;
}

const struct key_name *meta_key_name(uint32_t key)
{
	static const struct key_name names[] = {
	    [NFT_META_LEN] = {"meta length", &type_u32},
	    [NFT_META_PROTOCOL] = {"meta protocol", &type_ethertype},
	    [NFT_META_PRIORITY] = {"meta priority", &type_class},
	    [NFT_META_MARK] = {"meta mark", &type_mark},
	    [NFT_META_IIF] = {"iif", &type_interface},
	    [NFT_META_OIF] = {"oif", &type_interface},
	    [NFT_META_IIFNAME] = {"iifname", &type_string},
	    [NFT_META_OIFNAME] = {"oifname", &type_string},
	    [NFT_META_IIFTYPE] = {"meta iiftype", &type_link},
	    [NFT_META_OIFTYPE] = {"meta oiftype", &type_link},
	    [NFT_META_SKUID] = {"meta skuid", &type_u32},
	    [NFT_META_SKGID] = {"meta skgid", &type_u32},
	    [NFT_META_NFTRACE] = {"meta nftrace", &type_integer},
	    [NFT_META_RTCLASSID] = {"meta rtclassid", &type_u32},
	    [NFT_META_SECMARK] = {"meta secmark", &type_u32},
	    [NFT_META_NFPROTO] = {"meta nfproto", &type_nfproto},
	    [NFT_META_L4PROTO] = {"meta l4proto", &type_protocol},
	    [NFT_META_BRI_IIFNAME] = {"meta ibrname", &type_string},
	    [NFT_META_BRI_OIFNAME] = {"meta obrname", &type_string},
	    [NFT_META_PKTTYPE] = {"meta pkttype", &type_packet},
	    [NFT_META_CPU] = {"meta cpu", &type_u32},
	    [NFT_META_IIFGROUP] = {"iifgroup", &type_u32},
	    [NFT_META_OIFGROUP] = {"oifgroup", &type_u32},
	    [NFT_META_CGROUP] = {"meta cgroup", &type_u32},
	    [NFT_META_PRANDOM] = {"meta random", &type_u32},
	    [NFT_META_SECPATH] = {"meta ipsec", &type_bool},
	    [NFT_META_IIFKIND] = {"meta iifkind", &type_string},
	    [NFT_META_OIFKIND] = {"meta oifkind", &type_string},
	    [NFT_META_TIME_NS] = {"meta time", &type_integer},
	    [NFT_META_TIME_DAY] = {"meta day", &type_day},
	    [NFT_META_TIME_HOUR] = {"meta hour", &type_hour},
	    [NFT_META_SDIF] = {"meta sdif", &type_interface},
	    [NFT_META_SDIFNAME] = {"meta sdifname", &type_string},
	};

	return key < sizeof(names) / sizeof(*names) && names[key].name ? &names[key] : NULL;
}

const struct key_name *ct_key_name(uint32_t key)
{
	static const struct key_name names[] = {
	    [NFT_CT_STATE] = {"state", &type_ct_state},
	    [NFT_CT_DIRECTION] = {"direction", &type_ct_direction},
	    [NFT_CT_STATUS] = {"status", &type_ct_status},
	    [NFT_CT_MARK] = {"mark", &type_mark},
	    [NFT_CT_SECMARK] = {"secmark", &type_u32},
	    [NFT_CT_EXPIRATION] = {"expiration", &type_duration},
	    [NFT_CT_HELPER] = {"helper", &type_string},
	    [NFT_CT_L3PROTOCOL] = {"l3proto", &type_nfproto},
	    [NFT_CT_SRC] = {"saddr", &type_address},
	    [NFT_CT_DST] = {"daddr", &type_address},
	    [NFT_CT_PROTOCOL] = {"protocol", &type_protocol},
	    [NFT_CT_PROTO_SRC] = {"proto-src", &type_port},
	    [NFT_CT_PROTO_DST] = {"proto-dst", &type_port},
	    [NFT_CT_LABELS] = {"label", &type_hex},
	    [NFT_CT_PKTS] = {"packets", &type_integer},
	    [NFT_CT_BYTES] = {"bytes", &type_integer},
	    [NFT_CT_AVGPKT] = {"avgpkt", &type_integer},
	    [NFT_CT_ZONE] = {"zone", &type_integer},
	    [NFT_CT_EVENTMASK] = {"event", &type_u32},
	    [NFT_CT_SRC_IP] = {"ip saddr", &type_ipv4},
	    [NFT_CT_DST_IP] = {"ip daddr", &type_ipv4},
	    [NFT_CT_SRC_IP6] = {"ip6 saddr", &type_ipv6},
	    [NFT_CT_DST_IP6] = {"ip6 daddr", &type_ipv6},
	    [NFT_CT_ID] = {"id", &type_u32},
	};

	return key < sizeof(names) / sizeof(*names) && names[key].name ? &names[key] : NULL;
}
