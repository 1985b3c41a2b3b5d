/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of an engine that does not answer, as the kernel tells it.
 *
 * Theory of operation. An engine may be dead, hang, or be closed to us, and its containers and
 * rules go on all the same (exposures.md, M41). Who runs in a container has its id in the name of a
 * control group; whose network namespace that is tells the addresses, and the other end of its veth
 * tells the bridge. What an engine alone knows - names, what was published, what for - is left
 * open, but for names that it told before it fell silent. All this is put into one document of the
 * shape that the engine's own answers have, and parsed as those are, from a live host and from a
 * capture file alike. What listens in the containers is read afterwards, as with any engine.
 */
#include "observe/remains.h"
#include "observe/engine_parse.h"
#include "observe/remains_process.h"
#include "observe/rtnl_read.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_SHOWN = 12 }; /* of a container's id, where it has no name */

#define BRIDGE_NAME_OPTION "com.docker.network.bridge.name"

/* A network namespace that was visited. */
struct place {
	dev_t device;
	ino_t inode;
};

/* The document in the making, and what it is made from. */
struct remains {
	const struct snapshot *snapshot;
	json_t *containers, *networks; /* arrays */
	int home;                      /* our own network namespace */
	struct place home_place;
	VEC(struct place) seen;
	bool podman, failed; /* failed: memory is out */
};

/* Puts a value under a key and owns it; notes when memory is out. */
static void put(struct remains *remains, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		remains->failed = true;
}

/* Text as JSON; names in the kernel may be any bytes, and those that are no UTF-8 are not told. */
static json_t *text_json(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : json_string("not known");
}

/* An address as JSON, "" for none. */
static json_t *address_json(const struct address *address)
{
	char text[ADDRESS_TEXT];

	return json_string(address->family ? address_format(address, text) : "");
}

/* The network of a name that is in the document already, or NULL. */
static json_t *network_known(const struct remains *remains, const char *name)
{
	json_t *network;
	size_t i;

	json_array_foreach(remains->networks, i, network)
	{
		const char *known = json_string_value(json_object_get(network, "Name"));

		if (known && strcmp(known, name) == 0)
			return network;
	}
	return NULL;
}

/* Adds a network of a driver, once. Its subnets are those of the host's link of the same name. */
static void add_network(struct remains *remains, const char *name, const char *driver)
{
	const struct netview *view = &remains->snapshot->net;
	const struct link *bridge = netview_link_by_name(view, name);
	json_t *network, *subnets, *ipam, *options;

	if (network_known(remains, name))
		return;
	network = json_object();
	subnets = json_array();
	ipam = json_object();
	options = json_object();
	put(remains, network, "Id", text_json(name));
	put(remains, network, "Name", text_json(name));
	put(remains, network, "Driver", json_string(driver));
	put(remains, options, BRIDGE_NAME_OPTION, text_json(name));
	put(remains, network, "Options", options);
	vec_foreach(own, &view->addresses) {
		struct prefix prefix = prefix_make(&own->address, own->prefix_len);
		char text[PREFIX_TEXT];
		json_t *subnet;

		if (!bridge || own->ifindex != bridge->index ||
		    address_is_link_local(&own->address))
			continue;
		subnet = json_object();
		put(remains, subnet, "Subnet", json_string(prefix_format(&prefix, text)));
		put(remains, subnet, "Gateway", address_json(&own->address));
		if (json_array_append_new(subnets, subnet) < 0)
			remains->failed = true;
	}
	put(remains, ipam, "Config", subnets);
	put(remains, network, "IPAM", ipam);
	if (json_array_append_new(remains->networks, network) < 0)
		remains->failed = true;
}

/* Whether an engine gave a bridge its name: docker0, docker_gwbridge, br-ID, podman0, ... */
static bool is_engine_bridge(const char *name)
{
	static const char *const known[] = {"docker0", "docker_gwbridge", "cni-podman0"};
	size_t prefix = sizeof("podman") - 1;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	if (strncmp(name, "podman", prefix) == 0)
		return name[prefix] && strspn(name + prefix, "0123456789") == strlen(name + prefix);
	return strncmp(name, "br-", 3) == 0 && strlen(name) == 3 + ID_SHOWN &&
	       strspn(name + 3, "0123456789abcdef") == ID_SHOWN;
}

/* The host's bridge that a container's link leads to by its veth, or NULL. */
static const struct link *bridge_of(const struct netview *host, const struct link *link)
{
	const struct link *peer = link->parent ? netview_link(host, link->parent) : NULL;
	const struct link *bridge;

	if (!peer || strcmp(peer->kind, "veth") != 0 || peer->parent != link->index ||
	    !peer->master)
		return NULL;
	bridge = netview_link(host, peer->master);
	return bridge && strcmp(bridge->kind, "bridge") == 0 ? bridge : NULL;
}

/* Whether a link in a container leads to a LAN of its own, past the host. */
static bool is_foreign(const struct link *link)
{
	static const char *const kinds[] = {"macvlan", "macvtap", "ipvlan", "ipvtap", "vlan"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(link->kind, kinds[i]) == 0)
			return true;
	return !*link->kind && link->type == ARPHRD_ETHER;
}

/* Names the network behind a container's link, in the words of the kernel, and adds it. */
static const char *name_network(struct remains *remains, const struct link *link,
                                char room[static 64])
{
	const struct link *bridge = bridge_of(&remains->snapshot->net, link);

	if (bridge) {
		add_network(remains, bridge->name, "bridge");
		return bridge->name;
	}
	if (!is_foreign(link))
		return "not known";
	snprintf(room, 64, "%s %s", *link->kind ? link->kind : "physical", link->name);
	add_network(remains, room, *link->kind ? link->kind : "physical");
	return room;
}

/* Adds a container's place on one link: the first address of each family. */
static void add_attachment(struct remains *remains, json_t *attachments, const struct netview *view,
                           const struct link *link)
{
	struct address ipv4 = {0}, ipv6 = {0};
	char room[64], mac[24] = "";
	const char *name;
	json_t *attachment, *known;

	vec_foreach(own, &view->addresses) {
		struct address *slot = own->address.family == AF_INET6 ? &ipv6 : &ipv4;

		if (own->ifindex == link->index && !slot->family &&
		    !address_is_link_local(&own->address))
			*slot = own->address;
	}
	if (!ipv4.family && !ipv6.family)
		return;
	known = text_json(name_network(remains, link, room));
	name = json_string_value(known);
	if (link->has_mac)
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", link->mac[0],
		         link->mac[1], link->mac[2], link->mac[3], link->mac[4], link->mac[5]);
	attachment = json_object();
	put(remains, attachment, "NetworkID", text_json(name ? name : ""));
	put(remains, attachment, "IPAddress", address_json(&ipv4));
	put(remains, attachment, "GlobalIPv6Address", address_json(&ipv6));
	put(remains, attachment, "MacAddress", json_string(mac));
	put(remains, attachments, name ? name : "", attachment);
	json_decref(known);
}

/* Reads links and addresses of a namespace into attachments. -ENOTRECOVERABLE: no way back. */
static int read_place(struct remains *remains, int netns, json_t *attachments)
{
	_cleanup_error_ struct error *error = NULL;
	struct netview view = {0};
	int status;

	if (setns(netns, CLONE_NEWNET) < 0)
		return 0;
	status = rtnl_read(&view, &error);
	if (setns(remains->home, CLONE_NEWNET) < 0)
		status = -ENOTRECOVERABLE;
	if (status == 0)
		status = netview_decode(&view, &error);
	if (status == 0)
		vec_foreach(link, &view.links)
			if (link->flags & IFF_UP && !(link->flags & IFF_LOOPBACK))
				add_attachment(remains, attachments, &view, link);
	netview_done(&view);
	return status == -ENOMEM || status == -ENOTRECOVERABLE ? status : 0;
}

/*
 * Looks where a process stands: fills the attachments, or *ret_host. A place where another
 * container was found already is that one's. 0, -ENOMEM or -ENOTRECOVERABLE.
 */
static int visit(struct remains *remains, int pid, json_t *attachments, bool *ret_host)
{
	_cleanup_close_ int netns = -1;
	struct stat found;
	struct place *slot;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || fstat(netns, &found) < 0)
		return 0; /* whoever reads what listens there says so */
	*ret_host =
	    found.st_dev == remains->home_place.device && found.st_ino == remains->home_place.inode;
	if (*ret_host)
		return 0;
	vec_foreach(known, &remains->seen)
		if (known->device == found.st_dev && known->inode == found.st_ino)
			return 0;
	slot = vec_push(&remains->seen);
	if (!slot)
		return -ENOMEM;
	*slot = (struct place){found.st_dev, found.st_ino};
	return read_place(remains, netns, attachments);
}

/* Adds a container to the document, in the shape of GET /containers/ID/json. */
static int add_container(struct remains *remains, const struct remains_process *process)
{
	const struct container *told = snapshot_container(remains->snapshot, process->id);
	const char *name = told && *told->name ? told->name : NULL;
	json_t *container = json_object(), *state = json_object(), *settings = json_object();
	json_t *host_config = json_object(), *attachments = json_object();
	bool host = false;
	int status = attachments ? visit(remains, process->pid, attachments, &host) : -ENOMEM;

	put(remains, container, "Id", json_string(process->id));
	put(remains, container, "Name",
	    name ? json_string(name) : json_stringn(process->id, ID_SHOWN));
	put(remains, state, "Status", json_string("running"));
	put(remains, state, "Pid", json_integer(process->pid));
	put(remains, container, "State", state);
	put(remains, host_config, "NetworkMode", json_string(host ? "host" : "bridge"));
	put(remains, container, "HostConfig", host_config);
	put(remains, settings, "Networks", attachments);
	put(remains, container, "NetworkSettings", settings);
	if (json_array_append_new(remains->containers, container) < 0)
		remains->failed = true;
	remains->podman |= process->podman;
	return status;
}

/* Finds everything. 0 or a negative errno. */
static int collect(struct remains *remains)
{
	struct remains_processes processes = {0};
	struct stat home;
	int status = remains_processes_find(&processes);

	remains->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (remains->home >= 0 && fstat(remains->home, &home) == 0)
		remains->home_place = (struct place){home.st_dev, home.st_ino};
	vec_foreach(process, &processes)
		if (status == 0 && remains->home >= 0)
			status = add_container(remains, process);
	vec_foreach(link, &remains->snapshot->net.links)
		if (strcmp(link->kind, "bridge") == 0 && is_engine_bridge(link->name))
			add_network(remains, link->name, "bridge");
	vec_done(&processes);
	return status;
}

/* Whether what was found tells more than the engine did. */
static bool tells_more(const struct remains *remains)
{
	return json_array_size(remains->containers) > 0 ||
	       (json_array_size(remains->networks) > 0 &&
	        remains->snapshot->engine.containers.n == 0);
}

/* Keeps what was found as a document and parses it. 0, -EBADMSG with a sentence, or -ENOMEM. */
static int keep(struct snapshot *snapshot, struct remains *remains, struct error **ret_error)
{
	struct engine_document *document;
	json_t *root = json_object();
	_cleanup_free_ char *text = NULL;
	int status;

	put(remains, root, "Podman", json_boolean(remains->podman));
	if (json_object_set(root, "Containers", remains->containers) < 0 ||
	    json_object_set(root, "Networks", remains->networks) < 0)
		remains->failed = true;
	text = remains->failed ? NULL : json_dumps(root, JSON_COMPACT);
	json_decref(root);
	document = text ? vec_push(&snapshot->engine.documents) : NULL;
	if (!document)
		return -ENOMEM;
	*document = (struct engine_document){.request = "remains",
	                                     .json = arena_strdup(&snapshot->arena, text)};
	if (!document->json)
		return -ENOMEM;
	status = engine_parse_document(snapshot, document, ret_error);
	return status == 0 ? engine_parse_finish(snapshot, ret_error) : status;
}

int remains_read(struct snapshot *snapshot, struct error **ret_error)
{
	struct remains remains = {
	    .snapshot = snapshot,
	    .containers = json_array(),
	    .networks = json_array(),
	    .home = -1,
	};
	int status = collect(&remains);

	if (status == 0 && tells_more(&remains))
		status = keep(snapshot, &remains, ret_error);
	json_decref(remains.containers);
	json_decref(remains.networks);
	if (remains.home >= 0)
		close(remains.home);
	vec_done(&remains.seen);
	if (status == -ENOTRECOVERABLE)
		return error_set(ret_error, ENOTRECOVERABLE,
		                 "cannot go back to this host's own network namespace");
	return status == -ENOMEM ? error_set(ret_error, ENOMEM, "out of memory") : status;
}
