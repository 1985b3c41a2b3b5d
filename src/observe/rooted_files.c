/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files below another process's root.
 *
 * Theory of operation. Every path is opened by openat2(2) with RESOLVE_IN_ROOT: absolute links and
 * ".." stay below the root, as they would for the process itself. A pattern may have wildcards in
 * its last part, as nginx's includes nearly always have; in a directory too, each is looked
 * through. Only regular files are read, without waiting: a fifo or a device holds nobody up.
 */
#include "observe/rooted_files.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { FILE_CAP = 4 << 20, NAMES_CAP = 4096, DEPTH_CAP = 16 };

/* Opens a path below a root. A descriptor or a negative errno. */
static int open_below(int root, const char *path, uint64_t flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int rooted_read(int root, const char *path, size_t cap, struct bytes *ret_text)
{
	_cleanup_close_ int fd = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat info;
	char chunk[16384];
	ssize_t got;
	int status = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) < 0)
		return -errno;
	if (!S_ISREG(info.st_mode))
		return -EINVAL;
	while (status == 0 && (got = read(fd, chunk, sizeof(chunk))) != 0)
		status = got < 0 ? -errno : bytes_append(ret_text, chunk, (size_t)got, cap);
	return status;
}

/* Orders names for qsort(). */
static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the names in a directory that fit the pattern's part. 0 or -ENOMEM. */
static int match_directory(int root, const char *directory, const char *part, struct arena *arena,
                           struct config_paths *names)
{
	int fd = open_below(root, *directory ? directory : "/", O_RDONLY | O_DIRECTORY);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int status = 0;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (status == 0 && names->n < NAMES_CAP && (entry = readdir(stream)) != NULL) {
		const char **slot;

		if (fnmatch(part, entry->d_name, FNM_PERIOD) != 0)
			continue;
		slot = vec_push(names);
		if (slot)
			*slot = arena_printf(arena, "%s/%s", directory, entry->d_name);
		status = slot && *slot ? 0 : -ENOMEM;
	}
	closedir(stream);
	return status;
}

/* Replaces each name by what fits the next part of the pattern below it. 0 or -ENOMEM. */
static int descend(int root, const char *part, struct arena *arena, struct config_paths *names)
{
	struct config_paths next = {0};
	int status = 0;

	vec_foreach(name, names) {
		const char **slot;

		if (status < 0)
			break;
		if (strpbrk(part, "*?[")) {
			status = match_directory(root, *name, part, arena, &next);
			continue;
		}
		slot = vec_push(&next);
		if (slot)
			*slot = arena_printf(arena, "%s/%s", *name, part);
		status = slot && *slot ? 0 : -ENOMEM;
	}
	vec_done(names);
	*names = next;
	return status;
}

/* All paths that an absolute pattern names, in order. 0 or -ENOMEM. */
static int expand(int root, const char *pattern, struct arena *arena, struct config_paths *names)
{
	const char **first = vec_push(names);
	int status = first ? 0 : -ENOMEM;

	if (first)
		*first = "";
	for (unsigned depth = 0; status == 0 && *pattern && depth < DEPTH_CAP; depth++) {
		size_t len;
		const char *part;

		pattern += strspn(pattern, "/");
		len = strcspn(pattern, "/");
		if (len == 0)
			break;
		part = arena_strndup(arena, pattern, len);
		status = part ? descend(root, part, arena, names) : -ENOMEM;
		pattern += len;
	}
	if (names->items && names->n)
		qsort(names->items, names->n, sizeof(*names->items), compare_names);
	return status;
}

/* The list() of struct config_files. */
static int list_files(struct config_files *config, const char *pattern, struct arena *arena,
                      struct config_paths *paths)
{
	struct rooted_files *files = (struct rooted_files *)config;
	const char *path =
	    *pattern == '/' ? pattern : arena_printf(arena, "%s/%s", files->base, pattern);
	struct config_paths found = {0};
	int status = path ? expand(files->root, path, arena, &found) : -ENOMEM;

	vec_foreach(name, &found) {
		_cleanup_close_ int fd = open_below(files->root, *name, O_PATH);
		const char **slot = fd >= 0 && status == 0 ? vec_push(paths) : NULL;

		if (slot)
			*slot = *name;
		else if (fd >= 0)
			status = -ENOMEM;
	}
	vec_done(&found);
	return status;
}

/* The read() of struct config_files. */
static int read_file(struct config_files *config, const char *path, struct bytes *text)
{
	return rooted_read(((struct rooted_files *)config)->root, path, FILE_CAP, text);
}

struct rooted_files rooted_files_make(int root, const char *base)
{
	return (struct rooted_files){
	    .files = {.list = list_files, .read = read_file}, .root = root, .base = base};
}
