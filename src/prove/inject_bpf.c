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
 * A batch is one frame. Within a bigger one the kernel takes over the route of the frame before it
 * for one with the same destination, and then does not look at its source: rp_filter would let
 * forged packets pass that it stops when they come alone (net/ipv4/route.c, ip_route_use_hint()).
 * That costs a tenth of the speed.
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
#include <sched.h>
#include <stdarg.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "inject.skel.h"
#pragma GCC diagnostic pop

enum {
	BATCH = 1,
	LOOPBACK = 1,
};

static const char own_netns[] = "/proc/thread-self/ns/net";

struct injector_bpf {
	struct injector injector;
	struct inject_bpf *skeleton;
	int parking, parked; /* the namespace and the link to its `lo`; -1: neither */
};

/* Keeps libbpf from printing: what went wrong is in the errno and in our own sentence. */
static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

/* One test run of n frames on a link (0: none). 0 or a negative errno. */
static int test_run(const struct injector_bpf *bpf, uint32_t ifindex, uint32_t n)
{
	uint8_t frame[FRAME_SIZE] = {0};
	struct xdp_md context = {.data_end = sizeof(frame), .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
	            .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = (int)n,
	            .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	return bpf_prog_test_run_opts(bpf_program__fd(bpf->skeleton->progs.inject), &options) < 0
	           ? -errno
	           : 0;
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

/* Runs the program until its cursor has passed the last slot; signals only interrupt. */
static int bpf_send(struct injector *injector, uint32_t ifindex, uint32_t first, uint32_t n,
                    struct error **ret_error)
{
	struct injector_bpf *bpf = (struct injector_bpf *)injector;
	volatile __u32 *cursor = &bpf->skeleton->bss->cursor;

	*cursor = first;
	bpf->skeleton->bss->limit = first + n;
	while (*cursor < first + n) {
		uint32_t before = *cursor;
		int status = test_run(bpf, ifindex, first + n - before);

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
	print = libbpf_set_print(print_nothing);
	bpf->skeleton = inject_bpf__open_and_load();
	status = bpf->skeleton ? 0 : -errno;
	libbpf_set_print(print);
	if (!status) {
		bpf->injector = (struct injector){&kind_bpf, (void *)bpf->skeleton->bss->slots};
		/* With no slot to send, the program drops the frame: only tells whether it may. */
		status = test_run(bpf, 0, 1);
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
