/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables' matches in the spelling of iptables-save: what packets look like. */
#include "rules/listing/xt.h"
#include "rules/listing/xt_match.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_sctp.h>
#include <linux/netfilter/xt_tcpmss.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

/* Adds " --sport 1:2" unless it is every port and not turned round. */
static void add_ports(const struct xt_context *context, const char *option,
                      const uint16_t ports[static 2], bool inverted)
{
	if (ports[0] == 0 && ports[1] == UINT16_MAX && !inverted)
		return;
	text_add(context->text, " %s%s ", xt_not(inverted), option);
	xt_add_range(context, ports[0], ports[1]);
}

/* Adds names of TCP flags joined by commas. */
static void add_tcp_flags(const struct xt_context *context, uint8_t flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
	const char *comma = "";

	if (flags == 0)
		text_add(context->text, "NONE");
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(flags & 1u << i))
			continue;
		text_add(context->text, "%s%s", comma, names[i]);
		comma = ",";
	}
}

/* tcp */
static void print_tcp(const struct xt_context *context, const void *info)
{
	const struct xt_tcp *tcp = info;

	add_ports(context, "--sport", tcp->spts, tcp->invflags & XT_TCP_INV_SRCPT);
	add_ports(context, "--dport", tcp->dpts, tcp->invflags & XT_TCP_INV_DSTPT);
	if (tcp->option || tcp->invflags & XT_TCP_INV_OPTION)
		text_add(context->text, " %s--tcp-option %u",
		         xt_not(tcp->invflags & XT_TCP_INV_OPTION), tcp->option);
	if (!tcp->flg_mask && !(tcp->invflags & XT_TCP_INV_FLAGS))
		return;
	text_add(context->text, " %s--tcp-flags ", xt_not(tcp->invflags & XT_TCP_INV_FLAGS));
	add_tcp_flags(context, tcp->flg_mask);
	text_add(context->text, " ");
	add_tcp_flags(context, tcp->flg_cmp);
}

/* udp */
static void print_udp(const struct xt_context *context, const void *info)
{
	const struct xt_udp *udp = info;

	add_ports(context, "--sport", udp->spts, udp->invflags & XT_UDP_INV_SRCPT);
	add_ports(context, "--dport", udp->dpts, udp->invflags & XT_UDP_INV_DSTPT);
}

/* Adds an SCTP chunk type by name (RFC 9260, RFC 3758, RFC 5061). */
static void add_chunk(const struct xt_context *context, unsigned type)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
	    {0, "DATA"},          {1, "INIT"},         {2, "INIT_ACK"},
	    {3, "SACK"},          {4, "HEARTBEAT"},    {5, "HEARTBEAT_ACK"},
	    {6, "ABORT"},         {7, "SHUTDOWN"},     {8, "SHUTDOWN_ACK"},
	    {9, "ERROR"},         {10, "COOKIE_ECHO"}, {11, "COOKIE_ACK"},
	    {12, "ECN_ECNE"},     {13, "ECN_CWR"},     {14, "SHUTDOWN_COMPLETE"},
	    {128, "ASCONF_ACK"},  {130, "RE_CONFIG"},  {132, "PAD"},
	    {192, "FORWARD_TSN"}, {193, "ASCONF"},     {194, "I_FORWARD_TSN"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].type == type) {
			text_add(context->text, "%s", names[i].name);
			return;
		}
	}
	text_add(context->text, "<%u>", type);
}

/* Adds " --chunk-types any INIT,ABORT". */
static void add_chunks(const struct xt_context *context, const struct xt_sctp_info *sctp)
{
	const unsigned bits = sizeof(sctp->chunkmap[0]) * 8;
	const char *comma = "";
	bool all = true, none = true;

	for (unsigned i = 0; i < sizeof(sctp->chunkmap) / sizeof(*sctp->chunkmap); i++) {
		all = all && sctp->chunkmap[i] == UINT32_MAX;
		none = none && sctp->chunkmap[i] == 0;
	}
	text_add(context->text, " %s--chunk-types %s ",
	         xt_not(sctp->invflags & XT_SCTP_CHUNK_TYPES),
	         sctp->chunk_match_type == SCTP_CHUNK_MATCH_ANY   ? "any"
	         : sctp->chunk_match_type == SCTP_CHUNK_MATCH_ALL ? "all"
	                                                          : "only");
	if (all || none) {
		text_add(context->text, all ? "ALL" : "NONE");
		return;
	}
	for (unsigned type = 0; type < 256; type++) {
		if (!(sctp->chunkmap[type / bits] & 1u << type % bits))
			continue;
		text_add(context->text, "%s", comma);
		add_chunk(context, type);
		comma = ",";
	}
	if (sctp->flag_count > 0)
		text_add(context->text, " <...>");
}

/* sctp */
static void print_sctp(const struct xt_context *context, const void *info)
{
	const struct xt_sctp_info *sctp = info;

	if (sctp->flags & XT_SCTP_SRC_PORTS)
		add_ports(context, "--sport", sctp->spts, sctp->invflags & XT_SCTP_SRC_PORTS);
	if (sctp->flags & XT_SCTP_DEST_PORTS)
		add_ports(context, "--dport", sctp->dpts, sctp->invflags & XT_SCTP_DEST_PORTS);
	if (sctp->flags & XT_SCTP_CHUNK_TYPES)
		add_chunks(context, sctp);
}

/* icmp */
static void print_icmp(const struct xt_context *context, const void *info)
{
	const struct ipt_icmp *icmp = info;

	text_add(context->text, " %s--icmp-type ", xt_not(icmp->invflags & IPT_ICMP_INV));
	if (icmp->type == 0xff)
		text_add(context->text, "any");
	else
		text_add(context->text, "%u", icmp->type);
	if (icmp->type != 0xff && (icmp->code[0] != 0 || icmp->code[1] != 0xff))
		text_add(context->text, "/%u", icmp->code[0]);
}

/* icmp6 */
static void print_icmp6(const struct xt_context *context, const void *info)
{
	const struct ip6t_icmp *icmp = info;

	text_add(context->text, " %s--icmpv6-type %u", xt_not(icmp->invflags & IP6T_ICMP_INV),
	         icmp->type);
	if (icmp->code[0] != 0 || icmp->code[1] != 0xff)
		text_add(context->text, "/%u", icmp->code[0]);
}

/* Adds types of addresses by name, joined by commas. */
static void add_address_types(const struct xt_context *context, unsigned mask)
{
	static const char *const names[] = {
	    "UNSPEC",    "UNICAST",     "LOCAL",    "BROADCAST", "ANYCAST", "MULTICAST",
	    "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",     "NAT",     "XRESOLVE",
	};
	const char *comma = "";

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(mask & 1u << i))
			continue;
		text_add(context->text, "%s%s", comma, names[i]);
		comma = ",";
	}
}

/* addrtype, revision 1 */
static void print_addrtype(const struct xt_context *context, const void *info)
{
	const struct xt_addrtype_info_v1 *type = info;

	if (type->source) {
		text_add(context->text, " %s--src-type ",
		         xt_not(type->flags & XT_ADDRTYPE_INVERT_SOURCE));
		add_address_types(context, type->source);
	}
	if (type->dest) {
		text_add(context->text, " %s--dst-type ",
		         xt_not(type->flags & XT_ADDRTYPE_INVERT_DEST));
		add_address_types(context, type->dest);
	}
	if (type->flags & XT_ADDRTYPE_LIMIT_IFACE_IN)
		text_add(context->text, " --limit-iface-in");
	if (type->flags & XT_ADDRTYPE_LIMIT_IFACE_OUT)
		text_add(context->text, " --limit-iface-out");
}

/* addrtype, revision 0 */
static void print_addrtype0(const struct xt_context *context, const void *info)
{
	const struct xt_addrtype_info *type = info;
	struct xt_addrtype_info_v1 newer = {.source = type->source, .dest = type->dest};

	if (type->invert_source)
		newer.flags |= XT_ADDRTYPE_INVERT_SOURCE;
	if (type->invert_dest)
		newer.flags |= XT_ADDRTYPE_INVERT_DEST;
	print_addrtype(context, &newer);
}

/* multiport, revision 1 */
static void print_multiport(const struct xt_context *context, const void *info)
{
	const struct xt_multiport_v1 *multi = info;
	unsigned count = multi->count < XT_MULTI_PORTS ? multi->count : XT_MULTI_PORTS;

	text_add(context->text, " %s%s ", xt_not(multi->invert),
	         multi->flags == XT_MULTIPORT_SOURCE        ? "--sports"
	         : multi->flags == XT_MULTIPORT_DESTINATION ? "--dports"
	                                                    : "--ports");
	for (unsigned i = 0; i < count; i++) {
		unsigned last = multi->ports[i];

		text_add(context->text, "%s%u", i ? "," : "", last);
		if (multi->pflags[i] && i + 1 < count)
			text_add(context->text, ":%u", multi->ports[++i]);
	}
}

/* multiport, revision 0 */
static void print_multiport0(const struct xt_context *context, const void *info)
{
	const struct xt_multiport *multi = info;
	struct xt_multiport_v1 newer = {.flags = multi->flags, .count = multi->count};

	memcpy(newer.ports, multi->ports, sizeof(newer.ports));
	print_multiport(context, &newer);
}

/* iprange, revision 1 */
static void print_iprange(const struct xt_context *context, const void *info)
{
	const struct xt_iprange_mtinfo *range = info;

	if (range->flags & IPRANGE_SRC) {
		text_add(context->text, " %s--src-range ", xt_not(range->flags & IPRANGE_SRC_INV));
		xt_add_address(context, &range->src_min);
		text_add(context->text, "-");
		xt_add_address(context, &range->src_max);
	}
	if (range->flags & IPRANGE_DST) {
		text_add(context->text, " %s--dst-range ", xt_not(range->flags & IPRANGE_DST_INV));
		xt_add_address(context, &range->dst_min);
		text_add(context->text, "-");
		xt_add_address(context, &range->dst_max);
	}
}

/* mark and connmark, revision 1: one layout */
static void print_mark(const struct xt_context *context, const void *info)
{
	const struct xt_mark_mtinfo1 *mark = info;

	text_add(context->text, " %s--mark ", xt_not(mark->invert));
	xt_add_mark(context, mark->mark, mark->mask);
}

/* Adds " --physdev-in NAME"; a prefix has its "+" in the name. */
static void add_physdev(const struct xt_context *context, const char *option, const char *name,
                        bool inverted)
{
	text_add(context->text, " %s%s %.*s", xt_not(inverted), option, IFNAMSIZ, name);
}

/* physdev */
static void print_physdev(const struct xt_context *context, const void *info)
{
	const struct xt_physdev_info *dev = info;

	if (dev->bitmask & XT_PHYSDEV_OP_ISIN)
		text_add(context->text, " %s--physdev-is-in",
		         xt_not(dev->invert & XT_PHYSDEV_OP_ISIN));
	if (dev->bitmask & XT_PHYSDEV_OP_IN)
		add_physdev(context, "--physdev-in", dev->physindev,
		            dev->invert & XT_PHYSDEV_OP_IN);
	if (dev->bitmask & XT_PHYSDEV_OP_ISOUT)
		text_add(context->text, " %s--physdev-is-out",
		         xt_not(dev->invert & XT_PHYSDEV_OP_ISOUT));
	if (dev->bitmask & XT_PHYSDEV_OP_OUT)
		add_physdev(context, "--physdev-out", dev->physoutdev,
		            dev->invert & XT_PHYSDEV_OP_OUT);
	if (dev->bitmask & XT_PHYSDEV_OP_BRIDGED)
		text_add(context->text, " %s--physdev-is-bridged",
		         xt_not(dev->invert & XT_PHYSDEV_OP_BRIDGED));
}

/* mac */
static void print_mac(const struct xt_context *context, const void *info)
{
	const struct xt_mac_info *mac = info;

	text_add(context->text, " %s--mac-source ", xt_not(mac->invert));
	for (unsigned i = 0; i < sizeof(mac->srcaddr); i++)
		text_add(context->text, "%s%02x", i ? ":" : "", mac->srcaddr[i]);
}

/* pkttype */
static void print_pkttype(const struct xt_context *context, const void *info)
{
	static const char *const names[] = {"unicast", "broadcast", "multicast"};
	const struct xt_pkttype_info *type = info;

	text_add(context->text, " %s--pkt-type ", xt_not(type->invert));
	if (type->pkttype >= 0 && type->pkttype < 3)
		text_add(context->text, "%s", names[type->pkttype]);
	else
		text_add(context->text, "%d", type->pkttype);
}

/* tcpmss */
static void print_tcpmss(const struct xt_context *context, const void *info)
{
	const struct xt_tcpmss_match_info *mss = info;

	text_add(context->text, " %s--mss ", xt_not(mss->invert));
	xt_add_range(context, mss->mss_min, mss->mss_max);
}

/* length */
static void print_length(const struct xt_context *context, const void *info)
{
	const struct xt_length_info *length = info;

	text_add(context->text, " %s--length ", xt_not(length->invert));
	xt_add_range(context, length->min, length->max);
}

/* Adds " --ttl-gt 5"; hl has the same layout. */
static void add_hops(const struct xt_context *context, const char *word, const void *info)
{
	const struct ipt_ttl_info *ttl = info;

	text_add(context->text, " %s--%s-%s %u", xt_not(ttl->mode == IPT_TTL_NE), word,
	         ttl->mode == IPT_TTL_LT   ? "lt"
	         : ttl->mode == IPT_TTL_GT ? "gt"
	                                   : "eq",
	         ttl->ttl);
}

/* ttl */
static void print_ttl(const struct xt_context *context, const void *info)
{
	add_hops(context, "ttl", info);
}

/* hl */
static void print_hl(const struct xt_context *context, const void *info)
{
	add_hops(context, "hl", info);
}

/* dscp */
static void print_dscp(const struct xt_context *context, const void *info)
{
	const struct xt_dscp_info *dscp = info;

	text_add(context->text, " %s--dscp 0x%02x", xt_not(dscp->invert), dscp->dscp);
}

/* tos */
static void print_tos(const struct xt_context *context, const void *info)
{
	const struct xt_tos_match_info *tos = info;

	text_add(context->text, " %s--tos 0x%02x/0x%02x", xt_not(tos->invert), tos->tos_value,
	         tos->tos_mask);
}

const struct xt_spelling packet_matches[] = {
    {"tcp", 0, 0, sizeof(struct xt_tcp), print_tcp},
    {"udp", 0, 0, sizeof(struct xt_udp), print_udp},
    {"udplite", 0, 0, sizeof(struct xt_udp), print_udp},
    {"sctp", 0, 0, sizeof(struct xt_sctp_info), print_sctp},
    {"icmp", AF_INET, 0, sizeof(struct ipt_icmp), print_icmp},
    {"icmp6", AF_INET6, 0, sizeof(struct ip6t_icmp), print_icmp6},
    {"addrtype", 0, 1, sizeof(struct xt_addrtype_info_v1), print_addrtype},
    {"addrtype", AF_INET, 0, sizeof(struct xt_addrtype_info), print_addrtype0},
    {"multiport", 0, 1, sizeof(struct xt_multiport_v1), print_multiport},
    {"multiport", 0, 0, sizeof(struct xt_multiport), print_multiport0},
    {"iprange", 0, 1, sizeof(struct xt_iprange_mtinfo), print_iprange},
    {"mark", 0, 1, sizeof(struct xt_mark_mtinfo1), print_mark},
    {"connmark", 0, 1, sizeof(struct xt_mark_mtinfo1), print_mark},
    {"physdev", 0, 0, sizeof(struct xt_physdev_info), print_physdev},
    {"mac", 0, 0, sizeof(struct xt_mac_info), print_mac},
    {"pkttype", 0, 0, sizeof(struct xt_pkttype_info), print_pkttype},
    {"tcpmss", 0, 0, sizeof(struct xt_tcpmss_match_info), print_tcpmss},
    {"length", 0, 0, sizeof(struct xt_length_info), print_length},
    {"ttl", AF_INET, 0, sizeof(struct ipt_ttl_info), print_ttl},
    {"hl", AF_INET6, 0, sizeof(struct ipt_ttl_info), print_hl},
    {"dscp", 0, 0, sizeof(struct xt_dscp_info), print_dscp},
    {"tos", 0, 1, sizeof(struct xt_tos_match_info), print_tos},
};
const size_t n_packet_matches = sizeof(packet_matches) / sizeof(*packet_matches);
