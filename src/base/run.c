/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running another program.
 *
 * What it reads and writes are files in memory, not pipes: so nobody has to feed the one while
 * draining the other, and a program that writes without end only fills its own.
 */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MOST = 4096 };

char *run_find(const char *name)
{
	static const char *const directories[] = {"/usr/sbin", "/sbin", "/usr/local/sbin",
	                                          "/usr/bin", "/bin"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		char *path;

		if (asprintf(&path, "%s/%s", directories[i], name) < 0) {
			errno = ENOMEM;
			return NULL;
		}
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	errno = ENOENT;
	return NULL;
}

/* A file in memory with some bytes, to be read from its beginning. A descriptor or -1. */
static int memory_file(const struct bytes *bytes)
{
	int fd = memfd_create("seawall", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && bytes && done < bytes->len) {
		ssize_t n = pwrite(fd, bytes->data + done, bytes->len - done, (off_t)done);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	return fd;
}

int run_start(const char *const argv[], int in, int out, int complaints, char *const environment[],
              pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	int status;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE); /* which we ourselves ignore */
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	status = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (status == 0)
		status = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (status == 0 && complaints >= 0)
		status = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
	if (status == 0)
		status = posix_spawnattr_setsigmask(&attributes, &none);
	if (status == 0)
		status = posix_spawnattr_setsigdefault(&attributes, &usual);
	if (status == 0)
		status = posix_spawnattr_setflags(&attributes,
		                                  POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (status == 0)
		status = posix_spawnp(ret_pid, argv[0], &actions, &attributes, (char *const *)argv,
		                      environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -status;
}

/* Waits for its end, and kills it after so long. 0, or -EIO or -ETIMEDOUT. */
static int await(pid_t pid, unsigned seconds)
{
	_cleanup_close_ int handle = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ends = {.fd = handle, .events = POLLIN};
	bool late = false;
	int status;

	if (handle >= 0)
		late = poll(&ends, 1, (int)seconds * 1000) == 0;
	if (late)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -EIO;
	if (late)
		return -ETIMEDOUT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* Reads the beginning of what it wrote. 0 or a negative errno. */
static int read_output(int fd, struct bytes *output)
{
	char buffer[OUTPUT_MOST];
	ssize_t n = pread(fd, buffer, sizeof(buffer), 0);

	return n < 0 ? -errno : bytes_append(output, buffer, (size_t)n, OUTPUT_MOST);
}

int run_program(const char *const argv[], const struct bytes *input, unsigned seconds,
                struct bytes *ret_output, struct error **ret_error)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, NULL};
	_cleanup_close_ int in = memory_file(input), out = memory_file(NULL);
	_cleanup_(bytes_done) struct bytes output = {0};
	pid_t pid = -1;
	int status = in < 0 || out < 0 ? -errno : run_start(argv, in, out, out, environment, &pid);

	if (status < 0)
		return error_set(ret_error, -status, "cannot run %s: %s", argv[0],
		                 strerror(-status));
	status = await(pid, seconds);
	if (read_output(out, &output) < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (status == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT, "%s did not end within %u s", argv[0],
		                 seconds);
	if (status < 0)
		return error_set(ret_error, -status, "%s failed: %.*s", argv[0],
		                 output.data ? (int)strcspn((const char *)output.data, "\n") : 0,
		                 output.data ? (const char *)output.data : "");
	if (ret_output) {
		*ret_output = output;
		output = (struct bytes){0};
	}
	return 0;
}
