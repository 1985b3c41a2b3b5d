/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people type them. */
#include "cli/since.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { NOW = 1800000000 };

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		time_t since; /* -1: it is none */
	} cases[] = {
	    {"90s", NOW - 90},
	    {"30m", NOW - 1800},
	    {"12h", NOW - 43200},
	    {"7d", NOW - 604800},
	    {"2w", NOW - 1209600},
	    {"2026-11-26", 1795651200},
	    {"2026-11-26T08:00:00Z", 1795680000},
	    {"2026-11-26 08:00:00Z", 1795680000},
	    {"2026-11-26T08:00:00+01:00", 1795676400},
	    {"2026-11-26T08:00:00-01:30", 1795685400},
	    {"", -1},
	    {"yesterday", -1},
	    {"7", -1},
	    {"d", -1},
	    {"-7d", -1},
	    {"7dd", -1},
	    {"1234567d", -1},
	    {"2026-13-01", -1},
	    {"2026-11-26T", -1},
	    {"2026-11-26T08:00", -1},
	    {"2026-11-26T08:00:00", -1},
	    {"2026-11-26T08:00:00+1", -1},
	    {"2026-11-26T08:00:00+99:00", -1},
	    {"2026-11-26T08:00:00Zx", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		time_t since = -1;
		bool read = since_parse(cases[i].text, NOW, &since);

		if (read != (cases[i].since != -1) || (read && since != cases[i].since))
			fail_msg("\"%s\" is read as %lld", cases[i].text, (long long)since);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(times_are_read)};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("since", tests, NULL, NULL);
}
