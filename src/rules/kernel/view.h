/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that a kernel holds, as a ruleset. */
#pragma once

#include "observe/netview.h"
#include "rules/ruleset.h"

/*
 * Fills an empty ruleset with all rules of a view, which has been decoded: nf_tables' in the order
 * of the dump, then legacy xtables'. Nothing is left out: what the form cannot say is a named
 * unknown. 0, -EBADMSG with a sentence for a message that is malformed, -E2BIG beyond a cap,
 * -ENOMEM; on failure the ruleset is to be released all the same. Borrows nothing from the view.
 */
int ruleset_from_view(const struct netview *view, struct ruleset *ruleset, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
