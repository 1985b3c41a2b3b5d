/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP program behind the BPF injector: each live frame becomes the next slot's.
 *
 * The kernel runs it for every frame of a BPF_PROG_TEST_RUN and recycles the pages, with whatever
 * the stack wrote into them the last time; so all of the frame is written, each time. Several CPUs
 * may be at it: the cursor is taken and moved in one operation.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "prove/inject_slots.h"

/* Filled by user space, which maps this section: the frames, and which of them go next. */
__u64 slots[INJECT_SLOTS][INJECT_SLOT_WORDS];
__u32 cursor;
__u32 limit;

SEC("xdp")
int inject(struct xdp_md *context)
{
	__u64 *to = (__u64 *)(long)context->data;
	__u32 slot = __sync_fetch_and_add(&cursor, 1);

	if (slot >= limit || slot >= INJECT_SLOTS)
		return XDP_DROP;
	if ((void *)(to + INJECT_SLOT_WORDS) > (void *)(long)context->data_end)
		return XDP_DROP;
#pragma unroll
	for (int i = 0; i < INJECT_SLOT_WORDS; i++)
		to[i] = slots[slot][i];
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
