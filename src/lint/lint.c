/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a Compose project before it runs.
 *
 * Theory of operation. Each tool's view is looked through port by port; a finding that several
 * tools have in common is one, with all of them. An address that is written, 0.0.0.0 too, is taken
 * as meant: only what nobody wrote, or what does not come to be as written, is a finding.
 */
#include "lint/lint_parts.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* A tool's view that is being judged. */
struct judging {
	struct lint *lint;
	const struct lint_options *options;
	const struct compose_view *view;
	enum compose_tool tool;
	int status;
};

static const struct {
	const char *name, *text, *mechanism;
	enum finding_kind kind;
	enum severity severity;
} rules[] = {
    [LINT_EVERY_ADDRESS] = {"every-address", "a port is published with no address written", "M01",
                            FINDING_EXPOSURE, SEVERITY_MEDIUM},
    [LINT_BLANK_ADDRESS] = {"blank-address", "the address of a port comes out empty", "M03",
                            FINDING_EXPOSURE, SEVERITY_HIGH},
    [LINT_DROPPED_ADDRESS] = {"dropped-address", "docker stack deploy passes an address over",
                              "M09", FINDING_EXPOSURE, SEVERITY_HIGH},
    [LINT_SECOND_DOOR] = {"second-door", "a port is published again, wider", "M05",
                          FINDING_EXPOSURE, SEVERITY_HIGH},
    [LINT_RANDOM_PORT] = {"random-port", "a port is published on any free host port", "M04",
                          FINDING_EXPOSURE, SEVERITY_MEDIUM},
    [LINT_HOST_NETWORK] = {"host-network", "ports beside network_mode: host", "M08",
                           FINDING_INEFFECTIVE, SEVERITY_MEDIUM},
    [LINT_GATEWAY_NETWORK] = {"gateway-network", "networks disagree on a port's address", "M07",
                              FINDING_EXPOSURE, SEVERITY_MEDIUM},
    [LINT_LOOPBACK_WIRE] = {"loopback-wire", "127.0.0.1 that neighbours reach", "M11",
                            FINDING_EXPOSURE, SEVERITY_MEDIUM},
    [LINT_BASE_SIXTY] = {"base-sixty", "a port without quotes is read as a number", NULL,
                         FINDING_EXPOSURE, SEVERITY_MEDIUM},
    [LINT_NO_IPTABLES] = {"no-iptables", "the daemon writes no rules", "M21", FINDING_EXPOSURE,
                          SEVERITY_HIGH},
    [LINT_API] = {"engine-on-tcp", "the engine listens on TCP without TLS", "M54", FINDING_EXPOSURE,
                  SEVERITY_CRITICAL},
    [LINT_SAVED_WALL] = {"saved-wall", "saved rules hold a copy of the wall", NULL,
                         FINDING_INEFFECTIVE, SEVERITY_MEDIUM},
    [LINT_SAVED_FLAGS] = {"saved-flags", "saved rules that nft cannot read back", NULL,
                          FINDING_INEFFECTIVE, SEVERITY_HIGH},
    [LINT_SAVED_EXTENSION] = {"saved-extension", "saved rules that nft cannot read back", NULL,
                              FINDING_INEFFECTIVE, SEVERITY_HIGH},
    [LINT_SAVED_LOST] = {"saved-comment", "a saved rule lost its condition", NULL,
                         FINDING_INEFFECTIVE, SEVERITY_HIGH},
    [LINT_SAVED_ENGINE] = {"saved-engine-rules", "Docker's own rules were saved", "M36",
                           FINDING_EXPOSURE, SEVERITY_MEDIUM},
    [LINT_SAVED_FLUSH] = {"flush-ruleset", "everybody's rules go when a file is loaded", "M35",
                          FINDING_EXPOSURE, SEVERITY_LOW},
};
_Static_assert(sizeof(rules) / sizeof(*rules) == LINT_RULES, "words for each rule");

const char *lint_rule_name(enum lint_rule rule)
{
	return rule < LINT_RULES ? rules[rule].name : "?";
}

const char *lint_rule_text(enum lint_rule rule)
{
	return rule < LINT_RULES ? rules[rule].text : "?";
}

struct lint_finding *lint_finding_new(struct lint *lint, enum lint_rule rule, const char *service,
                                      const struct compose_place *place)
{
	struct lint_finding *finding = vec_push(&lint->findings);

	if (finding)
		*finding = (struct lint_finding){
		    .rule = rule,
		    .kind = rules[rule].kind,
		    .severity = rules[rule].severity,
		    .mechanism = rules[rule].mechanism,
		    .service = service,
		    .place = *place,
		};
	return finding;
}

/* The same for the tool that is judged; NULL: no memory, as the judging's status then says. */
static struct lint_finding *finding_new(struct judging *judging, enum lint_rule rule,
                                        const char *service, const struct compose_place *place)
{
	struct lint_finding *finding = lint_finding_new(judging->lint, rule, service, place);

	if (finding)
		finding->tools = 1U << judging->tool;
	else
		judging->status = -ENOMEM;
	return finding;
}

/* Keeps a sentence that was made, or the lack of memory for it. */
static void say(struct judging *judging, const char **sentence, const char *made)
{
	*sentence = made;
	if (!made)
		judging->status = -ENOMEM;
}

/* A scalar with `text` in it, quoted as it was, or so that it can stand in YAML. */
static const char *requote(struct judging *judging, const struct compose_port *port,
                           const char *text)
{
	return port->quoted || strpbrk(text, "[]{}#,") || judging->tool == COMPOSE_V1
	           ? arena_printf(&judging->lint->arena, "\"%s\"", text)
	           : text;
}

/* The short syntax with 127.0.0.1 as its address. NULL without memory. */
static const char *with_loopback(struct judging *judging, const struct compose_port *port)
{
	struct arena *arena = &judging->lint->arena;
	const char *written = port->written, *brace;

	if (port->address_blank && *written == ':')
		return requote(judging, port, arena_printf(arena, "127.0.0.1%s", written));
	if (port->address_blank && strncmp(written, "${", 2) == 0) {
		brace = strchr(written, '}');
		if (!brace || memchr(written, ':', (size_t)(brace - written)))
			return NULL;
		return requote(judging, port,
		               arena_printf(arena, "%.*s:-127.0.0.1%s", (int)(brace - written),
		                            written, brace));
	}
	if (port->address_blank)
		return NULL;
	return requote(
	    judging, port,
	    arena_printf(arena, "127.0.0.1:%s%s", strchr(written, ':') ? "" : ":", written));
}

/* What would stand in a port's place so that it is this host's only; NULL where it is not known. */
static const char *replacement_of(struct judging *judging, const struct compose_port *port)
{
	struct arena *arena = &judging->lint->arena;

	if (!port->long_syntax)
		return with_loopback(judging, port);
	if (port->flow)
		return "host_ip: 127.0.0.1, ";
	/* A key before the first one, on a line of its own as far as that one stands in. */
	return arena_printf(arena, "host_ip: 127.0.0.1\n%*s", (int)port->place.column - 1, "");
}

/* "8080", or "one of 8000-8010": the host's side of a port. NULL without memory. */
static const char *host_port_text(struct judging *judging, const struct compose_port *port)
{
	struct arena *arena = &judging->lint->arena;

	if (port->host_first == 0)
		return "a free port";
	if (port->host_first == port->host_last)
		return arena_printf(arena, "%u", port->host_first);
	return arena_printf(arena, "%s%u-%u", port->one_of ? "one of " : "", port->host_first,
	                    port->host_last);
}

/* The address that ports get which name none; family 0: every address. */
static struct address default_address(const struct judging *judging,
                                      const struct compose_service *service)
{
	const struct lint_daemon *daemon = &judging->options->daemon;

	if (service->network_mode && strcmp(service->network_mode, "bridge") == 0)
		return daemon->ip;
	return service->default_address.family ? service->default_address : daemon->network;
}

/* Judges a port without an address. */
static void judge_open(struct judging *judging, const struct compose_service *service,
                       const struct compose_port *port)
{
	enum lint_rule rule = port->address_blank     ? LINT_BLANK_ADDRESS
	                      : port->host_first == 0 ? LINT_RANDOM_PORT
	                                              : LINT_EVERY_ADDRESS;
	struct arena *arena = &judging->lint->arena;
	struct lint_finding *finding;
	const char *host = host_port_text(judging, port);

	finding = finding_new(judging, rule, service->name, &port->place);
	if (!finding)
		return;
	finding->replacement = replacement_of(judging, port);
	if (rule == LINT_BLANK_ADDRESS)
		say(judging, &finding->why,
		    arena_printf(arena,
		                 "the address before %s comes out empty: it is published on every "
		                 "address",
		                 host ? host : "?"));
	else
		say(judging, &finding->why,
		    arena_printf(arena,
		                 "%s is published on every address, IPv6 too, and goes around a "
		                 "firewall such as ufw%s",
		                 host ? host : "?",
		                 judging->options->daemon.ip.family
		                     ? "; the daemon's \"ip\" holds for network bridge only"
		                     : ""));
	say(judging, &finding->fix,
	    rule == LINT_BLANK_ADDRESS
	        ? "give the variable a default, or demand it: ${NAME:?}"
	        : "write 127.0.0.1 before it if this host is meant, 0.0.0.0 if everybody is");
}

/* Judges a port whose address is there. */
static void judge_bound(struct judging *judging, const struct compose_service *service,
                        const struct compose_port *port)
{
	struct lint_finding *finding;

	if (!address_is_loopback(&port->address) || port->address.family != AF_INET ||
	    judging->options->engine_major == 0 || judging->options->engine_major >= 28)
		return;
	finding = finding_new(judging, LINT_LOOPBACK_WIRE, service->name, &port->place);
	if (!finding)
		return;
	say(judging, &finding->why,
	    arena_printf(&judging->lint->arena,
	                 "Docker %u does not guard 127.0.0.1: neighbours on each link reach %u",
	                 judging->options->engine_major, port->host_first));
	say(judging, &finding->fix, "upgrade to Docker 28, or put a wall up: seawall fix");
}

/* Judges a port of the stack whose address is passed over. */
static void judge_dropped(struct judging *judging, const struct compose_service *service,
                          const struct compose_port *port)
{
	struct lint_finding *finding;

	if (!judging->options->tools && !service->deployed)
		return;
	finding = finding_new(judging, LINT_DROPPED_ADDRESS, service->name, &port->place);
	if (!finding)
		return;
	say(judging, &finding->why,
	    arena_printf(&judging->lint->arena,
	                 "docker stack deploy passes the address over: %u is open on every address "
	                 "of every node",
	                 port->host_first));
	say(judging, &finding->fix,
	    "do not publish it in a stack; let the proxy reach it by a network of their own");
}

/* Judges a port that docker-compose takes for a number. */
static void judge_sixty(struct judging *judging, const struct compose_service *service,
                        const struct compose_port *port)
{
	struct arena *arena = &judging->lint->arena;
	struct lint_finding *finding =
	    finding_new(judging, LINT_BASE_SIXTY, service->name, &port->place);

	if (!finding)
		return;
	say(judging, &finding->replacement, arena_printf(arena, "\"%s\"", port->written));
	say(judging, &finding->why,
	    arena_printf(arena,
	                 "docker-compose 1.29 reads %s as the number %u: it publishes container "
	                 "port %u on any free port of every address",
	                 port->written, port->container_first, port->container_first));
	say(judging, &finding->fix, "put it between quotes");
}

/* Whether a port lets in everybody who can reach the host. */
static bool is_wide(const struct judging *judging, const struct compose_service *service,
                    const struct compose_port *port)
{
	struct address address = port->address_given || port->address_dropped
	                             ? port->address
	                             : default_address(judging, service);

	return address.family == 0 || address_is_any(&address);
}

/* Judges a port that the same service publishes elsewhere more narrowly. */
static void judge_second(struct judging *judging, const struct compose_service *service,
                         const struct compose_port *port)
{
	vec_foreach(other, &service->ports) {
		struct lint_finding *finding;

		if (other->container_last < port->container_first ||
		    other->container_first > port->container_last ||
		    other->protocol != port->protocol || is_wide(judging, service, other))
			continue;
		finding = finding_new(judging, LINT_SECOND_DOOR, service->name, &port->place);
		if (!finding)
			return;
		say(judging, &finding->why,
		    arena_printf(&judging->lint->arena,
		                 "container port %u is published here on every address, and more "
		                 "narrowly at %s:%u: both are in force, lists of ports are joined",
		                 port->container_first, other->place.file, other->place.line));
		say(judging, &finding->fix, "take one of them out, or write `ports: !override`");
		return;
	}
}

/* Judges a port. */
static void judge_port(struct judging *judging, const struct compose_service *service,
                       const struct compose_port *port)
{
	struct address address = default_address(judging, service);

	if (port->as_base_sixty) {
		judge_sixty(judging, service, port);
		return;
	}
	if (is_wide(judging, service, port))
		judge_second(judging, service, port);
	if (port->address_dropped)
		judge_dropped(judging, service, port);
	else if (port->address_given)
		judge_bound(judging, service, port);
	else if (judging->tool != COMPOSE_STACK && (!address.family || address_is_any(&address)))
		judge_open(judging, service, port);
}

/* Judges ports that a network mode makes mean nothing. */
static void judge_host_network(struct judging *judging, const struct compose_service *service)
{
	struct lint_finding *finding =
	    finding_new(judging, LINT_HOST_NETWORK, service->name, &service->ports.items[0].place);

	if (!finding)
		return;
	say(judging, &finding->why,
	    "network_mode: host passes `ports` over: what the container listens on is open as it "
	    "binds it");
	say(judging, &finding->fix,
	    "take network_mode out, or bind the program itself to 127.0.0.1");
}

/* Judges networks that do not agree on the address of a service's ports. */
static void judge_unsteady(struct judging *judging, const struct compose_service *service)
{
	vec_foreach(port, &service->ports) {
		struct lint_finding *finding;

		if (port->address_given || port->address_dropped)
			continue;
		finding = finding_new(judging, LINT_GATEWAY_NETWORK, service->name, &port->place);
		if (!finding)
			return;
		say(judging, &finding->why,
		    "its networks bind ports to different addresses: which holds depends on the "
		    "network that gives the default route");
		say(judging, &finding->fix, "write the address into the port");
		return;
	}
}

/* Judges what a tool makes of the files. */
static void judge_view(struct judging *judging)
{
	vec_foreach(service, &judging->view->services) {
		const char *mode = service->network_mode;
		bool stack = judging->tool == COMPOSE_STACK;

		if (!service->active)
			continue;
		if (!stack && mode && strcmp(mode, "host") == 0 && service->ports.n > 0) {
			judge_host_network(judging, service);
			continue;
		}
		if (!stack && service->default_unsteady) {
			judge_unsteady(judging, service);
			continue;
		}
		vec_foreach(port, &service->ports)
			judge_port(judging, service, port);
	}
}

/* Judges the daemon's own settings, which have no line. */
static void judge_daemon(struct judging *judging)
{
	const struct lint_daemon *daemon = &judging->options->daemon;
	const struct compose_place place = {.file = daemon->file};
	struct lint_finding *finding;

	if (daemon->no_iptables) {
		finding = finding_new(judging, LINT_NO_IPTABLES, NULL, &place);
		if (!finding)
			return;
		say(judging, &finding->why,
		    "\"iptables\": false leaves each port of each container open to who has a "
		    "route");
		say(judging, &finding->fix, "take it out");
	}
	if (daemon->tcp) {
		finding = finding_new(judging, LINT_API, NULL, &place);
		if (!finding)
			return;
		say(judging, &finding->why,
		    arena_printf(&judging->lint->arena,
		                 "the engine listens on %s without TLS: who reaches it is root",
		                 daemon->tcp));
		say(judging, &finding->fix,
		    "take it out of \"hosts\"; ssh://user@host does the same");
	}
}

/* Orders texts, of which there may be none. */
static int compare_texts(const char *one, const char *other)
{
	return strcmp(one ? one : "", other ? other : "");
}

/* Orders what two findings are about: by file and line. */
static int compare_subjects(const struct lint_finding *one, const struct lint_finding *other)
{
	int order = compare_texts(one->place.file, other->place.file);

	if (order)
		return order;
	if (one->place.line != other->place.line)
		return one->place.line < other->place.line ? -1 : 1;
	if (one->place.column != other->place.column)
		return one->place.column < other->place.column ? -1 : 1;
	if (one->rule != other->rule)
		return one->rule < other->rule ? -1 : 1;
	return compare_texts(one->service, other->service);
}

/* The same, and then the current tool first: its words stand where several say the same. */
static int compare_findings(const void *a, const void *b)
{
	const struct lint_finding *one = a, *other = b;
	const unsigned current = 1U << COMPOSE_V2;
	int order = compare_subjects(one, other);

	return order ? order : (int)(other->tools & current) - (int)(one->tools & current);
}

/* Sorts findings; those that several tools have in common become one. */
static void findings_join(struct lint *lint)
{
	size_t kept = 0;

	if (lint->findings.n == 0)
		return;
	qsort(lint->findings.items, lint->findings.n, sizeof(*lint->findings.items),
	      compare_findings);
	for (size_t i = 1; i < lint->findings.n; i++) {
		struct lint_finding *last = &lint->findings.items[kept];
		const struct lint_finding *finding = &lint->findings.items[i];

		if (compare_subjects(last, finding) == 0)
			last->tools |= finding->tools;
		else
			lint->findings.items[++kept] = *finding;
	}
	lint->findings.n = kept + 1;
}

/* Whether some service of a view is made for a stack. */
static bool is_deployed(const struct compose_view *view)
{
	vec_foreach(service, &view->services)
		if (service->deployed)
			return true;
	return false;
}

/* The tools whose word counts. */
static unsigned tools_of(const struct compose *compose, const struct lint_options *options)
{
	unsigned tools = 0;

	for (enum compose_tool tool = 0; tool < COMPOSE_TOOLS; tool++) {
		const struct compose_view *view = &compose->views[tool];
		bool wanted = options->tools & 1U << tool;

		if (!options->tools)
			wanted = tool == COMPOSE_V2 || compose->views[COMPOSE_V2].rejected ||
			         (tool == COMPOSE_V1 ? view->versioned : is_deployed(view));
		if (wanted && !view->rejected)
			tools |= 1U << tool;
	}
	return tools;
}

int lint_run(const struct compose *compose, const struct lint_options *options,
             struct lint **ret_lint)
{
	_cleanup_(cleanup_lint_free) struct lint *lint = calloc(1, sizeof(*lint));
	struct judging judging = {.lint = lint, .options = options};

	if (!lint)
		return -ENOMEM;
	lint->compose = compose;
	lint->tools = tools_of(compose, options);
	for (judging.tool = 0; judging.tool < COMPOSE_TOOLS; judging.tool++) {
		judging.view = &compose->views[judging.tool];
		if (lint->tools & 1U << judging.tool)
			judge_view(&judging);
	}
	judging.tool = COMPOSE_V2;
	judge_daemon(&judging);
	if (judging.status < 0)
		return judging.status;
	findings_join(lint);
	*ret_lint = lint;
	lint = NULL;
	return 0;
}

void lint_free(struct lint *lint)
{
	if (!lint)
		return;
	vec_done(&lint->findings);
	arena_done(&lint->arena);
	free(lint);
}
