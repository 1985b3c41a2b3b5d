/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In what the tools that read Compose files differ.
 *
 * Seen with docker-compose 1.29.2, Compose 2.40.3 and docker 28.5.2; the lab runs all three on the
 * same files and compares.
 */
#include "compose/tool.h"

static const struct tool_rules rules[] = {
    [COMPOSE_V1] =
        {
            .name = "docker-compose 1.29",
            .env_file = true,
            .extends = true,
            .profiles = true,
            .last_key_wins = true,
            .short_address = true,
            .base_sixty = true,
            .text_numbers = true,
            .host_range_one = true,
            .plain_limits = true,
            .unique_items = true,
            .tags = TAGS_REFUSED,
        },
    [COMPOSE_V2] =
        {
            .name = "Compose v2",
            .env_file = true,
            .extends = true,
            .include = true,
            .profiles = true,
            .alternatives = true,
            .nested = true,
            .bare_dollar = true,
            .long_address = true,
            .short_address = true,
            .text_numbers = true,
            .host_range_one = true,
            .plain_limits = true,
            .tags = TAGS_OBEYED,
        },
    [COMPOSE_STACK] =
        {
            .name = "docker stack deploy",
            .by_host_port = true,
            .unique_items = true,
            .tags = TAGS_PASSED_OVER,
        },
};
_Static_assert(sizeof(rules) / sizeof(*rules) == COMPOSE_TOOLS, "rules for each tool");

const struct tool_rules *tool_rules_of(enum compose_tool tool)
{
	return &rules[tool];
}

const char *compose_tool_name(enum compose_tool tool)
{
	return tool < COMPOSE_TOOLS ? rules[tool].name : "?";
}
