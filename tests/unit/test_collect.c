/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collection is read as, part by part. */
#include "collect/collect.h"
#include "collect/collect_parts.h"
#include "collect/links.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* A collection of a text. */
static int read_text(const char *text, struct collection *collection, struct error **ret_error)
{
	struct bytes bytes = {0};

	assert_int_equal(bytes_append(&bytes, text, strlen(text), SIZE_MAX), 0);
	return collection_read("f", &bytes, collection, ret_error);
}

/* Sections, what they are of, complaints, lines that end as mail ends them. */
static void test_sections(void **state)
{
	_cleanup_collection_ struct collection collection = {0};
	const struct section *section;
	char *at = NULL;

	(void)state;
	assert_int_equal(read_text("seawall-collection 1\r\nsection host\n a\n  b \n \n"
	                           "section routes:4\n x\n!no\n!more\nsection routes:6\n"
	                           "!neither\nsection time\n 12\n \nend\n",
	                           &collection, NULL),
	                 0);
	assert_int_equal(collection.sections.n, 4);
	section = collection_section(&collection, "host", "");
	assert_non_null(section);
	assert_string_equal(section->text, "a\n b \n\n");
	assert_int_equal(section->line, 2);
	assert_null(section->complaint);
	assert_string_equal(section_line(section, &at), "a");
	assert_string_equal(section_line(section, &at), " b ");
	assert_null(section_line(section, &at));
	section = collection_section(&collection, "routes", "4");
	assert_non_null(section);
	assert_string_equal(section->text, "x\n");
	assert_string_equal(section->complaint, "no");
	section = collection_section(&collection, "routes", "6");
	assert_non_null(section);
	assert_string_equal(section->text, "");
	assert_string_equal(section->complaint, "neither");
	assert_null(collection_section(&collection, "routes", ""));
	assert_null(collection_section(&collection, "engine", ""));
}

/* What is no collection is told where. */
static void test_wrong(void **state)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
	    {"", "f:1:1: expected \"end\": the collection is cut short"},
	    {"hello\n", "f:1:1: expected \"seawall-collection 1\""},
	    {"seawall-collection 2\n",
	     "f:1:20: expected version 1, which is what this Seawall reads"},
	    {"seawall-collection 1\nsection a\n b\n",
	     "f:4:1: expected \"end\": the collection is cut short"},
	    {"seawall-collection 1\nsection a\n b", "f:3:3: expected the end of the line"},
	    {"seawall-collection 1\n b\n", "f:2:1: expected \"section NAME\""},
	    {"seawall-collection 1\n!b\n", "f:2:1: expected \"section NAME\""},
	    {"seawall-collection 1\nsection A\n", "f:2:9: expected the name of a section"},
	    {"seawall-collection 1\nsection \n", "f:2:9: expected the name of a section"},
	    {"seawall-collection 1\nsection a\n!b\n c\nend\n", "f:4:1: expected \"section NAME\""},
	    {"seawall-collection 1\nend\nsection a\n", "f:3:1: expected nothing behind \"end\""},
	    {"seawall-collection 1\nwhat\n",
	     "f:2:1: expected \"section NAME\", or \" \" and a line of output, or \"end\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		_cleanup_collection_ struct collection collection = {0};
		_cleanup_error_ struct error *error = NULL;

		assert_int_equal(read_text(wrong[i].text, &collection, &error), -EBADMSG);
		assert_string_equal(error_message(error), wrong[i].message);
	}
}

/* Sockets as ss lists them, each in its spellings. */
static void test_sockets(void **state)
{
	static const char text[] =
	    "seawall-collection 1\nsection sockets\n"
	    " udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:((\"named\",pid=9,fd=5)) ino:3 <->\n"
	    " tcp LISTEN 0 128 [::ffff:127.0.0.1]:82 *:* ino:4 v6only:0 <->\n"
	    " tcp LISTEN 0 128 *:80 *:* users:((\"a \\\"b\",pid=7,fd=3),(\"c\",pid=8,fd=3)) "
	    "ino:5 v6only:0\n"
	    " tcp LISTEN 0 128 [::]:81 [::]:* ino:6 sk:4 v6only:1 <->\n"
	    " icmp6 UNCONN 0 0 *:ipv6-icmp *:*\n"
	    "section groups\n"
	    " 7 0::/system.slice/docker-"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n"
	    "end\n";
	_cleanup_collection_ struct collection collection = {0};
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	const struct socket *sockets;
	char address[ADDRESS_TEXT];

	(void)state;
	assert_non_null(snapshot);
	assert_int_equal(read_text(text, &collection, NULL), 0);
	assert_int_equal(collect_sockets(&collection, snapshot, NULL), 0);
	assert_int_equal(snapshot->net.sockets.n, 4);
	sockets = snapshot->net.sockets.items;
	assert_int_equal(sockets[0].protocol, IPPROTO_UDP);
	assert_int_equal(sockets[0].port, 53);
	/* There is no such link here: it is bound, and to none that we could come by. */
	assert_int_not_equal(sockets[0].ifindex, 0);
	assert_string_equal(sockets[0].owner.comm, "named");
	assert_int_equal(sockets[0].owner.pid, 9);
	assert_int_equal(sockets[0].inode, 3);
	assert_string_equal(address_format(&sockets[1].address, address), "127.0.0.1");
	assert_string_equal(address_format(&sockets[2].address, address), "::");
	assert_false(sockets[2].v6only);
	assert_string_equal(sockets[2].owner.comm, "a \\\"b");
	assert_non_null(sockets[2].owner.container_id);
	assert_true(sockets[3].v6only);
	assert_null(sockets[3].owner.container_id);
}

/* What the daemon was told, from its arguments and the excerpt of its file. */
static void test_daemon(void **state)
{
	static const char text[] =
	    "seawall-collection 1\nsection engine\n "
	    "{\"Version\":\"28.1.0\",\"ApiVersion\":\"1.49\"}\n"
	    "section engine-info\n {\"OperatingSystem\":\"Debian\"}\n"
	    "section daemon:arguments\n --userland-proxy=false\n -H\n tcp://0.0.0.0:2375\n"
	    "section daemon:settings\n \"ip\": \"127.0.0.1\"\n \"live-restore\" : true\n"
	    "section daemon:environment\n DOCKER_INSECURE_NO_IPTABLES_RAW=1\n \nend\n";
	_cleanup_collection_ struct collection collection = {0};
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	const struct engine *engine = &snapshot->engine;

	(void)state;
	assert_non_null(snapshot);
	assert_int_equal(read_text(text, &collection, NULL), 0);
	assert_int_equal(collect_engine(&collection, snapshot, NULL), 0);
	assert_int_equal(engine->status, ENGINE_OK);
	assert_string_equal(engine->version, "28.1.0");
	assert_int_equal(engine->userland_proxy, 0);
	assert_int_equal(engine->iptables, 1);
	assert_int_equal(engine->ip6tables, 1);
	assert_int_equal(engine->no_raw_rules, 1);
	assert_true(engine->tcp_listener);
	assert_true(engine->live_restore);
	assert_string_equal(engine->default_address, "127.0.0.1");
}

/* An engine that does not answer is none without containers. */
static void test_no_engine(void **state)
{
	static const struct {
		const char *text;
		enum engine_status status;
	} engines[] = {
	    {"end\n", ENGINE_NONE},
	    {"section podman\n abc\nend\n", ENGINE_BROKEN},
	    {"section engine\n null\n!Cannot connect\nend\n", ENGINE_STOPPED},
	    {"section engine\n {\"Version\":\"28.1.0\"}\nsection containers\n!no such thing\nend\n",
	     ENGINE_BROKEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++) {
		_cleanup_collection_ struct collection collection = {0};
		_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
		char text[256];

		snprintf(text, sizeof(text), "seawall-collection 1\n%s", engines[i].text);
		assert_non_null(snapshot);
		assert_int_equal(read_text(text, &collection, NULL), 0);
		assert_int_equal(collect_engine(&collection, snapshot, NULL), 0);
		assert_int_equal(snapshot->engine.status, engines[i].status);
	}
}

/* Appends a message about a link; an MTU of 0: one that does not tell what the link is. */
static void tell_link(struct bytes *run, uint16_t type, uint8_t family, int index, uint32_t mtu)
{
	_Alignas(struct nlmsghdr) char room[256] = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(room);
	struct ifinfomsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));

	message->nlmsg_type = type;
	head->ifi_family = family;
	head->ifi_index = index;
	mnl_attr_put_strz(message, IFLA_IFNAME, "a");
	if (mtu)
		mnl_attr_put_u32(message, IFLA_MTU, mtu);
	assert_int_equal(bytes_append(run, message, NLMSG_ALIGN(message->nlmsg_len), SIZE_MAX), 0);
}

/* A link that changes while rtmon listens is told of again: the last counts, and only what tells
 * what a link is. */
static void test_links(void **state)
{
	static const struct {
		int index;
		uint32_t mtu;
	} left[] = {{1, 65536}, {2, 1450}, {4, 1400}};
	_cleanup_(bytes_done) struct bytes run = {0}, links = {0}, none = {0};
	const struct nlmsghdr *message;
	size_t offset = 0;

	(void)state;
	tell_link(&run, RTM_NEWLINK, AF_UNSPEC, 1, 65536);
	tell_link(&run, RTM_NEWLINK, AF_UNSPEC, 2, 1500);
	tell_link(&run, RTM_NEWLINK, AF_UNSPEC, 3, 1500);
	tell_link(&run, RTM_NEWLINK, AF_UNSPEC, 4, 1400);
	tell_link(&run, RTM_NEWLINK, AF_UNSPEC, 2, 1450);
	tell_link(&run, RTM_NEWLINK, AF_UNSPEC, 2, 0);    /* a wireless card hears something */
	tell_link(&run, RTM_DELLINK, AF_BRIDGE, 2, 1500); /* it leaves its bridge */
	tell_link(&run, RTM_DELLINK, AF_UNSPEC, 3, 1500);
	assert_int_equal(links_latest(&run, &links), 0);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		const struct nlattr *mtu = NULL, *attribute;
		const struct ifinfomsg *head;

		message = raw_next(&links, &offset);
		assert_non_null(message);
		head = mnl_nlmsg_get_payload(message);
		assert_int_equal(head->ifi_index, left[i].index);
		for (attribute = mnl_nlmsg_get_payload_offset(message, sizeof(*head));
		     mnl_attr_ok(attribute, (int)((const char *)message + message->nlmsg_len -
		                                  (const char *)attribute));
		     attribute = mnl_attr_next(attribute))
			if (mnl_attr_get_type(attribute) == IFLA_MTU)
				mtu = attribute;
		assert_non_null(mtu);
		assert_int_equal(mnl_attr_get_u32(mtu), left[i].mtu);
	}
	assert_int_equal(offset, links.len);
	run.len -= 4;
	assert_int_equal(links_latest(&run, &none), -EBADMSG);
}

/* Only hosts are taken for hosts: nothing that ssh would take for an option or a command. */
static void test_url(void **state)
{
	static const char *const urls[] = {
	    "host",
	    "ssh://",
	    "ssh://-oProxyCommand=x",
	    "ssh://a@-b",
	    "ssh://a b",
	    "ssh://a;b",
	    "ssh://a:",
	    "ssh://a:1x",
	    "ssh://[::1",
	    "ssh://a@b@c",
	    "ssh://-a@b",
	    "ssh://a/b",
	    "ssh://a:9999999",
	    "http://a",
	    "ssh://$(a)",
	    "ssh://[-a]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		_cleanup_error_ struct error *error = NULL;
		struct snapshot *snapshot = NULL;

		assert_int_equal(collect_host(urls[i], &snapshot, &error), -EINVAL);
		assert_non_null(strstr(error_message(error), "expected ssh://"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sections),  cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_sockets),   cmocka_unit_test(test_daemon),
	    cmocka_unit_test(test_no_engine), cmocka_unit_test(test_links),
	    cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
