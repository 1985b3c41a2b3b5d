/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seawall's directories. */
#include "base/directories.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *state_directory(void)
{
	const char *given = getenv("STATE_DIRECTORY");

	return given && *given == '/' ? given : "/var/lib/seawall";
}

const char *runtime_directory(void)
{
	const char *given = getenv("RUNTIME_DIRECTORY");

	return given && *given == '/' ? given : "/run/seawall";
}

int runtime_directory_make(void)
{
	return mkdir(runtime_directory(), 0700) < 0 && errno != EEXIST ? -errno : 0;
}
