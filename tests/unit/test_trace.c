/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces of probes through real rules, against what the rules' own tools say of them. */
#include "prove_host.h"
#include "observe/netview_read.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const char ruleset[] =
    "table inet f {\n"
    "	chain early {\n"
    "		type filter hook prerouting priority -300;\n"
    "		meta l4proto tcp counter comment \"goes on\"\n"
    "	}\n"
    "	chain services {\n"
    "		tcp dport 79 accept comment \"not met\"\n"
    "		ip daddr 172.17.0.3 return comment \"turns back\"\n"
    "		tcp dport 80 accept comment \"lets in\"\n"
    "	}\n"
    "	chain forward {\n"
    "		type filter hook forward priority 0; policy drop;\n"
    "		iifname \"eth0\" jump services comment \"jumps\"\n"
    "	}\n"
    "}\n"
    "table ip n {\n"
    "	chain translate {\n"
    "		type nat hook prerouting priority -100;\n"
    "		tcp dport 8080 dnat to 172.17.0.2:80 comment \"translates\"\n"
    "	}\n"
    "}\n";

/* Legacy rules: a jump into a user chain, one not met, one met, and the way back. */
static const char *const legacy_rules[] = {
    "-t raw -A PREROUTING -p tcp --dport 1 -j DROP",
    "-t raw -A PREROUTING -p tcp --dport 9090 -j ACCEPT",
    "-t nat -N DOCKER",
    "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-t nat -A DOCKER -p tcp --dport 9091 -j DNAT --to 172.17.0.9:1",
    "-t nat -A DOCKER -p tcp --dport 9090 -j DNAT --to 172.17.0.2:90",
    "-N USER",
    "-N LAST",
    "-A FORWARD -j USER",
    "-A FORWARD -g LAST",
    "-A USER -p udp -j DROP",
    "-A USER -p tcp",
    "-A USER -d 172.17.0.2 -j RETURN",
    "-A USER -j DROP",
    "-A LAST -p tcp --dport 90 -j REJECT",
};

/* One step that is expected, in order. */
struct expected {
	const char *table, *chain;
	const char *comment; /* of the nft rule; "policy"; of a legacy one: its target, or "" */
	uint32_t verdict;
	bool legacy;
};

/* Traces a probe; fails the test when that cannot be done. */
static struct trace_steps trace(struct prover *prover, const char *destination, uint16_t port,
                                struct arrival *ret_arrival)
{
	struct probe probe = prove_host_probe(ETH0, IPPROTO_TCP, "192.0.2.9", destination, port);
	struct trace_steps steps = {0};
	struct error *error = NULL;

	if (prover_trace(prover, &probe, &steps, ret_arrival, &error) < 0)
		fail_msg("%s", error_message(error));
	return steps;
}

/* A prover in the host. */
static struct prover *make_prover(enum prove_injector injector)
{
	struct error *error = NULL;
	struct prover *prover = NULL;

	if (prover_new(&prove_host, &prove_host_view, injector, &prover, &error) < 0)
		fail_msg("%s", error_message(error));
	return prover;
}

/* The handle that nft prints of the rule with a comment. */
static uint64_t handle_of(const char *comment)
{
	const char *line = prove_host_run("nft -a list ruleset | grep '\"%s\"'", comment);
	const char *handle = strstr(line, "# handle ");

	assert_non_null(handle);
	return strtoull(handle + strlen("# handle "), NULL, 10);
}

/* The target's name of the legacy entry at an offset of a table that is read anew. */
static void check_target(const char *table, uint64_t offset, const char *target)
{
	struct netview view = {0};
	struct ipt_entry entry;
	bool found = false;

	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	assert_int_equal(netview_read(&view, NULL), 0);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	vec_foreach(one, &view.xtables) {
		if (one->family != AF_INET || strcmp(one->name, table))
			continue;
		found = true;
		assert_true(offset + sizeof(entry) <= one->entries.len);
		memcpy(&entry, one->entries.data + offset, sizeof(entry));
		assert_string_equal(one->entries.data + offset + entry.target_offset +
		                        offsetof(struct xt_entry_target, u.user.name),
		                    target);
	}
	assert_true(found);
	netview_done(&view);
}

/* Compares a trace with what is expected, step by step. */
static void check_steps(const struct trace_steps *steps, const struct expected *expected, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct trace_step *step = &steps->items[i];
		bool policy = !strcmp(expected[i].comment, "policy");

		if (i == steps->n)
			fail_msg("only %zu steps", i);
		if (strcmp(step->table, expected[i].table) ||
		    strcmp(step->chain, expected[i].chain) ||
		    step->verdict != expected[i].verdict || step->policy != policy ||
		    step->legacy != expected[i].legacy)
			fail_msg("step %zu is table %s chain %s verdict %d, policy %d, legacy %d",
			         i, step->table, step->chain, (int)step->verdict, step->policy,
			         step->legacy);
		if (policy)
			assert_int_equal(step->handle, 0);
		else if (step->legacy)
			check_target(step->table, step->handle, expected[i].comment);
		else
			assert_int_equal(step->handle, handle_of(expected[i].comment));
	}
	assert_int_equal(steps->n, n);
}

#define CHECK(steps, expected) check_steps(steps, expected, sizeof(expected) / sizeof(*(expected)))

/* A translated and accepted probe, by both injectors. */
static void accepted_probe_tells_its_rules(void **state)
{
	static const struct expected expected[] = {
	    {"f", "early", "goes on", (uint32_t)NFT_CONTINUE, false},
	    {"f", "early", "policy", NF_ACCEPT, false},
	    {"n", "translate", "translates", NF_ACCEPT, false},
	    {"f", "forward", "jumps", (uint32_t)NFT_JUMP, false},
	    {"f", "services", "lets in", NF_ACCEPT, false},
	};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct prover *prover = make_prover(i & 1 ? INJECT_PACKET : INJECT_BPF);
		struct arrival arrival;
		struct trace_steps steps = trace(prover, "192.0.2.1", 8080, &arrival);
		struct address sent, now;

		CHECK(&steps, expected);
		assert_int_equal(arrival.hook, ARRIVED_FORWARD);
		assert_int_equal(arrival.destination_port, 80);
		assert_true(address_parse("192.0.2.1", &sent));
		assert_true(address_parse("172.17.0.2", &now));
		assert_true(address_equal(&steps.items[0].destination, &sent));
		assert_int_equal(steps.items[0].destination_port, 8080);
		assert_int_equal(steps.items[0].in_ifindex, ETH0);
		assert_true(address_equal(&steps.items[4].destination, &now));
		assert_int_equal(steps.items[4].destination_port, 80);
		assert_int_equal(steps.items[4].out_ifindex, C0);
		assert_string_equal(steps.items[3].jump_chain, "services");
		vec_done(&steps);
		prover_free(prover);
	}
}

/* One that is turned back into the base chain and meets its policy. */
static void dropped_probe_tells_the_policy(void **state)
{
	static const struct expected expected[] = {
	    {"f", "early", "goes on", (uint32_t)NFT_CONTINUE, false},
	    {"f", "early", "policy", NF_ACCEPT, false},
	    {"n", "translate", "policy", NF_ACCEPT, false},
	    {"f", "forward", "jumps", (uint32_t)NFT_JUMP, false},
	    {"f", "services", "turns back", (uint32_t)NFT_RETURN, false},
	    {"f", "forward", "policy", NF_DROP, false},
	};
	struct prover *prover = make_prover(INJECT_AUTO);
	struct arrival arrival;
	struct trace_steps steps = trace(prover, "172.17.0.3", 80, &arrival);

	(void)state;
	CHECK(&steps, expected);
	assert_int_equal(arrival.hook, ARRIVED_NOWHERE);
	vec_done(&steps);
	prover_free(prover);
}

/* Legacy tables beside nft ones: in the order of hooks and priorities. */
static void legacy_rules_are_told_from_counters(void **state)
{
	static const struct expected expected[] = {
	    {"raw", "PREROUTING", "", NF_ACCEPT, true},
	    {"f", "early", "goes on", (uint32_t)NFT_CONTINUE, false},
	    {"f", "early", "policy", NF_ACCEPT, false},
	    {"nat", "PREROUTING", "", (uint32_t)NFT_JUMP, true},
	    {"nat", "DOCKER", "DNAT", NF_ACCEPT, true},
	    {"filter", "FORWARD", "", (uint32_t)NFT_JUMP, true},
	    {"filter", "USER", "", (uint32_t)NFT_CONTINUE, true},
	    {"filter", "USER", "", (uint32_t)NFT_RETURN, true},
	    {"filter", "FORWARD", "", (uint32_t)NFT_GOTO, true},
	    {"filter", "LAST", "REJECT", NF_DROP, true},
	};
	struct prover *prover = make_prover(INJECT_AUTO);
	struct arrival arrival;
	struct trace_steps steps;

	(void)state;
	for (size_t i = 0; i < sizeof(legacy_rules) / sizeof(*legacy_rules); i++)
		prove_host_run("iptables-legacy %s", legacy_rules[i]);
	steps = trace(prover, "192.0.2.1", 9090, &arrival);
	CHECK(&steps, expected);
	assert_int_equal(arrival.hook, ARRIVED_NOWHERE);
	assert_string_equal(steps.items[3].jump_chain, "DOCKER");
	assert_string_equal(steps.items[5].jump_chain, "USER");
	vec_done(&steps);
	prover_free(prover);
}

/* The same tables, where each chain ends in its policy, the filter's a drop. */
static void legacy_policies_are_told(void **state)
{
	static const struct expected expected[] = {
	    {"raw", "PREROUTING", "policy", NF_ACCEPT, true},
	    {"f", "early", "goes on", (uint32_t)NFT_CONTINUE, false},
	    {"f", "early", "policy", NF_ACCEPT, false},
	    {"nat", "PREROUTING", "policy", NF_ACCEPT, true},
	    {"n", "translate", "policy", NF_ACCEPT, false},
	    {"filter", "FORWARD", "", (uint32_t)NFT_JUMP, true},
	    {"filter", "USER", "", (uint32_t)NFT_CONTINUE, true},
	    {"filter", "USER", "", (uint32_t)NFT_RETURN, true},
	    {"filter", "FORWARD", "", (uint32_t)NFT_GOTO, true},
	    {"filter", "FORWARD", "policy", NF_DROP, true},
	};
	struct prover *prover = make_prover(INJECT_AUTO);
	struct arrival arrival;
	struct trace_steps steps;

	(void)state;
	prove_host_run("iptables-legacy -P FORWARD DROP");
	steps = trace(prover, "172.17.0.2", 80, &arrival);
	CHECK(&steps, expected);
	vec_done(&steps);
	/* And again, with counters that stand elsewhere now. */
	steps = trace(prover, "172.17.0.2", 80, &arrival);
	CHECK(&steps, expected);
	vec_done(&steps);
	prover_free(prover);
}

/* Tracing is for twins. */
static void live_is_refused(void **state)
{
	struct prover *prover = NULL;
	struct probe probe = prove_host_probe(ETH0, IPPROTO_TCP, "192.0.2.9", "192.0.2.1", 80);
	struct trace_steps steps = {0};
	struct arrival arrival;
	struct error *error = NULL;

	(void)state;
	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	assert_int_equal(prover_new(NULL, &prove_host_view, INJECT_AUTO, &prover, &error), 0);
	assert_int_equal(prover_trace(prover, &probe, &steps, &arrival, &error), -EOPNOTSUPP);
	assert_int_equal(steps.n, 0);
	error_free(error);
	prover_free(prover);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
}

static int make_host(void **state)
{
	(void)state;
	prove_host_new(ruleset);
	return 0;
}

static int free_host(void **state)
{
	(void)state;
	prove_host_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepted_probe_tells_its_rules),
	    cmocka_unit_test(dropped_probe_tells_the_policy),
	    cmocka_unit_test(live_is_refused),
	    cmocka_unit_test(legacy_rules_are_told_from_counters),
	    cmocka_unit_test(legacy_policies_are_told),
	};

	return cmocka_run_group_tests(tests, make_host, free_host);
}
