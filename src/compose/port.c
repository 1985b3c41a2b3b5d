/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of `ports`, as each tool reads it.
 *
 * Theory of operation. The short syntax is [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL], cut from the
 * right, so that an address may hold colons; HOST and CONTAINER may be ranges. What is refused is
 * refused as the tool does: an entry that is passed over here would be a port nobody hears of.
 */
#include "compose/port.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { PORT_MOST = 65535, PORTS_MOST = 4096 };

/* Says what is wrong with an entry. Returns -EINVAL. */
static int refuse(const struct yaml_node *node, const char *what, struct error **ret_error)
{
	return error_set(ret_error, EINVAL, "%s:%u:%u: %s", node->file, node->line, node->column,
	                 what);
}

/* The text of a node as it stands in the file; "" for a list or mapping. */
static const char *written_of(const struct yaml_node *node)
{
	return node->written ? node->written : node->kind == YAML_TEXT ? node->text : "";
}

struct compose_place place_of(const struct yaml_node *node)
{
	const char *text = written_of(node);
	unsigned columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	if (node->kind == YAML_TEXT && node->quoted)
		columns += 2;
	return (struct compose_place){node->file, node->line, node->column, node->column + columns};
}

bool port_same(const struct compose_port *a, const struct compose_port *b)
{
	return a->protocol == b->protocol && a->container_first == b->container_first &&
	       a->container_last == b->container_last && a->host_first == b->host_first &&
	       a->host_last == b->host_last && a->address_given == b->address_given &&
	       address_equal(&a->address, &b->address);
}

/* A run of port numbers. */
struct range {
	unsigned first, last;
};

/* Reads "80" or "80-90" of len bytes. */
static bool read_range(const char *text, size_t len, struct range *ret_range)
{
	unsigned numbers[2] = {0};
	size_t i = 0, n = 0;

	for (;;) {
		size_t start = i;

		for (; i < len && isdigit((unsigned char)text[i]); i++) {
			numbers[n] = numbers[n] * 10 + (unsigned)(text[i] - '0');
			if (numbers[n] > PORT_MOST)
				return false;
		}
		if (i == start)
			return false;
		if (i == len)
			break;
		if (n == 1 || text[i++] != '-')
			return false;
		n = 1;
	}
	*ret_range = (struct range){numbers[0], n ? numbers[1] : numbers[0]};
	return ret_range->first <= ret_range->last;
}

/* Reads the protocol's name; docker-compose wants it in small letters. */
static bool read_protocol(const struct tool_rules *rules, const char *text, uint8_t *ret_protocol)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if ((rules->base_sixty ? strcmp : strcasecmp)(text, protocols[i].name) == 0) {
			*ret_protocol = protocols[i].number;
			return true;
		}
	return false;
}

/* Reads the address of the short syntax, of len bytes: brackets around IPv6 are the engine's. */
static bool read_address(const struct tool_rules *rules, const char *text, size_t len,
                         struct address *ret_address)
{
	char copy[ADDRESS_TEXT + 2];
	bool brackets = len > 2 && *text == '[' && text[len - 1] == ']';

	if (len >= sizeof(copy))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", (int)len - (brackets ? 2 : 0), text + brackets);
	if (!address_parse(copy, ret_address))
		return false;
	return rules->base_sixty || (ret_address->family == AF_INET6) == brackets;
}

/* Adds the port that ranges stand for. 0, -ENOMEM or -EINVAL. */
static int add_ports(const struct tool_rules *rules, const struct yaml_node *node,
                     const struct compose_port *like, struct range host, bool host_given,
                     struct range container, struct compose_ports *ports, struct error **ret_error)
{
	unsigned n = container.last - container.first + 1;
	unsigned hosts = host_given ? host.last - host.first + 1 : n;
	struct compose_port *port;

	if (hosts != n && n != 1)
		return refuse(node, "as many host ports as container ports are wanted", ret_error);
	port = vec_push(ports);
	if (!port)
		return error_set(ret_error, ENOMEM, "out of memory");
	*port = *like;
	port->container_first = (uint16_t)container.first;
	port->container_last = (uint16_t)container.last;
	port->host_first = (uint16_t)(host_given ? host.first : 0);
	port->host_last = (uint16_t)(host_given ? host.last : 0);
	port->one_of = hosts != n && rules->host_range_one;
	return 0;
}

/* Whether an address was to stand before the ports of a text that has none of it left. */
static bool wrote_address(const char *written)
{
	unsigned colons = 0;

	/* Colons inside of braces are part of the variable. */
	for (unsigned open = 0; *written; written++) {
		if (*written == '{')
			open++;
		else if (*written == '}' && open)
			open--;
		else if (*written == ':' && !open)
			colons++;
	}
	return colons >= 2;
}

/* A number that YAML 1.1 makes of "22:22"; 0 for a text that is none. */
static unsigned long base_sixty(const struct yaml_node *node)
{
	unsigned long value = 0, part = 0;
	unsigned digits = 0, colons = 0;

	if (node->quoted || *node->text < '1' || *node->text > '9')
		return 0;
	for (const char *at = node->text;; at++) {
		if (isdigit((unsigned char)*at)) {
			part = part * 10 + (unsigned long)(*at - '0');
			if (++digits > (colons ? 2 : 9) || (colons && part > 59))
				return 0;
			continue;
		}
		if (digits == 0 || (*at && *at != ':'))
			return 0;
		value = value * 60 + part;
		if (!*at)
			return colons ? value : 0;
		if (++colons > 3)
			return 0;
		part = digits = 0;
	}
}

/* Reads the short syntax. 0, -ENOMEM or -EINVAL. */
static int read_short(const struct tool_rules *rules, const struct yaml_node *node,
                      struct compose_port *port, struct compose_ports *ports,
                      struct error **ret_error)
{
	const char *text = node->text, *slash = strchr(text, '/'), *colon, *host = NULL;
	size_t len = slash ? (size_t)(slash - text) : strlen(text), host_len = 0, address_len = 0;
	struct range host_range = {0}, container;
	unsigned long sixty = rules->base_sixty ? base_sixty(node) : 0;
	bool address = false;

	if (sixty > PORT_MOST)
		return refuse(node, "without quotes this is one number to base 60, and no port",
		              ret_error);
	if (sixty) {
		port->as_base_sixty = true;
		container = (struct range){(unsigned)sixty, (unsigned)sixty};
		return add_ports(rules, node, port, host_range, false, container, ports, ret_error);
	}
	if (slash && !read_protocol(rules, slash + 1, &port->protocol))
		return refuse(node, "expected tcp, udp or sctp behind the /", ret_error);
	colon = memrchr(text, ':', len);
	if (colon) {
		host_len = (size_t)(colon - text);
		host = memrchr(text, ':', host_len);
		address = host != NULL;
		address_len = host ? (size_t)(host - text) : 0;
		host = host ? host + 1 : text;
		host_len = (size_t)(colon - host);
		text = colon + 1;
		len -= (size_t)(text - node->text);
	}
	if (!read_range(text, len, &container))
		return refuse(node, "expected a container port", ret_error);
	if (host_len && !read_range(host, host_len, &host_range))
		return refuse(node, "expected a host port", ret_error);
	if (colon && rules->base_sixty && (address ? address_len == 0 : host_len == 0))
		return refuse(node, "expected something before the colon", ret_error);
	if (address_len && !read_address(rules, node->text, address_len, &port->address))
		return refuse(node, "expected an address, IPv6 in brackets, before the ports",
		              ret_error);
	port->address_given = address_len > 0;
	port->address_blank = !address_len && wrote_address(port->written);
	if (port->address_given && !rules->short_address) {
		port->address_given = false;
		port->address_dropped = !address_is_any(&port->address);
		port->address = address_any(AF_INET);
	}
	return add_ports(rules, node, port, host_range, host_len && host_range.last > 0, container,
	                 ports, ret_error);
}

/* Reads a number, or a range of them, of the long syntax; nothing is none. 0 or -EINVAL. */
static int read_number(const struct tool_rules *rules, const struct yaml_node *map, const char *key,
                       struct range *ret_range, bool *ret_given, struct error **ret_error)
{
	const struct yaml_node *node = yaml_get(map, key);

	*ret_given = false;
	if (!node || yaml_is_empty(node) || (node->kind == YAML_TEXT && !*node->text))
		return 0;
	if (node->kind != YAML_TEXT || !read_range(node->text, strlen(node->text), ret_range) ||
	    (!rules->text_numbers && (node->quoted || ret_range->first != ret_range->last)))
		return refuse(node, "expected a port number", ret_error);
	*ret_given = ret_range->last > 0;
	return 0;
}

/* Reads `host_ip` of the long syntax. 0 or -EINVAL. */
static int read_host_ip(const struct tool_rules *rules, const struct yaml_node *map,
                        struct compose_port *port, struct error **ret_error)
{
	const struct yaml_node *node = yaml_get(map, "host_ip");

	if (!node)
		return 0;
	if (!rules->long_address)
		return refuse(node->key, "host_ip is no key of a port to this tool", ret_error);
	if (node->kind != YAML_TEXT || !address_parse(node->text, &port->address))
		return refuse(node, "host_ip: expected an address", ret_error);
	port->address_given = true;
	return 0;
}

/* Reads the long syntax. 0, -ENOMEM or -EINVAL. */
static int read_long(const struct tool_rules *rules, const struct yaml_node *node,
                     struct compose_port *port, struct compose_ports *ports,
                     struct error **ret_error)
{
	const struct yaml_node *protocol = yaml_get(node, "protocol"),
	                       *mode = yaml_get(node, "mode");
	struct range host = {0}, container = {0};
	bool host_given, container_given;
	int status = read_number(rules, node, "target", &container, &container_given, ret_error);

	if (status == 0)
		status = read_number(rules, node, "published", &host, &host_given, ret_error);
	if (status == 0)
		status = read_host_ip(rules, node, port, ret_error);
	if (status < 0)
		return status;
	if (!container_given)
		return refuse(node, "a port without target", ret_error);
	if (protocol &&
	    (protocol->kind != YAML_TEXT || !read_protocol(rules, protocol->text, &port->protocol)))
		return refuse(protocol, "protocol: expected tcp, udp or sctp", ret_error);
	port->mode_host = mode && mode->kind == YAML_TEXT && strcmp(mode->text, "host") == 0;
	port->long_syntax = true;
	port->flow = node->flow;
	return add_ports(rules, node, port, host, host_given, container, ports, ret_error);
}

int port_read(const struct tool_rules *rules, const struct yaml_node *node,
              struct compose_ports *ports, struct arena *arena, struct error **ret_error)
{
	struct compose_port port = {
	    .place = place_of(node),
	    .written = written_of(node),
	    .quoted = node->kind == YAML_TEXT && node->quoted,
	    .address = address_any(AF_INET),
	    .protocol = IPPROTO_TCP,
	};

	if (ports->n >= PORTS_MOST)
		return refuse(node, "more entries than any service has", ret_error);
	if (node->kind == YAML_LIST)
		return refuse(node, "expected a port, found a list", ret_error);
	if (node->kind == YAML_TEXT)
		return read_short(rules, node, &port, ports, ret_error);
	port.written = yaml_quote(node, 60, arena);
	if (!port.written)
		return error_set(ret_error, ENOMEM, "out of memory");
	if (node->items) {
		port.place = place_of(node->items->key);
		port.place.end_column = port.place.column;
	}
	return read_long(rules, node, &port, ports, ret_error);
}
