/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces one probe: which rules it met, in which order.
 *
 * Theory of operation. The catcher turns the kernel's tracing on for one index of ours where the
 * probe comes in, and nftables then tells of each rule that matches. Legacy tables are read before
 * and after instead, for their counters (trace_legacy.c). The kernel's own order is kept for what
 * it told; legacy steps are merged into that by hook and priority. At equal priority the order is
 * that of registration, which nobody tells: legacy ones are put first.
 */
#include "prove/trace.h"
#include "observe/xtables_read.h"
#include "prove/prover.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
	RECEIVE_ROOM = 64 * 1024,
	QUEUE_ROOM = 4 * 1024 * 1024, /* of messages that the kernel keeps for us */
	STEPS_MAX = 65536,
};

struct tracer {
	struct mnl_socket *socket; /* member of the trace group, in the twin */
	uint8_t *receive;
};

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	if (tracer->socket)
		mnl_socket_close(tracer->socket);
	free(tracer->receive);
	free(tracer);
}

/* Subscribes to traces in the caller's namespace. 0 or a negative errno. */
static int tracer_new(struct tracer **ret_tracer)
{
	_cleanup_(cleanup_tracer_free) struct tracer *tracer = calloc(1, sizeof(*tracer));
	int room = QUEUE_ROOM;

	if (!tracer || !(tracer->receive = malloc(RECEIVE_ROOM)))
		return -ENOMEM;
	tracer->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!tracer->socket ||
	    mnl_socket_bind(tracer->socket, 1u << (NFNLGRP_NFTRACE - 1), MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(tracer->socket), SOL_SOCKET, SO_RCVBUFFORCE, &room,
	               sizeof(room)) < 0)
		(void)setsockopt(mnl_socket_get_fd(tracer->socket), SOL_SOCKET, SO_RCVBUF, &room,
		                 sizeof(room));
	*ret_tracer = steal_pointer(&tracer);
	return 0;
}

/* Takes the next run of messages. 1, 0 when there is none, or a negative errno. */
static int receive(struct tracer *tracer, size_t *ret_len)
{
	ssize_t len;

	do
		len = recv(mnl_socket_get_fd(tracer->socket), tracer->receive, RECEIVE_ROOM,
		           MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN ? 0 : -errno;
	*ret_len = (size_t)len;
	return 1;
}

/* Throws away what was told before; also that some of it was lost. */
static int drain(struct tracer *tracer)
{
	size_t len = 0;
	int status;

	do
		status = receive(tracer, &len);
	while (status > 0 || status == -ENOBUFS);
	return status;
}

/* Reads all that was told into steps. */
static int read_events(const struct prover *prover, struct placed_steps *steps)
{
	struct tracer *tracer = prover->tracer;
	size_t len = 0;
	int status;

	while ((status = receive(tracer, &len)) > 0) {
		int remaining = (int)len;

		for (const struct nlmsghdr *message = (const struct nlmsghdr *)tracer->receive;
		     mnl_nlmsg_ok(message, remaining);
		     message = mnl_nlmsg_next(message, &remaining)) {
			if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE))
				continue;
			status = trace_nft_step(prover->view, message, steps);
			if (status < 0)
				return status;
			if (steps->n > STEPS_MAX)
				return -EFBIG;
		}
	}
	return status;
}

/* Whether a stands before b. */
static bool is_before(const struct trace_place *a, const struct trace_place *b)
{
	return a->stage != b->stage ? a->stage < b->stage : a->priority < b->priority;
}

/* Merges legacy steps into the others, whose order stays. 0 or a negative errno. */
static int merge(const struct placed_steps *told, const struct placed_steps *legacy,
                 struct trace_steps *ret_steps)
{
	struct trace_steps steps = {0};
	size_t t = 0, l = 0;

	if (vec_reserve(&steps, told->n + legacy->n) < 0)
		return -ENOMEM;
	while (t < told->n || l < legacy->n) {
		bool from_told =
		    l == legacy->n ||
		    (t < told->n && is_before(&told->items[t].place, &legacy->items[l].place));

		steps.items[steps.n++] =
		    from_told ? told->items[t++].step : legacy->items[l++].step;
	}
	*ret_steps = steps;
	return 0;
}

/* Orders legacy steps by place; the tables come one by one, each in order already. */
static void sort_legacy(struct placed_steps *steps)
{
	for (size_t i = 1; i < steps->n; i++) {
		struct placed_step step = steps->items[i];
		size_t at = i;

		for (; at > 0 && is_before(&step.place, &steps->items[at - 1].place); at--)
			steps->items[at] = steps->items[at - 1];
		steps->items[at] = step;
	}
}

/* Gets ready in the twin: tracing, an empty queue, and the counters as they stand. */
static int begin(struct prover *prover, struct netview *before, struct error **ret_error)
{
	int status = prover_enter(prover, ret_error);

	if (status < 0)
		return status;
	if (!prover->tracer)
		status = tracer_new(&prover->tracer);
	if (!status && prover->tracer)
		status = drain(prover->tracer);
	if (status < 0)
		error_wrap(ret_error, status, "cannot listen to the kernel's traces");
	if (!status)
		status = catcher_trace(prover->catcher, PROVER_TRACE_INDEX, ret_error);
	if (!status)
		status = xtables_read(before, ret_error);
	return prover_leave(prover, status, ret_error);
}

/* Reads what was told and what was counted. */
static int finish(struct prover *prover, const struct netview *before, struct netview *after,
                  struct placed_steps *told, struct placed_steps *legacy, struct error **ret_error)
{
	int status = prover_enter(prover, ret_error);

	if (status < 0)
		return status;
	status = xtables_read(after, ret_error);
	if (!status) {
		status = read_events(prover, told);
		if (!status)
			status = trace_legacy_steps(before, after, legacy);
		if (status < 0)
			error_wrap(ret_error, status, "cannot read the kernel's traces");
	}
	return prover_leave(prover, status, ret_error);
}

int prover_trace(struct prover *prover, const struct probe *probe, struct trace_steps *ret_steps,
                 struct arrival *ret_arrival, struct error **ret_error)
{
	struct netview before = {0}, after = {0};
	struct placed_steps told = {0}, legacy = {0};
	struct arrival arrival;
	int status;

	if (!prover->twin)
		return error_set(ret_error, EOPNOTSUPP,
		                 "tracing on a live host would tell of everybody's packets: only "
		                 "in a twin");
	status = begin(prover, &before, ret_error);
	if (!status)
		status = prover_send_one(prover, probe, PROVER_TRACE_INDEX, &arrival, ret_error);
	if (!status)
		status = finish(prover, &before, &after, &told, &legacy, ret_error);
	if (!status) {
		sort_legacy(&legacy);
		status = merge(&told, &legacy, ret_steps);
	}
	if (!status)
		*ret_arrival = arrival;
	vec_done(&told);
	vec_done(&legacy);
	netview_done(&before);
	netview_done(&after);
	return status;
}
