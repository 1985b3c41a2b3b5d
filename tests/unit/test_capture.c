/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files: what is written is what is read, and nothing that is wrong gets by. */
#include "observe/capture.h"
#include "observe/capture_line.h"
#include "observe/engine_parse.h"
#include "observe/engine_read.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define WEB "f028f028f028f028f028f028f028f028f028f028f028f028f028f028f028f028"
#define LAN "6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca6fca"
#define NET "a877a877a877a877a877a877a877a877a877a877a877a877a877a877a877a877"
#define HEAD                                                                                       \
	"{\"seawall_capture\":1,\"version\":\"0\",\"host\":\"h\",\"kernel\":\"k\",\"taken\":"      \
	"\"2026-01-31T12:00:00Z\"}\n"

/* A directory that goes when the test does. */
static int make_directory(void **state)
{
	char *path = strdup("/tmp/test_capture.XXXXXX");

	*state = path;
	return path && mkdtemp(path) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return system(command);
}

/* The path of a file in it. */
static const char *in_directory(void **state, const char *name)
{
	static char path[4][128];
	static size_t turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", (char *)*state, name);
	return path[turn];
}

/* Adds the message of a link to a view. */
static void add_link(struct netview *view, int index, const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct nlattr attribute;
		char name[16];
	} message = {
	    .header = {.nlmsg_len = sizeof(message), .nlmsg_type = RTM_NEWLINK},
	    .link = {.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = 1},
	    .attribute = {.nla_len = sizeof(message.attribute) + 16, .nla_type = IFLA_IFNAME},
	};

	memcpy(message.name, name, strlen(name));
	assert_int_equal(bytes_append(&view->raw[RAW_LINK], &message, sizeof(message), 1 << 30), 0);
}

/* Adds a legacy table with entries of `size` bytes that mean nothing. */
static void add_table(struct netview *view, uint8_t family, const char *name, uint32_t size)
{
	struct xtables_table *table = vec_push(&view->xtables);
	struct ipt_getinfo info = {.size = size, .num_entries = 1};

	assert_non_null(table);
	table->family = family;
	table->name = arena_strdup(&view->arena, name);
	assert_int_equal(bytes_append(&table->info, &info, sizeof(info), 1 << 30), 0);
	for (uint32_t i = 0; i < size; i++) {
		const uint8_t byte = (uint8_t)(i * 7);

		assert_int_equal(bytes_append(&table->entries, &byte, 1, 1 << 30), 0);
	}
}

/* Adds a sysctl. */
static void add_sysctl(struct netview *view, const char *path, const char *value)
{
	struct sysctl *sysctl = vec_push(&view->sysctls);

	assert_non_null(sysctl);
	sysctl->path = arena_strdup(&view->arena, path);
	sysctl->value = arena_strdup(&view->arena, value);
}

/* A socket. */
static struct socket make_socket(uint8_t protocol, const char *address, uint16_t port)
{
	struct socket socket = {.protocol = protocol, .port = port, .inode = 12345678901234};

	assert_true(address_parse(address, &socket.address));
	return socket;
}

/* Fills a socket that has just been added, and returns it. */
static struct socket *put_socket(struct socket *slot, struct socket socket)
{
	if (!slot)
		abort();
	*slot = socket;
	return slot;
}

/* Adds a document. */
static void add_document(struct snapshot *snapshot, const char *request, const char *json)
{
	struct engine_document *document = vec_push(&snapshot->engine.documents);

	assert_non_null(document);
	document->request = request;
	document->json = json;
}

/* Adds ways through web proxies. */
static void add_sites(struct snapshot *snapshot)
{
	static const char *const names[] = {"a.example", "\xff"};
	static const struct site_listen listens[] = {
	    {.address = {.family = AF_INET}, .port = 80, .protocol = IPPROTO_TCP},
	    {.address = {.family = AF_INET6}, .port = 443, .protocol = IPPROTO_UDP}};
	static struct prefix allowed[1];
	struct site_route *all = vec_push(&snapshot->sites.routes), *least;

	assert_non_null(all);
	assert_true(prefix_parse("10.0.0.0/8", &allowed[0]));
	*all = (struct site_route){
	    .proxy = "nginx",
	    .container_id = WEB,
	    .names = names,
	    .n_names = 2,
	    .location = "~ \"x\"",
	    .listens = listens,
	    .n_listens = 2,
	    .target = "127.0.0.1",
	    .address = make_socket(IPPROTO_TCP, "127.0.0.1", 0).address,
	    .port = 8001,
	    .protocol = IPPROTO_TCP,
	    .guard = {.what = "a listed address",
	              .by = "allow",
	              .allowed = allowed,
	              .n_allowed = 1,
	              .listed = true},
	    .guess = "an `if` decides",
	    .file = "/etc/nginx/nginx.conf",
	    .line = 12,
	};
	least = vec_push(&snapshot->sites.routes);
	assert_non_null(least);
	*least = (struct site_route){.proxy = "caddy", .protocol = IPPROTO_UDP};
}

/* Whether the ways are as they were added. */
static void check_sites(const struct snapshot *snapshot)
{
	const struct site_route *all = snapshot->sites.routes.items, *least = all + 1;

	assert_int_equal(snapshot->sites.routes.n, 2);
	assert_string_equal(all->proxy, "nginx");
	assert_string_equal(all->container_id, WEB);
	assert_int_equal(all->n_names, 2);
	assert_string_equal(all->names[0], "a.example");
	assert_string_equal(all->names[1], "\xef\xbf\xbd");
	assert_string_equal(all->location, "~ \"x\"");
	assert_int_equal(all->n_listens, 2);
	assert_int_equal(all->listens[1].address.family, AF_INET6);
	assert_int_equal(all->listens[1].port, 443);
	assert_int_equal(all->listens[1].protocol, IPPROTO_UDP);
	assert_string_equal(all->target, "127.0.0.1");
	assert_true(address_is_loopback(&all->address));
	assert_int_equal(all->port, 8001);
	assert_string_equal(all->guard.what, "a listed address");
	assert_string_equal(all->guard.by, "allow");
	assert_int_equal(all->guard.n_allowed, 1);
	assert_int_equal(all->guard.allowed[0].len, 8);
	assert_true(all->guard.listed);
	assert_string_equal(all->guess, "an `if` decides");
	assert_string_equal(all->file, "/etc/nginx/nginx.conf");
	assert_int_equal(all->line, 12);
	assert_string_equal(least->proxy, "caddy");
	assert_null(least->container_id);
	assert_null(least->target);
	assert_null(least->guard.what);
	assert_null(least->guess);
	assert_int_equal(least->protocol, IPPROTO_UDP);
}

/* A snapshot with something of everything; its first legacy table has so many bytes. */
static struct snapshot *make_snapshot(uint32_t table_size)
{
	struct snapshot *snapshot = snapshot_new();
	struct container *web, *lan;
	struct socket *socket;

	assert_non_null(snapshot);
	engine_init(&snapshot->engine);
	snapshot->host = "box\"\\\x01\xff\xc3\xa9";
	snapshot->kernel = "6.1.0";
	snapshot->taken = 1769860800;
	snapshot->engine.status = ENGINE_OK;
	snapshot->engine.socket = "/run/docker.sock";
	add_link(&snapshot->net, 1, "lo");
	add_link(&snapshot->net, 2, "eth0");
	add_table(&snapshot->net, AF_INET, "filter", table_size);
	add_table(&snapshot->net, AF_INET6, "filter", 3);
	add_sysctl(&snapshot->net, "net/ipv4/conf/eth0.1/rp_filter", "1");
	add_sysctl(&snapshot->net, "net/ipv4/ip_forward", "1\t\n2");
	socket = put_socket(vec_push(&snapshot->net.sockets),
	                    make_socket(IPPROTO_TCP, "127.0.0.1", 1234));
	socket->owner = (struct socket_owner){77, "docker-proxy", NULL};
	socket = put_socket(vec_push(&snapshot->net.sockets), make_socket(IPPROTO_UDP, "::", 53));
	socket->v6only = true;
	socket->ifindex = 2;
	socket->owner = (struct socket_owner){78, "dns", WEB};
	*vec_push(&snapshot->flows) =
	    (struct flow){.protocol = IPPROTO_TCP,
	                  .source = make_socket(IPPROTO_TCP, "198.51.100.2", 0).address,
	                  .source_port = 40000,
	                  .to = make_socket(IPPROTO_TCP, "192.0.2.10", 0).address,
	                  .to_port = 8080,
	                  .target = make_socket(IPPROTO_TCP, "172.17.0.2", 0).address,
	                  .target_port = 80,
	                  .count = 3};
	assert_int_equal(netview_incomplete(&snapshot->net, "ipsets: %s", "not \"permitted\""), 0);
	assert_int_equal(snapshot_incomplete(snapshot, "in containers: nothing"), 0);
	add_document(snapshot, "version", "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\"}");
	add_document(snapshot, "networks",
	             "[{\"Id\":\"" NET "\",\"Name\":\"lan\",\"Driver\":\"macvlan\"}]");
	add_document(snapshot, "container",
	             "{\"Id\":\"" WEB "\",\"Name\":\"/web\",\"State\":{\"Status\":\"running\"}}");
	add_document(snapshot, "container",
	             "{\"Id\":\"" LAN "\",\"Name\":\"/lan\",\"State\":{\"Status\":\"running\"}}");
	assert_int_equal(netview_decode(&snapshot->net, NULL), 0);
	assert_int_equal(engine_parse(snapshot, NULL), 0);
	web = &snapshot->engine.containers.items[0];
	web->sockets_known = true;
	lan = &snapshot->engine.containers.items[1];
	lan->sockets_known = true;
	lan->view = calloc(1, sizeof(*lan->view));
	assert_non_null(lan->view);
	add_link(lan->view, 5, "eth0");
	add_sysctl(lan->view, "net/ipv4/ip_forward", "0");
	put_socket(vec_push(&lan->view->sockets), make_socket(IPPROTO_SCTP, "0.0.0.0", 22));
	put_socket(vec_push(&lan->sockets), make_socket(IPPROTO_SCTP, "0.0.0.0", 22));
	assert_int_equal(netview_incomplete(lan->view, "the ipsets"), 0);
	add_sites(snapshot);
	return snapshot;
}

/* The bytes of a file. */
static struct bytes read_file(const char *path)
{
	struct bytes bytes = {0};
	char chunk[4096];
	FILE *file = fopen(path, "re");
	size_t got;

	assert_non_null(file);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		assert_int_equal(bytes_append(&bytes, chunk, got, 1 << 30), 0);
	fclose(file);
	return bytes;
}

/* Reads a capture out of memory. */
static int read_text(const void *text, size_t len, struct snapshot **ret_snapshot,
                     struct error **ret_error)
{
	FILE *stream =
	    len ? fmemopen((void *)(uintptr_t)text, len, "re") : fopen("/dev/null", "re");
	int status;

	assert_non_null(stream);
	status = capture_read_stream(stream, "x", ret_snapshot, ret_error);
	fclose(stream);
	return status;
}

/* Written, read and written again is byte for byte the same, and the values are there. */
static void round_trip(void **state)
{
	_cleanup_snapshot_ struct snapshot *written = make_snapshot(100 * 1024 + 1);
	_cleanup_snapshot_ struct snapshot *read = NULL;
	_cleanup_error_ struct error *error = NULL;
	const char *first = in_directory(state, "first"), *second = in_directory(state, "second");
	struct bytes a, b;
	struct stat found;

	assert_int_equal(capture_write(written, first, &error), 0);
	assert_int_equal(stat(first, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0600);
	if (capture_read(first, &read, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_equal(capture_write(read, second, &error), 0);
	a = read_file(first);
	b = read_file(second);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	bytes_done(&a);
	bytes_done(&b);

	assert_string_equal(read->host, "box\"\\\x01\xef\xbf\xbd\xc3\xa9");
	assert_int_equal(read->taken, 1769860800);
	assert_false(read->live);
	assert_string_equal(netview_link(&read->net, 2)->name, "eth0");
	assert_int_equal(read->net.xtables.items[0].entries.len, 100 * 1024 + 1);
	assert_string_equal(netview_sysctl(&read->net, "net/ipv4/ip_forward"), "1\t\n2");
	assert_int_equal(read->net.sysctls_sorted, 2);
	assert_string_equal(read->net.sockets.items[1].owner.container_id, WEB);
	assert_int_equal(read->flows.n, 1);
	assert_int_equal(read->flows.items[0].target_port, 80);
	assert_int_equal(read->flows.items[0].count, 3);
	assert_int_equal(read->engine.status, ENGINE_OK);
	assert_true(read->engine.containers.items[0].sockets_known);
	assert_null(read->engine.containers.items[0].view);
	assert_int_equal(read->engine.containers.items[1].view->sockets.n, 1);
	assert_int_equal(read->engine.containers.items[1].view->links.n, 1);
	assert_string_equal(read->engine.containers.items[1].view->incomplete.items[0],
	                    "the ipsets");
	check_sites(read);
	assert_string_equal(read->net.incomplete.items[0], "ipsets: not \"permitted\"");
	assert_int_equal(read->incomplete.n, 1);
}

/* Wherever a file is cut, that is an error with line and column. */
static void cut_short_is_noticed(void **state)
{
	_cleanup_snapshot_ struct snapshot *written = make_snapshot(3);
	const char *path = in_directory(state, "cut");
	struct bytes bytes;

	assert_int_equal(capture_write(written, path, NULL), 0);
	bytes = read_file(path);
	for (size_t len = 0; len < bytes.len; len++) {
		_cleanup_error_ struct error *error = NULL;
		struct snapshot *snapshot = NULL;
		unsigned line = 0, column = 0;

		assert_int_equal(read_text(bytes.data, len, &snapshot, &error), -EBADMSG);
		assert_null(snapshot);
		assert_int_equal(sscanf(error_message(error), "x:%u:%u: ", &line, &column), 2);
		assert_true(line > 0 && column > 0);
		assert_non_null(strstr(error_message(error), "cut short"));
	}
	bytes_done(&bytes);
}

/* One changed byte is either harmless or an error; it never crashes or leaks. */
static void changed_bytes_are_survived(void **state)
{
	_cleanup_snapshot_ struct snapshot *written = make_snapshot(3);
	const char *path = in_directory(state, "changed");
	struct bytes bytes;

	assert_int_equal(capture_write(written, path, NULL), 0);
	bytes = read_file(path);
	for (size_t i = 0; i < bytes.len; i++) {
		_cleanup_error_ struct error *error = NULL;
		_cleanup_snapshot_ struct snapshot *snapshot = NULL;
		const uint8_t kept = bytes.data[i];

		bytes.data[i] = (uint8_t)(kept ^ 0x41);
		if (read_text(bytes.data, bytes.len, &snapshot, &error) < 0)
			assert_int_equal(strncmp(error_message(error), "x:", 2), 0);
		bytes.data[i] = kept;
	}
	bytes_done(&bytes);
}

#define CONTAINERS                                                                                 \
	HEAD "{\"document\":{\"request\":\"container\",\"json\":{\"Id\":\"" WEB                    \
	     "\",\"Name\":\"/web\"}}}\n"
#define XTABLES(more) HEAD "{\"xtables\":{\"family\":\"ip\",\"name\":\"filter\"" more "}}\n"

/* What is wrong is named with its place, what was found and what was expected. */
static void wrong_records_are_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", "x:1:1: the file is cut short: expected an \"end\" record"},
	    {"\n", "x:1:1: not JSON: it ends too early; expected a record"},
	    {"hello\n", "x:1:"},
	    {"[1]\n", "x:1:1: found an array, expected an object"},
	    {"{}\n", "x:1:1: found a kind of record that this version does not know"},
	    {"{\"a\":1,\"a\":2}\n", "not JSON: the same key twice; expected a record"},
	    {"{\"sysctl\":[\"net/a\",\"1\"]}\n",
	     "x:1:2: expected \"seawall_capture\" in the first record"},
	    {"{\"seawall_capture\":2,\"version\":\"9\",\"host\":\"h\",\"kernel\":\"k\",\"taken\":"
	     "\"2026-01-31T12:00:00Z\"}\n",
	     "x:1:2: seawall_capture: expected 1, the version of this format, found 2"},
	    {"{\"seawall_capture\":1,\"version\":\"9\",\"host\":\"h\",\"kernel\":\"k\"}\n",
	     "x:1:1: taken: expected a string, found nothing"},
	    {"{\"seawall_capture\":1,\"version\":\"9\",\"host\":\"h\",\"kernel\":\"k\",\"taken\":"
	     "\"today\"}\n",
	     "x:1:60: taken: expected a time like 2026-01-31T12:00:00Z, found \"today\""},
	    {HEAD HEAD, "x:2:2: found a second \"seawall_capture\", expected another record"},
	    {HEAD "{\"ruleset\":1}\n",
	     "x:2:2: found a kind of record that this version does not know"},
	    {HEAD "{\"raw\":\"links\",\"data\":\"\"}\n",
	     "x:2:2: raw: expected a kind of netlink message, found \"links\""},
	    {HEAD "{\"raw\":\"link\",\"data\":\"AAA\"}\n",
	     "x:2:15: data: expected base64, found \"AAA\""},
	    {HEAD "{\"raw\":\"link\",\"data\":\"AAAA\"}\n",
	     "x:2:15: data: expected whole netlink messages, found \"AAAA\""},
	    {HEAD "{\"raw\":\"link\"}\n", "x:2:1: data: expected a string, found nothing"},
	    {HEAD "{\"raw\":\"link\",\"data\":\"\",\"extra\":1}\n",
	     "x:2:25: extra: expected no such key, found 1"},
	    {HEAD "{\"sysctl\":[\"net/../kernel/core_pattern\",\"x\"]}\n",
	     "x:2:2: sysctl: expected [\"net/...\", VALUE], found an array"},
	    {HEAD "{\"sysctl\":[\"kernel/panic\",\"1\"]}\n", "x:2:2: sysctl: expected"},
	    {HEAD "{\"sysctl\":[\"net//a\",\"1\"]}\n", "x:2:2: sysctl: expected"},
	    {HEAD "{\"sysctl\":[\"net/a\"]}\n", "x:2:2: sysctl: expected"},
	    {HEAD "{\"socket\":{\"protocol\":\"icmp\",\"address\":\"::\",\"port\":1}}\n",
	     "x:2:12: socket.protocol: expected \"tcp\", \"udp\" or \"sctp\", found \"icmp\""},
	    {HEAD
	     "{\"flow\":{\"protocol\":\"sctp\",\"source\":\"::1\",\"source_port\":1,\"to\":\"::\","
	     "\"to_port\":1,\"target\":\"::\",\"target_port\":1,\"count\":1}}\n",
	     "x:2:10: flow.protocol: expected \"tcp\" or \"udp\", found \"sctp\""},
	    {HEAD
	     "{\"flow\":{\"protocol\":\"tcp\",\"source\":\"::1\",\"source_port\":1,\"to\":\"::\","
	     "\"to_port\":1,\"target\":\"192.0.2.1\",\"target_port\":1,\"count\":1}}\n",
	     "flow: expected addresses of one family"},
	    {HEAD "{\"socket\":{\"protocol\":\"tcp\",\"address\":\"::\",\"port\":65536}}\n",
	     "x:2:44: socket.port: expected a whole number from 0 to 65535, found 65536"},
	    {HEAD "{\"socket\":{\"protocol\":\"tcp\",\"address\":\"nine\",\"port\":1}}\n",
	     "x:2:29: socket.address: expected an IPv4 or IPv6 address, found \"nine\""},
	    {XTABLES(",\"entries\":\"\""), "expected \"info\" in a table's first record"},
	    {XTABLES(",\"info\":\"AAAA\",\"entries\":\"\""), "expected a struct ipt_getinfo"},
	    {HEAD "{\"engine\":{\"status\":\"fine\"}}\n",
	     "x:2:12: engine.status: expected \"ok\", \"none\", \"denied\", ..., found \"fine\""},
	    {HEAD "{\"engine\":{\"status\":\"ok\"}}\n{\"engine\":{\"status\":\"ok\"}}\n",
	     "x:3:2: engine: expected a single record about the engine"},
	    {HEAD "{\"site\":{\"proxy\":\"nginx\",\"protocol\":\"tcp\",\"port\":1,\"address\":"
	          "\"127.0.0.1\"}}\n",
	     "expected a \"target\" where there is an \"address\""},
	    {HEAD "{\"document\":{\"request\":\"info\",\"json\":{\"Swarm\":1}}}\n",
	     "x:2:31: info: Swarm: expected an object, found 1"},
	    {HEAD "{\"document\":{\"request\":\"info\"}}\n", "x:2:1: info: not JSON"},
	    {HEAD "{\"container\":\"" WEB "\",\"view\":true}\n",
	     "x:2:2: found no such container in this file, expected the id of one"},
	    {CONTAINERS "{\"container\":\"" WEB "\",\"document\":{}}\n",
	     "x:3:81: expected no \"container\" in such a record"},
	    {CONTAINERS "{\"container\":\"" WEB "\",\"view\":false}\n",
	     "x:3:81: view: expected true, found false"},
	    {CONTAINERS "{\"container\":\"" WEB
	                "\",\"view\":true}\n{\"sysctl\":[\"net/a\",\"1\"]}\n",
	     "x:4:2: expected the host's records before those of containers"},
	    {CONTAINERS "{\"view\":true}\n", "x:3:2: expected a \"container\" in such a record"},
	    {HEAD "{\"end\":{\"records\":2}}\n",
	     "x:2:9: end.records: expected the number of records before it, found 2"},
	    {HEAD "{\"end\":{\"records\":1}}\n{}\n",
	     "x:3:1: found something behind the \"end\" record"},
	    {HEAD "{\"\xc3\xa9\xc3\xa9\":\"\",\"end\":}\n", "x:2:16: not JSON: a character"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_error_ struct error *error = NULL;
		struct snapshot *snapshot = NULL;

		assert_int_equal(read_text(cases[i].text, strlen(cases[i].text), &snapshot, &error),
		                 -EBADMSG);
		assert_null(snapshot);
		if (!strstr(error_message(error), cases[i].message))
			fail_msg("found \"%s\", expected \"%s\"", error_message(error),
			         cases[i].message);
	}
}

/* A legacy table that lacks its end, and one that has too much. */
static void tables_are_whole(void **state)
{
	_cleanup_snapshot_ struct snapshot *snapshot = snapshot_new();
	_cleanup_error_ struct error *error = NULL;
	const char *path = in_directory(state, "table");
	struct ipt_getinfo info = {.size = 9};

	add_table(&snapshot->net, AF_INET, "nat", 8);
	memcpy(snapshot->net.xtables.items[0].info.data, &info, sizeof(info));
	assert_int_equal(capture_write(snapshot, path, NULL), 0);
	assert_int_equal(capture_read(path, &snapshot, &error), -EBADMSG);
	assert_non_null(strstr(error_message(error), "the legacy table \"nat\" lacks its end"));
	error_free(steal_pointer(&error));

	info.size = 7;
	memcpy(snapshot->net.xtables.items[0].info.data, &info, sizeof(info));
	assert_int_equal(capture_write(snapshot, path, NULL), 0);
	assert_int_equal(capture_read(path, &snapshot, &error), -EBADMSG);
	assert_non_null(strstr(error_message(error), "expected no more than the table's size"));
}

/* A line and a file that are too long are refused before they are in memory. */
static void length_is_capped(void **state)
{
	static const char text[] = "0123456789\n0123\n56789abcdef\n";
	struct line_source source = {.line_cap = 10, .total_cap = 1000};
	size_t len;
	char *line;

	(void)state;
	source.stream = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "re");
	assert_int_equal(line_next(&source, &line, &len), 1);
	assert_string_equal(line, "0123456789");
	assert_int_equal(line_next(&source, &line, &len), 1);
	assert_string_equal(line, "0123");
	assert_int_equal(line_next(&source, &line, &len), -EFBIG);
	assert_int_equal(source.number, 2);
	fclose(source.stream);
	line_source_done(&source);

	source = (struct line_source){.line_cap = 10, .total_cap = 20};
	source.stream = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "re");
	assert_int_equal(line_next(&source, &line, &len), -EFBIG);
	fclose(source.stream);
	line_source_done(&source);
}

/* An old file stays until the new one is complete; links stay links; nothing is left lying. */
static void files_are_replaced(void **state)
{
	_cleanup_snapshot_ struct snapshot *snapshot = make_snapshot(3);
	_cleanup_error_ struct error *error = NULL;
	const char *file = in_directory(state, "file"), *link = in_directory(state, "link");
	char command[256];
	struct stat found;

	assert_int_equal(capture_write(snapshot, file, &error), 0);
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(capture_write(snapshot, link, &error), 0);
	assert_int_equal(lstat(link, &found), 0);
	assert_true(S_ISLNK(found.st_mode));
	assert_true(capture_write(snapshot, in_directory(state, "no/such"), &error) < 0);
	assert_non_null(strstr(error_message(error), "no/such"));
	snprintf(command, sizeof(command), "test -z \"$(ls %s | grep 'file[.]')\"", (char *)*state);
	assert_int_equal(system(command), 0);
}

/* What is no regular file is written to as it stands, and a failure to write is said. */
static void devices_are_written_through(void **state)
{
	_cleanup_snapshot_ struct snapshot *snapshot = make_snapshot(3);
	_cleanup_error_ struct error *error = NULL;
	_cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	char path[64];

	(void)state;
	assert_true(full >= 0);
	/* By this name, a rename over the device could only fail. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", full);
	assert_int_equal(capture_write(snapshot, path, &error), -ENOSPC);
	assert_non_null(strstr(error_message(error), strerror(ENOSPC)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(cut_short_is_noticed),
	    cmocka_unit_test(changed_bytes_are_survived),
	    cmocka_unit_test(wrong_records_are_refused),
	    cmocka_unit_test(tables_are_whole),
	    cmocka_unit_test(length_is_capped),
	    cmocka_unit_test(files_are_replaced),
	    cmocka_unit_test(devices_are_written_through),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
