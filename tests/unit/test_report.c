/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the report writes of an audit, against files in tests/golden, and what it must never write.
 */
#include "golden.h"
#include "report/layout.h"
#include "report/printable.h"
#include "report/report.h"

#include "base/cleanup.h"

#include <locale.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* An audit and the snapshot it borrows from. */
struct fixture {
	struct snapshot *snapshot;
	struct audit audit;
};

static struct fixture fixture_new(void)
{
	struct fixture fixture = {.snapshot = snapshot_new()};

	fixture.snapshot->host = "box";
	fixture.snapshot->kernel = "6.1.0";
	fixture.snapshot->live = true;
	fixture.snapshot->engine.status = ENGINE_OK;
	fixture.snapshot->engine.kind = "docker";
	fixture.snapshot->engine.version = "20.10.24+dfsg1";
	fixture.audit.snapshot = fixture.snapshot;
	fixture.audit.firewall = "ufw active (IPv4 only)";
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	vec_foreach(endpoint, &fixture->audit.endpoints) {
		vec_foreach(entry, &endpoint->reach)
			vec_done(&entry->sources);
		vec_done(&endpoint->published);
		vec_done(&endpoint->intent);
		vec_done(&endpoint->reach);
	}
	vec_foreach(finding, &fixture->audit.findings)
		vec_done(&finding->sources);
	vec_done(&fixture->audit.endpoints);
	vec_done(&fixture->audit.findings);
	vec_done(&fixture->audit.fine);
	vec_done(&fixture->audit.incomplete);
	vec_done(&fixture->audit.notes);
	arena_done(&fixture->audit.arena);
	snapshot_free(fixture->snapshot);
}

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_true(prefix_parse(text, &prefix));
	return prefix;
}

static void add_container(struct fixture *fixture, const char *name, enum container_state state)
{
	struct container *container = vec_push(&fixture->snapshot->engine.containers);

	container->id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	container->name = name;
	container->image = "registry.example/db:15";
	container->state = state;
}

static struct finding *add_finding(struct fixture *fixture, unsigned row, enum finding_kind kind,
                                   enum severity severity, const char *subject, const char *who,
                                   const char *why, const char *fix)
{
	struct finding *finding = vec_push(&fixture->audit.findings);

	*finding = (struct finding){.kind = kind,
	                            .severity = severity,
	                            .mechanism = "M1",
	                            .endpoint = SIZE_MAX,
	                            .row = row,
	                            .subject = subject,
	                            .who = who,
	                            .why = why,
	                            .fix = fix};
	return finding;
}

static void add_fine(struct fixture *fixture, const char *subject, const char *who,
                     const char *meant_by)
{
	*vec_push(&fixture->audit.fine) = (struct fine_line){subject, who, meant_by};
}

/* The database of the first screen, with all that JSON can say. */
static void add_endpoint(struct fixture *fixture)
{
	struct audit_endpoint *endpoint = vec_push(&fixture->audit.endpoints);
	struct reach_entry *entry;

	endpoint->id = "db/172.18.0.2:5432/tcp";
	endpoint->name = "db";
	endpoint->container = &fixture->snapshot->engine.containers.items[0];
	endpoint->network = "shop_default";
	endpoint->address = address_of("172.18.0.2");
	endpoint->port = 5432;
	endpoint->protocol = IPPROTO_TCP;
	*vec_push(&endpoint->published) = (struct published_port){
	    .host_address = address_any(AF_INET), .host_port = 5432, .container_port = 5432};
	*vec_push(&endpoint->intent) = (struct intent_entry){.zone = "world", .from = "bind"};
	*vec_push(&endpoint->intent) =
	    (struct intent_entry){.source = prefix_of("10.8.0.7"), .from = "label"};
	entry = vec_push(&endpoint->reach);
	entry->path = PATH_PUBLISHED;
	entry->in = "eth0";
	entry->zone = "world";
	entry->to = address_of("203.0.113.5");
	entry->to_port = 5432;
	*vec_push(&entry->sources) = prefix_of("192.0.2.0/24");
	*vec_push(&entry->sources) = prefix_of("0.0.0.0/1");
	entry->rule = (struct rule_note){.family = "ip",
	                                 .table = "nat",
	                                 .chain = "DOCKER",
	                                 .text = "-A DOCKER ! -i br-1 -p tcp --dport 5432 -j DNAT",
	                                 .handle = 17,
	                                 .owner = "Docker"};
	entry->sent = 4;
	entry->arrived = 4;
	entry->agrees = true;
}

/* The host of the documentation: three problems, three fine ones. */
static struct fixture fixture_problems(void)
{
	struct fixture fixture = fixture_new();
	struct finding *finding;

	for (int i = 0; i < 6; i++)
		add_container(&fixture, i ? "other" : "db", CONTAINER_RUNNING);
	add_container(&fixture, "old", CONTAINER_EXITED);
	add_endpoint(&fixture);
	finding = add_finding(&fixture, 1, FINDING_BYPASS, SEVERITY_CRITICAL, "db", "anyone",
	                      "5432 is published on every address; ufw denies it, Docker goes "
	                      "around ufw",
	                      "publish it as `127.0.0.1:5432:5432`, or accept it");
	finding->endpoint = 0;
	finding->has_path = true;
	finding->in = "eth0";
	finding->to = address_of("203.0.113.5");
	finding->to_port = 5432;
	*vec_push(&finding->sources) = prefix_of("0.0.0.0/0");
	add_finding(&fixture, 1, FINDING_BYPASS, SEVERITY_CRITICAL, "db", "anyone",
	            "the same by eth1", "not shown");
	add_finding(&fixture, 2, FINDING_EXPOSURE, SEVERITY_HIGH, "admin", "anyone, IPv6 only",
	            "8080 is relayed by docker-proxy from [::]; your DOCKER-USER rule is IPv4",
	            "publish it on an IPv4 address: `0.0.0.0:8080:80`");
	add_finding(
	    &fixture, 3, FINDING_EXPOSURE, SEVERITY_MEDIUM, "api", "neighbours on eth0",
	    "172.18.0.4:3000 directly; you published it on 127.0.0.1",
	    "`iptables -t raw -I PREROUTING ! -i br-0123456789ab -d 172.18.0.0/16 -j DROP`");
	add_finding(
	    &fixture, 4, FINDING_EXPOSURE, SEVERITY_LOW, "worker", "neighbours on eth0",
	    "172.18.0.5:3000 directly; it is not published",
	    "`iptables -t raw -I PREROUTING ! -i br-0123456789ab -d 172.18.0.0/16 -j DROP`");
	add_fine(&fixture, "web", "anyone", "443 published on every address; ufw allows it");
	add_fine(&fixture, "wiki", "this host", "8090 published on 127.0.0.1");
	add_fine(&fixture, "cache", "its own network", "not published");
	fixture.audit.packets = 1572840;
	fixture.audit.agree = 1572840;
	fixture.audit.seconds = 4.25;
	return fixture;
}

/* Names that try to write on the terminal, to hide, and to turn the line round. */
static struct fixture fixture_hostile(void)
{
	struct fixture fixture = fixture_new();

	fixture.snapshot->host = "box\033[2J\r\n1 fine";
	fixture.snapshot->engine.version = "99\x07";
	fixture.audit.firewall = "\xe2\x80\xaenone";
	add_finding(&fixture, 1, FINDING_EXPOSURE, SEVERITY_CRITICAL, "a\033]0;owned\007b",
	            "any\xc2\x9bone\xe2\x81\xa6", "invalid \xff\xc0\xaf\xed\xa0\x80, cut \xe2\x80",
	            "zero\xe2\x80\x8bwidth, mark e\xcc\x81, wide \xe6\xb5\xb7, `unclosed");
	add_fine(&fixture, "line\nbreak\ttab", "\x7f", "tags \xf3\xa0\x81\xa1");
	return fixture;
}

/* No engine, no rights. */
static struct fixture fixture_incomplete(void)
{
	struct fixture fixture = fixture_new();

	fixture.snapshot->engine.status = ENGINE_DENIED;
	fixture.audit.firewall = NULL;
	*vec_push(&fixture.audit.incomplete) = "nftables: reading the rules needs root";
	*vec_push(&fixture.audit.incomplete) =
	    "/run/docker.sock may not be opened; it belongs to root:docker";
	*vec_push(&fixture.audit.notes) = "eth1 is down";
	return fixture;
}

/* A run of `prove --in eth0 --proto tcp` that found nothing. */
static struct fixture fixture_asked(void)
{
	struct fixture fixture = fixture_new();

	fixture.audit.asked = "TCP in by eth0";
	fixture.audit.packets = 12;
	return fixture;
}

static const struct report_style plain = {.width = 110,
                                          .repeat_command = "sudo seawall",
                                          .explain_command = "sudo seawall explain",
                                          .fix_command = "sudo seawall"};

/* What a report function writes, as a string the caller frees. */
static char *written(int (*report)(const struct audit *, const struct report_style *, FILE *),
                     const struct audit *audit, const struct report_style *style)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(report(audit, style, out), 0);
	fclose(out);
	return text;
}

static int json_report(const struct audit *audit, const struct report_style *style, FILE *out)
{
	(void)style;
	return report_json(audit, out);
}

static void screens_are_golden(void **state)
{
	static const struct {
		const char *name;
		struct fixture (*make)(void);
		struct report_style style;
	} cases[] = {
	    {"problems-110.txt", fixture_problems, {.width = 110}},
	    {"problems-80.txt", fixture_problems, {.width = 80}},
	    {"problems-40.txt", fixture_problems, {.width = 40}},
	    {"problems-color.txt", fixture_problems, {.width = 80, .color = true}},
	    {"problems-quiet.txt", fixture_problems, {.width = 80, .quiet = true}},
	    {"hostile.txt", fixture_hostile, {.width = 100}},
	    {"incomplete.txt", fixture_incomplete, {.needs_root = true}},
	    {"nothing.txt", fixture_new, {.width = 80}},
	    {"asked.txt", fixture_asked, {.width = 80}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture = cases[i].make();
		struct report_style style = cases[i].style;
		char *text;

		style.repeat_command = "sudo seawall";
		style.explain_command = "sudo seawall explain";
		style.fix_command = "sudo seawall";
		text = written(report_text, &fixture.audit, &style);
		assert_golden(cases[i].name, text);
		free(text);
		fixture_free(&fixture);
	}
}

static void json_is_golden(void **state)
{
	static const struct {
		const char *name;
		struct fixture (*make)(void);
	} cases[] = {
	    {"problems.json", fixture_problems},
	    {"hostile.json", fixture_hostile},
	    {"incomplete.json", fixture_incomplete},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture = cases[i].make();
		char *text = written(json_report, &fixture.audit, &plain);

		assert_golden(cases[i].name, text);
		free(text);
		fixture_free(&fixture);
	}
}

static int sarif_report(const struct audit *audit, const struct report_style *style, FILE *out)
{
	(void)style;
	return report_sarif(audit, out);
}

static void sarif_is_golden(void **state)
{
	static const struct label compose[] = {
	    {"com.docker.compose.project.config_files", "/srv/shop #1/compose.yml,/srv/b.yml",
	     false},
	    {"com.docker.compose.project.working_dir", "/srv/shop #1", false},
	};
	struct fixture fixture = fixture_problems();
	struct container *container = &fixture.snapshot->engine.containers.items[0];
	char *text;

	(void)state;
	container->project = "shop";
	for (size_t i = 0; i < sizeof(compose) / sizeof(*compose); i++)
		*vec_push(&container->labels) = compose[i];
	*vec_push(&fixture.audit.incomplete) = "nftables: reading the rules needs root";
	text = written(sarif_report, &fixture.audit, &plain);
	assert_golden("problems.sarif", text);
	free(text);
	fixture_free(&fixture);
}

/* Whatever the names, the data ends where it should, and what it says is what the JSON says. */
static void pages_hold_the_json(void **state)
{
	struct fixture fixture = fixture_hostile();
	char *page = NULL, *start, *end;
	size_t len;
	FILE *out;

	(void)state;
	*vec_push(&fixture.audit.incomplete) = "</script><script>alert(1)</script>&<!--";
	out = open_memstream(&page, &len);
	assert_non_null(out);
	assert_int_equal(report_html(&fixture.audit, out), 0);
	fclose(out);
	start = strstr(page, "id=\"data\">");
	assert_non_null(start);
	end = strstr(start, "</script>");
	assert_non_null(end);
	*end = 0;
	assert_null(strpbrk(start + strlen("id=\"data\">"), "<>&"));
	assert_non_null(strstr(start, "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"));
	assert_non_null(strstr(end + 1, "</html>"));
	free(page);
	fixture_free(&fixture);
}

static void proof_is_golden(void **state)
{
	struct fixture fixture = fixture_problems();
	char *text = written(report_proof, &fixture.audit, &plain);

	(void)state;
	assert_golden("proof.txt", text);
	free(text);
	fixture_free(&fixture);
}

/* No line is wider than asked for, but for commands that must not be broken. */
static void every_width_is_kept(void **state)
{
	struct fixture fixture = fixture_problems();

	(void)state;
	for (unsigned width = 20; width < 200; width++) {
		struct report_style style = {.width = width, .repeat_command = "seawall"};
		char *text = written(report_text, &fixture.audit, &style), *rest = text, *line;

		while ((line = strsep(&rest, "\n")))
			if (!strchr(line, '`') && printable_columns(line, strlen(line)) > width)
				fail_msg("wider than %u: %s", width, line);
		free(text);
	}
	fixture_free(&fixture);
}

/* Whatever the bytes, what is shown has no control character and is valid UTF-8. */
static void nothing_moves_the_cursor(void **state)
{
	uint32_t seed = 1, c;
	char raw[64];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(raw) - 1; i++) {
			seed = seed * 1664525u + 1013904223u;
			raw[i] = (char)(seed >> 24 | 1);
		}
		raw[sizeof(raw) - 1] = 0;

		char *safe = printable(raw);

		for (size_t i = 0, len; safe[i]; i += len) {
			len = utf8_decode(safe + i, &c);
			assert_true(len > 0);
			assert_true(c >= 0x20 && (c < 0x7f || c > 0x9f));
		}
		free(safe);
	}
}

static void a_full_disk_is_an_error(void **state)
{
	struct fixture fixture = fixture_problems();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(report_text(&fixture.audit, &plain, full), -EIO);
	assert_int_equal(report_json(&fixture.audit, full), -EIO);
	fclose(full);
	fixture_free(&fixture);
}

/* Tens of thousands of rows, half of them with one mend, are written in no time. */
static void many_rows_are_no_burden(void **state)
{
	struct fixture fixture = fixture_new();
	size_t lines = 0;
	char *text;

	(void)state;
	for (unsigned i = 1; i <= 50000; i++)
		add_finding(&fixture, i, FINDING_EXPOSURE, SEVERITY_HIGH, "db", "anyone", "so",
		            i % 2 ? "one mend" : arena_printf(&fixture.audit.arena, "mend %u", i));
	text = written(report_text, &fixture.audit, &plain);
	assert_non_null(strstr(text, "50,000 OPEN, NOT MEANT"));
	for (const char *at = text; (at = strstr(at, "mend")); at++)
		lines++;
	assert_int_equal(lines, 25001);
	free(text);
	fixture_free(&fixture);
}

static void lines_break_at_spaces(void **state)
{
	static const struct {
		const char *text;
		unsigned columns;
		size_t len, skip;
	} cases[] = {
	    {"one two three", 7, 7, 8},  {"one two three", 8, 7, 8}, {"one two three", 6, 3, 4},
	    {"abcdefgh ij", 4, 4, 4},    {"one", 10, 3, 3},          {"", 10, 0, 0},
	    {"do `a b c` now", 5, 2, 3}, {"`a b c` now", 4, 7, 8},   {"a`b c", 3, 3, 4},
	};
	size_t skip;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(layout_break(cases[i].text, cases[i].columns, &skip),
		                 cases[i].len);
		assert_int_equal(skip, cases[i].skip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screens_are_golden),       cmocka_unit_test(json_is_golden),
	    cmocka_unit_test(sarif_is_golden),          cmocka_unit_test(pages_hold_the_json),
	    cmocka_unit_test(sarif_is_golden),          cmocka_unit_test(pages_hold_the_json),
	    cmocka_unit_test(proof_is_golden),          cmocka_unit_test(every_width_is_kept),
	    cmocka_unit_test(nothing_moves_the_cursor), cmocka_unit_test(a_full_disk_is_an_error),
	    cmocka_unit_test(many_rows_are_no_burden),  cmocka_unit_test(lines_break_at_spaces),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
