/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who may get in as words, "lan", "10.8.0.7", "any": in the policy file and in labels. */
#pragma once

#include "intent/policy.h"

enum source_word_kind {
	SOURCE_WORD_NAME,      /* no address: perhaps a zone */
	SOURCE_WORD_PREFIX,    /* an address or a prefix */
	SOURCE_WORD_HOST_BITS, /* a prefix with bits beyond its length */
	SOURCE_WORD_LENGTH,    /* an address and a length that there is not */
};

/* What a word was found to be. */
struct source_word {
	struct address address; /* all but of a name: what stands before the slash */
	struct prefix prefix;   /* PREFIX, HOST_BITS: cleared of those bits */
};

/* Reads a word as an address or prefix. */
enum source_word_kind source_word_prefix(const char *text, struct source_word *ret_word)
    __attribute__((nonnull));

/* Adds one of those who may get in. 0 or -ENOMEM. */
int sources_add(struct policy_sources *sources, const struct policy_source *source)
    __attribute__((nonnull, warn_unused_result));

/* Adds every zone that a policy knows. 0 or -ENOMEM. */
int sources_add_all(const struct policy *policy, struct policy_sources *sources)
    __attribute__((nonnull, warn_unused_result));

/* Sorts, and leaves each once. */
void sources_sort(struct policy_sources *sources) __attribute__((nonnull));

/*
 * Who is in both lists, as far as a list can say it. A prefix and a zone have in common what is in
 * both, which no list says: that is left out, unless the zones are all from outside. 0 or -ENOMEM.
 */
int sources_intersect(const struct policy *policy, const struct policy_sources *a,
                      const struct policy_sources *b, struct policy_sources *ret_both)
    __attribute__((nonnull, warn_unused_result));

/* Whether a zone, or just this prefix, is among them. */
bool sources_have(const struct policy_sources *sources, const struct policy_source *source)
    __attribute__((nonnull));

/* Adds all of another list, and sorts. 0 or -ENOMEM. */
int sources_join(struct policy_sources *sources, const struct policy_sources *more)
    __attribute__((nonnull, warn_unused_result));

/* Whether every zone of a policy is among them. */
bool sources_all(const struct policy *policy, const struct policy_sources *sources)
    __attribute__((nonnull));
