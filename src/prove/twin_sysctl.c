/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin's sysctls: the host's values, written only where they differ.
 *
 * Theory of operation. Order matters, because some values overwrite others: ip_forward and
 * conf/all/forwarding reset every link's forwarding, and conf/default is what a new link starts
 * with. So those of the whole namespace come first, then the links are made - most of them are then
 * right already - and then those of links that still differ are written; a dump of the links has
 * all their values, so nothing is read file by file.
 *
 * The view may come from a stranger's file and the twin may be built by root: a path is only ever
 * opened beneath /proc/sys/net, in the four directories that hold what belongs to a network
 * namespace, never through "..", links or other mounts. The kernel shows what is the whole
 * machine's as read-only there.
 */
#include "observe/rtnl_read.h"
#include "observe/sysctl_read.h"
#include "prove/twin_parts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum { SYSCTL_VALUE_MAX = 4096, SYSCTL_PATH_MAX = 256 };

/* What stands for one of these per link follows: "LINK/NAME". */
static const char *const conf_directories[] = {"net/ipv4/conf/", "net/ipv6/conf/"};

/* Where sysctls may be written, and what makes a fresh namespace keep quiet. */
static const char *const writable[] = {"net/ipv4/", "net/ipv6/", "net/bridge/", "net/netfilter/"};

/* Before all others: they reset others. */
static const char *const first[] = {
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/forwarding",
    "net/ipv6/conf/all/forwarding",
    "net/ipv6/conf/all/disable_ipv6",
};

/*
 * Not the host's but the twin's own: no link-local addresses of the kernel's making, no router
 * solicitations. None of them decides what gets where.
 */
static const struct sysctl quiet[] = {
    {"net/ipv6/conf/default/addr_gen_mode", "1"},
    {"net/ipv6/conf/default/router_solicitations", "0"},
};

/* The machine's own: a namespace shows them, and cannot change them. */
static const char *const machine_wide[] = {
    "net/netfilter/nf_conntrack_max",
    "net/netfilter/nf_hooks_lwtunnel",
};

/* Whether a path is in a list. */
static bool listed(const char *path, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(path, list[i]) == 0)
			return true;
	return false;
}

/* Whether a path begins with one of a list's; *ret_rest is what follows. */
static bool begins(const char *path, const char *const *list, size_t n, const char **ret_rest)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (strncmp(path, list[i], len) == 0) {
			*ret_rest = path + len;
			return true;
		}
	}
	return false;
}

bool sysctl_machine_wide(const char *path)
{
	return listed(path, machine_wide, sizeof(machine_wide) / sizeof(*machine_wide));
}

#define LISTED(path, list)       listed(path, list, sizeof(list) / sizeof(*(list)))
#define BEGINS(path, list, rest) begins(path, list, sizeof(list) / sizeof(*(list)), rest)

/* Whether a path is one link's, and not conf/all's or conf/default's; "LINK/NAME" is *ret_rest. */
static bool sysctl_of_link(const char *path, const char **ret_rest)
{
	return BEGINS(path, conf_directories, ret_rest) && strncmp(*ret_rest, "all/", 4) != 0 &&
	       strncmp(*ret_rest, "default/", 8) != 0;
}

/* Whether the view has the link that "LINK/NAME" begins with. */
static bool rest_has_link(const struct netview *view, const char *rest)
{
	size_t len = strcspn(rest, "/");

	vec_foreach(link, &view->links)
		if (strncmp(link->name, rest, len) == 0 && !link->name[len])
			return true;
	return false;
}

/* Opens a path beneath /proc/sys and nowhere else. A descriptor or a negative errno. */
static int sysctl_open(int directory, const char *path, unsigned flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC,
	                       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
	const char *rest;
	long fd;

	if (!BEGINS(path, writable, &rest) || strlen(path) >= SYSCTL_PATH_MAX || strstr(path, ".."))
		return -EINVAL;
	fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

/* Whether a value stands there already; false too where it cannot be read. */
static bool sysctl_is(int directory, const char *path, const char *value)
{
	_cleanup_close_ int fd = sysctl_open(directory, path, O_RDONLY);
	char now[SYSCTL_VALUE_MAX];
	ssize_t got = fd < 0 ? -1 : read(fd, now, sizeof(now));
	size_t len = strlen(value);

	while (got > 0 && now[got - 1] == '\n')
		got--;
	return got >= 0 && (size_t)got == len && memcmp(now, value, len) == 0;
}

/* Writes a value. 0 or a negative errno. */
static int sysctl_write(int directory, const char *path, const char *value)
{
	_cleanup_close_ int fd = sysctl_open(directory, path, O_WRONLY);
	size_t len = strlen(value);

	if (fd < 0)
		return fd;
	return write(fd, value, len) == (ssize_t)len ? 0 : -errno;
}

/* Writes a value, and notes where that fails. 0 or -ENOMEM. */
static int sysctl_set(struct twin *twin, int directory, const char *path, const char *value)
{
	int status = sysctl_is(directory, path, value) ? 0 : sysctl_write(directory, path, value);

	if (status == 0 || sysctl_machine_wide(path))
		return 0;
	return twin_note(twin, "sysctl %s: it cannot be set to \"%.100s\": %s", path, value,
	                 strerror(-status));
}

/* Opens /proc/sys; the namespace is told from the thread that uses it. */
static int sysctl_directory(struct twin *twin, int *ret_directory)
{
	int directory = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return twin_note(twin, "/proc/sys cannot be opened (%s): no sysctl is copied",
		                 strerror(errno));
	*ret_directory = directory;
	return 0;
}

int twin_sysctls_before(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_close_ int directory = -1;
	int status = sysctl_directory(twin, &directory);

	if (status < 0 || directory < 0)
		return status;
	for (size_t i = 0; status == 0 && i < sizeof(first) / sizeof(*first); i++) {
		const char *value = netview_sysctl(view, first[i]);

		if (value)
			status = sysctl_set(twin, directory, first[i], value);
	}
	for (size_t i = 0; status == 0 && i < view->sysctls.n; i++) {
		const struct sysctl *sysctl = &view->sysctls.items[i];
		const char *rest;

		if (!sysctl_of_link(sysctl->path, &rest) && !LISTED(sysctl->path, first))
			status = sysctl_set(twin, directory, sysctl->path, sysctl->value);
	}
	/* A kernel without IPv6 has none of these, and needs none. */
	for (size_t i = 0; i < sizeof(quiet) / sizeof(*quiet); i++)
		(void)sysctl_write(directory, quiet[i].path, quiet[i].value);
	return status < 0 ? error_wrap(ret_error, status, "setting the twin's sysctls") : 0;
}

/* Fills `now` with the links of the twin and the sysctls that their dump tells. */
static int sysctls_now(struct netview *now, struct error **ret_error)
{
	int status = rtnl_read(now, ret_error);

	if (status == 0)
		status = sysctl_read(now, ret_error);
	if (status == 0)
		status = netview_decode(now, ret_error);
	return status;
}

int twin_sysctls_after(struct twin *twin, const struct netview *view, struct error **ret_error)
{
	_cleanup_(netview_done) struct netview now = {0};
	_cleanup_close_ int directory = -1;
	int status = sysctl_directory(twin, &directory);

	if (status < 0 || directory < 0)
		return status;
	status = sysctls_now(&now, ret_error);
	for (size_t i = 0; status == 0 && i < view->sysctls.n; i++) {
		const struct sysctl *sysctl = &view->sysctls.items[i];
		const char *value, *rest;

		if (!sysctl_of_link(sysctl->path, &rest))
			continue;
		value = netview_sysctl(&now, sysctl->path);
		if (value && strcmp(value, sysctl->value) == 0)
			continue;
		/* That the link is missing has been noted. */
		if (rest_has_link(&now, rest))
			status = sysctl_set(twin, directory, sysctl->path, sysctl->value);
	}
	return status;
}
