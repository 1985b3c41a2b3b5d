/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of HAProxy's configuration. */
#include "site/haproxy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as the one file there is. */
struct input {
	struct config_files files; /* first */
	const uint8_t *data;
	size_t size;
};

static int read_input(struct config_files *files, const char *path, struct bytes *text)
{
	const struct input *input = (const struct input *)files;

	(void)path;
	return bytes_append(text, input->data, input->size, DIRECTIVE_BYTES_CAP);
}

/* What holds of every route. */
static void check(const struct site_route *route)
{
	if (!route->proxy || !route->file || !route->line || !route->protocol ||
	    (!route->target && !route->guess) || (route->guard.listed && !route->guard.what) ||
	    (route->n_names && !route->names[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.files = {.read = read_input}, .data = data, .size = size};
	struct arena arena = {0};
	struct site_map map = {.arena = &arena};
	_cleanup_error_ struct error *error = NULL;
	int status = haproxy_read(&input.files, "main", NULL, &map, &error);

	if ((status < 0) != (error != NULL) || map.routes.n > SITE_ROUTES_CAP)
		abort();
	vec_foreach(route, &map.routes)
		check(route);
	site_map_done(&map);
	arena_done(&arena);
	return 0;
}
