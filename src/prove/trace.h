/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sources of a trace, and where each of its steps stands in a packet's way. */
#pragma once

#include "prove/prove.h"

struct nlmsghdr;

/* When a step happens: the hook in the order that a packet meets them, and the priority there. */
struct trace_place {
	int stage; /* TRACE_STAGE_* */
	int32_t priority;
};

enum {
	TRACE_STAGE_EARLY, /* ingress, and a bridge before routing */
	TRACE_STAGE_PREROUTING,
	TRACE_STAGE_ROUTED, /* input or forward */
	TRACE_STAGE_POSTROUTING,
	TRACE_STAGE_LATE, /* a bridge after routing */
};

/* Steps, and the place of each. */
struct placed_step {
	struct trace_step step;
	struct trace_place place;
};
VEC_TYPE(placed_steps, struct placed_step);

/*
 * Adds the step that one NFT_MSG_TRACE message tells. Places are looked up in the view's chains.
 * 0 or a negative errno; -EBADMSG when the message is none that the kernel would send.
 */
int trace_nft_step(const struct netview *view, const struct nlmsghdr *message,
                   struct placed_steps *steps) __attribute__((nonnull, warn_unused_result));

/*
 * Adds the legacy rules whose packet counters moved between two readings of the same tables, in
 * the order that one packet meets them. 0 or -ENOMEM.
 */
int trace_legacy_steps(const struct netview *before, const struct netview *after,
                       struct placed_steps *steps) __attribute__((nonnull, warn_unused_result));
