/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expected output in files of tests/golden. */
#include "golden.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

void assert_golden(const char *name, const char *text)
{
	const char *dir = getenv("SEAWALL_GOLDEN");
	_cleanup_free_ char *path = NULL, *kept = NULL;
	size_t room = 0;
	FILE *file;

	assert_non_null(dir);
	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	if (getenv("SEAWALL_GOLDEN_UPDATE")) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(text, file) >= 0);
		fclose(file);
		return;
	}
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(getdelim(&kept, &room, 0, file) > 0);
	fclose(file);
	assert_string_equal(text, kept);
}
