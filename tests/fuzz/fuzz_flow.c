/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reading of connection tracking's messages, on a host with two containers. */
#include "observe/flow_read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds a container with an address of each family. */
static void add_container(struct snapshot *snapshot, const char *four, const char *six)
{
	struct container *container = vec_push(&snapshot->engine.containers);
	struct attachment *attachment = container ? vec_push(&container->attachments) : NULL;

	if (!attachment || !address_parse(four, &attachment->ipv4) ||
	    !address_parse(six, &attachment->ipv6))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot snapshot = {0};
	/* Allocated to the byte, so that reading beyond the end is seen; aligned as a socket's is.
	 */
	void *room = malloc(size ? size : 1);

	if (!room)
		abort();
	memcpy(room, data, size);
	add_container(&snapshot, "172.17.0.2", "fd00::2");
	add_container(&snapshot, "172.17.0.3", "fd00::3");
	(void)!flows_decode(&snapshot, room, size);
	vec_foreach(container, &snapshot.engine.containers)
		vec_done(&container->attachments);
	vec_done(&snapshot.engine.containers);
	vec_done(&snapshot.flows);
	free(room);
	return 0;
}
