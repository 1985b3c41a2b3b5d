/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client: asks one address and port once and says what it saw. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "modes.h"
#include "sctp.h"
#include "verdict.h"

/** What the client was asked to do. */
struct question {
	struct address to;
	struct address source;
	bool has_source;
	bool hold;
	uint16_t port;
	uint16_t sport;
	int timeout_msec;
	const char *payload;
};

/** Milliseconds on a clock that only goes forward. */
static long now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** Opens a socket to the question's address. Returns it, or -1 with errno set. */
static int question_connect(const struct question *q, int type, int protocol)
{
	int on = 1;
	int fd = socket(q->to.sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (q->has_source && bind(fd, &q->source.sa, q->source.len))
		return -1;
	if (connect(fd, &q->to.sa, q->to.len) && errno != EINPROGRESS)
		return -1;
	return fd;
}

/** Waits for `events`. Returns 0, or the errno that stands for what happened. */
static int await(int fd, short events, int timeout_msec)
{
	struct pollfd p = {.fd = fd, .events = events};
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&p, 1, timeout_msec) <= 0)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

/** Reads one line or datagram into `text`, without the newline. Returns 0 or an errno. */
static int read_line(int fd, int timeout_msec, char *text, size_t size)
{
	int error = await(fd, POLLIN, timeout_msec);
	ssize_t n;

	if (error)
		return error;
	n = read(fd, text, size - 1);
	if (n < 0)
		return errno;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return 0;
}

/** Sends the lines of stdin over an open connection and prints what comes back for each. */
static void hold(int fd, int timeout_msec)
{
	char line[512], back[512];

	while (fgets(line, sizeof(line), stdin)) {
		int error = 0;

		if (write(fd, line, strlen(line)) < 0)
			error = errno;
		if (!error)
			error = read_line(fd, timeout_msec, back, sizeof(back));
		if (error)
			verdict_print(verdict_of_errno(error), NULL);
		else if (!*back)
			verdict_print(VERDICT_REFUSED, "closed");
		else
			verdict_print(VERDICT_OPEN, back);
	}
}

/** Asks by TCP: open is a finished handshake, with the banner when one comes. */
static enum verdict ask_tcp(const struct question *q)
{
	long end = now_msec() + q->timeout_msec;
	char banner[512] = "";
	int error, fd = question_connect(q, SOCK_STREAM, IPPROTO_TCP);
	enum verdict verdict;

	if (fd < 0)
		return verdict_print(verdict_of_errno(errno), NULL);
	error = await(fd, POLLOUT, q->timeout_msec);
	if (error) {
		close(fd);
		return verdict_print(verdict_of_errno(error), NULL);
	}
	if (q->payload)
		(void)!write(fd, q->payload, strlen(q->payload));
	error =
	    read_line(fd, (int)(end > now_msec() ? end - now_msec() : 0), banner, sizeof(banner));
	/* A proxy completes the handshake and resets when nothing is behind it. */
	if (error == ECONNRESET)
		verdict = verdict_print(VERDICT_REFUSED, "after the handshake");
	else
		verdict = verdict_print(VERDICT_OPEN, banner);
	if (q->hold)
		hold(fd, q->timeout_msec);
	close(fd);
	return verdict;
}

/** Asks by UDP: open is an answer; silence says nothing about delivery. */
static enum verdict ask_udp(const struct question *q)
{
	int error, fd = question_connect(q, SOCK_DGRAM, IPPROTO_UDP);
	const char *payload = q->payload ? q->payload : "ping";
	char reply[1024] = "";

	if (fd < 0)
		return verdict_print(verdict_of_errno(errno), NULL);
	error = send(fd, payload, strlen(payload), 0) < 0 ? errno : 0;
	if (!error)
		error = read_line(fd, q->timeout_msec, reply, sizeof(reply));
	close(fd);
	return verdict_print(error ? verdict_of_errno(error) : VERDICT_OPEN, reply);
}

/** Asks by SCTP with packets of our own making. */
static enum verdict ask_sctp(const struct question *q)
{
	long end = now_msec() + q->timeout_msec;
	struct question raw = *q;
	unsigned char packet[SCTP_PACKET_MAX], data[512];
	uint16_t sport = q->sport ? q->sport : (uint16_t)(32768 + getpid() % 16384);
	size_t len = sctp_init(packet, sport, q->port);
	int error = 0, verdict = -1, fd;

	/* A raw socket has no port of its own; the address of the other side must not carry one. */
	raw.to.in4.sin_port = 0;
	raw.source.in4.sin_port = 0;
	fd = question_connect(&raw, SOCK_RAW, IPPROTO_SCTP);
	if (fd < 0)
		return verdict_print(verdict_of_errno(errno), NULL);
	if (send(fd, packet, len, 0) < 0)
		error = errno;
	while (!error && verdict < 0) {
		long left = end - now_msec();
		size_t skip;
		ssize_t n;

		error = await(fd, POLLIN, (int)(left > 0 ? left : 0));
		if (error)
			break;
		n = read(fd, data, sizeof(data));
		skip = q->to.sa.sa_family == AF_INET ? (size_t)(data[0] & 15) * 4 : 0;
		if (n > 0 && (size_t)n > skip)
			verdict = sctp_verdict(data + skip, (size_t)n - skip, sport, q->port);
	}
	close(fd);
	if (error)
		return verdict_print(verdict_of_errno(error), NULL);
	return verdict_print((enum verdict)verdict, verdict == VERDICT_OPEN ? "sctp" : NULL);
}

/** Reads the options after the address and port. Returns false on one that it does not know. */
static bool question_options(struct question *q, int argc, char **argv)
{
	const char *source = NULL;

	for (int i = 0; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--hold")) {
			q->hold = true;
			continue;
		}
		if (!strcmp(argv[i], "--source"))
			source = value;
		else if (!strcmp(argv[i], "--sport") && port_parse(value, &q->sport))
			;
		else if (!strcmp(argv[i], "--timeout"))
			q->timeout_msec = atoi(value);
		else if (!strcmp(argv[i], "--payload"))
			q->payload = value;
		else
			return false;
		i++;
	}
	if (!source && !q->sport)
		return true;
	q->has_source = true;
	if (source)
		return address_parse(source, q->sport, &q->source);
	address_any(q->to.sa.sa_family, q->sport, &q->source);
	return true;
}

/** Asks once and exits with the verdict. */
int client_main(int argc, char **argv)
{
	static const struct {
		const char *word;
		enum verdict (*ask)(const struct question *q);
	} protocols[] = {{"tcp", ask_tcp}, {"udp", ask_udp}, {"sctp", ask_sctp}};
	struct question q = {.timeout_msec = 1000};

	if (argc < 3 || !port_parse(argv[2], &q.port) || !address_parse(argv[1], q.port, &q.to) ||
	    !question_options(&q, argc - 3, argv + 3)) {
		fputs("labserver: --client tcp|udp|sctp ADDRESS PORT [OPTION...]; see --help\n",
		      stderr);
		return VERDICT_ERROR;
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (!strcmp(argv[0], protocols[i].word))
			return (int)protocols[i].ask(&q);
	fprintf(stderr, "labserver: unknown protocol \"%s\"\n", argv[0]);
	return VERDICT_ERROR;
}
