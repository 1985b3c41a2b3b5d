/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a snapshot that are made of a collection. Private to collect. */
#pragma once

#include "collect/collection.h"
#include "observe/snapshot.h"

/*
 * Each fills its part of the snapshot; what a command complained of is noted as not known. 0, or a
 * negative errno with a sentence: -EBADMSG where an output is none of its command's.
 */
int collect_network(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));
int collect_sockets(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));
int collect_engine(const struct collection *collection, struct snapshot *snapshot,
                   struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));
/* The rules: the text is given to the tools that read it, in a copy of the network, which tells
 * them then as the kernel has them. The network must have been read. */
int collect_rules(const struct collection *collection, struct snapshot *snapshot,
                  struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));

/* Gives the rules that were made, which are in the view's raw messages, the handles that they have
 * on their host. 0 or -ENOMEM. */
int collect_handles(const struct collection *collection, struct netview *view)
    __attribute__((nonnull, warn_unused_result));

/* What listens in each container; once the engine's containers are known. */
int collect_listens(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error) __attribute__((nonnull(1, 2), warn_unused_result));

/* Reports an output as none that its command makes: "path: NAME: what is wrong", with the line
 * where the section begins. Returns -EBADMSG. */
int section_bad(const struct collection *collection, const struct section *section,
                struct error **ret_error, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull(1, 2, 4)));

/* Puts "path:line:1: " before the sentence of an -EBADMSG that has no place yet: where the section
 * begins, or the file (NULL). Returns the status. */
int section_place(const struct collection *collection, const struct section *section, int status,
                  struct error **ret_error) __attribute__((nonnull(1)));

/* Notes a section's complaint, if it has one, as something of the network that is not known. 0 or
 * -ENOMEM. */
int section_complaint(const struct section *section, struct netview *view)
    __attribute__((nonnull(2), warn_unused_result));
