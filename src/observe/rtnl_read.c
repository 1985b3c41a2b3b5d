/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what rtnetlink tells: links, addresses, routes, rules, neighbours, nexthop objects.
 *
 * Theory of operation. One dump for each kind and family. A family that the kernel lacks (IPv6
 * switched off at boot) is answered with all the others' messages, so each dump keeps only those
 * of the family it asked for. Rules and nexthop objects are options of the kernel: where it does
 * not know the question there are none. Statistics are left out of links: nobody here reads them
 * and they are most of the bytes.
 */
#include "observe/rtnl_read.h"
#include "observe/netlink.h"
#include "observe/read_status.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

/* One dump. */
struct question {
	enum raw_kind kind;
	uint16_t type;
	uint16_t header_len;
	uint8_t family;
	bool optional; /* a kernel that does not know the question has none of these */
	const char *what;
};

static const struct question questions[] = {
    {RAW_LINK, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC, false, "the links"},
    {RAW_ADDRESS, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_INET, false, "the IPv4 addresses"},
    {RAW_ADDRESS, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_INET6, false, "the IPv6 addresses"},
    {RAW_ROUTE, RTM_GETROUTE, sizeof(struct rtmsg), AF_INET, false, "the IPv4 routes"},
    {RAW_ROUTE, RTM_GETROUTE, sizeof(struct rtmsg), AF_INET6, false, "the IPv6 routes"},
    {RAW_RULE, RTM_GETRULE, sizeof(struct fib_rule_hdr), AF_INET, true, "the IPv4 policy rules"},
    {RAW_RULE, RTM_GETRULE, sizeof(struct fib_rule_hdr), AF_INET6, true, "the IPv6 policy rules"},
    {RAW_NEIGHBOUR, RTM_GETNEIGH, sizeof(struct ndmsg), AF_INET, false, "the ARP neighbours"},
    {RAW_NEIGHBOUR, RTM_GETNEIGH, sizeof(struct ndmsg), AF_INET6, false, "the IPv6 neighbours"},
    {RAW_NEXTHOP, RTM_GETNEXTHOP, sizeof(struct nhmsg), AF_UNSPEC, true, "the nexthop objects"},
};

/* Asks one question. 0, 1 when the answer may lack something, or negative errno. */
static int question_ask(const struct question *question, struct netlink *netlink,
                        struct netview *view, struct error **ret_error)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	const struct dump dump = {
	    .to = &view->raw[question->kind],
	    .cap = NETLINK_DUMP_MAX,
	    .what = question->what,
	    .family = question->family,
	};
	struct nlmsghdr *request =
	    request_begin(buffer, question->type, question->header_len, question->family);

	if (question->type == RTM_GETLINK)
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_dump_steady(netlink, request, &dump, ret_error);
}

/* Asks for the bridges alone: the kernel leaves the others out (rtnl_dump_ifinfo()). */
static int ask_bridges(struct netlink *netlink, struct netview *view)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	const struct dump dump = {
	    .to = &view->raw[RAW_LINK], .cap = NETLINK_DUMP_MAX, .what = "the bridges"};
	struct nlmsghdr *request =
	    request_begin(buffer, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC);
	struct nlattr *info;

	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(request, info);
	return netlink_dump_steady(netlink, request, &dump, NULL);
}

/* Asks for one link, unless it is there. 0 or a negative errno. */
static int ask_link(struct netlink *netlink, struct netview *view, uint32_t ifindex)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	struct ifinfomsg *wanted;
	const struct nlmsghdr *known;
	struct nlmsghdr *request;
	size_t offset = 0;

	while ((known = raw_next(&view->raw[RAW_LINK], &offset))) {
		const struct ifinfomsg *link = mnl_nlmsg_get_payload(known);

		if ((uint32_t)link->ifi_index == ifindex)
			return 0;
	}
	request = request_begin(buffer, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC);
	wanted = mnl_nlmsg_get_payload(request);
	wanted->ifi_index = (int)ifindex;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_ask(netlink, request, &view->raw[RAW_LINK]);
}

/* Asks for the links that addresses are on, but for those that every link has of itself. */
static int ask_links_of_addresses(struct netlink *netlink, struct netview *view)
{
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(&view->raw[RAW_ADDRESS], &offset))) {
		const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);

		if (address->ifa_scope != RT_SCOPE_LINK)
			status = ask_link(netlink, view, address->ifa_index);
	}
	return status;
}

/* Takes the link that a route leaves by, for mnl_attr_parse(). */
static int take_oif(const struct nlattr *attribute, void *data)
{
	uint32_t *out = data;

	if (mnl_attr_get_type(attribute) == RTA_OIF)
		*out = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

/* Asks for the links of default routes. -EXDEV where one leaves by several, or by an object. */
static int ask_links_of_defaults(struct netlink *netlink, struct netview *view)
{
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(&view->raw[RAW_ROUTE], &offset))) {
		const struct rtmsg *route = mnl_nlmsg_get_payload(message);
		uint32_t out = 0;

		if (route->rtm_dst_len != 0 || route->rtm_type != RTN_UNICAST)
			continue;
		(void)mnl_attr_parse(message, sizeof(*route), take_oif, &out);
		status = out ? ask_link(netlink, view, out) : -EXDEV;
	}
	return status;
}

int rtnl_read_some(struct netview *view)
{
	_cleanup_netlink_ struct netlink *netlink = NULL;
	int status = netlink_open(NETLINK_ROUTE, &netlink, NULL);

	if (status == 0)
		status = ask_bridges(netlink, view);
	for (size_t i = 0; status == 0 && i < sizeof(questions) / sizeof(*questions); i++)
		if (questions[i].kind == RAW_ADDRESS || questions[i].kind == RAW_ROUTE)
			status = question_ask(&questions[i], netlink, view, NULL);
	if (status == 0)
		status = ask_links_of_addresses(netlink, view);
	return status == 0 ? ask_links_of_defaults(netlink, view) : status;
}

int rtnl_read(struct netview *view, struct error **ret_error)
{
	_cleanup_netlink_ struct netlink *netlink = NULL;
	int status = netlink_open(NETLINK_ROUTE, &netlink, ret_error);

	for (size_t i = 0; status == 0 && i < sizeof(questions) / sizeof(*questions); i++) {
		const struct question *question = &questions[i];

		status = question_ask(question, netlink, view, ret_error);
		if (status == 1)
			status =
			    netview_incomplete(view,
			                       "%s changed each time while they were read: some "
			                       "may be missing",
			                       question->what);
		else if (status == -EOPNOTSUPP && question->optional)
			status = 0;
		else if (status < 0 && question->kind == RAW_LINK)
			return error_wrap(ret_error, status, "reading %s", question->what);
		else
			status = read_status(view, question->what, status, ret_error);
	}
	return status;
}
