/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's nexthop objects and policy rules: the host's, rules in their order.
 *
 * Theory of operation. Rules of one priority are taken in the order in which they were made, so
 * when the twin's rules are not the host's, all are deleted and the host's made one after the
 * other. Nexthop groups name other objects, so what is refused is tried again.
 */
#include "observe/netlink.h"
#include "prove/twin_parts.h"

#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Drafts one rule as the message that would create it. */
static int rule_draft(struct parcels *parcels, const struct nlmsghdr *raw)
{
	struct fib_rule_hdr header =
	    *(const struct fib_rule_hdr *)message_header(raw, sizeof(header));
	const struct nlattr *value;
	struct draft *draft = &parcels->draft;
	const void *data;
	size_t len, offset = 0, start;

	/* The others of its flags are state: whether its link is there, whether its goal is. */
	header.flags &= FIB_RULE_INVERT | FIB_RULE_FIND_SADDR;
	start = draft_begin(draft, RTM_NEWRULE, NLM_F_CREATE, 0, &header, sizeof(header));
	message_attributes(raw, sizeof(header), &data, &len);
	while ((value = nlattr_next(data, len, &offset)))
		if (nlattr_type(value) != FRA_PAD)
			draft_copy(draft, value);
	/* Priority 0 is not told, and one that is not asked for is made up. */
	if (!nlattr_find(data, len, FRA_PRIORITY))
		draft_put_u32(draft, FRA_PRIORITY, 0);
	draft_end(draft, start);
	return parcels_added(parcels, raw, start, 0);
}

int rule_parcels(const struct bytes *run, struct parcels *parcels)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(run, &offset))) {
		const struct fib_rule_hdr *header = message_header(raw, sizeof(*header));

		if (header && (header->family == AF_INET || header->family == AF_INET6))
			status = rule_draft(parcels, raw);
	}
	return status;
}

/* Reads the twin's rules and drafts them. */
static int rules_now(struct bytes *run, struct parcels *parcels, struct error **ret_error)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	_cleanup_netlink_ struct netlink *netlink = NULL;
	struct dump dump = {.to = run, .cap = NETLINK_DUMP_MAX, .what = "the rules of the twin"};
	int status = netlink_open(NETLINK_ROUTE, &netlink, ret_error);

	for (size_t i = 0; status >= 0 && i < sizeof(families); i++) {
		dump.family = families[i];
		status = netlink_dump_steady(
		    netlink,
		    request_begin(buffer, RTM_GETRULE, sizeof(struct fib_rule_hdr), families[i]),
		    &dump, ret_error);
		/* A kernel without policy routing has no rules. */
		status = status == -EOPNOTSUPP ? 0 : status;
	}
	return status < 0 ? status : rule_parcels(run, parcels);
}

/* Deletes all of the twin's rules. */
static int rules_delete(struct wire *wire, const struct parcels *parcels)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = wire};
	int status = 0;

	for (size_t i = 0; status == 0 && i < parcels->items.n; i++) {
		const struct parcel *parcel = &parcels->items.items[i];
		size_t start = outbox.draft.bytes.len;

		status =
		    bytes_append(&outbox.draft.bytes, parcels->draft.bytes.data + parcel->offset,
		                 parcel->len, SIZE_MAX);
		if (status < 0)
			return status;
		((struct nlmsghdr *)(outbox.draft.bytes.data + start))->nlmsg_type = RTM_DELRULE;
		status = outbox_added(&outbox);
	}
	return status < 0 ? status : outbox_flush(&outbox);
}

int twin_rules(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_parcels_ struct parcels ours = {.arena = &twin->arena};
	_cleanup_parcels_ struct parcels theirs = {.arena = &twin->arena};
	_cleanup_wire_ struct wire wire = WIRE_CLOSED;
	_cleanup_(bytes_done) struct bytes run = {0};
	int status = wire_open(NETLINK_ROUTE, &wire, ret_error);

	/* There are always some, unless they could not be read. */
	if (status == 0 && view->raw[RAW_RULE].len == 0)
		return 0;
	if (status == 0)
		status = rule_parcels(&view->raw[RAW_RULE], &ours);
	if (status == 0)
		status = rules_now(&run, &theirs, ret_error);
	if (status == 0 && ours.draft.bytes.len == theirs.draft.bytes.len &&
	    (!ours.draft.bytes.len ||
	     memcmp(ours.draft.bytes.data, theirs.draft.bytes.data, ours.draft.bytes.len) == 0))
		return 0;
	if (status == 0)
		status = rules_delete(&wire, &theirs);
	if (status == 0)
		status = parcels_send(&ours, &wire, 0);
	for (size_t i = 0; status == 0 && i < ours.items.n; i++) {
		const struct parcel *parcel = &ours.items.items[i];
		const struct nlattr *priority =
		    message_find(parcel->raw, sizeof(struct fib_rule_hdr), FRA_PRIORITY);

		if (parcel->number)
			status = twin_note(twin, "policy rule of priority %u: it is not copied: %s",
			                   nlattr_u32(priority, 0),
			                   parcel->why ? parcel->why : strerror(parcel->number));
	}
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its policy rules") : 0;
}

/* Drafts the creation of a nexthop object. */
static int nexthop_draft(struct parcels *parcels, const struct nlmsghdr *raw)
{
	static const uint16_t same[] = {NHA_ID,  NHA_GROUP,    NHA_GROUP_TYPE, NHA_BLACKHOLE,
	                                NHA_OIF, NHA_GATEWAY,  NHA_ENCAP_TYPE, NHA_ENCAP,
	                                NHA_FDB, NHA_RES_GROUP};
	struct nhmsg header = *(const struct nhmsg *)message_header(raw, sizeof(header));
	const struct nlattr *group = message_find(raw, sizeof(header), NHA_GROUP);
	struct draft *draft = &parcels->draft;
	size_t start;

	header.nh_scope = 0;
	header.resvd = 0;
	header.nh_flags &= RTNH_F_ONLINK;
	start = draft_begin(draft, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, 0, &header,
	                    sizeof(header));
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const struct nlattr *value = message_find(raw, sizeof(header), same[i]);

		if (value)
			draft_copy(draft, value);
	}
	draft_end(draft, start);
	return parcels_added(parcels, raw, start, group ? 1 : 0);
}

int nexthop_parcels(const struct bytes *run, struct parcels *parcels)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(run, &offset)))
		if (message_header(raw, sizeof(struct nhmsg)))
			status = nexthop_draft(parcels, raw);
	return status;
}

int twin_nexthops(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_parcels_ struct parcels parcels = {.arena = &twin->arena};
	_cleanup_wire_ struct wire wire = WIRE_CLOSED;
	int status;

	if (view->raw[RAW_NEXTHOP].len == 0)
		return 0;
	status = wire_open(NETLINK_ROUTE, &wire, ret_error);
	if (status == 0)
		status = nexthop_parcels(&view->raw[RAW_NEXTHOP], &parcels);
	if (status == 0)
		status = parcels_send(&parcels, &wire, EEXIST);
	for (size_t i = 0; status == 0 && i < parcels.items.n; i++) {
		const struct parcel *parcel = &parcels.items.items[i];

		if (parcel->number)
			status = twin_note(
			    twin, "nexthop %u: it is not copied: %s",
			    nlattr_u32(message_find(parcel->raw, sizeof(struct nhmsg), NHA_ID), 0),
			    parcel->why ? parcel->why : strerror(parcel->number));
	}
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its nexthops") : 0;
}
