/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of `ports`, as each tool reads it.
 *
 * The short syntax is moby's (go-connections, nat.ParsePortSpec) or docker-py's (split_port), the
 * long one Compose's.
 */
#pragma once

#include "compose/tool.h"
#include "yaml/yaml.h"

/*
 * Reads an entry whose variables are filled in and adds the ports it stands for. 0, -ENOMEM, or
 * -EINVAL with a sentence: the tool refuses it.
 */
int port_read(const struct tool_rules *rules, const struct yaml_node *node,
              struct compose_ports *ports, struct arena *arena, struct error **ret_error)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* Whether two ports are one to a tool that takes each once. */
bool port_same(const struct compose_port *a, const struct compose_port *b) __attribute__((nonnull));

/* Where a node stands: with its quotes, where it is on one line. */
struct compose_place place_of(const struct yaml_node *node) __attribute__((nonnull));
