/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Understands what the engine says of containers, in its list and one by one.
 *
 * Theory of operation. The list names every container, the details say what matters. Both are kept,
 * since an engine can lose the details of one container (it is being removed, its lock hangs) and
 * a container that is known to be there must not vanish from the answer for that.
 */
#include "observe/engine_keep.h"
#include "observe/engine_parse.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* More containers than this are refused; the rest is bounded by the cap on an answer's bytes. */
enum { CONTAINERS_CAP = 100000 };

/* The container of an id: the one that the list named, or a new one. NULL with an error. */
static struct container *container_slot(struct json_reader *reader, struct engine *engine,
                                        const struct json_node *node)
{
	const struct json_node id_node = json_node_member(node, "Id");
	const char *id = json_peek_string(reader, &id_node);
	struct container *container;

	if (reader->status == 0 && (!id || !engine_id_valid(id)))
		(void)json_reader_expected(reader, &id_node, "64 hex digits");
	if (!id || reader->status < 0)
		return NULL;
	vec_foreach(known, &engine->containers)
		if (strcmp(known->id, id) == 0)
			return known;
	if (engine->containers.n >= CONTAINERS_CAP) {
		(void)json_reader_expected(reader, node, "fewer than 100000 containers");
		return NULL;
	}
	id = arena_strdup(reader->arena, id);
	container = id ? vec_push(&engine->containers) : NULL;
	if (!container) {
		(void)json_reader_no_memory(reader);
		return NULL;
	}
	*container = (struct container){
	    .id = id, .name = "", .image = "", .image_id = "", .network_mode = ""};
	return container;
}

/* The state of a word; engines' words differ a little. */
static enum container_state state_of(const char *word)
{
	static const struct {
		const char *word;
		enum container_state state;
	} states[] = {
	    {"created", CONTAINER_CREATED},     {"configured", CONTAINER_CREATED},
	    {"initialized", CONTAINER_CREATED}, {"running", CONTAINER_RUNNING},
	    {"paused", CONTAINER_PAUSED},       {"restarting", CONTAINER_RESTARTING},
	    {"exited", CONTAINER_EXITED},       {"stopped", CONTAINER_EXITED},
	    {"dead", CONTAINER_DEAD},
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(states[i].word, word) == 0)
			return states[i].state;
	return CONTAINER_OTHER;
}

/* A string member that is only looked at; "" when absent. */
static const char *peek_member(struct json_reader *reader, const struct json_node *up,
                               const char *key)
{
	const struct json_node node = json_node_member(up, key);
	const char *text = json_peek_string(reader, &node);

	return text ? text : "";
}

/* "default" is how Docker's own client asks for the default bridge. */
static void read_network_mode(struct json_reader *reader, struct container *container,
                              const struct json_node *host_config)
{
	const char *mode = json_read_string(reader, host_config, "NetworkMode", "");

	container->network_mode = strcmp(mode, "default") == 0 ? "bridge" : mode;
}

/* Fills the labels. */
static void read_labels(struct json_reader *reader, struct container *container,
                        const struct json_node *up)
{
	const struct json_node labels = json_read_object(reader, up, "Labels");
	json_t *value;
	const char *key;

	container->labels.n = 0;
	if (!labels.value)
		return;
	json_object_foreach((json_t *)labels.value, key, value) {
		struct label *label = vec_push(&container->labels);

		if (!label) {
			(void)json_reader_no_memory(reader);
			return;
		}
		label->key = arena_strdup(reader->arena, key);
		label->value = json_read_string(reader, &labels, key, "");
		if (!label->key)
			(void)json_reader_no_memory(reader);
		if (reader->status < 0)
			return;
	}
}

/* The value of a hex digit, or -1. */
static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Reads "02:42:ac:11:00:02"; absent and empty are fine. */
static void read_mac(struct json_reader *reader, struct attachment *attachment,
                     const struct json_node *up)
{
	const struct json_node node = json_node_member(up, "MacAddress");
	const char *text = json_peek_string(reader, &node);

	if (!text || !*text)
		return;
	for (size_t i = 0; i < 6; i++, text += 3) {
		const int high = hex_value(text[0]);
		const int low = high < 0 ? -1 : hex_value(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : 0)) {
			(void)json_reader_expected(reader, &node, "a MAC address");
			return;
		}
		attachment->mac[i] = (uint8_t)(high << 4 | low);
	}
	attachment->has_mac = true;
}

/* Fills the attachments from NetworkSettings.Networks. */
static void read_attachments(struct json_reader *reader, struct container *container,
                             const struct json_node *settings)
{
	const struct json_node networks = json_read_object(reader, settings, "Networks");
	json_t *value;
	const char *key;

	container->attachments.n = 0;
	if (!networks.value)
		return;
	json_object_foreach((json_t *)networks.value, key, value) {
		const struct json_node node = json_read_object(reader, &networks, key);
		struct attachment *attachment = vec_push(&container->attachments);

		if (!attachment) {
			(void)json_reader_no_memory(reader);
			return;
		}
		*attachment = (struct attachment){
		    .network = arena_strdup(reader->arena, key),
		    .network_id = json_read_string(reader, &node, "NetworkID", ""),
		    .ipv4 = engine_read_address(reader, &node, "IPAddress"),
		    .ipv6 = engine_read_address(reader, &node, "GlobalIPv6Address"),
		};
		read_mac(reader, attachment, &node);
		if (!attachment->network)
			(void)json_reader_no_memory(reader);
		if (reader->status < 0)
			return;
	}
}

/* The digits of the id of a container's image; "" where it is told otherwise, or not at all. */
static const char *read_image_id(struct json_reader *reader, const struct json_node *up,
                                 const char *key)
{
	const char *id = json_read_string(reader, up, key, "");
	const char *digits = engine_image_digits(id);

	return digits ? digits : "";
}

/* One entry of the list of containers. */
static void read_listed(struct json_reader *reader, struct engine *engine,
                        const struct json_node *entry)
{
	const struct json_node names = json_read_array(reader, entry, "Names");
	const struct json_node host_config = json_read_object(reader, entry, "HostConfig");
	const struct json_node settings = json_read_object(reader, entry, "NetworkSettings");
	const struct json_node ports = json_read_array(reader, entry, "Ports");
	struct container *container = container_slot(reader, engine, entry);

	if (!container)
		return;
	for (size_t i = 0; i < json_array_size(names.value); i++) {
		const struct json_node item = json_node_item(&names, i);
		const char *name = json_peek_string(reader, &item);

		name = name && *name == '/' ? name + 1 : name;
		/* A name with a slash inside is a link's: "/OTHER/ALIAS". */
		if (name && !strchr(name, '/') && !*container->name)
			container->name = arena_strdup(reader->arena, name);
		if (!container->name)
			container->name = "";
	}
	container->image = json_read_string(reader, entry, "Image", "");
	container->image_id = read_image_id(reader, entry, "ImageID");
	container->state = state_of(peek_member(reader, entry, "State"));
	read_network_mode(reader, container, &host_config);
	read_labels(reader, container, entry);
	engine_read_listed_ports(reader, container, &ports);
	read_attachments(reader, container, &settings);
}

void engine_read_containers(struct json_reader *reader, struct engine *engine,
                            const struct json_node *root)
{
	for (size_t i = 0; i < json_array_size(root->value) && reader->status == 0; i++) {
		const struct json_node entry = json_node_item(root, i);

		if (json_is_object(entry.value))
			read_listed(reader, engine, &entry);
		else
			(void)json_reader_expected(reader, &entry, "an object");
	}
}

/* Whether the container was given the right to change its network namespace's rules. */
static bool read_net_admin(struct json_reader *reader, const struct json_node *host_config)
{
	static const char *const names[] = {"ALL", "CAP_ALL", "NET_ADMIN", "CAP_NET_ADMIN"};
	const struct json_node added = json_read_array(reader, host_config, "CapAdd");

	for (size_t i = 0; i < json_array_size(added.value); i++) {
		const struct json_node item = json_node_item(&added, i);
		const char *name = json_peek_string(reader, &item);

		for (size_t k = 0; name && k < sizeof(names) / sizeof(*names); k++)
			if (strcasecmp(name, names[k]) == 0)
				return true;
	}
	return false;
}

void engine_read_container(struct json_reader *reader, struct engine *engine,
                           const struct json_node *root)
{
	const struct json_node state = json_read_object(reader, root, "State");
	const struct json_node config = json_read_object(reader, root, "Config");
	const struct json_node host_config = json_read_object(reader, root, "HostConfig");
	const struct json_node settings = json_read_object(reader, root, "NetworkSettings");
	const struct json_node asked = json_read_object(reader, &host_config, "PortBindings");
	const struct json_node published = json_read_object(reader, &settings, "Ports");
	const struct json_node exposed = json_read_object(reader, &config, "ExposedPorts");
	struct container *container = container_slot(reader, engine, root);
	const char *name;

	if (!container)
		return;
	name = engine_read_name(reader, root, "Name");
	container->name = *name == '/' ? name + 1 : name;
	container->image = json_read_string(reader, &config, "Image", container->image);
	container->image_id = read_image_id(reader, root, "Image");
	container->state = state_of(peek_member(reader, &state, "Status"));
	container->pid = (int)json_read_int(reader, &state, "Pid", 0, INT32_MAX, 0);
	container->privileged = json_read_bool(reader, &host_config, "Privileged", false);
	container->publish_all = json_read_bool(reader, &host_config, "PublishAllPorts", false);
	container->docker_socket = json_read_bool(reader, root, ENGINE_SOCKET_KEY, false);
	container->net_admin = read_net_admin(reader, &host_config);
	container->published.n = container->asked.n = container->exposed.n = 0;
	read_network_mode(reader, container, &host_config);
	read_labels(reader, container, &config);
	engine_read_bindings(reader, container, true, &asked);
	engine_read_bindings(reader, container, false, &published);
	engine_read_exposed(reader, container, &exposed);
	read_attachments(reader, container, &settings);
}
