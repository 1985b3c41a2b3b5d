/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoding hand-made and broken netlink messages, and looking up what was decoded. */
#include "observe/ipvs_read.h"
#include "observe/netview.h"
#include "observe/socket_decode.h"
#include "observe/socket_owner.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Room for one message under construction. */
static _Alignas(struct nlmsghdr) char room[4096];

/* Begins a message with a fixed header. */
static struct nlmsghdr *begin(uint16_t type, const void *header, size_t header_len)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(room);

	message->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(message, header_len), header, header_len);
	return message;
}

/* Adds an address as an attribute. */
static void put_address(struct nlmsghdr *message, uint16_t type, const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	mnl_attr_put(message, type, address_size(address.family), address.bytes);
}

/* Puts a message at the end of a run. */
static void finish(struct bytes *raw, const struct nlmsghdr *message)
{
	assert_int_equal(bytes_append(raw, message, message->nlmsg_len, SIZE_MAX), 0);
}

/* Adds a link. A NULL name or kind is left out. */
static void add_link(struct netview *view, int index, const char *name, const char *kind)
{
	const struct ifinfomsg header = {.ifi_index = index, .ifi_type = 1, .ifi_flags = 0x1003};
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	struct nlmsghdr *message = begin(RTM_NEWLINK, &header, sizeof(header));

	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_MTU, 1400);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(mac), mac);
	if (kind) {
		struct nlattr *nest = mnl_attr_nest_start(message, IFLA_LINKINFO);

		mnl_attr_put_strz(message, IFLA_INFO_KIND, kind);
		mnl_attr_nest_end(message, nest);
	}
	finish(&view->raw[RAW_LINK], message);
}

/* Makes a view with some of everything that is decoded. */
static void add_everything(struct netview *view)
{
	const struct ifinfomsg veth = {.ifi_index = 7, .ifi_type = 1};
	const struct ifaddrmsg address = {
	    .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 7};
	const struct rtmsg route = {
	    .rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_type = RTN_UNICAST, .rtm_table = 254};
	const struct ndmsg neighbour = {
	    .ndm_family = AF_INET6, .ndm_ifindex = 7, .ndm_state = NUD_REACHABLE};
	struct nlmsghdr *message;
	struct nlattr *nest;

	add_link(view, 1, "lo", NULL);
	message = begin(RTM_NEWLINK, &veth, sizeof(veth));
	mnl_attr_put_strz(message, IFLA_IFNAME, "veth0");
	mnl_attr_put_u32(message, IFLA_MASTER, 3);
	mnl_attr_put_u32(message, IFLA_LINK, 8);
	mnl_attr_put_u32(message, IFLA_LINK_NETNSID, 0);
	nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	mnl_attr_nest_end(message, nest);
	nest = mnl_attr_nest_start(message, IFLA_XDP);
	mnl_attr_put_u8(message, IFLA_XDP_ATTACHED, XDP_ATTACHED_DRV);
	mnl_attr_nest_end(message, nest);
	finish(&view->raw[RAW_LINK], message);

	message = begin(RTM_NEWADDR, &address, sizeof(address));
	put_address(message, IFA_LOCAL, "192.0.2.1");
	put_address(message, IFA_ADDRESS, "192.0.2.9");
	put_address(message, IFA_BROADCAST, "192.0.2.255");
	mnl_attr_put_u32(message, IFA_FLAGS, 0x280);
	finish(&view->raw[RAW_ADDRESS], message);

	message = begin(RTM_NEWROUTE, &route, sizeof(route));
	put_address(message, RTA_DST, "198.51.100.0");
	put_address(message, RTA_GATEWAY, "192.0.2.254");
	mnl_attr_put_u32(message, RTA_OIF, 7);
	mnl_attr_put_u32(message, RTA_TABLE, 1000);
	mnl_attr_put_u32(message, RTA_PRIORITY, 50);
	finish(&view->raw[RAW_ROUTE], message);

	message = begin(RTM_NEWNEIGH, &neighbour, sizeof(neighbour));
	put_address(message, NDA_DST, "2001:db8::9");
	mnl_attr_put(message, NDA_LLADDR, 6, "\2\0\0\0\0\7");
	finish(&view->raw[RAW_NEIGHBOUR], message);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (int kind = 0; kind < RAW_KINDS; kind++)
		assert_int_equal(raw_kind_from_name(raw_kind_name((enum raw_kind)kind)), kind);
	assert_int_equal(raw_kind_from_name("links"), -1);
	assert_string_equal(raw_kind_name(RAW_KINDS), "unknown");
}

static void everything_is_decoded(void **state)
{
	struct netview view = {0};
	const struct link *link;
	char text[PREFIX_TEXT];

	(void)state;
	add_everything(&view);
	assert_int_equal(netview_decode(&view, NULL), 0);
	/* Decoding again must not double what is there. */
	assert_int_equal(netview_decode(&view, NULL), 0);
	assert_int_equal(view.links.n, 2);
	link = netview_link(&view, 7);
	assert_ptr_equal(link, netview_link_by_name(&view, "veth0"));
	assert_string_equal(link->kind, "veth");
	assert_int_equal(link->master, 3);
	assert_int_equal(link->parent, 8);
	assert_true(link->peer_elsewhere && link->has_xdp && !link->has_mac);
	link = netview_link_by_name(&view, "lo");
	assert_true(link->has_mac && link->mac[5] == 9 && !link->has_xdp && link->mtu == 1400);
	assert_string_equal(link->kind, "");
	assert_null(netview_link(&view, 2));
	assert_null(netview_link_by_name(&view, "eth0"));

	assert_int_equal(view.addresses.n, 1);
	assert_string_equal(address_format(&view.addresses.items->address, text), "192.0.2.1");
	assert_string_equal(address_format(&view.addresses.items->peer, text), "192.0.2.9");
	assert_string_equal(address_format(&view.addresses.items->broadcast, text), "192.0.2.255");
	assert_int_equal(view.addresses.items->flags, 0x280);

	assert_int_equal(view.routes.n, 1);
	assert_string_equal(prefix_format(&view.routes.items->destination, text),
	                    "198.51.100.0/24");
	assert_string_equal(address_format(&view.routes.items->gateway, text), "192.0.2.254");
	assert_int_equal(view.routes.items->out_ifindex, 7);
	assert_int_equal(view.routes.items->table, 1000);
	assert_int_equal(view.routes.items->metric, 50);

	assert_int_equal(view.neighbours.n, 1);
	assert_int_equal(view.neighbours.items->state, NUD_REACHABLE);
	assert_int_equal(view.neighbours.items->mac[5], 7);
	netview_done(&view);
	assert_null(view.links.items);
}

/* Adds a default route and returns it for attributes; the caller finishes it. */
static struct nlmsghdr *begin_route(uint8_t family, unsigned flags)
{
	const struct rtmsg header = {.rtm_family = family, .rtm_table = 254, .rtm_flags = flags};

	return begin(RTM_NEWROUTE, &header, sizeof(header));
}

/* Adds a nexthop object: with a gateway, or a group of one other. */
static void add_nexthop(struct netview *view, uint32_t id, const char *gateway, uint32_t member)
{
	const struct nhmsg header = {.nh_family = gateway ? AF_INET : AF_UNSPEC};
	const struct nexthop_grp group = {.id = member};
	struct nlmsghdr *message = begin(RTM_NEWNEXTHOP, &header, sizeof(header));

	mnl_attr_put_u32(message, NHA_ID, id);
	if (gateway) {
		mnl_attr_put_u32(message, NHA_OIF, 5);
		put_address(message, NHA_GATEWAY, gateway);
	} else {
		mnl_attr_put(message, NHA_GROUP, sizeof(group), &group);
	}
	finish(&view->raw[RAW_NEXTHOP], message);
}

static void routes_say_where_they_go(void **state)
{
	struct netview view = {0};
	struct rtnexthop first = {.rtnh_len = sizeof(first) + 8, .rtnh_ifindex = 4};
	struct {
		struct rtnexthop hop;
		struct nlattr attribute;
		uint8_t gateway[4];
	} multipath = {first, {8, RTA_GATEWAY}, {192, 0, 2, 3}};
	static const uint8_t via[] = {AF_INET6, 0, 0xfe, 0x80, 0, 0, 0, 0, 0,
	                              0,        0, 0,    0,    0, 0, 0, 0, 1};
	static const char *const gateways[] = {"192.0.2.3", "fe80::1", "192.0.2.77", "192.0.2.77",
	                                       "-"};
	struct nlmsghdr *message;
	char text[ADDRESS_TEXT];

	(void)state;
	add_nexthop(&view, 20, NULL, 10);
	add_nexthop(&view, 10, "192.0.2.77", 0);

	message = begin_route(AF_INET, 0);
	mnl_attr_put(message, RTA_MULTIPATH, sizeof(multipath), &multipath);
	finish(&view.raw[RAW_ROUTE], message);
	message = begin_route(AF_INET, 0);
	mnl_attr_put(message, RTA_VIA, sizeof(via), via);
	finish(&view.raw[RAW_ROUTE], message);
	for (uint32_t id = 10; id <= 30; id += 10) {
		message = begin_route(AF_INET, 0);
		mnl_attr_put_u32(message, RTA_NH_ID, id);
		finish(&view.raw[RAW_ROUTE], message);
	}
	/* Neither exceptions nor other families are routes. */
	finish(&view.raw[RAW_ROUTE], begin_route(AF_INET6, RTM_F_CLONED));
	finish(&view.raw[RAW_ROUTE], begin_route(AF_MPLS, 0));

	assert_int_equal(netview_decode(&view, NULL), 0);
	assert_int_equal(view.routes.n, COUNT(gateways));
	for (size_t i = 0; i < COUNT(gateways); i++)
		assert_string_equal(address_format(&view.routes.items[i].gateway, text),
		                    gateways[i]);
	assert_int_equal(view.routes.items[0].out_ifindex, 4);
	assert_int_equal(view.routes.items[3].out_ifindex, 5);
	netview_done(&view);
}

static void bad_links_are_refused(void **state)
{
	static const char *const names[] = {NULL,  "",    ".",   "..",
	                                    "a/b", "a b", "a:1", "sixteencharsnamex"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		_cleanup_error_ struct error *error = NULL;
		struct netview view = {0};

		add_link(&view, 1, "lo", NULL);
		add_link(&view, 2, names[i], NULL);
		assert_int_equal(netview_decode(&view, &error), -EBADMSG);
		assert_non_null(strstr(error_message(error), "link message at byte 60:"));
		assert_int_equal(view.links.n, 0);
		netview_done(&view);
	}
}

static void messages_must_be_of_their_kind(void **state)
{
	_cleanup_error_ struct error *error = NULL;
	struct netview view = {0};

	(void)state;
	add_link(&view, 1, "lo", NULL);
	for (int kind = 1; kind < RAW_KINDS; kind++) {
		view.raw[kind] = view.raw[RAW_LINK];
		view.raw[RAW_LINK] = (struct bytes){0};
		assert_int_equal(netview_decode(&view, NULL), -EBADMSG);
		view.raw[RAW_LINK] = view.raw[kind];
		view.raw[kind] = (struct bytes){0};
	}
	/* A kind that is not decoded is checked for framing all the same. */
	assert_int_equal(bytes_append(&view.raw[RAW_NFT_RULE], "\x14\0\0", 3, SIZE_MAX), 0);
	assert_int_equal(netview_decode(&view, &error), -EBADMSG);
	assert_string_equal(error_message(error), "nft_rule message at byte 0: it is cut short");
	netview_done(&view);
}

/* Decodes a copy of a view's raw messages with one kind cut or changed. */
static int decode_copy(const struct netview *view, enum raw_kind kind, size_t len, size_t at,
                       uint8_t value)
{
	struct netview copy = {0};
	int status;

	for (int i = 0; i < RAW_KINDS; i++) {
		const struct bytes *raw = &view->raw[i];
		size_t n = i == (int)kind ? len : raw->len;

		/* An exact allocation lets a sanitizer see the first byte beyond. */
		copy.raw[i] = (struct bytes){.data = malloc(n ? n : 1), .len = n, .room = n};
		assert_non_null(copy.raw[i].data);
		if (n)
			memcpy(copy.raw[i].data, raw->data, n);
		if (i == (int)kind && at < n)
			copy.raw[i].data[at] = value;
	}
	status = netview_decode(&copy, NULL);
	netview_done(&copy);
	return status;
}

static void broken_messages_do_no_harm(void **state)
{
	static const uint8_t values[] = {0, 1, 3, 4, 5, 0x7f, 0x80, 0xff};
	struct netview view = {0};

	(void)state;
	add_everything(&view);
	add_nexthop(&view, 20, NULL, 10);
	for (int kind = 0; kind < RAW_KINDS; kind++) {
		const struct bytes *raw = &view.raw[kind];

		for (size_t len = 0; len < raw->len; len++) {
			int status = decode_copy(&view, (enum raw_kind)kind, len, SIZE_MAX, 0);
			size_t offset = 0;
			const struct bytes cut = {.data = raw->data, .len = len};

			while (raw_next(&cut, &offset))
				;
			assert_int_equal(status, offset == len ? 0 : -EBADMSG);
		}
		for (size_t at = 0; at < raw->len; at++)
			for (size_t i = 0; i < COUNT(values); i++) {
				int status = decode_copy(&view, (enum raw_kind)kind, raw->len, at,
				                         values[i]);

				assert_true(status == 0 || status == -EBADMSG);
			}
	}
	netview_done(&view);
}

static void sysctls_are_found_in_any_order(void **state)
{
	static const struct sysctl sysctls[] = {{"net/ipv4/ip_forward", "1"},
	                                        {"net/ipv4/conf/eth0/rp_filter", "2"},
	                                        {"net/bridge/bridge-nf-call-iptables", "0"}};
	struct netview view = {0};

	(void)state;
	for (int sorted = 0; sorted < 2; sorted++) {
		for (size_t i = 0; !sorted && i < COUNT(sysctls); i++)
			*vec_push(&view.sysctls) = sysctls[i];
		for (size_t i = 0; i < COUNT(sysctls); i++)
			assert_string_equal(netview_sysctl(&view, sysctls[i].path),
			                    sysctls[i].value);
		assert_null(netview_sysctl(&view, "net/ipv4/ip_forwar"));
		assert_int_equal(netview_decode(&view, NULL), 0);
	}
	/* What comes after sorting is found as well. */
	*vec_push(&view.sysctls) = (struct sysctl){"a/late/one", "3"};
	assert_string_equal(netview_sysctl(&view, "a/late/one"), "3");
	netview_done(&view);
}

/* Adds a socket. */
static void add_socket(struct netview *view, uint8_t protocol, const char *address, uint16_t port,
                       uint32_t ifindex, bool v6only)
{
	struct socket *socket = vec_push(&view->sockets);

	assert_non_null(socket);
	*socket = (struct socket){
	    .protocol = protocol, .port = port, .ifindex = ifindex, .v6only = v6only};
	assert_true(address_parse(address, &socket->address));
}

static void sockets_are_chosen_as_the_kernel_does(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *address;
		uint16_t port;
		uint32_t ifindex;
		bool v6only;
	} sockets[] = {
	    {IPPROTO_TCP, "0.0.0.0", 80, 0, false},     /* 0 */
	    {IPPROTO_TCP, "192.0.2.1", 80, 0, false},   /* 1: more exact */
	    {IPPROTO_TCP, "::", 81, 0, false},          /* 2: takes IPv4 too */
	    {IPPROTO_TCP, "::", 82, 0, true},           /* 3: does not */
	    {IPPROTO_TCP, "0.0.0.0", 83, 2, false},     /* 4: on link 2 only */
	    {IPPROTO_TCP, "0.0.0.0", 84, 0, false},     /* 5 */
	    {IPPROTO_TCP, "0.0.0.0", 84, 2, false},     /* 6: better on link 2 */
	    {IPPROTO_UDP, "0.0.0.0", 80, 0, false},     /* 7 */
	    {IPPROTO_UDP, "::", 85, 2, false},          /* 8: the device counts more ... */
	    {IPPROTO_UDP, "0.0.0.0", 85, 0, false},     /* 9: ... than the family */
	    {IPPROTO_TCP, "::", 86, 0, false},          /* 10 */
	    {IPPROTO_TCP, "0.0.0.0", 86, 0, false},     /* 11: for IPv4 this one */
	    {IPPROTO_TCP, "2001:db8::1", 80, 0, false}, /* 12 */
	    {IPPROTO_TCP, "192.0.2.1", 84, 0, false},   /* 13: exact beats the device */
	    {IPPROTO_TCP, "0.0.0.0", 87, 10, false},    /* 14: on the VRF */
	};
	static const struct {
		uint8_t protocol;
		const char *destination;
		uint16_t port;
		uint32_t in_ifindex;
		int socket; /* -1: nobody */
	} cases[] = {
	    {IPPROTO_TCP, "192.0.2.2", 80, 2, 0},
	    {IPPROTO_TCP, "192.0.2.1", 80, 2, 1},
	    {IPPROTO_TCP, "192.0.2.1", 81, 2, 2},
	    {IPPROTO_TCP, "2001:db8::1", 81, 2, 2},
	    {IPPROTO_TCP, "192.0.2.1", 82, 2, -1},
	    {IPPROTO_TCP, "2001:db8::1", 82, 2, 3},
	    {IPPROTO_TCP, "192.0.2.1", 83, 2, 4},
	    {IPPROTO_TCP, "192.0.2.1", 83, 3, -1},
	    {IPPROTO_TCP, "192.0.2.2", 84, 3, 5},
	    {IPPROTO_TCP, "192.0.2.2", 84, 2, 6},
	    {IPPROTO_UDP, "192.0.2.1", 80, 2, 7},
	    {IPPROTO_UDP, "192.0.2.1", 81, 2, -1},
	    {IPPROTO_UDP, "192.0.2.1", 85, 2, 8},
	    {IPPROTO_UDP, "192.0.2.1", 85, 3, 9},
	    {IPPROTO_TCP, "192.0.2.1", 86, 2, 11},
	    {IPPROTO_TCP, "2001:db8::1", 86, 2, 10},
	    {IPPROTO_TCP, "2001:db8::1", 80, 2, 12},
	    {IPPROTO_TCP, "2001:db8::2", 80, 2, -1},
	    {IPPROTO_TCP, "192.0.2.1", 84, 2, 13},
	    {IPPROTO_SCTP, "192.0.2.1", 80, 2, -1},
	    /* Link 11 belongs to a VRF: only what is bound to either takes its packets. */
	    {IPPROTO_TCP, "192.0.2.2", 80, 11, -1},
	    {IPPROTO_TCP, "192.0.2.2", 87, 11, 14},
	    {IPPROTO_TCP, "192.0.2.2", 87, 2, -1},
	};
	struct netview view = {0};

	(void)state;
	*vec_push(&view.links) = (struct link){.index = 10, .name = "vrf0", .kind = "vrf"};
	*vec_push(&view.links) =
	    (struct link){.index = 11, .master = 10, .name = "eth1", .kind = ""};
	for (size_t i = 0; i < COUNT(sockets); i++)
		add_socket(&view, sockets[i].protocol, sockets[i].address, sockets[i].port,
		           sockets[i].ifindex, sockets[i].v6only);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct socket *found;
		struct address destination;

		assert_true(address_parse(cases[i].destination, &destination));
		found = netview_socket(&view, cases[i].protocol, &destination, cases[i].port,
		                       cases[i].in_ifindex);
		if ((found ? (int)(found - view.sockets.items) : -1) != cases[i].socket)
			fail_msg("case %zu: wrong socket", i);
	}
	/* With l3mdev_accept unbound sockets take the VRF's packets too. */
	*vec_push(&view.sysctls) = (struct sysctl){"net/ipv4/tcp_l3mdev_accept", "1"};
	assert_ptr_equal(
	    netview_socket(&view, IPPROTO_TCP, &(struct address){AF_INET, {192, 0, 2, 2}}, 80, 11),
	    &view.sockets.items[0]);
	netview_done(&view);
}

/* Adds a sock_diag message; locals, where there are any, are IPv4 addresses. */
static void add_diag(struct bytes *raw, uint8_t state, const char *address, uint32_t inode,
                     size_t n_locals)
{
	struct inet_diag_msg header = {
	    .idiag_state = state, .id.idiag_sport = htons(80), .idiag_inode = inode};
	struct sockaddr_storage locals[4] = {0};
	struct address source;
	struct nlmsghdr *message;

	assert_true(address_parse(address, &source));
	header.idiag_family = source.family;
	memcpy(header.id.idiag_src, source.bytes, sizeof(source.bytes));
	message = begin(SOCK_DIAG_BY_FAMILY, &header, sizeof(header));
	mnl_attr_put_u8(message, INET_DIAG_SKV6ONLY, inode & 1);
	for (size_t i = 0; i < n_locals; i++)
		((struct sockaddr_in *)&locals[i])->sin_family = AF_INET;
	if (n_locals)
		mnl_attr_put(message, INET_DIAG_LOCALS, n_locals * sizeof(*locals), locals);
	finish(raw, message);
}

static void sockets_are_decoded(void **state)
{
	struct netview view = {0};
	struct bytes tcp = {0}, sctp = {0};
	char text[ADDRESS_TEXT];

	(void)state;
	add_diag(&tcp, TCP_LISTEN, "::ffff:192.0.2.1", 2, 0);
	add_diag(&tcp, TCP_ESTABLISHED, "192.0.2.1", 4, 0);
	add_diag(&tcp, TCP_LISTEN, "::", 5, 0);
	add_diag(&sctp, TCP_LISTEN, "0.0.0.0", 6, 3);
	assert_int_equal(socket_decode(&view, &tcp, IPPROTO_TCP, NULL), 0);
	assert_int_equal(view.sockets.n, 2);
	assert_string_equal(address_format(&view.sockets.items[0].address, text), "192.0.2.1");
	assert_int_equal(view.sockets.items[0].inode, 2);
	assert_int_equal(view.sockets.items[0].port, 80);
	assert_true(view.sockets.items[1].v6only);
	assert_int_equal(view.sockets.items[1].inode, 5);
	/* TCP's listening state means nothing for UDP. */
	assert_int_equal(socket_decode(&view, &tcp, IPPROTO_UDP, NULL), 0);
	assert_int_equal(view.sockets.n, 2);
	assert_int_equal(socket_decode(&view, &sctp, IPPROTO_SCTP, NULL), 0);
	assert_int_equal(view.sockets.n, 5);
	tcp.len -= 4;
	assert_int_equal(socket_decode(&view, &tcp, IPPROTO_TCP, NULL), -EBADMSG);
	bytes_done(&tcp);
	bytes_done(&sctp);
	netview_done(&view);
}

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void containers_are_told_from_cgroups(void **state)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
	    {"0::/\n", NULL},
	    {"0::/system.slice/ssh.service\n", NULL},
	    {"0::/system.slice/docker-" ID ".scope\n", ID},
	    {"0::/docker/" ID, ID},
	    {"0::/docker/" ID "/docker/" ID_2 "\n", ID_2},
	    {"12:pids:/docker/" ID "\n11:cpu:/docker/" ID "\n1:name=systemd:/\n0::/\n", ID},
	    {"0::/machine.slice/libpod-" ID ".scope/container\n", ID},
	    {"0::/machine.slice/libpod-conmon-" ID ".scope\n", NULL},
	    {"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n", ID},
	    {"0::/docker/" ID "0\n", NULL},
	    {"0::/docker/x" ID "\n", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char id[CONTAINER_ID_LEN + 1];
		bool found = cgroup_container_id(cases[i].text, id);

		if (found != (cases[i].id != NULL) || (found && strcmp(id, cases[i].id) != 0))
			fail_msg("case %zu: %s", i, found ? id : "none");
	}
}

static void incompleteness_is_kept(void **state)
{
	struct netview view = {0};

	(void)state;
	assert_int_equal(netview_incomplete(&view, "reading %s needs root", "nftables"), 0);
	assert_int_equal(view.incomplete.n, 1);
	assert_string_equal(view.incomplete.items[0], "reading nftables needs root");
	netview_done(&view);
}

/* Services are counted, not the servers behind them. */
static void virtual_services_are_counted(void **state)
{
	char listing[] = "IP Virtual Server version 1.2.1 (size=4096)\n"
	                 "Prot LocalAddress:Port Scheduler Flags\n"
	                 "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
	                 "TCP  C0000201:0050 rr  \n"
	                 "  -> AC110002:0050      Masq    1      0          0         \n"
	                 "FWM  00000100 rr \n"
	                 "UDP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0035 wrr \n";
	FILE *file = fmemopen(listing, sizeof(listing) - 1, "r");

	(void)state;
	assert_non_null(file);
	assert_int_equal(ipvs_services(file), 3);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds_have_names),
	    cmocka_unit_test(everything_is_decoded),
	    cmocka_unit_test(routes_say_where_they_go),
	    cmocka_unit_test(bad_links_are_refused),
	    cmocka_unit_test(messages_must_be_of_their_kind),
	    cmocka_unit_test(broken_messages_do_no_harm),
	    cmocka_unit_test(sysctls_are_found_in_any_order),
	    cmocka_unit_test(sockets_are_chosen_as_the_kernel_does),
	    cmocka_unit_test(sockets_are_decoded),
	    cmocka_unit_test(containers_are_told_from_cgroups),
	    cmocka_unit_test(incompleteness_is_kept),
	    cmocka_unit_test(virtual_services_are_counted),
	};

	return cmocka_run_group_tests_name("netview", tests, NULL, NULL);
}
