/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads legacy iptables and ip6tables tables as the blobs that the kernel has them in.
 *
 * Theory of operation. Asking for a table that is not there creates it (xt_find_table_lock()
 * instantiates a table's template), so only those are asked for that
 * /proc/net/ip{,6}_tables_names lists; opening that file creates nothing. A table is read in two
 * steps, its size and then that many bytes; when it was replaced in between, the kernel says
 * EAGAIN, or gives the new rules with the old counts if the size happens to be equal, which is why
 * the first step is made again afterwards and must say the same.
 */
#include "observe/xtables_read.h"
#include "observe/read_status.h"

#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	TRIES = 8,
	TABLE_MAX = 256 * 1024 * 1024, /* a larger table is refused */
};

_Static_assert(
    sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
        sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries) &&
        IPT_SO_GET_INFO == IP6T_SO_GET_INFO &&
        /* NOLINTNEXTLINE(misc-redundant-expression): two headers, that they agree is asserted */
        IPT_SO_GET_ENTRIES == IP6T_SO_GET_ENTRIES,
    "both families share their layout");

static const struct xtables_family {
	uint8_t family;
	int level; /* of getsockopt() */
	const char *names;
	const char *what;
} families[] = {
    {AF_INET, IPPROTO_IP, "/proc/thread-self/net/ip_tables_names", "iptables"},
    {AF_INET6, IPPROTO_IPV6, "/proc/thread-self/net/ip6_tables_names", "ip6tables"},
};

/* Asks for a table's sizes. 0 or negative errno. */
static int read_info(int fd, const struct xtables_family *family, const char *name,
                     struct ipt_getinfo *ret_info)
{
	struct ipt_getinfo info = {0};
	socklen_t len = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%s", name);
	if (getsockopt(fd, family->level, IPT_SO_GET_INFO, &info, &len) < 0)
		return -errno;
	*ret_info = info;
	return 0;
}

/* Asks for a table's entries. 0, -EAGAIN when it was replaced meanwhile, or negative errno. */
static int read_entries(int fd, const struct xtables_family *family, const struct ipt_getinfo *info,
                        struct bytes *ret_entries)
{
	_cleanup_free_ struct ipt_get_entries *entries = NULL;
	size_t size = sizeof(*entries) + info->size;
	socklen_t len = (socklen_t)size;
	struct ipt_getinfo after;
	int status;

	if (info->size > TABLE_MAX)
		return -EFBIG;
	entries = calloc(1, size);
	if (!entries)
		return -ENOMEM;
	memcpy(entries->name, info->name, sizeof(entries->name));
	entries->size = info->size;
	if (getsockopt(fd, family->level, IPT_SO_GET_ENTRIES, entries, &len) < 0)
		return -errno;
	status = read_info(fd, family, info->name, &after);
	if (status < 0)
		return status;
	if (len != size || memcmp(info, &after, sizeof(after)) != 0)
		return -EAGAIN;
	return bytes_append(ret_entries, entries->entrytable, info->size, TABLE_MAX);
}

/* Reads one table, again while it changes. 0 or negative errno. */
static int read_table(int fd, const struct xtables_family *family, const char *name,
                      struct netview *view, struct error **ret_error)
{
	struct ipt_getinfo info;
	struct bytes entries = {0}, header = {0};
	struct xtables_table *table = NULL;
	int status = -EAGAIN;

	for (int try = 0; status == -EAGAIN && try < TRIES; try++) {
		status = read_info(fd, family, name, &info);
		if (status == 0)
			status = read_entries(fd, family, &info, &entries);
	}
	if (status == -EFBIG)
		return error_set(ret_error, EFBIG,
		                 "%s table %s is %u bytes, more than the %d that are read at most",
		                 family->what, name, info.size, TABLE_MAX);
	if (status == 0)
		status = bytes_append(&header, &info, sizeof(info), sizeof(info));
	if (status == 0)
		table = vec_push(&view->xtables);
	if (!table) {
		bytes_done(&entries);
		bytes_done(&header);
		return status < 0 ? status : -ENOMEM;
	}
	*table =
	    (struct xtables_table){.family = family->family, .info = header, .entries = entries};
	table->name = arena_strdup(&view->arena, name);
	return table->name ? 0 : -ENOMEM;
}

/* Takes the status of one table: notes what only makes the view incomplete. */
static int table_status(struct netview *view, const struct xtables_family *family, const char *name,
                        int status, struct error **ret_error)
{
	char what[64];

	/* Removed meanwhile, with its module. */
	if (status == -ENOENT)
		return 0;
	if (status == -EAGAIN)
		return netview_incomplete(
		    view, "the legacy %s table %s changed each time while it was read",
		    family->what, name);
	snprintf(what, sizeof(what), "the legacy %s table %s", family->what, name);
	return read_status(view, what, status, ret_error);
}

/* Closes a stream variable; for _cleanup_(). */
static void cleanup_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

/* Reads the tables of one family. */
static int read_family(struct netview *view, const struct xtables_family *family,
                       struct error **ret_error)
{
	_cleanup_(cleanup_stream) FILE *names = fopen(family->names, "re");
	_cleanup_close_ int fd = -1;
	char name[XT_TABLE_MAXNAMELEN + 1];

	/* Without the file the kernel has no legacy tables. */
	if (!names && errno == ENOENT)
		return 0;
	if (!names)
		return netview_incomplete(view, "reading the legacy %s tables needs root",
		                          family->what);
	while (fgets(name, sizeof(name), names)) {
		int status;

		name[strcspn(name, "\n")] = 0;
		if (fd < 0)
			fd = socket(family->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
		status = fd < 0 ? -errno : read_table(fd, family, name, view, ret_error);
		status = table_status(view, family, name, status, ret_error);
		if (status < 0)
			return status;
	}
	return 0;
}

int xtables_read(struct netview *view, struct error **ret_error)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(families) / sizeof(*families); i++)
		status = read_family(view, &families[i], ret_error);
	return status;
}
