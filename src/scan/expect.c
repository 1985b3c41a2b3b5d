/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an audit of the host says a scan should find. */
#include "scan/expect.h"

#include "base/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { AUDIT_CAP = 64 << 20 };

DEFINE_CLEANUP(json_t, json_decref);

/* The protocol of a name; 0 for none that is scanned. */
static uint8_t protocol_of(const json_t *value)
{
	const char *name = json_string_value(value);

	if (!name)
		return 0;
	return strcmp(name, "tcp") == 0 ? IPPROTO_TCP : strcmp(name, "udp") == 0 ? IPPROTO_UDP : 0;
}

/* Reads a host address and a port under two keys. False where there is none. */
static bool read_socket(const json_t *object, const char *address, const char *port,
                        struct expected_port *expected)
{
	const char *text = json_string_value(json_object_get(object, address));
	json_int_t number = json_integer_value(json_object_get(object, port));

	if (!text || !address_parse(text, &expected->address) || number <= 0 || number > 65535)
		return false;
	expected->port = (uint16_t)number;
	return true;
}

/* Adds a port that has been read. 0 or -ENOMEM. */
static int add_port(struct expectation *expectation, const struct expected_port *like,
                    const char *container, const json_t *sources)
{
	struct expected_port *port = vec_push(&expectation->ports);
	const json_t *source;
	size_t i;

	if (!port)
		return -ENOMEM;
	*port = *like;
	port->container = strdup(container ? container : "?");
	port->sources = calloc(json_array_size(sources) + 1, sizeof(*port->sources));
	if (!port->container || !port->sources)
		return -ENOMEM;
	json_array_foreach(sources, i, source)
	{
		const char *text = json_string_value(source);

		if (text && prefix_parse(text, &port->sources[port->n_sources]))
			port->n_sources++;
	}
	return 0;
}

/* Reads an endpoint: what it publishes and who gets in. 0 or -ENOMEM. */
static int read_endpoint(struct expectation *expectation, const json_t *endpoint)
{
	const char *container = json_string_value(json_object_get(endpoint, "container"));
	const uint8_t protocol = protocol_of(json_object_get(endpoint, "proto"));
	const json_t *item;
	size_t i;

	if (!protocol)
		return 0;
	json_array_foreach(json_object_get(endpoint, "published"), i, item)
	{
		struct expected_port port = {.protocol = protocol, .published = true};

		if (read_socket(item, "host_address", "host_port", &port) &&
		    add_port(expectation, &port, container, NULL) < 0)
			return -ENOMEM;
	}
	json_array_foreach(json_object_get(endpoint, "reach"), i, item)
	{
		struct expected_port port = {.protocol = protocol};

		if (read_socket(json_object_get(item, "to"), "address", "port", &port) &&
		    add_port(expectation, &port, container, json_object_get(item, "sources")) < 0)
			return -ENOMEM;
	}
	return 0;
}

int expectation_read(const char *path, struct expectation *expectation, struct error **ret_error)
{
	_cleanup_(bytes_done) struct bytes text = {0};
	_cleanup_(cleanup_json_decref) json_t *root = NULL;
	const json_t *endpoints, *endpoint;
	json_error_t error;
	size_t i;
	int status = file_read(path, AUDIT_CAP, &text, ret_error);

	if (status < 0)
		return status;
	root = json_loadb(text.data ? (const char *)text.data : "", text.len, 0, &error);
	if (!root)
		return error_set(ret_error, EINVAL, "%s:%d:%d: %s", file_name(path), error.line,
		                 error.column, error.text);
	endpoints = json_object_get(root, "endpoints");
	if (json_integer_value(json_object_get(root, "version")) != 1 || !json_is_array(endpoints))
		return error_set(ret_error, EINVAL,
		                 "%s:1:1: expected what `seawall audit --json` prints",
		                 file_name(path));
	json_array_foreach(endpoints, i, endpoint) if (read_endpoint(expectation, endpoint) <
	                                               0) return error_set(ret_error, ENOMEM,
	                                                                   "out of memory");
	return 0;
}

void expectation_done(struct expectation *expectation)
{
	vec_foreach(port, &expectation->ports) {
		free(port->container);
		free(port->sources);
	}
	vec_done(&expectation->ports);
}

/* Whether a sender is among those who get in. */
static bool lets_in(const struct expected_port *port, const struct address *from)
{
	for (size_t i = 0; i < port->n_sources; i++)
		if (prefix_contains(&port->sources[i], from))
			return true;
	return false;
}

enum expect_verdict expectation_of(const struct expectation *expectation,
                                   const struct scan_result *result, uint8_t protocol,
                                   uint16_t port, const char **ret_container)
{
	enum expect_verdict exact = EXPECT_NOTHING, elsewhere = EXPECT_NOTHING;
	bool known = false;

	*ret_container = NULL;
	vec_foreach(expected, &expectation->ports) {
		bool here = address_equal(&expected->address, &result->address);
		enum expect_verdict *verdict = here ? &exact : &elsewhere;

		known |= here && !expected->published;
		if (expected->port != port || expected->protocol != protocol)
			continue;
		if (!expected->published && lets_in(expected, &result->from)) {
			*verdict = EXPECT_OPEN;
			*ret_container = expected->container;
		} else if (*verdict == EXPECT_NOTHING) {
			*verdict = EXPECT_CLOSED;
			if (!*ret_container)
				*ret_container = expected->container;
		}
	}
	if (exact != EXPECT_NOTHING)
		return exact;
	/* Where the audit knows this address, what is open on another one does not count. */
	return known && elsewhere == EXPECT_OPEN ? EXPECT_CLOSED : elsewhere;
}
