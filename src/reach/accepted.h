/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets through a ruleset: the sources that it accepts, by the rule that does, and for certain
 * or not.
 *
 * Theory of operation. A compiled function (compile.h) is asked for sources first. What is left of
 * it for a run of sources is a function of all that was not given: if none of its outcomes is a
 * drop, they get through whatever that is (must); else some do (may), and what its verdict depends
 * on is named. One run of sources may be accepted by several rules, and is then listed with each.
 */
#pragma once

#include "reach/question.h"
#include "reach/regions.h"

VEC_TYPE(phrases, const char *);

/* Sources that one rule accepts. */
struct accepted {
	uint8_t family;         /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	struct reach_note rule; /* no chain: none of this hook looks at such packets */
	bool must;
	struct phrases unknown; /* what decides, where it is not must; borrowed from the ruleset */
	struct prefix_list sources; /* in rising order */
};

/* How much memory one analysis may take. */
#define REACH_BYTES_MOST ((size_t)512 << 20)

struct accepted_list {
	size_t max_bytes;           /* 0: REACH_BYTES_MOST */
	VEC(struct accepted) items; /* as the rules come in the file, must before may */
};

/*
 * Finds the sources that get through. The ruleset is borrowed as long as the list lives; `path` is
 * for messages. 0; -EINVAL when the ruleset is none that the kernel would take, -E2BIG when it is
 * too much for us, each with a sentence; -ENOMEM. To be released in any case.
 */
int accepted_find(const struct ruleset *ruleset, const char *path,
                  const struct reach_question *question, struct accepted_list *ret_list,
                  struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
void accepted_done(struct accepted_list *list) __attribute__((nonnull));
