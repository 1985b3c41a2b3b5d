/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files read so far say of services, while more are merged over it. */
#include "compose/service_draft.h"

#include "compose/port.h"

#include <string.h>

/* Says what is wrong with a node. Returns -EINVAL. */
static int refuse(const struct yaml_node *node, const char *what, struct error **ret_error)
{
	return error_set(ret_error, EINVAL, "%s:%u:%u: %s", node->file, node->line, node->column,
	                 what);
}

/* Whether a node has a tag that its tool obeys; one that it refuses was refused before. */
static bool has_tag(const struct tool_rules *rules, const struct yaml_node *node, const char *tag)
{
	return rules->tags == TAGS_OBEYED && node->tag && strcmp(node->tag, tag) == 0;
}

enum { PORTS_MOST = 4096 };

/* Adds a port - by its host port, if keyed - or puts it in the place of the one that it takes the
 * place of. 0, -ENOMEM, -E2BIG.
 */
static int add_port(struct compose_ports *ports, const struct compose_port *port, bool keyed)
{
	struct compose_port *added;

	vec_foreach(other, ports) {
		bool same = port_same(other, port);

		if (keyed)
			same = other->host_first == port->host_first &&
			       other->host_last == port->host_last;
		if (!same)
			continue;
		*other = *port;
		return 0;
	}
	added = ports->n < PORTS_MOST ? vec_push(ports) : NULL;
	if (!added)
		return ports->n < PORTS_MOST ? -ENOMEM : -E2BIG;
	*added = *port;
	return 0;
}

/* Whether two entries of a list say the same. */
static bool same_entry(const struct yaml_node *a, const struct yaml_node *b)
{
	size_t n = 0;

	if (a->kind != b->kind || a->kind == YAML_LIST)
		return false;
	if (a->kind == YAML_TEXT)
		return strcmp(a->text, b->text) == 0;
	for (const struct yaml_node *item = a->items; item; item = item->next, n++) {
		const struct yaml_node *other = yaml_get(b, item->key->text);

		if (!other || !same_entry(item, other))
			return false;
	}
	for (const struct yaml_node *item = b->items; item; item = item->next)
		n--;
	return n == 0;
}

/* Sees that no entry is there twice where a tool wants that. 0 or -EINVAL. */
static int check_unique(const struct tool_rules *rules, const struct yaml_node *list,
                        struct error **ret_error)
{
	for (const struct yaml_node *a = list->items; a && rules->unique_items; a = a->next) {
		for (const struct yaml_node *b = list->items; b != a; b = b->next)
			if (same_entry(a, b))
				return refuse(a, "the same port twice in one list", ret_error);
	}
	return 0;
}

/* Reads `ports`. 0 or a negative errno. */
static int read_ports(const struct tool_rules *rules, const struct yaml_node *list,
                      struct arena *arena, struct service_draft *draft, struct error **ret_error)
{
	struct compose_ports read = {0};
	int status = 0;

	if (has_tag(rules, list, "!reset")) {
		draft->ports_replace = true;
		return 0;
	}
	draft->ports_replace = has_tag(rules, list, "!override");
	if (list->kind != YAML_LIST)
		return refuse(list, "ports: expected a list", ret_error);
	for (const struct yaml_node *item = list->items; item && status == 0; item = item->next)
		status = port_read(rules, item, &read, arena, ret_error);
	if (status == 0)
		status = check_unique(rules, list, ret_error);
	vec_foreach(port, &read)
		if (status == 0)
			status = add_port(&draft->service.ports, port, false);
	vec_done(&read);
	return status;
}

/* Reads the names of networks, from a list or the keys of a mapping. 0 or -ENOMEM. */
static int read_networks(const struct yaml_node *node, struct service_draft *draft)
{
	for (const struct yaml_node *item = node->items; item; item = item->next) {
		const char **name;

		if (node->kind == YAML_LIST && item->kind != YAML_TEXT)
			continue;
		name = vec_push(&draft->networks);
		if (!name)
			return -ENOMEM;
		*name = node->kind == YAML_LIST ? item->text : item->key->text;
	}
	return 0;
}

/* Refuses keys that the tool does. 0 or -EINVAL. */
static int check_keys(const struct tool_rules *rules, const struct yaml_node *service,
                      struct error **ret_error)
{
	static const char *const plain[] = {"mem_limit",       "memswap_limit", "cpus",
	                                    "cpu_quota",       "cpu_shares",    "cpuset",
	                                    "mem_reservation", "mem_swappiness"};
	const struct yaml_node *found;

	found = yaml_get(service, "extends");
	if (found && !rules->extends)
		return refuse(found->key, "extends is not taken", ret_error);
	found = yaml_get(service, "profiles");
	if (found && !rules->profiles)
		return refuse(found->key, "profiles are not taken", ret_error);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain) && !rules->plain_limits; i++) {
		found = yaml_get(service, plain[i]);
		if (found)
			return refuse(found->key, "this limit is not taken: deploy.resources is",
			              ret_error);
	}
	return 0;
}

int service_draft_read(const struct tool_rules *rules, const struct yaml_node *node,
                       struct arena *arena, struct service_draft *draft, struct error **ret_error)
{
	const struct yaml_node *ports = yaml_get(node, "ports"), *mode, *networks;
	int status = check_keys(rules, node, ret_error);

	draft->service.name = node->key->text;
	draft->service.place = place_of(node->key);
	draft->service.active = true;
	if (node->kind != YAML_MAP && !yaml_is_empty(node))
		return refuse(node, "a service: expected a mapping", ret_error);
	mode = yaml_get(node, "network_mode");
	if (mode && mode->kind == YAML_TEXT)
		draft->service.network_mode = mode->text;
	draft->service.deployed = yaml_get(node, "deploy") != NULL;
	networks = yaml_get(node, "networks");
	if (status == 0 && networks && read_networks(networks, draft) < 0)
		status = -ENOMEM;
	if (status == 0 && ports)
		status = read_ports(rules, ports, arena, draft, ret_error);
	if (status == -E2BIG)
		return refuse(ports, "more ports than any service has", ret_error);
	return status == -ENOMEM ? error_set(ret_error, ENOMEM, "out of memory") : status;
}

/*
 * Joins lists of ports. Where the host port is what tells them apart, those of one list are held
 * against each other too, and of all that have none the last one stays.
 */
static int merge_ports(const struct tool_rules *rules, struct compose_ports *ports,
                       const struct compose_ports *over)
{
	const struct compose_ports *lists[] = {ports, over};
	const bool keyed = rules->by_host_port && ports->n > 0;
	struct compose_ports joined = {0};
	int status = 0;

	for (size_t i = 0; i < 2; i++)
		vec_foreach(port, lists[i]) {
			struct compose_port one = *port;

			if (keyed && one.host_first == 0)
				one.container_first = one.container_last;
			if (status == 0)
				status = add_port(&joined, &one, keyed);
		}
	vec_done(ports);
	*ports = joined;
	return status;
}

int service_draft_merge(const struct tool_rules *rules, struct service_draft *draft,
                        const struct service_draft *over)
{
	struct compose_service *service = &draft->service;
	int status;

	service->name = over->service.name;
	service->place = over->service.place;
	if (over->service.network_mode)
		service->network_mode = over->service.network_mode;
	service->deployed |= over->service.deployed;
	draft->has_profiles |= over->has_profiles;
	draft->profile_on |= over->profile_on;
	service->active = !draft->has_profiles || draft->profile_on;
	if (over->ports_replace)
		service->ports.n = 0;
	status = merge_ports(rules, &service->ports, &over->service.ports);
	if (status < 0)
		return status;
	vec_foreach(name, &over->networks) {
		const char **added = vec_push(&draft->networks);

		if (!added)
			return -ENOMEM;
		*added = *name;
	}
	return 0;
}

void service_draft_done(struct service_draft *draft)
{
	vec_done(&draft->service.ports);
	vec_done(&draft->networks);
}
