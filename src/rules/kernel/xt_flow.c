/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches of xtables on a packet's flow, on what its addresses are, on sets.
 *
 * A packet without a flow - invalid, or untracked - is told by --ctstate alone: with it, the rest
 * of the match is not looked at for such a packet; without it, such a packet never matches
 * (conntrack_mt() in xt_conntrack.c). connmark matches nothing without a flow, negated or not.
 */
#include "rules/packet_type.h"
#include "rules/kernel/kernel.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_socket.h>
#include <linux/netfilter/xt_state.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* The bits that a state has in masks of xt_conntrack and xt_state. */
static const unsigned state_bits[PACKET_STATES] = {
    [STATE_INVALID] = XT_CONNTRACK_STATE_INVALID,
    [STATE_ESTABLISHED] = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED),
    [STATE_RELATED] = XT_CONNTRACK_STATE_BIT(IP_CT_RELATED),
    [STATE_NEW] = XT_CONNTRACK_STATE_BIT(IP_CT_NEW),
    [STATE_UNTRACKED] = XT_CONNTRACK_STATE_UNTRACKED,
};

/* The match of --ctstate; SNAT and DNAT are bits of the flow's status, beside its state. */
static int match_states(struct decode *decode, bool negated, unsigned mask)
{
	unsigned bits = (mask & XT_CONNTRACK_STATE_SNAT ? IPS_SRC_NAT : 0U) |
	                (mask & XT_CONNTRACK_STATE_DNAT ? IPS_DST_NAT : 0U);
	const struct operand_field both[] = {{FIELD_STATE, ~(field_value)0},
	                                     {FIELD_CT_STATUS, bits}};
	struct step *step = decode_match_fields(decode, STEP_MATCH, negated, bits ? 2 : 1, both);
	int status = 0;

	if (!step)
		return -ENOMEM;
	for (unsigned state = 0; state < PACKET_STATES && status == 0; state++) {
		if (!(mask & state_bits[state]))
			continue;
		status = step_add_interval(step, state, state);
		if (status == 0 && bits)
			status = step_add_interval(step, 0, UINT32_MAX);
	}
	if (status == 0 && bits)
		status = step_add_interval(step, STATE_ESTABLISHED, STATE_NEW);
	if (status == 0 && bits)
		status = step_add_interval(step, 1, bits);
	return status;
}

/* A condition of a flow: of a match with --ctstate, "no flow, or the condition". */
static int match_flow(struct decode *decode, bool guarded, bool negated,
                      struct operand_field operand, field_value first, field_value last)
{
	static const unsigned flowless[] = {STATE_INVALID, STATE_UNTRACKED};
	const struct operand_field both[] = {{FIELD_STATE, ~(field_value)0}, operand};
	struct step *step;
	int status = 0;

	if (!guarded) {
		step = decode_match_fields(decode, STEP_MATCH, negated, 1, &operand);
		return step ? step_add_interval(step, first, last) : -ENOMEM;
	}
	step = decode_match_fields(decode, STEP_MATCH, negated, 2, both);
	if (!step)
		return -ENOMEM;
	for (unsigned i = 0; i < 2 && !negated && status == 0; i++) {
		status = step_add_interval(step, flowless[i], flowless[i]);
		if (status == 0)
			status = step_add_interval(step, 0, all_of(operand.field).last);
	}
	if (status == 0)
		status = step_add_interval(step, STATE_ESTABLISHED, STATE_NEW);
	return status < 0 ? status : step_add_interval(step, first, last);
}

/* A conntrack match on its way. */
struct ct_match {
	const struct xt_conntrack_mtinfo3 *info;
	bool guarded; /* it has --ctstate */
};

/* An address of the original direction. */
static int match_ct_address(struct decode *decode, const struct ct_match *ct, unsigned flag,
                            enum field field, const union nf_inet_addr *address,
                            const union nf_inet_addr *mask)
{
	uint8_t family = decode_family(decode);
	unsigned bits = family == NFPROTO_IPV4 ? 32 : 128;
	struct operand_field operand = {field, ~(field_value)0};
	field_value value = field_of_address(family, (const uint8_t *)address);
	field_value under = field_of_address(family, (const uint8_t *)mask);
	field_value rest = ones(bits) & ~under, last;

	if (!(ct->info->match_flags & flag))
		return 0;
	value &= under;
	if (rest & (rest + 1)) {
		operand.mask = under;
		last = value;
	} else {
		last = value | rest;
	}
	return match_flow(decode, ct->guarded, ct->info->invert_flags & flag, operand, value, last);
}

/* Ports of the original direction. */
static int match_ct_ports(struct decode *decode, const struct ct_match *ct, unsigned flag,
                          enum field field, unsigned first, unsigned last)
{
	if (!(ct->info->match_flags & flag))
		return 0;
	return match_flow(decode, ct->guarded, ct->info->invert_flags & flag,
	                  (struct operand_field){field, ~(field_value)0}, first, last);
}

/* What a conntrack match says of the original direction. */
static int match_tuple(struct decode *decode, const struct ct_match *ct)
{
	const struct xt_conntrack_mtinfo3 *info = ct->info;
	int status = match_ct_address(decode, ct, XT_CONNTRACK_ORIGSRC, FIELD_ORIGINAL_SOURCE,
	                              &info->origsrc_addr, &info->origsrc_mask);

	if (status == 0)
		status =
		    match_ct_address(decode, ct, XT_CONNTRACK_ORIGDST, FIELD_ORIGINAL_DESTINATION,
		                     &info->origdst_addr, &info->origdst_mask);
	if (status == 0)
		status = match_ct_ports(decode, ct, XT_CONNTRACK_ORIGSRC_PORT,
		                        FIELD_ORIGINAL_SOURCE_PORT, info->origsrc_port,
		                        info->origsrc_port_high);
	if (status == 0)
		status = match_ct_ports(decode, ct, XT_CONNTRACK_ORIGDST_PORT,
		                        FIELD_ORIGINAL_DESTINATION_PORT, info->origdst_port,
		                        info->origdst_port_high);
	return status;
}

/* conntrack, revision 3 */
static int read_conntrack(struct decode *decode, const void *data)
{
	enum {
		UNKNOWN = XT_CONNTRACK_REPLSRC | XT_CONNTRACK_REPLDST | XT_CONNTRACK_REPLSRC_PORT |
		          XT_CONNTRACK_REPLDST_PORT | XT_CONNTRACK_EXPIRES,
	};
	const struct xt_conntrack_mtinfo3 *info = data;
	struct ct_match ct = {info, info->match_flags & XT_CONNTRACK_STATE};
	unsigned invert = info->invert_flags;
	int status;

	if (ct.guarded)
		status = match_states(decode, invert & XT_CONNTRACK_STATE, info->state_mask);
	else
		status = decode_match_flow(decode);
	if (status == 0 && info->match_flags & XT_CONNTRACK_DIRECTION) {
		/* ORIGINAL is what is not inverted. */
		bool reply = invert & XT_CONNTRACK_DIRECTION;

		status = match_flow(decode, ct.guarded, false,
		                    (struct operand_field){FIELD_CT_REPLY, ~(field_value)0}, reply,
		                    reply);
	}
	if (status == 0 && info->match_flags & XT_CONNTRACK_PROTO)
		status = match_flow(decode, ct.guarded, invert & XT_CONNTRACK_PROTO,
		                    (struct operand_field){FIELD_PROTOCOL, ~(field_value)0},
		                    info->l4proto, info->l4proto);
	if (status == 0)
		status = match_tuple(decode, &ct);
	if (status == 0 && info->match_flags & XT_CONNTRACK_STATUS)
		status = match_flow(decode, ct.guarded, invert & XT_CONNTRACK_STATUS,
		                    (struct operand_field){FIELD_CT_STATUS, info->status_mask}, 1,
		                    UINT32_MAX);
	if (status == 0 && info->match_flags & UNKNOWN)
		status = decode_unknown(decode, true);
	return status;
}

/* conntrack, revision 2: one port each, in network order */
static int read_conntrack2(struct decode *decode, const void *data)
{
	const struct xt_conntrack_mtinfo2 *old = data;
	struct xt_conntrack_mtinfo3 info;

	memset(&info, 0, sizeof(info));
	memcpy(&info, old, sizeof(*old) < sizeof(info) ? sizeof(*old) : sizeof(info));
	info.origsrc_port = info.origsrc_port_high = ntohs(old->origsrc_port);
	info.origdst_port = info.origdst_port_high = ntohs(old->origdst_port);
	info.state_mask = old->state_mask;
	info.status_mask = old->status_mask;
	return read_conntrack(decode, &info);
}

/* conntrack, revision 1: as 2 with narrower masks */
static int read_conntrack1(struct decode *decode, const void *data)
{
	const struct xt_conntrack_mtinfo1 *old = data;
	struct xt_conntrack_mtinfo2 info;

	memset(&info, 0, sizeof(info));
	memcpy(&info, old, sizeof(*old) < sizeof(info) ? sizeof(*old) : sizeof(info));
	info.state_mask = old->state_mask;
	info.status_mask = old->status_mask;
	return read_conntrack2(decode, &info);
}

/* state */
static int read_state(struct decode *decode, const void *info)
{
	const struct xt_state_info *state = info;

	return match_states(decode, false, state->statemask);
}

/* connmark */
static int read_connmark(struct decode *decode, const void *info)
{
	const struct xt_mark_mtinfo1 *mark = info;
	int status = decode_match_flow(decode);

	return status < 0 ? status
	                  : decode_match_masked(decode, FIELD_CT_MARK, mark->invert, mark->mask,
	                                        mark->mark);
}

/* comment */
static int read_comment(struct decode *decode, const void *info)
{
	(void)decode;
	(void)info;
	return 0;
}

/* set, revisions 1 and 2 */
static int read_set(struct decode *decode, const void *info)
{
	const struct xt_set_info *set = info;

	if (set->flags & IPSET_RETURN_NOMATCH)
		return decode_unknown(decode, true);
	return decode_ipset(decode, set->index, set->dim, set->flags);
}

/* set, revision 3, with counters of its elements */
static int read_set3(struct decode *decode, const void *info)
{
	const struct xt_set_info_match_v3 *set = info;

	if (set->packets.op != IPSET_COUNTER_NONE || set->bytes.op != IPSET_COUNTER_NONE)
		return decode_unknown(decode, false);
	return read_set(decode, &set->match_set);
}

/* set, revision 4 */
static int read_set4(struct decode *decode, const void *info)
{
	const struct xt_set_info_match_v4 *set = info;

	if (set->packets.op != IPSET_COUNTER_NONE || set->bytes.op != IPSET_COUNTER_NONE)
		return decode_unknown(decode, false);
	return read_set(decode, &set->match_set);
}

/* socket, revisions 1 to 3: it may set the mark to the socket's. */
static int read_socket(struct decode *decode, const void *info)
{
	const struct xt_socket_mtinfo3 *socket = info;
	int status = decode_unknown(decode, true);

	if (status == 0 && socket->flags & XT_SOCKET_RESTORESKMARK)
		status = decode_forget(decode, FIELD_MARK, UINT32_MAX);
	return status;
}

/* addrtype, revision 1. Limited to an interface, another interface's address is unicast. */
static int read_addrtype(struct decode *decode, const void *info)
{
	const struct xt_addrtype_info_v1 *type = info;
	const struct {
		enum field field;
		unsigned types;
		bool negated;
	} sides[] = {
	    {FIELD_SOURCE_TYPE, type->source, type->flags & XT_ADDRTYPE_INVERT_SOURCE},
	    {FIELD_DESTINATION_TYPE, type->dest, type->flags & XT_ADDRTYPE_INVERT_DEST},
	};
	bool limited = type->flags & (XT_ADDRTYPE_LIMIT_IFACE_IN | XT_ADDRTYPE_LIMIT_IFACE_OUT);
	bool here = !type->source && !(type->flags & XT_ADDRTYPE_LIMIT_IFACE_OUT);
	bool unsure = false;
	int status = 0;

	for (unsigned i = 0; i < 2 && status == 0; i++) {
		bool fixed = !limited || here || sides[i].types == TYPE_MULTICAST;
		enum field field = limited && here ? FIELD_DESTINATION_TYPE_IN : sides[i].field;

		if (!sides[i].types)
			continue;
		unsure = unsure || !fixed;
		if (!fixed && (sides[i].negated || sides[i].types & TYPE_UNICAST))
			continue;
		status = rule_match_types(decode->kernel->ruleset, &decode->path->rule,
		                          decode_family(decode), field, sides[i].types,
		                          sides[i].negated);
	}
	return status < 0 || !unsure ? status : decode_unknown(decode, true);
}

/* addrtype, revision 0 */
static int read_addrtype0(struct decode *decode, const void *info)
{
	const struct xt_addrtype_info *type = info;
	struct xt_addrtype_info_v1 newer = {.source = type->source, .dest = type->dest};

	newer.flags = (type->invert_source ? XT_ADDRTYPE_INVERT_SOURCE : 0U) |
	              (type->invert_dest ? XT_ADDRTYPE_INVERT_DEST : 0U);
	return read_addrtype(decode, &newer);
}

/* pkttype */
static int read_pkttype(struct decode *decode, const void *info)
{
	const struct xt_pkttype_info *wanted = info;

	return rule_match_packet_type(decode->kernel->ruleset, &decode->path->rule,
	                              decode_family(decode), (uint8_t)wanted->pkttype,
	                              wanted->invert);
}

/* rpfilter: strictly, by what is no address of the host's own, it is a field. */
static int read_rpfilter(struct decode *decode, const void *info)
{
	const struct xt_rpfilter_info *filter = info;
	bool ok = !(filter->flags & XT_RPFILTER_INVERT);

	if (filter->flags & (XT_RPFILTER_LOOSE | XT_RPFILTER_ACCEPT_LOCAL) ||
	    !way_back_known(decode->kernel->view, filter->flags & XT_RPFILTER_VALID_MARK))
		return decode_unknown(decode, true);
	return decode_match(decode, FIELD_REVERSE_PATH, false, ok, ok);
}

const struct xt_reader xt_flow_readers[] = {
    {"conntrack", 0, 3, sizeof(struct xt_conntrack_mtinfo3), read_conntrack},
    {"conntrack", 0, 2, sizeof(struct xt_conntrack_mtinfo2), read_conntrack2},
    {"conntrack", 0, 1, sizeof(struct xt_conntrack_mtinfo1), read_conntrack1},
    {"state", 0, 0, sizeof(struct xt_state_info), read_state},
    {"connmark", 0, 1, sizeof(struct xt_mark_mtinfo1), read_connmark},
    {"comment", 0, 0, 0, read_comment},
    {"set", 0, 1, sizeof(struct xt_set_info_match_v1), read_set},
    {"set", 0, 2, sizeof(struct xt_set_info_match_v1), read_set},
    {"set", 0, 3, sizeof(struct xt_set_info_match_v3), read_set3},
    {"set", 0, 4, sizeof(struct xt_set_info_match_v4), read_set4},
    {"socket", 0, 1, sizeof(struct xt_socket_mtinfo3), read_socket},
    {"socket", 0, 2, sizeof(struct xt_socket_mtinfo3), read_socket},
    {"socket", 0, 3, sizeof(struct xt_socket_mtinfo3), read_socket},
    {"addrtype", 0, 1, sizeof(struct xt_addrtype_info_v1), read_addrtype},
    {"addrtype", NFPROTO_IPV4, 0, sizeof(struct xt_addrtype_info), read_addrtype0},
    {"pkttype", 0, 0, sizeof(struct xt_pkttype_info), read_pkttype},
    {"rpfilter", 0, 0, sizeof(struct xt_rpfilter_info), read_rpfilter},
};
const size_t n_xt_flow_readers = sizeof(xt_flow_readers) / sizeof(*xt_flow_readers);
