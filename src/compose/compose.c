/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compose files as each of the three tools reads them. */
#include "compose/compose.h"

#include "compose/load.h"

#include <stdlib.h>

/* The tool whose words are shown where no tool takes the files: the one that is current. */
enum { TOOL_FIRST_ASKED = COMPOSE_V2 };

/* Releases a view and leaves an empty one. */
static void view_done(struct compose_view *view)
{
	vec_foreach(service, &view->services)
		vec_done(&service->ports);
	vec_done(&view->services);
	error_free(view->rejected);
	view->rejected = NULL;
}

int compose_read(const char *const *paths, size_t n, const struct compose_options *options,
                 struct compose **ret_compose, struct error **ret_error)
{
	_cleanup_(cleanup_compose_free) struct compose *compose = calloc(1, sizeof(*compose));
	size_t rejected = 0;

	if (!compose)
		return error_set(ret_error, ENOMEM, "out of memory");
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++) {
		struct compose_view *view = &compose->views[tool];
		struct error *error = NULL;
		int status = compose_load(tool, paths, n, options, &compose->arena, view, &error);

		if (status == 0)
			continue;
		view_done(view);
		view->rejected = error;
		rejected++;
		if (status == -ENOMEM || !error)
			return error_set(ret_error, ENOMEM, "out of memory");
	}
	if (rejected == COMPOSE_TOOLS) {
		const struct error *error = compose->views[TOOL_FIRST_ASKED].rejected;

		return error_set(ret_error, error->number, "%s", error->message);
	}
	*ret_compose = compose;
	compose = NULL;
	return 0;
}

void compose_free(struct compose *compose)
{
	if (!compose)
		return;
	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++)
		view_done(&compose->views[tool]);
	arena_done(&compose->arena);
	free(compose);
}
