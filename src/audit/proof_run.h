/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the proof through a namespace, and the questions asked after the first answers.
 *
 * Theory of operation. A rule that counts, remembers or draws lots (reach/rule_unsteady.h) is not
 * asked, for its answer would be that of a probe, not of a packet. Instead everything is sent
 * through several twins, one a pass, in which those rules always say the same: all that open
 * matching and none that close is the most that can get through, the reverse the least. Those of
 * which neither is known are tried all, none, and each alone. What arrives in any pass is open;
 * what does not arrive in all of them is so by that rule's leave, and says so. Where no rule
 * wavers there is one pass, of the view as it is.
 */
#pragma once

#include "audit/decide.h"
#include "audit/model_check.h"
#include "audit/proof.h"
#include "rules/listing/unsteady.h"

enum { PASSES_MOST = 12 };

/* A twin of the view in which rules that waver answer one way. */
struct pass {
	struct variant *variant;    /* NULL: no rule wavers */
	const struct netview *view; /* the variant's, or the run's own */
	struct twin *twin;
	struct prover *prover;
};

/* What one run through a namespace needs at hand. */
struct run {
	struct audit *audit;
	const struct audit_options *options;
	const struct netview *view;
	const struct container *container; /* whose view it is; NULL: the host's */
	const struct vantages *vantages;
	const struct endpoint_index *index;
	struct unsteady_rules unsteady;
	struct pass passes[PASSES_MOST]; /* the first lets the most through */
	unsigned n_passes;
	struct prover *live;       /* the host's own; NULL unless asked for */
	struct prover *prover;     /* the one that is being sent through */
	unsigned pass;             /* and the pass that this is */
	struct model_check model;  /* what reading the rules says of the same probes */
	struct hits hits;          /* in the order of their probes */
	const struct sweep *sweep; /* the one under way */
	uint64_t order;            /* of the probe whose arrival is looked at */
	uint64_t sweep_order;      /* and of the sweep's first */
};

/* Makes the passes. 0, or a negative errno with a sentence. */
int passes_make(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));
void passes_done(struct run *run);

/* The bits of all passes. */
uint32_t passes_all(const struct run *run);
/* The first pass whose bit is set, or the first of all. */
const struct pass *passes_first(const struct run *run, uint32_t passes);

/*
 * Adds the hits of one more pass to those of the passes before it; both are in the order of their
 * probes. 0 or -ENOMEM.
 */
int passes_join(struct hits *hits, const struct hits *more) __attribute__((warn_unused_result));

/* Whether a rule sends packets by lot in a way that no pass can tell. */
bool run_draws(const struct run *run);

/* Whether two hits are the same packet with the same fate. */
bool same_hit(const struct hit *a, const struct hit *b);

/* Notes in the reach entries which passes their packets arrived in. */
void passes_mark(struct run *run);

/* Names the rules that doubtful entries hang on. */
int run_doubts(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));

/* Whether an entry came from the view of this run. */
bool entry_of_run(const struct run *run, const struct audit_endpoint *endpoint);

/* Sends each entry's witness once more: it must arrive as before, or it disagrees. */
int run_confirm(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));

/* Traces witnesses of entries, problems first: the deciding rules. */
int run_trace(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));

/* Finds mappings that are meant for outsiders and let nobody in. */
int run_blocked(struct run *run, struct proof *proof, struct error **ret_error)
    __attribute__((warn_unused_result));

/*
 * Asks what INPUT would have said to packets that the engine's NAT led around it. The twins have
 * lost that NAT afterwards.
 */
int run_bypasses(struct run *run, struct error **ret_error) __attribute__((warn_unused_result));
