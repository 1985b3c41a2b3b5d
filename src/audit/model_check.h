/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds the model of the rules against the kernel: what a probe came to must be what the walk
 * through the snapshot's rules and routes (reach/host_walk.h) says, or one of the ends that it
 * leaves open. If not, one of the two is wrong, and the audit has a finding with both stories.
 */
#pragma once

#include "audit/audit.h"
#include "prove/probe.h"
#include "reach/host.h"

/* The model of one view, while its probes are sent. */
struct model_check {
	struct host *host; /* NULL: there is none, and nothing is compared */
	size_t every;      /* one probe in so many is walked */
	unsigned differs;  /* how many did */
};

/*
 * Gets ready for probes of a view, which is borrowed. Rules that cannot be read so are a note, not
 * a failure: the packets still tell. 0 or -ENOMEM.
 */
int model_check_init(struct model_check *check, struct audit *audit, const struct netview *view)
    __attribute__((nonnull, warn_unused_result));
/* That n probes will be sent, so that not too many are walked. */
void model_check_expect(struct model_check *check, size_t n) __attribute__((nonnull));
void model_check_done(struct model_check *check) __attribute__((nonnull));

/* Compares the arrival of the probe of a number. 0 or -ENOMEM. */
int model_check_probe(struct model_check *check, struct audit *audit, size_t number,
                      const struct probe *probe, const struct arrival *arrival)
    __attribute__((nonnull, warn_unused_result));
