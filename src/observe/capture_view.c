/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the records of a capture file that are about a network namespace.
 *
 * Theory of operation. A record about a container goes into that container's own view, any other
 * one into the host's: the same functions read both. What later stages rely on is checked here
 * where no decoder does it: that runs of netlink messages are framed, that a legacy table is as
 * long as it says, that the path of a sysctl stays below /proc/sys/net.
 */
#include "observe/capture_record.h"
#include "observe/engine_parse.h"

#include <linux/netfilter_ipv4/ip_tables.h>
#include <netinet/in.h>
#include <string.h>

void capture_read_raw(struct capture_reader *reader, struct json_reader *json,
                      const struct json_node *root)
{
	const struct json_node name = json_node_member(root, "raw");
	const struct json_node data = json_node_member(root, "data");
	const int kind = raw_kind_from_name(record_text(json, root, "raw"));
	struct netview *view = record_view(reader, json);
	size_t offset;

	if (kind < 0)
		(void)json_reader_expected(json, &name, "a kind of netlink message");
	if (json->status < 0)
		return;
	offset = view->raw[kind].len;
	record_base64(json, root, "data", &view->raw[kind]);
	while (raw_next(&view->raw[kind], &offset))
		;
	if (offset != view->raw[kind].len)
		(void)json_reader_expected(json, &data, "whole netlink messages");
}

/* Moves *at behind a word that must stand there. False when it does not. */
static bool skip_word(const char **at, const char *end, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

bool record_read_plain_raw(struct capture_reader *reader)
{
	static const char tail[] = "\"}";
	const char *at = reader->line, *end = at + reader->len;
	struct bytes decoded = {0};
	size_t offset = 0;
	int kind = 0;
	bool taken = false;

	if (reader->host_done || reader->source.number == 1 || !skip_word(&at, end, "{\"raw\":\""))
		return false;
	end -= sizeof(tail) - 1;
	if (at > end || strcmp(end, tail) != 0)
		return false;
	while (kind < RAW_KINDS && !skip_word(&at, end, raw_kind_name((enum raw_kind)kind)))
		kind++;
	if (kind == RAW_KINDS || !skip_word(&at, end, "\",\"data\":\"") ||
	    base64_decode(at, (size_t)(end - at), &decoded) < 0)
		return false;
	while (raw_next(&decoded, &offset))
		;
	if (offset == decoded.len)
		taken = bytes_append(&reader->snapshot->net.raw[kind], decoded.data, decoded.len,
		                     CAPTURE_RUN_CAP) == 0;
	bytes_done(&decoded);
	return taken;
}

/* The family of a legacy table by its name, with an error for another. */
static uint8_t need_family(struct json_reader *json, const struct json_node *up)
{
	const struct json_node node = json_node_member(up, "family");
	const char *name = record_text(json, up, "family");

	if (strcmp(name, "ip") != 0 && strcmp(name, "ip6") != 0)
		(void)json_reader_expected(json, &node, "\"ip\" or \"ip6\"");
	return strcmp(name, "ip6") == 0 ? AF_INET6 : AF_INET;
}

/* The size that a legacy table says its entries have. */
static size_t xtables_size(const struct xtables_table *table)
{
	struct ipt_getinfo info;

	memcpy(&info, table->info.data, sizeof(info));
	return info.size;
}

bool record_xtables_whole(const struct xtables_table *table)
{
	return table->entries.len == xtables_size(table);
}

/* Begins a legacy table. */
static struct xtables_table *add_xtables(struct json_reader *json, struct netview *view,
                                         const struct json_node *node, const char *name,
                                         uint8_t family)
{
	const struct json_node info = json_node_member(node, "info");
	struct xtables_table *table;

	vec_foreach(known, &view->xtables)
		if (known->family == family && strcmp(known->name, name) == 0)
			(void)json_reader_expected(json, &info, "each table once");
	table = json->status < 0 ? NULL : vec_push(&view->xtables);
	if (!table)
		return NULL;
	*table = (struct xtables_table){.family = family};
	table->name = record_keep(json, &view->arena, name);
	record_base64(json, node, "info", &table->info);
	if (table->info.len != sizeof(struct ipt_getinfo))
		(void)json_reader_expected(json, &info, "a struct ipt_getinfo");
	return table;
}

void capture_read_xtables(struct capture_reader *reader, struct json_reader *json,
                          const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "xtables");
	const struct json_node entries = json_node_member(&node, "entries");
	const char *name = record_text(json, &node, "name");
	const uint8_t family = need_family(json, &node);
	struct netview *view = record_view(reader, json);
	struct xtables_table *table = NULL;

	record_check_keys(json, &node, KEYS("family", "name", "info", "entries"));
	if (json->status < 0)
		return;
	if (json_node_member(&node, "info").value)
		table = add_xtables(json, view, &node, name, family);
	else if (view->xtables.n > 0)
		table = &view->xtables.items[view->xtables.n - 1];
	if (json->status < 0)
		return;
	if (!table || table->family != family || strcmp(table->name, name) != 0) {
		(void)json_reader_expected(json, &node, "\"info\" in a table's first record");
		return;
	}
	record_base64(json, &node, "entries", &table->entries);
	if (json->status == 0 && table->entries.len > xtables_size(table))
		(void)json_reader_expected(json, &entries, "no more than the table's size");
}

/* True for a path below net/ that cannot lead out of it. */
static bool sysctl_path_valid(const char *path)
{
	if (strncmp(path, "net/", 4) != 0)
		return false;
	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t len;

		part += *part == '/';
		len = strcspn(part, "/");
		if (len == 0 || strncmp(part, "..", len) == 0)
			return false;
	}
	return true;
}

void capture_read_sysctl(struct capture_reader *reader, struct json_reader *json,
                         const struct json_node *root)
{
	const struct json_node node = json_read_array(json, root, "sysctl");
	const struct json_node path = json_node_item(&node, 0);
	const struct json_node value = json_node_item(&node, 1);
	struct netview *view = record_view(reader, json);
	struct sysctl sysctl, *added;

	if (json->status < 0)
		return;
	if (json_array_size(node.value) != 2 || !json_is_string(path.value) ||
	    !json_is_string(value.value) || !sysctl_path_valid(json_string_value(path.value))) {
		(void)json_reader_expected(json, &node, "[\"net/...\", VALUE]");
		return;
	}
	sysctl.path = record_keep(json, &view->arena, json_string_value(path.value));
	sysctl.value = record_keep(json, &view->arena, json_string_value(value.value));
	added = vec_push(&view->sysctls);
	if (!added) {
		(void)json_reader_no_memory(json);
		return;
	}
	*added = sysctl;
	/* As long as they come in order, netview_sysctl() may look them up by halves. */
	if (view->sysctls_sorted == view->sysctls.n - 1 &&
	    (view->sysctls.n == 1 || strcmp(added[-1].path, added->path) < 0))
		view->sysctls_sorted = view->sysctls.n;
}

/* Fills who owns a socket. */
static void read_owner(struct json_reader *json, struct arena *arena, const struct json_node *node,
                       struct socket_owner *owner)
{
	const struct json_node comm = json_node_member(node, "comm");
	const struct json_node id = json_node_member(node, "container");

	owner->pid = (int)json_read_int(json, node, "pid", 1, INT32_MAX, 0);
	if (comm.value)
		owner->comm = record_keep(json, arena, record_text(json, node, "comm"));
	if (!id.value)
		return;
	owner->container_id = record_keep(json, arena, record_text(json, node, "container"));
	if (!engine_id_valid(owner->container_id))
		(void)json_reader_expected(json, &id, "64 hex digits");
}

void capture_read_socket(struct capture_reader *reader, struct json_reader *json,
                         const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "socket");
	const struct json_node protocol = json_node_member(&node, "protocol");
	const struct json_node address = json_node_member(&node, "address");
	struct container *container = reader->container;
	struct snapshot *snapshot = reader->snapshot;
	struct socket socket = {
	    .protocol = engine_protocol(record_text(json, &node, "protocol")),
	    .address = engine_read_address(json, &node, "address"),
	    .port = (uint16_t)record_int(json, &node, "port", UINT16_MAX),
	    .v6only = json_read_bool(json, &node, "v6only", false),
	    .ifindex = (uint32_t)json_read_int(json, &node, "ifindex", 0, UINT32_MAX, 0),
	    .inode = (uint64_t)json_read_int(json, &node, "inode", 0, INT64_MAX, 0),
	};
	struct socket *added, ignored, *in_view = &ignored;

	read_owner(json, &snapshot->arena, &node, &socket.owner);
	record_check_keys(json, &node,
	                  KEYS("protocol", "address", "port", "v6only", "ifindex", "inode", "pid",
	                       "comm", "container"));
	if (socket.protocol == 0)
		(void)json_reader_expected(json, &protocol, "\"tcp\", \"udp\" or \"sctp\"");
	if (socket.address.family == 0)
		(void)json_reader_expected(json, &address, "an IPv4 or IPv6 address");
	if (json->status < 0)
		return;
	added = container ? vec_push(&container->sockets) : vec_push(&snapshot->net.sockets);
	if (container && container->view)
		in_view = vec_push(&container->view->sockets);
	if (!added || !in_view) {
		(void)json_reader_no_memory(json);
		return;
	}
	*added = socket;
	*in_view = socket;
}

/* An address that must be there. */
static struct address need_address(struct json_reader *json, const struct json_node *up,
                                   const char *key)
{
	const struct json_node node = json_node_member(up, key);
	struct address address = engine_read_address(json, up, key);

	if (address.family == 0)
		(void)json_reader_expected(json, &node, "an IPv4 or IPv6 address");
	return address;
}

void capture_read_flow(struct capture_reader *reader, struct json_reader *json,
                       const struct json_node *root)
{
	const struct json_node node = json_read_object(json, root, "flow");
	const struct json_node protocol = json_node_member(&node, "protocol");
	struct flow flow = {
	    .protocol = engine_protocol(record_text(json, &node, "protocol")),
	    .source = need_address(json, &node, "source"),
	    .source_port = (uint16_t)record_int(json, &node, "source_port", UINT16_MAX),
	    .to = need_address(json, &node, "to"),
	    .to_port = (uint16_t)record_int(json, &node, "to_port", UINT16_MAX),
	    .target = need_address(json, &node, "target"),
	    .target_port = (uint16_t)record_int(json, &node, "target_port", UINT16_MAX),
	    .count = (uint32_t)record_int(json, &node, "count", UINT32_MAX),
	};
	struct flow *added;

	record_check_keys(json, &node,
	                  KEYS("protocol", "source", "source_port", "to", "to_port", "target",
	                       "target_port", "count"));
	if (flow.protocol != IPPROTO_TCP && flow.protocol != IPPROTO_UDP)
		(void)json_reader_expected(json, &protocol, "\"tcp\" or \"udp\"");
	if (json->status == 0 &&
	    (flow.source.family != flow.to.family || flow.source.family != flow.target.family))
		(void)json_reader_expected(json, &node, "addresses of one family");
	if (json->status < 0)
		return;
	added = vec_push(&reader->snapshot->flows);
	if (added)
		*added = flow;
	else
		(void)json_reader_no_memory(json);
}
