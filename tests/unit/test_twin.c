/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of a host that the real tools have made: what those tools say of both must be equal.
 *
 * Needs root for namespaces of its own; the machine's own is never touched. The host is made by
 * twin/host.sh, and twin/show.sh prints what the tools say.
 */
#include "observe/netview_read.h"
#include "prove/twin.h"
#include "prove/xt_blob.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netfilter.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

enum { SKIP = 77, NOBODY = 65534, OUTPUT_MAX = 256 * 1024, DAMAGED = 60, MANY = 1000 };
/* What a twin of the host must note: two expressions, a target, and an order that is not known. */
enum { NOTES = 5 };

/* Where the twin's data files are. */
static const char *data_dir;
/* The host that all tests but a few copy, and what show.sh says of it. */
static int home = -1, host = -1, outside = -1;
static struct netview view;
static char *host_shown;

/* Moves into a fresh network namespace and opens it; ends the process where that is not allowed. */
static int fresh_netns(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: a network namespace cannot be made: %s\n",
		        strerror(errno));
		exit(SKIP);
	}
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Runs a shell command where we stand; its output, which the caller frees. */
static char *run(const char *format, ...)
{
	_cleanup_free_ char *command = NULL;
	char *output = calloc(1, OUTPUT_MAX);
	FILE *stream;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&command, format, args) > 0);
	va_end(args);
	stream = popen(command, "r");
	assert_non_null(stream);
	assert_true(fread(output, 1, OUTPUT_MAX - 1, stream) < OUTPUT_MAX - 1);
	if (pclose(stream) != 0)
		fail_msg("%s: failed: %s", command, output);
	return output;
}

/* Builds a twin of a view, which must work. */
static struct twin *build(const struct netview *of, bool user_namespace)
{
	struct error *error = NULL;
	struct twin *twin = NULL;

	if (twin_new(of, user_namespace, &twin, &error) < 0)
		fail_msg("twin_new: %s", error_message(error));
	return twin;
}

/* Runs a command in a twin; its output, which the caller frees. */
static char *run_in(const struct twin *twin, const char *command)
{
	char *output;

	assert_int_equal(twin_enter(twin), 0);
	output = run("%s", command);
	assert_int_equal(twin_leave(twin), 0);
	return output;
}

/* Runs a command in a twin and forgets what it says. */
static void change(const struct twin *twin, const char *command)
{
	free(run_in(twin, command));
}

/* Checks a twin, which must work. */
static void check(struct twin *twin, const struct netview *of)
{
	struct error *error = NULL;

	if (twin_check(twin, of, &error) < 0)
		fail_msg("twin_check: %s", error_message(error));
}

/* Fails with the first line in which two texts differ. */
static void assert_same_text(const char *expected, const char *got)
{
	while (*expected && *got) {
		size_t left = strcspn(expected, "\n"), right = strcspn(got, "\n");

		if (left != right || memcmp(expected, got, left) != 0)
			fail_msg("host: %.*s\ntwin: %.*s", (int)left, expected, (int)right, got);
		expected += left + (expected[left] != 0);
		got += right + (got[right] != 0);
	}
	assert_string_equal(expected, got);
}

/* Whether one of a twin's notes has the text. */
static bool noted(const struct twin *twin, const char *text)
{
	vec_foreach(note, &twin->notes)
		if (strstr(*note, text))
			return true;
	return false;
}

/* Fails with the notes of a twin unless there are n. */
static void assert_notes(const struct twin *twin, size_t n)
{
	if (twin->notes.n != n)
		vec_foreach(note, &twin->notes)
			fprintf(stderr, "note: %s\n", *note);
	assert_int_equal(twin->notes.n, n);
}

/* What show.sh says of a twin must be what it says of the host; so must twin_check(). */
static void assert_equal_to_host(struct twin *twin)
{
	_cleanup_free_ char *shown = NULL, *command = NULL;

	assert_true(asprintf(&command, "%s/show.sh", data_dir) > 0);
	shown = run_in(twin, command);
	assert_same_text(host_shown, shown);
	check(twin, &view);
	assert_true(noted(twin, "(socket, cmp, immediate): no socket"));
	assert_true(noted(twin, "(meta, cmp, immediate): no socket"));
	assert_true(noted(twin, "target NFQUEUE): the program"));
	assert_true(noted(twin, "legacy iptables table nat and nft ip nat chain PREROUTING"));
	assert_true(noted(twin, "legacy iptables table nat and nft ip docker-bridges chain"));
	assert_notes(twin, NOTES);
}

/*
 * Runs a test in a process of its own, which may give up its rights for good. There it is a group
 * of one, so that its failure does not go on with the parent's other tests.
 */
static void in_child(const char *name, CMUnitTestFunction test)
{
	const struct CMUnitTest tests[] = {{.name = name, .test_func = test}};
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		exit(cmocka_run_group_tests_name(name, tests, NULL, NULL));
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with status %#x", (unsigned)status);
}

/* Gives up root. */
static void become_nobody(void)
{
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(setresgid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

static void copy_is_the_host(void **state)
{
	struct twin *twin = build(&view, false);

	(void)state;
	assert_equal_to_host(twin);
	twin_free(twin);
}

static void copies_live_side_by_side(void **state)
{
	struct twin *first = build(&view, false), *second = build(&view, false);

	(void)state;
	change(first, "nft flush ruleset; ip link del br-one");
	twin_free(first);
	assert_equal_to_host(second);
	twin_free(second);
}

/* Two twins, one after the other, without rights. */
static void twins_of_nobody(void **state)
{
	struct twin *first, *second;

	(void)state;
	become_nobody();
	first = build(&view, true);
	second = build(&view, true);
	assert_equal_to_host(second);
	assert_equal_to_host(first);
	twin_free(first);
	twin_free(second);
}

static void copy_needs_no_rights_in_a_user_namespace(void **state)
{
	(void)state;
	in_child("twins_of_nobody", twins_of_nobody);
}

/* A twin in our own namespace, without the right to make one. */
static void twin_without_rights(void **state)
{
	struct error *error = NULL;
	struct twin *twin = NULL;

	(void)state;
	become_nobody();
	assert_int_equal(twin_new(&view, false, &twin, &error), -EPERM);
	assert_null(twin);
	assert_non_null(strstr(error_message(error), "network namespace"));
	error_free(error);
}

static void lack_of_rights_is_said(void **state)
{
	(void)state;
	in_child("twin_without_rights", twin_without_rights);
}

/* The handles of a chain's rules, in order, as nft lists them. Returns how many. */
static size_t list_handles(const char *listing, uint64_t *handles, size_t most)
{
	const char *at = strstr(listing, "chain ");
	size_t n = 0;

	/* The chain's own handle stands first. */
	at = at ? strstr(at, "# handle ") : NULL;
	while (at && (at = strstr(at + 1, "# handle ")) && n < most)
		handles[n++] = strtoull(at + strlen("# handle "), NULL, 10);
	return n;
}

static void rules_of_the_twin_are_known_on_the_host(void **state)
{
	static const char command[] = "nft -a list chain inet big in";
	uint64_t ours[64], theirs[64], found;
	struct twin *twin = build(&view, false);
	_cleanup_free_ char *host_list = NULL, *twin_list = run_in(twin, command);
	size_t n;

	(void)state;
	assert_int_equal(setns(host, CLONE_NEWNET), 0);
	host_list = run(command);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	n = list_handles(host_list, ours, 64);
	assert_in_range(n, 30, 63);
	assert_int_equal(list_handles(twin_list, theirs, 64), n);
	for (size_t i = 0; i < n; i++) {
		found = 0;
		assert_true(twin_host_handle(twin, NFPROTO_INET, "big", "in", theirs[i], &found));
		assert_int_equal(found, ours[i]);
	}
	assert_false(twin_host_handle(twin, NFPROTO_INET, "big", "in", 123456, &found));
	assert_false(twin_host_handle(twin, NFPROTO_INET, "big", "none", theirs[0], &found));
	assert_false(twin_host_handle(twin, NFPROTO_IPV4, "none", "in", theirs[0], &found));
	/* A chain that somebody has changed is not known any more. */
	change(twin, "nft insert rule inet big sub drop");
	assert_false(twin_host_handle(twin, NFPROTO_INET, "big", "sub", 1, &found));
	twin_free(twin);
}

static void check_finds_what_differs(void **state)
{
	static const struct {
		const char *command, *note;
	} cases[] = {
	    {"nft add rule inet big sub drop", "nft inet big chain sub, its rules: the copy"},
	    {"nft insert rule ip translate re drop", "nft ip translate chain re, its rules"},
	    {"nft delete element inet big v4 { 10.0.0.1 }", "elements of set v4: the copy"},
	    {"nft flush map inet big verdicts", "elements of set verdicts: the twin does not"},
	    {"nft add set inet big other { type mark\\; }", "set other: the twin has it and"},
	    {"nft add table ip other", "nft ip table other: the twin has it"},
	    {"nft 'add chain inet big through { policy drop; }'", "chain through: the copy"},
	    {"nft delete table ip6 six", "nft ip6 table six: the twin does not have it"},
	    {"ip route del 10.0.0.0/8", "route to 10.0.0.0/8 in table 254: the twin does not"},
	    {"ip route add 10.99.0.0/16 dev eth0", "route to 10.99.0.0/16 in table 254: the twin"},
	    {"ip -6 route del unreachable fc00::/7", "route to fc00::/7 in table 254"},
	    {"ip rule del pref 1000", "policy rules: the copy is not the same"},
	    {"ip addr del 192.0.2.11/24 dev eth0", "address 192.0.2.11/24 of link"},
	    {"ip link set eth0 mtu 1300", "link eth0: the copy is not the same"},
	    {"ip link set vethc1 nomaster", "link vethc1: the copy is not the same"},
	    {"ip link set eth1 down", "link eth1: the copy is not the same"},
	    {"sysctl -qw net.ipv4.conf.br-one.route_localnet=0",
	     "sysctl net/ipv4/conf/br-one/route_localnet: the copy"},
	    {"ipset add one 10.6.0.0/16", "ipset one, its members: the copy is not the same"},
	    {"ipset create more hash:ip", "ipset more: the twin has it and the host does not"},
	    {"iptables-legacy -A B -j DROP", "legacy iptables table filter, its entries"},
	    {"ip6tables-legacy -P INPUT ACCEPT", "legacy ip6tables table filter, its entries"},
	    {"ip nexthop del id 9", "nexthop 9: the twin does not have it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct twin *twin = build(&view, false);

		assert_notes(twin, NOTES);
		change(twin, cases[i].command);
		check(twin, &view);
		if (!noted(twin, cases[i].note)) {
			assert_notes(twin, 0);
			fail_msg("%s: no note has: %s", cases[i].command, cases[i].note);
		}
		twin_free(twin);
	}
}

static void engine_nat_goes_and_nothing_else(void **state)
{
	struct twin *twin = build(&view, false);
	_cleanup_free_ char *nft = NULL, *legacy = NULL, *legacy6 = NULL, *bridges = NULL;

	(void)state;
	assert_int_equal(twin_drop_engine_nat(twin, &view, NULL), 0);
	nft = run_in(twin, "iptables-nft -t nat -S");
	assert_null(strstr(nft, "-A DOCKER "));
	assert_non_null(strstr(nft, "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"));
	assert_non_null(strstr(nft, "MASQUERADE"));
	legacy = run_in(twin, "iptables-legacy -t nat -S");
	assert_non_null(strstr(legacy, "-A DOCKER -s 255.255.255.255/32 -i br-one -j RETURN"));
	assert_non_null(strstr(legacy, "-A DOCKER -s 255.255.255.255/32 ! -i br-one -p tcp"));
	assert_non_null(strstr(legacy, "-A OTHER -p tcp -j REDIRECT"));
	assert_non_null(strstr(legacy, "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"));
	legacy6 = run_in(twin, "ip6tables-legacy -t nat -S");
	assert_non_null(strstr(legacy6, "-A DOCKER -s ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	bridges = run_in(twin, "nft list table ip docker-bridges");
	assert_null(strstr(bridges, "jump published"));
	assert_non_null(strstr(bridges, "ct state established,related accept"));
	check(twin, &view);
	assert_true(noted(twin, "nft ip nat chain DOCKER, its rules: the twin does not have it"));
	assert_true(noted(twin, "nft ip docker-bridges chain nat-PREROUTING, its rules"));
	assert_true(noted(twin, "legacy iptables table nat, its entries"));
	assert_true(noted(twin, "legacy ip6tables table nat, its entries"));
	assert_notes(twin, NOTES + 4);
	twin_free(twin);
}

/* Makes a network namespace by a command and reads it. */
static void read_other(const char *command, struct netview *ret_view)
{
	struct error *error = NULL;

	close(fresh_netns());
	free(run("%s", command));
	if (netview_read(ret_view, &error) < 0)
		fail_msg("netview_read: %s", error_message(error));
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
}

static void bound_chains_become_plain_ones(void **state)
{
	struct netview other = {0};
	struct twin *twin;
	_cleanup_free_ char *list = NULL;

	(void)state;
	read_other("nft -f - <<'END'\ntable ip t { chain c { ip saddr 10.0.0.1 jump {\n"
	           "ip daddr 10.0.0.2 drop\n}\n}\n}\nEND",
	           &other);
	twin = build(&other, false);
	assert_notes(twin, 0);
	check(twin, &other);
	assert_notes(twin, 0);
	list = run_in(twin, "nft list ruleset");
	assert_non_null(strstr(list, "jump __chain"));
	assert_non_null(strstr(list, "ip daddr 10.0.0.2 drop"));
	twin_free(twin);
	netview_done(&other);
}

/* The offset of the entry for a source in the first legacy table, or SIZE_MAX. */
static size_t entry_of_source(const struct netview *of, const char *source)
{
	struct xt_entry entry;
	size_t offset = 0;

	assert_true(of->xtables.n > 0);
	while (xt_entry_next(&of->xtables.items[0].entries, AF_INET, &offset, &entry)) {
		struct ipt_entry head;

		memcpy(&head, entry.data, sizeof(head));
		if (head.ip.src.s_addr == inet_addr(source))
			return entry.offset;
	}
	return SIZE_MAX;
}

static void legacy_rules_are_known_behind_those_left_out(void **state)
{
	struct netview other = {0}, copied = {0};
	struct error *error = NULL;
	struct twin *twin;
	size_t there, here;

	(void)state;
	read_other("iptables-legacy -A FORWARD -j IDLETIMER --timeout 60 --label twintest && "
	           "iptables-legacy -A FORWARD -s 10.0.0.1 -j DROP",
	           &other);
	twin = build(&other, false);
	assert_true(noted(twin, "target IDLETIMER"));
	assert_int_equal(twin_enter(twin), 0);
	if (netview_read(&copied, &error) < 0)
		fail_msg("netview_read: %s", error_message(error));
	assert_int_equal(twin_leave(twin), 0);
	there = entry_of_source(&other, "10.0.0.1");
	here = entry_of_source(&copied, "10.0.0.1");
	assert_true(there != SIZE_MAX && here != SIZE_MAX && there != here);
	assert_int_equal(twin_host_offset(twin, AF_INET, "filter", here), there);
	twin_free(twin);
	netview_done(&other);
	netview_done(&copied);
}

/* A view with an anonymous set that is too large for the transactions of who has no rights. */
static struct netview large;

/* Copies it without rights. */
static void large_by_nobody(void **state)
{
	_cleanup_free_ char *list = NULL;
	struct twin *twin;

	(void)state;
	become_nobody();
	twin = build(&large, true);
	check(twin, &large);
	assert_notes(twin, 0);
	list = run_in(twin, "nft list ruleset | tr -d ' \\t\\n' | grep -o '10\\.[0-9.]*' | wc -l");
	assert_int_equal(atoi(list), 60000);
	twin_free(twin);
}

static void large_anonymous_sets_are_copied(void **state)
{
	struct twin *twin;

	(void)state;
	read_other("{ echo 'table ip t { chain c { ip saddr {'; for i in $(seq 0 59999); do"
	           " echo \"10.$((i / 40000)).$((i / 200 % 200)).$((i % 200)),\"; done; echo '} "
	           "drop; }; }'; } | nft -f -",
	           &large);
	in_child("large_by_nobody", large_by_nobody);
	twin = build(&large, false);
	check(twin, &large);
	assert_notes(twin, 0);
	twin_free(twin);
	netview_done(&large);
}

static void owners_and_orphans_are_copied_as_ours(void **state)
{
	struct netview other = {0};
	struct twin *twin;

	(void)state;
	/* nft 1.0.6 cannot make an owned table that stays; the flag is set in what was read. */
	read_other("nft add table inet owned", &other);
	for (size_t i = 0; i + 8 <= other.raw[RAW_NFT_TABLE].len; i++) {
		static const uint8_t flags[8] = {8, 0, 2, 0, 0, 0, 0, 0};

		if (memcmp(other.raw[RAW_NFT_TABLE].data + i, flags, 8) == 0)
			other.raw[RAW_NFT_TABLE].data[i + 7] = 0x6;
	}
	twin = build(&other, false);
	assert_notes(twin, 0);
	change(twin, "nft delete table inet owned");
	twin_free(twin);
	netview_done(&other);
}

static void refused_objects_are_named(void **state)
{
	struct netview other = {0};
	struct twin *twin;
	uint8_t *name;

	(void)state;
	read_other(
	    "nft -f - <<'END'\ntable ip t { chain c { ip saddr 10.0.0.1 fib daddr type local"
	    " drop\nip saddr { 10.0.0.2, 10.0.0.3 } quota 5 bytes drop\ntcp dport 7 drop\n}\n}\n"
	    "END",
	    &other);
	/* Expressions that no kernel has. */
	name = memmem(other.raw[RAW_NFT_RULE].data, other.raw[RAW_NFT_RULE].len, "fib", 4);
	assert_non_null(name);
	memcpy(name, "fob", 3);
	name = memmem(other.raw[RAW_NFT_RULE].data, other.raw[RAW_NFT_RULE].len, "quota", 6);
	assert_non_null(name);
	memcpy(name, "quoth", 5);
	twin = build(&other, false);
	assert_notes(twin, 2);
	assert_true(noted(twin, "nft ip t chain c rule handle"));
	assert_true(noted(twin, "fob"));
	assert_true(noted(twin, "quoth"));
	{
		_cleanup_free_ char *list = run_in(twin, "nft list ruleset");

		assert_non_null(strstr(list, "tcp dport 7 drop"));
		assert_null(strstr(list, "10.0.0."));
	}
	twin_free(twin);
	netview_done(&other);
}

static void paths_do_not_lead_out(void **state)
{
	static const char *const paths[] = {"net/ipv4/../../kernel/hostname",
	                                    "kernel/hostname",
	                                    "/proc/sys/kernel/hostname",
	                                    "net/ipv4/conf/../../../kernel/hostname",
	                                    "net/core/somaxconn",
	                                    ""};
	struct netview other = {0};
	char before[256], after[256];
	struct twin *twin;

	(void)state;
	assert_int_equal(gethostname(before, sizeof(before)), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct sysctl *sysctl = vec_push(&other.sysctls);

		assert_non_null(sysctl);
		*sysctl = (struct sysctl){.path = paths[i], .value = "leaked"};
	}
	twin = build(&other, false);
	/* One of them is what a link called ".." would have, and such a link there is not. */
	assert_notes(twin, sizeof(paths) / sizeof(*paths) - 1);
	assert_int_equal(gethostname(after, sizeof(after)), 0);
	assert_string_equal(before, after);
	twin_free(twin);
	netview_done(&other);
}

/* Copies a view's raw messages and tables, so that they can be damaged. */
static void view_copy(const struct netview *from, struct netview *ret_to)
{
	struct netview to = {0};

	for (int kind = 0; kind < RAW_KINDS; kind++)
		assert_int_equal(bytes_append(&to.raw[kind], from->raw[kind].data,
		                              from->raw[kind].len, SIZE_MAX),
		                 0);
	vec_foreach(table, &from->xtables) {
		struct xtables_table *copy = vec_push(&to.xtables);

		assert_non_null(copy);
		*copy = (struct xtables_table){.family = table->family, .name = table->name};
		assert_int_equal(
		    bytes_append(&copy->info, table->info.data, table->info.len, SIZE_MAX), 0);
		assert_int_equal(
		    bytes_append(&copy->entries, table->entries.data, table->entries.len, SIZE_MAX),
		    0);
	}
	*ret_to = to;
}

/* A number that is the same in every run. */
static uint32_t next_number(uint32_t *number)
{
	*number = *number * 1664525 + 1013904223;
	return *number >> 8;
}

/* Damages some bytes of a run, or cuts it. */
static void bytes_damage(struct bytes *bytes, uint32_t *number)
{
	if (!bytes->len)
		return;
	if (next_number(number) % 8 == 0)
		bytes->len = next_number(number) % bytes->len & ~3U;
	for (int i = 0; i < 4 && bytes->len; i++)
		bytes->data[next_number(number) % bytes->len] = (uint8_t)next_number(number);
}

static void damage_is_noted_or_refused(void **state)
{
	uint32_t number = 1;

	(void)state;
	for (int i = 0; i < DAMAGED; i++) {
		struct netview damaged;
		struct twin *twin = NULL;
		struct error *error = NULL;

		view_copy(&view, &damaged);
		for (int kind = 0; kind < RAW_KINDS; kind++)
			if (next_number(&number) % 3 == 0)
				bytes_damage(&damaged.raw[kind], &number);
		vec_foreach(table, &damaged.xtables)
			bytes_damage(next_number(&number) % 2 ? &table->entries : &table->info,
			             &number);
		/* A capture that does not decode is refused before; the rest must stand it. */
		if (netview_decode(&damaged, &error) < 0)
			error_free(steal_pointer(&error));
		if (twin_new(&damaged, false, &twin, &error) == 0)
			check(twin, &view);
		else
			assert_non_null(error);
		error_free(error);
		twin_free(twin);
		netview_done(&damaged);
	}
}

/* Builds twins until it is killed; that there are too many namespaces just now does not matter. */
static void build_for_ever(void)
{
	for (;;) {
		struct twin *twin = NULL;

		if (twin_new(&view, false, &twin, NULL) == 0)
			twin_free(twin);
	}
}

/*
 * In a user namespace that may have only a few network namespaces: kills builders at odd moments,
 * and has still not used them up.
 */
static void kill_builders(void **state)
{
	const struct timespec step = {.tv_nsec = 20 * 1000 * 1000};
	struct twin *twin = NULL;

	(void)state;
	/* The first twin leads into the user namespace. */
	twin_free(build(&view, true));
	free(run("echo 12 >/proc/sys/user/max_net_namespaces"));
	for (int i = 0; i < 12; i++) {
		struct timespec odd = {.tv_nsec = (3 + 7 * i) * 1000 * 1000};
		pid_t child = fork();

		if (child == 0)
			build_for_ever();
		assert_true(child > 0);
		nanosleep(&odd, NULL);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		/* The kernel counts a namespace until its work queue has taken it apart. */
		for (int tries = 0; twin_new(&view, false, &twin, NULL) < 0; tries++) {
			assert_in_range(tries, 0, 1000);
			nanosleep(&step, NULL);
		}
		twin_free(steal_pointer(&twin));
	}
}

static void killed_builders_leave_nothing(void **state)
{
	(void)state;
	in_child("kill_builders", kill_builders);
}

/* Seconds of a clock. */
static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_thousand_links(void **state)
{
	struct netview other = {0};
	double wall, cpu;
	struct twin *twin;

	(void)state;
	/* Both ends are links of the host, which is as good. */
	read_other("ip link add name br0 type bridge; for i in $(seq 500); do"
	           " echo link add name a$i numtxqueues 1 numrxqueues 1 master br0 up"
	           " type veth peer name b$i numtxqueues 1 numrxqueues 1; done | ip -batch -",
	           &other);
	assert_int_equal(other.links.n, 2 + MANY);
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	twin = build(&other, false);
	print_message("%d links: %.2f s, %.2f s of them CPU\n", MANY,
	              seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	assert_notes(twin, 0);
	check(twin, &other);
	assert_notes(twin, 0);
	twin_free(twin);
	netview_done(&other);
}

/* Makes the host and reads it. */
static int make_host(void **state)
{
	struct error *error = NULL;

	(void)state;
	home = fresh_netns();
	outside = fresh_netns();
	host = fresh_netns();
	free(run("%s/host.sh /proc/%d/fd/%d", data_dir, getpid(), outside));
	host_shown = run("%s/show.sh", data_dir);
	if (netview_read(&view, &error) < 0)
		fail_msg("netview_read: %s", error_message(error));
	return setns(home, CLONE_NEWNET);
}

/* Lets go of the host. */
static int free_host(void **state)
{
	(void)state;
	netview_done(&view);
	free(host_shown);
	close(host);
	close(outside);
	close(home);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(copy_is_the_host),
	    cmocka_unit_test(copies_live_side_by_side),
	    cmocka_unit_test(copy_needs_no_rights_in_a_user_namespace),
	    cmocka_unit_test(lack_of_rights_is_said),
	    cmocka_unit_test(rules_of_the_twin_are_known_on_the_host),
	    cmocka_unit_test(check_finds_what_differs),
	    cmocka_unit_test(engine_nat_goes_and_nothing_else),
	    cmocka_unit_test(bound_chains_become_plain_ones),
	    cmocka_unit_test(legacy_rules_are_known_behind_those_left_out),
	    cmocka_unit_test(large_anonymous_sets_are_copied),
	    cmocka_unit_test(owners_and_orphans_are_copied_as_ours),
	    cmocka_unit_test(refused_objects_are_named),
	    cmocka_unit_test(paths_do_not_lead_out),
	    cmocka_unit_test(damage_is_noted_or_refused),
	    cmocka_unit_test(killed_builders_leave_nothing),
	    cmocka_unit_test(a_thousand_links),
	};

	data_dir = getenv("SEAWALL_TWIN_DATA");
	if (!data_dir) {
		fprintf(stderr, "SEAWALL_TWIN_DATA names no directory\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, make_host, free_host);
}
