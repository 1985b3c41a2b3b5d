/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stays of an engine's answers: the allow-list of keys that engine_prune() goes by. */
#include "observe/engine_keep.h"

#include <string.h>

#define END                                                                                        \
	{                                                                                          \
	}

static const struct keep component_rows[] = {{"Name", KEEP_TEXT}, {"Version", KEEP_TEXT}, END};

static const struct keep version_rows[] = {
    {"Version", KEEP_TEXT},
    {"ApiVersion", KEEP_TEXT},
    {"MinAPIVersion", KEEP_TEXT},
    {"Components", KEEP_LIST, component_rows},
    END,
};

static const struct keep swarm_rows[] = {
    {"LocalNodeState", KEEP_TEXT}, {"ControlAvailable", KEEP_FLAG}, END};

static const struct keep firewall_rows[] = {{"Driver", KEEP_TEXT}, END};

static const struct keep info_rows[] = {
    {"ServerVersion", KEEP_TEXT},
    {"OperatingSystem", KEEP_TEXT},
    {"LiveRestoreEnabled", KEEP_FLAG},
    {"SecurityOptions", KEEP_TEXTS},
    {"Swarm", KEEP_OBJECT, swarm_rows},
    {"FirewallBackend", KEEP_OBJECT, firewall_rows},
    END,
};

static const struct keep endpoint_rows[] = {
    {"NetworkID", KEEP_TEXT},
    {"IPAddress", KEEP_TEXT},
    {"GlobalIPv6Address", KEEP_TEXT},
    {"MacAddress", KEEP_TEXT},
    END,
};

static const struct keep listed_port_rows[] = {
    {"IP", KEEP_TEXT},
    {"PrivatePort", KEEP_NUMBER},
    {"PublicPort", KEEP_NUMBER},
    {"Type", KEEP_TEXT},
    END,
};

static const struct keep listed_host_rows[] = {{"NetworkMode", KEEP_TEXT}, END};

static const struct keep listed_network_rows[] = {{"Networks", KEEP_MAP, endpoint_rows}, END};

static const struct keep listed_rows[] = {
    {"Id", KEEP_TEXT},
    {"Names", KEEP_TEXTS},
    {"Image", KEEP_TEXT},
    {"ImageID", KEEP_TEXT},
    {"State", KEEP_TEXT},
    {"Labels", KEEP_LABELS},
    {"Ports", KEEP_LIST, listed_port_rows},
    {"HostConfig", KEEP_OBJECT, listed_host_rows},
    {"NetworkSettings", KEEP_OBJECT, listed_network_rows},
    END,
};

static const struct keep binding_rows[] = {{"HostIp", KEEP_TEXT}, {"HostPort", KEEP_TEXT}, END};

static const struct keep state_rows[] = {{"Status", KEEP_TEXT}, {"Pid", KEEP_NUMBER}, END};

static const struct keep config_rows[] = {
    {"Image", KEEP_TEXT}, {"Labels", KEEP_LABELS}, {"ExposedPorts", KEEP_KEYS}, END};

static const struct keep host_config_rows[] = {
    {"NetworkMode", KEEP_TEXT}, {"PortBindings", KEEP_PORTS, binding_rows},
    {"Privileged", KEEP_FLAG},  {"PublishAllPorts", KEEP_FLAG},
    {"CapAdd", KEEP_TEXTS},     END,
};

static const struct keep settings_rows[] = {
    {"Ports", KEEP_PORTS, binding_rows}, {"Networks", KEEP_MAP, endpoint_rows}, END};

static const struct keep container_rows[] = {
    {"Id", KEEP_TEXT},
    {"Image", KEEP_TEXT},
    {"Name", KEEP_TEXT},
    {"State", KEEP_OBJECT, state_rows},
    {"Config", KEEP_OBJECT, config_rows},
    {"HostConfig", KEEP_OBJECT, host_config_rows},
    {"NetworkSettings", KEEP_OBJECT, settings_rows},
    {"Mounts", KEEP_SOCKET},
    {ENGINE_SOCKET_KEY, KEEP_FLAG},
    END,
};

static const struct keep image_config_rows[] = {{"Labels", KEEP_LABELS}, END};

static const struct keep image_rows[] = {
    {"Id", KEEP_TEXT}, {"Config", KEEP_OBJECT, image_config_rows}, END};

static const struct keep subnet_rows[] = {{"Subnet", KEEP_TEXT}, {"Gateway", KEEP_TEXT}, END};

static const struct keep ipam_rows[] = {{"Config", KEEP_LIST, subnet_rows}, END};

static const struct keep option_rows[] = {
    {"com.docker.network.bridge.default_bridge", KEEP_TEXT},
    {"com.docker.network.bridge.enable_icc", KEEP_TEXT},
    {"com.docker.network.bridge.enable_ip_masquerade", KEEP_TEXT},
    {"com.docker.network.bridge.gateway_mode_ipv4", KEEP_TEXT},
    {"com.docker.network.bridge.gateway_mode_ipv6", KEEP_TEXT},
    {"com.docker.network.bridge.host_binding_ipv4", KEEP_TEXT},
    {"com.docker.network.bridge.name", KEEP_TEXT},
    {"com.docker.network.bridge.trusted_host_interfaces", KEEP_TEXT},
    {"ipvlan_mode", KEEP_TEXT},
    {"macvlan_mode", KEEP_TEXT},
    {"mode", KEEP_TEXT},
    {"parent", KEEP_TEXT},
    END,
};

static const struct keep network_rows[] = {
    {"Name", KEEP_TEXT},
    {"Id", KEEP_TEXT},
    {"Scope", KEEP_TEXT},
    {"Driver", KEEP_TEXT},
    {"EnableIPv6", KEEP_FLAG},
    {"IPAM", KEEP_OBJECT, ipam_rows},
    {"Internal", KEEP_FLAG},
    {"Ingress", KEEP_FLAG},
    {"ConfigOnly", KEEP_FLAG},
    {"Options", KEEP_OBJECT, option_rows},
    END,
};

static const struct keep service_port_rows[] = {
    {"Protocol", KEEP_TEXT},
    {"TargetPort", KEEP_NUMBER},
    {"PublishedPort", KEEP_NUMBER},
    {"PublishMode", KEEP_TEXT},
    END,
};

static const struct keep service_endpoint_rows[] = {{"Ports", KEEP_LIST, service_port_rows}, END};

static const struct keep container_spec_rows[] = {{"Image", KEEP_TEXT}, END};

static const struct keep task_rows[] = {{"ContainerSpec", KEEP_OBJECT, container_spec_rows}, END};

static const struct keep service_spec_rows[] = {
    {"Name", KEEP_TEXT}, {"Labels", KEEP_LABELS}, {"TaskTemplate", KEEP_OBJECT, task_rows}, END};

static const struct keep service_rows[] = {
    {"ID", KEEP_TEXT},
    {"Spec", KEEP_OBJECT, service_spec_rows},
    {"Endpoint", KEEP_OBJECT, service_endpoint_rows},
    END,
};

/* Our own document, made by engine_daemon_document(). */
static const struct keep daemon_rows[] = {
    {"pid-namespace", KEEP_TEXT},
    {"options", KEEP_TEXT},
    {"userland-proxy", KEEP_FLAG},
    {"iptables", KEEP_FLAG},
    {"ip6tables", KEEP_FLAG},
    {"ip", KEEP_TEXT},
    {"bridge", KEEP_TEXT},
    {"allow-direct-routing", KEEP_FLAG},
    {"live-restore", KEEP_FLAG},
    {"firewall-backend", KEEP_TEXT},
    {"hosts-tcp", KEEP_FLAG},
    {"insecure-no-iptables-raw", KEEP_FLAG},
    END,
};

/* What each request's answer is, and what of it stays. */
static const struct keep_answer answers[] = {
    {"version", false, version_rows},  {"info", false, info_rows},
    {"containers", true, listed_rows}, {"container", false, container_rows},
    {"image", false, image_rows},      {"networks", true, network_rows},
    {"services", true, service_rows},  {"daemon", false, daemon_rows},
};

const struct keep_answer *engine_keep(const char *request)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (strcmp(answers[i].request, request) == 0)
			return &answers[i];
	return NULL;
}

/* Label keys that stay; one that ends in a dot stands for all that begin with it. */
static const char *const kept_labels[] = {
    "seawall.",
    "com.docker.compose.config-hash",
    "com.docker.compose.container-number",
    "com.docker.compose.project",
    "com.docker.compose.service",
    "com.docker.compose.oneoff",
    "com.docker.stack.namespace",
    "com.docker.swarm.",
};

enum label_keep engine_keep_label(const char *key, size_t key_len)
{
	for (size_t i = 0; i < sizeof(kept_labels) / sizeof(*kept_labels); i++) {
		const size_t len = strlen(kept_labels[i]);
		const bool prefix = kept_labels[i][len - 1] == '.';

		if ((prefix ? key_len >= len : key_len == len) &&
		    memcmp(key, kept_labels[i], len) == 0)
			return LABEL_STAYS;
	}
	return engine_keep_traefik(key, key_len);
}
