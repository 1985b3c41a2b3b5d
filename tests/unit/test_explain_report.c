/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the report writes of one packet's way, against files in tests/golden. */
#include "golden.h"
#include "report/report.h"

#include <locale.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char dnat[] =
    "-A DOCKER ! -i br-1 -p tcp --dport 1234 -j DNAT --to-destination 172.18.0.2:5432";

static const struct audit_endpoint endpoint = {
    .id = "db/172.18.0.2:5432/tcp", .name = "db", .port = 5432, .protocol = IPPROTO_TCP};

static const struct finding finding = {
    .kind = FINDING_EXPOSURE,
    .severity = SEVERITY_CRITICAL,
    .mechanism = "M1",
    .row = 1,
    .subject = "db\x1b[31m",
    .why = "1234 is published on every address",
    .fix = "publish it as 127.0.0.1:1234",
};

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

/* A rule as explanations name it. */
static struct rule_note note_of(const char *table, const char *chain, uint64_t handle,
                                const char *owner, const char *text)
{
	return (struct rule_note){.family = "ip",
	                          .table = table,
	                          .chain = chain,
	                          .handle = handle,
	                          .owner = owner,
	                          .text = text};
}

/* Adds a step behind which the packet goes to an address. */
static struct explain_step *add_step(struct explanation *explanation, const char *hook,
                                     const char *to, const char *what)
{
	struct explain_step *step = vec_push(&explanation->steps);

	*step = (struct explain_step){.kind = EXPLAINED_RULE,
	                              .hook = hook,
	                              .what = what,
	                              .traced = TRACED_UNTOLD,
	                              .source = address_of("203.0.113.77"),
	                              .destination = address_of(to),
	                              .source_port = 51234,
	                              .port = 1234};
	return step;
}

/* Adds one of each kind of step. */
static void add_steps(struct explanation *explanation)
{
	struct explain_step *step;

	add_step(explanation, "prerouting", "192.0.2.10", "a new flow")->kind = EXPLAINED_TRACKED;
	step = add_step(explanation, "prerouting", "192.0.2.10", NULL);
	step->rule = note_of("nat", "DOCKER", 12, "Docker", dnat);
	step->verdict = "accept";
	step->traced = TRACED_SAME;
	add_step(explanation, "prerouting", "172.18.0.2",
	         "now from 203.0.113.77 port 51234 to 172.18.0.2 port 5432")
	    ->kind = EXPLAINED_REWRITTEN;
	add_step(explanation, "prerouting", "172.18.0.2", "route 172.18.0.0/16 by br-1")->kind =
	    EXPLAINED_ROUTED;
	step = add_step(explanation, "forward", "172.18.0.2", "203.0.113.0-203.0.113.255 . 5432");
	step->rule = note_of("filter", "FORWARD", 0, "yours", "-P FORWARD ACCEPT");
	step->traced = TRACED_SAME;
}

/* A port that is open, and was not meant to be. */
static void fill(struct explanation *explanation)
{
	*explanation = (struct explanation){
	    .finding = &finding,
	    .endpoint = &endpoint,
	    .has_packet = true,
	    .probe = {.protocol = IPPROTO_TCP,
	              .source_port = 51234,
	              .destination_port = 1234,
	              .source = address_of("203.0.113.77"),
	              .destination = address_of("192.0.2.10")},
	    .in = "eth0",
	    .sender = "somebody beyond a gateway",
	    .arrives = true,
	    .end = "it leaves by br-1 for 172.18.0.2 port 5432",
	    .decider = note_of("nat", "DOCKER", 12, "Docker", dnat),
	    .asked_kernel = true,
	    .kernel_end = "it leaves by br-1 for 172.18.0.2 port 5432",
	    .end_agrees = true,
	    .same = 2,
	};
	add_steps(explanation);
}

/* Compares one format with a file; style NULL: JSON. */
static void compare(const char *name, const struct explanation *explanation,
                    const struct report_style *style)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(style ? report_explanation(explanation, style, out)
	                       : report_explanation_json(explanation, out),
	                 0);
	fclose(out);
	assert_golden(name, text);
	free(text);
}

static const struct report_style plain = {.width = 80};

static void an_exposure(void **state)
{
	struct explanation explanation;

	(void)state;
	fill(&explanation);
	compare("explain.txt", &explanation, &plain);
	compare("explain.json", &explanation, NULL);
	compare("explain-quiet.txt", &explanation,
	        &(struct report_style){.width = 60, .quiet = true});
	vec_done(&explanation.steps);
}

static void another_way_than_the_kernels(void **state)
{
	struct explanation explanation;

	(void)state;
	fill(&explanation);
	explanation.steps.items[1].traced = TRACED_MISSING;
	explanation.steps.items[4].traced = TRACED_ONLY;
	explanation.steps.items[4].hook = "";
	explanation.differs = 2;
	compare("explain-differs.txt", &explanation, &plain);
	explanation.end_agrees = false;
	explanation.kernel_end = "it is stopped";
	compare("explain-disagrees.json", &explanation, NULL);
	vec_done(&explanation.steps);
}

static void a_packet_that_is_stopped(void **state)
{
	struct explanation explanation;

	(void)state;
	fill(&explanation);
	explanation.arrives = false;
	explanation.finding = NULL;
	explanation.end = "it is stopped";
	explanation.decider = note_of("filter", "FORWARD", 0, "yours", "-P FORWARD DROP");
	explanation.change = "a rule of chain FORWARD would have to accept it";
	explanation.asked_kernel = false;
	assert_int_equal(notes_add(&explanation.unknown, "-m owner --uid-owner 0"), 0);
	assert_int_equal(notes_add(&explanation.incomplete, "IPVS cannot be copied"), 0);
	compare("explain-stopped.txt", &explanation, &plain);
	vec_done(&explanation.steps);
	vec_done(&explanation.unknown);
	vec_done(&explanation.incomplete);
}

static void a_problem_without_a_packet(void **state)
{
	struct explanation explanation = {.finding = &finding};

	(void)state;
	compare("explain-host.txt", &explanation, &plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_exposure),
	    cmocka_unit_test(another_way_than_the_kernels),
	    cmocka_unit_test(a_packet_that_is_stopped),
	    cmocka_unit_test(a_problem_without_a_packet),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests_name("explain_report", tests, NULL, NULL);
}
