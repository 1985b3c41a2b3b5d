/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small host in namespaces, for tests that send packets. */
#include "prove_host.h"
#include "observe/netview_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { SKIP = 77 };

struct twin prove_host = {.netns = -1, .far_netns = -1, .home_netns = -1};
struct netview prove_host_view;

/*
 * What the host is made of; %1$d and %2$d name the far side's namespace. The far side has no
 * link-local addresses: it would look for routers by itself, and a rule would count that.
 */
static const char setup[] =
    "set -e; far=/proc/%d/fd/%d;"
    "pair() { ip link add index $2 name $1 type veth peer name $1 index $2 netns $far;"
    "  nsenter --net=$far ip link set $1 addrgenmode none up; ip link set $1 up; };"
    "ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1;"
    "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0;"
    "pair eth0 10; pair c0 11; pair p0 21; pair p1 22;"
    "ip link add index 20 name br0 type bridge; ip link set br0 up;"
    "ip link set p0 master br0; ip link set p1 master br0;"
    "ip addr add 192.0.2.1/24 dev eth0; ip addr add 172.17.0.1/16 dev c0;"
    "ip addr add 10.20.0.1/24 dev br0;"
    "ip addr add 2001:db8:2::1/64 dev eth0 nodad; ip addr add fd00:17::1/64 dev c0 nodad;"
    "ip route add 198.51.100.0/24 via 192.0.2.254;"
    /* The kernel makes an IPv6 address's local route later, in a worker of its own. */
    "for own in 2001:db8:2::1 fd00:17::1; do"
    "  until ip -6 route show table local | grep -q \"^local $own \"; do :; done; done;"
    "bridge fdb add 02:00:00:00:00:99 dev p1 master static";

/* Moves into a fresh network namespace and opens it; ends the process where that is not allowed. */
static int fresh_netns(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: cannot make a network namespace: %s\n", strerror(errno));
		exit(SKIP);
	}
	return open("/proc/thread-self/ns/net", O_RDONLY);
}

/* Runs a command where we stand and returns its output. */
static const char *run(const char *command)
{
	static char output[64 * 1024];
	FILE *stream = popen(command, "r");
	size_t len;
	int status;

	assert_non_null(stream);
	len = fread(output, 1, sizeof(output) - 1, stream);
	output[len] = 0;
	status = pclose(stream);
	if (status)
		fail_msg("%s: status %d: %s", command, status, output);
	return output;
}

/* Runs a command in a namespace. */
static const char *run_in(int netns, const char *format, va_list arguments)
{
	char command[8192];
	const char *output;
	int back = open("/proc/thread-self/ns/net", O_RDONLY);

	assert_in_range(vsnprintf(command, sizeof(command), format, arguments), 1,
	                sizeof(command) - 1);
	assert_int_equal(setns(netns, CLONE_NEWNET), 0);
	output = run(command);
	assert_int_equal(setns(back, CLONE_NEWNET), 0);
	close(back);
	return output;
}

const char *prove_host_run(const char *format, ...)
{
	const char *output;
	va_list arguments;

	va_start(arguments, format);
	output = run_in(prove_host.netns, format, arguments);
	va_end(arguments);
	return output;
}

const char *prove_host_run_far(const char *format, ...)
{
	const char *output;
	va_list arguments;

	va_start(arguments, format);
	output = run_in(prove_host.far_netns, format, arguments);
	va_end(arguments);
	return output;
}

void prove_host_new(const char *ruleset)
{
	struct error *error = NULL;

	prove_host.home_netns = fresh_netns();
	prove_host.far_netns = fresh_netns();
	prove_host.netns = fresh_netns();
	prove_host_run(setup, getpid(), prove_host.far_netns);
	prove_host_run("nft -f - <<'END'\n%s\nEND", ruleset);
	assert_int_equal(netview_read(&prove_host_view, &error), 0);
	assert_int_equal(netview_decode(&prove_host_view, &error), 0);
	assert_int_equal(setns(prove_host.home_netns, CLONE_NEWNET), 0);
}

void prove_host_free(void)
{
	netview_done(&prove_host_view);
	close(prove_host.netns);
	close(prove_host.far_netns);
	close(prove_host.home_netns);
}

struct probe prove_host_probe(uint32_t ifindex, uint8_t protocol, const char *source,
                              const char *destination, uint16_t port)
{
	struct probe probe = {.ifindex = ifindex,
	                      .protocol = protocol,
	                      .source_port = 40000,
	                      .destination_port = port};

	assert_true(address_parse(source, &probe.source));
	assert_true(address_parse(destination, &probe.destination));
	return probe;
}
