/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the sysctls that decide what gets where.
 *
 * Theory of operation. What stands once per host, and what stands under conf/all and conf/default,
 * is read from /proc/sys. What stands once per link is not: 1,000 links would be 35,000 files,
 * while the dump of links has the very same values as two arrays in each message (IFLA_INET_CONF
 * and IFLA_INET6_CONF, indexed by the IPV4_DEVCONF_* and DEVCONF_* of the kernel's user API). A
 * kernel with a shorter array lacks the sysctl as well. Names are as in the kernel's
 * Documentation/networking/ip-sysctl.rst.
 */
#include "observe/sysctl_read.h"
#include "observe/decode.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* The index of force_forwarding (Linux 6.17), which older headers do not have. */
enum { FORCE_FORWARDING = 59 };

enum { SYSCTL_VALUE_MAX = 4096 };

/* A sysctl of a link: its name, and where the link's array has it. */
struct knob {
	const char *name;
	unsigned index;
};

static const struct knob knobs_ipv4[] = {
    {"forwarding", IPV4_DEVCONF_FORWARDING - 1},
    {"rp_filter", IPV4_DEVCONF_RP_FILTER - 1},
    {"route_localnet", IPV4_DEVCONF_ROUTE_LOCALNET - 1},
    {"accept_local", IPV4_DEVCONF_ACCEPT_LOCAL - 1},
    {"src_valid_mark", IPV4_DEVCONF_SRC_VMARK - 1},
    {"accept_source_route", IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE - 1},
    {"accept_redirects", IPV4_DEVCONF_ACCEPT_REDIRECTS - 1},
    {"secure_redirects", IPV4_DEVCONF_SECURE_REDIRECTS - 1},
    {"send_redirects", IPV4_DEVCONF_SEND_REDIRECTS - 1},
    {"shared_media", IPV4_DEVCONF_SHARED_MEDIA - 1},
    {"proxy_arp", IPV4_DEVCONF_PROXY_ARP - 1},
    {"proxy_arp_pvlan", IPV4_DEVCONF_PROXY_ARP_PVLAN - 1},
    {"medium_id", IPV4_DEVCONF_MEDIUM_ID - 1},
    {"arp_ignore", IPV4_DEVCONF_ARP_IGNORE - 1},
    {"arp_announce", IPV4_DEVCONF_ARP_ANNOUNCE - 1},
    {"arp_filter", IPV4_DEVCONF_ARPFILTER - 1},
    {"arp_accept", IPV4_DEVCONF_ARP_ACCEPT - 1},
    {"bc_forwarding", IPV4_DEVCONF_BC_FORWARDING - 1},
    {"bootp_relay", IPV4_DEVCONF_BOOTP_RELAY - 1},
    {"drop_unicast_in_l2_multicast", IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST - 1},
    {"ignore_routes_with_linkdown", IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1},
    {"disable_policy", IPV4_DEVCONF_NOPOLICY - 1},
    {"disable_xfrm", IPV4_DEVCONF_NOXFRM - 1},
    {"log_martians", IPV4_DEVCONF_LOG_MARTIANS - 1},
};

static const struct knob knobs_ipv6[] = {
    {"forwarding", DEVCONF_FORWARDING},
    {"force_forwarding", FORCE_FORWARDING},
    {"disable_ipv6", DEVCONF_DISABLE_IPV6},
    {"accept_ra", DEVCONF_ACCEPT_RA},
    {"accept_ra_defrtr", DEVCONF_ACCEPT_RA_DEFRTR},
    {"accept_redirects", DEVCONF_ACCEPT_REDIRECTS},
    {"accept_source_route", DEVCONF_ACCEPT_SOURCE_ROUTE},
    {"accept_dad", DEVCONF_ACCEPT_DAD},
    {"autoconf", DEVCONF_AUTOCONF},
    {"proxy_ndp", DEVCONF_PROXY_NDP},
    {"seg6_enabled", DEVCONF_SEG6_ENABLED},
    {"rpl_seg_enabled", DEVCONF_RPL_SEG_ENABLED},
    {"ioam6_enabled", DEVCONF_IOAM6_ENABLED},
    {"drop_unicast_in_l2_multicast", DEVCONF_DROP_UNICAST_IN_L2_MULTICAST},
    {"ignore_routes_with_linkdown", DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN},
    {"disable_policy", DEVCONF_DISABLE_POLICY},
    {"keep_addr_on_down", DEVCONF_KEEP_ADDR_ON_DOWN},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The two families of per-link sysctls. */
static const struct knob_family {
	const char *directory;
	uint8_t family; /* the attribute in IFLA_AF_SPEC */
	uint16_t array; /* the attribute in that which holds the values */
	const struct knob *knobs;
	size_t n;
} knob_families[] = {
    {"net/ipv4/conf", AF_INET, IFLA_INET_CONF, knobs_ipv4, COUNT(knobs_ipv4)},
    {"net/ipv6/conf", AF_INET6, IFLA_INET6_CONF, knobs_ipv6, COUNT(knobs_ipv6)},
};

/* Those of the whole network namespace. One that the kernel does not have is passed over. */
static const char *const globals[] = {
    "net/ipv4/ip_forward",
    "net/ipv4/ip_default_ttl",
    "net/ipv4/ip_early_demux",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ip_local_reserved_ports",
    "net/ipv4/ip_nonlocal_bind",
    "net/ipv4/ip_unprivileged_port_start",
    "net/ipv4/fib_multipath_hash_policy",
    "net/ipv4/fib_multipath_use_neigh",
    "net/ipv4/fwmark_reflect",
    "net/ipv4/icmp_echo_ignore_all",
    "net/ipv4/icmp_echo_ignore_broadcasts",
    "net/ipv4/nexthop_compat_mode",
    "net/ipv4/tcp_fwmark_accept",
    "net/ipv4/tcp_l3mdev_accept",
    "net/ipv4/udp_l3mdev_accept",
    "net/ipv4/tcp_syncookies",
    "net/ipv6/bindv6only",
    "net/ipv6/fib_multipath_hash_policy",
    "net/ipv6/fwmark_reflect",
    "net/ipv6/ip_nonlocal_bind",
    "net/bridge/bridge-nf-call-arptables",
    "net/bridge/bridge-nf-call-ip6tables",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-filter-pppoe-tagged",
    "net/bridge/bridge-nf-filter-vlan-tagged",
    "net/bridge/bridge-nf-pass-vlan-input-dev",
    "net/netfilter/nf_conntrack_checksum",
    "net/netfilter/nf_conntrack_helper",
    "net/netfilter/nf_conntrack_max",
    "net/netfilter/nf_conntrack_tcp_be_liberal",
    "net/netfilter/nf_conntrack_tcp_ignore_invalid_rst",
    "net/netfilter/nf_conntrack_tcp_loose",
    "net/netfilter/nf_hooks_lwtunnel",
};

/* Adds a sysctl; both strings are borrowed from the view's arena or static. 0 or -ENOMEM. */
static int sysctl_add(struct netview *view, const char *path, const char *value)
{
	struct sysctl *slot = path && value ? vec_push(&view->sysctls) : NULL;

	if (!slot)
		return -ENOMEM;
	*slot = (struct sysctl){.path = path, .value = value};
	return 0;
}

/* The text of a link's value. NULL when memory is out. */
static const char *knob_text(struct netview *view, int32_t value)
{
	static const char *const small[] = {"0", "1", "2", "3"};

	if (value >= 0 && (size_t)value < COUNT(small))
		return small[value];
	return arena_printf(&view->arena, "%d", value);
}

/* Adds one family's sysctls of a link out of the values that its message has. */
static int link_family(struct netview *view, const struct knob_family *family, const char *name,
                       const struct nlattr *values)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < family->n; i++) {
		const struct knob *knob = &family->knobs[i];
		int32_t value;

		if (attribute_len(values) < (knob->index + 1) * sizeof(value))
			continue;
		memcpy(&value, (const char *)attribute_data(values) + knob->index * sizeof(value),
		       sizeof(value));
		status = sysctl_add(
		    view,
		    arena_printf(&view->arena, "%s/%s/%s", family->directory, name, knob->name),
		    knob_text(view, value));
	}
	return status;
}

/* Adds the sysctls of one link. */
static int link_sysctls(struct netview *view, const struct decoder *decoder)
{
	const struct nlattr *table[IFLA_AF_SPEC + 1], *families[AF_INET6 + 1];
	const struct nlattr *values[IFLA_INET6_CONF + 1];
	const char *name = NULL;
	int status =
	    decode_message_attributes(decoder, sizeof(struct ifinfomsg), table, TABLE_LEN(table));

	if (status == 0)
		status = decode_string(decoder, table[IFLA_IFNAME], SYSCTL_VALUE_MAX, &name);
	if (status < 0 || !name || !table[IFLA_AF_SPEC])
		return status;
	status = decode_nested(decoder, table[IFLA_AF_SPEC], families, TABLE_LEN(families));
	for (size_t i = 0; status == 0 && i < COUNT(knob_families); i++) {
		const struct knob_family *family = &knob_families[i];

		if (!families[family->family])
			continue;
		status =
		    decode_nested(decoder, families[family->family], values, TABLE_LEN(values));
		if (status == 0 && values[family->array])
			status = link_family(view, family, name, values[family->array]);
	}
	return status;
}

/* Reads one file under /proc/sys. What is not there is passed over, what is closed is noted. */
static int file_sysctl(struct netview *view, int directory, const char *path)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	char value[SYSCTL_VALUE_MAX];
	ssize_t len = fd < 0 ? -1 : read(fd, value, sizeof(value));

	if (len < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (len < 0)
		return netview_incomplete(view, "sysctl %s cannot be read: %s", path,
		                          strerror(errno));
	while (len > 0 && value[len - 1] == '\n')
		len--;
	return sysctl_add(view, arena_strdup(&view->arena, path),
	                  arena_strndup(&view->arena, value, (size_t)len));
}

/* Reads the values of conf/all and conf/default of one family. */
static int file_family(struct netview *view, int directory, const struct knob_family *family)
{
	static const char *const names[] = {"all", "default"};
	char path[128];
	int status = 0;

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t j = 0; status == 0 && j < family->n; j++) {
			snprintf(path, sizeof(path), "%s/%s/%s", family->directory, names[i],
			         family->knobs[j].name);
			status = file_sysctl(view, directory, path);
		}
	return status;
}

/* Whether a path is that of a sysctl that is read from a file. */
static bool is_read(const char *path)
{
	for (size_t i = 0; i < COUNT(globals); i++)
		if (strcmp(globals[i], path) == 0)
			return true;
	for (size_t i = 0; i < COUNT(knob_families); i++) {
		const size_t len = strlen(knob_families[i].directory);
		const char *name = path + len;

		if (strncmp(path, knob_families[i].directory, len) != 0)
			continue;
		if (strncmp(name, "/all/", 5) != 0 && strncmp(name, "/default/", 9) != 0)
			return false;
		name = strchr(name + 1, '/') + 1;
		for (size_t j = 0; j < knob_families[i].n; j++)
			if (strcmp(knob_families[i].knobs[j].name, name) == 0)
				return true;
	}
	return false;
}

int sysctl_take(struct netview *view, const char *path, const char *value)
{
	if (!is_read(path) || strlen(value) >= SYSCTL_VALUE_MAX)
		return 0;
	return sysctl_add(view, arena_strdup(&view->arena, path),
	                  arena_strdup(&view->arena, value));
}

int sysctl_read_links(struct netview *view, struct error **ret_error)
{
	struct decoder decoder = {.view = view, .kind = RAW_LINK, .ret_error = ret_error};
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (decoder.offset = offset,
	                       (decoder.message = raw_next(&view->raw[RAW_LINK], &offset)) != NULL))
		status = link_sysctls(view, &decoder);
	return status;
}

int sysctl_read(struct netview *view, struct error **ret_error)
{
	_cleanup_close_ int directory = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int status = 0;

	if (directory < 0)
		status =
		    netview_incomplete(view, "/proc/sys cannot be opened: %s", strerror(errno));
	for (size_t i = 0; directory >= 0 && status == 0 && i < COUNT(globals); i++)
		status = file_sysctl(view, directory, globals[i]);
	for (size_t i = 0; directory >= 0 && status == 0 && i < COUNT(knob_families); i++)
		status = file_family(view, directory, &knob_families[i]);
	return status == 0 ? sysctl_read_links(view, ret_error) : status;
}
