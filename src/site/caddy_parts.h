/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of Caddy's reader share. Private to site. */
#pragma once

#include "site/directive.h"

/*
 * Reads a Caddyfile as a tree: each line a directive, a line that ends with "{" one with a block; a
 * line that is "{" alone, the global options, has the empty word. Imports of files and of snippets
 * are taken in. 0, or -EBADMSG, -EFBIG, -ENOMEM with a sentence that begins "path:line: ".
 */
int caddy_tree(struct config_files *files, const char *path, struct arena *arena,
               struct directive **ret_first, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
