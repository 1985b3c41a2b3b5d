/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading libraries late. */
#include "late/late.h"

#include <dlfcn.h>

void *late_find(struct late_library *library, const char *name)
{
	for (size_t i = 0; i < sizeof(library->names) / sizeof(*library->names); i++)
		if (!library->handle && library->names[i])
			library->handle = dlopen(library->names[i], RTLD_NOW | RTLD_LOCAL);
	return library->handle ? dlsym(library->handle, name) : NULL;
}
