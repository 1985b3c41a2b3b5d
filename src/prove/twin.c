/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's namespaces: making them, moving between them, letting go of them.
 *
 * Theory of operation. A network namespace lives as long as a process is in it or a descriptor is
 * open on it, so descriptors are all that is kept, and a killed process leaves nothing behind.
 * Making one moves the thread into it; we go back home at the end.
 *
 * Without privilege everything happens inside a user namespace of our own, where we are root over
 * the namespaces that we make and over nothing else. The kernel then does not let us back into the
 * namespace where we came from, so an empty one becomes home. A process that is in such a user
 * namespace already, by a twin made before, stays in it: in a yet deeper one it would have no
 * rights over its other twins.
 */
#include "prove/twin_parts.h"
#include "prove/twin_xtables.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { NOTES_MAX = 1000 };

/* The noun by noun of a twin, in the order in which each needs the ones before. */
static int (*const parts[])(struct twin *twin, const struct netview *view,
                            struct error **ret_error) = {
    twin_sysctls_before, twin_links, twin_sysctls_after, twin_addresses, twin_nexthops,
    twin_routes,         twin_rules, twin_ipsets,        twin_nft,       twin_xtables,
};

int twin_note(struct twin *twin, const char *format, ...)
{
	va_list args;
	int status;

	if (twin->notes.n > NOTES_MAX)
		return 0;
	if (twin->notes.n == NOTES_MAX)
		return notes_add(
		    &twin->notes,
		    "there is more that could not be copied; only this much is listed");
	va_start(args, format);
	status = notes_addv(&twin->notes, &twin->arena, format, args);
	va_end(args);
	return status;
}

/* Opens the thread's network namespace. A descriptor or a negative errno. */
static int netns_open(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Makes a network namespace, moves the thread there and opens it. */
static int netns_new(int *ret_netns, struct error **ret_error)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return error_set(ret_error, errno, "cannot make a network namespace: %s",
		                 strerror(errno));
	fd = netns_open();
	if (fd < 0)
		return error_set(ret_error, -fd, "cannot open /proc/thread-self/ns/net: %s",
		                 strerror(-fd));
	*ret_netns = fd;
	return 0;
}

/* Whether the thread may do in its user namespace what a twin needs. */
static bool capable(void)
{
	const uint32_t wanted = 1U << CAP_SYS_ADMIN | 1U << CAP_NET_ADMIN;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & wanted) == wanted;
}

/* Whether the thread is in another user namespace than the machine's first. */
static bool in_user_namespace(void)
{
	_cleanup_close_ int fd = open("/proc/thread-self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned inside = 0, outside = 0, count = 0;
	char text[128] = "";

	/* The first one maps all there are: 0 0 4294967295. */
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       (sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 || inside != 0 ||
	        outside != 0 || count != UINT32_MAX);
}

/* Writes a small file. 0 or a negative errno. */
static int file_write(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	return fd >= 0 && write(fd, text, len) == (ssize_t)len ? 0 : -errno;
}

/*
 * Maps root of a fresh user namespace to who we are outside. A process that gave up root owns none
 * of its files in /proc until it may be dumped again (proc(5)).
 */
static int user_map(unsigned uid, unsigned gid)
{
	int dumpable = prctl(PR_GET_DUMPABLE), status;
	char uid_map[64], gid_map[64];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1\n", uid);
	snprintf(gid_map, sizeof(gid_map), "0 %u 1\n", gid);
	(void)prctl(PR_SET_DUMPABLE, 1);
	status = file_write("/proc/self/setgroups", "deny");
	if (status == 0)
		status = file_write("/proc/self/uid_map", uid_map);
	if (status == 0)
		status = file_write("/proc/self/gid_map", gid_map);
	if (dumpable != 1)
		(void)prctl(PR_SET_DUMPABLE, 0);
	return status;
}

/* Moves the process into a user namespace of its own and makes an empty home there. */
static int user_namespace_enter(struct twin *twin, struct error **ret_error)
{
	unsigned uid = geteuid(), gid = getegid();
	int status;

	if (unshare(CLONE_NEWUSER) < 0)
		return error_set(ret_error, errno,
		                 "cannot make a user namespace: %s (is "
		                 "kernel.unprivileged_userns_clone or an AppArmor restriction in "
		                 "the way?)",
		                 strerror(errno));
	status = user_map(uid, gid);
	if (status < 0)
		return error_set(ret_error, -status, "cannot map a user: %s", strerror(-status));
	close(twin->home_netns);
	twin->home_netns = -1;
	return netns_new(&twin->home_netns, ret_error);
}

/* Makes both namespaces and fills the twin; leaves the thread there. */
static int twin_build(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	int status = netns_new(&twin->far_netns, ret_error);

	if (status == 0)
		status = netns_new(&twin->netns, ret_error);
	for (size_t i = 0; status == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		status = parts[i](twin, view, ret_error);
	return status;
}

int twin_new(const struct netview *view, bool user_namespace, struct twin **ret_twin,
             struct error **ret_error)
{
	_cleanup_(cleanup_twin_free) struct twin *twin = calloc(1, sizeof(*twin));
	int status, back;

	if (!twin)
		return -ENOMEM;
	twin->netns = twin->far_netns = -1;
	twin->home_netns = netns_open();
	if (twin->home_netns < 0)
		return error_set(ret_error, -twin->home_netns,
		                 "cannot open /proc/thread-self/ns/net: %s",
		                 strerror(-twin->home_netns));
	if (user_namespace && !(capable() && in_user_namespace())) {
		status = user_namespace_enter(twin, ret_error);
		if (status < 0)
			return status;
	}
	status = twin_build(twin, view, ret_error);
	back = twin_leave(twin);
	if (status == 0 && back < 0)
		status = error_set(ret_error, -back, "cannot leave the twin: %s", strerror(-back));
	if (status == 0)
		*ret_twin = steal_pointer(&twin);
	return status;
}

/* Moves the thread into a network namespace. */
static int netns_enter(int netns)
{
	return setns(netns, CLONE_NEWNET) < 0 ? -errno : 0;
}

int twin_enter(const struct twin *twin)
{
	return netns_enter(twin->netns);
}

int twin_enter_far(const struct twin *twin)
{
	return netns_enter(twin->far_netns);
}

int twin_leave(const struct twin *twin)
{
	return netns_enter(twin->home_netns);
}

void twin_free(struct twin *twin)
{
	if (!twin)
		return;
	if (twin->netns >= 0)
		close(twin->netns);
	if (twin->far_netns >= 0)
		close(twin->far_netns);
	if (twin->home_netns >= 0)
		close(twin->home_netns);
	vec_done(&twin->notes);
	twin_handles_free(twin->handles);
	twin_legacy_done(twin);
	arena_done(&twin->arena);
	free(twin);
}
