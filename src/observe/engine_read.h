/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the engine, through the broker, and understands its answers.
 *
 * Two steps, so that a capture file and a live engine are parsed by the same code:
 * engine_fetch() asks, prunes each answer to the keys we parse, and stores the documents;
 * engine_parse() fills the rest of struct engine from the documents alone.
 */
#pragma once

#include "observe/snapshot.h"

/*
 * Fetches and prunes. Never fails for what the engine did: that is engine.status and status_text.
 * 0 or -ENOMEM.
 */
int engine_fetch(struct snapshot *snapshot, const char *socket, unsigned timeout_msec,
                 struct error **ret_error) __attribute__((nonnull(1), warn_unused_result));

/* Parses engine.documents. 0, -EBADMSG with a sentence naming the document and the key, or -ENOMEM.
 */
int engine_parse(struct snapshot *snapshot, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * Cuts an answer down to the keys that engine_parse() reads: an allow-list, so that no environment,
 * command line or foreign label value can get into a capture. Returns a string the caller frees, or
 * NULL with a sentence when the bytes are not the JSON that was expected.
 */
char *engine_prune(const char *request, const char *json, size_t len, struct error **ret_error)
    __attribute__((nonnull(1, 2)));
