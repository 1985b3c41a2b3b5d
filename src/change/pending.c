/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change that goes back by itself unless somebody confirms it. */
#include "change/pending.h"

#include "base/cleanup.h"
#include "base/detach.h"
#include "wall/table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 512, LOCK_SECONDS = 10 };

/* Writes a path in the runtime directory. */
static const char *path_of(const char *name, char path[static PATH_ROOM])
{
	snprintf(path, PATH_ROOM, "%s/%s", runtime_directory(), name);
	return path;
}

/* Whether the file at the path is the one that is open as fd. */
static bool is_ours(const char *path, int fd)
{
	struct stat there, ours;

	return stat(path, &there) == 0 && fstat(fd, &ours) == 0 && there.st_dev == ours.st_dev &&
	       there.st_ino == ours.st_ino;
}

bool pending_read(struct pending *ret_pending)
{
	char path[PATH_ROOM], text[32] = "";
	_cleanup_close_ int fd = open(path_of("pending", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	/* Who waits holds its lock; a file without is of one that was killed. */
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return false;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	ret_pending->until = (time_t)strtoll(text, NULL, 10);
	return true;
}

bool pending_end(void)
{
	struct pending pending;
	bool waiting = pending_read(&pending);
	char path[PATH_ROOM];

	(void)unlink(path_of("pending", path));
	return waiting;
}

/* Makes the file, locked, with the time in it. A descriptor or a negative errno. */
static int make_file(unsigned seconds)
{
	char path[PATH_ROOM];
	int fd, made = runtime_directory_make();

	if (made < 0)
		return made;
	(void)unlink(path_of("pending", path));
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    dprintf(fd, "%lld\n", (long long)time(NULL) + (long long)seconds) < 0) {
		int error = errno;

		close(fd);
		(void)unlink(path);
		return -error;
	}
	return fd;
}

/* Waits, and goes back. Does not return. */
static void wait_and_go_back(int fd, unsigned seconds, const struct bytes *back,
                             const struct state *state)
{
	const struct timespec rest = {.tv_nsec = 200000000L};
	struct timespec now;
	char path[PATH_ROOM];
	time_t until;

	detach(&fd, 1);
	path_of("pending", path);
	clock_gettime(CLOCK_BOOTTIME, &now);
	until = now.tv_sec + (time_t)seconds;
	while (now.tv_sec < until) {
		(void)nanosleep(&rest, NULL);
		if (!is_ours(path, fd))
			_exit(0); /* confirmed, or another change took its place */
		clock_gettime(CLOCK_BOOTTIME, &now);
	}
	(void)change_lock(NULL); /* who holds it longer than that shall not keep a door shut */
	if (!is_ours(path, fd))
		_exit(0);
	if (wall_commit(back, NULL) < 0)
		_exit(1);
	if (state)
		(void)state_write(state, NULL);
	else
		(void)state_remove(NULL);
	(void)unlink(path);
	_exit(0);
}

int pending_start(unsigned seconds, const struct bytes *back, const struct state *state,
                  struct error **ret_error)
{
	int fd = make_file(seconds);
	pid_t pid;

	if (fd < 0)
		return error_set(ret_error, -fd, "%s: %s", runtime_directory(), strerror(-fd));
	pid = fork();
	if (pid == 0)
		wait_and_go_back(fd, seconds, back, state);
	close(fd); /* the child has the lock through its own */
	if (pid < 0) {
		(void)pending_end();
		return error_set(ret_error, errno, "cannot start the wait for a confirmation: %s",
		                 strerror(errno));
	}
	return 0;
}

/* The lock of this process; -1: it has none. */
static int lock_fd = -1;

/* Opens the lock's file. A descriptor or a negative errno. */
static int open_lock(void)
{
	char path[PATH_ROOM];
	int fd, made = runtime_directory_make();

	if (made < 0)
		return made;
	fd = open(path_of("lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int change_lock(struct error **ret_error)
{
	int fd = open_lock();

	if (fd < 0)
		return error_set(ret_error, -fd, "%s: %s", runtime_directory(), strerror(-fd));
	for (unsigned tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK || tries == LOCK_SECONDS * 10) {
			int error = errno;

			close(fd);
			return error_set(
			    ret_error, error,
			    error == EWOULDBLOCK
			        ? "another change of the wall is under way; nothing was "
			          "changed"
			        : "the wall cannot be locked");
		}
		usleep(100 * 1000);
	}
	lock_fd = fd;
	return 0;
}

void change_unlock(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}

bool change_try_lock(void)
{
	int fd = open_lock();

	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return false;
	}
	lock_fd = fd;
	return true;
}
