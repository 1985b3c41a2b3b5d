/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measurements: the page that Prometheus reads, whatever names are, and no longer than it may be.
 */
#include "clerk/metrics.h"
#include "http/listen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Whether the page has a text. */
static bool page_has(const struct metrics *metrics, const char *wanted)
{
	char *text = metrics_text(metrics);
	bool has;

	assert_non_null(text);
	has = strstr(text, wanted) != NULL;
	free(text);
	return has;
}

static void counters_count(void **state)
{
	struct metrics *metrics = metrics_new();

	(void)state;
	assert_non_null(metrics);
	assert_true(page_has(metrics, "\nseawall_wall_up 0\n"));
	metrics_wall(metrics, true);
	metrics_healed(metrics, "changed");
	metrics_healed(metrics, "changed");
	metrics_knocked(metrics, "world", 22, 3);
	metrics_knocked(metrics, "world", 22, 4);
	metrics_knocked(metrics, "lan", 22, 1);
	assert_true(page_has(metrics, "\nseawall_wall_up 1\n"));
	assert_true(page_has(metrics, "\nseawall_heals_total{cause=\"changed\"} 2\n"));
	assert_true(page_has(metrics, "\nseawall_knocks_total{zone=\"world\",port=\"22\"} 7\n"));
	assert_true(page_has(metrics, "\nseawall_knocks_total{zone=\"lan\",port=\"22\"} 1\n"));
	metrics_free(metrics);
	/* Where none are kept, nothing is. */
	metrics_healed(NULL, "changed");
	metrics_knocked(NULL, "world", 22, 1);
	metrics_wall(NULL, true);
}

static void names_stay_labels(void **state)
{
	struct metrics *metrics = metrics_new();

	(void)state;
	metrics_knocked(metrics, "a\"} 1\nseawall_wall_up 7\\\xff", 22, 1);
	assert_false(page_has(metrics, "\nseawall_wall_up 7"));
	assert_true(page_has(
	    metrics, "{zone=\"a\\\"} 1\\\\x0aseawall_wall_up 7\\\\\\\\xff\",port=\"22\"} 1\n"));
	metrics_free(metrics);
}

static void a_scan_of_all_ports_stays_small(void **state)
{
	struct metrics *metrics = metrics_new();
	char *text;

	(void)state;
	for (unsigned port = 1; port < 65536; port++)
		metrics_knocked(metrics, "world", (uint16_t)port, 1);
	metrics_knocked(metrics, "world", 7, 1); /* one that has its line keeps it */
	text = metrics_text(metrics);
	assert_true(strlen(text) < 64 * 1024);
	free(text);
	assert_true(page_has(metrics, "\nseawall_knocks_total{zone=\"world\",port=\"7\"} 2\n"));
	assert_true(page_has(metrics, ",port=\"other\"} 65035\n"));
	metrics_free(metrics);
}

static void it_listens_on_loopback_alone(void **state)
{
	static const char *const bad[] = {
	    "",           "9477",          "0.0.0.0:9477", "[::]:9477",
	    "eth0:9477",  "127.0.0.1",     "127.0.0.1:0",  "127.0.0.1:65536",
	    "10.0.0.1:1", "unix:relative", "unix:",        ":9477"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_error_ struct error *error = NULL;
		struct http_socket socket;

		assert_int_equal(http_listen("--metrics", bad[i], false, &socket, &error), -EINVAL);
		assert_non_null(strstr(error_message(error), bad[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counters_count),
	    cmocka_unit_test(names_stay_labels),
	    cmocka_unit_test(a_scan_of_all_ports_stays_small),
	    cmocka_unit_test(it_listens_on_loopback_alone),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
