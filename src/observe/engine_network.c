/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Understands what the engine says of its networks and of Swarm's services.
 *
 * Theory of operation. What matters of a network is which interface its packets come by. Docker
 * says so in an option, or derives the name from the network's id (moby,
 * libnetwork/drivers/bridge); Podman's answers leave it out, and then the host's own links tell:
 * it is the bridge that has an address of the network's subnet.
 */
#include "observe/engine_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BRIDGE_OPTION "com.docker.network.bridge."

/* Fills the subnets from IPAM.Config. */
static void read_subnets(struct json_reader *reader, struct engine_network *network,
                         const struct json_node *root)
{
	const struct json_node ipam = json_read_object(reader, root, "IPAM");
	const struct json_node config = json_read_array(reader, &ipam, "Config");

	for (size_t i = 0; i < json_array_size(config.value); i++) {
		const struct json_node item = json_node_item(&config, i);
		const struct json_node node = json_node_member(&item, "Subnet");
		const char *text = json_peek_string(reader, &node);
		struct prefix prefix;
		struct subnet *subnet;

		if (!text || !*text)
			continue;
		if (!prefix_parse(text, &prefix)) {
			(void)json_reader_expected(reader, &node, "a subnet like 172.17.0.0/16");
			return;
		}
		subnet = vec_push(&network->subnets);
		if (!subnet) {
			(void)json_reader_no_memory(reader);
			return;
		}
		subnet->prefix = prefix_make(&prefix.address, prefix.len);
		subnet->gateway = engine_read_address(reader, &item, "Gateway");
	}
}

/* An option that is "true" or "false" (Go's other spellings included); `absent` when absent. */
static bool read_flag_option(struct json_reader *reader, const struct json_node *options,
                             const char *key, bool absent)
{
	const struct json_node node = json_node_member(options, key);
	const char *text = json_peek_string(reader, &node);

	if (!text || !*text)
		return absent;
	return strchr("1tT", *text) != NULL;
}

/* The name of the interface that a bridge network has by its options or by its id. */
static const char *bridge_name(struct json_reader *reader, const struct json_node *options,
                               const struct engine_network *network, const char *kind)
{
	const char *name = json_read_string(reader, options, BRIDGE_OPTION "name", NULL);

	if (name && *name)
		return name;
	if (kind && strcmp(kind, "podman") == 0)
		return NULL;
	if (read_flag_option(reader, options, BRIDGE_OPTION "default_bridge", false) ||
	    strcmp(network->name, "bridge") == 0)
		return "docker0";
	name = arena_printf(reader->arena, "br-%.12s", network->id);
	if (!name)
		(void)json_reader_no_memory(reader);
	return name;
}

/* Fills what stands in a network's options. */
static void read_options(struct json_reader *reader, const struct engine *engine,
                         struct engine_network *network, const struct json_node *root)
{
	const struct json_node options = json_read_object(reader, root, "Options");

	network->parent = json_read_string(reader, &options, "parent", NULL);
	network->gateway_mode_ipv4 =
	    json_read_string(reader, &options, BRIDGE_OPTION "gateway_mode_ipv4", NULL);
	network->gateway_mode_ipv6 =
	    json_read_string(reader, &options, BRIDGE_OPTION "gateway_mode_ipv6", NULL);
	network->host_binding_ipv4 =
	    json_read_string(reader, &options, BRIDGE_OPTION "host_binding_ipv4", NULL);
	network->trusted_interfaces =
	    json_read_string(reader, &options, BRIDGE_OPTION "trusted_host_interfaces", NULL);
	network->icc = read_flag_option(reader, &options, BRIDGE_OPTION "enable_icc", true);
	network->masquerade =
	    read_flag_option(reader, &options, BRIDGE_OPTION "enable_ip_masquerade", true);
	if (strcmp(network->driver, "bridge") == 0)
		network->bridge = bridge_name(reader, &options, network, engine->kind);
}

/* One network of the list. */
static void read_network(struct json_reader *reader, struct engine *engine,
                         const struct json_node *entry)
{
	struct engine_network *network;
	const char *scope;

	/* A network that only lends its configuration to others (config-only) carries nothing. */
	if (json_read_bool(reader, entry, "ConfigOnly", false) || reader->status < 0)
		return;
	network = vec_push(&engine->networks);
	if (!network) {
		(void)json_reader_no_memory(reader);
		return;
	}
	scope = json_read_string(reader, entry, "Scope", "local");
	*network = (struct engine_network){
	    .id = engine_read_name(reader, entry, "Id"),
	    .name = engine_read_name(reader, entry, "Name"),
	    .driver = json_read_string(reader, entry, "Driver", ""),
	    .internal = json_read_bool(reader, entry, "Internal", false),
	    .ingress = json_read_bool(reader, entry, "Ingress", false),
	    .ipv6 = json_read_bool(reader, entry, "EnableIPv6", false),
	    .swarm_scope = strcmp(scope, "swarm") == 0,
	};
	read_options(reader, engine, network, entry);
	read_subnets(reader, network, entry);
}

void engine_read_networks(struct json_reader *reader, struct engine *engine,
                          const struct json_node *root)
{
	for (size_t i = 0; i < json_array_size(root->value) && reader->status == 0; i++) {
		const struct json_node entry = json_node_item(root, i);

		if (json_is_object(entry.value))
			read_network(reader, engine, &entry);
		else
			(void)json_reader_expected(reader, &entry, "an object");
	}
}

/* The bridge that has an address of one of a network's subnets, or NULL. */
static const char *bridge_of_subnets(const struct netview *view,
                                     const struct engine_network *network)
{
	vec_foreach(subnet, &network->subnets) {
		vec_foreach(address, &view->addresses) {
			const struct link *link;

			if (!prefix_contains(&subnet->prefix, &address->address))
				continue;
			link = netview_link(view, address->ifindex);
			if (link && link->kind && strcmp(link->kind, "bridge") == 0)
				return link->name;
		}
	}
	return NULL;
}

void engine_name_bridges(struct snapshot *snapshot)
{
	static const char gateway_bridge[] = "docker_gwbridge";
	const struct engine_network *gateway = snapshot_network(snapshot, gateway_bridge);

	vec_foreach(network, &snapshot->engine.networks) {
		const char *found;

		if (strcmp(network->driver, "overlay") == 0 && gateway && !network->internal)
			network->bridge = gateway_bridge;
		if (strcmp(network->driver, "bridge") != 0 ||
		    (network->bridge && netview_link_by_name(&snapshot->net, network->bridge)))
			continue;
		found = bridge_of_subnets(&snapshot->net, network);
		if (found)
			network->bridge = found;
	}
}

/* Fills the ports of a service. */
static void read_service_ports(struct json_reader *reader, struct swarm_service *service,
                               const struct json_node *ports)
{
	for (size_t i = 0; i < json_array_size(ports->value) && reader->status == 0; i++) {
		const struct json_node item = json_node_item(ports, i);
		const char *protocol = json_read_string(reader, &item, "Protocol", "tcp");
		const char *mode = json_read_string(reader, &item, "PublishMode", "ingress");
		struct service_port *port = vec_push(&service->ports);

		if (!port) {
			(void)json_reader_no_memory(reader);
			return;
		}
		*port = (struct service_port){
		    .published =
		        (uint16_t)json_read_int(reader, &item, "PublishedPort", 0, 65535, 0),
		    .target = (uint16_t)json_read_int(reader, &item, "TargetPort", 0, 65535, 0),
		    .protocol = engine_protocol(protocol),
		    .ingress = strcmp(mode, "host") != 0,
		};
		if (!port->protocol)
			(void)json_reader_expected(reader, &item, "tcp, udp or sctp as Protocol");
	}
}

/* The stack that a service was deployed with, from its labels; NULL for none. */
static const char *read_stack(struct json_reader *reader, const struct json_node *spec)
{
	const struct json_node labels = json_read_object(reader, spec, "Labels");

	return json_read_string(reader, &labels, "com.docker.stack.namespace", NULL);
}

/* One service of the list. */
static void read_service(struct json_reader *reader, struct engine *engine,
                         const struct json_node *entry)
{
	const struct json_node spec = json_read_object(reader, entry, "Spec");
	const struct json_node task = json_read_object(reader, &spec, "TaskTemplate");
	const struct json_node image = json_read_object(reader, &task, "ContainerSpec");
	const struct json_node endpoint = json_read_object(reader, entry, "Endpoint");
	const struct json_node ports = json_read_array(reader, &endpoint, "Ports");
	struct swarm_service *service = vec_push(&engine->services);

	if (!service) {
		(void)json_reader_no_memory(reader);
		return;
	}
	*service = (struct swarm_service){
	    .id = engine_read_name(reader, entry, "ID"),
	    .name = engine_read_name(reader, &spec, "Name"),
	    .image = json_read_string(reader, &image, "Image", ""),
	    .stack = read_stack(reader, &spec),
	};
	read_service_ports(reader, service, &ports);
}

void engine_read_services(struct json_reader *reader, struct engine *engine,
                          const struct json_node *root)
{
	for (size_t i = 0; i < json_array_size(root->value) && reader->status == 0; i++) {
		const struct json_node entry = json_node_item(root, i);

		if (json_is_object(entry.value))
			read_service(reader, engine, &entry);
		else
			(void)json_reader_expected(reader, &entry, "an object");
	}
}
