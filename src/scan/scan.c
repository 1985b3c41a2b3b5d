/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan from outside: which ports of an address answer, seen from this machine. */
#include "scan/scan_parts.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const state_names[] = {
    [PORT_SILENT] = "silent",
    [PORT_OPEN] = "open",
    [PORT_REFUSED] = "refused",
    [PORT_REJECTED] = "rejected",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == PORT_STATES, "a name for each state");

const char *port_state_name(enum port_state state)
{
	return state < PORT_STATES ? state_names[state] : "?";
}

/* Monotonic time. */
static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/*
 * The i-th port of an order that goes through 1 to 65536 once, for i from 0: not from the lowest
 * on, as every watchdog expects. 65536 comes out as 0, which is no port.
 */
static uint16_t port_at(unsigned i)
{
	/* Multiples of a number in a field of a prime's size. */
	enum { PRIME = 65537, STEP = 28629 };

	return (uint16_t)((uint64_t)(i + 1) * STEP % PRIME);
}

/* How long the next packet has to wait when so many were sent; 0: it may go. */
static uint64_t wait_usec(uint64_t start, uint64_t sent, unsigned rate)
{
	uint64_t due = start + sent * 1000000 / rate, now = now_usec();

	return due > now ? due - now : 0;
}

int scan_pass_run(const struct scan_pass *pass)
{
	uint64_t start = now_usec(), sent = 0, end, now;
	int status = 0;

	for (unsigned i = 0; i < SCAN_PORTS && status == 0; i++) {
		uint16_t port = port_at(i);
		uint64_t wait;

		if (port == 0 || pass->states[port] != PORT_SILENT ||
		    (pass->wanted && !pass->wanted(port)))
			continue;
		/* Answers are taken while nothing may be sent, and now and then besides. */
		wait = wait_usec(start, sent, pass->rate);
		if (wait || sent % 64 == 0)
			status = pass->take(pass->data, wait);
		if (status == 0)
			status = pass->ask(pass->data, port);
		sent++;
	}
	end = now_usec() + (uint64_t)pass->scanning->options->wait_msec * 1000;
	while (status == 0 && sent && (now = now_usec()) < end)
		status = pass->take(pass->data, end - now);
	return status;
}

int scan_not_sent(struct scanning *scanning, int number)
{
	static const int passing[] = {ENOBUFS,      EAGAIN,      EINTR,  ECONNREFUSED,
	                              EHOSTUNREACH, ENETUNREACH, EACCES, EPROTO};

	/* The socket is open: this is a rule of OUTPUT. */
	if (number == EPERM) {
		scanning->result->stopped++;
		return 0;
	}
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (number == passing[i])
			return 0;
	return -number;
}

/* Fills the socket address of an address, and finds whom it is reached from. 0 or -errno. */
static int fill_addresses(struct scanning *scanning, uint32_t scope, struct error **ret_error)
{
	struct scan_result *result = scanning->result;
	struct sockaddr_in *four = (struct sockaddr_in *)&scanning->to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&scanning->to;
	struct sockaddr_storage any, from = {0};
	socklen_t from_len = sizeof(from);
	char text[ADDRESS_TEXT];
	int fd, status = 0;

	scanning->to.ss_family = result->address.family;
	if (result->address.family == AF_INET) {
		memcpy(&four->sin_addr, result->address.bytes, 4);
		scanning->to_len = sizeof(*four);
	} else {
		memcpy(&six->sin6_addr, result->address.bytes, 16);
		six->sin6_scope_id = scope;
		scanning->to_len = sizeof(*six);
	}
	any = scanning->to;
	((struct sockaddr_in *)&any)->sin_port = htons(9);
	fd = socket(result->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&any, scanning->to_len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&from, &from_len) < 0)
		status = -errno;
	if (fd >= 0)
		close(fd);
	if (status < 0)
		return error_set(ret_error, -status, "%s: %s",
		                 address_format(&result->address, text), strerror(-status));
	result->from = from.ss_family == AF_INET
	                   ? address_make(AF_INET, &((struct sockaddr_in *)&from)->sin_addr)
	                   : address_make(AF_INET6, &((struct sockaddr_in6 *)&from)->sin6_addr);
	return 0;
}

int scan_address(const struct address *address, uint32_t scope, const struct scan_options *options,
                 struct scan_result *ret_result, struct error **ret_error)
{
	struct scanning scanning = {.options = options, .result = ret_result};
	uint64_t start = now_usec();
	int status;

	memset(ret_result, 0, sizeof(*ret_result));
	ret_result->address = *address;
	status = fill_addresses(&scanning, scope, ret_error);
	if (status == 0 && options->progress)
		options->progress("asking all ports", options->progress_data);
	if (status == 0 && !options->no_tcp)
		status = scan_tcp(&scanning, ret_error);
	if (status == 0 && !options->no_udp)
		status = scan_udp(&scanning, ret_error);
	ret_result->seconds = (double)(now_usec() - start) / 1e6;
	return status;
}
