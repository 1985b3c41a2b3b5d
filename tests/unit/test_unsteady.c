/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that count, remember or draw lots: which are found, and what they become in a variant.
 *
 * The rules of each case are loaded with the real tools into a namespace of its own and read back
 * with netview_read(). Needs root; the machine's own rules are never touched.
 */
#include "observe/netview_read.h"
#include "prove/variant.h"
#include "rules/listing/find.h"
#include "rules/listing/unsteady.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

enum { SKIP = 77, TEXT = 4096 };

/* What iptables is told, both of them, and which rules are found: "CHAIN LINE EFFECT", ... */
static const struct iptables_case {
	const char *rules[6], *found;
} iptables_cases[] = {
    /* What always says the same. */
    {{"-A INPUT -p tcp --dport 80 -j ACCEPT"}, ""},
    {{"-A INPUT -m recent --name x --set -j DROP"}, ""},
    /* What nothing hangs on. */
    {{"-A FORWARD -m limit --limit 3/min -j LOG"}, ""},
    {{"-A FORWARD -m limit --limit 3/min"}, ""},
    {{"-A FORWARD -m limit --limit 3/min -j NFLOG"}, ""},
    {{"-A OUTPUT -m limit --limit 3/min -j ACCEPT"}, ""},
    /* As ufw's chain for logging does. */
    {{"-N LOGS", "-A FORWARD -j LOGS", "-A LOGS -m limit --limit 3/min -j RETURN",
      "-A LOGS -m limit --limit 3/min -j LOG"},
     ""},
    {{"-N LOGS", "-A FORWARD -m limit --limit 3/min -j LOGS", "-A LOGS -j LOG"}, ""},
    /* Verdicts. */
    {{"-A INPUT -m limit --limit 3/min -j ACCEPT"}, "INPUT 1 opens"},
    {{"-A INPUT -j LOG", "-A INPUT -m recent --name x --update --seconds 9 -j DROP"},
     "INPUT 2 closes"},
    {{"-A INPUT -m recent --name x --rcheck -j REJECT"}, "INPUT 1 closes"},
    {{"-A INPUT -m recent --name x --remove -j DROP"}, "INPUT 1 closes"},
    {{"-A INPUT -m statistic --mode random --probability 0.5 -j DROP"}, "INPUT 1 closes"},
    {{"-A INPUT -p tcp -m connlimit --connlimit-above 3 -j REJECT"}, "INPUT 1 closes"},
    {{"-A INPUT -m hashlimit --hashlimit-above 3/sec --hashlimit-name h -j DROP"},
     "INPUT 1 closes"},
    {{"-A INPUT -m quota --quota 1000 -j ACCEPT"}, "INPUT 1 opens"},
    {{"-A INPUT -m time --timestart 08:00 --timestop 18:00 -j ACCEPT"}, "INPUT 1 opens"},
    /* What a RETURN spares the packet, or does not. */
    {{"-N USER", "-A USER -m limit --limit 3/min -j RETURN", "-A USER -j DROP"}, "USER 1 opens"},
    {{"-N USER", "-A USER -m limit --limit 3/min -j RETURN", "-A USER -j ACCEPT"}, "USER 1 closes"},
    {{"-N USER", "-A USER -m limit --limit 3/min -j RETURN", "-A USER -s 10.0.0.1 -j DROP",
      "-A USER -j ACCEPT"},
     "USER 1 turns"},
    /* Where a jump leads: ufw's chain for those who come too often. */
    {{"-N OFTEN", "-A OFTEN -m limit --limit 3/min -j LOG", "-A OFTEN -j REJECT",
      "-A INPUT -m recent --name x --update --seconds 30 --hitcount 6 -j OFTEN"},
     "INPUT 1 closes"},
    {{"-N ONE", "-N TWO", "-A ONE -j TWO", "-A TWO -s 10.0.0.1 -j RETURN", "-A TWO -j ACCEPT",
      "-A INPUT -m quota --quota 9 -j ONE"},
     "INPUT 1 opens"},
    {{"-N BOTH", "-A BOTH -s 10.0.0.1 -j ACCEPT", "-A BOTH -j DROP",
      "-A INPUT -m quota --quota 9 -j BOTH"},
     "INPUT 1 turns"},
    {{"-N NEVER", "-A NEVER -j DROP", "-A INPUT -m quota --quota 9 -g NEVER", "-A INPUT -j ACCEPT"},
     "INPUT 1 closes"},
    /* Translation, and marks. */
    {{"-t nat -A PREROUTING -p tcp -m statistic --mode nth --every 2 --packet 0 -j DNAT --to "
      "10.0.0.1"},
     "PREROUTING 1 turns"},
    {{"-t nat -A PREROUTING -m quota --quota 9 -j ACCEPT"}, "PREROUTING 1 turns"},
    {{"-t mangle -A PREROUTING -m quota --quota 9 -j MARK --set-mark 1"}, "PREROUTING 1 turns"},
    /* Sets that rules fill, and one that they do not. */
    {{"-A INPUT -m set --match-set still src -j DROP"}, ""},
    {{"-A INPUT -m set --match-set filled src -j DROP", "-A INPUT -j SET --add-set filled src"},
     "INPUT 1 closes"},
    {{"-A INPUT -m set --match-set filled src -j ACCEPT", "-A INPUT -j SET --del-set filled src"},
     "INPUT 1 opens"},
};

/* The same for nft, in chain c of a filter hook, n of a nat hook, m where marks are set. */
static const struct nft_case {
	const char *rules[4], *found;
} nft_cases[] = {
    {{"c tcp dport 80 accept"}, ""},
    {{"c limit rate 3/minute log"}, ""},
    {{"c limit rate 3/minute counter"}, ""},
    {{"c tcp dport { 80, 443 } limit rate 3/minute accept"}, "c 1 opens"},
    {{"c limit rate over 3/minute drop"}, "c 1 closes"},
    {{"c limit name lim accept"}, "c 1 opens"},
    {{"c counter name cnt accept"}, ""},
    {{"c quota over 10 mbytes drop"}, "c 1 closes"},
    {{"c ct count over 3 reject"}, "c 1 closes"},
    {{"c numgen random mod 4 0 drop"}, "c 1 closes"},
    {{"c numgen inc mod 4 < 2 accept"}, "c 1 opens"},
    {{"c symhash mod 2 0 drop"}, "c 1 closes"},
    {{"c jhash ip saddr mod 2 seed 0x5 0 drop"}, ""},
    {{"c meta hour \"08:00\"-\"18:00\" accept"}, "c 1 opens"},
    {{"c ip saddr . meta day @days accept"}, "c 1 opens"},
    {{"c meta random 1 drop"}, "c 1 closes"},
    {{"c numgen random mod 2 vmap { 0 : accept, 1 : drop }"}, "c 1 turns by choice"},
    {{"n tcp dport 81 dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }"},
     "n 1 turns by choice"},
    {{"n tcp dport 81 redirect to : numgen inc mod 2 offset 8080"}, "n 1 turns by choice"},
    {{"n numgen inc mod 2 0 dnat to 10.0.0.1"}, "n 1 turns"},
    {{"c ip saddr @still drop"}, ""},
    {{"c ip saddr @filled drop", "c add @filled { ip saddr }"}, "c 1 closes"},
    {{"c ip saddr != @filled drop", "c update @filled { ip saddr timeout 1m }"}, "c 1 closes"},
    {{"c add @filled { ip saddr } accept"}, ""},
    {{"c update @filled { ip saddr limit rate over 3/minute } drop"}, "c 1 closes"},
    {{"u limit rate 3/minute return", "u drop"}, "u 1 opens"},
    {{"u drop", "c limit rate 3/minute jump u"}, "c 1 closes"},
    {{"c limit rate 3/minute meta mark set 1"}, "c 1 turns"},
    /* Where packets are prepared rather than judged, an accept spares them that. */
    {{"n limit rate 3/minute accept"}, "n 1 turns"},
    {{"m jump v", "v limit rate 3/minute accept"}, "v 1 turns"},
    {{"c jump v", "v limit rate 3/minute accept"}, "v 1 opens"},
};

/* Runs a shell command; what the tools complain of is part of the test's own output. */
static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char command[TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* Moves to a fresh namespace with two ipsets. */
static void fresh_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		fail_msg("unshare: %s", strerror(errno));
	run("ipset create still hash:ip && ipset create filled hash:ip timeout 60");
}

/* Reads the namespace. */
static void view_read(struct netview *view)
{
	_cleanup_error_ struct error *error = NULL;

	*view = (struct netview){0};
	if (netview_read(view, &error) < 0)
		fail_msg("%s", error_message(error));
}

/* A rule's number in its chain, as the cases count: rule_line() has none for nft's chains. */
static unsigned line_of(const struct netview *view, const struct rule_ref *ref)
{
	struct nft_rule rule;
	unsigned line = 0;

	return ref->legacy || !rule_find_nft(view, ref, &rule, &line) ? rule_line(view, ref) : line;
}

/* What was found, as the cases have it. */
static void found_format(const struct netview *view, const struct unsteady_rules *rules, char *text)
{
	static const char *const effects[] = {"opens", "closes", "turns"};
	size_t len = 0;

	*text = 0;
	vec_foreach(rule, rules)
		len += (size_t)snprintf(text + len, TEXT - len, "%s%s %u %s%s", len ? ", " : "",
		                        rule->ref.chain, line_of(view, &rule->ref),
		                        effects[rule->effect], rule->choices ? " by choice" : "");
}

/* Differences so far; all are printed before the test fails. */
static unsigned differences;

/* Checks what is found in this namespace. */
static void check_found(const char *tool, const char *rule, const char *expected)
{
	_cleanup_(netview_done) struct netview view = {0};
	struct unsteady_rules rules = {0};
	char text[TEXT];

	view_read(&view);
	assert_int_equal(rules_unsteady(&view, &rules), 0);
	found_format(&view, &rules, text);
	if (strcmp(text, expected) != 0) {
		fprintf(stderr, "%s %s\n  expected: %s\n  found: %s\n", tool, rule, expected, text);
		differences++;
	}
	vec_done(&rules);
}

static void iptables_rules_are_found(void **state)
{
	static const char *const tools[] = {"iptables-nft", "iptables-legacy"};

	(void)state;
	differences = 0;
	for (size_t t = 0; t < sizeof(tools) / sizeof(*tools); t++)
		for (size_t i = 0; i < sizeof(iptables_cases) / sizeof(*iptables_cases); i++) {
			const struct iptables_case *one = &iptables_cases[i];

			fresh_namespace();
			for (size_t r = 0; r < 6 && one->rules[r]; r++)
				run("%s %s", tools[t], one->rules[r]);
			check_found(tools[t], one->rules[0], one->found);
		}
	assert_int_equal(differences, 0);
}

/* The table that nft's cases are loaded into. */
static const char nft_table[] = "table ip t {\n"
                                " set still { type ipv4_addr; }\n"
                                " set filled { type ipv4_addr; flags dynamic,timeout; }\n"
                                " set days { typeof ip saddr . meta day; }\n"
                                " limit lim { rate 3/minute; }\n"
                                " counter cnt { }\n"
                                " chain u { }\n"
                                " chain v { }\n"
                                " chain m { type filter hook prerouting priority mangle; }\n"
                                " chain c { type filter hook forward priority 0; }\n"
                                "}\n"
                                "table ip nats {\n"
                                " chain n { type nat hook prerouting priority -100; }\n"
                                "}\n";

static void nft_rules_are_found(void **state)
{
	(void)state;
	differences = 0;
	for (size_t i = 0; i < sizeof(nft_cases) / sizeof(*nft_cases); i++) {
		const struct nft_case *one = &nft_cases[i];

		fresh_namespace();
		run("nft '%s'", nft_table);
		for (size_t r = 0; r < 4 && one->rules[r]; r++)
			run("nft 'add rule ip %s %s'", one->rules[r][0] == 'n' ? "nats" : "t",
			    one->rules[r]);
		check_found("nft", one->rules[0], one->found);
	}
	assert_int_equal(differences, 0);
}

/* Adds the texts of all rules of a view's chain, one a line. */
static int text_add_line(const struct rule_ref *ref, const char *text, void *data)
{
	char *all = data;
	size_t len = strlen(all);

	(void)ref;
	snprintf(all + len, TEXT - len, "%s\n", text);
	return 0;
}

/* Checks what chain INPUT of table filter becomes where all that wavers does `never` match or
 * always. */
static void check_variant(const struct netview *view, bool never, const char *expected)
{
	_cleanup_error_ struct error *error = NULL;
	struct unsteady_rules rules = {0};
	struct rule_changes changes = {0};
	struct variant *variant = NULL;
	char text[TEXT] = "";

	assert_int_equal(rules_unsteady(view, &rules), 0);
	vec_foreach(rule, &rules) {
		struct rule_change *change = vec_push(&changes);

		assert_non_null(change);
		*change = (struct rule_change){.family = rule->ref.family,
		                               .legacy = rule->ref.legacy,
		                               .table = rule->ref.table,
		                               .chain = rule->ref.chain,
		                               .handle = rule->ref.handle,
		                               .never = never,
		                               .parts = rule->conditions};
	}
	if (variant_new(view, &changes, &variant, &error) < 0)
		fail_msg("%s", error_message(error));
	rules_of_chain(variant_view(variant), AF_INET, "filter", "INPUT", text_add_line, text);
	assert_string_equal(text, expected);
	variant_free(variant);
	vec_done(&changes);
	vec_done(&rules);
}

/* Where the rule on port 3 is in a view's legacy table, or UINT64_MAX. */
static uint64_t third_offset(const struct netview *view)
{
	struct legacy_walk walk = {.table = legacy_table(view, AF_INET, "filter")};
	struct legacy_entry entry;

	while (walk.table && legacy_next(&walk, &entry)) {
		_cleanup_free_ char *text =
		    entry.line ? rule_text_of_legacy(view, walk.table, &entry) : NULL;

		if (text && strstr(text, "--dport 3"))
			return entry.offset;
	}
	return UINT64_MAX;
}

static void legacy_rules_become_what_they_shall(void **state)
{
	_cleanup_(netview_done) struct netview view = {0};
	_cleanup_error_ struct error *error = NULL;
	struct rule_changes changes = {0};
	struct rule_change *change;
	struct variant *variant = NULL;

	(void)state;
	fresh_namespace();
	run("iptables-legacy -N OFTEN");
	run("iptables-legacy -A OFTEN -j DROP");
	run("iptables-legacy -A INPUT -p tcp -m limit --limit 3/min --limit-burst 2"
	    " -m tcp --dport 1 -m quota --quota 9 -j ACCEPT");
	run("iptables-legacy -A INPUT -p tcp -m tcp --dport 2 -m quota --quota 9 -j OFTEN");
	run("iptables-legacy -A INPUT -p tcp -m tcp --dport 3 -j OFTEN");
	view_read(&view);
	check_variant(&view, false,
	              "-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT\n"
	              "-A INPUT -p tcp -m tcp --dport 2 -j OFTEN\n"
	              "-A INPUT -p tcp -m tcp --dport 3 -j OFTEN\n");
	check_variant(&view, true, "-A INPUT -p tcp -m tcp --dport 3 -j OFTEN\n");

	/* Entries that moved are found where they were. */
	change = vec_push(&changes);
	assert_non_null(change);
	*change = (struct rule_change){
	    .family = AF_INET, .legacy = true, .table = "filter", .chain = "INPUT", .never = true};
	if (variant_new(&view, &changes, &variant, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_not_equal(third_offset(&view), third_offset(variant_view(variant)));
	assert_int_equal(
	    variant_origin(variant, AF_INET, "filter", third_offset(variant_view(variant))),
	    third_offset(&view));
	variant_free(variant);
	vec_done(&changes);
}

static void nft_rules_become_what_they_shall(void **state)
{
	_cleanup_(netview_done) struct netview view = {0};

	(void)state;
	fresh_namespace();
	run("iptables-nft -A INPUT -p tcp -m recent --name x --update --seconds 9 -m tcp --dport 1"
	    " -j DROP");
	run("iptables-nft -A INPUT -p tcp -m tcp --dport 2 -m limit --limit 3/min -j ACCEPT");
	run("iptables-nft -A INPUT -p tcp -m tcp --dport 3 -j ACCEPT");
	view_read(&view);
	check_variant(&view, false,
	              "-A INPUT -p tcp -m tcp --dport 1 -j DROP\n"
	              "-A INPUT -p tcp -m tcp --dport 2 -j ACCEPT\n"
	              "-A INPUT -p tcp -m tcp --dport 3 -j ACCEPT\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(iptables_rules_are_found),
	    cmocka_unit_test(nft_rules_are_found),
	    cmocka_unit_test(legacy_rules_become_what_they_shall),
	    cmocka_unit_test(nft_rules_become_what_they_shall),
	};

	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: no right to make a network namespace: %s\n", strerror(errno));
		return SKIP;
	}
	if (system("command -v nft iptables-nft iptables-legacy ipset >/dev/null") != 0) {
		printf("skipped: nft, iptables or ipset is missing\n");
		return SKIP;
	}
	return cmocka_run_group_tests_name("unsteady", tests, NULL, NULL);
}
