/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Observes a host whose engine is a small process of this test, in every mood that engines have.
 *
 * The containers' processes and network namespaces are real. Needs root for them; the machine's own
 * namespace is left at once.
 */
#include "observe/observe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <cmocka.h>

enum {
	SKIP = 77,
	SHORT_MSEC = 2000, /* for an engine that will not answer in time */
	LONG_MSEC = 30000, /* for one that will, however busy the machine is */
	BODY = 4096,
};

#define WEB    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LAN    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define JOINED "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define HOST   "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define GONE   "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

/* How the engine behaves. */
enum mood {
	WELL,
	SILENT,     /* takes connections, never answers */
	SLOW_ONE,   /* never answers about LAN */
	WRONG_ONE,  /* answers about LAN with something of another type */
	OTHER_ONE,  /* answers about LAN with the details of WEB */
	NO_HTTP,    /* answers with something else than HTTP */
	NO_JSON,    /* answers with a page */
	CUT_SHORT,  /* closes in the middle of an answer */
	FAULTY,     /* answers with HTTP 500 */
	REDIRECTED, /* answers with HTTP 301 to somewhere else */
	DRIPPING,   /* answers a byte now and then */
	ENDLESS,    /* answers without end */
};

/* The host of all tests. */
static struct {
	char directory[32], socket[64];
	pid_t web, lan;
} host;

/* Makes a socket that listens on a TCP port of every address. */
static void listen_on(uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		_exit(1);
}

/* Starts a process in a network namespace of its own that listens on a port. */
static pid_t start_container(uint16_t port)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0)
			_exit(1);
		listen_on(port);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	return pid;
}

/* Writes a container's details, with a secret where engines have them. */
static void write_details(char body[static BODY], const char *id, const char *mode,
                          const char *network, int pid)
{
	snprintf(
	    body, BODY,
	    "{\"Id\":\"%s\",\"Name\":\"/%c\",\"State\":{\"Status\":\"running\",\"Pid\":%d},"
	    "\"Config\":{\"Env\":[\"PASSWORD=s3cr3t\"]},\"HostConfig\":{\"NetworkMode\":\"%s\"},"
	    "\"NetworkSettings\":{\"Networks\":{\"%s\":{}}}}",
	    id, *id, pid, mode, network);
}

/* The answers that are always the same, by what their path has in it. */
static const struct {
	const char *in_path, *body;
} fixed[] = {
    {"/info", "{\"ServerVersion\":\"28.5.2\"}"},
    {"/version", "{\"Version\":\"28.5.2\",\"ApiVersion\":\"1.51\"}"},
    {"/networks", "[{\"Id\":\"1\",\"Name\":\"lan\",\"Driver\":\"macvlan\"},"
                  "{\"Id\":\"2\",\"Name\":\"bridge\",\"Driver\":\"bridge\"}]"},
    {"/containers/json", "[{\"Id\":\"" WEB "\",\"Names\":[\"/a\"]},"
                         "{\"Id\":\"" LAN "\",\"Names\":[\"/b\"],\"State\":\"running\"},"
                         "{\"Id\":\"" JOINED "\"},{\"Id\":\"" HOST "\"},{\"Id\":\"" GONE "\"}]"},
};

/* The body of the answer to a path, and its HTTP status. */
static int write_body(char body[static BODY], const char *path, enum mood mood)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (strstr(path, fixed[i].in_path)) {
			snprintf(body, BODY, "%s", fixed[i].body);
			return 200;
		}
	if (strstr(path, WEB) || (mood == OTHER_ONE && strstr(path, LAN)))
		write_details(body, WEB, "bridge", "bridge", host.web);
	else if (strstr(path, LAN) && mood == WRONG_ONE)
		snprintf(body, BODY, "{\"Id\":\"" LAN "\",\"State\":[\"s3cr3t\"]}");
	else if (strstr(path, LAN))
		write_details(body, LAN, "lan", "lan", host.lan);
	else if (strstr(path, JOINED))
		write_details(body, JOINED, "container:" WEB, "bridge", host.web);
	else if (strstr(path, HOST))
		write_details(body, HOST, "host", "host", getppid());
	else
		return 404;
	return 200;
}

/* Writes text to a connection; its other end may be gone. */
static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(0);
}

/* Says the same for ever, with a pause in between. */
static void drone(int fd, const char *text, unsigned pause_usec) __attribute__((noreturn));
static void drone(int fd, const char *text, unsigned pause_usec)
{
	for (;;) {
		say(fd, text);
		usleep(pause_usec);
	}
}

/* Answers one request in a mood. */
static void answer(int fd, const char *path, enum mood mood)
{
	char body[BODY] = "[]", head[128];
	int status = write_body(body, path, mood);
	size_t len;

	if (mood == SILENT || (mood == SLOW_ONE && strstr(path, LAN)))
		drone(fd, "", 100000);
	if (mood == NO_HTTP || mood == NO_JSON)
		snprintf(body, sizeof(body), "<html>s3cr3t</html>");
	status = mood == FAULTY ? 500 : mood == REDIRECTED ? 301 : status;
	len = mood == ENDLESS ? (size_t)1 << 40 : strlen(body) + (mood == CUT_SHORT);
	snprintf(head, sizeof(head),
	         "HTTP/1.1 %d -\r\nLocation: http://127.0.0.1/\r\nContent-Length: %zu\r\n\r\n",
	         status, len);
	if (mood != NO_HTTP)
		say(fd, head);
	if (mood == DRIPPING)
		drone(fd, " ", 100000);
	if (mood == ENDLESS) {
		memset(body, ' ', sizeof(body) - 1);
		body[sizeof(body) - 1] = 0;
		drone(fd, body, 0);
	}
	say(fd, body);
	if (mood == CUT_SHORT || mood == NO_HTTP)
		_exit(0);
}

/* Answers the requests of one connection. */
static void serve(int fd, enum mood mood) __attribute__((noreturn));
static void serve(int fd, enum mood mood)
{
	char request[2048];

	for (;;) {
		const ssize_t got = recv(fd, request, sizeof(request) - 1, 0);

		if (got <= 0)
			_exit(0);
		request[got] = 0;
		/* libcurl sends the whole of a request without a body at once. */
		*strchrnul(request, '\r') = 0;
		answer(fd, request, mood);
	}
}

/* Starts an engine. */
static pid_t start_engine(enum mood mood)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", host.socket);
	unlink(host.socket);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 32) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			const int connection = accept(fd, NULL, NULL);

			if (connection >= 0 && fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				serve(connection, mood);
			}
			close(connection);
		}
	}
	close(fd);
	return pid;
}

/* Ends a process. */
static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Observes with the engine at a path. */
static struct snapshot *observe(const char *socket, unsigned timeout_msec)
{
	const struct observe_options options = {.socket = socket, .timeout_msec = timeout_msec};
	_cleanup_error_ struct error *error = NULL;
	struct snapshot *snapshot = NULL;

	if (observe_host(&options, &snapshot, &error) < 0) {
		print_error("%s\n", error_message(error));
		abort();
	}
	return snapshot;
}

/* Containers are asked for, and each namespace is read as what it is. */
static void containers_are_visited(void **state)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	const struct container *container;
	const pid_t engine = start_engine(WELL);
	struct stat before, after;

	(void)state;
	assert_int_equal(stat("/proc/thread-self/ns/net", &before), 0);
	snapshot = observe(host.socket, LONG_MSEC);
	assert_int_equal(stat("/proc/thread-self/ns/net", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	end(engine);

	assert_int_equal(snapshot->engine.status, ENGINE_OK);
	assert_true(snapshot->live);
	/* The one that was gone when its details were asked for is not there. */
	assert_int_equal(snapshot->engine.containers.n, 4);
	assert_int_equal(snapshot->incomplete.n, 0);

	container = snapshot_container(snapshot, WEB);
	assert_true(container->sockets_known);
	assert_int_equal(container->sockets.n, 1);
	assert_int_equal(container->sockets.items[0].port, 80);
	assert_null(container->view);
	container = snapshot_container(snapshot, JOINED);
	assert_true(container->sockets_known);
	assert_int_equal(container->sockets.items[0].port, 80);
	container = snapshot_container(snapshot, LAN);
	assert_int_equal(container->sockets.items[0].port, 22);
	assert_non_null(container->view);
	assert_non_null(netview_link_by_name(container->view, "lo"));
	assert_int_equal(container->view->sockets.n, 1);
	/* In the host's namespace, but none of its sockets are the container's. */
	container = snapshot_container(snapshot, HOST);
	assert_true(container->sockets_known);
	assert_int_equal(container->sockets.n, 0);
	vec_foreach(document, &snapshot->engine.documents)
		assert_null(strstr(document->json, "s3cr3t"));
}

/* What is wrong with one container leaves the others alone, and is said. */
static void one_container_may_fail(void **state)
{
	static const struct {
		enum mood mood;
		unsigned timeout_msec;
		const char *note;
	} cases[] = {
	    {SLOW_ONE, SHORT_MSEC, "no answer to GET /containers/ID/json within 2 s"},
	    {WRONG_ONE, LONG_MSEC, "State: expected an object, found an array"},
	    {OTHER_ONE, LONG_MSEC, "the answer is about another one"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const pid_t engine = start_engine(cases[i].mood);
		_cleanup_snapshot_ struct snapshot *snapshot =
		    observe(host.socket, cases[i].timeout_msec);

		end(engine);
		assert_int_equal(snapshot->engine.status, ENGINE_OK);
		assert_int_equal(snapshot->engine.containers.n, 4);
		assert_true(snapshot->incomplete.n > 0);
		assert_non_null(strstr(snapshot->incomplete.items[0], "container b "));
		assert_non_null(strstr(snapshot->incomplete.items[0], cases[i].note));
		assert_string_equal(snapshot_container(snapshot, LAN)->name, "b");
		assert_false(snapshot_container(snapshot, LAN)->sockets_known);
		assert_true(snapshot_container(snapshot, WEB)->sockets_known);
	}
}

/* Each mood of the engine as a whole has its status and a sentence that quotes no answer. */
static void moods_have_words(void **state)
{
	static const struct {
		enum mood mood;
		unsigned timeout_msec;
		enum engine_status status;
		const char *words;
	} cases[] = {
	    {SILENT, SHORT_MSEC, ENGINE_HANGS,
	     "no answer to GET /version within 2 s: the engine hangs"},
	    {DRIPPING, SHORT_MSEC, ENGINE_HANGS, "the engine hangs"},
	    {ENDLESS, LONG_MSEC, ENGINE_BROKEN, "larger than its cap"},
	    {NO_HTTP, LONG_MSEC, ENGINE_BROKEN, "is not HTTP, or was cut short"},
	    {NO_JSON, LONG_MSEC, ENGINE_BROKEN, "cannot be understood: not JSON"},
	    {CUT_SHORT, LONG_MSEC, ENGINE_BROKEN, "is not HTTP, or was cut short"},
	    {FAULTY, LONG_MSEC, ENGINE_BROKEN, "HTTP 500"},
	    {REDIRECTED, LONG_MSEC, ENGINE_BROKEN, "HTTP 301"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const pid_t engine = start_engine(cases[i].mood);
		_cleanup_snapshot_ struct snapshot *snapshot =
		    observe(host.socket, cases[i].timeout_msec);

		end(engine);
		if (snapshot->engine.status != cases[i].status ||
		    !strstr(snapshot->engine.status_text, cases[i].words))
			fail_msg("found \"%s\", expected \"%s\"", snapshot->engine.status_text,
			         cases[i].words);
		assert_null(strstr(snapshot->engine.status_text, "s3cr3t"));
	}
}

/* Where nobody answers at all, the reason is told apart. */
static void absence_has_words(void **state)
{
	const pid_t engine = start_engine(WELL);
	_cleanup_snapshot_ struct snapshot *stopped = NULL;
	_cleanup_snapshot_ struct snapshot *missing = NULL;
	_cleanup_snapshot_ struct snapshot *remote = NULL;

	(void)state;
	end(engine);
	stopped = observe(host.socket, LONG_MSEC);
	assert_int_equal(stopped->engine.status, ENGINE_STOPPED);
	assert_non_null(strstr(stopped->engine.status_text, "nobody listens there"));
	missing = observe("/nonexistent/docker.sock", LONG_MSEC);
	assert_int_equal(missing->engine.status, ENGINE_STOPPED);
	assert_non_null(strstr(missing->engine.status_text, "there is no such socket"));
	remote = observe("tcp://192.0.2.1:2375", LONG_MSEC);
	assert_int_equal(remote->engine.status, ENGINE_BROKEN);
	assert_non_null(strstr(remote->engine.status_text, "the engine's unix socket is needed"));
}

/* Who may not open the socket is told so; in a process of its own, which gives up being root. */
static void denial_has_words(void **state)
{
	const pid_t engine = start_engine(WELL);
	int status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(chmod(host.directory, 0700), 0);
	pid = fork();
	if (pid == 0) {
		_cleanup_snapshot_ struct snapshot *snapshot = NULL;

		if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		snapshot = observe(host.socket, LONG_MSEC);
		_exit(snapshot->engine.status == ENGINE_DENIED &&
		              strstr(snapshot->engine.status_text, "sudo is needed")
		          ? 0
		          : 2);
	}
	waitpid(pid, &status, 0);
	end(engine);
	assert_int_equal(status, 0);
}

/* Makes the host: a namespace of its own, and two containers. */
static int make_host(void **state)
{
	(void)state;
	snprintf(host.directory, sizeof(host.directory), "/tmp/test_observe.XXXXXX");
	if (unshare(CLONE_NEWNET) < 0 || !mkdtemp(host.directory))
		return -1;
	snprintf(host.socket, sizeof(host.socket), "%s/engine.sock", host.directory);
	host.web = start_container(80);
	host.lan = start_container(22);
	return 0;
}

/* Takes it away. */
static int remove_host(void **state)
{
	(void)state;
	end(host.web);
	end(host.lan);
	unlink(host.socket);
	return rmdir(host.directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(containers_are_visited), cmocka_unit_test(one_container_may_fail),
	    cmocka_unit_test(moods_have_words),       cmocka_unit_test(absence_has_words),
	    cmocka_unit_test(denial_has_words),
	};

	if (geteuid() != 0) {
		puts("skipped: needs root for namespaces of its own");
		return SKIP;
	}
	return cmocka_run_group_tests(tests, make_host, remove_host);
}
