/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper of a hard wall: a small process that holds the socket which owns the table.
 *
 * Theory of operation. A table with an owner (NFT_TABLE_F_OWNER, net/netfilter/nf_tables_api.c) can
 * be changed, flushed or deleted through one netlink socket only, and `nft flush ruleset` passes
 * over it. Commands come and go, so the socket lives in a process of its own, which does nothing
 * but lend it: who connects to its unix socket and is root gets the descriptor, and sends for
 * himself. The keeper reads no rules and has no rights; when it dies the table stays
 * (NFT_TABLE_F_PERSIST), but anybody with rights can change it then.
 */
#pragma once

#include <sys/types.h>

/* The netlink socket that owns the table, a descriptor for the caller to close; -ENOENT where there
 * is no keeper, or another negative errno. */
int keeper_borrow(void);

/* Makes a keeper that holds a socket, which the caller keeps too. 0 or a negative errno. */
int keeper_start(int netlink_fd) __attribute__((warn_unused_result));

/* The keeper's process, or 0. */
pid_t keeper_pid(void);

/* Ends the keeper, also one that hangs. Returns when it is gone. */
void keeper_end(void);
