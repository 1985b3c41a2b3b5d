/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that the real tools loaded, in our words and in theirs.
 *
 * Each rule of rule_text_cases.h is loaded with iptables, ip6tables (nft-backed and legacy) or nft
 * into a namespace of its own, read back with netview_read(), and rule_text() is compared with what
 * the tool lists. Needs root; the machine's own rules are never touched.
 */
#include "observe/netview_read.h"
#include "rules/listing/find.h"
#include "rules/listing/text.h"
#include "rules/listing/unsteady.h"
#include "rules/listing/translation.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "rule_text_cases.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { SKIP = 77, LINE_MAX_LEN = 4096, MUTATIONS = 60 };

/* Feeds commands to a shell, one call each. */
static FILE *shell;

/* Adds a command to the shell's input. */
static void command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void command(const char *format, ...)
{
	va_list args;

	if (!shell)
		shell = popen("exec sh 2>/dev/null", "w");
	assert_non_null(shell);
	va_start(args, format);
	vfprintf(shell, format, args);
	va_end(args);
	fputc('\n', shell);
}

/* Waits until all commands have run. */
static void commands_end(void)
{
	if (shell)
		pclose(shell);
	shell = NULL;
}

/* Reads the namespace. */
static struct netview *view_new(void)
{
	struct netview *view = calloc(1, sizeof(*view));
	_cleanup_error_ struct error *error = NULL;

	assert_non_null(view);
	if (netview_read(view, &error) < 0)
		fail_msg("%s", error_message(error));
	return view;
}

static void view_free(struct netview *view)
{
	netview_done(view);
	free(view);
}

/* Moves to a fresh namespace with two links. */
static void fresh_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		fail_msg("unshare: %s", strerror(errno));
	command("ip link set lo up; ip link add eth0 type veth peer name eth1");
	command("ipset create bans hash:ip,port timeout 0; ipset create f2b-sshd hash:ip,port");
}

/* The reference of the k-th rule of a chain, from 1. False when there are not so many. */
static bool find_rule(const struct netview *view, bool legacy, uint8_t family, const char *table,
                      const char *chain, unsigned line, struct rule_ref *ref)
{
	*ref =
	    (struct rule_ref){.family = family, .legacy = legacy, .table = table, .chain = chain};
	if (legacy) {
		struct legacy_walk walk = {.table = legacy_table(view, family, table)};
		struct legacy_entry entry;

		while (walk.table && legacy_next(&walk, &entry)) {
			if (entry.line != line || !same_name(entry.chain, chain))
				continue;
			ref->handle = entry.offset;
			return true;
		}
	} else {
		struct nft_rule rule;
		size_t offset = 0;
		unsigned n = 0;

		while (nft_rule_next(view, &offset, &rule)) {
			if (rule.family != family || !same_name(rule.table, table) ||
			    !same_name(rule.chain, chain) || ++n != line)
				continue;
			ref->handle = rule.handle;
			return true;
		}
	}
	return false;
}

/* Differences so far; all are printed before the test fails. */
static unsigned differences;

/* The texts are equal but for what we have no words for, "<...>". */
static bool same_text(const char *ours, const char *theirs)
{
	const char *gap = strstr(ours, "<...>");
	size_t head = gap ? (size_t)(gap - ours) : 0, tail, len = strlen(theirs);

	if (!gap)
		return strcmp(ours, theirs) == 0;
	tail = strlen(gap + strlen("<...>"));
	return len >= head + tail && strncmp(ours, theirs, head) == 0 &&
	       strcmp(theirs + len - tail, gap + strlen("<...>")) == 0;
}

/* Compares one rule's text with the tool's line. */
static void compare(const struct netview *view, const struct rule_ref *ref, const char *expected)
{
	_cleanup_free_ char *text = rule_text(view, ref);

	if (text && same_text(text, expected))
		return;
	fprintf(stderr, "%s %s\n  tool: %s\n  ours: %s\n", ref->table, ref->chain, expected,
	        text ? text : "(null)");
	differences++;
}

/* A backend of iptables. */
static const struct backend {
	const char *tool, *save;
	uint8_t family;
	bool legacy;
	const char *const *cases;
	size_t n_cases;
} backends[] = {
    {"iptables-nft", "iptables-nft-save", AF_INET, false, ipv4_cases, COUNT(ipv4_cases)},
    {"ip6tables-nft", "ip6tables-nft-save", AF_INET6, false, ipv6_cases, COUNT(ipv6_cases)},
    {"iptables-legacy", "iptables-legacy-save", AF_INET, true, ipv4_cases, COUNT(ipv4_cases)},
    {"ip6tables-legacy", "ip6tables-legacy-save", AF_INET6, true, ipv6_cases, COUNT(ipv6_cases)},
};

/* Loads all rules of a backend. */
static void load(const struct backend *backend)
{
	for (size_t i = 0; i < COUNT(chain_cases); i++)
		command("%s -t %.*s -N %s", backend->tool, (int)strcspn(chain_cases[i], " "),
		        chain_cases[i], strchr(chain_cases[i], ' ') + 1);
	command("%s -P FORWARD DROP", backend->tool);
	for (size_t i = 0; i < backend->n_cases; i++)
		command("%s -t %s", backend->tool, backend->cases[i]);
	commands_end();
}

/* Compares everything that a backend's -save prints. Returns how many rules. */
static unsigned compare_save(const struct netview *view, const struct backend *backend)
{
	char line[LINE_MAX_LEN], table[64] = "", chain[64] = "", policy[64], expected[256];
	FILE *save = popen(backend->save, "r");
	struct nft_chain made;
	struct rule_ref ref;
	unsigned n = 0, k = 0;

	assert_non_null(save);
	while (fgets(line, sizeof(line), save)) {
		char now[64];

		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "*%63s", table) == 1) {
			*chain = 0;
		} else if (sscanf(line, ":%63s %63s", now, policy) == 2 && *policy != '-') {
			ref = (struct rule_ref){.family = backend->family,
			                        .legacy = backend->legacy,
			                        .policy = true,
			                        .table = table,
			                        .chain = now};
			/* iptables-nft-save also tells of chains that nobody made yet. */
			if (!backend->legacy &&
			    !nft_chain_find(view, backend->family, table, now, &made))
				continue;
			snprintf(expected, sizeof(expected), "-P %s %s", now, policy);
			compare(view, &ref, expected);
			assert_int_equal(rule_line(view, &ref), 0);
		} else if (sscanf(line, "-A %63s", now) == 1) {
			k = strcmp(now, chain) == 0 ? k + 1 : 1;
			memcpy(chain, now, sizeof(chain));
			if (!find_rule(view, backend->legacy, backend->family, table, chain, k,
			               &ref))
				fail_msg("not read: %s %s", table, line);
			compare(view, &ref, line);
			assert_int_equal(rule_line(view, &ref), k);
			n++;
		}
	}
	pclose(save);
	return n;
}

/* The view of a namespace with all rules of one backend. */
static void test_iptables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(backends); i++) {
		struct netview *view;
		unsigned n;

		fresh_namespace();
		load(&backends[i]);
		view = view_new();
		differences = 0;
		n = compare_save(view, &backends[i]);
		view_free(view);
		print_message("%s: %u of %zu rules compared\n", backends[i].tool, n,
		              backends[i].n_cases);
		assert_int_equal(differences, 0);
		assert_true(n >= backends[i].n_cases * 9 / 10);
	}
}

/* Owners of rules, told from both backends. */
static void test_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(backends); i += 2) {
		struct netview *view;
		unsigned found = 0;

		fresh_namespace();
		load(&backends[i]);
		view = view_new();
		for (size_t c = 0; c < COUNT(owner_cases); c++) {
			static const char *const tables[] = {"filter", "nat", "raw"};
			char chain[64];
			struct rule_ref ref;
			bool seen = false;

			sscanf(owner_cases[c].text, "-A %63s", chain);
			for (size_t t = 0; t < COUNT(tables) && !seen; t++) {
				for (unsigned k = 1;
				     !seen && find_rule(view, backends[i].legacy, AF_INET,
				                        tables[t], chain, k, &ref);
				     k++) {
					_cleanup_free_ char *text = rule_text(view, &ref);

					seen = text && strcmp(text, owner_cases[c].text) == 0;
				}
			}
			if (!seen)
				fail_msg("no rule %s", owner_cases[c].text);
			if (strcmp(rule_owner_name(view, &ref), owner_cases[c].owner) != 0)
				fail_msg("%s is %s", owner_cases[c].text,
				         rule_owner_name(view, &ref));
			found++;
		}
		assert_int_equal(found, COUNT(owner_cases));
		view_free(view);
	}
}

/* By names alone. */
static void test_owner_names(void **state)
{
	static const struct {
		const char *table, *chain;
		enum rule_owner owner;
	} cases[] = {
	    {"nat", "DOCKER", OWNER_DOCKER},
	    {"filter", "DOCKER-USER", OWNER_ADMIN},
	    {"filter", "DOCKER-ISOLATION-STAGE-1", OWNER_DOCKER},
	    {"docker-bridges", "raw-PREROUTING", OWNER_DOCKER},
	    {"filter", "ufw-user-input", OWNER_UFW},
	    {"filter", "ufw6-user-input", OWNER_UFW},
	    {"firewalld", "filter_INPUT", OWNER_FIREWALLD},
	    {"filter", "IN_public_allow", OWNER_FIREWALLD},
	    {"filter", "INPUT_ZONES", OWNER_FIREWALLD},
	    {"filter", "INPUT_mine", OWNER_ADMIN},
	    {"filter", "INPUT", OWNER_ADMIN},
	    {"filter", "FORWARD", OWNER_ADMIN},
	    {"filter", "KUBE-FORWARD", OWNER_OTHER},
	    {"filter", "ts-input", OWNER_OTHER},
	    {"filter", "f2b-sshd", OWNER_OTHER},
	    {"mine", "input", OWNER_ADMIN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rule_ref ref = {.table = cases[i].table, .chain = cases[i].chain};

		assert_int_equal(rule_owner(&ref), cases[i].owner);
	}
}

/* Makes the table that native rules go into. */
static void native_table(const char *family, bool nat)
{
	command("nft add table %s t", family);
	command("nft add chain %s t other", family);
	command(
	    "nft 'add chain %s t c { type filter hook prerouting priority -300; policy accept; }'",
	    family);
	command("nft 'add chain %s t d { type filter hook input priority 0; policy drop; }'",
	        family);
	command("nft 'add set %s t blacklist { type ipv4_addr; flags interval;"
	        " elements = { 192.0.2.0/24 } }'",
	        family);
	command("nft 'add set %s t dyn { type ipv4_addr; flags dynamic,timeout; timeout 5m; }'",
	        family);
	command(
	    "nft 'add map %s t jumps { type ifname : verdict; elements = { eth0 : jump other } }'",
	    family);
	if (!nat)
		return;
	command("nft 'add chain %s t n { type nat hook prerouting priority -100; }'", family);
	command("nft 'add chain %s t s { type nat hook postrouting priority 100; }'", family);
	command("nft 'add set %s t ports { type inet_service; flags interval;"
	        " elements = { 80, 90-95 } }'",
	        family);
	command("nft 'add map %s t natmap { type ipv4_addr : ipv4_addr; }'", family);
}

/* Takes the numbers out of "counter packets 1 bytes 2". */
static void drop_counts(char *line)
{
	char *at = strstr(line, "counter packets ");

	if (at) {
		char *rest = strstr(at, " bytes ");

		rest = rest ? rest + strlen(" bytes ") : NULL;
		if (!rest)
			return;
		rest += strspn(rest, "0123456789");
		at += strlen("counter");
		memmove(at, rest, strlen(rest) + 1);
	}
}

/* Compares everything that `nft -a list ruleset` prints. Returns how many rules. */
static unsigned compare_list(const struct netview *view)
{
	static const struct {
		const char *name;
		uint8_t family;
	} families[] = {
	    {"ip", NFPROTO_IPV4},
	    {"ip6", NFPROTO_IPV6},
	    {"inet", NFPROTO_INET},
	    {"bridge", NFPROTO_BRIDGE},
	};
	char line[LINE_MAX_LEN], family[16] = "", table[64] = "", chain[64] = "";
	struct rule_ref ref = {.table = table, .chain = chain};
	FILE *list = popen("nft -a list ruleset", "r");
	unsigned n = 0;

	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		char *text = line + strspn(line, "\t"), *handle, *policy;

		line[strcspn(line, "\n")] = 0;
		ref.policy = false;
		if (sscanf(line, "table %15s %63s", family, table) == 2) {
			for (size_t i = 0; i < COUNT(families); i++)
				if (strcmp(families[i].name, family) == 0)
					ref.family = families[i].family;
		}
		if (sscanf(line, " chain %63s", chain) == 1)
			continue;
		if (strncmp(line, "\t\t", 2) != 0 || !*chain)
			*chain = 0;
		policy = strstr(text, "; policy ");
		if (strncmp(text, "type ", 5) == 0 && policy) {
			policy += 2;
			policy[strcspn(policy, ";")] = 0;
			ref.policy = true;
			compare(view, &ref, policy);
			continue;
		}
		handle = strstr(text, " # handle ");
		if (!handle || !*chain)
			continue;
		ref.handle = strtoull(handle + strlen(" # handle "), NULL, 10);
		*handle = 0;
		drop_counts(text);
		compare(view, &ref, text);
		n++;
	}
	pclose(list);
	return n;
}

/* Loads native rules into a chain of tables t. */
static void load_native(const char *family, const char *chain, const char *const *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		command("nft -f - <<'END'\nadd rule %s t %s %s\nEND", family, chain, cases[i]);
}

static void test_native(void **state)
{
	static const char *const families[] = {"inet", "ip", "ip6", "bridge"};
	struct netview *view;
	unsigned n;

	(void)state;
	if (system("nft --version | grep -q 'v1[.]0[.]6 '") != 0) {
		print_message("not compared: this nft spells some rules otherwise than 1.0.6\n");
		skip();
	}
	fresh_namespace();
	for (size_t i = 0; i < COUNT(families); i++) {
		native_table(families[i], i < 2);
		load_native(families[i], "c", native_cases, COUNT(native_cases));
	}
	for (size_t i = 0; i < 2; i++) {
		load_native(families[i], "n", nat_cases, COUNT(nat_cases));
		load_native(families[i], "s", source_nat_cases, COUNT(source_nat_cases));
	}
	command("nft -f - <<'END'\n%sEND", docker29);
	commands_end();
	view = view_new();
	differences = 0;
	n = compare_list(view);
	view_free(view);
	print_message("nft: %u rules compared\n", n);
	assert_int_equal(differences, 0);
	assert_true(n >= COUNT(native_cases) * 2);
}

/* Rules whose text is our own. */
static void test_own(void **state)
{
	struct netview *view;
	unsigned line = 0;

	(void)state;
	fresh_namespace();
	native_table("inet", false);
	for (size_t i = 0; i < COUNT(own_cases); i++)
		command("nft 'add rule inet t c %s'", own_cases[i].rule);
	commands_end();
	view = view_new();
	for (size_t i = 0; i < COUNT(own_cases); i++) {
		struct rule_ref ref;
		_cleanup_free_ char *position = NULL, *text = NULL;

		assert_true(find_rule(view, false, NFPROTO_INET, "t", "c", ++line, &ref));
		text = rule_text(view, &ref);
		assert_non_null(text);
		if (own_cases[i].text)
			assert_string_equal(text, own_cases[i].text);
		position = rule_position(view, &ref);
		assert_non_null(position);
		assert_int_equal(atoi(position + strlen("rule ")), line);
	}
	view_free(view);
}

/* Ports as the cases write them: "80 81", "1..1024", "any", "". */
static void ports_format(const struct ports *ports, bool any, char *text, size_t size)
{
	size_t len = 0;

	*text = 0;
	if (any) {
		snprintf(text, size, "any");
		return;
	}
	if (ports->n > 16) {
		snprintf(text, size, "%u..%u", ports->items[0], ports->items[ports->n - 1]);
		return;
	}
	for (size_t i = 0; i < ports->n; i++)
		len +=
		    (size_t)snprintf(text + len, size - len, "%s%u", i ? " " : "", ports->items[i]);
}

/* Checks the ports of the rules in this namespace. */
static void check_ports(const char *tool, const char *rule, const char *expected)
{
	struct netview *view = view_new();
	struct ports ports = {0};
	bool any = false;
	char text[256];

	assert_int_equal(rule_rewritten_ports(view, &ports, &any), 0);
	ports_format(&ports, any, text, sizeof(text));
	if (strcmp(text, expected) != 0) {
		fprintf(stderr, "%s %s\n  expected: %s\n  found: %s\n", tool, rule, expected, text);
		differences++;
	}
	vec_done(&ports);
	view_free(view);
}

static void test_ports(void **state)
{
	(void)state;
	fresh_namespace();
	differences = 0;
	for (size_t i = 0; i < COUNT(port_cases); i++) {
		const char *rule = port_cases[i].rule;

		if (strcmp(port_cases[i].tool, "nft") == 0) {
			command("nft flush ruleset");
			native_table("inet", true);
			load_native("inet", "n", &rule, 1);
			commands_end();
			check_ports("nft", rule, port_cases[i].ports);
			continue;
		}
		for (size_t b = 0; b < COUNT(backends); b += 2) {
			command("nft flush ruleset");
			for (size_t t = 0; t < 3; t++)
				command("iptables-legacy -t %s -F",
				        (const char *[]){"nat", "filter", "mangle"}[t]);
			command("%s -t nat -N OTHER", backends[b].tool);
			command("%s -t %s", backends[b].tool, rule);
			commands_end();
			check_ports(backends[b].tool, rule, port_cases[i].ports);
		}
	}
	assert_int_equal(differences, 0);
}

/* Checks the translation of the only rule in this namespace that may be one. */
static void check_translation(const char *tool, const char *rule, const char *expected)
{
	struct netview *view = view_new();
	struct translations found = {0};
	char text[256] = "", host[ADDRESS_TEXT], target[ADDRESS_TEXT];

	assert_int_equal(rule_translations(view, &found), 0);
	vec_foreach(one, &found)
		snprintf(text, sizeof(text), "%u %s %u %s %u %s", one->protocol,
		         address_format(&one->host, host), one->host_port,
		         address_format(&one->target, target), one->target_port, one->owner);
	if (strcmp(text, expected) != 0) {
		fprintf(stderr, "%s %s\n  expected: %s\n  found: %s\n", tool, rule, expected, text);
		differences++;
	}
	vec_done(&found);
	view_free(view);
}

static void test_translations(void **state)
{
	(void)state;
	fresh_namespace();
	differences = 0;
	for (size_t i = 0; i < COUNT(translation_cases); i++) {
		const char *rule = translation_cases[i].rule;

		if (strcmp(translation_cases[i].tool, "nft") == 0) {
			command("nft flush ruleset");
			native_table("inet", true);
			load_native("inet", "n", &rule, 1);
			commands_end();
			check_translation("nft", rule, translation_cases[i].translation);
			continue;
		}
		for (size_t b = 0; b < COUNT(backends); b += 2) {
			command("nft flush ruleset");
			command("iptables-legacy -t nat -F");
			for (size_t c = 0; c < 2; c++) {
				const char *chain = (const char *[]){"OTHER", "DOCKER"}[c];

				command("%s -t nat -N %s", backends[b].tool, chain);
			}
			command("%s -t %s", backends[b].tool, rule);
			commands_end();
			check_translation(backends[b].tool, rule, translation_cases[i].translation);
		}
	}
	assert_int_equal(differences, 0);
}

/* Makes texts of all that a view has. Returns how many. */
static unsigned all_texts(const struct netview *view)
{
	struct nft_rule rule;
	struct nft_chain chain;
	struct unsteady_rules unsteady = {0};
	struct ports ports = {0};
	size_t offset = 0;
	unsigned n = 0;
	bool any;

	while (nft_rule_next(view, &offset, &rule)) {
		struct rule_ref ref = {.family = rule.family,
		                       .table = rule.table,
		                       .chain = rule.chain,
		                       .handle = rule.handle};

		free(rule_text(view, &ref));
		(void)rule_owner_name(view, &ref);
		n++;
	}
	for (offset = 0; nft_chain_next(view, &offset, &chain); n++) {
		struct rule_ref ref = {.family = chain.family,
		                       .policy = true,
		                       .table = chain.table,
		                       .chain = chain.name};

		free(rule_text(view, &ref));
	}
	vec_foreach(table, &view->xtables) {
		struct legacy_walk walk = {.table = table};
		struct legacy_entry entry;

		while (legacy_next(&walk, &entry)) {
			struct rule_ref ref = {.family = table->family,
			                       .legacy = true,
			                       .policy = entry.end,
			                       .table = table->name,
			                       .chain = entry.chain,
			                       .handle = entry.offset};

			free(rule_text(view, &ref));
			(void)rule_owner_name(view, &ref);
			n++;
		}
	}
	if (rule_rewritten_ports(view, &ports, &any) == 0)
		vec_done(&ports);
	if (rules_unsteady(view, &unsteady) == 0)
		vec_done(&unsteady);
	return n;
}

/* Spoils some bytes of a copy, and cuts some copies short. */
static void mutate(struct bytes *bytes, unsigned *seed)
{
	enum { SPOILT = 24 };

	if (bytes->len == 0)
		return;
	for (unsigned i = 0; i < SPOILT; i++)
		bytes->data[(size_t)rand_r(seed) % bytes->len] = (uint8_t)rand_r(seed);
	if (rand_r(seed) % 8 == 0)
		bytes->len = (size_t)rand_r(seed) % bytes->len;
}

/* A copy that ends where its memory does, so that reading on is noticed. */
static struct bytes copy(const struct bytes *bytes)
{
	struct bytes made = {.len = bytes->len};

	made.data = malloc(bytes->len ? bytes->len : 1);
	assert_non_null(made.data);
	if (bytes->len)
		memcpy(made.data, bytes->data, bytes->len);
	return made;
}

/* Makes texts of a spoilt copy of what the view has. */
static void try_garbage(const struct netview *view, unsigned *seed)
{
	struct netview spoilt = {0};

	for (unsigned kind = 0; kind < RAW_KINDS; kind++) {
		spoilt.raw[kind] = copy(&view->raw[kind]);
		if (rand_r(seed) % 2)
			mutate(&spoilt.raw[kind], seed);
	}
	vec_foreach(table, &view->xtables) {
		struct xtables_table *made = vec_push(&spoilt.xtables);

		assert_non_null(made);
		*made = *table;
		made->info = copy(&table->info);
		made->entries = copy(&table->entries);
		mutate(&made->entries, seed);
		if (rand_r(seed) % 4 == 0)
			mutate(&made->info, seed);
	}
	all_texts(&spoilt);
	netview_done(&spoilt);
}

/* Bytes that nobody's kernel would send. The sanitizers say what they did. */
static void test_garbage(void **state)
{
	struct netview *view;
	unsigned seed = 1, n;

	(void)state;
	fresh_namespace();
	for (size_t i = 0; i < COUNT(backends); i++)
		load(&backends[i]);
	native_table("inet", true);
	load_native("inet", "c", native_cases, COUNT(native_cases));
	load_native("inet", "n", nat_cases, COUNT(nat_cases));
	commands_end();
	view = view_new();
	n = all_texts(view);
	assert_true(n > 300);
	for (unsigned i = 0; i < MUTATIONS; i++)
		try_garbage(view, &seed);
	assert_int_equal(all_texts(view), n);
	view_free(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_owner_names),  cmocka_unit_test(test_iptables),
	    cmocka_unit_test(test_native),       cmocka_unit_test(test_own),
	    cmocka_unit_test(test_owners),       cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_translations), cmocka_unit_test(test_garbage),
	};

	/* A tool that is missing ends the pipe to it. */
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: no right to make a network namespace: %s\n", strerror(errno));
		return SKIP;
	}
	if (system("command -v nft iptables-nft iptables-legacy ipset >/dev/null") != 0) {
		printf("skipped: nft, iptables or ipset is missing\n");
		return SKIP;
	}
	return cmocka_run_group_tests_name("rule_text", tests, NULL, NULL);
}
