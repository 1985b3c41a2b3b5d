/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan: the wall that a policy asks for, and what becomes of each problem and each way in, were
 * it put up.
 *
 * Theory of operation. The plan is made of a second look at the host, into which the wall's table
 * is staged (wall/stage.h); an audit of that proves with packets what the first audit is compared
 * with. A plan is good if what gets in then is what was meant, as far as a wall can see to it, and
 * if nobody who was meant and got in before is kept out. What a wall cannot close - other
 * containers, the LAN's own addresses, processes that carry a port out - remains, by name.
 */
#pragma once

#include "audit/audit.h"
#include "change/session.h"
#include "wall/docker_user.h"

struct plan {
	struct arena arena;
	struct snapshot *snapshot; /* as it would be */
	struct intent *intent;
	struct wall *wall;
	struct audit *after;
	struct bytes transaction;
	struct user_places places; /* of a wall behind DOCKER-USER; none: a table of its own */
	bool changes;              /* another wall is up now, or none */
	struct notes closes;       /* problems that go away */
	struct notes remains;      /* problems that no wall closes, or that are only reported */
	struct notes exposed;      /* what should be closed and is not: not a good plan */
	/* Who was meant, got in before, and would not; a session of ours: likewise. */
	struct notes lost;
	struct notes cannot; /* what a wall behind DOCKER-USER cannot close at all */
};

struct plan_options {
	bool log_only, user_namespace;
	bool docker_user; /* rules behind DOCKER-USER instead of a table of its own */
	const struct sessions *sessions;                /* that must not be cut; NULL: none */
	void (*progress)(const char *what, void *data); /* may be NULL */
	void *progress_data;
};

/*
 * Makes a plan by a policy, from an audit and a second, fresh snapshot of the same host, which it
 * takes. 0 and a plan for plan_free(), or a negative errno with a sentence.
 */
int plan_make(const struct policy *policy, const struct audit *before, struct snapshot *snapshot,
              const struct plan_options *options, struct plan **ret_plan, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4, 5), warn_unused_result));

/* Whether a plan may be carried out. */
bool plan_is_good(const struct plan *plan) __attribute__((nonnull));

/*
 * Compares two audits: what the second closed of the first, what it left, and what it should not
 * have. Adds to the plan's lists. 0 or -ENOMEM.
 */
int plan_compare(struct plan *plan, const struct audit *before, const struct audit *after)
    __attribute__((nonnull, warn_unused_result));

void plan_free(struct plan *plan);
DEFINE_CLEANUP(struct plan, plan_free);
