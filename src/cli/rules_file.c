/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A saved ruleset as a file or on standard input. */
#include "cli/rules_file.h"

#include "base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { MEGABYTE = 1 << 20, FILE_MOST = 64 * MEGABYTE, PIECE = 256 * 1024 };

/* Says that a file is too large; a size of 0 is not known. Returns -EFBIG. */
static int too_large(const char *path, uint64_t size, struct error **ret_error)
{
	if (size)
		return error_set(ret_error, EFBIG,
		                 "%s: %llu MB are more than the %d MB that are read", path,
		                 (unsigned long long)(size / MEGABYTE), FILE_MOST / MEGABYTE);
	return error_set(ret_error, EFBIG, "%s: more than the %d MB that are read", path,
	                 FILE_MOST / MEGABYTE);
}

/* Reads all that comes from a descriptor. 0 or a negative errno with a sentence. */
static int read_all(const char *path, int fd, struct bytes *ret_bytes, struct error **ret_error)
{
	_cleanup_free_ char *piece = malloc(PIECE);
	ssize_t n;
	int status = piece ? 0 : -ENOMEM;

	while (status == 0) {
		n = read(fd, piece, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
		if (n == 0)
			return 0;
		status = bytes_append(ret_bytes, piece, (size_t)n, FILE_MOST);
	}
	return status == -EFBIG ? too_large(path, 0, ret_error) : status;
}

/* Opens and reads a file. 0 or a negative errno with a sentence. */
static int read_path(const char *path, struct bytes *ret_bytes, struct error **ret_error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
	if (S_ISREG(info.st_mode) && info.st_size > FILE_MOST)
		return too_large(path, (uint64_t)info.st_size, ret_error);
	return read_all(path, fd, ret_bytes, ret_error);
}

int rules_file_read(const char *path, struct ruleset *ruleset, struct error **ret_error)
{
	bool standard = strcmp(path, "-") == 0;
	const char *name = standard ? "standard input" : path;
	struct bytes bytes = {0};
	int status = standard ? read_all(name, STDIN_FILENO, &bytes, ret_error)
	                      : read_path(path, &bytes, ret_error);

	if (status == 0)
		status = ruleset_read(name, bytes.data ? (const char *)bytes.data : "", bytes.len,
		                      ruleset, ret_error);
	bytes_done(&bytes);
	return status;
}
