/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child that outlives who made it, and the terminal. */
#pragma once

#include <stddef.h>

/*
 * Lets go of everything that the calling process, a fresh child, has from who made it, but for some
 * descriptors: a session of its own, the root directory, /dev/null for the first three, and no
 * signal of a terminal ends it.
 */
void detach(const int *keep, size_t n);
