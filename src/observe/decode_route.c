/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decodes routes, and the nexthop objects that they may name.
 *
 * Theory of operation. A route says where it goes in one of three ways: with its own gateway and
 * link, with a list of them (RTA_MULTIPATH), or by the id of a nexthop object, which may in turn
 * be a group of others. The kernel spells nexthop objects out in the route as well, unless
 * net.ipv4.nexthop_compat_mode is 0; only then are they looked up here.
 */
#include "observe/decode.h"

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Reads RTA_VIA: a gateway of another family than the route's. */
static int decode_via(const struct decoder *decoder, const struct nlattr *via, struct address *to)
{
	const uint8_t *data = attribute_data(via);
	size_t len = attribute_len(via);
	uint16_t family;

	if (len < sizeof(family))
		return decode_bad(decoder, "a gateway is cut short");
	memcpy(&family, data, sizeof(family));
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (len - sizeof(family) != address_size((uint8_t)family))
		return decode_bad(decoder, "an address has an unexpected size");
	*to = address_make((uint8_t)family, data + sizeof(family));
	return 0;
}

/* Reads a gateway out of a table that reaches to RTA_VIA. */
static int decode_gateway(const struct decoder *decoder, const struct nlattr *const *table,
                          uint8_t family, struct address *to)
{
	if (table[RTA_VIA])
		return decode_via(decoder, table[RTA_VIA], to);
	return decode_address(decoder, table[RTA_GATEWAY], family, to);
}

/* Reads the first of several next hops. */
static int decode_multipath(const struct decoder *decoder, const struct nlattr *multipath,
                            uint8_t family, struct hop *hop)
{
	const struct nlattr *table[RTA_VIA + 1];
	struct rtnexthop first;
	int status;

	if (attribute_len(multipath) < sizeof(first))
		return decode_bad(decoder, "a list of next hops is cut short");
	memcpy(&first, attribute_data(multipath), sizeof(first));
	if (first.rtnh_len < sizeof(first) || first.rtnh_len > attribute_len(multipath))
		return decode_bad(decoder, "a next hop does not fit");
	status = decode_attributes(decoder, (const char *)attribute_data(multipath) + sizeof(first),
	                           first.rtnh_len - sizeof(first), table, TABLE_LEN(table));
	if (status < 0)
		return status;
	hop->ifindex = (uint32_t)first.rtnh_ifindex;
	return decode_gateway(decoder, table, family, &hop->gateway);
}

/* Reads a nexthop object; of a group, the id of its first member goes to *ret_member. */
static int decode_nexthop(const struct decoder *decoder, struct hop *hop, uint32_t *ret_member)
{
	const struct nlattr *table[NHA_GATEWAY + 1];
	struct nhmsg header;
	struct nexthop_grp member;
	int status;

	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));
	if (status < 0 || (status = decode_value(decoder, table[NHA_ID], &hop->id, 4)) < 0 ||
	    (status = decode_value(decoder, table[NHA_OIF], &hop->ifindex, 4)) < 0)
		return status;
	if (table[NHA_GROUP] && attribute_len(table[NHA_GROUP]) >= sizeof(member)) {
		memcpy(&member, attribute_data(table[NHA_GROUP]), sizeof(member));
		*ret_member = member.id;
	}
	if (header.nh_family != AF_INET && header.nh_family != AF_INET6)
		return 0;
	return decode_address(decoder, table[NHA_GATEWAY], header.nh_family, &hop->gateway);
}

/* Orders nexthop objects by id, for qsort() and bsearch(). */
static int hop_compare(const void *a, const void *b)
{
	uint32_t left = ((const struct hop *)a)->id, right = ((const struct hop *)b)->id;

	return (left > right) - (left < right);
}

/* The nexthop object of an id, or NULL. hops are in order. */
static const struct hop *hop_find(const struct hops *hops, uint32_t id)
{
	const struct hop key = {.id = id};

	return hops->n ? bsearch(&key, hops->items, hops->n, sizeof(key), hop_compare) : NULL;
}

/* Lets groups go where their first member goes; a group's members are never groups. */
static void hops_resolve(struct hops *hops, const struct hops *groups)
{
	vec_foreach(group, groups) {
		const struct hop *member = hop_find(hops, group->ifindex);
		struct hop *slot = (struct hop *)hop_find(hops, group->id);

		if (member && slot) {
			slot->ifindex = member->ifindex;
			slot->gateway = member->gateway;
		}
	}
}

/* Reads all nexthop objects. *hops is the caller's to release, on failure too. */
static int decode_nexthops(struct netview *view, struct hops *hops, struct error **ret_error)
{
	struct decoder decoder = {.view = view, .kind = RAW_NEXTHOP, .ret_error = ret_error};
	struct hops groups = {0};
	size_t offset = 0;
	int status = 0;

	while (decoder.offset = offset,
	       (decoder.message = raw_next(&view->raw[RAW_NEXTHOP], &offset)) != NULL) {
		struct hop hop = {0}, *slot;
		uint32_t member = 0;

		status = decode_nexthop(&decoder, &hop, &member);
		if (status < 0)
			break;
		slot = vec_push(hops);
		if (slot)
			*slot = hop;
		if (slot && member) {
			slot = vec_push(&groups);
			if (slot)
				*slot = (struct hop){.id = hop.id, .ifindex = member};
		}
		status = slot ? 0 : -ENOMEM;
		if (status < 0)
			break;
	}
	if (status == 0 && hops->n) {
		qsort(hops->items, hops->n, sizeof(*hops->items), hop_compare);
		hops_resolve(hops, &groups);
	}
	vec_done(&groups);
	return status;
}

/* Finds out where a route goes, whichever way it says so. */
static int decode_hop(const struct decoder *decoder, const struct nlattr *const *table,
                      uint8_t family, const struct hops *hops, struct hop *hop)
{
	const struct hop *object;
	uint32_t id = 0;
	int status;

	if ((status = decode_value(decoder, table[RTA_OIF], &hop->ifindex, 4)) < 0 ||
	    (status = decode_gateway(decoder, table, family, &hop->gateway)) < 0 ||
	    (status = decode_value(decoder, table[RTA_NH_ID], &id, 4)) < 0)
		return status;
	if (table[RTA_MULTIPATH])
		return decode_multipath(decoder, table[RTA_MULTIPATH], family, hop);
	object = id && !hop->ifindex ? hop_find(hops, id) : NULL;
	if (object)
		*hop = *object;
	return 0;
}

/* Decodes one route message. */
static int decode_route(const struct decoder *decoder, const struct hops *hops)
{
	const struct nlattr *table[RTA_NH_ID + 1];
	struct route route = {0}, *slot;
	struct address destination;
	struct hop hop = {0};
	struct rtmsg header;
	int status;

	memcpy(&header, NLMSG_DATA(decoder->message), sizeof(header));
	/* Cached exceptions are no routes of their own. */
	if ((header.rtm_family != AF_INET && header.rtm_family != AF_INET6) ||
	    header.rtm_flags & RTM_F_CLONED)
		return 0;
	if (header.rtm_dst_len > address_size(header.rtm_family) * 8)
		return decode_bad(decoder, "a prefix is longer than an address");
	status = decode_message_attributes(decoder, sizeof(header), table, TABLE_LEN(table));
	if (status < 0)
		return status;
	if (header.rtm_dst_len && !table[RTA_DST])
		return decode_bad(decoder, "a route has no destination");
	destination = address_any(header.rtm_family);
	route.type = header.rtm_type;
	route.protocol = header.rtm_protocol;
	route.scope = header.rtm_scope;
	route.tos = header.rtm_tos;
	route.several = table[RTA_MULTIPATH] != NULL;
	route.by_source = header.rtm_src_len;
	route.table = header.rtm_table;
	if ((status = decode_address(decoder, table[RTA_DST], header.rtm_family, &destination)) <
	        0 ||
	    (status = decode_value(decoder, table[RTA_TABLE], &route.table, 4)) < 0 ||
	    (status = decode_value(decoder, table[RTA_PRIORITY], &route.metric, 4)) < 0 ||
	    (status = decode_hop(decoder, table, header.rtm_family, hops, &hop)) < 0)
		return status;
	route.destination = prefix_make(&destination, header.rtm_dst_len);
	route.out_ifindex = hop.ifindex;
	route.gateway = hop.gateway;
	slot = vec_push(&decoder->view->routes);
	if (!slot)
		return -ENOMEM;
	*slot = route;
	return 0;
}

int decode_routes(struct netview *view, struct error **ret_error)
{
	struct decoder decoder = {.view = view, .kind = RAW_ROUTE, .ret_error = ret_error};
	struct hops hops = {0};
	size_t offset = 0;
	int status = decode_nexthops(view, &hops, ret_error);

	while (status == 0 &&
	       (decoder.offset = offset,
	        (decoder.message = raw_next(&view->raw[RAW_ROUTE], &offset)) != NULL))
		status = decode_route(&decoder, &hops);
	vec_done(&hops);
	return status;
}
