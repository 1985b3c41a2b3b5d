/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a wall stays damaged: from the kernel's notice of a change to its notice of the mend.
 *
 * usage: bench_heal COMMAND [TIMES]
 * Stands in the host's network namespace, runs the shell command, which changes the wall, and waits
 * for the next transaction of nftables. Prints the median and the worst of so many times (11), each
 * from a guard at rest.
 */
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES_MAX = 1000, PATIENCE = 5000, QUIET = 2500 };

/* Milliseconds since some time. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Whether a datagram ends a transaction. */
static bool ends_transaction(const void *data, int len)
{
	for (const struct nlmsghdr *message = data; mnl_nlmsg_ok(message, len);
	     message = mnl_nlmsg_next(message, &len))
		if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN))
			return true;
	return false;
}

/* Waits for the end of a transaction. Returns when it came, 0 when none did. */
static double wait_transaction(struct mnl_socket *socket, int patience)
{
	static char buffer[256 * 1024];
	struct pollfd poll_fd = {.fd = mnl_socket_get_fd(socket), .events = POLLIN};

	while (poll(&poll_fd, 1, patience) > 0) {
		ssize_t len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (len > 0 && ends_transaction(buffer, (int)len))
			return now();
	}
	return 0;
}

/* Orders times. */
static int compare_times(const void *a, const void *b)
{
	double one = *(const double *)a, two = *(const double *)b;

	return one < two ? -1 : one > two;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 11, room = 64 << 20;
	static double times[TIMES_MAX];
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);

	if (argc < 2 || n < 1 || n > TIMES_MAX || !socket ||
	    mnl_socket_bind(socket, 1u << (NFNLGRP_NFTABLES - 1), MNL_SOCKET_AUTOPID) < 0) {
		fprintf(stderr, "usage: bench_heal COMMAND [TIMES]\n");
		return 2;
	}
	(void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room,
	                 sizeof(room));
	for (int i = 0; i < n; i++) {
		double changed, mended;
		pid_t pid;

		while (wait_transaction(socket, QUIET) > 0)
			;
		pid = fork();
		if (pid == 0)
			_exit(execl("/bin/sh", "sh", "-c", argv[1], (char *)NULL));
		changed = wait_transaction(socket, PATIENCE);
		mended = changed > 0 ? wait_transaction(socket, PATIENCE) : 0;
		if (pid < 0 || waitpid(pid, NULL, 0) < 0 || mended <= 0) {
			fprintf(stderr, "bench_heal: %s: %s\n", argv[1],
			        changed > 0 ? "nobody mended it" : "changed nothing");
			return 1;
		}
		times[i] = mended - changed;
	}
	qsort(times, (size_t)n, sizeof(*times), compare_times);
	printf("median %.1f ms, worst %.1f ms of %d\n", times[n / 2], times[n - 1], n);
	mnl_socket_close(socket);
	return 0;
}
