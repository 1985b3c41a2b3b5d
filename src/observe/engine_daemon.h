/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine's daemon was told at its start, as far as its API does not say it. */
#pragma once

#include "base/bytes.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * The "daemon" document: facts from the command line, configuration file and environment of the
 * daemon that listens on the socket. `peer` is who does so, 0 where it is in a PID namespace that
 * cannot be seen from here. What is not known has no key. NULL when memory is out.
 */
json_t *engine_daemon_document(pid_t peer);

/* The same out of what somebody else has read: the arguments, each ending with 0; the file, an
 * object (NULL: it is not known what it says); whether the environment has the one name. */
json_t *engine_daemon_facts(const struct bytes *arguments, const json_t *file, bool insecure)
    __attribute__((nonnull(1)));
