/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the writer and the reader of capture files agree on.
 *
 * One JSON object a line; the first key of each (after "container") is its kind:
 *	{"seawall_capture":1,"version":TEXT,"host":TEXT,"kernel":TEXT,"taken":RFC 3339 UTC}
 *	{"raw":KIND,"data":BASE64}		whole netlink messages of a kind, see
 *raw_kind_name()
 *	{"xtables":{"family":"ip"|"ip6","name":TEXT,"info":BASE64,"entries":BASE64}}
 *						without "info": more entries of the table before
 *	{"sysctl":[PATH,VALUE]}
 *	{"socket":{"protocol","address","port","v6only","ifindex","inode","pid","comm","container"}}
 *	{"flow":{"protocol","source","source_port","to","to_port","target","target_port","count"}}
 *	{"site":{"proxy","of","names","listens","location","target",...}}	capture_site.c
 *	{"engine":{"status":TEXT,"text":TEXT,"socket":PATH}}
 *	{"document":{"request":TEXT,"json":{...}}}	an answer of the engine, pruned
 *	{"incomplete":TEXT}			with "of":"net" for the host's network
 *	{"end":{"records":COUNT}}		of records before it; without it the file is cut
 *short Records about a container's own network namespace have its id before their kind, come after
 *all others, and are "sockets_known":true, "view":true, or one of raw, xtables, sysctl, socket and
 * incomplete.
 */
#pragma once

#include "observe/snapshot.h"

enum {
	CAPTURE_VERSION = 1,
	CAPTURE_CHUNK = 48 * 1024,   /* bytes that become one line of base64, or a bit more */
	CAPTURE_LINE_CAP = 16 << 20, /* the longest line */
	CAPTURE_TOTAL_CAP = 1 << 30, /* the largest file */
	CAPTURE_RUN_CAP = 256 << 20, /* of one run of raw messages or one legacy table */
	CAPTURE_TIME_TEXT = 32,
};

/* "none", "ok", "denied", ... */
const char *engine_status_name(enum engine_status status);
/* The status of a name, or -1. */
int engine_status_from_name(const char *name) __attribute__((nonnull));
