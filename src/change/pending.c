/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change that goes back by itself unless somebody confirms it. */
#include "change/pending.h"

#include "base/cleanup.h"
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

/* Reads the file. False where it is none. */
static bool read_file(struct pending *ret_pending)
{
	char path[PATH_ROOM];
	FILE *file = fopen(path_of("pending", path), "re");
	long long until;
	bool good;

	if (!file)
		return false;
	good = fscanf(file, "%d %lld", &ret_pending->pid, &until) == 2;
	ret_pending->until = (time_t)until;
	fclose(file);
	return good;
}

bool pending_read(struct pending *ret_pending)
{
	return read_file(ret_pending) && (kill(ret_pending->pid, 0) == 0 || errno == EPERM);
}

bool pending_end(void)
{
	struct pending pending;
	bool waiting = pending_read(&pending);
	char path[PATH_ROOM];

	(void)unlink(path_of("pending", path));
	if (waiting)
		(void)kill(pending.pid, SIGTERM);
	return waiting;
}

/* Lets go of everything that the child has from who made it. */
static void leave(void)
{
	int null = open("/dev/null", O_RDWR);

	(void)setsid();
	(void)chdir("/");
	for (int fd = 0; fd < 3; fd++)
		if (null >= 0)
			(void)dup2(null, fd);
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* Waits, and goes back. Does not return. */
static void wait_and_go_back(unsigned seconds, const struct bytes *back, const struct state *state)
{
	struct timespec rest = {.tv_sec = seconds};
	struct pending pending;
	char path[PATH_ROOM];

	leave();
	while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
		;
	if (!read_file(&pending) || pending.pid != getpid())
		_exit(0);
	(void)change_lock(NULL); /* who holds it longer than that shall not keep a door shut */
	if (wall_commit(back, NULL) < 0)
		_exit(1);
	if (state)
		(void)state_write(state, NULL);
	else
		(void)state_remove(NULL);
	(void)unlink(path_of("pending", path));
	_exit(0);
}

/* Writes the file of a child. 0 or a negative errno. */
static int write_file(int pid, unsigned seconds)
{
	char path[PATH_ROOM];
	FILE *file;

	if (mkdir(runtime_directory(), 0700) < 0 && errno != EEXIST)
		return -errno;
	file = fopen(path_of("pending", path), "we");
	if (!file)
		return -errno;
	fprintf(file, "%d %lld\n", pid, (long long)time(NULL) + (long long)seconds);
	return fclose(file) == 0 ? 0 : -errno;
}

int pending_start(unsigned seconds, const struct bytes *back, const struct state *state,
                  struct error **ret_error)
{
	pid_t pid;
	int status;

	(void)pending_end();
	pid = fork();
	if (pid < 0)
		return error_set(ret_error, errno, "cannot start the wait for a confirmation: %s",
		                 strerror(errno));
	if (pid == 0)
		wait_and_go_back(seconds, back, state);
	status = write_file(pid, seconds);
	if (status < 0) {
		(void)kill(pid, SIGKILL);
		return error_set(ret_error, -status, "%s: %s", runtime_directory(),
		                 strerror(-status));
	}
	return 0;
}

int change_lock(struct error **ret_error)
{
	char path[PATH_ROOM];
	int fd;

	if (mkdir(runtime_directory(), 0700) < 0 && errno != EEXIST)
		return error_set(ret_error, errno, "%s: %s", runtime_directory(), strerror(errno));
	fd = open(path_of("lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set(ret_error, errno, "%s: %s", path, strerror(errno));
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
	return 0; /* held until the process ends */
}
