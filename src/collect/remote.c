/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting by ssh.
 *
 * The user's own ssh is run as the user would run it, with their configuration, agent and terminal,
 * on which it may ask; nothing of it is understood here but whether it worked. It is given the
 * script as its input and returns what the script prints. What follows the host on its command line
 * is ours and constant; host and user are checked to be nothing else.
 */
#include "collect/collect.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/run.h"
#include "collect/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { COLLECTION_MOST = 512 << 20, PORT_TEXT = 8 };

/* Where to go. */
struct target {
	char *host; /* USER@HOST or HOST; owned */
	char port[PORT_TEXT];
};

static void target_done(struct target *target)
{
	free(target->host);
}

/* How the script is run there: by whoever logs in if that is root, else by sudo where it asks for
 * nothing. `exec sh -c` first, for a login shell may be another than sh. */
static const char remote_command[] =
    "exec sh -c 'if [ \"$(id -u)\" != 0 ] && sudo -n true 2>/dev/null; then exec sudo -n sh -s; "
    "fi; exec sh -s'";

/* Reads a URL. 0, or -EINVAL with a sentence. */
static int target_parse(const char *url, struct target *target, struct error **ret_error)
{
	static const char scheme[] = "ssh://";
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *at = url + sizeof(scheme) - 1, *user = at, *host, *end;
	size_t user_len, host_len;
	bool bracket;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		goto wrong;
	user_len = strspn(user, letters);
	if (user[user_len] == '@')
		at += user_len + 1;
	else
		user_len = 0;
	bracket = *at == '[';
	host = at + bracket;
	host_len = bracket ? strspn(host, "0123456789abcdefABCDEF:.%") : strspn(host, letters);
	end = host + host_len;
	if (!host_len || *host == '-' || *user == '-' || (bracket && *end++ != ']'))
		goto wrong;
	if (*end == ':') {
		size_t digits = strspn(++end, "0123456789");

		if (!digits || digits >= PORT_TEXT - 1)
			goto wrong;
		snprintf(target->port, sizeof(target->port), "%.*s", (int)digits, end);
		end += digits;
	}
	if (*end && strcmp(end, "/") != 0)
		goto wrong;
	if (asprintf(&target->host, "%.*s%s%.*s", (int)user_len, user, user_len ? "@" : "",
	             (int)host_len, host) < 0) {
		target->host = NULL;
		return error_set(ret_error, ENOMEM, "out of memory");
	}
	return 0;
wrong:
	return error_set(ret_error, EINVAL, "\"%s\": expected ssh://[USER@]HOST[:PORT]", url);
}

/* The script as a file to be read. A descriptor or a negative errno. */
static int script_file(void)
{
	int fd = memfd_create("seawall-script", MFD_CLOEXEC);
	size_t len = strlen(collect_script);

	if (fd >= 0 && pwrite(fd, collect_script, len, 0) == (ssize_t)len)
		return fd;
	if (fd >= 0)
		close(fd);
	return -EIO;
}

/* Starts ssh with an input and an output. 0 or a negative errno. */
static int start(const struct target *target, int in, int out, pid_t *ret_pid)
{
	const char *argv[8], **word = argv;

	*word++ = "ssh";
	*word++ = "-T";
	if (*target->port) {
		*word++ = "-p";
		*word++ = target->port;
	}
	*word++ = "--";
	*word++ = target->host;
	*word++ = remote_command;
	*word = NULL;
	return run_start(argv, in, out, -1, environ, ret_pid);
}

/* Runs ssh and reads what comes back, from `host` as messages call it. 0, or a negative errno with
 * a sentence. */
static int run(const struct target *target, const char *host, struct bytes *bytes,
               struct error **ret_error)
{
	_cleanup_close_ int script = script_file();
	int ends[2] = {-1, -1}, status, code = 0;
	pid_t pid = -1;

	status = script < 0 ? script : pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
	if (status == 0)
		status = start(target, script, ends[1], &pid);
	if (ends[1] >= 0)
		close(ends[1]);
	if (status < 0) {
		if (ends[0] >= 0)
			close(ends[0]);
		return error_set(ret_error, -status, "cannot run ssh: %s", strerror(-status));
	}
	status = file_read_descriptor(ends[0], host, COLLECTION_MOST, bytes, ret_error);
	close(ends[0]); /* and so ssh ends */
	while (waitpid(pid, &code, 0) < 0 && errno == EINTR)
		;
	if (status == 0 && (!WIFEXITED(code) || WEXITSTATUS(code) != 0))
		return error_set(
		    ret_error, EIO, "ssh %s failed%s", host,
		    WIFEXITED(code) && WEXITSTATUS(code) == 255 ? ": it did not get there" : "");
	return status;
}

int collect_host(const char *url, struct snapshot **ret_snapshot, struct error **ret_error)
{
	_cleanup_(target_done) struct target target = {0};
	_cleanup_(bytes_done) struct bytes bytes = {0};
	int status = target_parse(url, &target, ret_error);

	if (status == 0)
		status = run(&target, target.host ? target.host : url, &bytes, ret_error);
	if (status < 0)
		return status;
	return collect_snapshot(url, &bytes, ret_snapshot, ret_error);
}
