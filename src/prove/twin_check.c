/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that a twin says of itself what its host says: links, addresses, routes, sysctls.
 *
 * Theory of operation. The twin is read by the code that read the host. Each thing of either side
 * becomes an item by the code that builds it: the message that would create it, in which the
 * handles and states that a copy cannot share do not occur. What is left to count - packets, bytes,
 * time that is left - is set to zero. Rules and sets are in twin_check_rules.c.
 */
#include "observe/netview_read.h"
#include "prove/twin_check.h"

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 512 };

/* A number of a bridge's own settings, 0 where it has none. */
static unsigned bridge_option(const struct nlmsghdr *raw, uint16_t type)
{
	const struct nlattr *info = message_find(raw, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	const struct nlattr *value = nlattr_nested(nlattr_nested(info, IFLA_INFO_DATA), type);

	return value && nlattr_len(value) == 1 ? *(const uint8_t *)nlattr_data(value) : 0;
}

/* Whether the twin has links of this kind as they are. */
static bool kind_kept(const char *kind)
{
	return strcmp(kind, "bridge") == 0 || strcmp(kind, "vrf") == 0;
}

/* Adds a link: what of it decides anything, as text. */
static int link_item(struct side *side, const struct netview *view, const struct link *link,
                     const struct nlmsghdr *raw)
{
	const struct link *master = link->master ? netview_link(view, link->master) : NULL;
	bool bridge = strcmp(link->kind, "bridge") == 0, loopback = link->flags & IFF_LOOPBACK;
	char group[TEXT_MAX], body[TEXT_MAX];
	uint8_t mac[6];

	twin_invented_mac(link->index, mac);
	if (link->has_mac)
		memcpy(mac, link->mac, sizeof(mac));
	snprintf(group, sizeof(group), "link %s", link->name);
	snprintf(body, sizeof(body),
	         "index %u kind %s mtu %u up %d noarp %d master %u group %u "
	         "mac %02x:%02x:%02x:%02x:%02x:%02x filter %u/%u/%u/%u",
	         link->index, kind_kept(link->kind) ? link->kind : "",
	         link->mtu < TWIN_MTU_MAX || loopback ? link->mtu : TWIN_MTU_MAX,
	         !!(link->flags & IFF_UP), !!(link->flags & IFF_NOARP),
	         master && kind_kept(master->kind) ? master->index : 0,
	         nlattr_u32(message_find(raw, sizeof(struct ifinfomsg), IFLA_GROUP), 0), mac[0],
	         mac[1], mac[2], mac[3], mac[4], mac[5],
	         bridge ? bridge_option(raw, IFLA_BR_VLAN_FILTERING) : 0,
	         bridge ? bridge_option(raw, IFLA_BR_NF_CALL_IPTABLES) : 0,
	         bridge ? bridge_option(raw, IFLA_BR_NF_CALL_IP6TABLES) : 0,
	         bridge ? bridge_option(raw, IFLA_BR_NF_CALL_ARPTABLES) : 0);
	return side_add(side, group, 0, body, strlen(body));
}

/* Adds all links. What only the twin has and is down was born with it and does nothing. */
static int links_items(struct side *side, const struct netview *view, const struct netview *host)
{
	const struct nlmsghdr *raw;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (raw = raw_next(&view->raw[RAW_LINK], &offset))) {
		const struct ifinfomsg *header = message_header(raw, sizeof(*header));
		const struct link *link =
		    header ? netview_link(view, (uint32_t)header->ifi_index) : NULL;

		if (link && (link->flags & IFF_UP || netview_link_by_name(host, link->name)))
			status = link_item(side, view, link, raw);
	}
	return status;
}

/* Adds all addresses. */
static int addresses_items(struct side *side, const struct netview *view,
                           const struct netview *host)
{
	char text[ADDRESS_TEXT], peer[ADDRESS_TEXT], broadcast[ADDRESS_TEXT];
	char group[TEXT_MAX], body[TEXT_MAX];
	int status = 0;

	(void)host;
	for (size_t i = 0; status == 0 && i < view->addresses.n; i++) {
		const struct ifaddr *ifaddr = &view->addresses.items[i];

		if (ifaddr->flags & IFA_F_DADFAILED)
			continue;
		snprintf(group, sizeof(group), "address %s/%u of link %u",
		         address_format(&ifaddr->address, text), ifaddr->prefix_len,
		         ifaddr->ifindex);
		snprintf(body, sizeof(body), "scope %u peer %s broadcast %s", ifaddr->scope,
		         address_format(&ifaddr->peer, peer),
		         address_format(&ifaddr->broadcast, broadcast));
		status = side_add(side, group, 0, body, strlen(body));
	}
	return status;
}

/* Whether the host is just about to take up an IPv6 address on a link. */
static bool link_in_flux(const struct netview *host, uint32_t ifindex)
{
	vec_foreach(ifaddr, &host->addresses)
		if (ifaddr->ifindex == ifindex && ifaddr->flags & IFA_F_TENTATIVE)
			return true;
	return false;
}

/* Whether a route belongs to an address that the host does not answer on yet and the twin does. */
static bool route_in_flux(const struct netview *host, const struct nlmsghdr *raw)
{
	const struct rtmsg *header = message_header(raw, sizeof(*header));

	return header->rtm_family == AF_INET6 && header->rtm_protocol == RTPROT_KERNEL &&
	       link_in_flux(host, nlattr_u32(message_find(raw, sizeof(*header), RTA_OIF), 0));
}

/*
 * Takes the metric out of a drafted route to an address of the host itself: a route of the kernel's
 * has none there, and one of ours must have one (twin_routes.c).
 */
static void route_forget_metric(struct draft *draft, const struct parcel *parcel)
{
	const struct rtmsg *header = message_header(parcel->raw, sizeof(*header));
	const struct nlattr *metric;

	if (header->rtm_family != AF_INET6 ||
	    (header->rtm_type != RTN_LOCAL && header->rtm_type != RTN_ANYCAST))
		return;
	metric = message_find((const void *)(draft->bytes.data + parcel->offset), sizeof(*header),
	                      RTA_PRIORITY);
	if (metric)
		memset((uint8_t *)(uintptr_t)nlattr_data(metric), 0, nlattr_len(metric));
}

/* Whether the side's last item is the same route again, made by the kernel later than by us. */
static bool route_again(const struct side *side, const struct parcels *parcels,
                        const struct parcel *parcel)
{
	const struct rtmsg *header = message_header(parcel->raw, sizeof(*header));
	const struct item *last = side->items.n ? &side->items.items[side->items.n - 1] : NULL;

	return header->rtm_family == AF_INET6 && last && last->len == parcel->len &&
	       memcmp(side->draft.bytes.data + last->offset,
	              parcels->draft.bytes.data + parcel->offset, parcel->len) == 0;
}

/* Adds all routes. */
static int routes_items(struct side *side, const struct netview *view, const struct netview *host)
{
	_cleanup_parcels_ struct parcels parcels = {.arena = &side->arena};
	char text[ROUTE_DESCRIPTION];
	int status = 0;

	if (host->raw[RAW_ROUTE].len)
		status = route_parcels(&view->raw[RAW_ROUTE], &parcels);
	for (size_t i = 0; status == 0 && i < parcels.items.n; i++) {
		const struct parcel *parcel = &parcels.items.items[i];

		route_forget_metric(&parcels.draft, parcel);
		if (!route_in_flux(host, parcel->raw) && !route_again(side, &parcels, parcel))
			status = side_add(side, route_describe(parcel->raw, text), 0,
			                  parcels.draft.bytes.data + parcel->offset, parcel->len);
	}
	return status;
}

/* Adds all policy rules, in order. */
static int rules_items(struct side *side, const struct netview *view, const struct netview *host)
{
	_cleanup_parcels_ struct parcels parcels = {.arena = &side->arena};
	int status = 0;

	if (host->raw[RAW_RULE].len)
		status = rule_parcels(&view->raw[RAW_RULE], &parcels);
	for (size_t i = 0; status == 0 && i < parcels.items.n; i++) {
		const struct parcel *parcel = &parcels.items.items[i];

		status = side_add(side, "policy rules", 1 + (uint32_t)i,
		                  parcels.draft.bytes.data + parcel->offset, parcel->len);
	}
	return status;
}

/* Adds all nexthop objects. */
static int nexthops_items(struct side *side, const struct netview *view, const struct netview *host)
{
	_cleanup_parcels_ struct parcels parcels = {.arena = &side->arena};
	char group[TEXT_MAX];
	int status = nexthop_parcels(&view->raw[RAW_NEXTHOP], &parcels);

	(void)host;
	for (size_t i = 0; status == 0 && i < parcels.items.n; i++) {
		const struct parcel *parcel = &parcels.items.items[i];

		snprintf(group, sizeof(group), "nexthop %u",
		         nlattr_u32(message_find(parcel->raw, sizeof(struct nhmsg), NHA_ID), 0));
		status = side_add(side, group, 0, parcels.draft.bytes.data + parcel->offset,
		                  parcel->len);
	}
	return status;
}

/* Adds those sysctls that the host has told and a namespace has of its own. */
static int sysctls_items(struct side *side, const struct netview *view, const struct netview *host)
{
	char group[TEXT_MAX];
	int status = 0;

	for (size_t i = 0; status == 0 && i < view->sysctls.n; i++) {
		const struct sysctl *sysctl = &view->sysctls.items[i];

		if (sysctl_machine_wide(sysctl->path) || !netview_sysctl(host, sysctl->path))
			continue;
		snprintf(group, sizeof(group), "sysctl %s", sysctl->path);
		status = side_add(side, group, 0, sysctl->value, strlen(sysctl->value));
	}
	return status;
}

/* What is compared, one kind after the other to keep memory low. */
static int (*const kinds[])(struct side *side, const struct netview *view,
                            const struct netview *host) = {
    links_items,     addresses_items, routes_items,      rules_items,
    nexthops_items,  sysctls_items,   check_nft_objects, check_nft_sets,
    check_nft_rules, check_ipsets,    check_xtables,
};

/* Compares one kind of things. */
static int kind_check(struct twin *twin, size_t kind, const struct netview *host,
                      const struct netview *now)
{
	_cleanup_side_ struct side left = {0}, right = {0};
	int status = kinds[kind](&left, host, host);

	if (status == 0)
		status = kinds[kind](&right, now, host);
	return status < 0 ? status : sides_compare(twin, &left, &right);
}

int twin_check(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_(netview_done) struct netview now = {0};
	int status = twin_enter(twin), back;

	if (status < 0)
		return error_set(ret_error, -status, "cannot enter the twin: %s",
		                 strerror(-status));
	status = netview_read(&now, ret_error);
	back = twin_leave(twin);
	if (status == 0 && back < 0)
		status = error_set(ret_error, -back, "cannot leave the twin: %s", strerror(-back));
	for (size_t i = 0; status == 0 && i < now.incomplete.n; i++)
		status =
		    twin_note(twin, "the twin cannot be read whole: %s", now.incomplete.items[i]);
	for (size_t i = 0; status == 0 && i < sizeof(kinds) / sizeof(*kinds); i++)
		status = kind_check(twin, i, view, &now);
	return status < 0 ? error_wrap(ret_error, status, "checking the twin") : 0;
}
