/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a network namespace that the real tools have filled, and compares.
 *
 * Needs root for a namespace of its own; the machine's own is never touched.
 */
#include "observe/decode.h"
#include "observe/netlink.h"
#include "observe/netview_read.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { SKIP = 77, ARGS_MAX = 24, COMMAND_MAX = 256 };

/* What the namespace is filled with; words are split at spaces. */
static const char *const commands[] = {
    "ip link set lo up",
    "ip link add name br.1 type bridge",
    "ip link add eth0 index 77 type veth peer name far0",
    "ip link set eth0 master br.1",
    "ip link set eth0 up",
    "ip link set far0 up",
    "ip link set br.1 up",
    "ip addr add 192.0.2.1/24 dev br.1",
    "ip addr add 198.51.100.1 peer 198.51.100.2 dev far0",
    "ip addr add 2001:db8::1/64 dev br.1 nodad",
    "ip route add default via 192.0.2.254",
    "ip route add 203.0.113.0/24 via 192.0.2.253 table 1234",
    "ip route add unreachable 2001:db8:1::/48",
    "ip rule add from 192.0.2.99 table 1234 priority 100",
    "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev br.1",
    "sysctl -qw net/ipv4/conf/br.1/route_localnet=1",
    "sysctl -qw net/ipv4/conf/eth0/rp_filter=2",
    "sysctl -qw net/ipv6/conf/br.1/accept_ra=0",
    "nft add table inet one",
    "nft add set inet one s { type ipv4_addr; }",
    "nft add element inet one s { 192.0.2.7, 192.0.2.8 }",
    "nft add chain inet one in { type filter hook input priority 0; }",
    "nft add chain inet one empty",
    "nft add rule inet one in ip saddr @s counter drop",
    "nft add rule inet one in tcp dport { 1234, 1235 } accept",
    "nft add counter inet one c",
    "nft add table ip6 two",
    "iptables-nft -A FORWARD -p tcp --dport 81 -j DROP",
    "iptables-legacy -A FORWARD -p tcp --dport 80 -j DROP",
    "iptables-legacy -A FORWARD -p tcp --dport 82 -m conntrack --ctstate NEW -j DROP",
    "ip6tables-legacy -t raw -A PREROUTING -p udp --dport 53 -j DROP",
    "ipset create bans hash:net",
    "ipset add bans 203.0.113.0/24",
    "ipset create ports bitmap:port range 1000-2000",
};

/* Runs a command; its exit status, or 127. */
static int run(const char *command)
{
	char copy[COMMAND_MAX], *args[ARGS_MAX] = {0}, *rest = copy;
	int status = 0, n = 0;
	pid_t child;

	snprintf(copy, sizeof(copy), "%s", command);
	while (n < ARGS_MAX - 1 && (args[n] = strsep(&rest, " ")) != NULL)
		n++;
	child = fork();
	if (child == 0) {
		execvp(args[0], args);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 127;
	return WEXITSTATUS(status);
}

/* Makes the namespace. 0, or SKIP with a reason. */
static int prepare(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: a network namespace cannot be made: %s\n",
		        strerror(errno));
		return SKIP;
	}
	for (size_t i = 0; i < COUNT(commands); i++) {
		int status = run(commands[i]);

		if (status == 127) {
			fprintf(stderr, "skipped: cannot run: %s\n", commands[i]);
			return SKIP;
		}
		if (status != 0) {
			fprintf(stderr, "failed: %s\n", commands[i]);
			return 1;
		}
	}
	return 0;
}

/* Reads a view, which must succeed and be complete. */
static void read_view(struct netview *view)
{
	_cleanup_error_ struct error *error = NULL;

	memset(view, 0, sizeof(*view));
	if (netview_read(view, &error) != 0)
		fail_msg("%s", error_message(error));
	if (view->incomplete.n)
		fail_msg("%s", view->incomplete.items[0]);
}

/* How many messages a kind has. */
static size_t count(const struct netview *view, enum raw_kind kind)
{
	size_t offset = 0, n = 0;

	while (raw_next(&view->raw[kind], &offset))
		n++;
	return n;
}

/* Reads a small file into text; an empty string when it is not there. */
static void slurp(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, size - 1);

	text[len > 0 ? len : 0] = 0;
	if (fd >= 0)
		close(fd);
}

static void links_and_addresses_are_read(void **state)
{
	const struct link *bridge, *port, *far;
	struct netview view;
	bool seen[3] = {false};
	char text[ADDRESS_TEXT], peer[ADDRESS_TEXT];

	(void)state;
	read_view(&view);
	bridge = netview_link_by_name(&view, "br.1");
	port = netview_link_by_name(&view, "eth0");
	far = netview_link_by_name(&view, "far0");
	assert_true(bridge && port && far && netview_link_by_name(&view, "lo"));
	assert_string_equal(bridge->kind, "bridge");
	assert_string_equal(port->kind, "veth");
	assert_int_equal(port->index, 77);
	assert_int_equal(port->master, bridge->index);
	assert_int_equal(port->parent, far->index);
	assert_false(port->peer_elsewhere);
	vec_foreach(ifaddr, &view.addresses) {
		address_format(&ifaddr->address, text);
		address_format(&ifaddr->peer, peer);
		seen[0] |= strcmp(text, "192.0.2.1") == 0 && ifaddr->prefix_len == 24 &&
		           ifaddr->ifindex == bridge->index && strcmp(peer, "-") == 0;
		seen[1] |= strcmp(text, "198.51.100.1") == 0 && ifaddr->prefix_len == 32 &&
		           strcmp(peer, "198.51.100.2") == 0;
		seen[2] |= strcmp(text, "2001:db8::1") == 0 && ifaddr->prefix_len == 64;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	netview_done(&view);
}

static void routes_and_neighbours_are_read(void **state)
{
	bool seen[3] = {false}, neighbour_seen = false;
	char text[PREFIX_TEXT], gateway[ADDRESS_TEXT];
	struct netview view;

	(void)state;
	read_view(&view);
	vec_foreach(route, &view.routes) {
		prefix_format(&route->destination, text);
		address_format(&route->gateway, gateway);
		seen[0] |= strcmp(text, "0.0.0.0/0") == 0 && strcmp(gateway, "192.0.2.254") == 0;
		seen[1] |= strcmp(text, "203.0.113.0/24") == 0 && route->table == 1234;
		seen[2] |= strcmp(text, "2001:db8:1::/48") == 0 && route->type == RTN_UNREACHABLE;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	vec_foreach(neighbour, &view.neighbours)
		neighbour_seen |=
		    strcmp(address_format(&neighbour->address, text), "192.0.2.9") == 0 &&
		    neighbour->has_mac && neighbour->mac[5] == 9;
	assert_true(neighbour_seen);
	/* Three rules of IPv4, two of IPv6 and the one that was made. */
	assert_int_equal(count(&view, RAW_RULE), 6);
	netview_done(&view);
}

static void sysctls_are_those_of_proc(void **state)
{
	char path[256], value[4096];
	struct netview view;
	size_t links = 0;

	(void)state;
	read_view(&view);
	vec_foreach(sysctl, &view.sysctls) {
		snprintf(path, sizeof(path), "/proc/sys/%s", sysctl->path);
		slurp(path, value, sizeof(value));
		value[strcspn(value, "\n")] = 0;
		if (strcmp(value, sysctl->value) != 0)
			fail_msg("%s: read %s, is %s", sysctl->path, sysctl->value, value);
		links += strstr(sysctl->path, "/eth0/") != NULL;
	}
	assert_true(links > 30);
	assert_string_equal(netview_sysctl(&view, "net/ipv4/conf/br.1/route_localnet"), "1");
	assert_string_equal(netview_sysctl(&view, "net/ipv4/conf/eth0/rp_filter"), "2");
	assert_string_equal(netview_sysctl(&view, "net/ipv6/conf/br.1/accept_ra"), "0");
	assert_non_null(netview_sysctl(&view, "net/ipv4/conf/all/rp_filter"));
	assert_non_null(netview_sysctl(&view, "net/ipv4/ip_forward"));
	netview_done(&view);
}

/* How many elements the messages of all sets have together. */
static size_t count_elements(const struct netview *view)
{
	const struct nlattr *table[NFTA_SET_ELEM_LIST_ELEMENTS + 1], *element;
	struct decoder decoder = {.what = "element"};
	size_t offset = 0, n = 0;
	int len;

	while ((decoder.message = raw_next(&view->raw[RAW_NFT_ELEMENT], &offset)) != NULL) {
		assert_int_equal(decode_message_attributes(&decoder, sizeof(struct nfgenmsg), table,
		                                           COUNT(table)),
		                 0);
		assert_non_null(table[NFTA_SET_ELEM_LIST_SET]);
		element = attribute_data(table[NFTA_SET_ELEM_LIST_ELEMENTS]);
		len = (int)attribute_len(table[NFTA_SET_ELEM_LIST_ELEMENTS]);
		for (; mnl_attr_ok(element, len); element = mnl_attr_next(element), n++)
			len -= (int)MNL_ALIGN(element->nla_len);
	}
	return n;
}

static void nftables_is_read(void **state)
{
	struct netview view;

	(void)state;
	read_view(&view);
	/* inet one, ip6 two, and iptables-nft's ip filter. */
	assert_int_equal(count(&view, RAW_NFT_TABLE), 3);
	assert_int_equal(count(&view, RAW_NFT_CHAIN), 2 + 1);
	assert_int_equal(count(&view, RAW_NFT_RULE), 2 + 1);
	/* The named set and the anonymous one of the ports, with their elements. */
	assert_int_equal(count(&view, RAW_NFT_SET), 2);
	assert_int_equal(count_elements(&view), 2 + 2);
	assert_int_equal(count(&view, RAW_NFT_OBJECT), 1);
	netview_done(&view);
}

/* The table of a family and name; fails where there is none. */
static const struct xtables_table *xtables_find(const struct netview *view, uint8_t family,
                                                const char *name)
{
	vec_foreach(table, &view->xtables)
		if (table->family == family && strcmp(table->name, name) == 0)
			return table;
	fail_msg("no legacy table %s of family %d", name, family);
	return NULL;
}

static void legacy_tables_are_read(void **state)
{
	const struct xtables_table *filter;
	struct ipt_getinfo info;
	struct netview view;

	(void)state;
	read_view(&view);
	assert_int_equal(view.xtables.n, 2);
	filter = xtables_find(&view, AF_INET, "filter");
	xtables_find(&view, AF_INET6, "raw");
	assert_int_equal(filter->info.len, sizeof(info));
	memcpy(&info, filter->info.data, sizeof(info));
	assert_int_equal(info.size, filter->entries.len);
	/* Two rules, three policies, and the end. */
	assert_int_equal(info.num_entries, 2 + 3 + 1);
	netview_done(&view);
}

static void ipsets_are_read_with_their_index(void **state)
{
	const struct nlattr *table[IPSET_ATTR_INDEX + 1];
	struct decoder decoder = {.what = "ipset"};
	size_t offset = 0, indexes = 0;
	struct netview view;

	(void)state;
	read_view(&view);
	while ((decoder.message = raw_next(&view.raw[RAW_IPSET], &offset)) != NULL) {
		assert_int_equal(decode_message_attributes(&decoder, sizeof(struct nfgenmsg), table,
		                                           COUNT(table)),
		                 0);
		assert_non_null(table[IPSET_ATTR_SETNAME]);
		indexes += table[IPSET_ATTR_INDEX] != NULL;
	}
	assert_int_equal(indexes, 2);
	netview_done(&view);
}

/* The generation id of nftables. */
static uint32_t generation(void)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	_cleanup_netlink_ struct netlink *netlink = NULL;
	struct bytes answer = {0};
	uint32_t id = 0;

	assert_int_equal(netlink_open(NETLINK_NETFILTER, &netlink, NULL), 0);
	assert_int_equal(netlink_ask(netlink,
	                             request_begin_netfilter(buffer, NFNL_SUBSYS_NFTABLES,
	                                                     NFT_MSG_GETGEN, AF_UNSPEC),
	                             &answer),
	                 0);
	memcpy(&id,
	       answer.data + sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) +
	           ATTRIBUTE_HEADER_LEN,
	       sizeof(id));
	bytes_done(&answer);
	return id;
}

static void reading_changes_nothing(void **state)
{
	char names[2][2][256];
	uint32_t before = generation();
	struct netview views[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		slurp("/proc/thread-self/net/ip_tables_names", names[i][0], sizeof(names[i][0]));
		slurp("/proc/thread-self/net/ip6_tables_names", names[i][1], sizeof(names[i][1]));
		read_view(&views[i]);
	}
	assert_string_equal(names[0][0], names[1][0]);
	assert_string_equal(names[0][1], names[1][1]);
	assert_string_equal(names[0][0], "filter\n");
	assert_int_equal(generation(), before);
	for (int kind = RAW_NFT_TABLE; kind < RAW_KINDS; kind++) {
		const struct bytes *first = &views[0].raw[kind], *second = &views[1].raw[kind];
		size_t here = 0, there = 0;
		const struct nlmsghdr *message, *other;

		assert_int_equal(first->len, second->len);
		/* Sequence numbers and ports are the socket's. */
		while ((message = raw_next(first, &here)) && (other = raw_next(second, &there)))
			assert_memory_equal(NLMSG_DATA(message), NLMSG_DATA(other),
			                    message->nlmsg_len - sizeof(*message));
	}
	netview_done(&views[0]);
	netview_done(&views[1]);
}

/* Opens a listening or bound socket on an address of the namespace; -1: no such protocol. */
static int bind_socket(int type, int protocol, const char *text, uint16_t port)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	assert_int_equal(inet_pton(AF_INET, text, &local.sin_addr), 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&local, sizeof(local)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void sockets_and_owners_are_read(void **state)
{
	int tcp = bind_socket(SOCK_STREAM, 0, "127.0.0.1", 8080);
	int udp = bind_socket(SOCK_DGRAM, 0, "0.0.0.0", 53);
	int connected = bind_socket(SOCK_DGRAM, 0, "127.0.0.1", 54);
	int mptcp = bind_socket(SOCK_STREAM, IPPROTO_MPTCP, "0.0.0.0", 8081);
	const struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct address local;
	const struct socket *found;
	struct netview view;

	(void)state;
	assert_int_equal(connect(connected, (const struct sockaddr *)&peer, sizeof(peer)), 0);
	read_view(&view);
	assert_int_equal(sockets_read(&view, true, NULL), 0);
	assert_true(address_parse("127.0.0.1", &local));
	assert_int_equal(view.sockets.n, mptcp >= 0 ? 3 : 2);
	vec_foreach(socket, &view.sockets)
		assert_int_equal(socket->owner.pid, getpid());
	found = netview_socket(&view, IPPROTO_TCP, &local, 8080, 1);
	assert_non_null(found);
	assert_int_equal(found->owner.pid, getpid());
	assert_string_equal(found->owner.comm, "test_netview_re");
	found = netview_socket(&view, IPPROTO_UDP, &local, 53, 1);
	assert_non_null(found);
	assert_int_equal(found->owner.pid, getpid());
	assert_null(netview_socket(&view, IPPROTO_UDP, &local, 54, 1));
	close(tcp);
	close(udp);
	close(connected);
	if (mptcp >= 0)
		close(mptcp);
	netview_done(&view);
}

/* Whether a view's notes have one that contains the words. */
static bool noted(const struct netview *view, const char *words)
{
	vec_foreach(note, &view->incomplete)
		if (strstr(*note, words))
			return true;
	return false;
}

/* Reads without any privilege; a bit for each expectation that failed. */
static int read_as_nobody(void)
{
	struct netview view = {0};
	int wrong = 0;

	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		return 128;
	wrong |= netview_read(&view, NULL) != 0 ? 1 : 0;
	wrong |= !netview_link_by_name(&view, "br.1") ? 2 : 0;
	wrong |= !noted(&view, "reading the nftables rules needs root") ? 4 : 0;
	wrong |= !noted(&view, "reading the ipsets needs root") ? 8 : 0;
	wrong |= !noted(&view, "reading the legacy iptables tables needs root") ? 16 : 0;
	wrong |= sockets_read(&view, true, NULL) != 0 ? 32 : 0;
	netview_done(&view);
	return wrong;
}

static void without_permission_it_says_so(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(read_as_nobody());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_dump_beyond_its_cap_is_refused(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	_cleanup_netlink_ struct netlink *netlink = NULL;
	_cleanup_error_ struct error *error = NULL;
	struct bytes links = {0};
	const struct dump small = {.to = &links, .cap = 100, .what = "the links"};
	const struct dump large = {.to = &links, .cap = NETLINK_DUMP_MAX, .what = "the links"};
	char expected[128];

	(void)state;
	assert_int_equal(netlink_open(NETLINK_ROUTE, &netlink, NULL), 0);
	assert_int_equal(
	    netlink_dump(netlink,
	                 request_begin(buffer, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC),
	                 &small, &error),
	    -EFBIG);
	assert_int_equal(links.len, 0);
	/* The socket is fit for the next question. */
	assert_int_equal(
	    netlink_dump(netlink,
	                 request_begin(buffer, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC),
	                 &large, NULL),
	    0);
	snprintf(expected, sizeof(expected),
	         "the links are %zu bytes, more than the 100 that are read at most", links.len);
	assert_string_equal(error_message(error), expected);
	bytes_done(&links);
}

static void traffic_control_is_named(void **state)
{
	struct netview view = {0};

	(void)state;
	assert_int_equal(run("tc qdisc add dev far0 clsact"), 0);
	/* The place alone filters nothing. */
	read_view(&view);
	netview_done(&view);
	assert_int_equal(run("tc filter add dev far0 ingress protocol ip u32 match u32 0 0 "
	                     "action mirred egress redirect dev eth0"),
	                 0);
	assert_int_equal(netview_read(&view, NULL), 0);
	assert_true(noted(&view, "link far0 has traffic control filters at ingress"));
	netview_done(&view);
	assert_int_equal(run("tc qdisc del dev far0 clsact"), 0);
}

/* Changes nftables without rest until it is killed. */
static void keep_busy(void)
{
	for (;;) {
		(void)run("nft add table ip busy");
		(void)run("nft delete table ip busy");
	}
}

static void a_ruleset_in_motion_is_read_or_named(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0)
		keep_busy();
	for (int i = 0; i < 20; i++) {
		struct netview view = {0};

		assert_int_equal(netview_read(&view, NULL), 0);
		if (view.incomplete.n)
			assert_true(noted(&view, "nftables changed each"));
		assert_true(count(&view, RAW_NFT_RULE) >= 3);
		netview_done(&view);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(links_and_addresses_are_read),
	    cmocka_unit_test(routes_and_neighbours_are_read),
	    cmocka_unit_test(sysctls_are_those_of_proc),
	    cmocka_unit_test(nftables_is_read),
	    cmocka_unit_test(legacy_tables_are_read),
	    cmocka_unit_test(ipsets_are_read_with_their_index),
	    cmocka_unit_test(reading_changes_nothing),
	    cmocka_unit_test(sockets_and_owners_are_read),
	    cmocka_unit_test(without_permission_it_says_so),
	    cmocka_unit_test(a_dump_beyond_its_cap_is_refused),
	    cmocka_unit_test(traffic_control_is_named),
	    cmocka_unit_test(a_ruleset_in_motion_is_read_or_named),
	};
	int status = prepare();

	if (status)
		return status;
	return cmocka_run_group_tests_name("netview_read", tests, NULL, NULL);
}
