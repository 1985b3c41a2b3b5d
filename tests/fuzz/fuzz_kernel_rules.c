/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes rules as a kernel's dump, or a stranger's capture, has them: read as programs, and what
 * was understood of them is walked through with packets.
 */
#include "reach/host_ways.h"
#include "view_input.h"

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <netinet/in.h>

enum { LINK = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes a packet through the host, by each way that is left open. */
static void walk(const struct host *host, uint8_t family)
{
	struct host_packet packet = {.ifindex = LINK, .flow = STATE_NEW};
	field_value *values = packet.packet.values;
	struct host_ways ways = {0};

	values[FIELD_FAMILY] = family;
	values[FIELD_PROTOCOL] = IPPROTO_TCP;
	values[FIELD_SOURCE] = family == NFPROTO_IPV6 ? (field_value)0x2001 << 112 : 0xcb00714d;
	values[FIELD_DESTINATION] =
	    family == NFPROTO_IPV6 ? (field_value)0xfd << 120 | 1 : 0xc000020a;
	values[FIELD_SOURCE_PORT] = 51234;
	values[FIELD_DESTINATION_PORT] = 8080;
	values[FIELD_HOP_LIMIT] = 64;
	values[FIELD_PACKET_TYPE] = PACKET_HOST;
	if (host_ways_find(host, &packet, &ways) == 0 && ways.ends.n == 0)
		abort();
	host_ways_done(&ways);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netview view = {0};
	struct host *host = NULL;
	struct link *link;

	view_input_read(&view, data, size);
	if (netview_decode(&view, NULL) == 0) {
		link = vec_push(&view.links);
		if (!link)
			abort();
		*link = (struct link){.index = LINK, .name = "eth0", .kind = ""};
		if (host_new(&view, "", &host, NULL) == 0) {
			(void)host_is_plain(host);
			walk(host, NFPROTO_IPV4);
			walk(host, NFPROTO_IPV6);
		}
	}
	host_free(host);
	netview_done(&view);
	return 0;
}
