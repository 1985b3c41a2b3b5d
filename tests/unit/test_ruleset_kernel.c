/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of a kernel dump: the same whichever tool loaded them, and refused when they are garbage.
 * What they do to packets is compared with the kernel in tests/differ.
 */
#include "observe/netview_read.h"
#include "rules/kernel/view.h"
#include "ruleset_dump.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { SKIP = 77, MUTATIONS = 1500 };

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

/* What asks for the way back to the sender, as the first step of the host's only rule says it. */
static void check_way_back(const char *command, enum step_kind kind)
{
	_cleanup_error_ struct error *error = NULL;
	struct netview view = {0};
	struct ruleset ruleset = {0};
	const struct table *table;

	assert_int_equal(system(command), 0);
	assert_int_equal(netview_read(&view, &error), 0);
	assert_int_equal(netview_decode(&view, &error), 0);
	assert_int_equal(ruleset_from_view(&view, &ruleset, &error), 0);
	table = ruleset_table(&ruleset, NFPROTO_INET, "t");
	assert_non_null(table);
	assert_int_equal(table->chains.items[0].rules.items[0].steps.items[0].kind, kind);
	ruleset_done(&ruleset);
	netview_done(&view);
}

/* The way back is known where each route has one next hop and no policy rule asks for the mark. */
static void test_way_back(void **state)
{
	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	check_way_back("ip link add veth0 type veth peer name veth1; ip link set veth0 up;"
	               "ip link set veth1 up; ip addr add 10.0.0.1/24 dev veth0;"
	               "ip addr add 10.0.1.1/24 dev veth1; ip route add default via 10.0.0.2;"
	               "nft 'add table inet t; add chain inet t c { type filter hook prerouting "
	               "priority 0; }; add rule inet t c fib saddr . mark . iif oif missing drop'",
	               STEP_MATCH);
	check_way_back("ip rule add fwmark 1 table 7", STEP_UNKNOWN);
	check_way_back(
	    "ip rule del fwmark 1 table 7; ip route replace default nexthop via 10.0.0.2 "
	    "nexthop via 10.0.1.2",
	    STEP_UNKNOWN);
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
	    cmocka_unit_test(test_way_back),
	    cmocka_unit_test(test_garbage),
	};

	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: no right to make a network namespace: %s\n", strerror(errno));
		return SKIP;
	}

	return cmocka_run_group_tests_name("ruleset_kernel", tests, NULL, NULL);
}
