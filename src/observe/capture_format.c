/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the reader of capture files agree on: names. */
#include "observe/capture_format.h"

#include <assert.h>
#include <string.h>

static const char *const status_names[] = {
    [ENGINE_NONE] = "none",       [ENGINE_OK] = "ok",       [ENGINE_DENIED] = "denied",
    [ENGINE_STOPPED] = "stopped", [ENGINE_HANGS] = "hangs", [ENGINE_BROKEN] = "broken",
};
static_assert(sizeof(status_names) / sizeof(*status_names) == ENGINE_BROKEN + 1,
              "each status has a name");

const char *engine_status_name(enum engine_status status)
{
	return (unsigned)status <= ENGINE_BROKEN ? status_names[status] : "broken";
}

int engine_status_from_name(const char *name)
{
	for (int status = 0; status <= ENGINE_BROKEN; status++)
		if (strcmp(status_names[status], name) == 0)
			return status;
	return -1;
}
