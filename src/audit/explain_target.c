/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be explained: the words for it, and the packet that stands for it. */
#include "audit/explain_parts.h"

#include "audit/endpoint.h"
#include "audit/witness.h"

#include <errno.h>
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT_MOST = 65535, PROBLEM_DIGITS = 9 };

/* Reads digits up to `most`; what follows them is at *ret_end. False without any, or beyond. */
static bool read_number(const char *text, unsigned most, unsigned *ret_number, const char **ret_end)
{
	unsigned long number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (unsigned long)(*at - '0');
		if (number > most)
			return false;
	}
	*ret_number = (unsigned)number;
	*ret_end = at;
	return at > text;
}

/* Reads "", "/tcp", "/udp" or "/sctp" to the end. False for anything else. */
static bool read_protocol(const char *text, uint8_t *ret_protocol)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} names[] = {{"/tcp", IPPROTO_TCP}, {"/udp", IPPROTO_UDP}, {"/sctp", IPPROTO_SCTP}};

	if (!*text)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i].name) == 0) {
			*ret_protocol = names[i].protocol;
			return true;
		}
	return false;
}

/* Reads "80", "80/tcp" to the end. False for anything else. */
static bool read_port(const char *text, struct explain_target *target)
{
	unsigned port;
	const char *end;

	if (!read_number(text, PORT_MOST, &port, &end) || !port ||
	    !read_protocol(end, &target->protocol))
		return false;
	target->port = (uint16_t)port;
	return true;
}

/* Reads what stands before a port as an address, in brackets or not. */
static bool read_address(const char *text, size_t len, struct address *ret_address)
{
	char copy[ADDRESS_TEXT];

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	return address_parse(copy, ret_address);
}

/* Whether a text is one that the engine takes for a name or an id. */
static bool is_name(const char *text, size_t len)
{
	static const char also[] = "_.-";

	for (size_t i = 0; i < len; i++) {
		bool letter =
		    (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (!letter && !digit && (i == 0 || !strchr(also, text[i])))
			return false;
	}
	return len > 0;
}

/* Reads all forms. False where it is none of them. */
static bool read_target(const char *text, struct explain_target *target)
{
	const char *colon = strrchr(text, ':'), *end;
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	unsigned number;

	if (!colon && read_number(text, 0xffffffff, &number, &end) && !*end &&
	    strlen(text) <= PROBLEM_DIGITS) {
		target->kind = ASK_PROBLEM;
		target->problem = number;
		return number > 0;
	}
	if (!colon && strchr(text, '/')) {
		target->kind = ASK_PORT;
		return read_port(text, target);
	}
	if (colon && read_address(text, len, &target->address)) {
		target->kind = ASK_ADDRESS;
		target->protocol = IPPROTO_TCP;
		return read_port(colon + 1, target);
	}
	target->kind = ASK_CONTAINER;
	return is_name(text, len) && (!colon || read_port(colon + 1, target));
}

int explain_target_parse(const char *text, struct explain_target *ret_target,
                         struct error **ret_error)
{
	const char *colon = strrchr(text, ':');
	struct explain_target target = {0};

	if (!read_target(text, &target))
		return error_set(
		    ret_error, EINVAL,
		    "\"%s\" is no target: one is a problem's number, a port (1234/tcp), a "
		    "container (web), its port (web:80/tcp) or an address and port "
		    "(192.0.2.10:1234/tcp)",
		    text);
	if (target.kind == ASK_CONTAINER) {
		target.container = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
		if (!target.container)
			return error_set(ret_error, ENOMEM, "out of memory");
	}
	*ret_target = target;
	return 0;
}

void explain_target_done(struct explain_target *target)
{
	free((char *)target->container);
	target->container = NULL;
}

/* Whether a container goes by a name: its own, its service's, or the beginning of its id. */
static bool goes_by(const struct audit_endpoint *endpoint, const char *name)
{
	const struct container *container = endpoint->container;
	size_t len = strlen(name);

	if (endpoint->name && strcmp(endpoint->name, name) == 0)
		return true;
	return container && len >= 12 && container->id && strncmp(container->id, name, len) == 0;
}

/* Whether a host port is one of an endpoint's. */
static bool is_published_at(const struct audit_endpoint *endpoint, uint16_t port)
{
	vec_foreach(published, &endpoint->published)
		if (published->host_port == port)
			return true;
	return false;
}

/* Whether an endpoint is one that the target means. */
static bool is_meant_endpoint(const struct audit_endpoint *endpoint,
                              const struct explain_target *target)
{
	if (target->protocol && endpoint->protocol != target->protocol)
		return false;
	switch (target->kind) {
	case ASK_CONTAINER:
		return goes_by(endpoint, target->container) &&
		       (!target->port || endpoint->port == target->port);
	case ASK_PORT:
		return is_published_at(endpoint, target->port);
	default:
		return true;
	}
}

/* Whether what a sender addressed is what the target means. */
static bool is_meant_address(const struct explain_target *target, const struct address *to,
                             uint16_t port)
{
	switch (target->kind) {
	case ASK_PORT:
		return port == target->port;
	case ASK_ADDRESS:
		return port == target->port && address_equal(to, &target->address);
	default:
		return true;
	}
}

/* The reach entry that a finding speaks of, or NULL: nothing arrived. */
static const struct reach_entry *entry_of_finding(const struct audit *audit,
                                                  const struct finding *finding)
{
	if (finding->endpoint == SIZE_MAX || !finding->has_path)
		return NULL;
	vec_foreach(entry, &audit->endpoints.items[finding->endpoint].reach)
		if (entry->path == finding->path && entry->to_port == finding->to_port &&
		    address_equal(&entry->to, &finding->to) &&
		    (!finding->in || strcmp(entry->in, finding->in) == 0) &&
		    (!entry->meant || entry->denied_classes))
			return entry;
	return NULL;
}

/* Takes a finding, and the packet that it speaks of. */
static void take_finding(const struct audit *audit, const struct finding *finding,
                         struct explain_choice *choice)
{
	choice->finding = finding;
	if (finding->endpoint != SIZE_MAX)
		choice->endpoint = &audit->endpoints.items[finding->endpoint];
	choice->entry = entry_of_finding(audit, finding);
}

/* The problem of a number. */
static int choose_problem(const struct audit *audit, unsigned number, struct explain_choice *choice,
                          struct error **ret_error)
{
	unsigned most = 0;

	vec_foreach(finding, &audit->findings) {
		most = finding->row > most ? finding->row : most;
		if (finding->row == number && !choice->finding)
			take_finding(audit, finding, choice);
	}
	if (choice->finding)
		return 0;
	if (!most)
		return error_set(ret_error, ENOENT, "there is no problem %u: the audit found none",
		                 number);
	return error_set(ret_error, ENOENT, "there is no problem %u: the audit found %u", number,
	                 most);
}

/* The worst finding about what the target means; else what got in; else an endpoint of it. */
static void choose_endpoint(const struct audit *audit, const struct explain_target *target,
                            struct explain_choice *choice)
{
	vec_foreach(finding, &audit->findings)
		if (!choice->finding && finding->endpoint != SIZE_MAX && finding->has_path &&
		    is_meant_endpoint(&audit->endpoints.items[finding->endpoint], target) &&
		    is_meant_address(target, &finding->to, finding->to_port))
			take_finding(audit, finding, choice);
	if (choice->finding)
		return;
	vec_foreach(endpoint, &audit->endpoints) {
		if (!is_meant_endpoint(endpoint, target))
			continue;
		vec_foreach(entry, &endpoint->reach) {
			if (choice->entry || !is_meant_address(target, &entry->to, entry->to_port))
				continue;
			choice->entry = entry;
			choice->endpoint = endpoint;
		}
		if (!choice->endpoint && target->kind != ASK_ADDRESS)
			choice->endpoint = endpoint;
	}
}

/* An address of the host on a link, of a family. */
static bool own_address(const struct netview *view, uint32_t ifindex, uint8_t family,
                        struct address *ret_address)
{
	vec_foreach(own, &view->addresses)
		if (own->ifindex == ifindex && own->address.family == family &&
		    !address_is_link_local(&own->address)) {
			*ret_address = own->address;
			return true;
		}
	return false;
}

/* Whether one vantage point says more than another: the world first, then neighbours. */
static unsigned rank(const struct vantage *vantage)
{
	static const unsigned ranks[] = {
	    [VANTAGE_BEYOND] = 1,    [VANTAGE_NEIGHBOUR] = 2, [VANTAGE_LINK_LOCAL] = 3,
	    [VANTAGE_CONTAINER] = 4, [VANTAGE_SPOOFED] = 5,
	};

	return vantage_is_world(vantage) ? 0 : ranks[vantage->class];
}

/* The sender to ask for: of a family, by the interface that was asked for. NULL: there is none. */
static const struct vantage *best_vantage(const struct vantages *vantages, uint8_t family,
                                          const char *in)
{
	const struct vantage *best = NULL;

	vec_foreach(vantage, vantages)
		if (vantage->source.family == family && (!in || strcmp(vantage->in, in) == 0) &&
		    (!best || rank(vantage) < rank(best)))
			best = vantage;
	return best;
}

/* What is addressed where nothing got in: as published, else the container itself. */
static void aim(const struct explain_target *target, const struct explain_choice *choice,
                struct probe *probe)
{
	const struct audit_endpoint *endpoint = choice->endpoint;

	probe->protocol = target->protocol ? target->protocol : IPPROTO_TCP;
	probe->destination_port = target->port;
	if (target->kind == ASK_ADDRESS) {
		probe->destination = target->address;
		return;
	}
	if (choice->finding && choice->finding->has_path) {
		probe->protocol = endpoint ? endpoint->protocol : probe->protocol;
		probe->destination = choice->finding->to;
		probe->destination_port = choice->finding->to_port;
		return;
	}
	if (!endpoint)
		return;
	probe->protocol = endpoint->protocol;
	probe->destination = endpoint->address;
	probe->destination_port = endpoint->port;
	vec_foreach(published, &endpoint->published) {
		if (target->kind == ASK_PORT && published->host_port != target->port)
			continue;
		probe->destination = published->host_address;
		probe->destination_port = published->host_port;
		return;
	}
}

/* Makes a packet up: from the best sender there is to what was asked for. */
static int make_up(const struct audit *audit, const struct explain_target *target,
                   const struct explain_options *options, struct explain_choice *choice,
                   struct error **ret_error)
{
	const char *in = options->in ? options->in : choice->finding ? choice->finding->in : NULL;
	struct vantages vantages = {0};
	const struct vantage *vantage;
	struct probe aimed = {0};
	uint8_t family;
	int status = vantages_find(audit->snapshot, choice->view, &vantages);

	aim(target, choice, &aimed);
	if (options->to.family)
		aimed.destination = options->to;
	family = aimed.destination.family ? aimed.destination.family
	         : options->from.family   ? options->from.family
	                                  : AF_INET;
	if (status == 0 && in)
		status = vantages_narrow(&vantages, in, &options->from);
	vantage = status == 0 ? best_vantage(&vantages, family, in) : NULL;
	if (status == 0 && !vantage)
		status = -ENODEV;
	if (status == 0 && (!aimed.destination.family || address_is_any(&aimed.destination)) &&
	    !own_address(choice->view, vantage->in_ifindex, family, &aimed.destination))
		status = -EADDRNOTAVAIL;
	if (status == 0) {
		choice->probe = witness_probe(vantage, &aimed.destination, aimed.destination_port,
		                              aimed.protocol);
		choice->sender = vantage->class;
		choice->has_packet = true;
	}
	vec_done(&vantages);
	if (status == -ENODEV)
		return error_set(ret_error, ENODEV, "nobody who could send it stands behind %s%s",
		                 in ? "interface " : "any interface", in ? in : "");
	if (status == -EADDRNOTAVAIL)
		return error_set(ret_error, EADDRNOTAVAIL,
		                 "this host has no address there to send it to; say which by --to");
	return status;
}

/* Fills who sends an entry's witness. 0 or -ENOMEM. */
static int find_sender(const struct audit *audit, struct explain_choice *choice)
{
	struct vantages vantages = {0};
	const struct vantage *found = NULL;
	int status = vantages_find(audit->snapshot, choice->view, &vantages);

	/* Its own, or else the one that speaks for it among fewest others. */
	vec_foreach(vantage, &vantages)
		if (vantage->inject_ifindex == choice->probe.ifindex &&
		    prefix_contains(&vantage->sources, &choice->probe.source) &&
		    (!found || !address_equal(&found->source, &choice->probe.source)) &&
		    (!found || vantage->sources.len > found->sources.len ||
		     address_equal(&vantage->source, &choice->probe.source)))
			found = vantage;
	choice->sender = found ? found->class : VANTAGE_NEIGHBOUR;
	vec_done(&vantages);
	return status;
}

int explain_choose(const struct audit *audit, const struct explain_target *target,
                   const struct explain_options *options, struct explain_choice *ret_choice,
                   struct error **ret_error)
{
	struct explain_choice choice = {0};
	const struct container *container;
	int status = 0;

	if (target->kind == ASK_PROBLEM)
		status = choose_problem(audit, target->problem, &choice, ret_error);
	else
		choose_endpoint(audit, target, &choice);
	if (status < 0)
		return status;
	if (target->kind == ASK_CONTAINER && !choice.endpoint)
		return error_set(ret_error, ENOENT, "there is no container \"%s\"%s",
		                 target->container, target->port ? " with such a port" : "");
	container = choice.endpoint ? choice.endpoint->container : NULL;
	choice.view = container && container->view ? container->view : &audit->snapshot->net;
	if (choice.entry) {
		choice.probe = choice.entry->witness;
		choice.has_packet = true;
		status = find_sender(audit, &choice);
	} else if (!choice.finding || choice.finding->has_path) {
		status = make_up(audit, target, options, &choice, ret_error);
	}
	*ret_choice = choice;
	return status;
}
