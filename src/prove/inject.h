/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts frames into a network stack as if they had arrived on a link.
 *
 * An injector has INJECT_SLOTS slots for frames; whoever uses it fills some and sends them. Two
 * kinds: BPF test runs (root) and raw sockets on the far ends of a twin's links.
 */
#pragma once

#include "prove/inject_slots.h"
#include "prove/prove.h"

struct injector;

struct injector_kind {
	const char *name;
	/*
	 * How many frames may be sent before the caller has seen that all of them arrived; a
	 * receive queue holds about 1000.
	 */
	uint32_t window;
	/* The stack has done with a frame when send() returns. */
	bool synchronous;
	/* The link that frames for a link enter by: itself, or a port of a bridge. Or -errno. */
	int (*entry)(struct injector *injector, uint32_t ifindex, uint32_t *ret_entry,
	             struct error **ret_error);
	/*
	 * Sends n slots from `first` on. The caller stands in the namespace of the link. `alike`:
	 * all have the same source address, so that what the kernel found out of one holds for the
	 * next.
	 */
	int (*send)(struct injector *injector, uint32_t ifindex, uint32_t first, uint32_t n,
	            bool alike, struct error **ret_error);
	void (*free)(struct injector *injector);
};

struct injector {
	const struct injector_kind *kind;
	uint8_t (*slots)[FRAME_SIZE]; /* INJECT_SLOTS of them, aligned to 8 bytes; owned */
};

/* Loads the BPF program and tries it. -EPERM or the like where the kernel does not let us. */
int injector_new_bpf(struct injector **ret_injector, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Opens a raw socket on the far side of the twin; borrows twin and view. Leaves the twin. */
int injector_new_packet(const struct twin *twin, const struct netview *view,
                        struct injector **ret_injector, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

void injector_free(struct injector *injector);
