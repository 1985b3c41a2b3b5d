/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sending and tracing share; see prove.h. */
#pragma once

#include "prove/catch.h"
#include "prove/inject.h"

#include <assert.h>

struct prover {
	struct twin *twin;          /* borrowed; NULL: live */
	const struct netview *view; /* borrowed */
	struct catcher *catcher;
	struct injector *injector;
	bool steered;  /* received packets may be moved to other CPUs (RPS) */
	int control;   /* a socket in the namespace, for questions about links */
	uint32_t tag;  /* of our ids */
	uint32_t base; /* index of the first probe of the chunk that is under way */
	/* Whether the ports with sockets have been selected in the catcher (catcher_select()). */
	enum { LISTENING_UNKNOWN, LISTENING_SELECTED, LISTENING_MANY } listening;
	struct prove_counts counts;
	struct tracer *tracer; /* made by the first trace */
};

enum {
	/* Three chunks' worth of indexes are used in turn, so that a straggler is not taken for
	 * a probe of the next chunk; traced probes have one of their own. */
	PROVER_TURNS = 3,
	PROVER_TRACE_INDEX = PROVER_TURNS * INJECT_SLOTS,
};
static_assert(PROVER_TRACE_INDEX < (int)CATCH_SELECTIVE && CATCH_SELECTIVE < 1 << CATCH_INDEX_BITS,
              "indexes fit below the tag");

/* Sends one probe under an index of its own and fills its arrival. */
int prover_send_one(struct prover *prover, const struct probe *probe, uint32_t index,
                    struct arrival *ret_arrival, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* Moves into the namespace that is probed, and back. */
int prover_enter(struct prover *prover, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
int prover_leave(struct prover *prover, int status, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Releases what prover_trace() keeps; NULL is fine. */
void tracer_free(struct tracer *tracer);
DEFINE_CLEANUP(struct tracer, tracer_free);
