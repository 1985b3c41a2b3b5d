/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of a kernel dump against that kernel.
 *
 * Random rulesets (kernel_random.h) are loaded into a namespace, by nft and by iptables of both
 * kinds; packets at and beside what they mention are injected, and each arrival is compared with
 * ruleset_walk() through what was read of the kernel's own dump. SEAWALL_RULESETS says how many
 * rulesets, SEAWALL_SEED and SEAWALL_FIRST which.
 */
#include "kernel_random.h"
#include "observe/netview_read.h"
#include "prove/catch.h"
#include "prove/prove.h"
#include "prove_host.h"
#include "reach/ruleset_view.h"
#include "reach/ruleset_walk.h"
#include "ruleset_dump.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { RULESETS = 120, PROBES = 200, SHOWN = 5 };

/* What was compared. */
static struct {
	unsigned rulesets, refused, packets, arrived, unknown, differences;
} counts;

/* A view of the host, and its rules. */
struct host_rules {
	struct netview view;
	struct ruleset ruleset;
	struct chain_graph graph;
};

/* Takes the catcher's tables out of a ruleset. */
static void drop_catcher(struct ruleset *ruleset)
{
	struct ruleset theirs = {0};
	size_t n = 0;

	vec_foreach(table, &ruleset->tables) {
		struct table *dropped;

		if (strcmp(table->name, CATCH_TABLE) != 0) {
			ruleset->tables.items[n++] = *table;
			continue;
		}
		dropped = vec_push(&theirs.tables);
		assert_non_null(dropped);
		*dropped = *table;
	}
	ruleset->tables.n = n;
	ruleset_done(&theirs);
}

/* Reads the host where we stand, but for the catcher's own rules. */
static void host_rules_read(struct host_rules *rules)
{
	_cleanup_error_ struct error *error = NULL;

	*rules = (struct host_rules){0};
	if (netview_read(&rules->view, &error) < 0 || netview_decode(&rules->view, &error) < 0 ||
	    ruleset_from_view(&rules->view, &rules->ruleset, &error) < 0)
		fail_msg("%s", error_message(error));
	drop_catcher(&rules->ruleset);
	if (chain_graph_init(&rules->graph, &rules->ruleset, "kernel", &error) < 0)
		fail_msg("%s", error_message(error));
}

static void host_rules_done(struct host_rules *rules)
{
	chain_graph_done(&rules->graph);
	ruleset_done(&rules->ruleset);
	netview_done(&rules->view);
}

/* A number of big-endian bytes. */
static field_value number(const uint8_t *bytes, unsigned len)
{
	field_value value = 0;

	for (unsigned i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* What a probe is at prerouting, told from its own frame. */
static struct packet packet_of(const struct probe *probe)
{
	static const uint8_t mac[6] = {2};
	uint8_t frame[FRAME_SIZE];
	const uint8_t *head = frame + 14;
	struct packet packet = {0};
	field_value *values = packet.values;
	bool ipv4 = probe->source.family == AF_INET;

	(void)probe_frame(probe, 1, mac, mac, frame);
	values[FIELD_FAMILY] = ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	values[FIELD_PROTOCOL] = probe->protocol;
	values[FIELD_STATE] = STATE_NEW;
	values[FIELD_IN] = field_of_name("eth0", false).first;
	values[FIELD_SOURCE] = ipv4 ? number(head + 12, 4) : number(head + 8, 16);
	values[FIELD_DESTINATION] = ipv4 ? number(head + 16, 4) : number(head + 24, 16);
	values[FIELD_SOURCE_PORT] = probe->source_port;
	values[FIELD_DESTINATION_PORT] = probe->destination_port;
	values[FIELD_TCP_FLAGS] = probe->protocol == IPPROTO_TCP ? head[(ipv4 ? 20 : 40) + 13] : 0;
	values[FIELD_LENGTH] = ipv4 ? number(head + 2, 2) : number(head + 4, 2) + 40;
	values[FIELD_HOP_LIMIT] = ipv4 ? head[8] : head[7];
	values[FIELD_DSCP] = ipv4 ? head[1] >> 2 : number(head, 2) >> 6 & 0x3f;
	values[FIELD_ORIGINAL_SOURCE] = values[FIELD_SOURCE];
	values[FIELD_ORIGINAL_DESTINATION] = values[FIELD_DESTINATION];
	values[FIELD_ORIGINAL_SOURCE_PORT] = probe->source_port;
	values[FIELD_ORIGINAL_DESTINATION_PORT] = probe->destination_port;
	values[FIELD_SOURCE_TYPE] = RTN_UNICAST;
	values[FIELD_DESTINATION_TYPE] = RTN_UNICAST;
	values[FIELD_PACKET_TYPE] = PACKET_HOST;
	return packet;
}

/* Whether an address is the host's own, as the snapshot says. */
static bool is_local(const struct netview *view, const struct address *address)
{
	vec_foreach(own, &view->addresses)
		if (own->address.family == address->family &&
		    memcmp(own->address.bytes, address->bytes, address_size(address->family)) == 0)
			return true;
	return false;
}

/* Something that is not known was met. */
static uint8_t met_unknown(void *data, const struct step *step, const void *key, unsigned byte)
{
	const char **text = data;

	(void)key;
	(void)byte;
	*text = step->text ? step->text : "?";
	return 0;
}

/* Takes a packet through the hooks. Returns whether it arrives; *ret_unknown is what was met. */
static bool evaluate(const struct host_rules *rules, const struct probe *probe,
                     struct walk_event *ret_by, const char **ret_unknown)
{
	struct walk walk = {.graph = &rules->graph,
	                    .oracle = met_unknown,
	                    .oracle_data = ret_unknown,
	                    .packet = packet_of(probe)};
	field_value *values = walk.packet.values;
	bool local = is_local(&rules->view, &probe->destination);
	unsigned hooks[] = {NF_INET_PRE_ROUTING, local ? NF_INET_LOCAL_IN : NF_INET_FORWARD,
	                    NF_INET_POST_ROUTING};
	struct walk_end end = {.accepted = true};

	if (local)
		values[FIELD_DESTINATION_TYPE] = RTN_LOCAL;
	for (unsigned i = 0; i < (local ? 2 : 3) && end.accepted; i++) {
		if (i == 1 && !local) {
			values[FIELD_OUT] = field_of_name("c0", false).first;
			values[FIELD_HOP_LIMIT]--;
		}
		if (i == 2)
			values[FIELD_IN] = 0;
		assert_int_equal(ruleset_walk(&walk, hooks[i], &end), 0);
	}
	*ret_by = end.by;
	return end.accepted;
}

/* Says what was found different, with the rule that decided. */
static void report(const struct probe *probe, bool arrived, const struct walk_event *by)
{
	char source[ADDRESS_TEXT], destination[ADDRESS_TEXT];

	counts.differences++;
	print_error("%s %u -> %s %u protocol %u: the kernel %s it; the model: %s: %s\n",
	            address_format(&probe->source, source), probe->source_port,
	            address_format(&probe->destination, destination), probe->destination_port,
	            probe->protocol, arrived ? "accepts" : "drops",
	            by->chain ? by->chain->name : "-", by->rule ? by->rule->text : "policy");
}

/* Sends random probes and compares. Returns the number of differences. */
static unsigned compare_probes(struct prover *prover, const struct host_rules *rules,
                               enum random_tool tool, unsigned *seed)
{
	_cleanup_error_ struct error *error = NULL;
	static struct probe probes[PROBES];
	static struct arrival arrivals[PROBES];
	unsigned before = counts.differences;

	for (unsigned i = 0; i < PROBES; i++)
		probes[i] = random_probe(tool, seed);
	if (prover_send(prover, probes, PROBES, arrivals, &error) < 0)
		fail_msg("%s", error_message(error));
	for (unsigned i = 0; i < PROBES; i++) {
		bool arrived = arrivals[i].hook != ARRIVED_NOWHERE;
		const char *unknown = NULL;
		struct walk_event by = {0};
		bool accepted = evaluate(rules, &probes[i], &by, &unknown);

		counts.packets++;
		counts.arrived += arrived;
		if (unknown) {
			if (counts.unknown++ < SHOWN)
				print_error("unknown: %s\n", unknown);
		} else if (accepted != arrived && counts.differences - before < SHOWN) {
			report(&probes[i], arrived, &by);
		}
	}
	return counts.differences - before;
}

/* Forgets all flows: one that was left would make a later packet another than new. */
static void flush_flows(void)
{
	struct {
		struct nlmsghdr head;
		struct nfgenmsg generic;
	} request = {
	    .head = {.nlmsg_len = sizeof(request),
	             .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
	             .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
	};
	uint8_t answer[256];
	int wire = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	assert_true(wire >= 0);
	assert_int_equal(send(wire, &request, sizeof(request), 0), sizeof(request));
	assert_true(recv(wire, answer, sizeof(answer), 0) > 0);
	close(wire);
}

/* Takes away all rules. */
static void flush(void)
{
	prove_host_run("nft -f - <<'END'\n"
	               "add table inet t\ndelete table inet t\n"
	               "add table ip filter\ndelete table ip filter\nadd table ip mangle\n"
	               "delete table ip mangle\nadd table ip6 filter\ndelete table ip6 filter\n"
	               "add table ip6 mangle\ndelete table ip6 mangle\n"
	               "END\n"
	               "for ip in iptables ip6tables; do $ip-legacy-restore <<'END'\n"
	               "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\nCOMMIT\n*mangle\nCOMMIT\n"
	               "END\n"
	               "done\n"
	               /* nf_tables lets go of a set when its rules are freed, which is later. */
	               "ipset flush; i=0; until ipset destroy 2>/dev/null || [ $i = 300 ]; do "
	               "i=$((i + 1)); done;"
	               "[ $i -lt 300 ]");
}

/* The text of random rules, and the files they are loaded from. */
struct random_text {
	char rules[64], sets[64];
};

/* Writes random rules to files. */
static void write_rules(const struct random_text *text, enum random_tool tool, unsigned *seed)
{
	FILE *rules = fopen(text->rules, "w"), *sets = fopen(text->sets, "w");

	assert_non_null(rules);
	assert_non_null(sets);
	random_rules(rules, sets, tool, seed);
	fclose(rules);
	fclose(sets);
}

/* The ways rules come into the kernel. */
static const struct {
	const char *load;
	enum random_tool tool;
} loads[] = {
    {"nft -f %s", RANDOM_NFT},
    {"iptables-legacy-restore %s", RANDOM_IPTABLES},
    {"iptables-nft-restore %s", RANDOM_IPTABLES},
    {"ip6tables-legacy-restore %s", RANDOM_IP6TABLES},
    {"ip6tables-nft-restore %s", RANDOM_IP6TABLES},
    {"nft -f %s", RANDOM_NFT},
};

/* One ruleset, loaded one way. */
static void compare_ruleset(struct prover *prover, const struct random_text *text, unsigned number,
                            unsigned *seed)
{
	struct host_rules rules;
	char command[256];
	unsigned load = number % (sizeof(loads) / sizeof(*loads));

	write_rules(text, loads[load].tool, seed);
	snprintf(command, sizeof(command), loads[load].load, text->rules);
	flush();
	if (strncmp(prove_host_run("(ipset restore -f %s && %s) 2>&1 || echo refused", text->sets,
	                           command),
	            "", 1) != 0) {
		/* What the tool does not take is no test. */
		if (counts.refused++ < SHOWN)
			print_message("number %u: %s\n", number,
			              prove_host_run("(%s) 2>&1; :", command));
		return;
	}
	assert_int_equal(setns(prove_host.netns, CLONE_NEWNET), 0);
	flush_flows();
	host_rules_read(&rules);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
	counts.rulesets++;
	if (compare_probes(prover, &rules, loads[load].tool, seed) > 0) {
		fprintf(stderr, "number %u, %s:\n%s", number, command,
		        prove_host_run("cat %s %s", text->sets, text->rules));
		fflush(stdout);
		ruleset_dump(stderr, &rules.ruleset);
	}
	host_rules_done(&rules);
}

/* A number from the environment. */
static unsigned from_environment(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void test_against_kernel(void **state)
{
	unsigned seed = from_environment("SEAWALL_SEED", 1);
	unsigned n = from_environment("SEAWALL_RULESETS", RULESETS);
	unsigned first = from_environment("SEAWALL_FIRST", 0);
	_cleanup_error_ struct error *error = NULL;
	struct prover *prover = NULL;
	struct random_text text;
	unsigned bad = 0;

	(void)state;
	snprintf(text.rules, sizeof(text.rules), "/tmp/seawall-rules-%d", getpid());
	snprintf(text.sets, sizeof(text.sets), "/tmp/seawall-sets-%d", getpid());
	prove_host_new("");
	prove_host_run("ip route add 2001:db8:9::/64 via 2001:db8:2::fe");
	if (prover_new(&prove_host, &prove_host_view, INJECT_AUTO, &prover, &error) < 0)
		fail_msg("%s", error_message(error));
	for (unsigned i = first; i < first + n && bad < 3; i++) {
		unsigned before = counts.differences, own = seed + i * 7919;

		compare_ruleset(prover, &text, i, &own);
		bad += counts.differences > before;
	}
	remove(text.rules);
	remove(text.sets);
	prover_free(prover);
	prove_host_free();
	print_message("%u rulesets (%u refused by their tool), %u packets compared, %u arrived, "
	              "%u met an unknown, %u differences\n",
	              counts.rulesets, counts.refused, counts.packets, counts.arrived,
	              counts.unknown, counts.differences);
	assert_int_equal(counts.differences, 0);
	assert_int_equal(counts.unknown, 0);
	assert_true(counts.rulesets >= n / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_kernel),
	};

	return cmocka_run_group_tests_name("ruleset_kernel", tests, NULL, NULL);
}
