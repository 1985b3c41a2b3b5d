/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard and its clerk say to each other, what a proof leaves, and what the clerk gave up.
 */
#include "clerk/calls.h"
#include "clerk/left.h"
#include "clerk/message.h"
#include "confine/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { SOMEBODY = 64990 };

static char buffer[MESSAGE_ROOM];

/* Two ends for messages. */
static void pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

static void messages_arrive_as_they_were(void **state)
{
	struct message sent = {.kind = MESSAGE_POLICY,
	                       .when = -5,
	                       .number = INT64_MAX,
	                       .texts = {"/etc/policy", "", "eth0"},
	                       .n = 3,
	                       .fd = memfd_create("test", MFD_CLOEXEC)};
	struct message got;
	char text[8] = "";
	int ends[2];

	(void)state;
	pair(ends);
	assert_int_equal(write(sent.fd, "hello", 5), 5);
	assert_int_equal(message_send(ends[0], &sent), 0);
	assert_int_equal(message_receive(ends[1], buffer, &got), 1);
	assert_int_equal(got.kind, MESSAGE_POLICY);
	assert_true(got.when == -5 && got.number == INT64_MAX && got.n == 3);
	assert_string_equal(got.texts[0], "/etc/policy");
	assert_string_equal(got.texts[1], "");
	assert_string_equal(got.texts[2], "eth0");
	assert_int_equal(pread(got.fd, text, sizeof(text), 0), 5);
	assert_string_equal(text, "hello");
	close(got.fd);
	close(sent.fd);
	sent = (struct message){.kind = MESSAGE_WALL, .fd = -1};
	assert_int_equal(message_send(ends[0], &sent), 0);
	assert_int_equal(message_receive(ends[1], buffer, &got), 1);
	assert_true(got.kind == MESSAGE_WALL && got.n == 0 && got.fd == -1);
	assert_int_equal(message_receive(ends[1], buffer, &got), -EAGAIN);
	close(ends[0]);
	assert_int_equal(message_receive(ends[1], buffer, &got), 0);
	close(ends[1]);
}

static void what_is_no_message_is_refused(void **state)
{
	struct {
		uint32_t kind, texts;
		int64_t when, number;
		char rest[16];
	} bad = {.texts = 2, .rest = "one"};
	const size_t head = offsetof(typeof(bad), rest);
	struct message got;
	int ends[2];

	(void)state;
	pair(ends);
	for (size_t len = 1; len <= head + 4; len++) { /* one text where there should be two */
		assert_int_equal(send(ends[0], &bad, len, 0), len);
		assert_int_equal(message_receive(ends[1], buffer, &got), -EBADMSG);
	}
	memcpy(bad.rest, "one\0two", 7); /* and no end of it */
	assert_int_equal(send(ends[0], &bad, head + 7, 0), head + 7);
	assert_int_equal(message_receive(ends[1], buffer, &got), -EBADMSG);
	assert_int_equal(send(ends[0], &bad, head + 9, 0), head + 9); /* and one more */
	assert_int_equal(message_receive(ends[1], buffer, &got), -EBADMSG);
	bad.texts = MESSAGE_TEXTS + 1;
	assert_int_equal(send(ends[0], &bad, sizeof(bad), 0), sizeof(bad));
	assert_int_equal(message_receive(ends[1], buffer, &got), -EBADMSG);
	close(ends[0]);
	close(ends[1]);
}

static void nobody_waits_for_a_reader(void **state)
{
	static char text[8000];
	struct message sent = {
	    .kind = MESSAGE_EVENT, .texts = {"wall", "", text}, .n = 3, .fd = -1};
	int ends[2], status = 0;

	(void)state;
	pair(ends);
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 10000 && status == 0; i++)
		status = message_send(ends[0], &sent);
	assert_int_equal(status, -EAGAIN);
	close(ends[1]);
	assert_int_equal(message_send(ends[0], &sent), -ECONNRESET);
	assert_int_equal(message_send(ends[0], &sent), -EPIPE); /* and no signal */
	close(ends[0]);
}

/* Reads all items of a file's first `len` bytes. How many; *ret_ways: whether "ways" was one. */
static size_t count_items(const char *whole, size_t len, bool *ret_ways)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	const char *end = NULL, *at;
	struct left_item item;
	char *text;
	size_t n = 0;

	*ret_ways = false;
	assert_int_equal(write(fd, whole, len), len);
	at = text = left_read(fd, &end);
	while (at && left_next(&at, end, &item)) {
		n++;
		*ret_ways |= strcmp(item.kind, "ways") == 0;
		if (strcmp(item.kind, "way") == 0) {
			assert_int_equal(item.way.port, 443);
			assert_string_equal(item.way.rule, "its rule");
			assert_true(item.way.meant);
		}
	}
	free(text);
	close(fd);
	return n;
}

static void a_proof_that_was_cut_has_not_all_ways(void **state)
{
	static const char *const parts[] = {"web/1", "published", "eth0",     "world",
	                                    "::1",   "0.0.0.0/0", "its rule", "1"};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ways;

	(void)state;
	leave(out, "proof", NULL, "proved");
	for (int i = 0; i < 2; i++) {
		leavef(out, "way", "web", "%d", 443);
		for (size_t j = 0; j < sizeof(parts) / sizeof(*parts); j++)
			fwrite(parts[j], 1, strlen(parts[j]) + 1, out);
	}
	leave(out, "ways", NULL, "");
	fclose(out);
	assert_int_equal(count_items(text, len, &ways), 4);
	assert_true(ways);
	for (size_t cut = 0; cut < len - 2; cut++) { /* the last two are ends of "" */
		assert_in_range(count_items(text, cut, &ways), 0, 3);
		assert_false(ways);
	}
	free(text);
}

/* The senders that are left of a way in. */
static void expect_sources(const char *const *prefixes, size_t n, const char *expected)
{
	struct reach_entry entry = {.arrived = 1, .in = "eth0", .zone = "world"};
	struct audit_endpoint endpoint = {.id = "web/1", .name = "web"};
	struct audit audit = {.proved = true};
	const char *end = NULL, *at;
	struct left_item item;
	char *text = NULL, *left;
	size_t len = 0, ways = 0;
	int fd = memfd_create("test", MFD_CLOEXEC);
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < n; i++) {
		struct prefix prefix;

		assert_true(prefix_parse(prefixes[i], &prefix));
		assert_int_equal(prefixes_add(&entry.sources, &prefix, 1), 0);
	}
	endpoint.reach.items = &entry;
	endpoint.reach.n = 1;
	audit.endpoints.items = &endpoint;
	audit.endpoints.n = 1;
	leave_audit(out, &audit);
	fclose(out);
	assert_int_equal(write(fd, text, len), len);
	at = left = left_read(fd, &end);
	while (at && left_next(&at, end, &item))
		if (strcmp(item.kind, "way") == 0) {
			assert_string_equal(item.way.sources, expected);
			ways++;
		}
	assert_int_equal(ways, 1);
	free(left);
	free(text);
	close(fd);
	vec_done(&entry.sources);
}

static void senders_of_a_way_are_few_words(void **state)
{
	static const char *const two[] = {"198.51.100.0/24", "2001:db8::/32"};
	static const char *const all[] = {"0.0.0.0/0", "::/0"};
	static const char *const banned[] = {"0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/9",
	                                     "2001:db8::/32"};
	static const char *const many[] = {"1.0.0.1", "1.0.0.3", "1.0.0.5", "1.0.0.7", "1.0.0.9",
	                                   "1.0.1.1", "1.0.1.3", "1.0.1.5", "1.0.1.7", "1.0.1.9"};

	(void)state;
	expect_sources(two, 2, "198.51.100.0/24, 2001:db8::/32");
	expect_sources(all, 2, "0.0.0.0/0, ::/0");
	expect_sources(banned, 4, "0.0.0.0/0 but some, 2001:db8::/32");
	expect_sources(many, 10,
	               "1.0.0.1/32, 1.0.0.3/32, 1.0.0.5/32, 1.0.0.7/32, 1.0.0.9/32, 1.0.1.1/32, "
	               "1.0.1.3/32, 1.0.1.5/32 and 2 more");
}

/* What the confined process can do: a bit each, which is its exit code. */
enum {
	CAN_WRITE_OWN = 1,
	CAN_READ_OTHERS = 2,
	CAN_BE_ROOT = 4,
	CAN_CONNECT = 8,
	CAN_START = 16,
	CAN_KILL = 32,
	IS_SOMEBODY_ELSE = 64,
	NOT_CONFINED = 128,
};

/* Tries them, in a child. */
static int try(const char *directory, uid_t user)
{
	int can = 0, fd;
	pid_t parent = getppid(), child;

	if (confine_files(directory) < 0 || confine_rights(user, user) < 0 ||
	    clerk_confine_calls() < 0)
		return NOT_CONFINED;
	if (chdir(directory) == 0) /* not on the list: where it is, it stays */
		can |= CAN_START;
	fd = openat(AT_FDCWD, "/etc/hostname", O_RDONLY);
	can |= fd >= 0 ? CAN_READ_OTHERS : 0;
	fd = open(directory, O_PATH | O_DIRECTORY);
	fd = openat(fd, "own", O_WRONLY | O_CREAT, 0600);
	can |= fd >= 0 && write(fd, "x", 1) == 1 ? CAN_WRITE_OWN : 0;
	can |= getuid() == user && user ? IS_SOMEBODY_ELSE : 0;
	can |= setuid(0) == 0 ? CAN_BE_ROOT : 0;
	can |= socket(AF_INET, SOCK_STREAM, 0) >= 0 ? CAN_CONNECT : 0;
	can |= kill(parent, 0) == 0 ? CAN_KILL : 0;
	child = fork();
	if (child == 0)
		_exit(0);
	return can | (child > 0 ? CAN_START : 0);
}

/* What a child can do that is confined to a directory. */
static int tried(const char *directory, uid_t user)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(try(directory, user));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_clerk_can_do_nothing_else(void **state)
{
	char directory[] = "/tmp/seawall-test.XXXXXX", own[64];

	(void)state;
	if (geteuid())
		skip();
	assert_non_null(mkdtemp(directory));
	assert_int_equal(tried(directory, 0), CAN_WRITE_OWN);
	assert_int_equal(tried("/nowhere", 0), NOT_CONFINED);
	snprintf(own, sizeof(own), "%s/own", directory);
	unlink(own);
	assert_int_equal(chown(directory, SOMEBODY, SOMEBODY), 0);
	assert_int_equal(tried(directory, SOMEBODY), CAN_WRITE_OWN | IS_SOMEBODY_ELSE);
	unlink(own);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_arrive_as_they_were),
	    cmocka_unit_test(what_is_no_message_is_refused),
	    cmocka_unit_test(nobody_waits_for_a_reader),
	    cmocka_unit_test(a_proof_that_was_cut_has_not_all_ways),
	    cmocka_unit_test(senders_of_a_way_are_few_words),
	    cmocka_unit_test(the_clerk_can_do_nothing_else),
	};

	return cmocka_run_group_tests_name("clerk", tests, NULL, NULL);
}
