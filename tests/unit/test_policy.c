/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy files: what is read of good ones, the one sentence about bad ones, and hostile ones. */
#include "base/bytes.h"
#include "intent/policy.h"
#include "yaml/yaml.h"

#include "policy_cases.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <cmocka.h>

/* Adds text by a printf format. */
static void say(struct bytes *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct bytes *to, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(text));
	assert_int_equal(bytes_append(to, text, (size_t)n, SIZE_MAX), 0);
}

/* Writes out what an entry names. */
static void say_selector(struct bytes *to, const struct policy_selector *selector)
{
	if (selector->service)
		say(to, " %s/%s", selector->project, selector->service);
	if (selector->container)
		say(to, " %s", selector->container);
	if (selector->image)
		say(to, " image %s", selector->image);
	if (selector->label)
		say(to, " label %s%s%s", selector->label, selector->label_value ? "=" : "",
		    selector->label_value ? selector->label_value : "");
	if (selector->host_port.first)
		say(to, " host_port %u-%u/%u", selector->host_port.first, selector->host_port.last,
		    selector->host_port.protocol);
	if (selector->container_port.first)
		say(to, " container_port %u-%u/%u", selector->container_port.first,
		    selector->container_port.last, selector->container_port.protocol);
}

/* Writes out who may get in. */
static void say_from(struct bytes *to, const struct policy *policy,
                     const struct policy_sources *from)
{
	char text[PREFIX_TEXT];

	say(to, " from%s", from->n ? "" : " nobody");
	vec_foreach(source, from)
		say(to, " %s",
		    source->zone == SIZE_MAX ? prefix_format(&source->prefix, text)
		                             : policy_zone_name(policy, source->zone));
}

/* Writes out a policy. */
static void say_policy(struct bytes *to, const struct policy *policy)
{
	static const char *const labels[] = {"narrow", "full", "off"};
	char text[PREFIX_TEXT];

	say(to, "%s %s", policy->closed ? "closed" : "declared", labels[policy->labels]);
	say(to, "%s%s", policy->strict_bind ? " strict_bind" : "", policy->hard ? " hard" : "");
	if (policy->notify_command)
		say(to, " command=%s", policy->notify_command);
	if (policy->notify_webhook)
		say(to, " webhook=%s", policy->notify_webhook);
	vec_foreach(zone, &policy->zones) {
		say(to, " | %s", zone->name);
		say(to, "%s", zone->interfaces.n ? " interfaces" : "");
		vec_foreach(interface, &zone->interfaces)
			say(to, " %s", *interface);
		say(to, "%s", zone->sources.n ? " sources" : "");
		vec_foreach(source, &zone->sources)
			say(to, " %s", prefix_format(source, text));
	}
	vec_foreach(allow, &policy->allow) {
		say(to, " | allow");
		say_selector(to, &allow->selector);
		say_from(to, policy, &allow->from);
	}
	vec_foreach(accept, &policy->accept) {
		say(to, " | accept");
		say_selector(to, &accept->selector);
		say(to, " %s %lld %s", accept->kind ? accept->kind : "any",
		    (long long)accept->until, accept->reason);
	}
}

/* Each case says what it must. */
static void test_cases(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(policy_cases) / sizeof(*policy_cases); i++) {
		const struct policy_case *one = &policy_cases[i];
		_cleanup_error_ struct error *error = NULL;
		_cleanup_policy_ struct policy *policy = NULL;
		struct bytes got = {0};
		int status = policy_read(one->text, strlen(one->text), "p", &policy, &error);

		if (status == 0)
			say_policy(&got, policy);
		else
			say(&got, "%s", error_message(error));
		if (strcmp((char *)got.data, one->expected) != 0) {
			print_error("%s---\nexpected %s\n     got %s\n", one->text, one->expected,
			            (char *)got.data);
			bad++;
		}
		bytes_done(&got);
	}
	assert_int_equal(bad, 0);
}

/* A file made of pieces that are repeated. */
struct hostile {
	const char *head, *piece, *tail;
	size_t times;
	const char *expected; /* how the sentence begins; NULL: it is taken */
};

static const struct hostile hostile[] = {
    {"version: 1\nallow: [", "[", "", 1000000, "p:2:"},
    {"version: 1\nallow: ", "{a: ", "", 1000000, "p:2:"},
    {"version: 1\nallow: ", "- ", "", 1000000, "p:2:"},
    {"version: 1\nallow:\n", "- { host_port: 1, from: any }\n", "", 20001,
     "p:20003:3: \"allow\": more than the 20000 items"},
    {"version: 1\nallow:\n", "- { host_port: 1, from: any }\n", "", 20000, NULL},
    {"version: 1\nallow: [", "a,", "]", 3000000, "p:2:"},
    {"version: 1\nallow: [{ host_port: 1, from: [", "10.0.0.1,", "]}]", 1025,
     "p:2:9248: \"from\": more than the 1024 items"},
    {"version: 1\nzones:\n", "  ? x\n", "", 1000000, "p:"},
    {"version: 1\ndefault: \"", "\\x41", "\"\n", 1000000, "p:2:10: \"AAAA"},
    {"version: 1\ndefault: ", "a", "\n", 8000000, "p:2:10: \"aaaa"},
    {"version: 1\n# ", "x", "\n", 10 << 20, "p:1:1: 10485774 bytes are more than the 8388608"},
    {"version: 1\n", "\n", "", 4000000, NULL},
    {"version: 1\n", "'", "\n", 4000001, "p:"},
    {"a: &a [x,x,x,x,x,x,x,x,x]\n", "b: [*a,*a,*a,*a,*a,*a]\n", "", 10, "p:1:4: anchors"},
};

/* No file takes long, takes much memory, or gets more than one sentence. */
static void test_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		const struct hostile *one = &hostile[i];
		_cleanup_error_ struct error *error = NULL;
		_cleanup_policy_ struct policy *policy = NULL;
		struct bytes text = {0};
		struct timespec before, after;
		double seconds;
		int status;

		assert_int_equal(bytes_append(&text, one->head, strlen(one->head), SIZE_MAX), 0);
		for (size_t k = 0; k < one->times; k++)
			assert_int_equal(
			    bytes_append(&text, one->piece, strlen(one->piece), SIZE_MAX), 0);
		assert_int_equal(bytes_append(&text, one->tail, strlen(one->tail), SIZE_MAX), 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		status = policy_read((const char *)text.data, text.len, "p", &policy, &error);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
		seconds = (double)(after.tv_sec - before.tv_sec) +
		          (double)(after.tv_nsec - before.tv_nsec) / 1e9;
		bytes_done(&text);
		if (getenv("SEAWALL_TEST_TIMES"))
			print_message("%zu: %.2f s: %.100s\n", i, seconds, error_message(error));
		assert_true(seconds < 20); /* with sanitizers; a second or so without */
		if (!one->expected) {
			assert_int_equal(status, 0);
			continue;
		}
		assert_true(status < 0);
		assert_true(strlen(error_message(error)) < 400);
		assert_null(strchr(error_message(error), '\n'));
		if (strncmp(error_message(error), one->expected, strlen(one->expected)) != 0)
			fail_msg("%zu: %s", i, error_message(error));
	}
}

/* A 0 anywhere is found, and where. */
static void test_nul(void **state)
{
	static const char text[] = "version: 1\ndef\0ult: closed\n";
	_cleanup_error_ struct error *error = NULL;
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	assert_true(policy_read(text, sizeof(text) - 1, "p", &policy, &error) < 0);
	assert_string_equal(error_message(error), "p:2:4: byte 0x00: expected text in UTF-8");
}

/* What entries are quoted as, however they were written. */
static void test_quotes(void **state)
{
	static const char text[] = "version: 1\nallow:\n- container: db\n"
	                           "  from:\n  - 10.0.0.1   # who?\n  - any\n"
	                           "- { image: \"a*\",\n    from: [] }\n";
	_cleanup_error_ struct error *error = NULL;
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_read(text, sizeof(text) - 1, "p", &policy, &error), 0);
	assert_string_equal(policy->allow.items[0].selector.quoted,
	                    "{ container: db, from: [10.0.0.1, any] }");
	assert_int_equal(policy->allow.items[0].selector.place.line, 3);
	assert_int_equal(policy->allow.items[0].selector.place.column, 3);
	assert_string_equal(policy->allow.items[1].selector.quoted, "{ image: a*, from: [] }");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
