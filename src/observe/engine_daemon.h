/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine's daemon was told at its start, as far as its API does not say it. */
#pragma once

#include <jansson.h>
#include <sys/types.h>

/*
 * The "daemon" document: facts from the command line, configuration file and environment of the
 * daemon that listens on the socket. `peer` is who does so, 0 where it is in a PID namespace that
 * cannot be seen from here. What is not known has no key. NULL when memory is out.
 */
json_t *engine_daemon_document(pid_t peer);
