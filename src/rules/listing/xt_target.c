/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables' targets in the spelling of iptables-save but for those that translate. */
#include "rules/listing/types.h"
#include "rules/listing/xt.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_CHECKSUM.h>
#include <linux/netfilter/xt_CLASSIFY.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <linux/netfilter/xt_TEE.h>
#include <linux/netfilter/xt_TPROXY.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter_ipv4/ipt_LOG.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_NPT.h>
#include <string.h>

/* What iptables-save leaves out. */
enum { DEFAULT_LOG_LEVEL = 4 };

/* MARK, revision 2 */
static void print_mark(const struct xt_context *context, const void *info)
{
	const struct xt_mark_tginfo2 *mark = info;

	text_add(context->text, " --set-xmark 0x%x/0x%x", mark->mark, mark->mask);
}

/* CONNMARK, revision 1 */
static void print_connmark(const struct xt_context *context, const void *info)
{
	const struct xt_connmark_tginfo1 *mark = info;

	if (mark->mode == XT_CONNMARK_SET)
		text_add(context->text, " --set-xmark 0x%x/0x%x", mark->ctmark, mark->ctmask);
	else
		text_add(context->text, " --%s-mark --nfmask 0x%x --ctmask 0x%x",
		         mark->mode == XT_CONNMARK_SAVE ? "save" : "restore", mark->nfmask,
		         mark->ctmask);
}

/* CONNMARK, revision 2: can shift as well */
static void print_connmark2(const struct xt_context *context, const void *info)
{
	const struct xt_connmark_tginfo2 *mark = info;
	struct xt_connmark_tginfo1 older = {
	    .ctmark = mark->ctmark,
	    .ctmask = mark->ctmask,
	    .nfmask = mark->nfmask,
	    .mode = mark->mode,
	};

	print_connmark(context, &older);
	if (mark->shift_bits)
		text_add(context->text, " --%s-shift-mark %u",
		         mark->shift_dir == D_SHIFT_LEFT ? "left" : "right", mark->shift_bits);
}

/* LOG */
static void print_log(const struct xt_context *context, const void *info)
{
	const struct ipt_log_info *log = info;

	if (log->prefix[0]) {
		text_add(context->text, " --log-prefix ");
		xt_add_string(context, log->prefix, sizeof(log->prefix));
	}
	if (log->level != DEFAULT_LOG_LEVEL)
		text_add(context->text, " --log-level %u", log->level);
	text_add(context->text, "%s%s%s%s%s",
	         log->logflags & IPT_LOG_TCPSEQ ? " --log-tcp-sequence" : "",
	         log->logflags & IPT_LOG_TCPOPT ? " --log-tcp-options" : "",
	         log->logflags & IPT_LOG_IPOPT ? " --log-ip-options" : "",
	         log->logflags & IPT_LOG_UID ? " --log-uid" : "",
	         log->logflags & IPT_LOG_MACDECODE ? " --log-macdecode" : "");
}

/* NFLOG */
static void print_nflog(const struct xt_context *context, const void *info)
{
	const struct xt_nflog_info *log = info;

	if (log->prefix[0]) {
		text_add(context->text, " --nflog-prefix ");
		xt_add_string(context, log->prefix, sizeof(log->prefix));
	}
	if (log->group)
		text_add(context->text, " --nflog-group %u", log->group);
	if (log->len)
		text_add(context->text, " --nflog-%s %u",
		         log->flags & XT_NFLOG_F_COPY_LEN ? "size" : "range", log->len);
	if (log->threshold > 1)
		text_add(context->text, " --nflog-threshold %u", log->threshold);
}

/* Adds " --reject-with NAME". */
static void add_reject(const struct xt_context *context, const char *const *names, unsigned n,
                       unsigned with)
{
	if (with < n)
		text_add(context->text, " --reject-with %s", names[with]);
	else
		text_add(context->text, " --reject-with <%u>", with);
}

/* REJECT, IPv4 */
static void print_reject(const struct xt_context *context, const void *info)
{
	static const char *const names[] = {
	    "icmp-net-unreachable",
	    "icmp-host-unreachable",
	    "icmp-proto-unreachable",
	    "icmp-port-unreachable",
	    "echo-reply",
	    "icmp-net-prohibited",
	    "icmp-host-prohibited",
	    "tcp-reset",
	    "icmp-admin-prohibited",
	};
	const struct ipt_reject_info *reject = info;

	add_reject(context, names, sizeof(names) / sizeof(*names), reject->with);
}

/* REJECT, IPv6: the same structure, other names */
static void print_reject6(const struct xt_context *context, const void *info)
{
	static const char *const names[] = {
	    "icmp6-no-route",
	    "icmp6-adm-prohibited",
	    "icmp6-not-neighbour",
	    "icmp6-addr-unreachable",
	    "icmp6-port-unreachable",
	    "echo-reply",
	    "tcp-reset",
	    "icmp6-policy-fail",
	    "icmp6-reject-route",
	};
	const struct ipt_reject_info *reject = info;

	add_reject(context, names, sizeof(names) / sizeof(*names), reject->with);
}

/* Adds the zone of a CT target. */
static void add_zone(const struct xt_context *context, const struct xt_ct_target_info_v1 *ct)
{
	const char *direction = ct->flags & XT_CT_ZONE_DIR_ORIG   ? "-orig"
	                        : ct->flags & XT_CT_ZONE_DIR_REPL ? "-reply"
	                                                          : "";

	if (ct->flags & XT_CT_ZONE_MARK)
		text_add(context->text, " --zone%s mark", direction);
	else if (ct->zone)
		text_add(context->text, " --zone%s %u", direction, ct->zone);
}

/* CT, revisions 1 and 2 */
static void print_ct(const struct xt_context *context, const void *info)
{
	const struct xt_ct_target_info_v1 *ct = info;

	if (ct->flags & XT_CT_NOTRACK_ALIAS)
		return;
	if (ct->flags & XT_CT_NOTRACK)
		text_add(context->text, " --notrack");
	if (ct->helper[0])
		text_add(context->text, " --helper %.*s", (int)sizeof(ct->helper), ct->helper);
	if (ct->timeout[0])
		text_add(context->text, " --timeout %.*s", (int)sizeof(ct->timeout), ct->timeout);
	if (ct->ct_events)
		text_add(context->text, " --ctevents <0x%x>", ct->ct_events);
	if (ct->exp_events)
		text_add(context->text, " --expevents <0x%x>", ct->exp_events);
	add_zone(context, ct);
}

/* CT, revision 0: without timeout */
static void print_ct0(const struct xt_context *context, const void *info)
{
	const struct xt_ct_target_info *ct = info;
	struct xt_ct_target_info_v1 newer = {
	    .flags = ct->flags,
	    .zone = ct->zone,
	    .ct_events = ct->ct_events,
	    .exp_events = ct->exp_events,
	};

	memcpy(newer.helper, ct->helper, sizeof(newer.helper));
	print_ct(context, &newer);
}

/* NOTRACK as a target of its own, of older kernels: nothing to add. */
static void print_nothing(const struct xt_context *context, const void *info)
{
	(void)context;
	(void)info;
}

/* TPROXY, revision 1 */
static void print_tproxy(const struct xt_context *context, const void *info)
{
	const struct xt_tproxy_target_info_v1 *proxy = info;

	text_add(context->text, " --on-port %u --on-ip ", ntohs(proxy->lport));
	xt_add_address(context, &proxy->laddr);
	text_add(context->text, " --tproxy-mark 0x%x/0x%x", proxy->mark_value, proxy->mark_mask);
}

/* TPROXY, revision 0 */
static void print_tproxy0(const struct xt_context *context, const void *info)
{
	const struct xt_tproxy_target_info *proxy = info;

	text_add(context->text, " --on-port %u --on-ip ", ntohs(proxy->lport));
	xt_add_address(context, &proxy->laddr);
	text_add(context->text, " --tproxy-mark 0x%x/0x%x", proxy->mark_value, proxy->mark_mask);
}

/* Adds " --add-set NAME src" where a set is named. */
static void add_target_set(const struct xt_context *context, const char *option,
                           const struct xt_set_info *set)
{
	if (set->index == IPSET_INVALID_ID)
		return;
	text_add(context->text, " --%s-set ", option);
	xt_add_set(context, set->index, set->dim, set->flags);
}

/* SET, revision 1 */
static void print_set1(const struct xt_context *context, const void *info)
{
	const struct xt_set_info_target_v1 *set = info;

	add_target_set(context, "add", &set->add_set);
	add_target_set(context, "del", &set->del_set);
}

/* Adds what an element gets beside its key. */
static void add_set_options(const struct xt_context *context, uint32_t flags, uint32_t timeout)
{
	if (flags & IPSET_FLAG_EXIST)
		text_add(context->text, " --exist");
	if (timeout != UINT32_MAX)
		text_add(context->text, " --timeout %u", timeout);
}

/* SET, revision 2 */
static void print_set2(const struct xt_context *context, const void *info)
{
	const struct xt_set_info_target_v2 *set = info;

	print_set1(context, info);
	add_set_options(context, set->flags, set->timeout);
}

/* SET, revision 3 */
static void print_set3(const struct xt_context *context, const void *info)
{
	const struct xt_set_info_target_v3 *set = info;

	print_set1(context, info);
	add_target_set(context, "map", &set->map_set);
	add_set_options(context, set->flags & IPSET_FLAG_EXIST, set->timeout);
	if (set->flags & IPSET_FLAG_MAP_SKBMARK)
		text_add(context->text, " --map-mark");
	if (set->flags & IPSET_FLAG_MAP_SKBPRIO)
		text_add(context->text, " --map-prio");
	if (set->flags & IPSET_FLAG_MAP_SKBQUEUE)
		text_add(context->text, " --map-queue");
}

/* CHECKSUM */
static void print_checksum(const struct xt_context *context, const void *info)
{
	const struct xt_CHECKSUM_info *checksum = info;

	if (checksum->operation & XT_CHECKSUM_OP_FILL)
		text_add(context->text, " --checksum-fill");
}

/* TCPMSS */
static void print_tcpmss(const struct xt_context *context, const void *info)
{
	const struct xt_tcpmss_info *mss = info;

	if (mss->mss == XT_TCPMSS_CLAMP_PMTU)
		text_add(context->text, " --clamp-mss-to-pmtu");
	else
		text_add(context->text, " --set-mss %u", mss->mss);
}

/* CLASSIFY */
static void print_classify(const struct xt_context *context, const void *info)
{
	const struct xt_classify_target_info *class = info;

	text_add(context->text, " --set-class %04x:%04x", class->priority >> 16,
	         class->priority & 0xffff);
}

/* DSCP */
static void print_dscp(const struct xt_context *context, const void *info)
{
	const struct xt_DSCP_info *dscp = info;

	text_add(context->text, " --set-dscp 0x%02x", dscp->dscp);
}

/* TEE, revision 1 */
static void print_tee(const struct xt_context *context, const void *info)
{
	const struct xt_tee_tginfo *tee = info;

	text_add(context->text, " --gateway ");
	xt_add_address(context, &tee->gw);
	if (tee->oif[0])
		text_add(context->text, " --oif %.*s", (int)sizeof(tee->oif), tee->oif);
}

/* Adds the queues of any revision of NFQUEUE. */
static void add_queue(const struct xt_context *context, unsigned first, unsigned total,
                      unsigned flags)
{
	if (total > 1)
		text_add(context->text, " --queue-balance %u:%u", first, first + total - 1);
	else
		text_add(context->text, " --queue-num %u", first);
	text_add(context->text, "%s%s", flags & NFQ_FLAG_BYPASS ? " --queue-bypass" : "",
	         flags & NFQ_FLAG_CPU_FANOUT ? " --queue-cpu-fanout" : "");
}

/* NFQUEUE, revisions 2 and 3 */
static void print_nfqueue3(const struct xt_context *context, const void *info)
{
	const struct xt_NFQ_info_v3 *queue = info;

	add_queue(context, queue->queuenum, queue->queues_total, queue->flags);
}

/* NFQUEUE, revision 1 */
static void print_nfqueue1(const struct xt_context *context, const void *info)
{
	const struct xt_NFQ_info_v1 *queue = info;

	add_queue(context, queue->queuenum, queue->queues_total, 0);
}

/* NFQUEUE, revision 0 */
static void print_nfqueue0(const struct xt_context *context, const void *info)
{
	const struct xt_NFQ_info *queue = info;

	add_queue(context, queue->queuenum, 1, 0);
}

/* DNPT, SNPT */
static void print_npt(const struct xt_context *context, const void *info)
{
	const struct ip6t_npt_tginfo *npt = info;

	text_add(context->text, " --src-pfx ");
	xt_add_address(context, &npt->src_pfx);
	text_add(context->text, "/%u --dst-pfx ", npt->src_pfx_len);
	xt_add_address(context, &npt->dst_pfx);
	text_add(context->text, "/%u", npt->dst_pfx_len);
}

static const struct xt_spelling targets[] = {
    {"MARK", 0, 2, sizeof(struct xt_mark_tginfo2), print_mark},
    {"CONNMARK", 0, 1, sizeof(struct xt_connmark_tginfo1), print_connmark},
    {"CONNMARK", 0, 2, sizeof(struct xt_connmark_tginfo2), print_connmark2},
    {"LOG", 0, 0, sizeof(struct ipt_log_info), print_log},
    {"NFLOG", 0, 0, sizeof(struct xt_nflog_info), print_nflog},
    {"REJECT", AF_INET, 0, sizeof(struct ipt_reject_info), print_reject},
    {"REJECT", AF_INET6, 0, sizeof(struct ipt_reject_info), print_reject6},
    {"CT", 0, 0, offsetof(struct xt_ct_target_info, ct), print_ct0},
    {"CT", 0, 1, offsetof(struct xt_ct_target_info_v1, ct), print_ct},
    {"CT", 0, 2, offsetof(struct xt_ct_target_info_v1, ct), print_ct},
    {"NOTRACK", 0, 0, 0, print_nothing},
    {"TRACE", 0, 0, 0, print_nothing},
    {"TPROXY", AF_INET, 0, sizeof(struct xt_tproxy_target_info), print_tproxy0},
    {"TPROXY", 0, 1, sizeof(struct xt_tproxy_target_info_v1), print_tproxy},
    {"SET", 0, 1, sizeof(struct xt_set_info_target_v1), print_set1},
    {"SET", 0, 2, sizeof(struct xt_set_info_target_v2), print_set2},
    {"SET", 0, 3, sizeof(struct xt_set_info_target_v3), print_set3},
    {"CHECKSUM", 0, 0, sizeof(struct xt_CHECKSUM_info), print_checksum},
    {"TCPMSS", 0, 0, sizeof(struct xt_tcpmss_info), print_tcpmss},
    {"CLASSIFY", 0, 0, sizeof(struct xt_classify_target_info), print_classify},
    {"DSCP", 0, 0, sizeof(struct xt_DSCP_info), print_dscp},
    {"TEE", 0, 1, offsetof(struct xt_tee_tginfo, priv), print_tee},
    {"NFQUEUE", 0, 3, sizeof(struct xt_NFQ_info_v3), print_nfqueue3},
    {"NFQUEUE", 0, 2, sizeof(struct xt_NFQ_info_v3), print_nfqueue3},
    {"NFQUEUE", 0, 1, sizeof(struct xt_NFQ_info_v1), print_nfqueue1},
    {"NFQUEUE", 0, 0, sizeof(struct xt_NFQ_info), print_nfqueue0},
    {"DNPT", AF_INET6, 0, sizeof(struct ip6t_npt_tginfo), print_npt},
    {"SNPT", AF_INET6, 0, sizeof(struct ip6t_npt_tginfo), print_npt},
};

/* A CT target that was asked for as "-j NOTRACK" says so of itself. */
static bool is_notrack_alias(const struct xt_part *target)
{
	uint16_t flags;

	if (strcmp(target->name, "CT") != 0 || target->info.len < sizeof(flags))
		return false;
	memcpy(&flags, target->info.data, sizeof(flags));
	return flags & XT_CT_NOTRACK_ALIAS;
}

void xt_target_add(const struct xt_context *context, const struct xt_part *target)
{
	text_add(context->text, " -j %s", is_notrack_alias(target) ? "NOTRACK" : target->name);
	if (!xt_nat_target_add(context, target))
		xt_spell(context, target, targets, sizeof(targets) / sizeof(*targets));
}
