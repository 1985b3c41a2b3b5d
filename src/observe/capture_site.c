/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a capture file about the ways through web proxies. */
#include "observe/capture_record.h"
#include "observe/engine_parse.h"
#include "observe/json_scan.h"

#include <netinet/in.h>
#include <string.h>

/* "tcp" or "udp". */
static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_UDP ? "udp" : "tcp";
}

/* A text, of which bytes that are no UTF-8 become U+FFFD; NULL for NULL or no memory. */
static json_t *text_value(const char *text)
{
	_cleanup_free_ char *clean = text ? malloc(3 * strlen(text) + 1) : NULL;
	char *out = clean;

	if (!clean)
		return NULL;
	while (*text) {
		size_t len = utf8_len(text, strlen(text));

		if (len)
			out = mempcpy(out, text, len);
		else
			out = mempcpy(out, "\xef\xbf\xbd", 3);
		text += len ? len : 1;
	}
	return json_stringn(clean, (size_t)(out - clean));
}

/* An address and port as an object; NULL when memory is out. */
static json_t *listen_object(const struct site_listen *listen)
{
	char text[ADDRESS_TEXT];

	return json_pack("{s:s, s:i, s:s}", "address", address_format(&listen->address, text),
	                 "port", (int)listen->port, "protocol", protocol_name(listen->protocol));
}

/* Puts into an object what guards a route. 0 or -1. */
static int put_guard(json_t *object, const struct site_guard *guard)
{
	json_t *allowed = json_array();
	int bad = allowed ? 0 : -1;

	for (size_t i = 0; i < guard->n_allowed && !bad; i++) {
		char text[PREFIX_TEXT];

		bad = json_array_append_new(allowed,
		                            json_string(prefix_format(&guard->allowed[i], text)));
	}
	if (!bad)
		bad = json_object_set(object, "allowed", allowed);
	json_decref(allowed);
	if (!bad && guard->what)
		bad = json_object_set_new(object, "guard", json_string(guard->what));
	if (!bad && guard->by)
		bad = json_object_set_new(object, "by", json_string(guard->by));
	if (!bad && guard->listed)
		bad = json_object_set_new(object, "listed", json_true());
	return bad;
}

/* Puts the names and listeners of a route into an object. 0 or -1. */
static int put_lists(json_t *object, const struct site_route *route)
{
	json_t *names = json_array(), *listens = json_array();
	int bad = names && listens ? 0 : -1;

	for (size_t i = 0; i < route->n_names && !bad; i++)
		bad = json_array_append_new(names, text_value(route->names[i]));
	for (size_t i = 0; i < route->n_listens && !bad; i++)
		bad = json_array_append_new(listens, listen_object(&route->listens[i]));
	if (!bad)
		bad = json_object_set(object, "names", names);
	if (!bad)
		bad = json_object_set(object, "listens", listens);
	json_decref(names);
	json_decref(listens);
	return bad;
}

char *capture_site_text(const struct site_route *route)
{
	char address[ADDRESS_TEXT];
	json_t *object = json_pack(
	    "{s:o, s:s*, s:o*, s:o*, s:s*, s:i, s:s, s:o*, s:o*, s:i}", "proxy",
	    text_value(route->proxy), "of", route->container_id, "location",
	    text_value(route->location), "target", text_value(route->target), "address",
	    route->address.family ? address_format(&route->address, address) : NULL, "port",
	    (int)route->port, "protocol", protocol_name(route->protocol), "guess",
	    text_value(route->guess), "file", text_value(route->file), "line", (int)route->line);
	char *text = NULL;

	if (object && put_lists(object, route) == 0 && put_guard(object, &route->guard) == 0)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

/* Memory in the arena for a list of n items; NULL with an error where there is none. */
static void *list_of(struct json_reader *json, struct arena *arena, size_t n, size_t size)
{
	void *list = arena_alloc(arena, (n + 1) * size);

	if (!list)
		(void)json_reader_no_memory(json);
	return list;
}

/* Reads the names. */
static void read_names(struct json_reader *json, struct arena *arena, const struct json_node *node,
                       struct site_route *route)
{
	const struct json_node array = json_read_array(json, node, "names");
	size_t n = json_array_size(array.value);
	const char **names = list_of(json, arena, n, sizeof(*names));

	for (size_t i = 0; names && i < n; i++) {
		const struct json_node item = json_node_item(&array, i);
		const char *text = json_peek_string(json, &item);

		names[i] = record_keep(json, arena, text ? text : "");
	}
	route->names = names;
	route->n_names = names ? n : 0;
}

/* An address that must be there. */
static struct address read_address(struct json_reader *json, const struct json_node *up)
{
	const struct json_node node = json_node_member(up, "address");
	struct address address = engine_read_address(json, up, "address");

	if (!address.family)
		(void)json_reader_expected(json, &node, "an IPv4 or IPv6 address");
	return address;
}

/* "tcp" or "udp"; 0 with an error else. */
static uint8_t read_protocol(struct json_reader *json, const struct json_node *up)
{
	const struct json_node node = json_node_member(up, "protocol");
	uint8_t protocol = engine_protocol(record_text(json, up, "protocol"));

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		(void)json_reader_expected(json, &node, "\"tcp\" or \"udp\"");
	return protocol;
}

/* Reads the listeners. */
static void read_listens(struct json_reader *json, struct arena *arena,
                         const struct json_node *node, struct site_route *route)
{
	const struct json_node array = json_read_array(json, node, "listens");
	size_t n = json_array_size(array.value);
	struct site_listen *listens = list_of(json, arena, n, sizeof(*listens));

	for (size_t i = 0; listens && i < n; i++) {
		const struct json_node item = json_node_item(&array, i);

		record_check_keys(json, &item, KEYS("address", "port", "protocol"));
		listens[i] = (struct site_listen){
		    .address = read_address(json, &item),
		    .port = (uint16_t)record_int(json, &item, "port", UINT16_MAX),
		    .protocol = read_protocol(json, &item),
		};
	}
	route->listens = listens;
	route->n_listens = listens ? n : 0;
}

/* Reads what guards a route. */
static void read_guard(struct json_reader *json, struct arena *arena, const struct json_node *node,
                       struct site_guard *guard)
{
	const struct json_node array = json_read_array(json, node, "allowed");
	size_t n = json_array_size(array.value);
	struct prefix *allowed = list_of(json, arena, n, sizeof(*allowed));

	guard->what = json_read_string(json, node, "guard", NULL);
	guard->by = json_read_string(json, node, "by", NULL);
	guard->listed = json_read_bool(json, node, "listed", false);
	for (size_t i = 0; allowed && i < n; i++) {
		const struct json_node item = json_node_item(&array, i);
		const char *text = json_peek_string(json, &item);

		if (!text || !prefix_parse(text, &allowed[i]))
			(void)json_reader_expected(json, &item, "a prefix");
	}
	guard->allowed = allowed;
	guard->n_allowed = allowed ? n : 0;
}

void capture_read_site(struct capture_reader *reader, struct json_reader *json,
                       const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "site");
	const struct json_node id = json_node_member(&node, "of");
	struct arena *arena = &reader->snapshot->arena;
	struct site_route route = {0}, *added;

	record_check_keys(json, &node,
	                  KEYS("proxy", "of", "location", "target", "address", "port", "protocol",
	                       "guess", "file", "line", "names", "listens", "allowed", "guard",
	                       "by", "listed"));
	route.proxy = record_keep(json, arena, record_text(json, &node, "proxy"));
	route.container_id = json_read_string(json, &node, "of", NULL);
	if (route.container_id && !engine_id_valid(route.container_id))
		(void)json_reader_expected(json, &id, "64 hex digits");
	route.location = json_read_string(json, &node, "location", NULL);
	route.target = json_read_string(json, &node, "target", NULL);
	route.address = engine_read_address(json, &node, "address");
	if (route.address.family && !route.target)
		(void)json_reader_expected(json, &node,
		                           "a \"target\" where there is an \"address\"");
	route.port = (uint16_t)record_int(json, &node, "port", UINT16_MAX);
	route.protocol = read_protocol(json, &node);
	route.guess = json_read_string(json, &node, "guess", NULL);
	route.file = json_read_string(json, &node, "file", NULL);
	route.line = (unsigned)json_read_int(json, &node, "line", 0, UINT32_MAX, 0);
	read_names(json, arena, &node, &route);
	read_listens(json, arena, &node, &route);
	read_guard(json, arena, &node, &route.guard);
	if (json->status == 0 && reader->snapshot->sites.routes.n >= SITE_ROUTES_CAP)
		(void)json_reader_expected(json, &node, "at most 20000 of these records");
	if (json->status < 0)
		return;
	added = vec_push(&reader->snapshot->sites.routes);
	if (added)
		*added = route;
	else
		(void)json_reader_no_memory(json);
}
