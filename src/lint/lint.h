/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a Compose project before it runs: who would get in that nobody may have meant.
 * And what is wrong with saved rules before they are loaded.
 *
 * Pure. Strings are borrowed from the lint's arena or the project, which must outlive it.
 */
#pragma once

#include "audit/audit.h"
#include "compose/compose.h"

enum lint_rule {
	LINT_EVERY_ADDRESS,   /* no address is written: all of them, IPv6 too */
	LINT_BLANK_ADDRESS,   /* one is written, by a variable that is empty */
	LINT_DROPPED_ADDRESS, /* the stack passes the address over */
	LINT_SECOND_DOOR,     /* the same port again, wider than the first time */
	LINT_RANDOM_PORT,     /* any free port, on every address */
	LINT_HOST_NETWORK,    /* ports beside network_mode: host */
	LINT_GATEWAY_NETWORK, /* networks disagree on the address */
	LINT_LOOPBACK_WIRE,   /* 127.0.0.1 under an engine that does not guard it */
	LINT_BASE_SIXTY,      /* 22:22 without quotes */
	LINT_NO_IPTABLES,     /* the daemon writes no rules */
	LINT_API,             /* the daemon listens on TCP */
	LINT_SAVED_WALL,      /* saved rules have the wall's table in them */
	LINT_SAVED_FLAGS,     /* a flag that nft cannot read back */
	LINT_SAVED_EXTENSION, /* an extension of iptables that nft cannot read back */
	LINT_SAVED_LOST,      /* a condition that stands in a comment */
	LINT_SAVED_ENGINE,    /* the engine's own rules */
	LINT_SAVED_FLUSH,     /* everybody's rules go when they are loaded */
	LINT_RULES
};

struct lint_finding {
	enum lint_rule rule;
	enum finding_kind kind;
	enum severity severity;
	const char *mechanism; /* "M01"; NULL: none of docs/exposures.md */
	const char *service;   /* NULL: about the daemon */
	struct compose_place place;
	unsigned tools;          /* bits 1 << enum compose_tool: who does so */
	const char *why, *fix;   /* a sentence each */
	const char *replacement; /* what would stand at the place instead; NULL: not by itself */
};

/* daemon.json, as far as it matters here. */
struct lint_daemon {
	const char *file;       /* NULL: none was given */
	struct address ip;      /* network bridge's default address; family 0: every address */
	struct address network; /* of networks that are made anew: default-network-opts */
	bool no_iptables;
	const char *tcp; /* a TCP address it listens on without TLS; NULL: none */
};

struct lint_options {
	unsigned tools;        /* bits of those to look at; 0: all, but see lint_run() */
	unsigned engine_major; /* 0: not known */
	struct lint_daemon daemon;
};

struct lint {
	struct arena arena;
	const struct compose *compose;
	unsigned tools;                    /* that were looked at */
	VEC(struct lint_finding) findings; /* by file and line */
};

/* "published-everywhere", ...: a word for a rule, and what it is about. */
const char *lint_rule_name(enum lint_rule rule);
const char *lint_rule_text(enum lint_rule rule);

/* Reads daemon.json. 0, or a negative errno with a sentence; strings live in the arena. */
int lint_daemon_read(const char *path, struct arena *arena, struct lint_daemon *ret_daemon,
                     struct error **ret_error)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Whether a text is rules: a file for nft, or what iptables-save printed. */
bool lint_saved_is(const char *text, size_t len) __attribute__((nonnull));

/*
 * Judges saved rules: what would not load, or would do another thing than it did. Findings are
 * added behind those that there are, in the order of lines, each rule's first place alone; `file`
 * is borrowed. 0 or -ENOMEM.
 */
int lint_saved(struct lint *lint, const char *file, const char *text, size_t len)
    __attribute__((nonnull, warn_unused_result));

/*
 * Judges a project. Where no tools are asked for, those that are old or another matter count only
 * where the files look like theirs: docker-compose 1.29 where there is a `version`, the stack where
 * a service has `deploy`. 0 and a lint for lint_free(), or -ENOMEM.
 */
int lint_run(const struct compose *compose, const struct lint_options *options,
             struct lint **ret_lint) __attribute__((nonnull, warn_unused_result));
void lint_free(struct lint *lint);
DEFINE_CLEANUP(struct lint, lint_free);
