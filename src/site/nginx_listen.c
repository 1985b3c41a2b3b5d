/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an nginx server listens. */
#include "site/nginx_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { HTTP_PORT = 80, PORT_RANGE_CAP = 1024 };

VEC_TYPE(listens, struct site_listen);

/* Reads a number of at most 65535 and moves behind it; -1 where there is none. */
static int read_port(const char **text)
{
	unsigned port = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && port <= UINT16_MAX; at++)
		port = port * 10 + (unsigned)(*at - '0');
	if (at == *text || port > UINT16_MAX)
		return -1;
	*text = at;
	return (int)port;
}

/* Splits "[V6]:PORT", "V4:PORT", "NAME", "*:PORT" or "PORT". False for a path of a unix socket. */
static bool split(const char *text, struct address *ret_address, const char **ret_port)
{
	char host[256];
	bool bracket = *text == '[';
	const char *colon = bracket ? strchr(text, ']') : strchr(text, ':');
	size_t len;

	*ret_address = address_any(AF_INET);
	*ret_port = text;
	if (strncmp(text, "unix:", 5) == 0 || (bracket && !colon))
		return false;
	if (!colon && text[strspn(text, "0123456789-")] == 0)
		return true; /* a port alone */
	len = colon ? (size_t)(colon - text) : strlen(text);
	text += bracket;
	len -= bracket;
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	*ret_port = !colon ? "" : bracket ? colon + 1 : colon;
	*ret_port += **ret_port == ':';
	if (strcmp(host, "localhost") == 0)
		return address_parse("127.0.0.1", ret_address);
	/* Another name is one of this host's addresses: which one, its resolver knows. */
	(void)address_parse(host, ret_address);
	return true;
}

/* Adds the sockets of one `listen`. 0, -E2BIG or -ENOMEM. */
static int add(struct site_map *map, const struct directive *directive, bool stream,
               struct listens *listens)
{
	struct site_listen listen = {.protocol = IPPROTO_TCP};
	const char *port = NULL;
	int first = HTTP_PORT, last;

	if (directive->n < 2 || !split(directive->words[1], &listen.address, &port))
		return 0;
	for (size_t i = 2; i < directive->n; i++)
		if (strcmp(directive->words[i], "quic") == 0 ||
		    (stream && strcmp(directive->words[i], "udp") == 0))
			listen.protocol = IPPROTO_UDP;
	if (*port)
		first = read_port(&port);
	last = first;
	if (*port == '-') {
		port++;
		last = read_port(&port);
	}
	for (int at = first; first > 0 && at <= last && at - first < PORT_RANGE_CAP; at++) {
		struct site_listen *slot;

		if (site_spend(map, 1, sizeof(*slot)) < 0)
			return -E2BIG;
		slot = vec_push(listens);
		if (!slot)
			return -ENOMEM;
		*slot = listen;
		slot->port = (uint16_t)at;
	}
	return 0;
}

int nginx_listens(const struct directive *server, bool stream, struct site_map *map,
                  const struct site_listen **ret_listens, size_t *ret_n)
{
	const char *const words[] = {"listen", "80"};
	const struct directive unsaid = {.words = words, .n = 2};
	struct listens listens = {0};
	int status = 0;

	directive_each(item, server) if (status == 0 && directive_is(item, "listen")) status =
	    add(map, item, stream, &listens);
	if (status == 0 && !stream && !directive_last(server, "listen"))
		status = add(map, &unsaid, stream, &listens);
	*ret_listens = site_keep(map, listens.items, listens.n, sizeof(*listens.items), &status);
	*ret_n = listens.n;
	vec_done(&listens);
	return status;
}
