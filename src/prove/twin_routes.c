/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's routes: exactly the host's.
 *
 * Theory of operation. Links and addresses have made the kernel's own routes already, most of them
 * the host's. So the twin's routes are dumped and both sides brought into one form - the message
 * that would create the route, attributes in a fixed order, without state - and sorted: what only
 * the twin has is deleted, what only the host has is created. A route through a gateway is refused
 * until the gateway can be reached, so routes without gateway go first and the refused ones are
 * tried again for as long as that gets any further.
 *
 * IPv6 makes the local route of a new address a moment later, in a work queue of the whole machine
 * (net/ipv6/addrconf.c, addrconf_dad_work()). They are waited for as long as they come, a few
 * milliseconds on a quiet machine; on a busy one we make them. Then the metric is another, as the
 * kernel takes no metric of 0 from us, which for the only route to an address decides nothing.
 */
#include "observe/netlink.h"
#include "prove/twin_parts.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	WAIT_STEP_NSEC = 2 * 1000 * 1000,
	WAIT_STEPS = 10, /* in which not one more route came */
};

/* What a route is made of; the rest of what a dump tells is its state. */
static const uint16_t route_parts[] = {
    RTA_DST,  RTA_SRC,  RTA_IIF,    RTA_PRIORITY, RTA_PREFSRC,  RTA_METRICS, RTA_FLOW,  RTA_TABLE,
    RTA_MARK, RTA_PREF, RTA_NEWDST, RTA_NH_ID,    RTA_IP_PROTO, RTA_SPORT,   RTA_DPORT,
};

/* Where a route goes; a nexthop object says that for the route that names it. */
static const uint16_t hop_parts[] = {
    RTA_OIF, RTA_GATEWAY, RTA_VIA, RTA_ENCAP_TYPE, RTA_ENCAP, RTA_TTL_PROPAGATE,
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Adds a multipath attribute without the state of its hops. */
static void draft_multipath(struct draft *draft, const struct nlattr *multipath)
{
	size_t start = draft->bytes.len, offset = sizeof(struct nlattr), len = multipath->nla_len;

	draft_copy(draft, multipath);
	while (draft->error == 0 && len - offset >= sizeof(struct rtnexthop)) {
		struct rtnexthop *hop = (void *)(draft->bytes.data + start + offset);

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > len - offset)
			break;
		hop->rtnh_flags &= RTNH_F_ONLINK;
		offset += NLMSG_ALIGN((size_t)hop->rtnh_len);
		if (offset > len)
			break;
	}
}

/* Adds those attributes of a route that are in a list. */
static void draft_parts(struct draft *draft, const struct nlmsghdr *raw, const uint16_t *parts,
                        size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct nlattr *value = message_find(raw, sizeof(struct rtmsg), parts[i]);

		if (value)
			draft_copy(draft, value);
	}
}

/* Drafts the creation of a route. The caller has seen that the header is there. */
static size_t route_draft(struct draft *draft, const struct nlmsghdr *raw)
{
	const struct nlattr *multipath = message_find(raw, sizeof(struct rtmsg), RTA_MULTIPATH);
	struct rtmsg header = *(const struct rtmsg *)message_header(raw, sizeof(header));
	/* IPv4 keeps the order of equal routes; for IPv6 appending means another hop of the same.
	 */
	uint16_t flags =
	    (uint16_t)(NLM_F_CREATE | (header.rtm_family == AF_INET ? NLM_F_APPEND : 0));
	size_t start;

	header.rtm_flags &= RTNH_F_ONLINK;
	start = draft_begin(draft, RTM_NEWROUTE, flags, 0, &header, sizeof(header));
	draft_parts(draft, raw, route_parts, COUNT(route_parts));
	if (!message_find(raw, sizeof(header), RTA_NH_ID)) {
		draft_parts(draft, raw, hop_parts, COUNT(hop_parts));
		if (multipath)
			draft_multipath(draft, multipath);
	}
	draft_end(draft, start);
	return start;
}

/* When a route can be made: those with a gateway need the others. */
static uint16_t route_turn(const struct nlmsghdr *raw)
{
	static const uint16_t far[] = {RTA_GATEWAY, RTA_VIA, RTA_MULTIPATH, RTA_NH_ID};
	const struct rtmsg *header = message_header(raw, sizeof(*header));

	for (size_t i = 0; i < COUNT(far); i++)
		if (message_find(raw, sizeof(*header), far[i]))
			return 2;
	return header->rtm_type == RTN_LOCAL ? 0 : 1;
}

int route_parcels(const struct bytes *run, struct parcels *parcels)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(run, &offset))) {
		const struct rtmsg *header = message_header(raw, sizeof(*header));

		if (!header || header->rtm_flags & RTM_F_CLONED ||
		    (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
			continue;
		status =
		    parcels_added(parcels, raw, route_draft(&parcels->draft, raw), route_turn(raw));
	}
	return status;
}

/* Reads the twin's routes and drafts them. `run` is what the parcels borrow from. */
static int routes_now(struct netlink *netlink, struct bytes *run, struct parcels *parcels,
                      struct error **ret_error)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct dump dump = {.to = run, .cap = NETLINK_DUMP_MAX, .what = "the routes of the twin"};
	int status = 0;

	run->len = 0;
	parcels->items.n = 0;
	parcels->draft.bytes.len = 0;
	for (size_t i = 0; status >= 0 && i < sizeof(families); i++) {
		dump.family = families[i];
		status = netlink_dump_steady(
		    netlink, request_begin(buffer, RTM_GETROUTE, sizeof(struct rtmsg), families[i]),
		    &dump, ret_error);
	}
	return status < 0 ? status : route_parcels(run, parcels);
}

/* Compares two drafted routes, for qsort_r(); the context is the draft. */
static int parcel_compare(const void *a, const void *b, void *context)
{
	const struct parcel *left = *(const struct parcel *const *)a;
	const struct parcel *right = *(const struct parcel *const *)b;
	const uint8_t *const *bases = context;
	size_t len = left->len < right->len ? left->len : right->len;
	int order = memcmp(bases[0] + left->offset, bases[1] + right->offset, len);

	return order ? order : (left->len > right->len) - (left->len < right->len);
}

/* Pointers to parcels in order; the caller frees. NULL when memory is out. */
static struct parcel **parcels_sorted(const struct parcels *parcels)
{
	const uint8_t *bases[2] = {parcels->draft.bytes.data, parcels->draft.bytes.data};
	struct parcel **sorted = calloc(parcels->items.n + 1, sizeof(*sorted));

	for (size_t i = 0; sorted && i < parcels->items.n; i++)
		sorted[i] = &parcels->items.items[i];
	if (sorted)
		qsort_r(sorted, parcels->items.n, sizeof(struct parcel *), parcel_compare, bases);
	return sorted;
}

enum { IN_BOTH = 0, IN_ONE = 1 };

/* Marks with IN_ONE, in parcel.number, the routes that only one side has. How many of ours miss. */
static int routes_differ(struct parcels *ours, struct parcels *theirs, size_t *ret_missing)
{
	_cleanup_free_ struct parcel **left = parcels_sorted(ours);
	_cleanup_free_ struct parcel **right = parcels_sorted(theirs);
	const uint8_t *bases[2] = {ours->draft.bytes.data, theirs->draft.bytes.data};
	size_t missing = 0, i = 0, j = 0;

	if (!left || !right)
		return -ENOMEM;
	while (i < ours->items.n || j < theirs->items.n) {
		int order = i >= ours->items.n     ? 1
		            : j >= theirs->items.n ? -1
		                                   : parcel_compare(&left[i], &right[j], bases);

		if (order <= 0)
			left[i++]->number = order ? IN_ONE : IN_BOTH;
		if (order >= 0)
			right[j++]->number = order ? IN_ONE : IN_BOTH;
		missing += order < 0;
	}
	*ret_missing = missing;
	return 0;
}

/* Whether a route of the host is one that the kernel makes in time. */
static bool route_comes(const struct parcel *parcel)
{
	const struct rtmsg *header = message_header(parcel->raw, sizeof(*header));

	return header->rtm_family == AF_INET6 && header->rtm_protocol == RTPROT_KERNEL;
}

/* How many routes that the kernel makes are not there yet. */
static size_t routes_coming(const struct parcels *ours)
{
	size_t coming = 0;

	vec_foreach(parcel, &ours->items)
		coming += parcel->number == IN_ONE && route_comes(parcel);
	return coming;
}

/* Waits for the kernel's own routes, then marks the differences. */
static int routes_wait(struct netlink *netlink, struct parcels *ours, struct bytes *run,
                       struct parcels *theirs, struct error **ret_error)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP_NSEC};
	size_t coming = SIZE_MAX, missing;

	for (int idle = 0; idle < WAIT_STEPS; idle++) {
		size_t before = coming;
		int status = routes_now(netlink, run, theirs, ret_error);

		if (status == 0)
			status = routes_differ(ours, theirs, &missing);
		if (status < 0)
			return status;
		coming = routes_coming(ours);
		if (coming == 0)
			break;
		idle = coming < before ? 0 : idle;
		nanosleep(&step, NULL);
	}
	return 0;
}

/* Deletes the twin's routes that the host does not have. */
static int routes_delete(struct wire *wire, struct parcels *theirs)
{
	_cleanup_outbox_ struct outbox outbox = {.wire = wire};
	struct draft *draft = &outbox.draft;
	int status = 0;

	vec_foreach(parcel, &theirs->items) {
		struct nlmsghdr *message;
		size_t start = draft->bytes.len;

		if (parcel->number != IN_ONE)
			continue;
		status = bytes_append(&draft->bytes, theirs->draft.bytes.data + parcel->offset,
		                      parcel->len, SIZE_MAX);
		if (status < 0)
			return status;
		message = (void *)(draft->bytes.data + start);
		message->nlmsg_type = RTM_DELROUTE;
		message->nlmsg_flags = NLM_F_REQUEST;
		status = outbox_added(&outbox);
		if (status < 0)
			return status;
	}
	return outbox_flush(&outbox);
}

/* Keeps only what is still to be made. */
static void parcels_keep_missing(struct parcels *parcels)
{
	size_t kept = 0;

	vec_foreach(parcel, &parcels->items)
		if (parcel->number == IN_ONE)
			parcels->items.items[kept++] = *parcel;
	parcels->items.n = kept;
}

const char *route_describe(const struct nlmsghdr *raw, char text[static ROUTE_DESCRIPTION])
{
	const struct rtmsg *header = message_header(raw, sizeof(*header));
	const struct nlattr *value = message_find(raw, sizeof(*header), RTA_DST);
	struct prefix prefix = {.address = address_any(header->rtm_family),
	                        .len = header->rtm_dst_len};
	char prefix_text[PREFIX_TEXT];

	if (value && nlattr_len(value) == address_size(header->rtm_family))
		prefix.address = address_make(header->rtm_family, nlattr_data(value));
	snprintf(text, ROUTE_DESCRIPTION, "route to %s in table %u",
	         prefix_format(&prefix, prefix_text),
	         nlattr_u32(message_find(raw, sizeof(*header), RTA_TABLE), header->rtm_table));
	return text;
}

/* Notes the routes that the kernel would not take. */
static int routes_note(struct twin *twin, const struct parcels *parcels)
{
	char text[ROUTE_DESCRIPTION];
	int status = 0;

	for (size_t i = 0; status == 0 && i < parcels->items.n; i++) {
		const struct parcel *parcel = &parcels->items.items[i];

		if (parcel->number)
			status = twin_note(twin, "%s: it is not copied: %s",
			                   route_describe(parcel->raw, text),
			                   parcel->why ? parcel->why : strerror(parcel->number));
	}
	return status;
}

int twin_routes(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_parcels_ struct parcels ours = {.arena = &twin->arena};
	_cleanup_parcels_ struct parcels theirs = {.arena = &twin->arena};
	_cleanup_netlink_ struct netlink *netlink = NULL;
	_cleanup_wire_ struct wire wire = WIRE_CLOSED;
	_cleanup_(bytes_done) struct bytes run = {0};
	int status = wire_open(NETLINK_ROUTE, &wire, ret_error);

	/* There are always some, unless they could not be read. */
	if (status == 0 && view->raw[RAW_ROUTE].len == 0)
		return 0;
	if (status == 0)
		status = netlink_open(NETLINK_ROUTE, &netlink, ret_error);
	if (status == 0)
		status = route_parcels(&view->raw[RAW_ROUTE], &ours);
	if (status == 0)
		status = routes_wait(netlink, &ours, &run, &theirs, ret_error);
	if (status == 0)
		status = routes_delete(&wire, &theirs);
	if (status == 0) {
		parcels_keep_missing(&ours);
		status = parcels_send(&ours, &wire, EEXIST);
	}
	if (status == 0)
		status = routes_note(twin, &ours);
	return status < 0 ? error_wrap(ret_error, status, "giving the twin its routes") : 0;
}
