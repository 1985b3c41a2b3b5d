/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the engine's socket is, and the sentence for a person where the engine cannot be asked. */
#pragma once

#include "observe/snapshot.h"

/*
 * Sets engine.status and engine.status_text, the latter from a printf format. Returns 0 or -ENOMEM.
 */
int engine_unavailable(struct snapshot *snapshot, enum engine_status status, const char *format,
                       ...) __attribute__((format(printf, 3, 4), nonnull));

/*
 * Chooses the socket: `option` (a path or unix:// URL), else $DOCKER_HOST, else the first of the
 * usual places that has one. Gives its path, borrowed from the snapshot's arena, in
 * engine.socket; or leaves that NULL and sets the status. Another engine's socket that is passed
 * over by default is noted as incomplete. 0 or -ENOMEM.
 */
int engine_choose_socket(struct snapshot *snapshot, const char *option)
    __attribute__((nonnull(1), warn_unused_result));
