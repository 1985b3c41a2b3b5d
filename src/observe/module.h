/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether asking the kernel for something would make it load a module. */
#pragma once

#include <stdbool.h>

/*
 * Whether the running kernel has the name ("nf_tables") as a module that is not loaded: then none
 * of its objects can exist, and a question would load it. False where this cannot be told.
 */
bool module_asleep(const char *name) __attribute__((nonnull));
