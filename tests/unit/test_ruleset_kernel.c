/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of a kernel dump against that kernel.
 *
 * Random rulesets (kernel_random.h) are loaded into a namespace, by nft and by iptables of both
 * kinds; packets at and beside what they mention are injected, and each arrival is compared with
 * host_walk() through what was read of the kernel's own dump. SEAWALL_RULESETS says how many
 * rulesets, SEAWALL_SEED and SEAWALL_FIRST which.
 */
#include "audit/model.h"
#include "kernel_random.h"
#include "observe/netview_read.h"
#include "prove/catch.h"
#include "prove/prove.h"
#include "prove_host.h"
#include "rules/kernel/view.h"
#include "ruleset_dump.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { SKIP = 77, MUTATIONS = 1500, RULESETS = 120, PROBES = 200, SHOWN = 5 };

/* What was compared. */
static struct {
	unsigned rulesets, refused, packets, arrived, unknown, differences;
} counts;

/* A view of the host, and what is read of it. */
struct host_rules {
	struct netview view;
	struct host *host;
};

/* Reads the host where we stand, but for the catcher's own rules. */
static void host_rules_read(struct host_rules *rules)
{
	_cleanup_error_ struct error *error = NULL;

	*rules = (struct host_rules){0};
	if (netview_read(&rules->view, &error) < 0 || netview_decode(&rules->view, &error) < 0 ||
	    host_new(&rules->view, CATCH_TABLE, &rules->host, &error) < 0)
		fail_msg("%s", error_message(error));
}

static void host_rules_done(struct host_rules *rules)
{
	host_free(rules->host);
	netview_done(&rules->view);
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

/* Takes a packet through the host. Returns what becomes of it; *ret_unknown is what was met. */
static struct host_end evaluate(const struct host_rules *rules, const struct probe *probe,
                                const char **ret_unknown)
{
	const struct host_packet packet = model_packet(probe);
	struct host_walk walk = {
	    .host = rules->host, .oracle = met_unknown, .oracle_data = ret_unknown};
	struct host_end end;

	assert_int_equal(host_walk(&walk, &packet, &end), 0);
	return end;
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
		const struct host_end end = evaluate(rules, &probes[i], &unknown);

		counts.packets++;
		counts.arrived += arrived;
		if (unknown) {
			if (counts.unknown++ < SHOWN)
				print_error("unknown: %s\n", unknown);
		} else if (!model_agrees(&end, &arrivals[i]) &&
		           counts.differences - before < SHOWN) {
			report(&probes[i], arrived, &end.by);
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
		ruleset_dump(stderr, &rules.host->ruleset);
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

/* One ruleset that every way of saying it must be able to say. */
static const char common_rules[] =
    "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:c0 - [0:0]\n"
    "-A INPUT -i lo -j ACCEPT\n"
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
    "-A INPUT -m conntrack --ctstate INVALID -j DROP\n"
    "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT\n"
    "-A INPUT ! -s 10.1.2.3/32 -p udp -m udp --dport 50:60 -j c0\n"
    "-A INPUT -p tcp -m multiport --dports 80,443,8000:8010 -j ACCEPT\n"
    "-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT\n"
    "-A INPUT -m mark --mark 0x1/0xff -j ACCEPT\n"
    "-A INPUT -m mark ! --mark 0x2 -j ACCEPT\n"
    "-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -j RETURN\n"
    "-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j LOG --log-prefix \"x\"\n"
    "-A INPUT -i eth+ -p tcp -j REJECT --reject-with tcp-reset\n"
    "-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT\n"
    "-A INPUT -m length --length 40:60 -j DROP\n"
    "-A INPUT -m ttl --ttl-gt 5 -j DROP\n"
    "-A INPUT -m pkttype --pkt-type unicast -j DROP\n"
    "-A INPUT -p tcp -m tcp ! --sport 1000:2000 -g c0\n"
    "-A INPUT -m connmark --mark 0x5 -j DROP\n"
    "-A INPUT -m dscp --dscp 0x0a -j DROP\n"
    "COMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n"
    "-A PREROUTING -i eth0 -j MARK --set-xmark 0x10/0xff\n"
    "COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    "-A PREROUTING -d 1.2.3.4/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination "
    "10.0.0.2:8080\n"
    "-A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353\n"
    "-A POSTROUTING -s 10.0.0.0/8 ! -o br0 -j MASQUERADE\n"
    "COMMIT\n";

/* Orders intervals. */
static int compare_intervals(const void *a, const void *b)
{
	const struct interval *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Brings a match of one field into one order, with neighbours joined. */
static void normalize_step(struct step *step)
{
	struct intervals *boxes = &step->boxes;
	size_t n = 0;

	if (step->kind == STEP_EFFECT)
		step->text = "";
	if (step->kind != STEP_MATCH || step->n_fields != 1 || boxes->n == 0)
		return;
	qsort(boxes->items, boxes->n, sizeof(*boxes->items), compare_intervals);
	for (size_t i = 1; i < boxes->n; i++) {
		if (boxes->items[n].last + 1 == boxes->items[i].first)
			boxes->items[n].last = boxes->items[i].last;
		else
			boxes->items[++n] = boxes->items[i];
	}
	boxes->n = n + 1;
}

/* A rule as text whose steps are in the order of their words. */
static void print_rule(FILE *file, struct rule *rule)
{
	char *parts[64], *text = NULL, *state = NULL;
	size_t len, n = 0;
	FILE *one = open_memstream(&text, &len);

	assert_non_null(one);
	vec_foreach(step, &rule->steps)
		normalize_step(step);
	ruleset_dump_rule(one, rule, NFPROTO_IPV4);
	fclose(one);
	for (char *part = strtok_r(text, ";", &state); part && n < 64;
	     part = strtok_r(NULL, ";", &state)) {
		size_t at = n++;

		part += strspn(part, " ");
		/* nft counts where iptables always does. */
		if (strncmp(part, "effect ", strlen("effect ")) == 0) {
			n--;
			continue;
		}
		/* What ends a rule stays where it is; matches do as they like. */
		for (; at > 0 && strcmp(parts[at - 1], part) > 0; at--)
			parts[at] = parts[at - 1];
		parts[at] = part;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(file, "%s; ", parts[i]);
	fputc('\n', file);
	free(text);
}

/* All that a ruleset says, in one order; the caller frees. */
static char *normal_form(struct ruleset *ruleset)
{
	static const char *const tables[] = {"filter", "mangle", "nat"};
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct table *table = ruleset_table(ruleset, NFPROTO_IPV4, tables[i]);

		assert_non_null(table);
		vec_foreach(chain, &table->chains) {
			if (chain->rules.n == 0)
				continue;
			fprintf(file, "%s %s %d %u %d %d %d\n", table->name, chain->name,
			        chain->base, chain->hook, chain->priority, chain->type,
			        chain->policy.kind);
			vec_foreach(rule, &chain->rules)
				print_rule(file, rule);
		}
	}
	fclose(file);
	return text;
}

/* What comes of rules that a command loads into a namespace of its own. */
static char *form_of(const char *command, bool from_text)
{
	_cleanup_error_ struct error *error = NULL;
	struct netview view = {0};
	struct ruleset ruleset = {0};
	static char output[64 * 1024];
	char *form;
	FILE *stream;
	size_t len;
	int status;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	stream = popen(command, "r");
	assert_non_null(stream);
	len = fread(output, 1, sizeof(output), stream);
	assert_int_equal(pclose(stream), 0);
	if (from_text) {
		status = ruleset_read("text", output, len, &ruleset, &error);
	} else {
		assert_int_equal(netview_read(&view, &error), 0);
		assert_int_equal(netview_decode(&view, &error), 0);
		status = ruleset_from_view(&view, &ruleset, &error);
	}
	if (status < 0)
		fail_msg("%s: %s", command, error_message(error));
	form = normal_form(&ruleset);
	ruleset_done(&ruleset);
	netview_done(&view);
	return form;
}

static void test_same_form(void **state)
{
	static const struct {
		const char *command;
		bool from_text;
	} ways[] = {
	    {"iptables-legacy-restore /tmp/seawall-common-%1$d", false},
	    {"iptables-nft-restore /tmp/seawall-common-%1$d", false},
	    {"iptables-restore-translate -f /tmp/seawall-common-%1$d | nft -f -", false},
	    {"iptables-legacy-restore /tmp/seawall-common-%1$d; iptables-legacy-save", true},
	    {"iptables-nft-restore /tmp/seawall-common-%1$d; iptables-nft-save", true},
	    {"iptables-restore-translate -f /tmp/seawall-common-%1$d | nft -f -; nft list ruleset",
	     true},
	    {"iptables-restore-translate -f /tmp/seawall-common-%1$d | nft -f -; nft -j list "
	     "ruleset",
	     true},
	};
	_cleanup_free_ char *first = NULL;
	char path[64], command[256];
	unsigned different = 0;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/seawall-common-%d", getpid());
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(common_rules, file);
	fclose(file);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		_cleanup_free_ char *form = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(command, sizeof(command), ways[i].command, getpid());
#pragma GCC diagnostic pop
		form = form_of(command, ways[i].from_text);
		if (!first) {
			first = strdup(form);
		} else if (strcmp(first, form) != 0) {
			fprintf(stderr, "%s%s:\n%s\nnot:\n%s", command,
			        ways[i].from_text ? " as text" : "", form, first);
			different++;
		}
	}
	remove(path);
	assert_int_equal(different, 0);
}

/* A copy of bytes that ends where its memory does, with some of them spoilt. */
static struct bytes spoilt_copy(const struct bytes *bytes, unsigned *seed)
{
	struct bytes made = {.len = bytes->len};

	made.data = malloc(bytes->len ? bytes->len : 1);
	assert_non_null(made.data);
	if (bytes->len)
		memcpy(made.data, bytes->data, bytes->len);
	if (rand_r(seed) % 8)
		return made;
	for (unsigned i = (unsigned)rand_r(seed) % 6; bytes->len && i > 0; i--)
		made.data[(size_t)rand_r(seed) % bytes->len] = (uint8_t)rand_r(seed);
	if (rand_r(seed) % 16 == 0 && bytes->len)
		made.len = (size_t)rand_r(seed) % bytes->len;
	return made;
}

/* Bytes that nobody's kernel would send. The sanitizers say what they did. */
static void test_garbage(void **state)
{
	static const char command[] =
	    "iptables-legacy-restore %1$s; iptables-nft-restore %1$s;"
	    "ipset create n hash:net,iface; ipset add n 10.0.0.0/8,lo;"
	    "iptables-legacy -A INPUT -m set --match-set n src,src -j DROP;"
	    "nft -f - <<'END'\n"
	    "table inet t { map m { type inet_service : verdict; elements = { 80 : drop } }\n"
	    "set s { type ipv4_addr . inet_service; flags interval;"
	    " elements = { 10.0.0.0/8 . 1-9 } }\n"
	    "chain c { type filter hook input priority 0; tcp dport vmap @m\n"
	    "ip saddr . tcp dport @s meta mark set ip saddr map { 1.2.3.4 : 1 }\n"
	    "ct state new th dport 1-5 limit rate 3/second drop\n}\n}\nEND";
	struct netview view = {0};
	unsigned seed = 1, read = 0;
	char path[64], line[2048];
	FILE *file;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	snprintf(path, sizeof(path), "/tmp/seawall-common-%d", getpid());
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(common_rules, file);
	fclose(file);
	snprintf(line, sizeof(line), command, path);
	assert_int_equal(system(line), 0);
	remove(path);
	assert_int_equal(netview_read(&view, NULL), 0);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		_cleanup_error_ struct error *error = NULL;
		struct netview spoilt = {0};
		struct ruleset ruleset = {0};
		int status;

		for (unsigned kind = 0; kind < RAW_KINDS; kind++)
			spoilt.raw[kind] = spoilt_copy(&view.raw[kind], &seed);
		vec_foreach(table, &view.xtables) {
			struct xtables_table *made = vec_push(&spoilt.xtables);

			assert_non_null(made);
			*made = *table;
			made->info = spoilt_copy(&table->info, &seed);
			made->entries = spoilt_copy(&table->entries, &seed);
		}
		status = ruleset_from_view(&spoilt, &ruleset, &error);
		assert_true(status == 0 || error);
		read += status == 0;
		ruleset_done(&ruleset);
		netview_done(&spoilt);
	}
	netview_done(&view);
	print_message("%u of %u spoilt dumps were read, the others refused\n", read, MUTATIONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_form),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_against_kernel),
	};

	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: no right to make a network namespace: %s\n", strerror(errno));
		return SKIP;
	}

	return cmocka_run_group_tests_name("ruleset_kernel", tests, NULL, NULL);
}
