/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses against one address after the other, and who belongs to which zone. */
#include "intent/zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { SPACE = 256, ROUNDS = 3000 };

/* A random number below n, the same in each run. */
static unsigned below(unsigned n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* The i-th address of one of the three places that are tried: at both ends, and across families. */
static struct address place_address(unsigned place, unsigned i)
{
	static const char *const first[] = {"0.0.0.0", "255.255.255.0",
	                                    "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00"};
	struct address base;

	assert_true(address_parse(first[place], &base));
	return address_add(&base, i);
}

/* Random prefixes of a place and what longest match makes of them, address by address. */
struct random_map {
	struct span_prefix prefixes[12];
	size_t n;
	size_t value[SPACE]; /* SIZE_MAX: none */
};

static void random_fill(struct random_map *map, unsigned place)
{
	uint8_t len[SPACE] = {0}, bits = place < 2 ? 32 : 128;

	map->n = below(12);
	for (size_t i = 0; i < SPACE; i++)
		map->value[i] = SIZE_MAX;
	for (size_t k = 0; k < map->n; k++) {
		struct address address = place_address(place, below(SPACE));
		struct prefix prefix = prefix_make(&address, (uint8_t)(bits - below(9)));
		size_t value = below(4);

		map->prefixes[k] = (struct span_prefix){prefix, value};
		for (unsigned i = 0; i < SPACE; i++) {
			struct address at = place_address(place, i);

			if (!prefix_contains(&prefix, &at) || len[i] > prefix.len)
				continue;
			/* Of two alike the smaller value counts. */
			if (len[i] < prefix.len || map->value[i] == SIZE_MAX ||
			    value < map->value[i])
				map->value[i] = value;
			len[i] = prefix.len;
		}
	}
}

/* What is true of all lists: in order, apart, and no two neighbours that could be one. */
static void check_spans(const struct spans *spans)
{
	for (size_t i = 0; i < spans->n; i++) {
		const struct address_span *span = &spans->items[i];

		assert_true(address_compare(&span->first, &span->last) <= 0);
		assert_int_equal(span->first.family, span->last.family);
		if (i)
			assert_true(address_compare(&span[-1].last, &span->first) < 0);
		if (i && span[-1].value == span->value &&
		    span[-1].last.family == span->first.family) {
			struct address next = address_add(&span[-1].last, 1);

			assert_false(address_equal(&next, &span->first));
		}
	}
}

/* Maps, overlays, differences and the way back to prefixes, against brute force. */
static void test_spans(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned place = round % 4;
		struct random_map one, two;
		struct spans a = {0}, b = {0}, both = {0}, less = {0}, again = {0};
		struct span_prefix_list prefixes = {0};

		random_fill(&one, place);
		random_fill(&two, place);
		assert_int_equal(spans_make(one.prefixes, one.n, &a), 0);
		assert_int_equal(spans_make(two.prefixes, two.n, &b), 0);
		assert_int_equal(spans_overlay(&a, &b, &both), 0);
		assert_int_equal(spans_subtract(&a, &b, &less), 0);
		assert_int_equal(spans_prefixes(&both, &prefixes), 0);
		assert_int_equal(spans_of(prefixes.items, prefixes.n, &again), 0);
		check_spans(&a);
		check_spans(&both);
		check_spans(&less);
		for (unsigned i = 0; i < SPACE; i++) {
			struct address at = place_address(place, i);
			size_t x = one.value[i], y = two.value[i];

			assert_int_equal(spans_at(&a, &at), x);
			assert_int_equal(spans_at(&both, &at), x != SIZE_MAX ? x : y);
			assert_int_equal(spans_at(&less, &at), y == SIZE_MAX ? x : SIZE_MAX);
			assert_int_equal(spans_at(&again, &at) == SIZE_MAX,
			                 x == SIZE_MAX && y == SIZE_MAX);
		}
		vec_done(&a);
		vec_done(&b);
		vec_done(&both);
		vec_done(&less);
		vec_done(&again);
		vec_done(&prefixes);
	}
}

/* Lists of both families at once. */
static void test_families(void **state)
{
	struct prefix prefixes[3];
	struct spans four = {0}, all = {0}, six = {0};

	(void)state;
	assert_true(prefix_parse("::/0", &prefixes[0]));
	assert_true(prefix_parse("0.0.0.0/0", &prefixes[1]));
	assert_true(prefix_parse("10.0.0.0/8", &prefixes[2]));
	assert_int_equal(spans_of(prefixes, 3, &all), 0);
	assert_int_equal(all.n, 2);
	assert_int_equal(spans_of(prefixes + 1, 1, &four), 0);
	assert_int_equal(spans_subtract(&all, &four, &six), 0);
	assert_int_equal(six.n, 1);
	assert_int_equal(six.items[0].first.family, AF_INET6);
	vec_done(&all);
	vec_done(&four);
	vec_done(&six);
}

/* A host: docker0 and br-shop are an engine's, br-shop has a NIC in it. */
static void host_make(struct snapshot *snapshot)
{
	static const struct link links[] = {{.index = 1, .name = "lo", .kind = ""},
	                                    {.index = 2, .name = "eth0", .kind = ""},
	                                    {.index = 3, .name = "docker0", .kind = "bridge"},
	                                    {.index = 4, .name = "br-shop", .kind = "bridge"},
	                                    {.index = 5, .name = "v", .kind = "veth", .master = 3},
	                                    {.index = 6, .name = "eth2", .kind = "", .master = 4}};
	static const char *const bridges[] = {"docker0", "br-shop"};

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		*vec_push(&snapshot->net.links) = links[i];
	for (size_t i = 0; i < 2; i++)
		*vec_push(&snapshot->engine.networks) =
		    (struct engine_network){.name = bridges[i], .bridge = bridges[i]};
}

#define V "version: 1\nzones:\n"

/* Zones, a sender, and where it belongs. */
static const struct {
	const char *zones, *interface, *source, *expected;
} cases[] = {
    /* What is always so. */
    {V, "eth0", "192.0.2.1", "world"},
    {V, "lo", "127.0.0.1", "host"},
    {V, "docker0", "172.17.0.2", "containers"},
    {V, "br-shop", "172.18.0.2", "world"}, /* anybody may come by its NIC */
    {V "  a: { interfaces: [docker0, \"br-*\", \"*\"] }", "docker0", "172.17.0.2", "containers"},
    {V "  a: { interfaces: [docker0, \"br-*\", \"*\"] }", "br-shop", "172.17.0.2", "world"},
    {V "  a: { interfaces: [docker0, \"br-*\", \"*\"] }", "br-other", "172.17.0.2", "a"},
    {V "  a: { sources: [127.0.0.0/8, 172.17.0.0/16] }", "lo", "127.0.0.1", "host"},
    {V "  a: { sources: [127.0.0.0/8, 172.17.0.0/16] }", "docker0", "172.17.0.2", "containers"},
    /* Sources alone, interfaces alone, both. */
    {V "  lan: { sources: [192.168.1.0/24] }", "eth0", "192.168.1.255", "lan"},
    {V "  lan: { sources: [192.168.1.0/24] }", "wlan7", "192.168.1.0", "lan"},
    {V "  lan: { sources: [192.168.1.0/24] }", "eth0", "192.168.2.0", "world"},
    {V "  lan: { sources: [192.168.1.0/24] }", "eth0", "fe80::1", "world"},
    {V "  vpn: { interfaces: [wg0] }", "wg0", "8.8.8.8", "vpn"},
    {V "  vpn: { interfaces: [wg0] }", "wg0", "2001:db8::1", "vpn"},
    {V "  vpn: { interfaces: [wg0] }", "wg01", "8.8.8.8", "world"},
    {V "  vpn: { interfaces: [\"wg*\"] }", "wg01", "8.8.8.8", "vpn"},
    {V "  vpn: { interfaces: [\"wg*\"] }", "wg", "8.8.8.8", "vpn"},
    {V "  vpn: { interfaces: [\"wg*\"] }", "w", "8.8.8.8", "world"},
    {V "  b: { interfaces: [eth1], sources: [10.0.0.0/8] }", "eth1", "10.1.1.1", "b"},
    {V "  b: { interfaces: [eth1], sources: [10.0.0.0/8] }", "eth0", "10.1.1.1", "world"},
    {V "  b: { interfaces: [eth1], sources: [10.0.0.0/8] }", "eth1", "11.1.1.1", "world"},
    /* An interface that was not there before, or that the default route moved to. */
    {V "  lan: { interfaces: [eth1] }", "wwan0", "192.168.1.1", "world"},
    /* The longest source wins. */
    {V "  a: { sources: [10.0.0.0/8] }\n  b: { sources: [10.1.0.0/16] }", "eth0", "10.1.2.3", "b"},
    {V "  b: { sources: [10.1.0.0/16] }\n  a: { sources: [10.0.0.0/8] }", "eth0", "10.1.2.3", "b"},
    {V "  a: { sources: [10.0.0.0/8] }\n  b: { sources: [10.1.0.0/16] }", "eth0", "10.2.2.3", "a"},
    {V "  a: { sources: [0.0.0.0/0] }\n  b: { sources: [10.1.0.0/16] }", "eth0", "9.9.9.9", "a"},
    {V "  a: { sources: [0.0.0.0/0] }\n  b: { sources: [10.1.0.0/16] }", "eth0", "::1", "world"},
    {V "  a: { interfaces: [eth1] }\n  b: { interfaces: [eth1], sources: [10.1.0.0/16] }", "eth1",
     "10.1.2.3", "b"},
    {V "  a: { interfaces: [eth1] }\n  b: { interfaces: [eth1], sources: [10.1.0.0/16] }", "eth1",
     "10.2.2.3", "a"},
    /* A name beats a wildcard, a longer wildcard a shorter one, any of them none. */
    {V "  a: { interfaces: [wg0] }\n  b: { interfaces: [\"wg*\"], sources: [10.8.0.7] }", "wg0",
     "10.8.0.7", "a"},
    {V "  a: { interfaces: [wg0] }\n  b: { interfaces: [\"wg*\"], sources: [10.8.0.7] }", "wg1",
     "10.8.0.7", "b"},
    {V "  a: { interfaces: [\"w*\"] }\n  b: { interfaces: [\"wg*\"] }", "wg1", "10.8.0.7", "b"},
    {V "  a: { interfaces: [\"w*\"] }\n  b: { interfaces: [\"wg*\"] }", "wan", "10.8.0.7", "a"},
    {V "  a: { sources: [10.8.0.7] }\n  b: { interfaces: [\"*\"] }", "eth5", "10.8.0.7", "b"},
    {V "  lan: { sources: [192.168.0.0/16] }\n  guests: { interfaces: [wlan1] }", "wlan1",
     "192.168.5.7", "guests"},
    {V "  lan: { sources: [192.168.0.0/16] }\n  guests: { interfaces: [wlan1] }", "wlan0",
     "192.168.5.7", "lan"},
    /* Where the more specific one does not fit, the less specific one does. */
    {V "  a: { interfaces: [eth1], sources: [10.0.0.0/8] }\n  b: { sources: [192.168.0.0/16] }",
     "eth1", "192.168.1.1", "b"},
    {V "  a: { interfaces: [eth1], sources: [10.0.0.0/8] }\n  b: { interfaces: [\"eth*\"] }",
     "eth1", "192.168.1.1", "b"},
};

static void test_zones(void **state)
{
	struct snapshot *snapshot = snapshot_new();

	(void)state;
	assert_non_null(snapshot);
	host_make(snapshot);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_error_ struct error *error = NULL;
		_cleanup_policy_ struct policy *policy = NULL;
		struct zone_table table = {0};
		struct address source;
		const char *got;

		if (policy_read(cases[i].zones, strlen(cases[i].zones), "p", &policy, &error) < 0)
			fail_msg("%zu: %s", i, error_message(error));
		assert_int_equal(zones_make(policy, snapshot, &table), 0);
		assert_true(address_parse(cases[i].source, &source));
		got = policy_zone_name(policy, zones_of(&table, cases[i].interface, &source));
		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%s\n%s %s: expected %s, got %s", cases[i].zones,
			         cases[i].interface, cases[i].source, cases[i].expected, got);
		zones_done(&table);
	}
	snapshot_free(snapshot);
}

/* Who is meant by names of zones and prefixes, by interface. */
static const struct {
	const char *from, *interface, *expected;
} meant[] = {
    {"lan", "eth0", "192.168.1.0/25 192.168.1.128/26"},
    {"admin", "eth0", "192.168.1.192/26"},
    {"[lan, admin]", "eth0", "192.168.1.0/24"},
    {"vpn", "eth0", ""},
    {"vpn", "wg0", "0.0.0.0/0 ::/0"},
    {"lan", "wg0", ""},
    {"any", "wg0", "0.0.0.0/0 ::/0"},
    {"any", "eth0", "0.0.0.0/0 ::/0"},
    {"none", "eth0", ""},
    {"[10.8.0.7, vpn]", "eth0", "10.8.0.7/32"},
    {"[10.8.0.7, vpn]", "wg0", "0.0.0.0/0 ::/0"},
    {"host", "eth0", ""},
    {"host", "lo", "0.0.0.0/0 ::/0"},
    {"containers", "docker0", "0.0.0.0/0 ::/0"},
    {"world", "docker0", ""},
    {"world", "br-shop", "0.0.0.0/0 ::/0"},
    {"[world, \"fd00::/8\"]", "wg0", "fd00::/8"},
};

static void test_meant(void **state)
{
	struct snapshot *snapshot = snapshot_new();

	(void)state;
	assert_non_null(snapshot);
	host_make(snapshot);
	for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++) {
		_cleanup_error_ struct error *error = NULL;
		_cleanup_policy_ struct policy *policy = NULL;
		struct zone_table table = {0};
		struct span_prefix_list prefixes = {0};
		char text[512], got[512] = "", one[PREFIX_TEXT];

		snprintf(text, sizeof(text),
		         V "  lan: { sources: [192.168.1.0/24] }\n"
		           "  admin: { sources: [192.168.1.192/26] }\n"
		           "  vpn: { interfaces: [wg0] }\n"
		           "allow: [{ container: x, from: %s }]\n",
		         meant[i].from);
		if (policy_read(text, strlen(text), "p", &policy, &error) < 0)
			fail_msg("%zu: %s", i, error_message(error));
		assert_int_equal(zones_make(policy, snapshot, &table), 0);
		assert_int_equal(zones_prefixes(zones_class(&table, meant[i].interface),
		                                &policy->allow.items[0].from, &prefixes),
		                 0);
		vec_foreach(prefix, &prefixes) {
			strcat(got, *got ? " " : "");
			strcat(got, prefix_format(prefix, one));
		}
		if (strcmp(got, meant[i].expected) != 0)
			fail_msg("%s by %s: expected %s, got %s", meant[i].from, meant[i].interface,
			         meant[i].expected, got);
		vec_done(&prefixes);
		zones_done(&table);
	}
	snapshot_free(snapshot);
}

/* A default route that moved since the policy was applied: its link is whose nobody knows. */
static void a_default_route_that_moved_is_the_world(void **state)
{
	static const char text[] = "version: 1\nzones:\n"
	                           "  lan: { interfaces: [\"eth*\"] }\n"
	                           "  vpn: { interfaces: [eth1], sources: [10.8.0.0/16] }\n";
	static const char *const known[] = {"eth0"};
	static const struct {
		uint32_t table;
		bool knows;
		const char *source, *zone;
	} rounds[] = {
	    {254, false, "10.9.0.1", "lan"},
	    {254, true, "10.9.0.1", "world"},
	    {254, true, "10.8.0.1", "vpn"},
	    {51820, true, "10.9.0.1", "lan"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rounds) / sizeof(*rounds); i++) {
		struct snapshot *snapshot = snapshot_new();
		_cleanup_policy_ struct policy *policy = NULL;
		struct zone_table table;
		struct address source;

		host_make(snapshot);
		*vec_push(&snapshot->net.links) = (struct link){.index = 91, .name = "eth1"};
		*vec_push(&snapshot->net.routes) =
		    (struct route){.table = rounds[i].table, .out_ifindex = 91};
		assert_int_equal(policy_read(text, strlen(text), "p", &policy, NULL), 0);
		if (rounds[i].knows)
			assert_int_equal(policy_know_uplinks(policy, known, 1), 0);
		assert_int_equal(zones_make(policy, snapshot, &table), 0);
		assert_true(address_parse(rounds[i].source, &source));
		assert_string_equal(policy_zone_name(policy, zones_of(&table, "eth1", &source)),
		                    rounds[i].zone);
		/* Others of the zone stay in it, and the one that was known. */
		assert_string_equal(policy_zone_name(policy, zones_of(&table, "eth7", &source)),
		                    "lan");
		assert_string_equal(policy_zone_name(policy, zones_of(&table, "eth0", &source)),
		                    "lan");
		zones_done(&table);
		snapshot_free(snapshot);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spans), cmocka_unit_test(test_families),
	    cmocka_unit_test(test_zones), cmocka_unit_test(a_default_route_that_moved_is_the_world),
	    cmocka_unit_test(test_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
