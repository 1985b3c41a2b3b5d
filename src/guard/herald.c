/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's herald: a process that listens to the engine, so that a container is let in by its
 * own doors as soon as it starts.
 *
 * Links tell that something started, and then the whole host is looked at: with a thousand
 * containers that takes a while. The herald is told by the engine which container it is, asks for
 * that one, and makes the wall that a host with this one container would have. The guard adds it to
 * the wall that is up (wall_grow()); the look that follows finds that right, or rights it. Like a
 * look the herald leaves items (clerk/left.h), a message each: "gone" with a sentence where the
 * engine tells nothing any more, "back" when it does again. It knows the policy as it was when it
 * was started: with another one there is another herald.
 */
#include "guard/guard_parts.h"

#include "base/cleanup.h"
#include "clerk/left.h"
#include "observe/engine_feed.h"
#include "wall/docker_user.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MESSAGE_MOST = 1 << 20, /* of a wall with one container's doors */
	QUEUE_ROOM = 4 << 20,
	AGAIN_FIRST = 1, /* s until the engine is asked again, doubled each time */
	AGAIN_MOST = 60,
	LASTS_MSEC = 1000, /* that it must tell, or keep still, to be back */
};

/* Sends a message, or nothing where it is too long or the guard does not take it: what it would
 * have said is then found by a look. */
static void send_message(int wire, const char *data, size_t len)
{
	if (len <= MESSAGE_MOST)
		(void)send(wire, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Sends one item. */
static void send_item(int wire, const char *kind, const char *text)
{
	_cleanup_free_ char *data = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&data, &len);

	if (!out)
		return;
	leave(out, kind, NULL, text);
	if (fclose(out) == 0)
		send_message(wire, data, len);
}

/* Sends the wall of one container. Where there is none nothing is said: the look will. */
static void send_part(const struct guard *guard, int wire, const struct snapshot *snapshot)
{
	_cleanup_free_ char *data = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&data, &len);
	bool made = out && guard_leave_wall(out, guard, snapshot, NULL) == 0;

	if (out && fclose(out) == 0 && made)
		send_message(wire, data, len);
}

/* Hands on what the engine tells, until it tells nothing any more. */
static void listen_to(const struct guard *guard, int wire, struct engine_feed *feed)
{
	for (;;) {
		const struct snapshot *snapshot;
		_cleanup_free_ char *id = NULL;
		int status = engine_feed_next(feed, &id);

		if (status < 0)
			return;
		status = engine_feed_look(feed, id, &snapshot);
		if (status == 0)
			send_part(guard, wire, snapshot);
		else if (status == -ENOTCONN)
			return;
		(void)malloc_trim(0);
	}
}

/* Lets go of what is the guard's alone: what a process has of another's memory counts as its own.
 */
static void forget(struct guard *guard)
{
	events_free(guard->events);
	guard->events = NULL;
	snapshot_free(guard->expected);
	guard->expected = NULL;
	bytes_done(&guard->wall);
	(void)malloc_trim(0);
}

/* The herald's life. Does not return. */
static void live(struct guard *guard, int wire, pid_t parent)
{
	unsigned again = AGAIN_FIRST;
	bool is_gone = false;
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "seawall-herald");
	forget(guard);
	if (getppid() != parent ||
	    (wire != STDERR_FILENO + 1 && dup3(wire, STDERR_FILENO + 1, O_CLOEXEC) < 0))
		_exit(1);
	wire = STDERR_FILENO + 1;
	(void)syscall(SYS_close_range, STDERR_FILENO + 2, ~0u, 0);
	for (;;) {
		_cleanup_error_ struct error *error = NULL;
		struct engine_feed *feed = NULL;

		/* What ends at once is not back. */
		if (engine_feed_open(guard->options->docker, 0, &feed, &error) == 0 &&
		    (!is_gone || engine_feed_wait(feed, LASTS_MSEC) == 0)) {
			if (is_gone)
				send_item(wire, "back", "");
			is_gone = false;
			again = AGAIN_FIRST;
			(void)malloc_trim(0);
			listen_to(guard, wire, feed);
		}
		engine_feed_close(feed);
		if (!is_gone)
			send_item(wire, "gone",
			          error ? error_message(error) : "its events have ended");
		is_gone = true;
		(void)malloc_trim(0);
		(void)sleep(again);
		again = again * 2 < AGAIN_MOST ? again * 2 : AGAIN_MOST;
	}
}

void guard_end_herald(struct guard *guard)
{
	struct herald *herald = &guard->herald;

	if (!herald->pid)
		return;
	events_read_also(guard->events, EVENT_HERALD, -1);
	close(herald->wire);
	(void)kill(herald->pid, SIGKILL);
	while (waitpid(herald->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*herald = (struct herald){0};
}

void guard_start_herald(struct guard *guard)
{
	struct herald *herald = &guard->herald;
	int ends[2], room = QUEUE_ROOM;
	struct user_places places;
	pid_t parent = getpid();

	if (herald->pid && herald->of == guard->changes)
		return;
	guard_end_herald(guard);
	/* Behind DOCKER-USER a port is a rule, not an element. */
	if (guard->frozen || !guard->has_uplinks || docker_user_is(&guard->wall, &places) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	(void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	herald->pid = fork();
	if (herald->pid == 0)
		live(guard, ends[1], parent);
	close(ends[1]);
	if (herald->pid < 0) {
		close(ends[0]);
		herald->pid = 0;
		return;
	}
	herald->wire = ends[0];
	herald->of = guard->changes;
	events_read_also(guard->events, EVENT_HERALD, herald->wire);
}

enum herald_word guard_heard(struct guard *guard, struct look_result *ret_look)
{
	struct herald *herald = &guard->herald;
	_cleanup_free_ char *data = malloc(MESSAGE_MOST + 1);
	ssize_t len =
	    data && herald->pid ? recv(herald->wire, data, MESSAGE_MOST, MSG_DONTWAIT) : -1;
	const char *at = data;
	struct left_item item;

	*ret_look = (struct look_result){.of_before = herald->of != guard->changes};
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return HERALD_SILENT;
	if (len <= 0) {
		guard_end_herald(guard);
		return HERALD_DEAD;
	}
	data[len] = 0;
	if (left_next(&at, data + len, &item)) {
		if (strcmp(item.kind, "back") == 0)
			return HERALD_BACK;
		if (strcmp(item.kind, "gone") == 0) {
			listener_say(&guard->options->listener,
			             "the engine does not tell what it starts: %s: links do",
			             item.text);
			return HERALD_SILENT;
		}
	}
	return look_result_read(data, data + len, ret_look) && ret_look->made ? HERALD_PART
	                                                                      : HERALD_SILENT;
}
