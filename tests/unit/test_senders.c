/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of prefixes, and which senders rules tell apart. */
#include "audit/sender_kinds.h"
#include "audit/vantage_split.h"
#include "audit/witness.h"
#include "reach_random.h"

#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { SETS = 300, RULESETS = 1500, PAIRS = 60 };

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_true(prefix_parse(text, &prefix));
	return prefix;
}

/* All prefixes of a set in a row. */
static const char *set_text(const struct prefixes *set)
{
	static char text[1024];
	char one[PREFIX_TEXT];
	size_t len = 0;

	text[0] = 0;
	vec_foreach(prefix, set)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
		                        prefix_format(prefix, one));
	return text;
}

/* Adds one prefix by its text. */
static void add(struct prefixes *set, const char *text)
{
	struct prefix prefix = prefix_of(text);

	assert_int_equal(prefixes_add(set, &prefix, 1), 0);
}

static void test_prefixes(void **state)
{
	struct prefixes set = {0};
	struct prefix whole = prefix_of("10.0.0.0/7"), other = prefix_of("10.0.0.0/8");

	(void)state;
	add(&set, "10.0.0.0/9");
	add(&set, "192.0.2.1");
	add(&set, "10.1.2.3");
	assert_string_equal(set_text(&set), "10.0.0.0/9 192.0.2.1/32");
	add(&set, "2001:db8::/32");
	add(&set, "10.128.0.0/9");
	assert_string_equal(set_text(&set), "10.0.0.0/8 192.0.2.1/32 2001:db8::/32");
	assert_true(prefixes_hold(&set, &other));
	assert_false(prefixes_hold(&set, &whole));
	add(&set, "11.0.0.0/8");
	assert_true(prefixes_hold(&set, &whole));
	assert_false(prefixes_are_most(set.items, set.n));
	add(&set, "128.0.0.0/1");
	assert_true(prefixes_are_most(set.items, set.n));
	add(&set, "0.0.0.0/1");
	assert_string_equal(set_text(&set), "0.0.0.0/0 2001:db8::/32");
	vec_done(&set);
}

/* Sets of addresses of a /24, beside a table of all of them. */
static void test_random_prefixes(void **state)
{
	struct chance chance = {0x5e7};

	(void)state;
	for (unsigned i = 0; i < SETS; i++) {
		struct prefixes set = {0};
		bool in[256] = {false};

		for (unsigned n = chance_below(&chance, 30); n > 0; n--) {
			struct address address = {AF_INET,
			                          {10, 0, 0, (uint8_t)chance_below(&chance, 256)}};
			struct prefix prefix =
			    prefix_make(&address, (uint8_t)(26 + chance_below(&chance, 7)));

			assert_int_equal(prefixes_add(&set, &prefix, 1), 0);
			for (unsigned at = 0; at < 256; at++) {
				address.bytes[3] = (uint8_t)at;
				in[at] = in[at] || prefix_contains(&prefix, &address);
			}
		}
		for (unsigned at = 0; at < 256; at++) {
			struct address address = {AF_INET, {10, 0, 0, (uint8_t)at}};
			struct prefix one = prefix_make(&address, 32);

			assert_int_equal(prefixes_hold(&set, &one), in[at]);
		}
		for (size_t k = 1; k < set.n; k++) {
			struct prefix twice[2] = {set.items[k - 1], set.items[k]};
			struct prefixes again = {0};

			assert_true(prefix_compare(&twice[0], &twice[1]) < 0);
			assert_int_equal(prefixes_add(&again, twice, 2), 0);
			assert_int_equal(again.n, 2); /* no two are halves of one */
			vec_done(&again);
		}
		vec_done(&set);
	}
}

/* The kinds of IPv4 senders of rules as nft lists them. */
static void kinds_of(const char *rules, struct sender_kinds *ret_kinds, unsigned *ret_scattered)
{
	struct sender_question question = {.family = NFPROTO_IPV4, .trait = SENDER_ADDRESS};
	struct ruleset ruleset = {0};
	struct chain_graph graph;

	assert_int_equal(ruleset_read_nft("rules", rules, strlen(rules), &ruleset, NULL), 0);
	assert_int_equal(chain_graph_init(&graph, &ruleset, "rules", NULL), 0);
	question.graph = &graph;
	*ret_scattered = 0;
	assert_int_equal(sender_kinds_make(&question, ret_kinds, ret_scattered), 0);
	chain_graph_done(&graph);
	ruleset_done(&ruleset);
}

/* Whether two addresses are of one kind. */
static bool alike(const struct sender_kinds *kinds, const char *one, const char *two)
{
	struct prefix a = prefix_of(one), b = prefix_of(two);

	return sender_kind_at(kinds, field_of_address(NFPROTO_IPV4, a.address.bytes)) ==
	       sender_kind_at(kinds, field_of_address(NFPROTO_IPV4, b.address.bytes));
}

static void test_lists_are_one_kind(void **state)
{
	static const char rules[] =
	    "table ip t {\n"
	    "  set land { type ipv4_addr; flags interval; elements = { 5.0.0.0/16, 7.0.0.0/16 } }\n"
	    "  chain c {\n"
	    "    type filter hook forward priority 0; policy drop;\n"
	    "    ip saddr @land accept\n"
	    "    tcp dport 22 ip saddr 10.0.0.1 drop\n"
	    "    tcp dport 22 ip saddr 10.0.0.9 drop\n"
	    "    tcp dport 23 ip saddr 10.0.0.9 drop\n"
	    "    ip saddr 10.0.7.0/24 counter packets 0 bytes 0\n"
	    "  }\n"
	    "}\n";
	struct sender_kinds kinds = {0};
	unsigned scattered;

	(void)state;
	kinds_of(rules, &kinds, &scattered);
	assert_true(alike(&kinds, "5.0.1.1", "7.0.255.255"));
	assert_false(alike(&kinds, "5.0.1.1", "6.0.0.1"));
	assert_false(alike(&kinds, "10.0.0.1", "10.0.0.2"));
	assert_false(alike(&kinds, "10.0.0.1", "10.0.0.9")); /* it is in two lists */
	assert_true(alike(&kinds, "10.0.7.1", "10.0.8.1"));  /* a rule that only counts */
	assert_true(alike(&kinds, "0.0.0.0", "255.255.255.255"));
	assert_int_equal(scattered, 0);
	vec_done(&kinds);
}

static void test_translations_tell_nobody_apart(void **state)
{
	static const char masquerade[] =
	    "table ip n {\n"
	    "  chain p {\n"
	    "    type nat hook postrouting priority 100; policy %s;\n"
	    "    ip saddr 172.17.0.0/16 oifname != \"docker0\" masquerade\n"
	    "  }\n"
	    "}\n";
	struct sender_kinds kinds = {0};
	char text[512];
	unsigned scattered;

	(void)state;
	snprintf(text, sizeof(text), masquerade, "accept");
	kinds_of(text, &kinds, &scattered);
	assert_int_equal(kinds.n, 1);
	vec_done(&kinds);
	/* Where the chain refuses what it does not translate it is another matter. */
	snprintf(text, sizeof(text), masquerade, "drop");
	kinds_of(text, &kinds, &scattered);
	assert_int_equal(kinds.n, 3);
	vec_done(&kinds);
}

static void test_rules_of_routing(void **state)
{
	struct policy_rule rules[3] = {
	    {.family = AF_INET, .source = prefix_of("203.0.113.0/24")},
	    {.family = AF_INET6, .source = prefix_of("2001:db8::/32")},
	    {.family = AF_INET, .first_source_port = 53, .last_source_port = 60}};
	struct netview view = {.policy_rules = {rules, 3, 3}};
	struct ruleset ruleset = {0};
	struct chain_graph graph;
	struct sender_question question = {
	    .graph = &graph, .family = NFPROTO_IPV4, .trait = SENDER_ADDRESS, .view = &view};
	struct sender_kinds kinds = {0};
	unsigned scattered = 0;

	(void)state;
	assert_int_equal(chain_graph_init(&graph, &ruleset, "rules", NULL), 0);
	assert_int_equal(sender_kinds_make(&question, &kinds, &scattered), 0);
	assert_int_equal(kinds.n, 3);
	assert_false(alike(&kinds, "203.0.113.0", "203.0.114.0"));
	assert_true(alike(&kinds, "203.0.112.255", "203.0.114.0"));
	vec_done(&kinds);
	question.trait = SENDER_PORT;
	assert_int_equal(sender_kinds_make(&question, &kinds, &scattered), 0);
	assert_int_equal(kinds.n, 3);
	assert_int_equal(sender_kind_at(&kinds, 52), sender_kind_at(&kinds, 61));
	assert_int_not_equal(sender_kind_at(&kinds, 52), sender_kind_at(&kinds, 60));
	vec_done(&kinds);
	chain_graph_done(&graph);
}

static void test_bits_that_no_prefix_has(void **state)
{
	static const char rules[] = "table ip t {\n"
	                            "  chain c {\n"
	                            "    type filter hook forward priority 0; policy accept;\n"
	                            "    ip saddr & 0.0.0.3 == 0.0.0.1 drop\n"
	                            "    ip saddr & 255.255.0.0 == 10.7.0.0 drop\n"
	                            "  }\n"
	                            "}\n";
	struct sender_kinds kinds = {0};
	unsigned scattered;

	(void)state;
	kinds_of(rules, &kinds, &scattered);
	assert_int_equal(scattered, 1);
	assert_false(alike(&kinds, "10.7.255.255", "10.8.0.0"));
	vec_done(&kinds);
}

/* The walk's oracle: by seed. */
static uint8_t answer(void *data, const struct step *step, const void *key, unsigned byte)
{
	bool shared = step->kind == STEP_UNKNOWN && step->shared;
	uint8_t said =
	    random_answer(*(uint64_t *)data, shared, (const char *)key + byte, step->text);

	return step->kind == STEP_FORGET ? said : said & 1;
}

/* Whether a packet gets through. */
static bool gets_through(const struct chain_graph *graph, const struct packet *packet,
                         uint64_t seed)
{
	struct walk walk = {
	    .graph = graph, .oracle = answer, .oracle_data = &seed, .packet = *packet};
	struct walk_end end;

	assert_int_equal(ruleset_walk(&walk, NF_INET_FORWARD, &end), 0);
	return end.accepted;
}

/* Senders of one kind must fare alike, whatever else there is to their packets. */
static unsigned compare_senders(struct chance *chance, uint8_t family, enum sender_trait trait)
{
	static const enum field fields[][2] = {
	    [SENDER_ADDRESS] = {FIELD_SOURCE, FIELD_ORIGINAL_SOURCE},
	    [SENDER_PORT] = {FIELD_SOURCE_PORT, FIELD_ORIGINAL_SOURCE_PORT},
	};
	enum field field = fields[trait][0], original = fields[trait][1];
	struct sender_question question = {.family = family, .trait = trait};
	struct ruleset ruleset = {0};
	struct chain_graph graph;
	struct sender_kinds kinds = {0};
	unsigned scattered = 0, told = 0;

	random_ruleset(chance, &ruleset);
	assert_int_equal(chain_graph_init(&graph, &ruleset, "random", NULL), 0);
	question.graph = &graph;
	assert_int_equal(sender_kinds_make(&question, &kinds, &scattered), 0);
	for (unsigned i = 0; i < PAIRS && !scattered; i++) {
		uint64_t seed = (uint64_t)chance_below(chance, UINT32_MAX) + 1;
		struct packet one, two, other;

		random_packet(chance, family, &one);
		random_packet(chance, family, &other);
		one.values[original] = one.values[field];
		two = one;
		two.values[field] = two.values[original] = other.values[field];
		if (sender_kind_at(&kinds, one.values[field]) !=
		    sender_kind_at(&kinds, two.values[field])) {
			told++;
			continue;
		}
		assert_int_equal(gets_through(&graph, &one, seed),
		                 gets_through(&graph, &two, seed));
	}
	vec_done(&kinds);
	chain_graph_done(&graph);
	ruleset_done(&ruleset);
	return told;
}

static void test_random_senders(void **state)
{
	struct chance chance = {0x5e4de5};
	unsigned told = 0;

	(void)state;
	for (unsigned i = 0; i < RULESETS; i++)
		told += compare_senders(&chance, i % 3 ? NFPROTO_IPV4 : NFPROTO_IPV6,
		                        i % 2 ? SENDER_ADDRESS : SENDER_PORT);
	assert_true(told > RULESETS / 2);
}

static const struct host_ports any_port = {.any = true};

/* A host of one link whose rules are text, and its vantage points. */
static void split(const char *rules, const struct host_ports *ports, struct vantages *vantages,
                  struct arena *arena, struct split_left_out *left_out)
{
	struct netview view = {0};
	struct host host = {.view = &view};

	assert_int_equal(ruleset_read_nft("rules", rules, strlen(rules), &host.ruleset, NULL), 0);
	assert_int_equal(chain_graph_init(&host.graph, &host.ruleset, "rules", NULL), 0);
	*left_out = (struct split_left_out){0};
	assert_int_equal(vantages_split(&host, ports, arena, vantages, left_out), 0);
	chain_graph_done(&host.graph);
	ruleset_done(&host.ruleset);
}

/* Adds a vantage point of link 2. */
static void add_vantage(struct vantages *vantages, enum vantage_class class, const char *source,
                        const char *sources)
{
	struct vantage *vantage = vec_push(vantages);

	if (!vantage)
		abort();
	*vantage = (struct vantage){.class = class,
	                            .inject_ifindex = 2,
	                            .in_ifindex = 2,
	                            .in = "eth0",
	                            .source = prefix_of(source).address,
	                            .sources = prefix_of(sources)};
}

/* The senders that a vantage point speaks for. */
static const char *senders_text(const struct vantage *vantage)
{
	struct prefixes senders = {0};
	const char *text;

	assert_int_equal(vantage_senders(vantage, &senders), 0);
	text = set_text(&senders);
	vec_done(&senders);
	return text;
}

static void test_split(void **state)
{
	static const char rules[] = "table ip t {\n"
	                            "  chain c {\n"
	                            "    type filter hook forward priority 0; policy drop;\n"
	                            "    ip saddr 192.0.0.0/14 accept\n"
	                            "    ip saddr 192.0.2.8/30 drop\n"
	                            "  }\n"
	                            "}\n";
	struct vantages vantages = {0};
	struct split_left_out left_out;
	struct arena arena = {0};

	(void)state;
	add_vantage(&vantages, VANTAGE_BEYOND, "203.0.113.77", "0.0.0.0/0");
	add_vantage(&vantages, VANTAGE_NEIGHBOUR, "192.0.2.254", "192.0.2.0/24");
	split(rules, &any_port, &vantages, &arena, &left_out);
	assert_int_equal(left_out.kinds, 0);
	assert_int_equal(vantages.n, 4);
	/* Whoever is not named is anyone; the neighbours within the /14 are not told twice. */
	assert_true(vantage_is_world(&vantages.items[0]));
	assert_string_equal(senders_text(&vantages.items[1]),
	                    "192.0.2.0/29 192.0.2.12/30 192.0.2.16/28 192.0.2.32/27 192.0.2.64/26 "
	                    "192.0.2.128/25");
	assert_string_equal(senders_text(&vantages.items[2]), "192.0.0.0/14");
	assert_false(vantage_is_world(&vantages.items[2]));
	assert_string_equal(senders_text(&vantages.items[3]), "192.0.2.8/30");
	vec_done(&vantages);
	arena_done(&arena);
}

static void test_choices_of_a_sender(void **state)
{
	static const char rules[] = "table ip t {\n"
	                            "  chain c {\n"
	                            "    type filter hook forward priority 0; policy drop;\n"
	                            "    tcp dport 80 tcp sport 53 accept\n"
	                            "    tcp dport 80 ether saddr 02:00:00:00:00:07 accept\n"
	                            "    tcp dport 9 tcp sport 99 accept\n"
	                            "    tcp dport 9 ip saddr 192.0.2.9 accept\n"
	                            "  }\n"
	                            "}\n";
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};
	const uint16_t ports[] = {22, 80};
	const struct host_ports two = {.items = ports, .n = 2};
	struct vantages vantages = {0};
	struct split_left_out left_out;
	struct arena arena = {0};

	(void)state;
	add_vantage(&vantages, VANTAGE_NEIGHBOUR, "192.0.2.254", "192.0.2.0/24");
	/* What is for a port that nobody has tells nobody apart. */
	split(rules, &two, &vantages, &arena, &left_out);
	assert_int_equal(left_out.kinds, 0);
	assert_int_equal(vantages.items[0].source_port, 0);
	assert_false(vantages.items[0].has_source_mac);
	assert_int_equal(vantages.items[1].source_port, 53);
	assert_false(vantages.items[1].has_source_mac);
	assert_int_equal(vantages.items[2].source_port, 0);
	assert_true(vantages.items[2].has_source_mac);
	assert_memory_equal(vantages.items[2].source_mac, mac, 6);
	assert_int_equal(vantages.items[3].source_port, 53);
	assert_true(vantages.items[3].has_source_mac);
	assert_int_equal(vantages.n, 4);
	vantages.n = 1;
	split(rules, &any_port, &vantages, &arena, &left_out);
	/* Two addresses, three ports, two link addresses. */
	assert_int_equal(vantages.n, 12);
	vec_done(&vantages);
	arena_done(&arena);
}

static void test_boundaries(void **state)
{
	const struct prefix parts[] = {prefix_of("10.0.0.0/24"), prefix_of("10.0.4.0/32"),
	                               prefix_of("127.0.0.0/8")};
	struct vantage vantage = {.class = VANTAGE_BEYOND,
	                          .source = prefix_of("10.0.0.9").address,
	                          .sources = prefix_of("0.0.0.0/0"),
	                          .parts = parts,
	                          .n_parts = 3};
	static const char *const from[] = {"10.0.0.0", "10.0.0.255", NULL, "10.0.4.0"};
	const struct address to = prefix_of("192.0.2.1").address;
	struct witnesses witnesses = {0};
	size_t i = 1;

	(void)state;
	assert_int_equal(vec_reserve(&witnesses.probes, 1), 0);
	assert_int_equal(vec_reserve(&witnesses.of, 1), 0);
	witnesses.probes.items[0] = witness_probe(&vantage, &to, 80, IPPROTO_TCP);
	witnesses.of.items[0] = (struct witness){.vantage = 7, .target = TARGET_HOST};
	witnesses.probes.n = witnesses.of.n = 1;
	assert_int_equal(witnesses_add_boundaries(&vantage, 0, &witnesses), 0);
	/* Of the single address once for each end and once by chance; nobody sends from loopback.
	 */
	assert_int_equal(witnesses.probes.n, 7);
	assert_int_equal(witnesses.boundaries, 6);
	for (; i < witnesses.probes.n; i++) {
		const struct probe *probe = &witnesses.probes.items[i];
		const char *text = from[i <= 3 ? i - 1 : 3];

		assert_int_equal(witnesses.of.items[i].vantage, 7);
		assert_int_equal(probe->destination_port, 80);
		assert_true(prefix_contains(&parts[i > 3], &probe->source));
		if (text) {
			struct prefix wanted = prefix_of(text);

			assert_true(address_equal(&probe->source, &wanted.address));
		}
	}
	witnesses_done(&witnesses);
}

/* A list that is too long to be told is tried by one of those that are on it, all the same. */
static void test_long_lists_are_rounded(void **state)
{
	enum { ADDRESSES = 100, PORTS = 9000 };
	const struct prefix one = prefix_of("9.0.0.1");
	static char rules[ADDRESSES * 24 + 256];
	static uint16_t ports[PORTS];
	const struct host_ports many = {.items = ports, .n = PORTS};
	struct vantages vantages = {0};
	struct split_left_out left_out;
	struct arena arena = {0};
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < PORTS; i++)
		ports[i] = (uint16_t)(i + 1);
	len += (size_t)snprintf(rules, sizeof(rules),
	                        "table ip t {\n chain c {\n  type filter hook forward priority 0; "
	                        "policy drop;\n  ip saddr { 9.0.0.1");
	for (unsigned i = 0; i < ADDRESSES; i++)
		len += (size_t)snprintf(rules + len, sizeof(rules) - len, ", 220.0.%u.1", i);
	snprintf(rules + len, sizeof(rules) - len, " } accept\n }\n}\n");
	add_vantage(&vantages, VANTAGE_BEYOND, "203.0.113.77", "0.0.0.0/0");
	split(rules, &many, &vantages, &arena, &left_out);
	assert_int_equal(vantages.n, 2);
	assert_true(vantages.items[1].rounded);
	assert_string_equal(senders_text(&vantages.items[1]), "0.0.0.0/0");
	assert_true(address_equal(&vantages.items[1].source, &one.address));
	vec_done(&vantages);
	arena_done(&arena);
}

/* What sends for a kind is nobody whom another vantage point speaks for. */
static void test_senders_are_their_own(void **state)
{
	static const char rules[] = "table ip t {\n"
	                            "  chain c {\n"
	                            "    type filter hook forward priority 0; policy drop;\n"
	                            "    ip saddr 10.0.0.0/8 accept\n"
	                            "  }\n"
	                            "}\n";
	const struct prefix lan = prefix_of("10.0.0.0/20");
	struct vantages vantages = {0};
	struct split_left_out left_out;
	struct arena arena = {0};

	(void)state;
	add_vantage(&vantages, VANTAGE_BEYOND, "203.0.113.77", "0.0.0.0/0");
	add_vantage(&vantages, VANTAGE_SPOOFED, "10.0.15.254", "10.0.0.0/20");
	split(rules, &any_port, &vantages, &arena, &left_out);
	assert_int_equal(vantages.n, 3);
	assert_false(prefix_contains(&lan, &vantages.items[2].source));
	assert_string_equal(senders_text(&vantages.items[2]),
	                    "10.0.16.0/20 10.0.32.0/19 10.0.64.0/18 10.0.128.0/17 10.1.0.0/16 "
	                    "10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 "
	                    "10.64.0.0/10 10.128.0.0/9");
	vec_done(&vantages);
	arena_done(&arena);
}

static void test_many_ports_mean_fewer_senders(void **state)
{
	enum { PORTS = 9000 };
	static const char rules[] = "table ip t {\n"
	                            "  chain c {\n"
	                            "    type filter hook forward priority 0; policy drop;\n"
	                            "    tcp sport 1 tcp dport 9000 accept\n"
	                            "    ip saddr { 10.0.0.1, 10.0.0.3, 10.0.0.5 } accept\n"
	                            "  }\n"
	                            "}\n";
	static uint16_t ports[PORTS];
	const struct host_ports many = {.items = ports, .n = PORTS};
	struct vantages vantages = {0};
	struct split_left_out left_out;
	struct arena arena = {0};

	(void)state;
	for (unsigned i = 0; i < PORTS; i++)
		ports[i] = (uint16_t)(i + 1);
	for (unsigned i = 0; i < 12; i++) {
		add_vantage(&vantages, VANTAGE_BEYOND, "203.0.113.77", "0.0.0.0/0");
		vantages.items[i].inject_ifindex = vantages.items[i].in_ifindex = i + 2;
	}
	split(rules, &many, &vantages, &arena, &left_out);
	assert_int_equal(vantages.n, 12 + 16);
	assert_int_equal(left_out.kinds, 12 + 24 - 16);
	vec_done(&vantages);
	arena_done(&arena);
}

static void test_too_many_kinds_are_counted(void **state)
{
	enum { KINDS = 60 };
	static char rules[KINDS * 64 + 256];
	struct vantages vantages = {0};
	struct split_left_out left_out;
	struct arena arena = {0};
	size_t len = 0;

	(void)state;
	len += (size_t)snprintf(rules, sizeof(rules),
	                        "table ip t {\n chain c {\n  type filter hook forward priority 0; "
	                        "policy drop;\n");
	for (unsigned i = 0; i < KINDS; i++)
		len += (size_t)snprintf(rules + len, sizeof(rules) - len,
		                        "  tcp dport %u ip saddr 20.0.0.%u accept\n", i + 1, i);
	snprintf(rules + len, sizeof(rules) - len, " }\n}\n");
	add_vantage(&vantages, VANTAGE_BEYOND, "203.0.113.77", "0.0.0.0/0");
	split(rules, &any_port, &vantages, &arena, &left_out);
	assert_int_equal(vantages.n, 48);
	assert_int_equal(left_out.kinds, KINDS + 1 - 48);
	vec_done(&vantages);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_random_prefixes),
	    cmocka_unit_test(test_lists_are_one_kind),
	    cmocka_unit_test(test_translations_tell_nobody_apart),
	    cmocka_unit_test(test_rules_of_routing),
	    cmocka_unit_test(test_bits_that_no_prefix_has),
	    cmocka_unit_test(test_random_senders),
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_choices_of_a_sender),
	    cmocka_unit_test(test_boundaries),
	    cmocka_unit_test(test_long_lists_are_rounded),
	    cmocka_unit_test(test_senders_are_their_own),
	    cmocka_unit_test(test_many_ports_mean_fewer_senders),
	    cmocka_unit_test(test_too_many_kinds_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
