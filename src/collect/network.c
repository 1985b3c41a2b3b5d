/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of a collection: links, addresses, routes, policy rules, neighbours, sysctls.
 *
 * `ip address save`, `ip route save` and `ip rule save` print the kernel's own messages behind four
 * bytes of their own, and rtmon, which records what changes, begins with all links as they are: so
 * nothing is lost that a listing for people would leave out. In the byte order of the host that
 * they come from, which must be ours.
 */
#include "collect/collect_parts.h"

#include "base/cleanup.h"
#include "collect/links.h"
#include "observe/sysctl_read.h"

#include <jansson.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { RAW_MOST = 256 << 20, NEIGHBOUR_ROOM = 256 };

/* What `ip ... save` writes first (iproute2, ip/iproute.c, ipaddress.c, iprule.c); rtmon: nothing.
 */
enum { ROUTE_MAGIC = 0x45311224, ADDRESS_MAGIC = 0x47361222, RULE_MAGIC = 0x71706986 };

/* Where each kind of messages stands in a collection. */
static const struct dump_kind {
	const char *name, *of;
	enum raw_kind kind;
	uint16_t type;
	uint32_t magic; /* 0: none */
} dump_kinds[] = {
    {"links", "", RAW_LINK, RTM_NEWLINK, 0},
    {"addresses", "", RAW_ADDRESS, RTM_NEWADDR, ADDRESS_MAGIC},
    {"routes", "4", RAW_ROUTE, RTM_NEWROUTE, ROUTE_MAGIC},
    {"routes", "6", RAW_ROUTE, RTM_NEWROUTE, ROUTE_MAGIC},
    {"rules", "4", RAW_RULE, RTM_NEWRULE, RULE_MAGIC},
    {"rules", "6", RAW_RULE, RTM_NEWRULE, RULE_MAGIC},
};

int section_bad(const struct collection *collection, const struct section *section,
                struct error **ret_error, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return error_set(ret_error, EBADMSG, "%s:%zu:1: section %s%s%s: %s", collection->path,
	                 section->line, section->name, *section->of ? ":" : "", section->of,
	                 text ? text : "not understood");
}

int section_place(const struct collection *collection, const struct section *section, int status,
                  struct error **ret_error)
{
	const size_t len = strlen(collection->path);

	if (status != -EBADMSG || !ret_error ||
	    (*ret_error && strncmp(error_message(*ret_error), collection->path, len) == 0))
		return status;
	return error_wrap(ret_error, status, "%s:%zu:1", collection->path,
	                  section ? section->line : 1);
}

int section_complaint(const struct section *section, struct netview *view)
{
	/* What begins so is a remark, of nft and iptables-save about each other's tables. */
	if (!section || !section->complaint || *section->complaint == '#')
		return 0;
	return netview_incomplete(view, "%s%s%s: %s", section->name, *section->of ? " " : "",
	                          section->of, section->complaint);
}

/* Reads base64 in lines. 0 and bytes to be released, -EINVAL or -ENOMEM. */
static int decode_lines(const struct section *section, struct bytes *ret_bytes)
{
	_cleanup_free_ char *joined = malloc(section->len + 1);
	size_t n = 0;

	if (!joined)
		return -ENOMEM;
	for (size_t i = 0; i < section->len; i++)
		if (!strchr(" \t\n", section->text[i]))
			joined[n++] = section->text[i];
	joined[n] = 0;
	return base64_decode(joined, n, ret_bytes);
}

/* Adds those messages of a run that are of the type. False where the run is cut. */
static int take_messages(const struct bytes *run, size_t offset, uint16_t type, struct bytes *to)
{
	const struct nlmsghdr *message;
	int status = 0;

	while (status == 0 && (message = raw_next(run, &offset)))
		if (message->nlmsg_type == type)
			status =
			    bytes_append(to, message, NLMSG_ALIGN(message->nlmsg_len), RAW_MOST);
	return status < 0 ? status : offset == run->len ? 0 : -EBADMSG;
}

/* Takes in one section of messages. */
static int take_dump(const struct collection *collection, const struct dump_kind *kind,
                     struct netview *view, struct error **ret_error)
{
	const struct section *section = collection_section(collection, kind->name, kind->of);
	_cleanup_(bytes_done) struct bytes run = {0};
	size_t start = kind->magic ? sizeof(kind->magic) : 0;
	int status;

	if (!section)
		return netview_incomplete(view, "%s were not collected", kind->name);
	status = decode_lines(section, &run);
	if (status == -EINVAL)
		return section_bad(collection, section, ret_error, "expected base64");
	/* A command that is not there, or may not ask, says nothing else. */
	if (status == 0 && run.len <= start && section->complaint)
		return section_complaint(section, view);
	if (status == 0 && start && (run.len < start || memcmp(run.data, &kind->magic, start) != 0))
		return section_bad(collection, section, ret_error,
		                   "expected what `ip` saves on a machine of this byte order");
	/* Messages are read where they are aligned: the magic number keeps that. */
	if (status == 0)
		status = kind->kind == RAW_LINK
		             ? links_latest(&run, &view->raw[RAW_LINK])
		             : take_messages(&run, start, kind->type, &view->raw[kind->kind]);
	if (status == -EBADMSG)
		return section_bad(collection, section, ret_error, "a message is cut short");
	if (status < 0)
		return error_set(ret_error, -status, "out of memory");
	return section_complaint(section, view);
}

/* The state of a neighbour, as `ip` prints it. */
static uint16_t neighbour_state(const json_t *entry)
{
	static const struct {
		const char *name;
		uint16_t state;
	} states[] = {{"REACHABLE", NUD_REACHABLE}, {"STALE", NUD_STALE},
	              {"PERMANENT", NUD_PERMANENT}, {"DELAY", NUD_DELAY},
	              {"PROBE", NUD_PROBE},         {"NOARP", NUD_NOARP},
	              {"FAILED", NUD_FAILED},       {"INCOMPLETE", NUD_INCOMPLETE}};
	const char *name = json_string_value(json_array_get(json_object_get(entry, "state"), 0));

	for (size_t i = 0; name && i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(states[i].name, name) == 0)
			return states[i].state;
	return NUD_NONE;
}

/* Adds a neighbour as the message that the kernel would tell it by; one of another kind of link
 * than we know is left out. 0 or a negative errno. */
static int add_neighbour(struct netview *view, const json_t *entry)
{
	const char *text = json_string_value(json_object_get(entry, "dst"));
	const char *device = json_string_value(json_object_get(entry, "dev"));
	const char *mac = json_string_value(json_object_get(entry, "lladdr"));
	_Alignas(struct nlmsghdr) char room[NEIGHBOUR_ROOM] = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(room);
	struct ndmsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	struct address address;
	uint8_t bytes[6];

	if (!text || !device || !address_parse(text, &address))
		return 0;
	message->nlmsg_type = RTM_NEWNEIGH;
	head->ndm_family = address.family;
	head->ndm_ifindex = (int)link_index(view, device);
	head->ndm_state = neighbour_state(entry);
	if (!head->ndm_ifindex)
		return 0;
	mnl_attr_put(message, NDA_DST, address_size(address.family), address.bytes);
	if (mac && sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &bytes[0], &bytes[1],
	                  &bytes[2], &bytes[3], &bytes[4], &bytes[5]) == 6)
		mnl_attr_put(message, NDA_LLADDR, sizeof(bytes), bytes);
	return bytes_append(&view->raw[RAW_NEIGHBOUR], message, NLMSG_ALIGN(message->nlmsg_len),
	                    RAW_MOST);
}

/* Takes in the neighbours. */
static int take_neighbours(const struct collection *collection, struct netview *view,
                           struct error **ret_error)
{
	const struct section *section = collection_section(collection, "neighbours", "");
	json_error_t wrong;
	json_t *list, *entry;
	size_t i;
	int status = 0;

	if (!section || section->text[strspn(section->text, " \n")] == 0)
		return section ? section_complaint(section, view)
		               : netview_incomplete(view, "neighbours were not collected");
	list = json_loads(section->text, 0, &wrong);
	if (!json_is_array(list)) {
		json_decref(list);
		return section_bad(collection, section, ret_error,
		                   "expected the JSON array of `ip -j neighbour`");
	}
	json_array_foreach(list, i, entry) if (status == 0) status = add_neighbour(view, entry);
	json_decref(list);
	return status;
}

/* Takes in sysctls, "net/ipv4/ip_forward:1" a line. */
static int take_sysctls(const struct collection *collection, struct netview *view,
                        struct error **ret_error)
{
	const struct section *section = collection_section(collection, "sysctls", "");
	char *at = NULL, *line;
	int status;

	if (!section)
		return netview_incomplete(view, "sysctls were not collected");
	status = section_complaint(section, view);
	while (status == 0 && (line = section_line(section, &at))) {
		char *colon = strchr(line, ':');

		if (!colon)
			return section_bad(collection, section, ret_error,
			                   "expected PATH:VALUE, found \"%.60s\"", line);
		*colon = 0;
		status = sysctl_take(view, line, colon + 1);
	}
	return status;
}

/* Notes what is there and not read: filters of traffic control, nexthop objects. */
static int note_unread(const struct collection *collection, struct netview *view)
{
	const struct section *filters = collection_section(collection, "filters", "");
	const struct section *nexthops = collection_section(collection, "nexthops", "");
	char *at = NULL, *line;
	int status = section_complaint(filters, view);

	while (filters && status == 0 && (line = section_line(filters, &at)))
		status = netview_incomplete(
		    view, "traffic control filters of %s are not read; they come first", line);
	if (status == 0 && nexthops && nexthops->text[strspn(nexthops->text, " \n")])
		status = netview_incomplete(view, "nexthop objects are not collected: routes that "
		                                  "name them lead nowhere here");
	return status;
}

int collect_network(const struct collection *collection, struct snapshot *snapshot,
                    struct error **ret_error)
{
	struct netview *view = &snapshot->net;
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(dump_kinds) / sizeof(*dump_kinds); i++)
		status = take_dump(collection, &dump_kinds[i], view, ret_error);
	if (status == 0)
		status = links_check(collection, view);
	if (status == 0)
		status = take_neighbours(collection, view, ret_error);
	if (status == 0)
		status = take_sysctls(collection, view, ret_error);
	if (status == 0)
		status = sysctl_read_links(view, ret_error);
	if (status == 0)
		status = note_unread(collection, view);
	if (status == 0)
		status = netview_decode(view, ret_error);
	return section_place(collection, NULL, status, ret_error);
}
