/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes who gets through a saved ruleset, for a person or a program. */
#pragma once

#include "reach/accepted.h"
#include "reach/matrix.h"
#include "report/report.h"

/* A table's family as nft has it: "ip", "ip6", "inet", ... */
const char *table_family_name(uint8_t family);

/* A rule's text, or its chain's policy in the words of its file: ":INPUT ACCEPT", "policy accept".
 */
char *note_text(const struct reach_note *note) __attribute__((nonnull, warn_unused_result));

/* The stable JSON of `seawall reach --rules FILE`. 0, -ENOMEM or -EIO. */
int reach_report_json(const struct accepted_list *list, FILE *out)
    __attribute__((nonnull, warn_unused_result));
int reach_matrix_json(const struct matrix *matrix, FILE *out)
    __attribute__((nonnull, warn_unused_result));

/* The same for a person; `path` is the file's name. 0, -ENOMEM or -EIO. */
int reach_report_text(const struct accepted_list *list, const struct reach_question *question,
                      const char *path, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));
int reach_matrix_text(const struct matrix *matrix, const struct reach_question *question,
                      const char *path, const struct report_style *style, FILE *out)
    __attribute__((nonnull, warn_unused_result));
