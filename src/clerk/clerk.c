/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard's side of its clerk. */
#include "clerk/clerk.h"

#include "base/cleanup.h"
#include "base/directories.h"
#include "clerk/desk.h"
#include "clerk/message.h"
#include "confine/confine.h"
#include "history/history.h"
#include "late/late.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	QUEUE_ROOM = 4 * 1024 * 1024, /* bytes that wait for the clerk */
	GOODBYE_MSEC = 5000,          /* that it has to write what it has */
	KILLED_MSEC = 50,
	KNOCKS_TRIES = 10,
	NAME_ROOM = 256,
	TEXT_ROOM = 1024,
};

struct clerk {
	const struct clerk_options *options;
	struct desk desk;
	uid_t user; /* 0: there is no user for it */
	gid_t group;
	pid_t pid;   /* 0: it does not run */
	pid_t dying; /* one that was killed and is not gone yet; 0: none */
	int wire;
	unsigned long lost; /* messages that it did not take in time */
};

/* Finds who the clerk becomes. */
static void find_user(struct clerk *clerk)
{
	const struct passwd *entry = getpwnam("seawall");

	if (entry && entry->pw_uid) {
		clerk->user = entry->pw_uid;
		clerk->group = entry->pw_gid;
	} else {
		listener_say(&clerk->options->listener,
		             "there is no user \"seawall\": the history is root's, and kept by a "
		             "process of root's without rights");
	}
}

/* Lets others go through a directory of root's to what is theirs in it. */
static void let_through(const struct clerk *clerk, const char *path)
{
	struct stat directory;

	if (clerk->user && stat(path, &directory) == 0 && directory.st_uid == 0 &&
	    (directory.st_mode & 0777) == 0700 && chmod(path, 0711) < 0)
		listener_say(&clerk->options->listener, "%s: %s", path, strerror(errno));
}

/*
 * Makes the directory of the history, the clerk's own. Only in one that is root's anything is
 * touched: in one that is the clerk's, names could be links.
 */
static int prepare_directory(const struct clerk *clerk, const char *path)
{
	static const char *const files[] = {"history.db", "history.db-wal", "history.db-shm"};
	_cleanup_close_ int above = open(state_directory(), O_PATH | O_DIRECTORY | O_CLOEXEC),
	                    directory = -1;
	struct stat found;

	if (above < 0 || (mkdir(path, 0700) < 0 && errno != EEXIST))
		return -errno;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0 || fstat(directory, &found) < 0)
		return -errno;
	if (found.st_uid == clerk->user && clerk->user)
		return 0;
	if (found.st_uid)
		return -EPERM;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		/* Where it was until 0.1. */
		if (faccessat(directory, files[i], F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			(void)renameat(above, files[i], directory, files[i]);
		(void)fchownat(directory, files[i], clerk->user, clerk->group, AT_SYMLINK_NOFOLLOW);
	}
	return fchown(directory, clerk->user, clerk->group) < 0 ? -errno : 0;
}

/* Opens the place of the history, and where it is asked for. */
static void open_places(struct clerk *clerk, const char *directory)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *path = history_socket(), *control = NULL;
	struct http_socket *socket = &clerk->desk.control.socket;
	int status;

	if (mkdir(state_directory(), 0700) < 0 && errno != EEXIST)
		listener_say(&clerk->options->listener, "%s: %s", state_directory(),
		             strerror(errno));
	status = runtime_directory_make();
	if (status < 0)
		listener_say(&clerk->options->listener, "%s: %s", runtime_directory(),
		             strerror(-status));
	let_through(clerk, state_directory());
	let_through(clerk, runtime_directory());
	status = prepare_directory(clerk, directory);
	if (status < 0)
		listener_say(&clerk->options->listener, "%s: %s", directory,
		             status == -EPERM ? "it is neither root's nor seawall's"
		                              : strerror(-status));
	if (!path || asprintf(&control, "unix:%s", path) < 0) {
		control = NULL;
		return;
	}
	if (http_listen("the control socket", control, false, socket, &error) < 0)
		listener_say(&clerk->options->listener, "nobody can ask what is remembered: %s",
		             error_message(error));
	else if (clerk->user && (chown(socket->unix_path, 0, clerk->group) < 0 ||
	                         chmod(socket->unix_path, 0660) < 0))
		listener_say(&clerk->options->listener, "%s: %s", socket->unix_path,
		             strerror(errno));
}

/*
 * Listens to the log group, which one alone can have: the clerk of a guard that was killed may need
 * a moment to let go of it.
 */
static void open_knocks(struct clerk *clerk)
{
	const struct timespec moment = {.tv_nsec = 20000000L};
	int status = -EBUSY;

	for (int i = 0; i < KNOCKS_TRIES && (status == -EBUSY || status == -EEXIST); i++) {
		_cleanup_error_ struct error *error = NULL;

		if (i)
			(void)nanosleep(&moment, NULL);
		status = knocks_new(&clerk->desk.knocks, &error);
		if (status < 0 &&
		    (i == KNOCKS_TRIES - 1 || (status != -EBUSY && status != -EEXIST)))
			listener_say(&clerk->options->listener, "who knocks is not counted: %s",
			             error_message(error));
	}
}

/* Begins to listen to who knocks and who gets in. */
static void open_sightings(struct clerk *clerk)
{
	_cleanup_error_ struct error *visits_error = NULL;

	open_knocks(clerk);
	if (visits_new(&clerk->desk.visits, &visits_error) < 0)
		listener_say(&clerk->options->listener, "who gets in is not counted: %s",
		             error_message(visits_error));
}

/* Compares descriptors, for qsort(). */
static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all descriptors but the standard ones and those of a list, in which -1 is none. */
static void close_others(int *kept, size_t n)
{
	int from = STDERR_FILENO + 1;

	qsort(kept, n, sizeof(*kept), compare);
	for (size_t i = 0; i < n; i++) {
		if (kept[i] > from)
			(void)syscall(SYS_close_range, from, kept[i] - 1, 0);
		if (kept[i] >= from)
			from = kept[i] + 1;
	}
	(void)syscall(SYS_close_range, from, ~0u, 0);
}

/* The clerk's life. Does not return. */
static void live(struct clerk *clerk, int wire)
{
	struct desk *desk = &clerk->desk;
	_cleanup_free_ char *directory = history_directory();
	int kept[] = {
	    wire,
	    desk->knocks ? knocks_fd(desk->knocks) : -1,
	    desk->visits ? visits_fd(desk->visits) : -1,
	    desk->metrics.socket.fd,
	    desk->control.socket.fd,
	};
	int status;

	(void)prctl(PR_SET_NAME, "seawall-clerk");
	close_others(kept, sizeof(kept) / sizeof(*kept));
	/* Soon it may not open what it is loaded from. */
	late_load_microhttpd();
	/* What SQLite sorts on disk it sorts where it may write. */
	if (!directory || setenv("SQLITE_TMPDIR", directory, 1) < 0)
		_exit(1);
	status = confine_files(directory);
	if (status == 0)
		status = confine_rights(clerk->user, clerk->group);
	if (status < 0) {
		listener_say(&clerk->options->listener,
		             "nothing is remembered: the clerk cannot give its rights away: %s",
		             strerror(-status));
		_exit(1);
	}
	desk_run(desk, wire);
}

bool clerk_start(struct clerk *clerk)
{
	int ends[2], room = QUEUE_ROOM;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		listener_say(&clerk->options->listener, "nothing is remembered: %s",
		             strerror(errno));
		return false;
	}
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	clerk->pid = fork();
	if (clerk->pid == 0)
		live(clerk, ends[1]);
	close(ends[1]);
	if (clerk->pid < 0) {
		listener_say(&clerk->options->listener, "nothing is remembered: %s",
		             strerror(errno));
		clerk->pid = 0;
		close(ends[0]);
		return false;
	}
	clerk->wire = ends[0];
	return true;
}

int clerk_new(const struct clerk_options *options, struct clerk **ret_clerk,
              struct error **ret_error)
{
	_cleanup_(cleanup_clerk_free) struct clerk *clerk = calloc(1, sizeof(*clerk));
	_cleanup_free_ char *directory = history_directory();
	struct desk *desk = clerk ? &clerk->desk : NULL;
	int status = 0;

	if (!clerk || !directory || !(desk->history_path = history_path()))
		return error_set(ret_error, ENOMEM, "out of memory");
	clerk->options = options;
	clerk->wire = -1;
	desk->listener = options->listener;
	desk->metrics = (struct counter){.desk = desk, .socket = {.fd = -1}};
	desk->control = (struct counter){.desk = desk, .socket = {.fd = -1}, .control = true};
	if (options->metrics)
		status = http_listen("--metrics", options->metrics, false, &desk->metrics.socket,
		                     ret_error);
	if (status < 0)
		return status;
	find_user(clerk);
	open_places(clerk, directory);
	open_sightings(clerk);
	(void)clerk_start(clerk);
	*ret_clerk = steal_pointer(&clerk);
	return 0;
}

/*
 * Waits so many milliseconds for the clerk to end, and kills it if it has not. Whether it ended by
 * itself, and then its status as waitpid() gives it. One that was killed may be there for a while,
 * as where its disk hangs: that is not waited for.
 */
static bool wait_for_end(struct clerk *clerk, int patience, int *ret_status)
{
	_cleanup_close_ int handle = (int)syscall(SYS_pidfd_open, clerk->pid, 0);
	struct pollfd end = {.fd = handle, .events = POLLIN};
	pid_t pid = clerk->pid;
	bool ended = handle >= 0 && poll(&end, 1, patience) > 0;

	clerk->pid = 0;
	if (clerk->dying && waitpid(clerk->dying, NULL, WNOHANG) != 0)
		clerk->dying = 0;
	if (ended)
		return waitpid(pid, ret_status, WNOHANG) == pid;
	(void)kill(pid, SIGKILL);
	(void)poll(&end, 1, KILLED_MSEC);
	if (waitpid(pid, ret_status, WNOHANG) == 0)
		clerk->dying = pid;
	return false;
}

void clerk_bury(struct clerk *clerk)
{
	int status = 0;

	if (!clerk->pid)
		return;
	close(clerk->wire);
	clerk->wire = -1;
	/* One that says something instead of ending is not to hold the guard up. */
	if (!wait_for_end(clerk, KILLED_MSEC, &status))
		listener_say(&clerk->options->listener,
		             "what is remembered is begun anew: the clerk was killed, for it "
		             "did not end");
	else
		listener_say(&clerk->options->listener,
		             "what is remembered is begun anew: the clerk ended by %s %d",
		             WIFSIGNALED(status) ? "signal" : "code",
		             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void clerk_free(struct clerk *clerk)
{
	if (!clerk)
		return;
	if (clerk->pid) {
		int status;

		close(clerk->wire);
		(void)wait_for_end(clerk, GOODBYE_MSEC, &status);
	}
	knocks_free(clerk->desk.knocks);
	visits_free(clerk->desk.visits);
	if (clerk->desk.metrics.socket.fd >= 0)
		close(clerk->desk.metrics.socket.fd);
	if (clerk->desk.control.socket.fd >= 0)
		close(clerk->desk.control.socket.fd);
	http_socket_done(&clerk->desk.metrics.socket);
	http_socket_done(&clerk->desk.control.socket);
	free(clerk->desk.history_path);
	free(clerk);
}

int clerk_fd(const struct clerk *clerk)
{
	return clerk->wire;
}

/* Tells the clerk. What it does not take is counted, and said once it takes something again. */
static void tell(struct clerk *clerk, const struct message *message)
{
	int status = clerk && clerk->pid ? message_send(clerk->wire, message) : 0;

	/* One that has ended is another event. */
	if (status == -EPIPE || status == -ECONNRESET)
		return;
	if (status < 0 && !clerk->lost++)
		listener_say(&clerk->options->listener, "what happens is not remembered: %s",
		             status == -EAGAIN ? "the clerk is stuck" : strerror(-status));
	else if (status == 0 && clerk && clerk->lost) {
		listener_say(&clerk->options->listener,
		             "it is remembered again; %lu messages were not", clerk->lost);
		clerk->lost = 0;
	}
}

void clerk_event(struct clerk *clerk, const char *kind, const char *container, const char *text)
{
	char name[NAME_ROOM], line[TEXT_ROOM];

	/* A name is as long as whoever gave it liked. */
	snprintf(name, sizeof(name), "%s", container ? container : "");
	snprintf(line, sizeof(line), "%s", text);
	tell(clerk, &(struct message){.kind = MESSAGE_EVENT,
	                              .when = time(NULL),
	                              .texts = {kind, name, line},
	                              .n = 3,
	                              .fd = -1});
}

void clerk_healed(struct clerk *clerk, const char *cause)
{
	tell(clerk, &(struct message){.kind = MESSAGE_HEALED, .texts = {cause}, .n = 1, .fd = -1});
}

void clerk_wall(struct clerk *clerk, bool up)
{
	tell(clerk, &(struct message){.kind = MESSAGE_WALL, .number = up, .fd = -1});
}

void clerk_proved(struct clerk *clerk, int fd)
{
	tell(clerk, &(struct message){.kind = MESSAGE_PROVED, .when = time(NULL), .fd = fd});
}

void clerk_seen(struct clerk *clerk, int fd)
{
	tell(clerk, &(struct message){.kind = MESSAGE_SEEN, .fd = fd});
}

void clerk_policy(struct clerk *clerk, const char *path, bool has_uplinks,
                  const char *const *uplinks, size_t n)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct message message = {
	    .kind = MESSAGE_POLICY, .number = has_uplinks, .texts = {path}, .n = 1, .fd = fd};

	for (size_t i = 0; i < n && message.n < MESSAGE_TEXTS; i++)
		message.texts[message.n++] = uplinks[i];
	if (fd >= 0)
		tell(clerk, &message);
}
