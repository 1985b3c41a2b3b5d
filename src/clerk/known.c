/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard keeps of a look at the host. */
#include "clerk/known.h"

#include <stdlib.h>
#include <string.h>

/* Copies a vector's items as they are, into an empty one, in which nothing is left for more: there
 * are a thousand of these. False when memory is out. */
#define COPY(to, from)                                                                             \
	(!(from)->n ||                                                                             \
	 (((to)->items = calloc((from)->n, sizeof(*(from)->items))) != NULL &&                     \
	  memcpy((to)->items, (from)->items, (from)->n * sizeof(*(from)->items)) != NULL &&        \
	  ((to)->n = (to)->room = (from)->n, true)))

/* Copies a text that may be NULL. False when memory is out. */
static bool copy_text(struct arena *arena, const char **text)
{
	if (*text)
		*text = arena_strdup(arena, *text);
	return *text;
}

/* Whether a link is a container's end of a bridge: zones are told by other links. */
static bool is_port(const struct link *link)
{
	return link->master && link->kind && strcmp(link->kind, "veth") == 0;
}

/* Copies links, but for those of containers, and routes. */
static bool copy_net(struct snapshot *known, const struct netview *from)
{
	struct netview *to = &known->net;

	if (!COPY(&to->routes, &from->routes))
		return false;
	vec_foreach(link, &from->links) {
		struct link *slot;

		if (is_port(link))
			continue;
		slot = vec_push(&to->links);
		if (!slot)
			return false;
		*slot = *link;
		if (!copy_text(&known->arena, &slot->name) ||
		    (slot->kind && !copy_text(&known->arena, &slot->kind)))
			return false;
	}
	return true;
}

/* Copies the names of networks and their bridges. */
static bool copy_networks(struct snapshot *known, const struct engine *from)
{
	vec_foreach(network, &from->networks) {
		struct engine_network *slot = vec_push(&known->engine.networks);

		if (!slot)
			return false;
		*slot = (struct engine_network){
		    .name = network->name, .driver = network->driver, .bridge = network->bridge};
		if (!copy_text(&known->arena, &slot->name) ||
		    (slot->driver && !copy_text(&known->arena, &slot->driver)) ||
		    (slot->bridge && !copy_text(&known->arena, &slot->bridge)))
			return false;
	}
	return true;
}

/* Copies the sockets that a container on the host's network holds; of others they tell nothing. */
static bool copy_sockets(struct container *to, const struct container *from)
{
	if (!from->network_mode || strcmp(from->network_mode, "host") != 0)
		return true;
	if (!COPY(&to->sockets, &from->sockets))
		return false;
	vec_foreach(socket, &to->sockets)
		socket->owner = (struct socket_owner){0};
	return true;
}

/* Copies what is said of a container's addresses and ports. */
static bool copy_containers(struct snapshot *known, const struct engine *from)
{
	vec_foreach(container, &from->containers) {
		struct container *slot = vec_push(&known->engine.containers);

		if (!slot)
			return false;
		*slot = (struct container){.name = container->name};
		if (!copy_text(&known->arena, &slot->name) ||
		    !COPY(&slot->published, &container->published) ||
		    !COPY(&slot->attachments, &container->attachments) ||
		    !copy_sockets(slot, container))
			return false;
		vec_foreach(attachment, &slot->attachments)
			attachment->network = attachment->network_id = NULL;
	}
	return true;
}

struct snapshot *known_of(const struct snapshot *seen)
{
	_cleanup_snapshot_ struct snapshot *known = snapshot_new();

	if (!known || !copy_net(known, &seen->net) || !copy_networks(known, &seen->engine) ||
	    !copy_containers(known, &seen->engine))
		return NULL;
	return steal_pointer(&known);
}
