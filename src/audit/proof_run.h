/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of the proof through a namespace, and the questions asked after the first answers. */
#pragma once

#include "audit/proof.h"

/* What one run through a namespace needs at hand. */
struct run {
	struct audit *audit;
	const struct audit_options *options;
	const struct netview *view;
	const struct container *container; /* whose view it is; NULL: the host's */
	const struct vantages *vantages;
	const struct endpoint_index *index;
	struct prover *prover; /* the twin's */
	struct prover *live;   /* the host's own; NULL unless asked for */
	struct twin *twin;
	struct hits hits;
	const struct sweep *sweep; /* the one under way */
};

/* Sends each entry's witness once more: it must arrive as before, or it disagrees. */
int run_confirm(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));

/* Traces witnesses of entries, problems first: the deciding rules. */
int run_trace(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));

/* Finds mappings that are meant for outsiders and let nobody in. */
int run_blocked(struct run *run, struct proof *proof, struct error **ret_error)
    __attribute__((warn_unused_result));

/*
 * Asks what INPUT would have said to packets that the engine's NAT led around it. The twin has lost
 * that NAT afterwards.
 */
int run_bypasses(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));
