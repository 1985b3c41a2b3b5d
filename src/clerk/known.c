/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard keeps of a look at the host. */
#include "clerk/known.h"

#include <string.h>

/* Copies a vector's items as they are. False when memory is out. */
#define COPY(to, from)                                                                             \
	(vec_reserve((to), (from)->n) == 0 &&                                                      \
	 (!(from)->n ||                                                                            \
	  memcpy((to)->items, (from)->items, (from)->n * sizeof(*(from)->items)) != NULL) &&       \
	 ((to)->n = (from)->n, true))

/* Copies a text that may be NULL. False when memory is out. */
static bool copy_text(struct arena *arena, const char **text)
{
	if (*text)
		*text = arena_strdup(arena, *text);
	return *text;
}

/* Copies links and routes. */
static bool copy_net(struct snapshot *known, const struct netview *from)
{
	struct netview *to = &known->net;

	if (!COPY(&to->links, &from->links) || !COPY(&to->routes, &from->routes))
		return false;
	vec_foreach(link, &to->links)
		if (!copy_text(&known->arena, &link->name) ||
		    (link->kind && !copy_text(&known->arena, &link->kind)))
			return false;
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
