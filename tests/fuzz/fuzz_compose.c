/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the readers of Compose files, all three tools', and the judging of what they took. */
#include "lint/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer of 4 kB when quotes in a flow mapping do not end: {c,''' */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}

/* A place is a line and a column, and ends no sooner than it begins. */
static void check_lint(const struct lint *lint)
{
	vec_foreach(finding, &lint->findings)
		if (!finding->why || !finding->fix || finding->place.line == 0 ||
		    finding->place.column == 0 ||
		    finding->place.end_column < finding->place.column || !finding->tools)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const environment[] = {"SET=127.0.0.1", "EMPTY=", NULL};
	const struct compose_options options = {.environment = environment};
	const struct lint_options judging = {
	    .tools = 1U << COMPOSE_V1 | 1U << COMPOSE_V2 | 1U << COMPOSE_STACK, .engine_major = 20};
	_cleanup_error_ struct error *error = NULL;
	struct compose *compose = NULL;
	struct lint *lint = NULL;
	char path[64];
	const char *paths[] = {path};
	int fd = memfd_create("f", MFD_CLOEXEC), status;

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = compose_read(paths, 1, &options, &compose, &error);
	if ((status < 0) != (error != NULL))
		abort();
	if (status == 0) {
		if (lint_run(compose, &judging, &lint) < 0)
			abort();
		check_lint(lint);
	}
	lint_free(lint);
	compose_free(compose);
	close(fd);
	return 0;
}
