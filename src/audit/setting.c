/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings that were to give an address to ports published without one, and do not.
 *
 * Theory of operation. A port that names no address takes the default binding of the network that
 * is the container's gateway at the moment. The engine tells both: what was asked for, with the
 * address blank, and what is in force. Where that is every address although the engine, or a
 * network of the container, has a narrower default, somebody relied on a setting that does not
 * reach this port.
 */
#include "audit/setting.h"
#include "audit/judge.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Whether the port in force was asked for without an address. */
static bool asked_blank(const struct container *container, const struct published_port *published)
{
	vec_foreach(asked, &container->asked)
		if (asked->address_blank && asked->container_port == published->container_port &&
		    asked->protocol == published->protocol &&
		    (asked->host_port == 0 || (asked->host_port <= published->host_port &&
		                               published->host_port <= asked->host_port_last)))
			return true;
	return false;
}

/* A default binding when it is one address, NULL where it is every address or not told. */
static const char *narrow(const char *binding)
{
	struct address address;

	if (!binding || !address_parse(binding, &address) || address_is_any(&address))
		return NULL;
	return binding;
}

/* The default binding of a network, NULL where it is every address. */
static const char *network_binding(const struct audit *audit, const char *name)
{
	const struct engine_network *network = snapshot_network(audit->snapshot, name);

	return network ? narrow(network->host_binding_ipv4) : NULL;
}

/* The default that the engine was given for all networks, as people think. NULL for none. */
static const char *engine_binding(const struct audit *audit)
{
	const char *told = narrow(audit->snapshot->engine.default_address);

	return told ? told : network_binding(audit, "bridge");
}

/* The endpoint that the port leads to, SIZE_MAX for none. */
static size_t endpoint_of(const struct audit *audit, const struct container *container,
                          const struct published_port *published)
{
	for (size_t i = 0; i < audit->endpoints.n; i++) {
		const struct audit_endpoint *endpoint = &audit->endpoints.items[i];

		if (endpoint->container != container || endpoint->protocol != published->protocol)
			continue;
		vec_foreach(mapping, &endpoint->published)
			if (mapping->host_port == published->host_port)
				return i;
	}
	return SIZE_MAX;
}

/* Takes from the endpoint's reach who gets in by the port, and where first. 0 or -ENOMEM. */
static int take_reach(struct audit *audit, struct finding *finding,
                      const struct audit_endpoint *endpoint)
{
	VEC(const struct reach_entry *) entries = {0};
	int status = 0;

	vec_foreach(entry, &endpoint->reach) {
		const struct reach_entry **slot;

		if (entry->path != PATH_PUBLISHED || !entry->own_address)
			continue;
		slot = vec_push(&entries);
		if (!slot)
			goto out_of_memory;
		*slot = entry;
		if (!finding->has_path)
			finding_at(finding, entry);
		if (strcmp(finding->in, entry->in) == 0)
			if (prefixes_add(&finding->sources, entry->sources.items,
			                 entry->sources.n) < 0)
				goto out_of_memory;
	}
	if (entries.n)
		finding->who = finding_who(audit, entries.items, entries.n, false);
	goto out;
out_of_memory:
	status = -ENOMEM;
out:
	vec_done(&entries);
	return finding->who ? status : -ENOMEM;
}

/* Makes a finding about a port that is open on every address although `binding` was set. */
static int wide_finding(struct audit *audit, const struct container *container,
                        const struct published_port *published, const char *network,
                        const char *binding)
{
	struct mechanism_facts facts = {.port = published->host_port,
	                                .protocol = published->protocol,
	                                .network = network,
	                                .mode = binding};
	struct finding *finding =
	    finding_add(audit, FINDING_INEFFECTIVE, SEVERITY_MEDIUM,
	                network ? M07_GATEWAY_NETWORK : M06_DEFAULT_ADDRESS, &facts);

	if (!finding)
		return -ENOMEM;
	finding->endpoint = endpoint_of(audit, container, published);
	finding->subject = container->name;
	finding->who = "a setting of yours";
	if (finding->endpoint == SIZE_MAX)
		return 0;
	return take_reach(audit, finding, &audit->endpoints.items[finding->endpoint]);
}

/* Judges a port that was asked for without an address and is in force on every one. */
static int wide_port(struct audit *audit, const struct container *container,
                     const struct published_port *published)
{
	const char *binding;

	vec_foreach(attachment, &container->attachments)
		if ((binding = network_binding(audit, attachment->network)))
			return wide_finding(audit, container, published, attachment->network,
			                    binding);
	binding = engine_binding(audit);
	return binding ? wide_finding(audit, container, published, NULL, binding) : 0;
}

/* Whether a network would publish a port without an address on every address. */
static bool network_is_wide(const struct audit *audit, const char *name)
{
	const struct engine_network *network = snapshot_network(audit->snapshot, name);

	return network && network->driver && strcmp(network->driver, "bridge") == 0 &&
	       !network->internal && !narrow(network->host_binding_ipv4);
}

/* Notes a port that has its address from one network and would lose it to another. */
static int narrow_port(struct audit *audit, const struct container *container,
                       const struct published_port *published)
{
	const char *from = NULL, *wide = NULL;
	char text[ADDRESS_TEXT];

	vec_foreach(attachment, &container->attachments) {
		if (network_binding(audit, attachment->network))
			from = attachment->network;
		else if (network_is_wide(audit, attachment->network))
			wide = attachment->network;
	}
	if (!from || !wide)
		return 0;
	return finding_note(
	    audit, arena_printf(&audit->arena,
	                        "%s was published without an address: it has %u%s on %s as long as "
	                        "%s is its gateway, and on every address once %s is",
	                        container->name, published->host_port,
	                        protocol_suffix(published->protocol),
	                        address_format(&published->host_address, text), from, wide));
}

int setting_findings(struct audit *audit)
{
	int status = 0;

	vec_foreach(container, &audit->snapshot->engine.containers) {
		if (container->state != CONTAINER_RUNNING)
			continue;
		vec_foreach(published, &container->published) {
			if (status < 0 || published->host_address.family != AF_INET ||
			    !asked_blank(container, published))
				continue;
			status = address_is_any(&published->host_address)
			             ? wide_port(audit, container, published)
			             : narrow_port(audit, container, published);
		}
	}
	return status;
}
