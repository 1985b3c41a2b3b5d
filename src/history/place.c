/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the history is kept, and asked for. */
#include "history/history.h"

#include "base/cleanup.h"
#include "base/directories.h"

#include <errno.h>
#include <stdio.h>

/* A directory and a name below it. The caller frees; NULL without memory. */
static char *below(const char *directory, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

char *history_directory(void)
{
	return below(state_directory(), "history");
}

char *history_path(void)
{
	return below(state_directory(), "history/history.db");
}

char *history_socket(void)
{
	return below(runtime_directory(), "control");
}

int history_find(struct history **ret_history, struct error **ret_error)
{
	_cleanup_free_ char *socket = history_socket(), *path = history_path();
	_cleanup_error_ struct error *error = NULL;
	int status;

	if (!socket || !path)
		return error_set(ret_error, ENOMEM, "out of memory");
	status = history_connect(socket, ret_history, &error);
	if (status == -ENOENT || status == -ECONNREFUSED)
		return history_open(path, false, ret_history, NULL, ret_error);
	return status < 0 ? error_set(ret_error, -status, "%s", error_message(error)) : 0;
}
