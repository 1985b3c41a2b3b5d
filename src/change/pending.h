/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change that goes back by itself unless somebody confirms it.
 *
 * Theory of operation. A child process of its own session holds what to go back to in its memory
 * and waits; it needs neither the process that made it, nor its terminal, nor the disk. That a
 * change waits is a file in the runtime directory, which the child holds a lock on: who takes the
 * file away has confirmed. When the time is over and the file is still there, the child sends the
 * old transaction.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "change/state.h"

struct pending {
	time_t until; /* UTC */
};

/*
 * Starts the wait, before the change is made. `back` is the transaction to go back to, `state` what
 * to write then (NULL: take the state away). 0, or a negative errno with a sentence.
 */
int pending_start(unsigned seconds, const struct bytes *back, const struct state *state,
                  struct error **ret_error) __attribute__((nonnull(2), warn_unused_result));

/* What is waiting. False: nothing is, or the child is gone. */
bool pending_read(struct pending *ret_pending) __attribute__((nonnull));

/* Confirms, or calls a wait off. False: nothing was waiting. */
bool pending_end(void);

/*
 * Takes the lock that all changes hold, until change_unlock() or the end of the process; waits some
 * seconds for another's end. 0 or a negative errno with a sentence.
 */
int change_lock(struct error **ret_error);
void change_unlock(void);
/* The same without waiting, for who must not. False: another process has it, or it cannot be had.
 */
bool change_try_lock(void);
