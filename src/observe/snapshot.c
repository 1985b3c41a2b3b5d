/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host at one moment: everything that the rest of Seawall may know of it. */
#include "observe/snapshot.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot)
		snapshot->sites.arena = &snapshot->arena;
	return snapshot;
}

/* Releases what a container of the engine holds. */
static void container_done(struct container *container)
{
	vec_done(&container->labels);
	vec_done(&container->published);
	vec_done(&container->asked);
	vec_done(&container->exposed);
	vec_done(&container->attachments);
	vec_done(&container->sockets);
	if (container->view)
		netview_done(container->view);
	free(container->view);
}

void engine_clear(struct engine *engine)
{
	vec_foreach(container, &engine->containers)
		container_done(container);
	vec_foreach(network, &engine->networks)
		vec_done(&network->subnets);
	vec_foreach(service, &engine->services)
		vec_done(&service->ports);
	vec_foreach(image, &engine->images)
		vec_done(&image->labels);
	vec_done(&engine->images);
	vec_done(&engine->containers);
	vec_done(&engine->networks);
	vec_done(&engine->services);
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	engine_clear(&snapshot->engine);
	vec_done(&snapshot->engine.documents);
	vec_done(&snapshot->flows);
	site_map_done(&snapshot->sites);
	vec_done(&snapshot->incomplete);
	netview_done(&snapshot->net);
	arena_done(&snapshot->arena);
	free(snapshot);
}

int snapshot_incomplete(struct snapshot *snapshot, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = notes_addv(&snapshot->incomplete, &snapshot->arena, format, args);
	va_end(args);
	return status;
}

const struct engine_network *snapshot_network(const struct snapshot *snapshot, const char *name)
{
	vec_foreach(network, &snapshot->engine.networks)
		if (strcmp(network->name, name) == 0)
			return network;
	return NULL;
}

const struct container *snapshot_container(const struct snapshot *snapshot, const char *id_or_name)
{
	vec_foreach(container, &snapshot->engine.containers)
		if (strcmp(container->id, id_or_name) == 0 ||
		    strcmp(container->name, id_or_name) == 0)
			return container;
	return NULL;
}

bool snapshot_on_foreign_link(const struct snapshot *snapshot, const struct container *container)
{
	static const char *const ours[] = {"bridge", "overlay", "host", "null", "none", ""};

	vec_foreach(attachment, &container->attachments) {
		const struct engine_network *network =
		    snapshot_network(snapshot, attachment->network);
		bool known = !network;

		for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
			known = known || strcmp(network->driver, ours[i]) == 0;
		if (!known)
			return true;
	}
	return false;
}
