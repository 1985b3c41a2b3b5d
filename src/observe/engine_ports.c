/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports as engines spell them: "80/tcp", "8000-8010/udp", {"HostIp":"","HostPort":"8080-8082"}.
 *
 * Theory of operation. The same idea has three spellings. What was asked for (PortBindings) may
 * have ranges, blank or zero host ports and a blank address; what is in force (Ports) has single
 * numbers, and null for a port that is only exposed; a list of containers has numbers. Docker
 * spells "every address" as 0.0.0.0 and :: (two entries), Podman by leaving the address out: both
 * become the wildcard, with address_blank where nothing was said. An entry in force without a host
 * port (gateway mode "routed") has no port on the host and is only exposed.
 */
#include "observe/engine_parse.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* All ports of three protocols, twice: more cannot mean anything. */
enum { PORTS_CAP = 6 * 65536 };

struct port_range {
	uint16_t first, last;
};

uint8_t engine_protocol(const char *name)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (strcasecmp(protocols[i].name, name) == 0)
			return protocols[i].protocol;
	return 0;
}

/* Reads decimal digits up to 65535; moves *text behind them. */
static bool parse_port(const char **text, uint16_t *ret_port)
{
	uint32_t port = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9'; at++) {
		port = port * 10 + (uint32_t)(*at - '0');
		if (port > UINT16_MAX)
			return false;
	}
	if (at == *text)
		return false;
	*text = at;
	*ret_port = (uint16_t)port;
	return true;
}

/* Reads "80" or "80-82"; moves *text behind it. */
static bool parse_range(const char **text, struct port_range *ret_range)
{
	struct port_range range;

	if (!parse_port(text, &range.first))
		return false;
	range.last = range.first;
	if (**text == '-') {
		(*text)++;
		if (!parse_port(text, &range.last) || range.last < range.first)
			return false;
	}
	*ret_range = range;
	return true;
}

/* Reads the key of a port: "80/tcp", "80" (TCP is meant), "8000-8010/udp". */
static bool parse_port_key(const char *key, struct port_range *ret_range, uint8_t *ret_protocol)
{
	if (!parse_range(&key, ret_range) || ret_range->first == 0)
		return false;
	*ret_protocol = *key == '/' ? engine_protocol(key + 1) : IPPROTO_TCP;
	return *key == '/' ? *ret_protocol != 0 : *key == 0;
}

struct address engine_read_address(struct json_reader *reader, const struct json_node *up,
                                   const char *key)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = json_peek_string(reader, &node);
	char plain[ADDRESS_TEXT];
	struct address address = {0};
	size_t len;

	if (!text || !*text)
		return address;
	len = strcspn(text, "%/");
	if (len < sizeof(plain)) {
		memcpy(plain, text, len);
		plain[len] = 0;
		if (address_parse(plain, &address))
			return address;
	}
	(void)json_reader_expected(reader, &node, "an IPv4 or IPv6 address");
	return (struct address){0};
}

/* Adds an exposed port; twice the same does no harm, engine_parse_finish() is where that ends. */
static void expose(struct json_reader *reader, struct container *container,
                   const struct json_node *node, uint16_t port, uint8_t protocol)
{
	struct container_port *exposed;

	if (container->exposed.n >= PORTS_CAP) {
		(void)json_reader_expected(reader, node, "fewer ports than there can be");
		return;
	}
	exposed = vec_push(&container->exposed);
	if (exposed)
		*exposed = (struct container_port){.port = port, .protocol = protocol};
	else
		(void)json_reader_no_memory(reader);
}

/* Adds a mapping to `asked` or `published`. */
static void bind_port(struct json_reader *reader, struct container *container, bool asked,
                      const struct json_node *node, const struct published_port *binding)
{
	struct published_port *port;

	if ((asked ? container->asked.n : container->published.n) >= PORTS_CAP) {
		(void)json_reader_expected(reader, node, "fewer ports than there can be");
		return;
	}
	port = asked ? vec_push(&container->asked) : vec_push(&container->published);
	if (port)
		*port = *binding;
	else
		(void)json_reader_no_memory(reader);
}

/* Reads the host side of a mapping. False with an error, or where it has no port on the host. */
static bool read_binding(struct json_reader *reader, const struct json_node *entry, bool asked,
                         struct published_port *binding)
{
	const struct json_node node = json_node_member(entry, "HostPort");
	const char *text = json_peek_string(reader, &node);
	struct port_range host = {0};

	binding->host_address = engine_read_address(reader, entry, "HostIp");
	if (text && *text && (!parse_range(&text, &host) || *text))
		(void)json_reader_expected(reader, &node, "a port from 0 to 65535 or a range");
	if (reader->status < 0 || (!asked && host.first == 0))
		return false;
	binding->address_blank = binding->host_address.family == 0;
	if (binding->address_blank)
		binding->host_address = address_any(AF_INET);
	binding->host_port = host.first;
	binding->host_port_last = host.last;
	return true;
}

/* Reads all mappings of one container port, or of a range of them. */
static void read_port(struct json_reader *reader, struct container *container, bool asked,
                      const struct json_node *port)
{
	struct port_range range;
	struct published_port binding = {0};

	if (!parse_port_key(port->key, &range, &binding.protocol)) {
		(void)json_reader_expected(reader, port, "a key like \"80/tcp\"");
		return;
	}
	if (port->value && !json_is_array(port->value)) {
		(void)json_reader_expected(reader, port, "an array");
		return;
	}
	for (uint32_t number = range.first; number <= range.last && reader->status == 0; number++) {
		binding.container_port = (uint16_t)number;
		expose(reader, container, port, binding.container_port, binding.protocol);
		for (size_t i = 0; i < json_array_size(port->value); i++) {
			const struct json_node entry = json_node_item(port, i);

			if (read_binding(reader, &entry, asked, &binding))
				bind_port(reader, container, asked, &entry, &binding);
		}
	}
}

void engine_read_bindings(struct json_reader *reader, struct container *container, bool asked,
                          const struct json_node *ports)
{
	json_t *value;
	const char *key;

	if (!ports->value)
		return;
	json_object_foreach((json_t *)ports->value, key, value) {
		const struct json_node port = json_node_member(ports, key);

		if (reader->status < 0)
			return;
		read_port(reader, container, asked, &port);
	}
}

void engine_read_exposed(struct json_reader *reader, struct container *container,
                         const struct json_node *ports)
{
	json_t *value;
	const char *key;

	if (!ports->value)
		return;
	json_object_foreach((json_t *)ports->value, key, value) {
		const struct json_node port = {.up = ports, .key = key, .value = value};
		struct port_range range;
		uint8_t protocol;

		if (!parse_port_key(key, &range, &protocol)) {
			(void)json_reader_expected(reader, &port, "a key like \"80/tcp\"");
			return;
		}
		for (uint32_t number = range.first; number <= range.last; number++)
			expose(reader, container, &port, (uint16_t)number, protocol);
	}
}

/* Reads one port of a list of containers. */
static void read_listed_port(struct json_reader *reader, struct container *container,
                             const struct json_node *entry)
{
	const struct json_node type = json_node_member(entry, "Type");
	const char *protocol = json_peek_string(reader, &type);
	struct published_port binding = {
	    .container_port = (uint16_t)json_read_int(reader, entry, "PrivatePort", 1, 65535, 0),
	    .host_port = (uint16_t)json_read_int(reader, entry, "PublicPort", 0, 65535, 0),
	    .host_address = engine_read_address(reader, entry, "IP"),
	    .protocol = protocol ? engine_protocol(protocol) : IPPROTO_TCP,
	};

	if (binding.protocol == 0)
		(void)json_reader_expected(reader, &type, "\"tcp\", \"udp\" or \"sctp\"");
	if (reader->status < 0 || !binding.container_port)
		return;
	expose(reader, container, entry, binding.container_port, binding.protocol);
	if (!binding.host_port)
		return;
	binding.host_port_last = binding.host_port;
	binding.address_blank = binding.host_address.family == 0;
	if (binding.address_blank)
		binding.host_address = address_any(AF_INET);
	bind_port(reader, container, false, entry, &binding);
}

void engine_read_listed_ports(struct json_reader *reader, struct container *container,
                              const struct json_node *ports)
{
	for (size_t i = 0; i < json_array_size(ports->value) && reader->status == 0; i++) {
		const struct json_node entry = json_node_item(ports, i);

		if (entry.value && !json_is_object(entry.value))
			(void)json_reader_expected(reader, &entry, "an object");
		else
			read_listed_port(reader, container, &entry);
	}
}
