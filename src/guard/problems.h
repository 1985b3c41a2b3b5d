/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which problems there are from proof to proof: each is told when it begins and when it is gone,
 * not each time that it is found.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

struct problems;

/* None yet; NULL without memory. */
struct problems *problems_new(void);
void problems_free(struct problems *problems);
DEFINE_CLEANUP(struct problems, problems_free);

/* A proof found a problem. Whether it was not there at the last one; true without memory. */
bool problems_see(struct problems *problems, const char *container, const char *text)
    __attribute__((nonnull(1, 3)));

/* The proof has told all: calls gone() for those that it did not find, and forgets them. */
void problems_settle(struct problems *problems,
                     void (*gone)(const char *container, const char *text, void *data), void *data)
    __attribute__((nonnull(1, 2)));
