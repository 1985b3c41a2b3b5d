/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets of xtables: translations, marks, headers, and what only logs or counts.
 *
 * DNPT and SNPT rewrite each packet and go on: the prefix is set, and the rest, where the kernel
 * mends the checksum, is forgotten.
 */
#include "rules/kernel/kernel.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_TPROXY.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>
#include <linux/netfilter_ipv6/ip6t_NPT.h>
#include <netinet/in.h>

/* Adds the step of any target that translates. */
static int add_nat(struct decode *decode, enum nat_kind kind)
{
	uint8_t family = decode_family(decode);
	struct xt_nat nat;
	struct step *step;

	if (!xt_nat_read(family == NFPROTO_IPV6 ? AF_INET6 : AF_INET, decode->part, &nat))
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "%s of table %s has %zu bytes, which is too short",
		                 decode->part->name, decode->table, decode->part->info.len);
	step = decode_nat(decode, kind);
	if (!step)
		return -ENOMEM;
	decode->path->ended = true;
	/* MASQUERADE and REDIRECT go to an address of an interface, which no rule names. */
	if (kind != NAT_MASQUERADE && kind != NAT_REDIRECT && nat.flags & NF_NAT_RANGE_MAP_IPS) {
		step->nat_address = true;
		step->addresses = (struct interval){field_of_address(family, nat.first),
		                                    field_of_address(family, nat.last)};
	}
	if (kind != NAT_NETMAP && nat.flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		step->nat_port = true;
		step->ports = (struct interval){nat.first_port, nat.last_port};
	}
	return 0;
}

/* DNAT */
static int read_dnat(struct decode *decode, const void *info)
{
	(void)info;
	return add_nat(decode, NAT_DESTINATION);
}

/* SNAT */
static int read_snat(struct decode *decode, const void *info)
{
	(void)info;
	return add_nat(decode, NAT_SOURCE);
}

/* MASQUERADE */
static int read_masquerade(struct decode *decode, const void *info)
{
	(void)info;
	return add_nat(decode, NAT_MASQUERADE);
}

/* REDIRECT */
static int read_redirect(struct decode *decode, const void *info)
{
	(void)info;
	return add_nat(decode, NAT_REDIRECT);
}

/* NETMAP */
static int read_netmap(struct decode *decode, const void *info)
{
	(void)info;
	return add_nat(decode, NAT_NETMAP);
}

/* TPROXY, revision 1; what no socket takes, it drops. */
static int read_tproxy(struct decode *decode, const void *info)
{
	const struct xt_tproxy_target_info_v1 *proxy = info;
	uint8_t family = decode_family(decode);
	field_value address = field_of_address(family, (const uint8_t *)&proxy->laddr);
	int status = 0;
	struct step *step;

	if (proxy->mark_mask || proxy->mark_value)
		status = decode_assign(decode, FIELD_MARK, proxy->mark_mask, proxy->mark_value);
	step = status == 0 ? decode_nat(decode, NAT_TPROXY) : NULL;
	if (!step)
		return -ENOMEM;
	decode->path->ended = true;
	step->nat_address = address != 0;
	step->addresses = (struct interval){address, address};
	step->nat_port = proxy->lport != 0;
	step->ports = (struct interval){ntohs(proxy->lport), ntohs(proxy->lport)};
	return 0;
}

/* TPROXY, revision 0: of IPv4 */
static int read_tproxy0(struct decode *decode, const void *info)
{
	const struct xt_tproxy_target_info *old = info;
	struct xt_tproxy_target_info_v1 proxy = {
	    .mark_mask = old->mark_mask,
	    .mark_value = old->mark_value,
	    .laddr.ip = old->laddr,
	    .lport = old->lport,
	};

	return read_tproxy(decode, &proxy);
}

/* MARK */
static int read_mark(struct decode *decode, const void *info)
{
	const struct xt_mark_tginfo2 *mark = info;

	return decode_assign(decode, FIELD_MARK, mark->mask, mark->mark);
}

/* CONNMARK, revision 2; without a flow, nothing happens. */
static int read_connmark2(struct decode *decode, const void *info)
{
	const struct xt_connmark_tginfo2 *mark = info;
	bool save = mark->mode == XT_CONNMARK_SAVE, set = mark->mode == XT_CONNMARK_SET;
	enum field field = save || set ? FIELD_CT_MARK : FIELD_MARK;
	size_t from = decode->path->rule.steps.n;
	int status;

	if (mark->shift_bits)
		status = decode_forget(decode, field, UINT32_MAX);
	else if (set)
		status = decode_assign(decode, field, mark->ctmask, mark->ctmark);
	else if (save)
		status = decode_copy(decode, field, FIELD_MARK, mark->ctmask, mark->nfmask);
	else
		status = decode_copy(decode, field, FIELD_CT_MARK, mark->nfmask, mark->ctmask);
	return status < 0 ? status : decode_where_flow(decode, from);
}

/* CONNMARK, revision 1 */
static int read_connmark(struct decode *decode, const void *info)
{
	const struct xt_connmark_tginfo1 *old = info;
	struct xt_connmark_tginfo2 mark = {
	    .ctmark = old->ctmark,
	    .ctmask = old->ctmask,
	    .nfmask = old->nfmask,
	    .mode = old->mode,
	};

	return read_connmark2(decode, &mark);
}

/* NOTRACK */
static int read_notrack(struct decode *decode, const void *info)
{
	(void)info;
	return rule_add_step(&decode->path->rule, STEP_NOTRACK) ? 0 : -ENOMEM;
}

/* What leaves a packet on its way. */
static int read_effect(struct decode *decode, const void *info)
{
	(void)info;
	return decode_effect(decode);
}

/* CT: a helper, a zone, a timeout are the flow's. */
static int read_ct(struct decode *decode, const void *info)
{
	const struct xt_ct_target_info *ct = info;

	return ct->flags & XT_CT_NOTRACK ? read_notrack(decode, info) : decode_effect(decode);
}

/* DSCP */
static int read_dscp(struct decode *decode, const void *info)
{
	enum { ALL = 0x3f };
	const struct xt_DSCP_info *dscp = info;

	return decode_assign(decode, FIELD_DSCP, ALL, dscp->dscp);
}

/* TOS: of the byte, the upper six bits are a field. */
static int read_tos(struct decode *decode, const void *info)
{
	enum { ECN_BITS = 2 };
	const struct xt_tos_target_info *tos = info;

	return decode_assign(decode, FIELD_DSCP, tos->tos_mask >> ECN_BITS,
	                     tos->tos_value >> ECN_BITS);
}

/* TTL, HL: one layout. */
static int read_ttl(struct decode *decode, const void *info)
{
	const struct ipt_TTL_info *ttl = info;

	if (ttl->mode != IPT_TTL_SET)
		return decode_forget(decode, FIELD_HOP_LIMIT, UINT8_MAX);
	return decode_assign(decode, FIELD_HOP_LIMIT, UINT8_MAX, ttl->ttl);
}

/* HMARK: a hash becomes the mark. */
static int read_hmark(struct decode *decode, const void *info)
{
	(void)info;
	return decode_forget(decode, FIELD_MARK, UINT32_MAX);
}

/* SET, revision 3: an element may have a mark for the packet. */
static int read_set3(struct decode *decode, const void *info)
{
	const struct xt_set_info_target_v3 *set = info;
	int status = decode_effect(decode);

	if (status == 0 && set->flags & IPSET_FLAG_MAP_SKBMARK)
		status = decode_forget(decode, FIELD_MARK, UINT32_MAX);
	return status;
}

/* REJECT */
static int read_reject(struct decode *decode, const void *info)
{
	(void)info;
	return decode_verdict(decode, VERDICT_REJECT, NULL);
}

/* NFQUEUE */
static int read_queue(struct decode *decode, const void *info)
{
	(void)info;
	return decode_verdict(decode, VERDICT_QUEUE, NULL);
}

/* SYNPROXY */
static int read_synproxy(struct decode *decode, const void *info)
{
	(void)info;
	return decode_synproxy(decode, true);
}

/* Rewrites the prefix of an address. */
static int change_prefix(struct decode *decode, enum field field, const struct ip6t_npt_tginfo *npt)
{
	const field_value low_words = ones(80);
	unsigned len = npt->src_pfx_len > npt->dst_pfx_len ? npt->src_pfx_len : npt->dst_pfx_len;
	field_value mask = len >= 128 ? ones(128) : ones(128) & ~ones(128 - len);
	field_value value = field_of_address(NFPROTO_IPV6, (const uint8_t *)&npt->dst_pfx);
	int status = decode_assign(decode, field, mask, value & mask);

	return status < 0 ? status : decode_forget(decode, field, ~mask & low_words);
}

/* DNPT */
static int read_dnpt(struct decode *decode, const void *info)
{
	return change_prefix(decode, FIELD_DESTINATION, info);
}

/* SNPT */
static int read_snpt(struct decode *decode, const void *info)
{
	return change_prefix(decode, FIELD_SOURCE, info);
}

const struct xt_reader xt_target_readers[] = {
    {"DNAT", 0, 0, 0, read_dnat},
    {"DNAT", 0, 1, 0, read_dnat},
    {"DNAT", 0, 2, 0, read_dnat},
    {"SNAT", 0, 0, 0, read_snat},
    {"SNAT", 0, 1, 0, read_snat},
    {"SNAT", 0, 2, 0, read_snat},
    {"MASQUERADE", 0, 0, 0, read_masquerade},
    {"REDIRECT", 0, 0, 0, read_redirect},
    {"NETMAP", 0, 0, 0, read_netmap},
    {"TPROXY", NFPROTO_IPV4, 0, sizeof(struct xt_tproxy_target_info), read_tproxy0},
    {"TPROXY", 0, 1, sizeof(struct xt_tproxy_target_info_v1), read_tproxy},
    {"MARK", 0, 2, sizeof(struct xt_mark_tginfo2), read_mark},
    {"CONNMARK", 0, 1, sizeof(struct xt_connmark_tginfo1), read_connmark},
    {"CONNMARK", 0, 2, sizeof(struct xt_connmark_tginfo2), read_connmark2},
    {"NOTRACK", 0, 0, 0, read_notrack},
    {"CT", 0, 0, offsetof(struct xt_ct_target_info, ct), read_ct},
    {"CT", 0, 1, offsetof(struct xt_ct_target_info, ct), read_ct},
    {"CT", 0, 2, offsetof(struct xt_ct_target_info, ct), read_ct},
    {"DSCP", 0, 0, sizeof(struct xt_DSCP_info), read_dscp},
    {"TOS", 0, 1, sizeof(struct xt_tos_target_info), read_tos},
    {"TTL", NFPROTO_IPV4, 0, sizeof(struct ipt_TTL_info), read_ttl},
    {"HL", NFPROTO_IPV6, 0, sizeof(struct ipt_TTL_info), read_ttl},
    {"HMARK", 0, 0, 0, read_hmark},
    {"REJECT", 0, 0, 0, read_reject},
    {"NFQUEUE", 0, 0, 0, read_queue},
    {"NFQUEUE", 0, 1, 0, read_queue},
    {"NFQUEUE", 0, 2, 0, read_queue},
    {"NFQUEUE", 0, 3, 0, read_queue},
    {"SYNPROXY", 0, 0, 0, read_synproxy},
    {"DNPT", NFPROTO_IPV6, 0, sizeof(struct ip6t_npt_tginfo), read_dnpt},
    {"SNPT", NFPROTO_IPV6, 0, sizeof(struct ip6t_npt_tginfo), read_snpt},
    {"SET", 0, 1, 0, read_effect},
    {"SET", 0, 2, 0, read_effect},
    {"SET", 0, 3, sizeof(struct xt_set_info_target_v3), read_set3},
    {"LOG", 0, 0, 0, read_effect},
    {"NFLOG", 0, 0, 0, read_effect},
    {"ULOG", 0, 0, 0, read_effect},
    {"TRACE", 0, 0, 0, read_effect},
    {"TEE", 0, 0, 0, read_effect},
    {"TEE", 0, 1, 0, read_effect},
    {"CLASSIFY", 0, 0, 0, read_effect},
    {"CHECKSUM", 0, 0, 0, read_effect},
    {"TCPMSS", 0, 0, 0, read_effect},
    {"TCPOPTSTRIP", 0, 0, 0, read_effect},
    {"AUDIT", 0, 0, 0, read_effect},
    {"SECMARK", 0, 0, 0, read_effect},
    {"SECMARK", 0, 1, 0, read_effect},
    {"CONNSECMARK", 0, 0, 0, read_effect},
    {"IDLETIMER", 0, 0, 0, read_effect},
    {"IDLETIMER", 0, 1, 0, read_effect},
    {"LED", 0, 0, 0, read_effect},
    {"RATEEST", 0, 0, 0, read_effect},
};
const size_t n_xt_target_readers = sizeof(xt_target_readers) / sizeof(*xt_target_readers);
