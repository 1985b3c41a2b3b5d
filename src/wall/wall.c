/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall as a value: which doors there are in it, and who may come through each. */
#include "wall/wall.h"

#include "base/hash.h"
#include "intent/declared.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool door_at_input(enum door_kind kind)
{
	return kind >= DOOR_PROXY_EXACT;
}

const char *wall_words(struct arena *arena, const struct policy *policy,
                       const struct policy_sources *sources)
{
	const char *text = NULL;
	char prefix[PREFIX_TEXT];

	if (intent_allows_zone(sources, ZONE_WORLD))
		text = "anyone";
	vec_foreach(source, sources) {
		bool one = source->zone == SIZE_MAX &&
		           source->prefix.len == address_size(source->prefix.address.family) * 8;
		const char *name = source->zone == SIZE_MAX
		                       ? prefix_format(&source->prefix, prefix)
		                       : policy_zone_name(policy, source->zone);

		if (one)
			name = address_format(&source->prefix.address, prefix);
		/* The host is never kept out; `world` is called what it is. */
		if (source->zone == ZONE_HOST || source->zone == ZONE_WORLD)
			continue;
		text = arena_printf(arena, "%s%s%s", text ? text : "", text ? ", " : "", name);
		if (!text)
			return NULL;
	}
	return text ? text : "nobody";
}

bool wall_group_allows(const struct wall_group *group, const char *in, const struct address *source)
{
	if (group->only_in && strcmp(group->only_in, in) != 0)
		return false;
	vec_foreach(class, &group->classes) {
		if (class->pattern && !interface_matches(class->pattern, in))
			continue;
		vec_foreach(prefix, &class->allowed)
			if (prefix_contains(prefix, source))
				return true;
		return false;
	}
	return false;
}

/* The bridges of engines. 0 or -ENOMEM. */
static int find_bridges(struct wall *wall, const struct snapshot *snapshot)
{
	vec_foreach(network, &snapshot->engine.networks) {
		const char **slot = network->bridge ? vec_push(&wall->bridges) : NULL;

		if (!network->bridge)
			continue;
		if (!slot || !(*slot = arena_strdup(&wall->arena, network->bridge)))
			return -ENOMEM;
	}
	return 0;
}

/* Whether a name is one of a list. */
static bool is_listed(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Bridges of this host that have names like Docker's, and are not: known, and left alone. */
static int find_others(struct wall *wall, const struct snapshot *snapshot)
{
	vec_foreach(link, &snapshot->net.links) {
		const char **slot;

		if (is_listed(wall->bridges.items, wall->bridges.n, link->name) ||
		    (strncmp(link->name, "br-", 3) != 0 && strncmp(link->name, "docker", 6) != 0))
			continue;
		slot = vec_push(&wall->others);
		if (!slot || !(*slot = arena_strdup(&wall->arena, link->name)))
			return -ENOMEM;
	}
	return 0;
}

/* The host's addresses on the bridges. 0 or -ENOMEM. */
static int find_gateways(struct wall *wall, const struct snapshot *snapshot)
{
	vec_foreach(own, &snapshot->net.addresses) {
		const struct link *link = netview_link(&snapshot->net, own->ifindex);
		struct address *slot;

		if (!link || !is_listed(wall->bridges.items, wall->bridges.n, link->name) ||
		    address_is_link_local(&own->address))
			continue;
		slot = vec_push(&wall->gateways);
		if (!slot)
			return -ENOMEM;
		*slot = own->address;
	}
	return 0;
}

/* Whether two lists are one. */
static bool same_sources(const struct policy_sources *a, const struct policy_sources *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (policy_source_compare(&a->items[i], &b->items[i]) != 0)
			return false;
	return true;
}

/* Whether prefixes are all addresses of both families. */
static bool is_everybody(const struct span_prefix_list *prefixes)
{
	return prefixes->n == 2 && prefixes->items[0].len == 0 && prefixes->items[1].len == 0;
}

/* Fills a group's classes from zones. 0 or -ENOMEM. */
static int fill_group(struct wall *wall, const struct intent *intent, struct wall_group *group)
{
	group->nobody = group->everybody = true;
	vec_foreach(class, &intent->zones.classes) {
		struct wall_class *slot;
		struct span_prefix_list allowed = {0};

		if (class->pattern &&
		    (strcmp(class->pattern, "lo") == 0 ||
		     is_listed(wall->bridges.items, wall->bridges.n, class->pattern)))
			continue;
		if (zones_prefixes(class, &group->sources, &allowed) < 0 ||
		    !(slot = vec_push(&group->classes))) {
			vec_done(&allowed);
			return -ENOMEM;
		}
		*slot = (struct wall_class){.allowed = allowed};
		if (class->pattern && !(slot->pattern = arena_strdup(&wall->arena, class->pattern)))
			return -ENOMEM;
		group->nobody = group->nobody && allowed.n == 0;
		group->everybody = group->everybody && is_everybody(&allowed);
	}
	if (group->only_in)
		group->everybody = false;
	return 0;
}

/* The group of a list, made where there is none yet. 0 or -ENOMEM. */
static int group_of(struct wall *wall, const struct intent *intent,
                    const struct policy_sources *sources, const char *only_in, size_t *ret_group)
{
	struct wall_group *group;

	for (size_t i = 0; i < wall->groups.n; i++) {
		const struct wall_group *known = &wall->groups.items[i];
		bool in = (known->only_in != NULL) == (only_in != NULL) &&
		          (!only_in || strcmp(known->only_in, only_in) == 0);

		if (in && same_sources(&known->sources, sources)) {
			*ret_group = i;
			return 0;
		}
	}
	group = vec_push(&wall->groups);
	if (!group)
		return -ENOMEM;
	*group = (struct wall_group){0};
	*ret_group = wall->groups.n - 1;
	vec_foreach(source, sources) {
		struct policy_source *slot = vec_push(&group->sources);

		if (!slot)
			return -ENOMEM;
		*slot = *source;
	}
	if (only_in && !(group->only_in = arena_strdup(&wall->arena, only_in)))
		return -ENOMEM;
	group->words = wall_words(&wall->arena, intent->policy, sources);
	return group->words ? fill_group(wall, intent, group) : -ENOMEM;
}

/* Adds a door. 0 or -ENOMEM. */
static int add_door(struct wall *wall, const struct wall_door *door)
{
	struct wall_door *slot = vec_push(&wall->doors);

	if (!slot)
		return -ENOMEM;
	*slot = *door;
	return 0;
}

/* Adds a door to each address of a container of a family on an engine's bridge. 0 or -ENOMEM. */
static int add_to_addresses(struct wall *wall, const struct container *container, uint8_t family,
                            struct wall_door door)
{
	vec_foreach(attachment, &container->attachments) {
		door.address = family == AF_INET6 ? attachment->ipv6 : attachment->ipv4;
		if (door.address.family != family)
			continue;
		if (add_door(wall, &door) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Whether a socket is one of the engine's proxies. */
static bool is_proxy(const struct socket *socket)
{
	static const char *const names[] = {"docker-proxy", "dockerd", "rootlessport", "conmon"};

	for (size_t i = 0; socket->owner.comm && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(socket->owner.comm, names[i]) == 0)
			return true;
	return false;
}

/* Whether a socket is that of a mapping. */
static bool is_mapping_socket(const struct socket *socket, const struct published_port *published)
{
	return socket->protocol == published->protocol && socket->port == published->host_port &&
	       address_equal(&socket->address, &published->host_address) && is_proxy(socket);
}

/* The interface that an address is on, or NULL. */
static const char *link_of_address(const struct snapshot *snapshot, const struct address *address)
{
	vec_foreach(own, &snapshot->net.addresses) {
		const struct link *link = netview_link(&snapshot->net, own->ifindex);

		if (link && address_equal(&own->address, address))
			return link->name;
	}
	return NULL;
}

/* What the making of a wall needs at hand. */
struct making {
	struct wall *wall;
	const struct intent *intent;
	const struct snapshot *snapshot;
};

/* Adds the doors of a mapping: by translation, and through a proxy's socket. 0 or -ENOMEM. */
static int add_published(const struct making *making, const struct intent_port *row)
{
	const struct published_port *published = row->published;
	bool any = address_is_any(&published->host_address);
	bool named = row->from != INTENT_BIND || row->narrowed;
	bool strict = making->intent->policy->strict_bind && row->own_address && !any;
	const char *only_in =
	    strict ? link_of_address(making->snapshot, &published->host_address) : NULL;
	struct wall_door door = {
	    .kind = !any    ? DOOR_EXACT
	            : named ? DOOR_NAMED
	                    : DOOR_BIND,
	    .protocol = row->protocol,
	    .host_address = published->host_address,
	    .host_port = row->host_port,
	    .port = row->port,
	};
	int status = group_of(making->wall, making->intent, &row->allowed, only_in, &door.group);

	if (status == 0 && !making->wall->groups.items[door.group].nobody)
		status = add_to_addresses(making->wall, row->container,
		                          published->host_address.family, door);
	door.kind = !any ? DOOR_PROXY_EXACT : named ? DOOR_PROXY_NAMED : DOOR_PROXY_BIND;
	/* The engine's own [::] beside a 0.0.0.0 that was asked for: a relay that nobody meant. */
	if (status == 0 && !named && published->host_address.family == AF_INET6 &&
	    !declared_ipv6(row->container, published))
		status = group_of(making->wall, making->intent, &(struct policy_sources){0}, NULL,
		                  &door.group);
	vec_foreach(socket, &making->snapshot->net.sockets)
		if (status == 0 && is_mapping_socket(socket, published))
			status = add_door(making->wall, &door);
	return status;
}

/* Adds the doors of a container's own address. 0 or -ENOMEM. */
static int add_direct(const struct making *making, const struct intent_port *row)
{
	struct wall_door door = {.kind = DOOR_DIRECT, .protocol = row->protocol, .port = row->port};
	int status = group_of(making->wall, making->intent, &row->allowed, NULL, &door.group);

	if (status < 0 || making->wall->groups.items[door.group].nobody || !row->port)
		return status;
	status = add_to_addresses(making->wall, row->container, AF_INET, door);
	return status == 0 ? add_to_addresses(making->wall, row->container, AF_INET6, door)
	                   : status;
}

/* Adds the doors of a socket in the host's own namespace. 0 or -ENOMEM. */
static int add_host(const struct making *making, const struct intent_port *row)
{
	struct wall_door door = {
	    .kind = DOOR_HOST, .protocol = row->protocol, .host_port = row->port};
	int status = group_of(making->wall, making->intent, &row->allowed, NULL, &door.group);

	if (status < 0 || !row->port)
		return status;
	door.host_address = address_any(AF_INET);
	status = add_door(making->wall, &door);
	door.host_address = address_any(AF_INET6);
	return status == 0 ? add_door(making->wall, &door) : status;
}

/*
 * Adds the doors of a port of Swarm's mesh: to any address of the bridge that leads to the mesh's
 * sandbox, which the engine does not name. 0 or -ENOMEM.
 */
static int add_mesh(const struct making *making, const struct intent_port *row)
{
	static const char *const gateway_bridge = "docker_gwbridge";
	struct wall_door door = {.kind = DOOR_NAMED,
	                         .protocol = row->protocol,
	                         .host_port = row->host_port,
	                         .port = row->host_port};
	int status = group_of(making->wall, making->intent, &row->allowed, NULL, &door.group);

	if (status < 0)
		return status;
	vec_foreach(neighbour, &making->snapshot->net.neighbours) {
		const struct link *link = netview_link(&making->snapshot->net, neighbour->ifindex);

		if (status < 0 || making->wall->groups.items[door.group].nobody || !link ||
		    strcmp(link->name, gateway_bridge) != 0 || neighbour->address.family != AF_INET)
			continue;
		door.address = door.host_address = neighbour->address;
		status = add_door(making->wall, &door);
	}
	door.kind = DOOR_PROXY_NAMED;
	vec_foreach(socket, &making->snapshot->net.sockets)
		if (status == 0 && socket->protocol == row->protocol &&
		    socket->port == row->host_port && is_proxy(socket)) {
			door.host_address = socket->address;
			status = add_door(making->wall, &door);
		}
	return status;
}

/* Orders doors by what rules look up. */
static int compare_keys(const struct wall_door *a, const struct wall_door *b)
{
	int order = (int)a->kind - (int)b->kind;

	if (order == 0)
		order = address_compare(&a->host_address, &b->host_address);
	if (order == 0)
		order = (int)a->protocol - (int)b->protocol;
	if (order == 0)
		order = (int)a->host_port - (int)b->host_port;
	if (order == 0)
		order = address_compare(&a->address, &b->address);
	return order ? order : (int)a->port - (int)b->port;
}

static int compare_doors(const void *a, const void *b)
{
	const struct wall_door *one = a, *other = b;
	int order = compare_keys(one, other);

	return order ? order : (one->group > other->group) - (one->group < other->group);
}

/*
 * Sorts the doors and leaves each key once. Two rows with one key are two mappings of one port of
 * one container, which the engine refuses; should there be such, nobody is let in by the second.
 */
static void sort_doors(struct wall *wall)
{
	size_t kept = 0;

	if (wall->doors.n)
		qsort(wall->doors.items, wall->doors.n, sizeof(*wall->doors.items), compare_doors);
	for (size_t i = 0; i < wall->doors.n; i++)
		if (!kept || compare_keys(&wall->doors.items[kept - 1], &wall->doors.items[i]) != 0)
			wall->doors.items[kept++] = wall->doors.items[i];
	wall->doors.n = kept;
}

/* A group and where it stood. */
struct placed_group {
	struct wall_group group;
	size_t index;
};

/* Orders groups by what they were made of. */
static int compare_groups(const void *a, const void *b)
{
	const struct wall_group *one = &((const struct placed_group *)a)->group;
	const struct wall_group *other = &((const struct placed_group *)b)->group;

	for (size_t i = 0; i < one->sources.n && i < other->sources.n; i++) {
		int order = policy_source_compare(&one->sources.items[i], &other->sources.items[i]);

		if (order)
			return order;
	}
	if (one->sources.n != other->sources.n)
		return one->sources.n < other->sources.n ? -1 : 1;
	return strcmp(one->only_in ? one->only_in : "", other->only_in ? other->only_in : "");
}

/* Whether one of the first n groups has a name. */
static bool is_taken(const struct wall *wall, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(wall->groups.items[i].name, name) == 0)
			return true;
	return false;
}

/* Names a group, behind which the rest has no name yet, by its sources. */
static void name_group(const struct wall *wall, size_t index)
{
	struct wall_group *group = &wall->groups.items[index];
	uint64_t hash = hash_text(HASH_BEGIN, group->only_in ? group->only_in : "");
	uint32_t name;

	vec_foreach(source, &group->sources) {
		const struct address *address = &source->prefix.address;

		hash = hash_bytes(hash, &source->zone, sizeof(source->zone));
		hash = hash_bytes(hash, &source->prefix.len, sizeof(source->prefix.len));
		hash = hash_bytes(hash, &address->family, sizeof(address->family));
		hash = hash_bytes(hash, address->bytes, address_size(address->family));
	}
	name = (uint32_t)(hash ^ hash >> 32);
	do
		snprintf(group->name, sizeof(group->name), GROUP_PREFIX "%08" PRIx32, name++);
	while (is_taken(wall, index, group->name));
}

/*
 * Puts groups in an order of their own, not that of the rows, and names them by what they are: so a
 * container that comes or goes changes no chain's name. 0 or -ENOMEM.
 */
static int sort_groups(struct wall *wall)
{
	_cleanup_free_ struct placed_group *placed = calloc(wall->groups.n + 1, sizeof(*placed));
	_cleanup_free_ size_t *moved = calloc(wall->groups.n + 1, sizeof(*moved));

	if (!placed || !moved)
		return -ENOMEM;
	for (size_t i = 0; i < wall->groups.n; i++)
		placed[i] = (struct placed_group){wall->groups.items[i], i};
	qsort(placed, wall->groups.n, sizeof(*placed), compare_groups);
	for (size_t i = 0; i < wall->groups.n; i++) {
		wall->groups.items[i] = placed[i].group;
		name_group(wall, i);
		moved[placed[i].index] = i;
	}
	vec_foreach(door, &wall->doors)
		door->group = moved[door->group];
	return 0;
}

/* Adds the doors of all rows. 0 or -ENOMEM. */
static int add_rows(const struct making *making)
{
	int status = 0;

	vec_foreach(row, &making->intent->ports) {
		if (row->hands_off || status < 0)
			continue;
		if (row->way == WAY_PUBLISHED)
			status = add_published(making, row);
		else if (row->way == WAY_DIRECT)
			status = add_direct(making, row);
		else if (row->way == WAY_HOST && row->from == INTENT_POLICY)
			status = add_host(making, row);
		else if (row->way == WAY_MESH)
			status = add_mesh(making, row);
	}
	return status;
}

int wall_make(const struct intent *intent, const struct snapshot *snapshot, bool log_only,
              struct wall **ret_wall)
{
	_cleanup_(cleanup_wall_free) struct wall *wall = calloc(1, sizeof(*wall));
	const struct making making = {wall, intent, snapshot};
	int status = wall ? find_bridges(wall, snapshot) : -ENOMEM;

	if (status == 0)
		status = find_others(wall, snapshot);
	if (status == 0)
		status = find_gateways(wall, snapshot);
	if (status == 0)
		status = add_rows(&making);
	if (status == 0)
		status = sort_groups(wall);
	if (status < 0)
		return status;
	sort_doors(wall);
	wall->log_only = log_only;
	wall->hard_asked = intent->policy->hard;
	*ret_wall = steal_pointer(&wall);
	return 0;
}

int wall_make_closed(const char *const *bridges, size_t n, struct wall **ret_wall)
{
	_cleanup_(cleanup_wall_free) struct wall *wall = calloc(1, sizeof(*wall));

	if (!wall)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char **slot = vec_push(&wall->bridges);

		if (!slot || !(*slot = arena_strdup(&wall->arena, bridges[i])))
			return -ENOMEM;
	}
	*ret_wall = steal_pointer(&wall);
	return 0;
}

void wall_free(struct wall *wall)
{
	if (!wall)
		return;
	vec_foreach(group, &wall->groups) {
		vec_foreach(class, &group->classes)
			vec_done(&class->allowed);
		vec_done(&group->classes);
		vec_done(&group->sources);
	}
	vec_done(&wall->groups);
	vec_done(&wall->doors);
	vec_done(&wall->bridges);
	vec_done(&wall->others);
	vec_done(&wall->gateways);
	arena_done(&wall->arena);
	free(wall);
}
