/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall: which doors a policy makes, and what the kernel makes of them.
 *
 * The second part wants root, for a network namespace of its own.
 */
#include "observe/nft_read.h"
#include "wall/docker_user.h"
#include "wall/stage.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static const char policy_text[] = "version: 1\n"
                                  "default: closed\n"
                                  "zones:\n"
                                  "  lan: { sources: [10.9.0.0/24] }\n"
                                  "  vpn: { interfaces: [wg0] }\n"
                                  "allow:\n"
                                  "  - { container: web, from: any }\n"
                                  "  - { container: db, host_port: 5432, from: [lan, 10.8.0.2] }\n";

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

/* Adds a container on docker0 with one published port. */
static struct container *add_container(struct snapshot *snapshot, const char *name,
                                       const char *address, const char *host_address,
                                       uint16_t host_port, uint16_t port)
{
	struct container *container = vec_push(&snapshot->engine.containers);

	*container = (struct container){.id = name,
	                                .name = name,
	                                .image = "x",
	                                .network_mode = "bridge",
	                                .image_id = "",
	                                .image_known = true,
	                                .state = CONTAINER_RUNNING};
	*vec_push(&container->attachments) =
	    (struct attachment){.network = "bridge", .ipv4 = address_of(address)};
	*vec_push(&container->published) =
	    (struct published_port){.host_address = address_of(host_address),
	                            .host_port = host_port,
	                            .host_port_last = host_port,
	                            .container_port = port,
	                            .protocol = IPPROTO_TCP};
	return container;
}

/* A host with three containers and a proxy for each. */
static struct snapshot *make_host(void)
{
	struct snapshot *snapshot = snapshot_new();

	snapshot->engine.status = ENGINE_OK;
	snapshot->engine.kind = "docker";
	*vec_push(&snapshot->engine.networks) = (struct engine_network){
	    .id = "1", .name = "bridge", .driver = "bridge", .bridge = "docker0"};
	add_container(snapshot, "web", "172.17.0.2", "0.0.0.0", 443, 80);
	add_container(snapshot, "db", "172.17.0.3", "0.0.0.0", 5432, 5432);
	add_container(snapshot, "local", "172.17.0.4", "127.0.0.1", 1234, 1234);
	vec_foreach(container, &snapshot->engine.containers) {
		const struct published_port *published = &container->published.items[0];

		*vec_push(&snapshot->net.sockets) =
		    (struct socket){.protocol = IPPROTO_TCP,
		                    .port = published->host_port,
		                    .address = published->host_address,
		                    .owner = {.comm = "docker-proxy"}};
	}
	*vec_push(&snapshot->net.links) =
	    (struct link){.index = 3, .name = "docker0", .kind = "bridge"};
	*vec_push(&snapshot->net.links) =
	    (struct link){.index = 4, .name = "br-own", .kind = "bridge"};
	*vec_push(&snapshot->net.addresses) =
	    (struct ifaddr){.ifindex = 3, .address = address_of("172.17.0.1"), .prefix_len = 16};
	return snapshot;
}

/* What a test stands on. */
struct fixture {
	struct snapshot *snapshot;
	struct policy *policy;
	struct intent *intent;
	struct wall *wall;
	struct bytes transaction;
};

static struct fixture make_fixture(const char *text)
{
	struct fixture fixture = {.snapshot = make_host()};

	assert_int_equal(policy_read(text, strlen(text), "p", &fixture.policy, NULL), 0);
	assert_int_equal(intent_make(fixture.policy, fixture.snapshot, &fixture.intent), 0);
	assert_int_equal(wall_make(fixture.intent, fixture.snapshot, false, &fixture.wall), 0);
	assert_int_equal(wall_transaction(fixture.wall, &fixture.transaction), 0);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	bytes_done(&fixture->transaction);
	wall_free(fixture->wall);
	intent_free(fixture->intent);
	policy_free(fixture->policy);
	snapshot_free(fixture->snapshot);
}

/* The only door of a kind to a host port, or to a container's. */
static const struct wall_door *find_door(const struct wall *wall, enum door_kind kind,
                                         uint16_t port)
{
	const struct wall_door *found = NULL;

	vec_foreach(door, &wall->doors) {
		if (door->kind != kind ||
		    (kind == DOOR_DIRECT ? door->port : door->host_port) != port)
			continue;
		assert_null(found);
		found = door;
	}
	return found;
}

/* Whether a door's group is called so. */
static void assert_for(const struct wall *wall, const struct wall_door *door, const char *words)
{
	assert_non_null(door);
	assert_string_equal(wall->groups.items[door->group].words, words);
}

static void doors_are_what_the_policy_names(void **state)
{
	struct fixture fixture = make_fixture(policy_text);
	const struct wall *wall = fixture.wall;
	const struct wall_door *door;

	(void)state;
	door = find_door(wall, DOOR_NAMED, 443);
	assert_for(wall, door, "anyone, containers, lan, vpn");
	assert_true(wall->groups.items[door->group].everybody);
	assert_int_equal(door->port, 80);
	door = find_door(wall, DOOR_NAMED, 5432);
	assert_for(wall, door, "lan, 10.8.0.2");
	assert_false(wall->groups.items[door->group].everybody);
	/* On loopback there is no door, and its proxy is told to let nobody in. */
	assert_null(find_door(wall, DOOR_EXACT, 1234));
	assert_for(wall, find_door(wall, DOOR_PROXY_EXACT, 1234), "nobody");
	assert_for(wall, find_door(wall, DOOR_PROXY_NAMED, 5432), "lan, 10.8.0.2");
	/* Named by its host port, a container's own address stays shut; by its name it does not. */
	assert_null(find_door(wall, DOOR_DIRECT, 5432));
	assert_int_equal(wall->bridges.n, 1);
	assert_int_equal(wall->others.n, 1);
	assert_string_equal(wall->others.items[0], "br-own");
	assert_int_equal(wall->gateways.n, 1);
	fixture_free(&fixture);
}

static void zones_become_classes(void **state)
{
	struct fixture fixture = make_fixture(policy_text);
	const struct wall_door *door = find_door(fixture.wall, DOOR_NAMED, 5432);
	const struct wall_group *group = &fixture.wall->groups.items[door->group];

	(void)state;
	assert_int_equal(group->classes.n, 2);
	assert_string_equal(group->classes.items[0].pattern, "wg0");
	assert_int_equal(group->classes.items[0].allowed.n, 1); /* 10.8.0.2 alone */
	assert_null(group->classes.items[1].pattern);
	assert_int_equal(group->classes.items[1].allowed.n, 2); /* and the lan */
	fixture_free(&fixture);
}

static void without_a_policy_addresses_mean_what_they_say(void **state)
{
	struct fixture fixture = make_fixture("version: 1\ndefault: declared\n");

	(void)state;
	assert_true(
	    fixture.wall->groups.items[find_door(fixture.wall, DOOR_BIND, 443)->group].everybody);
	assert_null(find_door(fixture.wall, DOOR_EXACT, 1234));
	fixture_free(&fixture);
}

/* Moves into a network namespace of its own. False where that is not allowed. */
static bool enter_namespace(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
}

/* Reads nftables here. */
static void read_rules(struct netview *view)
{
	*view = (struct netview){0};
	assert_int_equal(nft_read(view, NULL), 0);
}

static void the_kernel_takes_it(void **state)
{
	struct fixture fixture = make_fixture(policy_text), other;
	struct bytes removal = {0};
	struct netview before, after, again;

	(void)state;
	if (!enter_namespace())
		skip();
	read_rules(&before);
	assert_false(wall_is_up(&before));
	assert_int_equal(wall_commit(&fixture.transaction, NULL), 0);
	read_rules(&after);
	assert_true(wall_is_up(&after));
	assert_false(wall_same(&before, &after));

	/* Sent again it is the same; another policy is another wall, if only by one element. */
	assert_int_equal(wall_commit(&fixture.transaction, NULL), 0);
	read_rules(&again);
	assert_true(wall_same(&after, &again));
	netview_done(&again);
	other = make_fixture("version: 1\ndefault: closed\nallow:\n"
	                     "  - { container: web, from: any }\n");
	assert_int_equal(wall_stage(other.snapshot, &other.transaction, NULL), 0);
	assert_true(wall_is_up(&other.snapshot->net));
	assert_false(wall_same(&after, &other.snapshot->net));
	assert_int_equal(wall_stage(other.snapshot, &fixture.transaction, NULL), 0);
	assert_true(wall_same(&after, &other.snapshot->net));
	assert_int_equal(wall_stage(other.snapshot, NULL, NULL), 0);
	assert_false(wall_is_up(&other.snapshot->net));

	/* Taken away it leaves nothing, also where there was nothing. */
	assert_int_equal(wall_removal(&removal), 0);
	assert_int_equal(wall_commit(&removal, NULL), 0);
	assert_int_equal(wall_commit(&removal, NULL), 0);
	read_rules(&again);
	assert_true(wall_same(&before, &again));
	bytes_done(&removal);
	netview_done(&before);
	netview_done(&after);
	netview_done(&again);
	fixture_free(&fixture);
	fixture_free(&other);
}

static void a_refused_transaction_changes_nothing(void **state)
{
	struct fixture fixture = make_fixture(policy_text);
	_cleanup_error_ struct error *error = NULL;
	struct bytes cut = {0};
	struct netview before, after;

	(void)state;
	if (!enter_namespace())
		skip();
	assert_int_equal(wall_commit(&fixture.transaction, NULL), 0);
	read_rules(&before);
	/* One without its end, and one of which a message is spoiled. */
	assert_int_equal(
	    bytes_append(&cut, fixture.transaction.data, fixture.transaction.len, SIZE_MAX), 0);
	memset(cut.data + cut.len / 2, 0xff, 64);
	assert_true(wall_commit(&cut, &error) < 0);
	assert_non_null(error);
	read_rules(&after);
	assert_true(wall_same(&before, &after));
	bytes_done(&cut);
	netview_done(&before);
	netview_done(&after);
	fixture_free(&fixture);
}

/* A wall for a host that some containers are missing of; a bit for each. */
static struct fixture fixture_without(unsigned missing)
{
	static const char text[] =
	    "version: 1\ndefault: closed\nallow:\n"
	    "  - { container: web, from: any }\n"
	    "  - { container: db, from: [10.0.0.0/8] }\n"
	    "  - { container: local, container_port: 1234/tcp, from: any }\n";
	struct fixture fixture = {.snapshot = make_host()};
	struct engine *engine = &fixture.snapshot->engine;

	for (size_t i = 0; i < engine->containers.n; i++)
		if (missing & 1u << i)
			engine->containers.items[i].published.n =
			    engine->containers.items[i].attachments.n = 0;
	assert_int_equal(policy_read(text, strlen(text), "p", &fixture.policy, NULL), 0);
	assert_int_equal(intent_make(fixture.policy, fixture.snapshot, &fixture.intent), 0);
	assert_int_equal(wall_make(fixture.intent, fixture.snapshot, false, &fixture.wall), 0);
	assert_int_equal(wall_transaction(fixture.wall, &fixture.transaction), 0);
	return fixture;
}

/* From each wall to each other one by what differs, where that can be: the kernel then has that. */
static void an_update_is_what_differs(void **state)
{
	unsigned updates = 0;
	struct fixture other_policy = make_fixture(policy_text), whole = fixture_without(0);
	struct bytes none = {0};

	(void)state;
	if (!enter_namespace())
		skip();
	for (unsigned i = 0; i < 49; i++) {
		struct fixture one = fixture_without(i / 7), other = fixture_without(i % 7);
		struct bytes update = {0};
		struct netview before, by_update, all;
		int status = wall_update(&one.transaction, &other.transaction, &update);

		assert_int_equal(status, i / 7 == i % 7 ? -EALREADY : 0);
		assert_int_equal(wall_commit(&other.transaction, NULL), 0);
		read_rules(&all);
		assert_int_equal(wall_commit(&one.transaction, NULL), 0);
		read_rules(&before);
		if (status == 0)
			assert_int_equal(wall_commit(&update, NULL), 0);
		read_rules(&by_update);
		assert_true(wall_same(&all, &by_update));
		updates += !wall_same(&all, &before);
		netview_done(&before);
		netview_done(&all);
		netview_done(&by_update);
		bytes_done(&update);
		fixture_free(&one);
		fixture_free(&other);
	}
	assert_int_equal(updates, 42);
	/* Other chains need the whole wall. */
	assert_int_equal(wall_update(&other_policy.transaction, &whole.transaction, &none), -EXDEV);
	bytes_done(&none);
	fixture_free(&other_policy);
	fixture_free(&whole);
}

/* Whether a wall without some containers grows to the whole one by the wall of these alone. */
static int grows(unsigned missing)
{
	struct fixture whole = fixture_without(0), most = fixture_without(missing),
	               part = fixture_without(7 & ~missing);
	struct bytes update = {0}, grown = {0}, none = {0};
	struct netview all, by_growth, by_grown;
	int status = wall_grow(&most.transaction, &part.transaction, &update);

	if (status == 0) {
		assert_int_equal(wall_grown(&most.transaction, &update, &grown), 0);
		assert_int_equal(wall_commit(&whole.transaction, NULL), 0);
		read_rules(&all);
		assert_int_equal(wall_commit(&most.transaction, NULL), 0);
		assert_int_equal(wall_commit(&update, NULL), 0);
		read_rules(&by_growth);
		assert_true(wall_same(&all, &by_growth));
		assert_int_equal(wall_commit(&grown, NULL), 0);
		read_rules(&by_grown);
		assert_true(wall_same(&all, &by_grown));
		/* It is the wall that a look at all of them makes. */
		assert_int_equal(wall_update(&grown, &whole.transaction, &none), -EALREADY);
		assert_int_equal(wall_grow(&grown, &part.transaction, &none), -EALREADY);
		netview_done(&all);
		netview_done(&by_growth);
		netview_done(&by_grown);
	}
	bytes_done(&update);
	bytes_done(&grown);
	bytes_done(&none);
	fixture_free(&whole);
	fixture_free(&most);
	fixture_free(&part);
	return status;
}

/* A container that comes is let in by its own doors. */
static void a_wall_grows_by_one_container(void **state)
{
	struct fixture whole = fixture_without(0), closed = make_fixture(policy_text);
	struct bytes none = {0};

	(void)state;
	if (!enter_namespace())
		skip();
	assert_int_equal(grows(1), 0);
	assert_int_equal(grows(2), 0);
	assert_int_equal(grows(4), 0);
	/* Chains of those who may reach it that stand nowhere yet, keys that lead elsewhere now. */
	assert_int_equal(wall_grow(&closed.transaction, &whole.transaction, &none), -EXDEV);
	bytes_done(&none);
	fixture_free(&whole);
	fixture_free(&closed);
}

static void behind_docker_user_it_is_text(void **state)
{
	static const char *const lines[] = {
	    ":SEAWALL-DROP - [0:0]\n",
	    "-A SEAWALL -i docker0 -g SEAWALL-INSIDE\n",
	    "-A SEAWALL -o docker0 -g SEAWALL-DOORS\n",
	    "-A SEAWALL -o br-own -j RETURN\n",
	    "-A SEAWALL-DOORS -d 172.17.0.3 -p tcp -m tcp --dport 5432 -m conntrack --ctstate DNAT "
	    "--ctorigdstport 5432 -g SEAWALL-",
	    "-A SEAWALL-DOORS -g SEAWALL-DROP\n",
	    "-A SEAWALL-DROP -j DROP\n",
	};
	struct fixture fixture = make_fixture(policy_text);
	const struct user_places both = {.items = {{true, AF_INET}, {false, AF_INET6}}, .n = 2};
	struct user_places places;
	struct bytes text = {0}, cut = {0};

	(void)state;
	assert_int_equal(docker_user_transaction(fixture.wall, &both, &text, NULL), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!strstr((const char *)text.data, lines[i]))
			fail_msg("there is no %s in\n%s", lines[i], (const char *)text.data);
	assert_true(docker_user_is(&text, &places));
	assert_int_equal(places.n, 2);
	assert_true(places.items[0].legacy && places.items[0].family == AF_INET);
	assert_true(!places.items[1].legacy && places.items[1].family == AF_INET6);
	assert_false(docker_user_is(&fixture.transaction, &places));

	/* One that is cut anywhere is none, but where a part ends. */
	assert_int_equal(bytes_append(&cut, text.data, text.len, SIZE_MAX), 0);
	for (cut.len = 0; cut.len < text.len; cut.len++) {
		cut.data[cut.len] = 0;
		assert_true(!docker_user_is(&cut, &places) || places.n < 2);
		cut.data[cut.len] = text.data[cut.len];
	}

	/* A name that would be more than a name in such a file. */
	bytes_done(&cut);
	fixture.wall->bridges.items[0] = "br\n-F";
	assert_int_equal(docker_user_transaction(fixture.wall, &both, &cut, NULL), -EINVAL);
	bytes_done(&cut);
	bytes_done(&text);
	fixture_free(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(doors_are_what_the_policy_names),
	    cmocka_unit_test(zones_become_classes),
	    cmocka_unit_test(without_a_policy_addresses_mean_what_they_say),
	    cmocka_unit_test(behind_docker_user_it_is_text),
	    cmocka_unit_test(the_kernel_takes_it),
	    cmocka_unit_test(an_update_is_what_differs),
	    cmocka_unit_test(a_wall_grows_by_one_container),
	    cmocka_unit_test(a_refused_transaction_changes_nothing),
	};

	if (geteuid() != 0) {
		fprintf(stderr, "needs root, for network namespaces of its own\n");
		return 77;
	}
	return cmocka_run_group_tests_name("wall", tests, NULL, NULL);
}
