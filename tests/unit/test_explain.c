/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be asked of `seawall explain`, and what must be refused. */
#include "audit/explain.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static const struct target_case {
	const char *text;
	int kind;
	unsigned problem;
	const char *container;
	const char *address;
	uint16_t port;
	uint8_t protocol;
} target_cases[] = {
    {"1", ASK_PROBLEM, 1, NULL, NULL, 0, 0},
    {"120", ASK_PROBLEM, 120, NULL, NULL, 0, 0},
    {"1234/tcp", ASK_PORT, 0, NULL, NULL, 1234, IPPROTO_TCP},
    {"53/udp", ASK_PORT, 0, NULL, NULL, 53, IPPROTO_UDP},
    {"65535/sctp", ASK_PORT, 0, NULL, NULL, 65535, IPPROTO_SCTP},
    {"web", ASK_CONTAINER, 0, "web", NULL, 0, 0},
    {"shop_web-1.x", ASK_CONTAINER, 0, "shop_web-1.x", NULL, 0, 0},
    {"web:80", ASK_CONTAINER, 0, "web", NULL, 80, 0},
    {"web:80/udp", ASK_CONTAINER, 0, "web", NULL, 80, IPPROTO_UDP},
    /* Too long for a problem's number; the beginning of an id may look so. */
    {"123456789012", ASK_CONTAINER, 0, "123456789012", NULL, 0, 0},
    {"1:80", ASK_CONTAINER, 0, "1", NULL, 80, 0},
    {"192.0.2.10:1234/tcp", ASK_ADDRESS, 0, NULL, "192.0.2.10", 1234, IPPROTO_TCP},
    {"192.0.2.10:1234", ASK_ADDRESS, 0, NULL, "192.0.2.10", 1234, IPPROTO_TCP},
    {"[2001:db8::10]:53/udp", ASK_ADDRESS, 0, NULL, "2001:db8::10", 53, IPPROTO_UDP},
};

static void test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(target_cases) / sizeof(*target_cases); i++) {
		const struct target_case *want = &target_cases[i];
		struct explain_target target;
		struct address address = {0};

		print_message("%s\n", want->text);
		assert_int_equal(explain_target_parse(want->text, &target, NULL), 0);
		assert_int_equal(target.kind, want->kind);
		assert_int_equal(target.problem, want->problem);
		assert_int_equal(target.port, want->port);
		assert_int_equal(target.protocol, want->protocol);
		assert_int_equal(target.container != NULL, want->container != NULL);
		if (want->container)
			assert_string_equal(target.container, want->container);
		if (want->address)
			assert_true(address_parse(want->address, &address));
		assert_true(address_equal(&target.address, &address));
		explain_target_done(&target);
	}
}

static void test_no_targets(void **state)
{
	static const char *const none[] = {
	    "",
	    "0",
	    "/",
	    "tcp/80",
	    "80/icmp",
	    "0/tcp",
	    "65536/tcp",
	    "80/tcp ",
	    "web:",
	    "web:0",
	    "web:80/x",
	    "we b",
	    "-web",
	    "web:65536",
	    "192.0.2.10:",
	    "192.0.2.10:0",
	    ":80",
	    "[::1]",
	    "99999999999/tcp",
	    "[2001:db8::10:53",
	    "web:80/tcp/udp",
	    "\x1b[31m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		struct explain_target target = {0};
		_cleanup_error_ struct error *error = NULL;
		int status = explain_target_parse(none[i], &target, &error);

		print_message("\"%s\"\n", none[i]);
		assert_int_equal(status, -EINVAL);
		assert_non_null(strstr(error_message(error), "is no target"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_no_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
