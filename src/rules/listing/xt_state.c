/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables' matches in the spelling of iptables-save: flows, sets, sockets, comments. */
#include "rules/listing/xt_match.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_socket.h>
#include <linux/netfilter/xt_state.h>
#include <string.h>

static const struct xt_flag_name states[] = {
    {XT_CONNTRACK_STATE_INVALID, "INVALID"},
    {XT_CONNTRACK_STATE_BIT(IP_CT_NEW), "NEW"},
    {XT_CONNTRACK_STATE_BIT(IP_CT_RELATED), "RELATED"},
    {XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED), "ESTABLISHED"},
    {XT_CONNTRACK_STATE_UNTRACKED, "UNTRACKED"},
    {XT_CONNTRACK_STATE_SNAT, "SNAT"},
    {XT_CONNTRACK_STATE_DNAT, "DNAT"},
    {0, NULL},
};

static const struct xt_flag_name statuses[] = {
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
	text_add(context->text, " %s%s ", xt_not(ct->invert_flags & flag), option);
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
	text_add(context->text, " %s%s ", xt_not(ct->invert_flags & flag), option);
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
		text_add(context->text, " %s%s ", xt_not(ct->invert_flags & XT_CONNTRACK_STATE),
		         ct->match_flags & XT_CONNTRACK_STATE_ALIAS ? "--state" : "--ctstate");
		xt_add_names(context, states, ct->state_mask);
	}
	if (ct->match_flags & XT_CONNTRACK_PROTO)
		text_add(context->text, " %s--ctproto %u",
		         xt_not(ct->invert_flags & XT_CONNTRACK_PROTO), ct->l4proto);
	add_ct_tuple(context, ct);
	if (ct->match_flags & XT_CONNTRACK_STATUS) {
		text_add(context->text, " %s--ctstatus ",
		         xt_not(ct->invert_flags & XT_CONNTRACK_STATUS));
		xt_add_names(context, statuses, ct->status_mask);
	}
	if (ct->match_flags & XT_CONNTRACK_EXPIRES) {
		text_add(context->text, " %s--ctexpire ",
		         xt_not(ct->invert_flags & XT_CONNTRACK_EXPIRES));
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
	xt_add_names(context, states, state->statemask);
}

/* set, revisions 1 to 4: they begin alike; conditions on its counters are not spelt out. */
static void print_set(const struct xt_context *context, const void *info)
{
	const struct xt_set_info *set = info;

	text_add(context->text, " %s--match-set ", xt_not(set->flags & IPSET_INV_MATCH));
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

/* Adds what both revisions of recent have. */
static void add_recent(const struct xt_context *context, const struct xt_recent_mtinfo_v1 *recent,
                       bool mask)
{
	static const struct xt_flag_name actions[] = {
	    {XT_RECENT_SET, "--set"},
	    {XT_RECENT_CHECK, "--rcheck"},
	    {XT_RECENT_UPDATE, "--update"},
	    {XT_RECENT_REMOVE, "--remove"},
	    {0, NULL},
	};

	text_add(context->text, " %s", xt_not(recent->invert));
	xt_add_names(context, actions, recent->check_set);
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
	text_add(context->text, " %s%s %u", xt_not(inverted), option, first);
	if (first != last)
		text_add(context->text, "-%u", last);
}

/* owner, revision 1 */
static void print_owner(const struct xt_context *context, const void *info)
{
	const struct xt_owner_match_info *owner = info;

	if (owner->match & XT_OWNER_SOCKET)
		text_add(context->text, " %s--socket-exists",
		         xt_not(owner->invert & XT_OWNER_SOCKET));
	if (owner->match & XT_OWNER_UID)
		add_owner(context, "--uid-owner", owner->invert & XT_OWNER_UID, owner->uid_min,
		          owner->uid_max);
	if (owner->match & XT_OWNER_GID)
		add_owner(context, "--gid-owner", owner->invert & XT_OWNER_GID, owner->gid_min,
		          owner->gid_max);
	if (owner->match & XT_OWNER_SUPPL_GROUPS)
		text_add(context->text, " --suppl-groups");
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

const struct xt_spelling state_matches[] = {
    {"conntrack", 0, 3, sizeof(struct xt_conntrack_mtinfo3), print_conntrack},
    {"conntrack", 0, 2, sizeof(struct xt_conntrack_mtinfo2), print_conntrack2},
    {"conntrack", 0, 1, sizeof(struct xt_conntrack_mtinfo1), print_conntrack1},
    {"state", 0, 0, sizeof(struct xt_state_info), print_state},
    {"set", 0, 4, sizeof(struct xt_set_info_match_v4), print_set4},
    {"set", 0, 3, sizeof(struct xt_set_info_match_v3), print_set3},
    {"set", 0, 2, sizeof(struct xt_set_info_match_v1), print_set},
    {"set", 0, 1, sizeof(struct xt_set_info_match_v1), print_set},
    {"comment", 0, 0, sizeof(struct xt_comment_info), print_comment},
    {"recent", 0, 1, sizeof(struct xt_recent_mtinfo_v1), print_recent1},
    {"recent", 0, 0, sizeof(struct xt_recent_mtinfo), print_recent0},
    {"owner", 0, 1, sizeof(struct xt_owner_match_info), print_owner},
    {"rpfilter", 0, 0, sizeof(struct xt_rpfilter_info), print_rpfilter},
    {"socket", 0, 1, sizeof(struct xt_socket_mtinfo3), print_socket},
    {"socket", 0, 2, sizeof(struct xt_socket_mtinfo3), print_socket},
    {"socket", 0, 3, sizeof(struct xt_socket_mtinfo3), print_socket},
};
const size_t n_state_matches = sizeof(state_matches) / sizeof(*state_matches);
