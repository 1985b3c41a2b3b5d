/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF injector: BPF_PROG_TEST_RUN with live frames (kernel 5.18).
 *
 * Theory of operation. The kernel makes `repeat` copies of one frame, lets our XDP program write
 * the next slot over each, and hands those that the program passes to the stack in batches, with
 * the link of the context as the one they came in by. The system call returns when the stack has
 * done with the last batch, unless receive packet steering moved frames to another CPU. A signal
 * may end it between two batches: the program's cursor tells how far it got, and the rest is sent
 * by another call.
 *
 * Within a batch the kernel takes over the route of the frame before it for one with the same
 * destination, and then does not look at its source: rp_filter would let forged packets pass that
 * it stops when they come alone (net/ipv4/route.c, ip_route_use_hint()). So a batch is one frame,
 * unless all have the same source: then what the kernel takes over is what it would find again.
 *
 * Many frames are shared out to several CPUs, each with a run of its own of the same program; every
 * packet's way through the stack is its CPU's own, as it is where a NIC has several queues.
 *
 * Each run registers the program with the kernel's XDP dispatcher and takes it out again, unless
 * it is in use elsewhere; that waits for two RCU grace periods, 15-30 ms in which 8,192 frames
 * could have been sent. So the program is parked on the `lo` of a namespace that nobody else has.
 */
#include "prove/inject.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "inject.skel.h"
#pragma GCC diagnostic pop

enum {
	BATCH = 64,
	LOOPBACK = 1,
	RUNNERS_MOST = 4,
	RUN_LEAST = 1024, /* frames that are worth a thread */
};

static const char own_netns[] = "/proc/thread-self/ns/net";

struct injector_bpf {
	struct injector injector;
	struct inject_bpf *skeleton;
	uint32_t runners;    /* CPUs that we may use, RUNNERS_MOST at the most */
	int parking, parked; /* the namespace and the link to its `lo`; -1: neither */
};

/* Keeps libbpf from printing: what went wrong is in the errno and in our own sentence. */
static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

/* One test run of n frames, in batches, on a link (0: none). 0 or a negative errno. */
static int test_run(const struct injector_bpf *bpf, uint32_t ifindex, uint32_t n, uint32_t batch)
{
	uint8_t frame[FRAME_SIZE] = {0};
	struct xdp_md context = {.data_end = sizeof(frame), .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
	            .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = (int)n,
	            .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = batch);

	return bpf_prog_test_run_opts(bpf_program__fd(bpf->skeleton->progs.inject), &options) < 0
	           ? -errno
	           : 0;
}

/* How many CPUs we may use. */
static uint32_t count_runners(void)
{
	cpu_set_t cpus;
	int n = sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ? 1 : CPU_COUNT(&cpus);

	return n < RUNNERS_MOST ? (uint32_t)n : RUNNERS_MOST;
}

/*
 * Attaches the program to `lo` of a fresh namespace, so that it stays in the dispatcher. A refused
 * link only costs time. 0, or a negative errno when there is no such namespace or no way back.
 */
static int park(struct injector_bpf *bpf)
{
	_cleanup_close_ int home = open(own_netns, O_RDONLY | O_CLOEXEC);
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_SKB_MODE);

	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return -errno;
	bpf->parking = open(own_netns, O_RDONLY | O_CLOEXEC);
	bpf->parked = bpf_link_create(bpf_program__fd(bpf->skeleton->progs.inject), LOOPBACK,
	                              BPF_XDP, &options);
	return setns(home, CLONE_NEWNET) < 0 ? -errno : 0;
}

/* Frames enter by the very link they are for. */
static int bpf_entry(struct injector *injector, uint32_t ifindex, uint32_t *ret_entry,
                     struct error **ret_error)
{
	(void)injector, (void)ret_error;
	*ret_entry = ifindex;
	return 0;
}

/* One thread's share of the frames. */
struct runner {
	const struct injector_bpf *bpf;
	uint32_t ifindex, n, batch;
	pthread_t thread;
};

/* A thread's work. How far it got is told by the program's cursor. */
static void *run_share(void *data)
{
	const struct runner *runner = data;

	(void)test_run(runner->bpf, runner->ifindex, runner->n, runner->batch);
	return NULL;
}

/*
 * Runs n frames on several CPUs at once, each thread in the caller's namespace and without its
 * signals. What they leave is the caller's to send: a share that was cut short is no error here.
 */
static void run_shared(const struct injector_bpf *bpf, uint32_t ifindex, uint32_t n, uint32_t batch)
{
	struct runner runners[RUNNERS_MOST - 1];
	uint32_t wanted = n / RUN_LEAST < bpf->runners ? n / RUN_LEAST : bpf->runners;
	uint32_t share = wanted ? n / wanted : n, started = 0;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started + 1 < wanted) {
		struct runner *runner = &runners[started];

		*runner = (struct runner){bpf, ifindex, share, batch, 0};
		if (pthread_create(&runner->thread, NULL, run_share, runner) != 0)
			break;
		started++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)test_run(bpf, ifindex, n - started * share, batch);
	while (started)
		pthread_join(runners[--started].thread, NULL);
}

/* Runs the program until its cursor has passed the last slot; signals only interrupt. */
static int bpf_send(struct injector *injector, uint32_t ifindex, uint32_t first, uint32_t n,
                    bool alike, struct error **ret_error)
{
	struct injector_bpf *bpf = (struct injector_bpf *)injector;
	volatile __u32 *cursor = &bpf->skeleton->bss->cursor;
	uint32_t batch = alike ? BATCH : 1;

	*cursor = first;
	bpf->skeleton->bss->limit = first + n;
	if (n / RUN_LEAST > 1 && bpf->runners > 1)
		run_shared(bpf, ifindex, n, batch);
	while (*cursor < first + n) {
		uint32_t before = *cursor;
		int status = test_run(bpf, ifindex, first + n - before, batch);

		if (status == -EINTR || status == -EAGAIN)
			continue;
		if (status == 0 && *cursor == before)
			status = -EIO;
		if (status < 0)
			return error_wrap(ret_error, status,
			                  "cannot put frames on link %u by BPF_PROG_TEST_RUN",
			                  ifindex);
	}
	return 0;
}

/* Unloads the program. */
static void bpf_free(struct injector *injector)
{
	struct injector_bpf *bpf = (struct injector_bpf *)injector;

	if (bpf->parked >= 0)
		close(bpf->parked);
	if (bpf->parking >= 0)
		close(bpf->parking);
	inject_bpf__destroy(bpf->skeleton);
	free(bpf);
}

static const struct injector_kind kind_bpf = {
    .name = "bpf",
    .window = INJECT_SLOTS,
    .synchronous = true,
    .entry = bpf_entry,
    .send = bpf_send,
    .free = bpf_free,
};

int injector_new_bpf(struct injector **ret_injector, struct error **ret_error)
{
	struct injector_bpf *bpf = calloc(1, sizeof(*bpf));
	libbpf_print_fn_t print;
	int status;

	if (!bpf)
		return error_set(ret_error, ENOMEM, "out of memory");
	bpf->parking = bpf->parked = -1;
	bpf->runners = count_runners();
	print = libbpf_set_print(print_nothing);
	bpf->skeleton = inject_bpf__open_and_load();
	status = bpf->skeleton ? 0 : -errno;
	libbpf_set_print(print);
	if (!status) {
		bpf->injector = (struct injector){&kind_bpf, (void *)bpf->skeleton->bss->slots};
		/* With no slot to send, the program drops the frame: only tells whether it may. */
		status = test_run(bpf, 0, 1, 1);
	}
	if (!status)
		status = park(bpf);
	if (status < 0) {
		bpf_free(&bpf->injector);
		return error_wrap(ret_error, status,
		                  "cannot inject by BPF (needs root and kernel 5.18)");
	}
	*ret_injector = &bpf->injector;
	return 0;
}
