/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What broker.c and its child process have between them. */
#pragma once

#include "observe/broker.h"

/* What stands before the bytes of an answer on the wire between the two. */
struct broker_header {
	uint32_t tag;
	int32_t status;
	uint32_t http;
	int32_t peer;
	uint64_t len;
};

/* No answer is ever larger than this. */
enum { BROKER_ANSWER_CAP = 64 << 20 };

/*
 * Gives up what the child does not need: capabilities, new privileges, system calls. 0 or a
 * negative errno.
 */
int broker_confine(void) __attribute__((warn_unused_result));

/* The child's life: answers on descriptor `wire` until its parent hangs up. Never returns. */
void broker_child_run(int wire, const char *path, unsigned timeout_msec)
    __attribute__((nonnull, noreturn));
