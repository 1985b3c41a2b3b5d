/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What collect.sh printed: sections, each with the output of one command.
 *
 * A line of output has a space in front of it and a complaint of the command a "!"; a line without
 * is the collection's own: "seawall-collection 1" first, "section NAME[:OF]" before each output,
 * "end" last.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/vec.h"

/* One section. All is borrowed from the collection. */
struct section {
	const char *name, *of; /* "routes" and "4"; `of` is "" where it has none */
	const char *text;      /* the output, ends with 0 */
	size_t len;
	const char *complaint; /* the first line that the command complained by, or NULL */
	size_t line;           /* of the file, where it begins */
};

struct collection {
	const char *path; /* as messages name it; borrowed from the caller */
	struct bytes bytes;
	VEC(struct section) sections;
};

/* The first line of a file that is a collection. */
#define COLLECTION_MAGIC "seawall-collection "

/*
 * Takes apart what was read from `path`, and takes the bytes over in any case. 0, or -EBADMSG with
 * "path:line:column: " and what was expected, or -ENOMEM. The caller releases it in any case.
 */
int collection_read(const char *path, struct bytes *bytes, struct collection *ret_collection,
                    struct error **ret_error) __attribute__((nonnull(1, 2, 3), warn_unused_result));
void collection_done(struct collection *collection) __attribute__((nonnull));
#define _cleanup_collection_ _cleanup_(collection_done)

/* The section of a name, or NULL; of several ("routes"), that of `of`. Borrowed. */
const struct section *collection_section(const struct collection *collection, const char *name,
                                         const char *of) __attribute__((nonnull));

/* The output of a section without the white space at its end, as a string that the caller frees; ""
 * where there is no such section. NULL without memory. */
char *collection_word(const struct collection *collection, const char *name)
    __attribute__((nonnull));

/* Walks the lines of a section: the next one, cut at its end, empty ones left out; NULL behind the
 * last. *at is NULL first. The caller frees nothing; lines are cut in place. */
char *section_line(const struct section *section, char **at) __attribute__((nonnull));
