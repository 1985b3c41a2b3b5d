/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files in memory, no larger than they may be. */
#include "base/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { MEGABYTE = 1 << 20, PIECE = 256 * 1024 };

/* Says that a file is too large; a size of 0 is not known. Returns -EFBIG. */
static int too_large(const char *path, uint64_t size, size_t most, struct error **ret_error)
{
	if (size)
		return error_set(ret_error, EFBIG,
		                 "%s: %llu MB are more than the %zu MB that are read", path,
		                 (unsigned long long)(size / MEGABYTE), most / MEGABYTE);
	return error_set(ret_error, EFBIG, "%s: more than the %zu MB that are read", path,
	                 most / MEGABYTE);
}

int file_read_descriptor(int fd, const char *path, size_t most, struct bytes *ret_bytes,
                         struct error **ret_error)
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
		status = bytes_append(ret_bytes, piece, (size_t)n, most);
	}
	return status == -EFBIG ? too_large(path, 0, most, ret_error) : status;
}

/* Opens and reads a file. 0 or a negative errno with a sentence. */
static int read_path(const char *path, size_t most, struct bytes *ret_bytes,
                     struct error **ret_error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
	if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > most)
		return too_large(path, (uint64_t)info.st_size, most, ret_error);
	return file_read_descriptor(fd, path, most, ret_bytes, ret_error);
}

const char *file_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

int file_read(const char *path, size_t most, struct bytes *ret_bytes, struct error **ret_error)
{
	return strcmp(path, "-") == 0
	           ? file_read_descriptor(STDIN_FILENO, file_name(path), most, ret_bytes, ret_error)
	           : read_path(path, most, ret_bytes, ret_error);
}
