/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of walls on disk: the one that was put up last, and the one before it.
 *
 * The file is written beside itself and renamed, so that a crash at any byte leaves the old or the
 * new one; it carries a version and a checksum of all the rest.
 */
#pragma once

#include "base/bytes.h"
#include "base/directories.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Names of interfaces, each owned. */
VEC_TYPE(state_names, char *);
/* Adds a copy of a name. 0 or -ENOMEM. */
int state_name_add(struct state_names *names, const char *name)
    __attribute__((nonnull, warn_unused_result));
void state_names_done(struct state_names *names) __attribute__((nonnull));

/* One wall that was put up. */
struct state_wall {
	struct bytes transaction;   /* none: there was no wall */
	struct state_names bridges; /* of engines, that it walls in */
	struct state_names uplinks; /* the default route left by these when somebody applied it */
	bool has_uplinks;           /* that is known: not of walls of older versions */
	char *policy;               /* the file's name, or "fix" */
	char *boot;                 /* the boot in which it was proved: the kernel's boot_id */
	time_t applied, proved;
	uint64_t packets; /* of the proof */
	bool log_only, hard_asked;
};

struct state {
	struct state_wall now, before;
	bool has_before; /* there is something to roll back to, be it no wall */
};

/*
 * Reads the state. 0; 1 where there is none; or a negative errno with a sentence: -EBADMSG for one
 * that is damaged or of a version that is not known. To be released in any case.
 */
int state_read(struct state *ret_state, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/* Reads the document. False where it is damaged; the state is to be released in any case. */
bool state_parse(const struct bytes *bytes, struct state *state) __attribute__((nonnull));

/*
 * Writes it in two steps, each 0 or a negative errno with a sentence: beside the old one, which
 * fails where there is no room; and in its place, which does not need any.
 */
int state_prepare(const struct state *state, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
int state_publish(struct error **ret_error);
/* Takes back what was prepared. */
void state_discard(void);

/* Both. 0 or a negative errno with a sentence: then the old one is there still. */
int state_write(const struct state *state, struct error **ret_error) __attribute__((nonnull(1)));

/*
 * Keeps the policy that `fix` wrote beside the state, for who keeps its wall. Its path, borrowed
 * until the next call, or NULL with errno set.
 */
const char *state_keep_policy(const char *text) __attribute__((nonnull));

/* Takes all of it away. 0 or a negative errno with a sentence. */
int state_remove(struct error **ret_error);

/* The kernel's boot_id, or "". */
void state_boot(char boot[static 40]);

void state_wall_done(struct state_wall *wall) __attribute__((nonnull));
void state_done(struct state *state) __attribute__((nonnull));
