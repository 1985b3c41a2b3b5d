/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one process that touches the engine's socket: its parent's side. */
#include "observe/broker.h"
#include "observe/broker_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* How much longer than the engine the broker itself may take. */
enum { BROKER_GRACE_MSEC = 5000 };

struct broker {
	int wire;
	pid_t child;
	unsigned timeout_msec;
};

/* The child, from fork() on. */
static void child_main(int wire, pid_t parent, const char *path, unsigned timeout_msec)
    __attribute__((noreturn));
static void child_main(int wire, pid_t parent, const char *path, unsigned timeout_msec)
{
	/* A parent that died before the prctl() would never be noticed: look again after it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (wire != STDERR_FILENO + 1 && dup3(wire, STDERR_FILENO + 1, O_CLOEXEC) < 0)
		_exit(1);
	if (close_range(STDERR_FILENO + 2, ~0U, 0) < 0)
		_exit(1);
	broker_child_run(STDERR_FILENO + 1, path, timeout_msec);
}

int broker_new(const char *path, unsigned timeout_msec, struct broker **ret_broker,
               struct error **ret_error)
{
	_cleanup_free_ struct broker *broker = calloc(1, sizeof(*broker));
	_cleanup_close_ int near = -1;
	_cleanup_close_ int far = -1;
	const pid_t parent = getpid();
	int pair[2];

	if (!broker)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(ret_error, errno, "cannot make a socket pair: %m");
	near = pair[0];
	far = pair[1];
	broker->child = fork();
	if (broker->child < 0)
		return error_set(ret_error, errno, "cannot start a process: %m");
	if (broker->child == 0)
		child_main(far, parent, path, timeout_msec);
	broker->wire = steal_fd(&near);
	broker->timeout_msec = timeout_msec;
	*ret_broker = steal_pointer(&broker);
	return 0;
}

int broker_ask(struct broker *broker, const struct broker_request *request)
{
	/* The window is far smaller than a socket's buffer: this neither blocks nor splits. */
	const ssize_t sent = send(broker->wire, request, sizeof(*request), MSG_NOSIGNAL);

	if (sent < 0)
		return -errno;
	return sent == (ssize_t)sizeof(*request) ? 0 : -EPIPE;
}

/* Reads exactly len bytes from the child. 0, -ETIMEDOUT, or -EPIPE when it is gone. */
static int receive(const struct broker *broker, void *data, size_t len)
{
	struct pollfd wire = {.fd = broker->wire, .events = POLLIN};
	uint8_t *at = data;

	while (len > 0) {
		const int ready = poll(&wire, 1, (int)broker->timeout_msec + BROKER_GRACE_MSEC);
		ssize_t got;

		if (ready == 0)
			return -ETIMEDOUT;
		got = ready < 0 ? -1 : recv(broker->wire, at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -EPIPE;
		at += got;
		len -= (size_t)got;
	}
	return 0;
}

int broker_answer(struct broker *broker, struct broker_answer *ret_answer)
{
	struct broker_header header;
	struct broker_answer answer;
	int status = receive(broker, &header, sizeof(header));

	if (status < 0)
		return status;
	if (header.len > BROKER_ANSWER_CAP)
		return -EFBIG;
	answer = (struct broker_answer){
	    .tag = header.tag, .status = header.status, .http = header.http, .peer = header.peer};
	answer.bytes.room = (size_t)header.len + 1;
	answer.bytes.data = malloc(answer.bytes.room);
	if (!answer.bytes.data)
		return -ENOMEM;
	status = receive(broker, answer.bytes.data, (size_t)header.len);
	if (status < 0) {
		bytes_done(&answer.bytes);
		return status;
	}
	answer.bytes.len = (size_t)header.len;
	answer.bytes.data[answer.bytes.len] = 0;
	*ret_answer = answer;
	return 0;
}

int broker_fd(const struct broker *broker)
{
	return broker->wire;
}

void broker_free(struct broker *broker)
{
	if (!broker)
		return;
	close(broker->wire);
	kill(broker->child, SIGKILL);
	while (waitpid(broker->child, NULL, 0) < 0 && errno == EINTR)
		;
	free(broker);
}
