/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying a plan out, proving it, and going back.
 *
 * What is done, in this order, so that a process that is killed at any point leaves the host as it
 * was or as it was to be: the lock; the new state on disk, beside the old one; the wait for a
 * confirmation, in a process of its own; one transaction; a new look at the host and a proof of
 * what is there now, and if that is not good the old transaction; the new state in place of the
 * old one.
 */
#pragma once

#include "change/plan.h"
#include "change/state.h"
#include "observe/observe.h"

struct apply_options {
	struct observe_options observe;
	const struct policy *policy;
	const char *policy_name; /* for the state */
	unsigned confirm;        /* seconds; 0: for good */
	void (*progress)(const char *what, void *data);
	void *progress_data;
};

enum apply_outcome {
	APPLY_DONE,      /* in force, and proved */
	APPLY_WENT_BACK, /* what was there then was not good: the old wall is up again */
};

struct apply_result {
	enum apply_outcome outcome;
	struct plan *check; /* what the second proof said: lists, and the audit; owned */
	const char
	    *old_state; /* why there was nothing to go back to, or NULL; from check's arena */
};

/*
 * Carries a good plan out; `before` is the audit that it was made from. 0 and a result for
 * apply_result_done(), or a negative errno with a sentence: then nothing was changed, or it was
 * changed back.
 */
int apply_plan(const struct plan *plan, const struct audit *before,
               const struct apply_options *options, struct apply_result *ret_result,
               struct error **ret_error) __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
void apply_result_done(struct apply_result *result) __attribute__((nonnull));

/* Puts the wall before this one up again. 0, or a negative errno with a sentence: -ENOENT if there
 * is none to go back to. */
int apply_rollback(struct error **ret_error) __attribute__((warn_unused_result));

/*
 * Takes the wall, its state and a wait away. With `force` what cannot be locked, read or written is
 * no hindrance. 0 or a negative errno with a sentence.
 */
int apply_remove(bool force, struct error **ret_error) __attribute__((warn_unused_result));

/*
 * Puts up what holds from a start of the machine on until a policy is applied: a wall without a
 * door around the bridges that the kept one was around, and around what is called like Docker's. A
 * state that is damaged keeps closed what is called so. 1 where nothing is kept, so that nothing is
 * put up; 0; or a negative errno with a sentence.
 */
int apply_boot(struct error **ret_error) __attribute__((warn_unused_result));
