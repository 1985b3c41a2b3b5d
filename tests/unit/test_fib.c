/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a kernel and our reading of its routes the same questions.
 *
 * Theory of operation. A namespace gets links, addresses, and then, from a seed, routes of all
 * types in several tables, policy rules, and settings. The kernel answers RTM_GETROUTE with an
 * incoming link as it would treat a packet that came in there (`ip route get ... iif ...`):
 * martians and rp_filter included. Needs root for a namespace of its own.
 */
#include "observe/netview_read.h"
#include "reach/fib.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { SKIP = 77, LINKS = 4, ROUNDS = 12, ROUTES = 24, QUESTIONS = 1500, COMMAND = 512 };

/* Prefixes that routes, rules and questions are made of, so that they meet. */
static const char *const prefixes[2][8] = {
    {"203.0.113.0/24", "203.0.113.128/25", "203.0.112.0/20", "198.51.100.0/24", "198.51.100.7/32",
     "10.50.0.0/16", "10.50.1.0/24", "192.88.99.0/24"},
    {"2001:db8:1::/48", "2001:db8:1:2::/64", "2001:db8::/32", "fd50::/16", "fd50::7/128",
     "2001:db8:99::/48", "2001:db8:99:1::/64", "fd51::/64"},
};
static const char *const addresses[2][24] = {
    {"203.0.113.1", "203.0.113.129", "203.0.112.9",     "198.51.100.7", "198.51.100.8",
     "10.50.1.1",   "10.50.2.2",     "192.88.99.9",     "10.0.0.1",     "10.0.0.7",
     "10.0.1.1",    "10.0.1.7",      "10.0.2.1",        "10.0.2.255",   "10.0.3.9",
     "127.0.0.1",   "127.5.5.5",     "255.255.255.255", "0.0.0.0",      "224.0.0.5",
     "8.8.8.8",     "10.0.1.255",    "240.0.0.1",       "10.0.3.1"},
    {"2001:db8:1::1",  "2001:db8:1:2::9",  "2001:db8:7::1", "fd50::7",   "fd50::8",
     "2001:db8:99::1", "2001:db8:99:1::5", "fd51::1",       "fd00:0::1", "fd00:0::7",
     "fd00:1::1",      "fd00:1::7",        "fd00:2::1",     "fd00:2::9", "fd00:3::9",
     "2001:4860::8",   "fd00:3::1",        "fd00:1::9",     "fd50:1::2", "2001:db8:2::2",
     "fd51::2",        "2001:db8:1:2::a",  "fd00:0::9",     "2400::1"},
};

/* A number below n. */
static unsigned dice(unsigned n)
{
	return (unsigned)random() % n;
}

/* Runs a shell command; what is refused (a route that is there already) does not matter. */
static int shell(const char *format, ...)
{
	char command[COMMAND];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

/* A namespace with links, addresses and neighbours that exist. */
static void make_host(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		exit(SKIP);
	assert_int_equal(shell("ip link set lo up"), 0);
	for (unsigned i = 0; i < LINKS; i++) {
		assert_int_equal(
		    shell("ip link add e%u index %u type veth peer name f%u", i, 10 + i, i), 0);
		assert_int_equal(shell("ip link set f%u up; ip link set e%u up", i, i), 0);
		if (i == LINKS - 1)
			continue; /* one without an address */
		assert_int_equal(shell("ip addr add 10.0.%u.1/24 brd + dev e%u", i, i), 0);
		assert_int_equal(shell("ip addr add fd00:%u::1/64 dev e%u nodad", i, i), 0);
	}
}

/* One random route of a family, in one of three tables. */
static void add_route(unsigned six)
{
	static const char *const types[] = {"unreachable", "blackhole", "prohibit", "throw"};
	static const unsigned tables[] = {254, 254, 100, 200};
	const char *prefix = dice(6) ? prefixes[six][dice(8)] : "default";
	unsigned table = tables[dice(4)], metric = 10 + dice(3), link = dice(LINKS);

	if (dice(4) == 0)
		(void)!shell("ip -%u route add %s %s metric %u table %u 2>/dev/null", six ? 6 : 4,
		             types[dice(4)], prefix, metric, table);
	else if (dice(3) == 0 || link == LINKS - 1)
		(void)!shell("ip -%u route add %s dev e%u metric %u table %u 2>/dev/null",
		             six ? 6 : 4, prefix, link, metric, table);
	else
		(void)!shell(
		    "ip -%u route add %s via %s%u%s dev e%u metric %u table %u 2>/dev/null",
		    six ? 6 : 4, prefix, six ? "fd00:" : "10.0.", link, six ? "::fe" : ".254", link,
		    metric, table);
}

/* One random policy rule. */
static void add_rule(unsigned six)
{
	static const char *const actions[] = {"lookup 100",
	                                      "lookup 200",
	                                      "lookup main",
	                                      "unreachable",
	                                      "blackhole",
	                                      "goto 30000",
	                                      "lookup 100 suppress_prefixlength 0"};
	char conditions[256] = "";
	size_t len = 0;

	if (dice(2))
		len += (size_t)snprintf(conditions + len, sizeof(conditions) - len, " from %s",
		                        prefixes[six][dice(8)]);
	if (dice(2))
		len += (size_t)snprintf(conditions + len, sizeof(conditions) - len, " to %s",
		                        prefixes[six][dice(8)]);
	if (dice(3) == 0)
		len += (size_t)snprintf(conditions + len, sizeof(conditions) - len, " iif e%u",
		                        dice(LINKS));
	if (dice(3) == 0)
		len += (size_t)snprintf(conditions + len, sizeof(conditions) - len,
		                        " fwmark %u/0x%x", dice(4), 1 + dice(3));
	if (dice(5) == 0)
		(void)snprintf(conditions + len, sizeof(conditions) - len,
		               " ipproto tcp dport 80-90");
	(void)!shell("ip -%u rule add %s%s prio %u %s 2>/dev/null", six ? 6 : 4,
	             dice(4) ? "" : "not", conditions, 1000 + dice(20), actions[dice(7)]);
}

/* Random routes, rules and settings. */
static void deal(unsigned round)
{
	for (unsigned six = 0; six < 2; six++) {
		for (unsigned i = 0; i < ROUTES; i++)
			add_route(six);
		/* Every third round has no rules of its own: the kernel then takes short cuts. */
		if (round % 3)
			(void)!shell("ip -%u rule add lookup main prio 30000", six ? 6 : 4);
		for (unsigned i = 0; round % 3 && i < 5; i++)
			add_rule(six);
	}
	(void)!shell("sysctl -qw net.ipv4.conf.all.rp_filter=%u net.ipv4.ip_forward=%u "
	             "net.ipv6.conf.all.forwarding=1",
	             dice(3), dice(4) != 0);
	for (unsigned i = 0; i < LINKS; i++)
		(void)!shell(
		    "sysctl -qw net.ipv4.conf.e%u.rp_filter=%u "
		    "net.ipv4.conf.e%u.route_localnet=%u net.ipv4.conf.e%u.accept_local=%u "
		    "net.ipv4.conf.e%u.src_valid_mark=%u",
		    i, dice(3), i, dice(4) == 0, i, dice(4) == 0, i, dice(2));
	(void)!shell("ip route flush cache 2>/dev/null");
}

/* What the kernel said. */
struct said {
	int error; /* positive errno */
	uint8_t type;
	uint32_t out_ifindex;
};

/* Reads the kernel's answer. */
static void take_answer(const char *buffer, ssize_t len, struct said *said)
{
	const struct nlmsghdr *message = (const void *)buffer;
	const struct rtmsg *route;
	const struct nlattr *attribute;

	assert_true(mnl_nlmsg_ok(message, (int)len));
	if (message->nlmsg_type == NLMSG_ERROR) {
		said->error = -((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
		return;
	}
	assert_int_equal(message->nlmsg_type, RTM_NEWROUTE);
	route = mnl_nlmsg_get_payload(message);
	said->type = route->rtm_type;
	attribute = mnl_nlmsg_get_payload_offset(message, sizeof(*route));
	for (; mnl_attr_ok(attribute, (int)((const char *)mnl_nlmsg_get_payload_tail(message) -
	                                    (const char *)attribute));
	     attribute = mnl_attr_next(attribute))
		if (mnl_attr_get_type(attribute) == RTA_OIF)
			said->out_ifindex = mnl_attr_get_u32(attribute);
}

/* Asks the kernel what it would do with a packet. */
static struct said ask(struct mnl_socket *socket, const struct fib_question *question)
{
	char buffer[8192];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	size_t size = address_size(question->destination.family);
	struct said said = {0};
	ssize_t len;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	route->rtm_family = question->destination.family;
	route->rtm_dst_len = route->rtm_src_len = (uint8_t)(size * 8);
	mnl_attr_put(message, RTA_DST, size, question->destination.bytes);
	mnl_attr_put(message, RTA_SRC, size, question->source.bytes);
	mnl_attr_put_u32(message, RTA_IIF, question->in_ifindex);
	mnl_attr_put_u32(message, RTA_MARK, question->mark);
	mnl_attr_put_u8(message, RTA_IP_PROTO, question->protocol);
	mnl_attr_put_u16(message, RTA_SPORT, htons(question->source_port));
	mnl_attr_put_u16(message, RTA_DPORT, htons(question->destination_port));
	assert_true(mnl_socket_sendto(socket, message, message->nlmsg_len) > 0);
	len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	assert_true(len > 0);
	take_answer(buffer, len, &said);
	return said;
}

/* A random question. */
static struct fib_question make_question(unsigned six)
{
	struct fib_question question = {
	    .in_ifindex = 10 + dice(LINKS),
	    .mark = dice(4),
	    .protocol = IPPROTO_TCP,
	    .source_port = 40000,
	    .destination_port = (uint16_t)(75 + dice(20)),
	};

	assert_true(address_parse(addresses[six][dice(24)], &question.source));
	assert_true(address_parse(addresses[six][dice(24)], &question.destination));
	return question;
}

/* Whether both say the same. */
static bool agree(const struct said *said, const struct fib_answer *answer, enum fib_drop drop)
{
	if (answer->unknown)
		return true;
	if (said->error || said->type == RTN_UNREACHABLE || said->type == RTN_BLACKHOLE ||
	    said->type == RTN_PROHIBIT)
		return drop != FIB_TAKEN;
	return drop == FIB_TAKEN && said->type == answer->type &&
	       (answer->type != RTN_UNICAST || said->out_ifindex == answer->out_ifindex);
}

/* Fails with a question, and what both said to it. */
static void tell(const struct fib_question *question, const struct said *said,
                 const struct fib_answer *answer, enum fib_drop drop)
{
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];

	(void)!shell("ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; "
	             "sysctl -a 2>/dev/null | grep -E "
	             "'(all|e[0-9]).(rp_filter|accept_local|route_localnet|forwarding)'");
	fail_msg("%s from %s iif e%u mark %u dport %u: kernel error %d type %u by %u; we: %s, type "
	         "%u by %u",
	         address_format(&question->destination, to),
	         address_format(&question->source, from), question->in_ifindex - 10, question->mark,
	         question->destination_port, said->error, said->type, said->out_ifindex,
	         fib_drop_name(drop), answer->type, answer->out_ifindex);
}

/* All questions of one round. */
static unsigned compare(struct mnl_socket *socket, const struct netview *view)
{
	_cleanup_(cleanup_fib_free) struct fib *fib = fib_new(view);
	unsigned passed = 0;

	assert_non_null(fib);
	for (unsigned i = 0; i < QUESTIONS; i++) {
		struct fib_question question = make_question(i & 1);
		enum fib_drop drop = FIB_TAKEN;
		struct fib_answer answer = fib_input(fib, &question, &drop);
		struct said said;

		/* These are the receive path's, which the question does not walk. */
		if (address_is_multicast(&question.destination) ||
		    address_is_link_local(&question.destination))
			continue;
		said = ask(socket, &question);
		if (!agree(&said, &answer, drop))
			tell(&question, &said, &answer, drop);
		passed += drop == FIB_TAKEN;
	}
	return passed;
}

/* Kernel and fib agree on every question, over many hosts. */
static void answers_are_the_kernels(void **state)
{
	struct mnl_socket *socket;
	unsigned passed = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct netview view = {0};
		struct error *error = NULL;

		srandom(round + 1);
		/* A new one each time: that there once were rules is remembered by the kernel. */
		make_host();
		socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		assert_non_null(socket);
		assert_int_equal(mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID), 0);
		deal(round);
		if (netview_read(&view, &error) < 0)
			fail_msg("%s", error_message(error));
		passed += compare(socket, &view);
		netview_done(&view);
		mnl_socket_close(socket);
	}
	/* Most of it must not be drops, or little was compared. */
	assert_true(passed > ROUNDS * QUESTIONS / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
