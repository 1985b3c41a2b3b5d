/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What routing does with a packet that came in by a link. */
#include "reach/fib_table.h"

#include <assert.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const drop_names[] = {
    [FIB_TAKEN] = "taken",
    [FIB_MARTIAN_SOURCE] = "martian source",
    [FIB_MARTIAN_DESTINATION] = "martian destination",
    [FIB_REVERSE_PATH] = "rp_filter",
    [FIB_NO_ROUTE] = "no route",
    [FIB_REFUSED] = "a route refuses",
    [FIB_NO_FORWARDING] = "no forwarding",
};
static_assert(sizeof(drop_names) / sizeof(*drop_names) == FIB_DROPS, "each drop has a name");

const char *fib_drop_name(enum fib_drop drop)
{
	return drop < FIB_DROPS ? drop_names[drop] : "?";
}

/* The value of net/FAMILY/conf/LINK/NAME; 0 where it is not known. */
static long setting(const struct fib *fib, const char *family, const char *link, const char *name)
{
	char path[128];
	const char *value;

	snprintf(path, sizeof(path), "net/%s/conf/%s/%s", family, link, name);
	value = netview_sysctl(fib->view, path);
	return value ? strtol(value, NULL, 10) : 0;
}

/* The name of a link, for settings. */
static const char *link_name(const struct fib *fib, uint32_t ifindex)
{
	const struct link *link = netview_link(fib->view, ifindex);

	return link ? link->name : "";
}

/* The greater of a setting for all links and for one (IN_DEV_MAXCONF()). */
static long most_of(const struct fib *fib, const char *link, const char *name)
{
	long all = setting(fib, "ipv4", "all", name), own = setting(fib, "ipv4", link, name);

	return all > own ? all : own;
}

/* Set for all links or for one (IN_DEV_ORCONF()). */
static bool either(const struct fib *fib, const char *link, const char *name)
{
	return setting(fib, "ipv4", "all", name) || setting(fib, "ipv4", link, name);
}

/* Whether a link has an IPv4 address. */
static bool has_address(const struct fib *fib, uint32_t ifindex)
{
	vec_foreach(own, &fib->view->addresses)
		if (own->ifindex == ifindex && own->address.family == AF_INET)
			return true;
	return false;
}

/* Whether an address is one of this host. */
static bool is_own(const struct fib *fib, const struct address *address)
{
	vec_foreach(own, &fib->view->addresses)
		if (address_equal(&own->address, address))
			return true;
	return false;
}

/* The question whether answers to the sender would leave by the link that it came in by. */
static struct fib_question reversed(const struct fib *fib, const struct fib_question *question)
{
	bool marks = setting(fib, "ipv4", link_name(fib, question->in_ifindex), "src_valid_mark") ||
	             setting(fib, "ipv4", "all", "src_valid_mark");

	return (struct fib_question){
	    .source = question->destination,
	    .destination = question->source,
	    .tos = question->tos,
	    .mark = marks ? question->mark : 0,
	    .protocol = fib->custom_rules[0] ? question->protocol : 0,
	    .source_port = fib->custom_rules[0] ? question->destination_port : 0,
	    .destination_port = fib->custom_rules[0] ? question->source_port : 0,
	};
}

/*
 * Whether rp_filter and the check for martians let a source pass, of a packet that would leave by a
 * link (fib_validate_source()).
 */
static enum fib_drop check_source(const struct fib *fib, const struct fib_question *question,
                                  uint32_t out_ifindex)
{
	const char *link = link_name(fib, question->in_ifindex);
	long filter = most_of(fib, link, "rp_filter");
	bool accept_local = setting(fib, "ipv4", link, "accept_local");
	struct fib_question back = reversed(fib, question);
	struct fib_answer answer;

	/* Back by the same link: the kernel looks closer, as it may have to send a redirect. */
	if (!filter && !fib->custom_rules[0] &&
	    !(out_ifindex == question->in_ifindex && either(fib, link, "send_redirects")))
		return !accept_local && is_own(fib, &question->source) ? FIB_MARTIAN_SOURCE
		                                                       : FIB_TAKEN;
	answer = fib_lookup(fib, &back);
	if (answer.type == RTN_UNSPEC || answer.type == RTN_BLACKHOLE ||
	    answer.type == RTN_UNREACHABLE || answer.type == RTN_PROHIBIT)
		return filter ? FIB_REVERSE_PATH : FIB_TAKEN;
	if (answer.type != RTN_UNICAST && !(answer.type == RTN_LOCAL && accept_local))
		return FIB_MARTIAN_SOURCE;
	if (answer.out_ifindex == question->in_ifindex)
		return FIB_TAKEN;
	if (!has_address(fib, question->in_ifindex))
		return filter ? FIB_REVERSE_PATH : FIB_TAKEN;
	/* Loose (2): any route back will do, even where none is by this link. */
	return filter == 1 ? FIB_REVERSE_PATH : FIB_TAKEN;
}

bool fib_reverse_path(const struct fib *fib, const struct fib_question *question)
{
	const struct link *in = netview_link(fib->view, question->in_ifindex);
	const struct address *from = &question->source, *to = &question->destination;
	struct fib_question back = {.destination = *from, .tos = question->tos};
	struct fib_answer answer;

	if (!in || in->flags & IFF_LOOPBACK)
		return in;
	if (!address_is_multicast(to) && !address_is_any(to))
		back.source = *to;
	if (address_is_link_local(from))
		back.out_ifindex = in->index;
	answer = fib_lookup(fib, &back);
	return answer.type == RTN_UNICAST && answer.out_ifindex == in->index;
}

/* Whether a packet is for everybody on its link, without a lookup. */
static bool is_limited_broadcast(const struct fib_question *question)
{
	const struct address limited = FIB_LIMITED_BROADCAST;

	return address_equal(&question->destination, &limited) ||
	       (address_is_any(&question->source) && address_is_any(&question->destination));
}

/* Martians that need no lookup (ip_route_input_slow()). */
static enum fib_drop check_martians(const struct fib *fib, const struct fib_question *question)
{
	const struct address *from = &question->source, *to = &question->destination;
	bool loopback_may = either(fib, link_name(fib, question->in_ifindex), "route_localnet");
	const struct address limited = FIB_LIMITED_BROADCAST;

	if (address_is_multicast(from) || address_equal(from, &limited))
		return FIB_MARTIAN_SOURCE;
	if (is_limited_broadcast(question))
		return FIB_TAKEN;
	/* The rest of 0.0.0.0/8 is as good as any since 5.3. */
	if (address_is_any(from))
		return FIB_MARTIAN_SOURCE;
	if (address_is_any(to))
		return FIB_MARTIAN_DESTINATION;
	if (address_is_loopback(to) && !loopback_may)
		return FIB_MARTIAN_DESTINATION;
	if (address_is_loopback(from) && !loopback_may)
		return FIB_MARTIAN_SOURCE;
	return FIB_TAKEN;
}

/* Whether an answer lets a packet on that is not for this host. */
static enum fib_drop check_forward(const struct fib *fib, const struct fib_question *question,
                                   const struct fib_answer *answer, bool forwards)
{
	if (answer->unknown && answer->type == RTN_UNSPEC)
		return FIB_TAKEN;
	if (answer->type == RTN_UNSPEC)
		return FIB_NO_ROUTE;
	if (!forwards)
		return FIB_NO_FORWARDING;
	if (answer->type == RTN_BLACKHOLE || answer->type == RTN_UNREACHABLE ||
	    answer->type == RTN_PROHIBIT)
		return FIB_REFUSED;
	if (answer->type != RTN_UNICAST)
		return FIB_MARTIAN_DESTINATION;
	return question->destination.family == AF_INET
	           ? check_source(fib, question, answer->out_ifindex)
	           : FIB_TAKEN;
}

/* IPv4: ip_route_input_slow(). */
static struct fib_answer input4(const struct fib *fib, const struct fib_question *question,
                                enum fib_drop *drop)
{
	const char *link = link_name(fib, question->in_ifindex);
	struct fib_answer answer = {.type = RTN_BROADCAST};
	bool loopback = strcmp(link, "lo") == 0;

	*drop = check_martians(fib, question);
	if (*drop != FIB_TAKEN)
		return answer;
	if (is_limited_broadcast(question)) {
		if (!address_is_any(&question->source))
			*drop = check_source(fib, question, 0);
		return answer;
	}
	if (address_is_multicast(&question->destination)) {
		answer.type = RTN_MULTICAST;
		return answer;
	}
	answer = fib_lookup(fib, question);
	if (answer.type == RTN_LOCAL) {
		/* By `lo` comes what this host sent itself. */
		if (!loopback)
			*drop = check_source(fib, question, 0);
	} else if (answer.type == RTN_BROADCAST) {
		*drop = check_source(fib, question, 0);
	} else {
		*drop = check_forward(fib, question, &answer,
		                      setting(fib, "ipv4", link, "forwarding") != 0);
	}
	return answer;
}

/* IPv6: ipv6_rcv(), ip6_route_input() and ip6_forward(). */
static struct fib_answer input6(const struct fib *fib, const struct fib_question *question,
                                enum fib_drop *drop)
{
	const char *link = link_name(fib, question->in_ifindex);
	const struct address *from = &question->source, *to = &question->destination;
	struct fib_answer answer = {.type = RTN_UNSPEC};

	if (address_is_multicast(from) || (address_is_loopback(from) && strcmp(link, "lo") != 0)) {
		*drop = FIB_MARTIAN_SOURCE;
		return answer;
	}
	if (address_is_loopback(to) && strcmp(link, "lo") != 0) {
		*drop = FIB_MARTIAN_DESTINATION;
		return answer;
	}
	answer = fib_lookup(fib, question);
	*drop = FIB_TAKEN;
	if (answer.type != RTN_LOCAL && answer.type != RTN_ANYCAST && answer.type != RTN_MULTICAST)
		*drop = check_forward(fib, question, &answer,
		                      setting(fib, "ipv6", "all", "forwarding") != 0);
	/* What has a link's own address goes no further than that link; back by it, it may. */
	if (*drop == FIB_TAKEN && answer.type == RTN_UNICAST && address_is_link_local(from) &&
	    answer.out_ifindex != question->in_ifindex)
		*drop = FIB_NO_FORWARDING;
	return answer;
}

struct fib_answer fib_input(const struct fib *fib, const struct fib_question *question,
                            enum fib_drop *ret_drop)
{
	return question->destination.family == AF_INET6 ? input6(fib, question, ret_drop)
	                                                : input4(fib, question, ret_drop);
}
