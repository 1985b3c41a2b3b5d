/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the admin, by the command or the webhook that the policy names.
 *
 * Theory of operation. Each message is a JSON object of one line. A command gets it on standard
 * input; it is run by its path, without a shell and without arguments, with PATH alone in its
 * environment, for 30 seconds at most. A webhook gets it as a POST. Either happens in a process of
 * its own, which the guard does not wait for. What was told already is not told again within an
 * hour, and a flood is cut: ten messages a minute, and then how many more there were.
 */
#pragma once

#include "intent/policy.h"

#include <time.h>

struct notify;

/* NULL without memory: then nothing is told. */
struct notify *notify_new(void);
void notify_free(struct notify *notify);
DEFINE_CLEANUP(struct notify, notify_free);

/* Whether a message may be sent now, and how many were held back since the last that was: the part
 * of notify_tell() that decides. `text` tells messages apart; `now` counts seconds and never goes
 * back, as the clock of day may. */
bool notify_admits(struct notify *notify, const char *text, int64_t now, unsigned *ret_held)
    __attribute__((nonnull));

/* Tells something. Does nothing where the policy names nobody. */
void notify_tell(struct notify *notify, const struct policy *policy, const char *kind,
                 const char *container, const char *text);

/* The message. The caller frees; NULL without memory. `held` 0: none were held back. */
char *notify_message(const char *kind, const char *container, const char *text, unsigned held,
                     time_t now) __attribute__((nonnull(1, 3)));
