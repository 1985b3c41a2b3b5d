/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay: carries TCP connections or datagrams from one address to another, as docker-proxy
 * does.
 *
 * Theory of operation: a process for each TCP connection, because a lab has few of them and a
 * process has nothing to go wrong; for UDP one upstream socket for each client, told apart by its
 * address.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "address.h"
#include "modes.h"
#include "verdict.h"

/** Most UDP clients that a relay remembers; the oldest one gives way. */
#define CLIENTS_MAX 64

/** Opens a socket that is bound to `local`. Returns it or -1. */
static int open_bound(const struct address *local, int type)
{
	int on = 1;
	int fd = socket(local->sa.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (local->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &local->sa, local->len) || (type == SOCK_STREAM && listen(fd, 128))) {
		close(fd);
		return -1;
	}
	return fd;
}

/** Opens a socket that is connected to `to`. Returns it or -1. */
static int open_connected(const struct address *to, int type)
{
	int fd = socket(to->sa.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, &to->sa, to->len)) {
		close(fd);
		return -1;
	}
	return fd;
}

/** Moves what one side has to the other. Returns false at its end. */
static bool move(int from, int to)
{
	char data[16384];
	ssize_t n = read(from, data, sizeof(data));

	if (n <= 0) {
		shutdown(to, SHUT_WR);
		return false;
	}
	return write(to, data, (size_t)n) == n;
}

/** Carries one TCP connection until both sides have ended. */
static void carry(int client, const struct address *to)
{
	int server = open_connected(to, SOCK_STREAM);
	struct pollfd p[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
	struct linger reset = {.l_onoff = 1};

	if (server < 0) {
		setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		return;
	}
	while ((p[0].fd >= 0 || p[1].fd >= 0) && poll(p, 2, -1) > 0) {
		if (p[0].revents && !move(client, server))
			p[0].fd = -1;
		if (p[1].revents && !move(server, client))
			p[1].fd = -1;
	}
}

/** Relays TCP for ever. */
static void relay_tcp(int listener, const struct address *to)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (client < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			carry(client, to);
			_exit(0);
		}
		close(client);
	}
}

/** Relays UDP for ever. */
static void relay_udp(int listener, const struct address *to)
{
	struct pollfd p[CLIENTS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
	struct address clients[CLIENTS_MAX + 1];
	char data[65536];
	nfds_t n_fds = 1, next = 1;

	while (poll(p, n_fds, -1) > 0) {
		for (nfds_t i = 1; i < n_fds; i++) {
			ssize_t n =
			    p[i].revents ? recv(p[i].fd, data, sizeof(data), MSG_DONTWAIT) : -1;

			if (n >= 0)
				(void)!sendto(listener, data, (size_t)n, 0, &clients[i].sa,
				              clients[i].len);
		}
		if (p[0].revents) {
			struct address from = {.len = sizeof(from.in6)};
			ssize_t n = recvfrom(listener, data, sizeof(data), 0, &from.sa, &from.len);
			nfds_t i = 1;

			if (n < 0)
				continue;
			while (i < n_fds && (clients[i].len != from.len ||
			                     memcmp(&clients[i].sa, &from.sa, from.len) != 0))
				i++;
			if (i == n_fds) {
				i = next;
				next = next % CLIENTS_MAX + 1;
				if (i == n_fds)
					n_fds++;
				else
					close(p[i].fd);
				p[i] = (struct pollfd){.fd = open_connected(to, SOCK_DGRAM),
				                       .events = POLLIN};
				clients[i] = from;
			}
			(void)!send(p[i].fd, data, (size_t)n, 0);
		}
	}
}

/** Reads docker-proxy's own options or `PROTO ADDRESS PORT ADDRESS PORT` and relays. */
int relay_main(int argc, char **argv)
{
	static const char *const options[] = {"-proto", "-host-ip", "-host-port", "-container-ip",
	                                      "-container-port"};
	const char *values[5] = {0};
	struct address local, to;
	uint16_t port, to_port;
	int fd, type;

	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-' && argc == 5)
			values[i] = argv[i];
		for (int o = 0; o < 5; o++)
			if (!strcmp(argv[i], options[o]) && i + 1 < argc)
				values[o] = argv[++i];
	}
	for (int o = 0; o < 5; o++) {
		if (!values[o]) {
			fprintf(stderr, "labserver: relay: %s is missing\n", options[o]);
			return VERDICT_ERROR;
		}
	}
	if (!port_parse(values[2], &port) || !port_parse(values[4], &to_port) ||
	    !address_parse(values[1], port, &local) || !address_parse(values[3], to_port, &to)) {
		fputs("labserver: relay: not an address and a port\n", stderr);
		return VERDICT_ERROR;
	}
	type = !strcmp(values[0], "udp") ? SOCK_DGRAM : SOCK_STREAM;
	fd = open_bound(&local, type);
	if (fd < 0) {
		fprintf(stderr, "labserver: relay: %s:%s: %s\n", values[1], values[2],
		        strerror(errno));
		return VERDICT_ERROR;
	}
	signal(SIGPIPE, SIG_IGN);
	if (type == SOCK_DGRAM)
		relay_udp(fd, &to);
	else
		relay_tcp(fd, &to);
	return VERDICT_ERROR;
}
