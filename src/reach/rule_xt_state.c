/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables' matches in the spelling of iptables-save: flows, rates, sets, sockets, comments. */
#include "reach/rule_xt_match.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_socket.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_statistic.h>
#include <string.h>

/* What iptables-save leaves out. */
enum { DEFAULT_BURST = 5 };

/* "! " where the condition is turned round. */
static const char * not(bool inverted)
{
	return inverted ? "! " : "";
}

struct flag_name {
	unsigned flag;
	const char *name;
};

/* Adds the names of the flags that are set, in the table's order, joined by commas. */
static void add_names(const struct xt_context *context, const struct flag_name *names,
                      unsigned flags)
{
	const char *comma = "";

	for (; names->name; names++) {
		if (!(flags & names->flag))
			continue;
		text_add(context->text, "%s%s", comma, names->name);
		comma = ",";
	}
	if (!*comma)
		text_add(context->text, "NONE");
}

static const struct flag_name states[] = {
    {XT_CONNTRACK_STATE_INVALID, "INVALID"},
    {XT_CONNTRACK_STATE_BIT(IP_CT_NEW), "NEW"},
    {XT_CONNTRACK_STATE_BIT(IP_CT_RELATED), "RELATED"},
    {XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED), "ESTABLISHED"},
    {XT_CONNTRACK_STATE_UNTRACKED, "UNTRACKED"},
    {XT_CONNTRACK_STATE_SNAT, "SNAT"},
    {XT_CONNTRACK_STATE_DNAT, "DNAT"},
    {0, NULL},
};

static const struct flag_name statuses[] = {
    {IPS_EXPECTED, "EXPECTED"},
    {IPS_SEEN_REPLY, "SEEN_REPLY"},
    {IPS_ASSURED, "ASSURED"},
    {IPS_CONFIRMED, "CONFIRMED"},
    {0, NULL},
};

/* Adds one address of a conntrack match. */
static void add_ct_address(const struct xt_context *context, const struct xt_conntrack_mtinfo3 *ct,
                           unsigned flag, const char *option, const union nf_inet_addr *address,
                           const union nf_inet_addr *mask)
{
	if (!(ct->match_flags & flag))
		return;
	text_add(context->text, " %s%s ", not(ct->invert_flags & flag), option);
	if (xt_mask_len((const uint8_t *)mask, address_size(context->family)) ==
	    (int)address_size(context->family) * 8)
		xt_add_address(context, address);
	else
		xt_add_prefix(context, address, mask);
}

/* Adds one range of ports of a conntrack match. */
static void add_ct_ports(const struct xt_context *context, const struct xt_conntrack_mtinfo3 *ct,
                         unsigned flag, const char *option, unsigned first, unsigned last)
{
	if (!(ct->match_flags & flag))
		return;
	text_add(context->text, " %s%s ", not(ct->invert_flags & flag), option);
	xt_add_range(context, first, last);
}

/* Adds the addresses and ports of a conntrack match, in iptables-save's order. */
static void add_ct_tuple(const struct xt_context *context, const struct xt_conntrack_mtinfo3 *ct)
{
	add_ct_address(context, ct, XT_CONNTRACK_ORIGSRC, "--ctorigsrc", &ct->origsrc_addr,
	               &ct->origsrc_mask);
	add_ct_address(context, ct, XT_CONNTRACK_ORIGDST, "--ctorigdst", &ct->origdst_addr,
	               &ct->origdst_mask);
	add_ct_address(context, ct, XT_CONNTRACK_REPLSRC, "--ctreplsrc", &ct->replsrc_addr,
	               &ct->replsrc_mask);
	add_ct_address(context, ct, XT_CONNTRACK_REPLDST, "--ctrepldst", &ct->repldst_addr,
	               &ct->repldst_mask);
	add_ct_ports(context, ct, XT_CONNTRACK_ORIGSRC_PORT, "--ctorigsrcport", ct->origsrc_port,
	             ct->origsrc_port_high);
	add_ct_ports(context, ct, XT_CONNTRACK_ORIGDST_PORT, "--ctorigdstport", ct->origdst_port,
	             ct->origdst_port_high);
	add_ct_ports(context, ct, XT_CONNTRACK_REPLSRC_PORT, "--ctreplsrcport", ct->replsrc_port,
	             ct->replsrc_port_high);
	add_ct_ports(context, ct, XT_CONNTRACK_REPLDST_PORT, "--ctrepldstport", ct->repldst_port,
	             ct->repldst_port_high);
}

/* conntrack, revision 3 */
static void print_conntrack(const struct xt_context *context, const void *info)
{
	const struct xt_conntrack_mtinfo3 *ct = info;

	if (ct->match_flags & XT_CONNTRACK_STATE) {
		text_add(context->text, " %s%s ", not(ct->invert_flags & XT_CONNTRACK_STATE),
		         ct->match_flags & XT_CONNTRACK_STATE_ALIAS ? "--state" : "--ctstate");
		add_names(context, states, ct->state_mask);
	}
	if (ct->match_flags & XT_CONNTRACK_PROTO)
		text_add(context->text, " %s--ctproto %u",
		         not(ct->invert_flags & XT_CONNTRACK_PROTO), ct->l4proto);
	add_ct_tuple(context, ct);
	if (ct->match_flags & XT_CONNTRACK_STATUS) {
		text_add(context->text, " %s--ctstatus ",
		         not(ct->invert_flags & XT_CONNTRACK_STATUS));
		add_names(context, statuses, ct->status_mask);
	}
	if (ct->match_flags & XT_CONNTRACK_EXPIRES) {
		text_add(context->text, " %s--ctexpire ",
		         not(ct->invert_flags & XT_CONNTRACK_EXPIRES));
		xt_add_range(context, ct->expires_min, ct->expires_max);
	}
	if (ct->match_flags & XT_CONNTRACK_DIRECTION)
		text_add(context->text, " --ctdir %s",
		         ct->invert_flags & XT_CONNTRACK_DIRECTION ? "REPLY" : "ORIGINAL");
}

/* conntrack, revision 2: one port each, in network order */
static void print_conntrack2(const struct xt_context *context, const void *info)
{
	const struct xt_conntrack_mtinfo2 *old = info;
	struct xt_conntrack_mtinfo3 ct;

	memset(&ct, 0, sizeof(ct));
	memcpy(&ct, old, sizeof(*old) < sizeof(ct) ? sizeof(*old) : sizeof(ct));
	ct.origsrc_port = ct.origsrc_port_high = ntohs(old->origsrc_port);
	ct.origdst_port = ct.origdst_port_high = ntohs(old->origdst_port);
	ct.replsrc_port = ct.replsrc_port_high = ntohs(old->replsrc_port);
	ct.repldst_port = ct.repldst_port_high = ntohs(old->repldst_port);
	ct.state_mask = old->state_mask;
	ct.status_mask = old->status_mask;
	print_conntrack(context, &ct);
}

/* conntrack, revision 1: as 2 with narrower masks */
static void print_conntrack1(const struct xt_context *context, const void *info)
{
	const struct xt_conntrack_mtinfo1 *old = info;
	struct xt_conntrack_mtinfo2 newer;

	memset(&newer, 0, sizeof(newer));
	memcpy(&newer, old, sizeof(*old) < sizeof(newer) ? sizeof(*old) : sizeof(newer));
	newer.state_mask = old->state_mask;
	newer.status_mask = old->status_mask;
	print_conntrack2(context, &newer);
}

/* state */
static void print_state(const struct xt_context *context, const void *info)
{
	const struct xt_state_info *state = info;

	text_add(context->text, " --state ");
	add_names(context, states, state->statemask);
}

/* set, revisions 1 to 4: they begin alike; conditions on its counters are not spelt out. */
static void print_set(const struct xt_context *context, const void *info)
{
	const struct xt_set_info *set = info;

	text_add(context->text, " %s--match-set ", not(set->flags & IPSET_INV_MATCH));
	xt_add_set(context, set->index, set->dim, set->flags);
	if (set->flags & IPSET_RETURN_NOMATCH)
		text_add(context->text, " --return-nomatch");
}

/* set, revision 4, with its counters */
static void print_set4(const struct xt_context *context, const void *info)
{
	const struct xt_set_info_match_v4 *set = info;

	print_set(context, &set->match_set);
	if (set->packets.op != IPSET_COUNTER_NONE || set->bytes.op != IPSET_COUNTER_NONE)
		text_add(context->text, " <...>");
}

/* set, revision 3, with its counters */
static void print_set3(const struct xt_context *context, const void *info)
{
	const struct xt_set_info_match_v3 *set = info;

	print_set(context, &set->match_set);
	if (set->packets.op != IPSET_COUNTER_NONE || set->bytes.op != IPSET_COUNTER_NONE)
		text_add(context->text, " <...>");
}

/* comment */
static void print_comment(const struct xt_context *context, const void *info)
{
	const struct xt_comment_info *comment = info;

	text_add(context->text, " --comment ");
	xt_add_string(context, comment->comment, sizeof(comment->comment));
}

/*
 * Adds a rate kept as the time between two packets, in units of 1/scale seconds: by the largest
 * unit of time that spells it without much rounding, as iptables does.
 */
static void add_rate(const struct xt_context *context, uint64_t period, uint64_t scale)
{
	const struct {
		const char *name;
		uint64_t period;
	} units[] = {
	    {"day", scale * 86400},
	    {"hour", scale * 3600},
	    {"min", scale * 60},
	    {"sec", scale},
	};
	unsigned i;

	if (period == 0) {
		text_add(context->text, "inf");
		return;
	}
	for (i = 1; i < sizeof(units) / sizeof(*units); i++)
		if (period > units[i].period || units[i].period / period < units[i].period % period)
			break;
	text_add(context->text, "%" PRIu64 "/%s", units[i - 1].period / period, units[i - 1].name);
}

/* limit */
static void print_limit(const struct xt_context *context, const void *info)
{
	const struct xt_rateinfo *rate = info;

	text_add(context->text, " --limit ");
	add_rate(context, rate->avg, XT_LIMIT_SCALE);
	if (rate->burst != DEFAULT_BURST)
		text_add(context->text, " --limit-burst %u", rate->burst);
}

/* Adds the parts of a hashlimit that all revisions have. */
static void add_hashlimit(const struct xt_context *context, const struct hashlimit_cfg3 *cfg,
                          uint64_t scale, const char *name, size_t name_size)
{
	static const struct flag_name modes[] = {
	    {XT_HASHLIMIT_HASH_SIP, "srcip"},
	    {XT_HASHLIMIT_HASH_SPT, "srcport"},
	    {XT_HASHLIMIT_HASH_DIP, "dstip"},
	    {XT_HASHLIMIT_HASH_DPT, "dstport"},
	    {0, NULL},
	};
	unsigned keyed = cfg->mode & (XT_HASHLIMIT_HASH_SIP | XT_HASHLIMIT_HASH_SPT |
	                              XT_HASHLIMIT_HASH_DIP | XT_HASHLIMIT_HASH_DPT);
	uint8_t full = context->family == AF_INET ? 32 : 128;

	text_add(context->text, " --hashlimit-%s ",
	         cfg->mode & XT_HASHLIMIT_INVERT ? "above" : "upto");
	if (cfg->mode & (XT_HASHLIMIT_BYTES | XT_HASHLIMIT_RATE_MATCH)) {
		text_add(context->text, "<...>");
	} else {
		add_rate(context, cfg->avg, scale);
		text_add(context->text, " --hashlimit-burst %" PRIu64, (uint64_t)cfg->burst);
	}
	if (keyed) {
		text_add(context->text, " --hashlimit-mode ");
		add_names(context, modes, keyed);
	}
	text_add(context->text, " --hashlimit-name ");
	xt_add_string(context, name, name_size);
	if (cfg->srcmask != full)
		text_add(context->text, " --hashlimit-srcmask %u", cfg->srcmask);
	if (cfg->dstmask != full)
		text_add(context->text, " --hashlimit-dstmask %u", cfg->dstmask);
}

/* hashlimit, revision 3 */
static void print_hashlimit3(const struct xt_context *context, const void *info)
{
	const struct xt_hashlimit_mtinfo3 *limit = info;

	add_hashlimit(context, &limit->cfg, XT_HASHLIMIT_SCALE_v2, limit->name,
	              sizeof(limit->name));
}

/* hashlimit, revision 2 */
static void print_hashlimit2(const struct xt_context *context, const void *info)
{
	const struct xt_hashlimit_mtinfo2 *limit = info;
	struct hashlimit_cfg3 cfg = {
	    .avg = limit->cfg.avg,
	    .burst = limit->cfg.burst,
	    .mode = limit->cfg.mode,
	    .srcmask = limit->cfg.srcmask,
	    .dstmask = limit->cfg.dstmask,
	};

	add_hashlimit(context, &cfg, XT_HASHLIMIT_SCALE_v2, limit->name, sizeof(limit->name));
}

/* hashlimit, revision 1 */
static void print_hashlimit1(const struct xt_context *context, const void *info)
{
	const struct xt_hashlimit_mtinfo1 *limit = info;
	struct hashlimit_cfg3 cfg = {
	    .avg = limit->cfg.avg,
	    .burst = limit->cfg.burst,
	    .mode = limit->cfg.mode,
	    .srcmask = limit->cfg.srcmask,
	    .dstmask = limit->cfg.dstmask,
	};

	add_hashlimit(context, &cfg, XT_HASHLIMIT_SCALE, limit->name, sizeof(limit->name));
}

/* Adds what both revisions of recent have. */
static void add_recent(const struct xt_context *context, const struct xt_recent_mtinfo_v1 *recent,
                       bool mask)
{
	static const struct flag_name actions[] = {
	    {XT_RECENT_SET, "--set"},
	    {XT_RECENT_CHECK, "--rcheck"},
	    {XT_RECENT_UPDATE, "--update"},
	    {XT_RECENT_REMOVE, "--remove"},
	    {0, NULL},
	};

	text_add(context->text, " %s", not(recent->invert));
	add_names(context, actions, recent->check_set);
	if (recent->seconds)
		text_add(context->text, " --seconds %u", recent->seconds);
	if (recent->check_set & XT_RECENT_REAP)
		text_add(context->text, " --reap");
	if (recent->hit_count)
		text_add(context->text, " --hitcount %u", recent->hit_count);
	if (recent->check_set & XT_RECENT_TTL)
		text_add(context->text, " --rttl");
	text_add(context->text, " --name %.*s", XT_RECENT_NAME_LEN, recent->name);
	if (mask) {
		text_add(context->text, " --mask ");
		xt_add_address(context, &recent->mask);
	}
	text_add(context->text, recent->side == XT_RECENT_DEST ? " --rdest" : " --rsource");
}

/* recent, revision 1 */
static void print_recent1(const struct xt_context *context, const void *info)
{
	add_recent(context, info, true);
}

/* recent, revision 0: the same but for the mask at its end */
static void print_recent0(const struct xt_context *context, const void *info)
{
	struct xt_recent_mtinfo_v1 recent = {0};

	memcpy(&recent, info, sizeof(struct xt_recent_mtinfo));
	add_recent(context, &recent, false);
}

/* Adds " --uid-owner 5" or " --uid-owner 5-9". */
static void add_owner(const struct xt_context *context, const char *option, bool inverted,
                      unsigned first, unsigned last)
{
	text_add(context->text, " %s%s %u", not(inverted), option, first);
	if (first != last)
		text_add(context->text, "-%u", last);
}

/* owner, revision 1 */
static void print_owner(const struct xt_context *context, const void *info)
{
	const struct xt_owner_match_info *owner = info;

	if (owner->match & XT_OWNER_SOCKET)
		text_add(context->text, " %s--socket-exists", not(owner->invert & XT_OWNER_SOCKET));
	if (owner->match & XT_OWNER_UID)
		add_owner(context, "--uid-owner", owner->invert & XT_OWNER_UID, owner->uid_min,
		          owner->uid_max);
	if (owner->match & XT_OWNER_GID)
		add_owner(context, "--gid-owner", owner->invert & XT_OWNER_GID, owner->gid_min,
		          owner->gid_max);
	if (owner->match & XT_OWNER_SUPPL_GROUPS)
		text_add(context->text, " --suppl-groups");
}

/* connlimit, revision 1 */
static void print_connlimit(const struct xt_context *context, const void *info)
{
	const struct xt_connlimit_info *limit = info;

	text_add(context->text, " --connlimit-%s %u --connlimit-mask %d --connlimit-%s",
	         limit->flags & XT_CONNLIMIT_INVERT ? "upto" : "above", limit->limit,
	         xt_mask_len((const uint8_t *)&limit->mask, address_size(context->family)),
	         limit->flags & XT_CONNLIMIT_DADDR ? "daddr" : "saddr");
}

/* statistic */
static void print_statistic(const struct xt_context *context, const void *info)
{
	const struct xt_statistic_info *statistic = info;
	bool inverted = statistic->flags & XT_STATISTIC_INVERT;

	if (statistic->mode == XT_STATISTIC_MODE_RANDOM)
		text_add(context->text, " --mode random %s--probability %.11f", not(inverted),
		         1.0 * statistic->u.random.probability / 0x80000000);
	else
		text_add(context->text, " --mode nth %s--every %" PRIu64 " --packet %u",
		         not(inverted), (uint64_t)statistic->u.nth.every + 1,
		         statistic->u.nth.packet);
}

/* rpfilter */
static void print_rpfilter(const struct xt_context *context, const void *info)
{
	const struct xt_rpfilter_info *filter = info;

	text_add(context->text, "%s%s%s%s", filter->flags & XT_RPFILTER_LOOSE ? " --loose" : "",
	         filter->flags & XT_RPFILTER_VALID_MARK ? " --validmark" : "",
	         filter->flags & XT_RPFILTER_ACCEPT_LOCAL ? " --accept-local" : "",
	         filter->flags & XT_RPFILTER_INVERT ? " --invert" : "");
}

/* socket, revisions 1 to 3 */
static void print_socket(const struct xt_context *context, const void *info)
{
	const struct xt_socket_mtinfo3 *socket = info;

	text_add(context->text, "%s%s%s",
	         socket->flags & XT_SOCKET_TRANSPARENT ? " --transparent" : "",
	         socket->flags & XT_SOCKET_NOWILDCARD ? " --nowildcard" : "",
	         socket->flags & XT_SOCKET_RESTORESKMARK ? " --restore-skmark" : "");
}

static const struct xt_spelling state_matches[] = {
    {"conntrack", 0, 3, sizeof(struct xt_conntrack_mtinfo3), print_conntrack},
    {"conntrack", 0, 2, sizeof(struct xt_conntrack_mtinfo2), print_conntrack2},
    {"conntrack", 0, 1, sizeof(struct xt_conntrack_mtinfo1), print_conntrack1},
    {"state", 0, 0, sizeof(struct xt_state_info), print_state},
    {"set", 0, 4, sizeof(struct xt_set_info_match_v4), print_set4},
    {"set", 0, 3, sizeof(struct xt_set_info_match_v3), print_set3},
    {"set", 0, 2, sizeof(struct xt_set_info_match_v1), print_set},
    {"set", 0, 1, sizeof(struct xt_set_info_match_v1), print_set},
    {"comment", 0, 0, sizeof(struct xt_comment_info), print_comment},
    {"limit", 0, 0, offsetof(struct xt_rateinfo, prev), print_limit},
    {"hashlimit", 0, 3, sizeof(struct xt_hashlimit_mtinfo3), print_hashlimit3},
    {"hashlimit", 0, 2, sizeof(struct xt_hashlimit_mtinfo2), print_hashlimit2},
    {"hashlimit", 0, 1, sizeof(struct xt_hashlimit_mtinfo1), print_hashlimit1},
    {"recent", 0, 1, sizeof(struct xt_recent_mtinfo_v1), print_recent1},
    {"recent", 0, 0, sizeof(struct xt_recent_mtinfo), print_recent0},
    {"owner", 0, 1, sizeof(struct xt_owner_match_info), print_owner},
    {"connlimit", 0, 1, offsetof(struct xt_connlimit_info, data), print_connlimit},
    {"statistic", 0, 0, offsetof(struct xt_statistic_info, master), print_statistic},
    {"rpfilter", 0, 0, sizeof(struct xt_rpfilter_info), print_rpfilter},
    {"socket", 0, 1, sizeof(struct xt_socket_mtinfo3), print_socket},
    {"socket", 0, 2, sizeof(struct xt_socket_mtinfo3), print_socket},
    {"socket", 0, 3, sizeof(struct xt_socket_mtinfo3), print_socket},
};

/* A conntrack match that was asked for as "-m state" says so of itself. */
static bool is_state_alias(const struct xt_part *match)
{
	uint16_t flags;
	size_t at = match->revision == 3   ? offsetof(struct xt_conntrack_mtinfo3, match_flags)
	            : match->revision == 2 ? offsetof(struct xt_conntrack_mtinfo2, match_flags)
	                                   : offsetof(struct xt_conntrack_mtinfo1, match_flags);

	if (strcmp(match->name, "conntrack") != 0 || match->info.len < at + sizeof(flags))
		return false;
	memcpy(&flags, match->info.data + at, sizeof(flags));
	return flags & XT_CONNTRACK_STATE_ALIAS;
}

void xt_match_add(const struct xt_context *context, const struct xt_part *match)
{
	text_add(context->text, " -m %s", is_state_alias(match) ? "state" : match->name);
	for (size_t i = 0; i < n_packet_matches; i++) {
		if (strcmp(packet_matches[i].name, match->name) == 0) {
			xt_spell(context, match, packet_matches, n_packet_matches);
			return;
		}
	}
	xt_spell(context, match, state_matches, sizeof(state_matches) / sizeof(*state_matches));
}
