/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An input as the one file that a proxy's configuration is, which may include itself; for fuzz
 * targets. */
#pragma once

#include "site/directive.h"
#include "site/site.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct site_input {
	struct config_files files; /* first */
	const uint8_t *data;
	size_t size;
};

/* The list() of struct config_files: some patterns name the file, some name none. */
static int site_input_list(struct config_files *files, const char *pattern, struct arena *arena,
                           struct config_paths *paths)
{
	const char **slot = vec_push(paths);

	(void)files;
	(void)arena;
	if (!slot)
		return -ENOMEM;
	*slot = "main";
	paths->n = strlen(pattern) % 2;
	return 0;
}

/* The read() of struct config_files. */
static int site_input_read(struct config_files *files, const char *path, struct bytes *text)
{
	const struct site_input *input = (const struct site_input *)files;

	(void)path;
	return bytes_append(text, input->data, input->size, DIRECTIVE_BYTES_CAP);
}

/* What holds of every route. */
static void site_input_check(const struct site_route *route)
{
	if (!route->proxy || !route->file || !route->line || !route->protocol ||
	    (!route->target && !route->guess) || (route->guard.listed && !route->guard.what) ||
	    (route->n_names && !route->names[0]))
		abort();
}

/* Reads an input and looks at what came of it. */
static int site_input_try(const uint8_t *data, size_t size,
                          int (*read)(struct config_files *files, const char *path,
                                      const char *container_id, struct site_map *map,
                                      struct error **ret_error))
{
	struct site_input input = {.files = {.list = site_input_list, .read = site_input_read},
	                           .data = data,
	                           .size = size};
	struct arena arena = {0};
	struct site_map map = {.arena = &arena};
	_cleanup_error_ struct error *error = NULL;
	int status = read(&input.files, "main", NULL, &map, &error);

	if ((status < 0) != (error != NULL) || map.routes.n > SITE_ROUTES_CAP)
		abort();
	vec_foreach(route, &map.routes)
		site_input_check(route);
	site_map_done(&map);
	arena_done(&arena);
	return 0;
}
