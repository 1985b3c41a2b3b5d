/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container engine says of itself: containers, networks, ports, Swarm services.
 *
 * Strings are borrowed from the snapshot's arena. Nothing secret is here:
 * environment, command lines and foreign label values are cut before parsing (engine_keep.h).
 */
#pragma once

#include "base/address.h"
#include "base/vec.h"
#include "observe/netview.h"

/* A port of a container, by protocol. */
struct container_port {
	uint16_t port;
	uint8_t protocol; /* IPPROTO_* */
};

/* A mapping of a host address and port to a container's port. */
struct published_port {
	struct address host_address; /* 0.0.0.0 or :: where every address is meant */
	bool address_blank;          /* the engine was given no address (HostIp "") */
	uint16_t host_port;          /* first of a range as asked; 0 = chosen by the engine */
	uint16_t host_port_last;     /* last of a range as asked; else equal to host_port */
	uint16_t container_port;
	uint8_t protocol;
};

/* How a container is attached to one network. */
struct attachment {
	const char *network; /* network name */
	const char *network_id;
	struct address ipv4, ipv6; /* family 0 where it has none */
	bool has_mac;
	uint8_t mac[6];
};

struct label {
	const char *key, *value;
	/* Its image has the same label with the same value, or may have it: then it is the image's
	 * word, and not that of who made the container. */
	bool inherited;
};

/* An image, as far as it speaks of its containers. */
struct engine_image {
	const char *id;           /* 64 hex digits */
	VEC(struct label) labels; /* of the kinds that containers keep */
};

enum container_state {
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING,
	CONTAINER_EXITED,
	CONTAINER_DEAD,
	CONTAINER_OTHER,
};

struct container {
	const char *id;   /* 64 hex digits */
	const char *name; /* without the leading slash */
	const char *image;
	const char *image_id; /* 64 hex digits, "" when not told */
	/*
	 * Compose's, else NULL. Compose's own labels that came with the image do not count, unless
	 * Compose made the container all the same.
	 */
	const char *project, *service;
	/* What these two would be by the word of an image, or of one that could not be read. */
	const char *claimed_project, *claimed_service;
	bool image_known; /* the labels of its image are known, so `inherited` is for certain */
	const char
	    *network_mode; /* HostConfig.NetworkMode: "bridge", "host", "container:ID", ... */
	enum container_state state;
	int pid;                                   /* in our PID namespace, 0 when not running */
	bool privileged, net_admin, docker_socket; /* can rewrite the host's rules */
	bool publish_all;
	VEC(struct label) labels;             /* seawall.*, Compose's own, and what Traefik reads */
	VEC(struct published_port) published; /* in force: NetworkSettings.Ports */
	VEC(struct published_port) asked;     /* as asked: HostConfig.PortBindings */
	VEC(struct container_port) exposed;   /* EXPOSE and --expose */
	VEC(struct attachment) attachments;
	/* What listens in its network namespace; filled by observe, not by the engine. */
	VEC(struct socket) sockets;
	bool sockets_known;
	/* Its own namespace for macvlan, ipvlan and moved-in NICs; NULL else. Owned. */
	struct netview *view;
};

struct subnet {
	struct prefix prefix;
	struct address gateway; /* family 0 for none */
};

struct engine_network {
	const char *id, *name;
	const char *driver; /* "bridge", "macvlan", "ipvlan", "overlay", "host", "null", ... */
	const char *bridge; /* the bridge's interface name; NULL unless driver is "bridge" (or an
	                       overlay's gateway bridge) */
	const char *parent; /* macvlan, ipvlan: option "parent"; NULL else */
	const char *gateway_mode_ipv4,
	    *gateway_mode_ipv6; /* "nat", "routed", "nat-unprotected", "isolated"; NULL = default */
	const char *host_binding_ipv4;  /* NULL = default */
	const char *trusted_interfaces; /* NULL = none */
	bool internal, ingress, icc, ipv6, swarm_scope, masquerade;
	VEC(struct subnet) subnets;
};

struct service_port {
	uint16_t published, target;
	uint8_t protocol;
	bool ingress; /* PublishMode "ingress"; else "host" */
};

struct swarm_service {
	const char *id, *name, *image, *stack;
	VEC(struct service_port) ports;
};

/* How well the engine could be asked. */
enum engine_status {
	ENGINE_NONE, /* no socket was found: no engine here */
	ENGINE_OK,
	ENGINE_DENIED,  /* the socket may not be opened by us */
	ENGINE_STOPPED, /* a socket, but nobody answers on it */
	ENGINE_HANGS,   /* it took the connection and did not answer in time */
	ENGINE_BROKEN,  /* it answered what cannot be understood */
};

/* One answer of the engine, pruned. */
struct engine_document {
	const char *request; /* "version", "info", "containers", "container", "image", "networks",
	                        "services", "daemon", "remains" */
	const char *json;
};

struct engine {
	enum engine_status status;
	const char *status_text; /* a sentence for a person where status is not ENGINE_OK */
	const char *socket;      /* the path that was used */
	const char *kind;        /* "docker" or "podman" */
	const char *version, *api_version, *operating_system;
	const char *firewall_backend; /* "iptables", "iptables+firewalld", "nftables"; NULL = not
	                                 told (< 28.1) */
	const char *swarm_state;      /* "inactive", "active", ... */
	bool swarm_manager, live_restore, rootless;
	int userland_proxy; /* 1 on, 0 off, -1 not known */
	int iptables;       /* 0 when the daemon runs with --iptables=false, 1 on, -1 not known */
	int ip6tables;      /* likewise */
	bool allow_direct_routing;
	bool tcp_listener; /* the daemon was told to listen on TCP */
	int no_raw_rules;  /* DOCKER_INSECURE_NO_IPTABLES_RAW=1: 1, not set: 0, not known: -1 */
	const char *default_address; /* daemon option "ip"; NULL = not given or not known */
	const char *default_bridge;  /* daemon option "bridge"; likewise */
	/*
	 * It did not answer, and the kernel tells of the containers: their name is the beginning of
	 * their id, a network's that of its bridge, and what is published is not known.
	 */
	bool from_kernel;
	bool pids_foreign; /* it lives in another PID namespace: containers have pid 0 here */
	VEC(struct container) containers;
	VEC(struct engine_network) networks;
	VEC(struct swarm_service) services;
	VEC(struct engine_image) images; /* those that containers' labels were held against */
	/*
	 * The engine's answers as capture files keep them: cut down to the keys that are
	 * parsed, one JSON document each.
	 */
	VEC(struct engine_document) documents;
};
