/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of HAProxy's reader share. Private to site. */
#pragma once

#include "base/error.h"
#include "site/site.h"

enum { HAPROXY_LINES_CAP = 100000, HAPROXY_WORDS_CAP = 2048 };

/* A line that is no comment; a section is its first line, and those up to the next section. */
struct haproxy_line {
	const char *const *words; /* the first is the keyword */
	size_t n;
	unsigned line;
	bool heads; /* it begins a section */
	struct haproxy_line *next;
};

/* What a condition asks of a request, as far as it can be told. */
struct haproxy_condition {
	const char *const *names; /* one of these; none: any */
	size_t n_names;
	const char *path; /* NULL: any */
	const struct prefix *sources;
	size_t n_sources;
	bool asks_sources;    /* the sender is one of `sources` */
	bool refuses_sources; /* the sender is none of them */
	bool asks_auth;       /* no password was given yet */
	bool has_auth;        /* it was */
	const char *guess;    /* NULL: that is all of it */
};

/*
 * Reads a file's text into lines, in order. 0, or -EBADMSG, -EFBIG, -ENOMEM with a sentence that
 * begins "name:line:column: ".
 */
int haproxy_lines(const char *name, const char *text, size_t len, struct arena *arena,
                  struct haproxy_line **ret_first, struct error **ret_error)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

/*
 * What the words from `at` on ask for, "if" or "unless" first, by the access lists of a section;
 * none ask for nothing. 0, -E2BIG or -ENOMEM.
 */
int haproxy_condition(const struct haproxy_line *section, const struct haproxy_line *line,
                      size_t at, struct site_map *map, struct haproxy_condition *ret_condition)
    __attribute__((nonnull, warn_unused_result));
