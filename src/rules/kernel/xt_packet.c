/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches of xtables that headers of the packet decide (xt_tcpudp.c, xt_multiport.c, ...). */
#include "rules/kernel/kernel.h"

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_dccp.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_ecn.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_sctp.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

/* Adds the match of a range of ports, unless it is all of them. */
static int match_ports(struct decode *decode, enum field field, bool negated, unsigned first,
                       unsigned last)
{
	if (first > last) {
		if (!negated)
			decode_never(decode);
		return 0;
	}
	if (first == 0 && last == UINT16_MAX && !negated)
		return 0;
	return decode_match(decode, field, negated, first, last);
}

/* tcp */
static int read_tcp(struct decode *decode, const void *info)
{
	const struct xt_tcp *tcp = info;
	uint8_t invert = tcp->invflags;
	int status = decode_match_first_fragment(decode);

	if (status == 0)
		status = match_ports(decode, FIELD_SOURCE_PORT, invert & XT_TCP_INV_SRCPT,
		                     tcp->spts[0], tcp->spts[1]);
	if (status == 0)
		status = match_ports(decode, FIELD_DESTINATION_PORT, invert & XT_TCP_INV_DSTPT,
		                     tcp->dpts[0], tcp->dpts[1]);
	if (status == 0 && (tcp->flg_mask || tcp->flg_cmp || invert & XT_TCP_INV_FLAGS))
		status = decode_match_masked(decode, FIELD_TCP_FLAGS, invert & XT_TCP_INV_FLAGS,
		                             tcp->flg_mask, tcp->flg_cmp);
	if (status == 0 && tcp->option)
		status = decode_unknown(decode, true);
	return status;
}

/* udp, udplite */
static int read_udp(struct decode *decode, const void *info)
{
	const struct xt_udp *udp = info;
	int status = decode_match_first_fragment(decode);

	if (status == 0)
		status = match_ports(decode, FIELD_SOURCE_PORT, udp->invflags & XT_UDP_INV_SRCPT,
		                     udp->spts[0], udp->spts[1]);
	if (status == 0)
		status = match_ports(decode, FIELD_DESTINATION_PORT,
		                     udp->invflags & XT_UDP_INV_DSTPT, udp->dpts[0], udp->dpts[1]);
	return status;
}

/* sctp: its chunks are no field. */
static int read_sctp(struct decode *decode, const void *info)
{
	const struct xt_sctp_info *sctp = info;
	int status = decode_match_first_fragment(decode);

	if (status == 0 && sctp->flags & XT_SCTP_SRC_PORTS)
		status = match_ports(decode, FIELD_SOURCE_PORT, sctp->invflags & XT_SCTP_SRC_PORTS,
		                     sctp->spts[0], sctp->spts[1]);
	if (status == 0 && sctp->flags & XT_SCTP_DEST_PORTS)
		status =
		    match_ports(decode, FIELD_DESTINATION_PORT, sctp->invflags & XT_SCTP_DEST_PORTS,
		                sctp->dpts[0], sctp->dpts[1]);
	if (status == 0 && sctp->flags & XT_SCTP_CHUNK_TYPES)
		status = decode_unknown(decode, true);
	return status;
}

/* dccp: its types and options are no fields. */
static int read_dccp(struct decode *decode, const void *info)
{
	const struct xt_dccp_info *dccp = info;
	int status = decode_match_first_fragment(decode);

	if (status == 0 && dccp->flags & XT_DCCP_SRC_PORTS)
		status = match_ports(decode, FIELD_SOURCE_PORT, dccp->invflags & XT_DCCP_SRC_PORTS,
		                     dccp->spts[0], dccp->spts[1]);
	if (status == 0 && dccp->flags & XT_DCCP_DEST_PORTS)
		status =
		    match_ports(decode, FIELD_DESTINATION_PORT, dccp->invflags & XT_DCCP_DEST_PORTS,
		                dccp->dpts[0], dccp->dpts[1]);
	if (status == 0 && dccp->flags & (XT_DCCP_TYPE | XT_DCCP_OPTION))
		status = decode_unknown(decode, true);
	return status;
}

/* A type of ICMP with a range of codes. */
static int match_icmp(struct decode *decode, bool negated, bool any, unsigned type, unsigned first,
                      unsigned last)
{
	int status = decode_match_first_fragment(decode);

	if (status < 0)
		return status;
	if (any) {
		if (negated)
			decode_never(decode);
		return 0;
	}
	if (first > last) {
		if (!negated)
			decode_never(decode);
		return 0;
	}
	return decode_match(decode, FIELD_ICMP_TYPE, negated, type << 8 | first, type << 8 | last);
}

/* icmp: type 255 is any (icmp_type_code_match()). */
static int read_icmp(struct decode *decode, const void *info)
{
	const struct ipt_icmp *icmp = info;

	return match_icmp(decode, icmp->invflags & IPT_ICMP_INV, icmp->type == UINT8_MAX,
	                  icmp->type, icmp->code[0], icmp->code[1]);
}

/* icmp6 */
static int read_icmp6(struct decode *decode, const void *info)
{
	const struct ip6t_icmp *icmp = info;

	return match_icmp(decode, icmp->invflags & IP6T_ICMP_INV, false, icmp->type, icmp->code[0],
	                  icmp->code[1]);
}

/* Adds a range of ports to a step of one field, or of both with any other port. */
static int add_multiport(struct step *step, unsigned first, unsigned last)
{
	int status = 0;

	if (step->n_fields == 1)
		return step_add_interval(step, first, last);
	for (unsigned side = 0; side < 4 && status == 0; side++)
		status = side == 0 || side == 3 ? step_add_interval(step, first, last)
		                                : step_add_interval(step, 0, UINT16_MAX);
	return status;
}

/* multiport, revision 1 */
static int read_multiport(struct decode *decode, const void *info)
{
	static const struct operand_field both[] = {{FIELD_SOURCE_PORT, ~(field_value)0},
	                                            {FIELD_DESTINATION_PORT, ~(field_value)0}};
	const struct xt_multiport_v1 *multi = info;
	unsigned count = multi->count < XT_MULTI_PORTS ? multi->count : XT_MULTI_PORTS;
	int status = decode_match_first_fragment(decode);
	struct step *step = decode_match_fields(
	    decode, STEP_MATCH, multi->invert, multi->flags == XT_MULTIPORT_EITHER ? 2 : 1,
	    multi->flags == XT_MULTIPORT_DESTINATION ? both + 1 : both);

	if (!step)
		return -ENOMEM;
	for (unsigned i = 0; i < count && status == 0; i++) {
		unsigned first = multi->ports[i], last = first;

		if (multi->pflags[i] && i + 1 < count)
			last = multi->ports[++i];
		if (first <= last)
			status = add_multiport(step, first, last);
	}
	return status;
}

/* multiport, revision 0: without ranges and negation */
static int read_multiport0(struct decode *decode, const void *info)
{
	const struct xt_multiport *multi = info;
	struct xt_multiport_v1 newer = {.flags = multi->flags, .count = multi->count};

	for (unsigned i = 0; i < XT_MULTI_PORTS; i++)
		newer.ports[i] = multi->ports[i];
	return read_multiport(decode, &newer);
}

/* One side of iprange. */
static int match_range(struct decode *decode, enum field field, bool negated,
                       const union nf_inet_addr *min, const union nf_inet_addr *max)
{
	uint8_t family = decode_family(decode);
	field_value first = field_of_address(family, (const uint8_t *)min);
	field_value last = field_of_address(family, (const uint8_t *)max);

	if (first <= last)
		return decode_match(decode, field, negated, first, last);
	if (!negated)
		decode_never(decode);
	return 0;
}

/* iprange */
static int read_iprange(struct decode *decode, const void *info)
{
	const struct xt_iprange_mtinfo *range = info;
	int status = 0;

	if (range->flags & IPRANGE_SRC)
		status = match_range(decode, FIELD_SOURCE, range->flags & IPRANGE_SRC_INV,
		                     &range->src_min, &range->src_max);
	if (status == 0 && range->flags & IPRANGE_DST)
		status = match_range(decode, FIELD_DESTINATION, range->flags & IPRANGE_DST_INV,
		                     &range->dst_min, &range->dst_max);
	return status;
}

/* mark */
static int read_mark(struct decode *decode, const void *info)
{
	const struct xt_mark_mtinfo1 *mark = info;

	return decode_match_masked(decode, FIELD_MARK, mark->invert, mark->mask, mark->mark);
}

/* mac: a packet that has the field came by Ethernet; others do not match either way. */
static int read_mac(struct decode *decode, const void *info)
{
	const struct xt_mac_info *mac = info;
	field_value value = 0;

	for (unsigned i = 0; i < sizeof(mac->srcaddr); i++)
		value = value << 8 | mac->srcaddr[i];
	return decode_match(decode, FIELD_SOURCE_MAC, mac->invert, value, value);
}

/* length */
static int read_length(struct decode *decode, const void *info)
{
	const struct xt_length_info *length = info;

	return decode_match(decode, FIELD_LENGTH, length->invert, length->min, length->max);
}

/* ttl; hl has the same layout and the same modes. */
static int read_ttl(struct decode *decode, const void *info)
{
	const struct ipt_ttl_info *ttl = info;

	switch (ttl->mode) {
	case IPT_TTL_EQ:
	case IPT_TTL_NE:
		return decode_match(decode, FIELD_HOP_LIMIT, ttl->mode == IPT_TTL_NE, ttl->ttl,
		                    ttl->ttl);
	case IPT_TTL_LT:
		if (ttl->ttl > 0)
			return decode_match(decode, FIELD_HOP_LIMIT, false, 0, ttl->ttl - 1U);
		break;
	case IPT_TTL_GT:
		if (ttl->ttl < UINT8_MAX)
			return decode_match(decode, FIELD_HOP_LIMIT, false, ttl->ttl + 1U,
			                    UINT8_MAX);
		break;
	default:
		break;
	}
	decode_never(decode);
	return 0;
}

/* dscp */
static int read_dscp(struct decode *decode, const void *info)
{
	const struct xt_dscp_info *dscp = info;

	return decode_match(decode, FIELD_DSCP, dscp->invert, dscp->dscp, dscp->dscp);
}

/* tos: of the byte, the upper six bits are a field. */
static int read_tos(struct decode *decode, const void *info)
{
	enum { ECN = 3, ECN_BITS = 2 };
	const struct xt_tos_match_info *tos = info;
	unsigned mask = tos->tos_mask, value = tos->tos_value;
	int status = 0;

	if (value & ~mask) {
		if (!tos->invert)
			decode_never(decode);
		return 0;
	}
	if (!(mask & ECN) || !tos->invert)
		status = decode_match_masked(decode, FIELD_DSCP, tos->invert, mask >> ECN_BITS,
		                             value >> ECN_BITS);
	if (status == 0 && mask & ECN)
		status = decode_unknown(decode, true);
	return status;
}

/* ecn: of TCP, two of its flags. */
static int read_ecn(struct decode *decode, const void *info)
{
	enum { ECE = 0x40, CWR = 0x80 };
	const struct xt_ecn_info *ecn = info;
	int status = 0;

	if (ecn->operation & (XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR))
		status = decode_match(decode, FIELD_PROTOCOL, false, IPPROTO_TCP, IPPROTO_TCP);
	if (status == 0 && ecn->operation & XT_ECN_OP_MATCH_ECE)
		status = decode_match_masked(decode, FIELD_TCP_FLAGS,
		                             ecn->invert & XT_ECN_OP_MATCH_ECE, ECE, ECE);
	if (status == 0 && ecn->operation & XT_ECN_OP_MATCH_CWR)
		status = decode_match_masked(decode, FIELD_TCP_FLAGS,
		                             ecn->invert & XT_ECN_OP_MATCH_CWR, CWR, CWR);
	if (status == 0 && ecn->operation & XT_ECN_OP_MATCH_IP)
		status = decode_unknown(decode, true);
	return status;
}

const struct xt_reader xt_packet_readers[] = {
    {"tcp", 0, 0, sizeof(struct xt_tcp), read_tcp},
    {"udp", 0, 0, sizeof(struct xt_udp), read_udp},
    {"udplite", 0, 0, sizeof(struct xt_udp), read_udp},
    {"sctp", 0, 0, sizeof(struct xt_sctp_info), read_sctp},
    {"dccp", 0, 0, sizeof(struct xt_dccp_info), read_dccp},
    {"icmp", NFPROTO_IPV4, 0, sizeof(struct ipt_icmp), read_icmp},
    {"icmp6", NFPROTO_IPV6, 0, sizeof(struct ip6t_icmp), read_icmp6},
    {"multiport", 0, 1, sizeof(struct xt_multiport_v1), read_multiport},
    {"multiport", 0, 0, sizeof(struct xt_multiport), read_multiport0},
    {"iprange", 0, 1, sizeof(struct xt_iprange_mtinfo), read_iprange},
    {"mark", 0, 1, sizeof(struct xt_mark_mtinfo1), read_mark},
    {"mac", 0, 0, sizeof(struct xt_mac_info), read_mac},
    {"length", 0, 0, sizeof(struct xt_length_info), read_length},
    {"ttl", NFPROTO_IPV4, 0, sizeof(struct ipt_ttl_info), read_ttl},
    {"hl", NFPROTO_IPV6, 0, sizeof(struct ipt_ttl_info), read_ttl},
    {"dscp", 0, 0, sizeof(struct xt_dscp_info), read_dscp},
    {"tos", 0, 1, sizeof(struct xt_tos_match_info), read_tos},
    {"ecn", 0, 0, sizeof(struct xt_ecn_info), read_ecn},
};
const size_t n_xt_packet_readers = sizeof(xt_packet_readers) / sizeof(*xt_packet_readers);
