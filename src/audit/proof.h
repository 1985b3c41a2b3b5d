/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proof: sends what witnesses ask for through twins (or the live host), and fills the
 * audit's reach entries, the rule that decides each, and which of them INPUT would deny.
 *
 * Theory of operation. One twin of the host takes all probes. Then each reach entry's witness is
 * sent once more, traced: the trace names the deciding rule, and its arrival must be the same as
 * before - if not, that is a disagreement. Then the engine's NAT is taken out of the twin and the
 * packets that were translated are sent again: what no longer arrives is what the host's own INPUT
 * rules deny. Containers on the LAN itself (macvlan, ipvlan) get a twin of their own namespace
 * each. What could not be copied makes the audit incomplete.
 */
#pragma once

#include "audit/judge.h"

/* A port that is meant to be open and is not: filled for each such (endpoint, interface). */
struct blocked {
	size_t endpoint;
	const char *in;
	struct address to;
	uint16_t to_port;
	struct rule_note rule; /* what dropped it, where the trace tells */
};
VEC_TYPE(blocked_list, struct blocked);

/* A flow to a container that goes on although newcomers are refused (M28). */
struct survivor {
	const struct flow *flow; /* borrowed from the snapshot */
	size_t endpoint;
	const char *in;        /* the link that its sender is behind */
	struct rule_note rule; /* what refuses newcomers, where the trace tells */
};
VEC_TYPE(survivors, struct survivor);

struct proof {
	struct hits host_hits; /* what processes of the host itself would have got */
	struct blocked_list blocked;
	struct survivors survivors;
	struct vantages vantages; /* the host's, for host_hits */
};

/* Proves. Fills endpoints' reach, packets, agree, disagree, seconds and incomplete. */
int proof_run(struct audit *audit, const struct audit_options *options, struct proof *proof,
              struct error **ret_error) __attribute__((nonnull(1, 2, 3), warn_unused_result));

void proof_done(struct proof *proof) __attribute__((nonnull));
