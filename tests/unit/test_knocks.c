/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who knocks: what is read of a packet, and a table that stays as large as it is. */
#include "clerk/knocks.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

/* A message that is being written. */
struct message {
	uint8_t bytes[512];
	size_t len;
};

/* Adds an attribute; its place, for nests. */
static size_t put(struct message *message, uint16_t type, const void *data, size_t len)
{
	size_t at = message->len;
	struct nlattr head = {(uint16_t)(sizeof(head) + len), type};

	memcpy(message->bytes + at, &head, sizeof(head));
	if (len)
		memcpy(message->bytes + at + sizeof(head), data, len);
	message->len += (sizeof(head) + len + 3) & ~(size_t)3;
	return at;
}

/* Ends a nest that begins at a place. */
static void end_nest(struct message *message, size_t at)
{
	struct nlattr *head = (struct nlattr *)(void *)(message->bytes + at);

	head->nla_len = (uint16_t)(message->len - at);
}

/* 198.51.100.2 port 40000 to 172.17.0.2 port 80, TCP; in by link 7. */
static const uint8_t packet[] = {0x45, 0, 0,   60, 0, 0, 0x40, 0,    64, 6,  0, 0, 198, 51,
                                 100,  2, 172, 17, 0, 2, 0x9c, 0x40, 0,  80, 0, 0, 0,   0};

static struct message make_message(const uint8_t *payload, size_t len, bool flow)
{
	struct message message = {.len = NLMSG_HDRLEN + sizeof(struct nfgenmsg)};
	const uint8_t link[] = {0, 0, 0, 7}, to[] = {192, 0, 2, 10}, port[] = {0x1f, 0x90};

	put(&message, NFULA_IFINDEX_INDEV, link, sizeof(link));
	put(&message, NFULA_PAYLOAD, payload, len);
	if (flow) {
		size_t ct = put(&message, 18, NULL, 0);
		size_t tuple = put(&message, CTA_TUPLE_ORIG | NLA_F_NESTED, NULL, 0);
		size_t ip = put(&message, CTA_TUPLE_IP | NLA_F_NESTED, NULL, 0), protocol;

		put(&message, CTA_IP_V4_DST, to, sizeof(to));
		end_nest(&message, ip);
		protocol = put(&message, CTA_TUPLE_PROTO | NLA_F_NESTED, NULL, 0);
		put(&message, CTA_PROTO_DST_PORT, port, sizeof(port));
		end_nest(&message, protocol);
		end_nest(&message, tuple);
		end_nest(&message, ct);
	}
	return message;
}

static void check_to(const struct sighting *knock, const char *to, uint16_t port)
{
	char text[ADDRESS_TEXT], source[PREFIX_TEXT];

	assert_string_equal(prefix_format(&knock->source, source), "198.51.100.2/32");
	assert_string_equal(address_format(&knock->to, text), to);
	assert_int_equal(knock->port, port);
	assert_int_equal(knock->ifindex, 7);
	assert_int_equal(knock->protocol, 6);
}

static void a_packet_is_read(void **state)
{
	struct message plain = make_message(packet, sizeof(packet), false);
	struct message flow = make_message(packet, sizeof(packet), true);
	struct sighting knock = {0};

	(void)state;
	assert_true(knock_parse(plain.bytes, plain.len, &knock));
	check_to(&knock, "172.17.0.2", 80);
	assert_true(knock_parse(flow.bytes, flow.len, &knock));
	check_to(&knock, "192.0.2.10", 8080);
	/* Cut anywhere it is none, or one without its last part. */
	for (size_t len = 0; len < plain.len; len++)
		assert_false(knock_parse(plain.bytes, len, &knock));
	for (size_t len = 0; len < sizeof(packet); len++) {
		struct message cut = make_message(packet, len, false);

		assert_int_equal(knock_parse(cut.bytes, cut.len, &knock), len >= 20);
	}
}

/* What was taken of a table. */
struct taken {
	size_t n, wide, everybody;
	uint64_t packets;
};

static void take(const struct sighting *knock, void *data)
{
	struct taken *taken = data;

	taken->n++;
	taken->packets += knock->count;
	taken->wide += knock->source.len < 32;
	taken->everybody += knock->source.len == 0;
}

static void a_flood_of_senders_stays_small(void **state)
{
	_cleanup_(cleanup_tally_free) struct tally *tally = tally_new();
	struct taken taken = {0};
	size_t n;
	struct sighting knock = {
	    .protocol = 6, .port = 22, .count = 1, .first = 3600, .last = 3600};

	(void)state;
	assert_non_null(tally);
	for (uint32_t i = 0; i < 1000000; i++) {
		const uint8_t bytes[] = {(uint8_t)(i >> 24 | 1), (uint8_t)(i * 37 >> 8),
		                         (uint8_t)(i >> 8), (uint8_t)i};
		struct address address = address_make(AF_INET, bytes);

		knock.source = prefix_make(&address, 32);
		knock.to = address;
		knock.port = (uint16_t)(i % 1000);
		tally_count(tally, &knock);
	}
	n = tally_take(tally, take, &taken);
	assert_int_equal(n, taken.n);
	assert_true(taken.n <= 4096);
	assert_int_equal(taken.packets, 1000000); /* none is lost */
	assert_true(taken.wide > 0);
	assert_int_equal(taken.everybody, 1);
	taken = (struct taken){0};
	assert_int_equal(tally_take(tally, take, &taken), 0);

	/* One sender is one line, whatever he does. */
	for (unsigned i = 0; i < 100000; i++)
		tally_count(tally, &knock);
	assert_int_equal(tally_take(tally, take, &taken), 1);
	assert_int_equal(taken.packets, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_packet_is_read),
	    cmocka_unit_test(a_flood_of_senders_stays_small),
	};

	return cmocka_run_group_tests_name("knocks", tests, NULL, NULL);
}
