/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of the live page that has rights: it has documents made, and hands them on. */
#include "serve/serve.h"

#include "guard/job.h"
#include "serve/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SOON = 60,      /* ms from an event to a look at what it did */
	SETTLED = 1500, /* and to another, when the engine has finished */
	EVERY = 60000,  /* at the latest */
	SECONDS_MOST = 120,
	WRITE_MSEC = 5000,
};

struct serving {
	const struct serve_options *options;
	struct http_socket socket;
	struct events *events;
	struct job job;
	int documents; /* to the worker */
	pid_t worker;
};

static int64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sends all of some bytes. False where the worker does not take them. */
static bool send_all(int fd, const void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t sent = send(fd, (const char *)data + done, len - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

/* Starts the worker. 0 or a negative errno. */
static int start_worker(struct serving *serving)
{
	const struct timeval patience = {WRITE_MSEC / 1000, 0};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	serving->worker = fork();
	if (serving->worker == 0) {
		close(pair[0]);
		worker_run(&serving->socket, serving->options->token, pair[1]);
	}
	close(pair[1]);
	serving->documents = pair[0];
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	close(serving->socket.fd);
	return serving->worker < 0 ? -errno : 0;
}

/* Hands a document to the worker. False where that is gone. */
static bool send_document(const struct serving *serving, const void *text, size_t len)
{
	const struct document_head head = {.len = (uint32_t)len};

	return send_all(serving->documents, &head, sizeof(head)) &&
	       send_all(serving->documents, text, len);
}

/* Says that no document was made, and why, and has the page say so too: what it shows is old. */
static bool send_failure(const struct serving *serving, const char *why)
{
	static const char failed[] = "{\"live\": true, \"failed\": true}";

	serving->options->say(why, serving->options->data);
	return send_document(serving, failed, sizeof(failed) - 1);
}

/* Hands what a job left to the worker. False where that is gone. */
static bool hand_on(const struct serving *serving)
{
	struct stat file;
	void *text;
	bool sent;

	if (fstat(serving->job.fd, &file) < 0 || file.st_size <= 0 || file.st_size > DOCUMENT_MOST)
		return send_failure(serving, "the audit is empty, or too large for a page");
	text = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, serving->job.fd, 0);
	if (text == MAP_FAILED)
		return send_failure(serving, strerror(errno));
	sent = send_document(serving, text, (size_t)file.st_size);
	(void)munmap(text, (size_t)file.st_size);
	return sent;
}

/* Takes in what a job left. False where it cannot be handed on. */
static bool take_job(struct serving *serving)
{
	int status = job_wait(&serving->job);
	bool going = WIFEXITED(status) && WEXITSTATUS(status) == 0
	                 ? hand_on(serving)
	                 : send_failure(serving, "the host could not be looked at");

	job_end(&serving->job, serving->events);
	return going;
}

/* The loop. 0 or a negative errno. */
static int run(struct serving *serving)
{
	static const struct job_kind kind = {.name = "seawall-audit", .seconds_most = SECONDS_MOST};
	const struct serve_options *options = serving->options;
	int64_t due = 0, settled = INT64_MAX;

	for (;;) {
		int64_t now = now_msec(), next = due < settled ? due : settled;
		int happened, status = 0;

		if (next <= now && serving->job.pid == 0) {
			settled = settled <= now ? INT64_MAX : settled;
			due = now + EVERY;
			status = job_begin(&serving->job, &kind, serving->events, EVENT_LOOKED,
			                   options->make, options->data);
			next = due < settled ? due : settled;
		}
		if (status < 0)
			return status;
		/* While a job is under way its end wakes us. */
		happened = events_wait(serving->events, next > now ? (int)(next - now) : 1000);
		if (happened < 0)
			return happened;
		if (happened & EVENT_END)
			return 0;
		if (happened & EVENT_LOOKED && !take_job(serving))
			return -EPIPE;
		if (waitpid(serving->worker, NULL, WNOHANG) == serving->worker) {
			serving->worker = 0;
			return -ECHILD;
		}
		if (happened & (EVENT_LINKS | EVENT_RULES | EVENT_WALL)) {
			due = now_msec() + SOON;
			settled = now_msec() + SETTLED;
		}
	}
}

int serve_run(const struct serve_options *options, struct error **ret_error)
{
	struct serving serving = {.options = options, .documents = -1};
	int status = http_listen("--listen", options->listen, options->token != NULL,
	                         &serving.socket, ret_error);

	if (status < 0)
		return status;
	status = start_worker(&serving);
	if (status == 0)
		status = events_new(&serving.events, ret_error);
	if (status == 0)
		status = run(&serving);
	if (status == -ECHILD || status == -EPIPE)
		status =
		    error_set(ret_error, -status, "the process that answers requests has ended");
	else if (status < 0)
		status = error_set(ret_error, -status, "cannot serve: %s", strerror(-status));
	if (serving.events)
		job_end(&serving.job, serving.events);
	if (serving.documents >= 0)
		close(serving.documents);
	if (serving.worker > 0) {
		(void)kill(serving.worker, SIGTERM);
		(void)waitpid(serving.worker, NULL, 0);
	}
	events_free(serving.events);
	http_socket_done(&serving.socket);
	return status;
}
