/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the wall behind DOCKER-USER share; see docker_user.h. */
#pragma once

#include "wall/docker_user.h"

/* What is at a place. */
struct user_found {
	bool user_chain;    /* DOCKER-USER is there */
	bool hooked;        /* FORWARD jumps to it, without a condition */
	unsigned jumps;     /* from it to the wall */
	VEC(char *) chains; /* of the wall; each owned */
};

/* Finds out. 0 or -ENOMEM; to be released in any case. */
int user_find(const struct netview *view, const struct user_place *place,
              struct user_found *ret_found) __attribute__((nonnull, warn_unused_result));
void user_found_done(struct user_found *found) __attribute__((nonnull));

/* Whether a chain is called like one of the wall's. */
bool is_wall_chain(const char *name) __attribute__((nonnull));
