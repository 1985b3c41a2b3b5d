/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files written so that there is the old one or the new one, never half of one. */
#include "base/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int write_function(FILE *stream, const void *data);

/* Writes to what is there and is no regular file, or to standard output. */
static int write_through(const char *path, write_function *write, const void *data)
{
	const bool standard = strcmp(path, "-") == 0;
	FILE *stream = standard ? stdout : fopen(path, "we");
	int status;

	if (!stream)
		return -errno;
	status = write(stream, data);
	if (!standard && fclose(stream) != 0 && status == 0)
		status = -errno;
	return status;
}

/* Writes to a temporary file, puts it on the disk and gives it its name. */
static int write_and_rename(int fd, const char *temporary, const char *target,
                            write_function *write, const void *data)
{
	FILE *stream = fdopen(fd, "we");
	int status;

	if (!stream) {
		status = -errno;
		close(fd);
		return status;
	}
	status = write(stream, data);
	if (status == 0 && (fflush(stream) != 0 || fsync(fd) < 0))
		status = -errno;
	if (fclose(stream) != 0 && status == 0)
		status = -errno;
	if (status == 0 && rename(temporary, target) < 0)
		status = -errno;
	return status;
}

int file_write(const char *path, write_function *write, const void *data)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_free_ char *resolved = NULL;
	const char *target = path;
	struct stat there;
	int fd, status;

	if (strcmp(path, "-") == 0)
		return write_through(path, write, data);
	if (stat(path, &there) == 0) {
		if (!S_ISREG(there.st_mode))
			return write_through(path, write, data);
		resolved = realpath(path, NULL);
		target = resolved ? resolved : path;
	}
	if (asprintf(&temporary, "%s.XXXXXX", target) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	status = write_and_rename(fd, temporary, target, write, data);
	if (status < 0)
		unlink(temporary);
	return status;
}
