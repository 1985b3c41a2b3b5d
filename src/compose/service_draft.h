/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files read so far say of services, while more are merged over it.
 *
 * A draft is one service; merging follows the tool: lists of ports are joined, all else is
 * replaced, and !reset and !override do what the tool does with them.
 */
#pragma once

#include "compose/tool.h"
#include "yaml/yaml.h"

struct service_draft {
	struct compose_service service;
	bool ports_replace;            /* !override, !reset: what stood before is forgotten */
	bool has_profiles, profile_on; /* it starts without any, or where one is switched on */
	/* Its networks by name; none: the default one. */
	VEC(const char *) networks;
};
VEC_TYPE(drafts, struct service_draft);

/*
 * Reads a service out of a file, without what it extends. 0 and a draft for service_draft_done() in
 * any case; -ENOMEM, or -EINVAL with a sentence.
 */
int service_draft_read(const struct tool_rules *rules, const struct yaml_node *node,
                       struct arena *arena, struct service_draft *draft, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* Puts what `over` says over a draft; `over` is left as it is. 0, -ENOMEM, or -E2BIG
 * where there are more ports than any service has. */
int service_draft_merge(const struct tool_rules *rules, struct service_draft *draft,
                        const struct service_draft *over)
    __attribute__((nonnull, warn_unused_result));

void service_draft_done(struct service_draft *draft);
