/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices traffic control filters that stand before all that we read.
 *
 * Theory of operation. A filter of tc(8) at a link's clsact or ingress qdisc sees a packet before
 * netfilter does and may drop or redirect it; most are BPF programs, which nobody can read the
 * meaning of. So only their presence is asked for: the qdiscs of all links in one dump, and the
 * filters of those few that can have any. Programs attached without a qdisc (TCX, Linux 6.6) do
 * not show there; bpf(2) counts them, a link at a time.
 */
#include "observe/tc_read.h"
#include "observe/decode.h"
#include "observe/netlink.h"
#include "observe/read_status.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The attach types of TCX: older headers do not have them, older kernels answer EINVAL. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47 };

/* The two places of clsact, and of TCX; an ingress qdisc has the first only. */
static const struct {
	uint32_t parent;
	uint32_t tcx;
	const char *what;
} places[] = {
    {TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), TCX_INGRESS, "ingress"},
    {TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), TCX_EGRESS, "egress"},
};

/* The name of a link in the raw messages. 0, with NULL where there is none, or negative errno. */
static int link_name(struct netview *view, int ifindex, const char **ret_name)
{
	struct decoder decoder = {.view = view, .kind = RAW_LINK};
	const struct nlattr *table[IFLA_IFNAME + 1];
	size_t offset = 0;

	*ret_name = NULL;
	while ((decoder.message = raw_next(&view->raw[RAW_LINK], &offset)) != NULL) {
		struct ifinfomsg header;
		int status =
		    decode_message_attributes(&decoder, sizeof(header), table, TABLE_LEN(table));

		if (status < 0)
			return status;
		memcpy(&header, NLMSG_DATA(decoder.message), sizeof(header));
		if (header.ifi_index == ifindex)
			return decode_string(&decoder, table[IFLA_IFNAME], 64, ret_name);
	}
	return 0;
}

/* Dumps qdiscs, or the filters of one place of a link. 0, 1 when torn, or negative errno. */
static int dump_traffic(struct netlink *netlink, uint16_t type, int ifindex, uint32_t parent,
                        struct bytes *to, struct error **ret_error)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_MAX];
	const struct dump dump = {
	    .to = to, .cap = NETLINK_DUMP_MAX, .what = "the traffic control filters"};
	struct nlmsghdr *request = request_begin(buffer, type, sizeof(struct tcmsg), AF_UNSPEC);
	struct tcmsg *header = mnl_nlmsg_get_payload(request);

	header->tcm_ifindex = ifindex;
	header->tcm_parent = parent;
	return netlink_dump_steady(netlink, request, &dump, ret_error);
}

/* Notes where a link has filters. 0 or negative errno. */
static int note_filters(struct netview *view, struct netlink *netlink, int ifindex,
                        struct error **ret_error)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(places) / sizeof(*places); i++) {
		struct bytes filters = {0};
		const char *name;

		status = dump_traffic(netlink, RTM_GETTFILTER, ifindex, places[i].parent, &filters,
		                      ret_error);
		if (status == 1)
			status = 0;
		if (status == 0 && filters.len)
			status = link_name(view, ifindex, &name);
		if (status == 0 && filters.len)
			status = netview_incomplete(view,
			                            "link %s has traffic control filters at %s, "
			                            "which can drop and redirect "
			                            "packets: they are not read",
			                            name ? name : "?", places[i].what);
		bytes_done(&filters);
	}
	return status;
}

/* Goes through the qdiscs for those that filters hang on. 0 or negative errno. */
static int read_qdiscs(struct netview *view, struct netlink *netlink, const struct bytes *qdiscs,
                       struct error **ret_error)
{
	struct decoder decoder = {.view = view, .what = "qdisc", .ret_error = ret_error};
	const struct nlattr *table[TCA_KIND + 1];
	size_t offset = 0;

	while (decoder.offset = offset, (decoder.message = raw_next(qdiscs, &offset)) != NULL) {
		struct tcmsg header;
		int status =
		    decode_message_attributes(&decoder, sizeof(header), table, TABLE_LEN(table));

		if (status < 0)
			return status;
		memcpy(&header, NLMSG_DATA(decoder.message), sizeof(header));
		/* Ingress and clsact qdiscs share one handle that no other can have. */
		if (TC_H_MAJ(header.tcm_handle) != TC_H_MAJ(TC_H_CLSACT))
			continue;
		status = note_filters(view, netlink, header.tcm_ifindex, ret_error);
		if (status < 0)
			return status;
	}
	return 0;
}

/* Whether we are in a user namespace that root of the machine did not start in. */
static bool in_user_namespace(void)
{
	const ino_t first = 0xEFFFFFFD; /* PROC_USER_INIT_INO, the same on all machines */
	struct stat own;

	return stat("/proc/self/ns/user", &own) == 0 && own.st_ino != first;
}

/*
 * Whether programs are attached at a place of a link, or negative errno. Nobody may ask, nor attach
 * one, in a user namespace: there are none in what was made there.
 */
static int has_programs(int ifindex, uint32_t place)
{
	union bpf_attr attr = {.query = {.target_fd = (uint32_t)ifindex, .attach_type = place}};

	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) == 0)
		return attr.query.prog_cnt > 0;
	if (errno == EINVAL || errno == ENOSYS || errno == ENODEV)
		return 0;
	return errno == EPERM && in_user_namespace() ? 0 : -errno;
}

/* Notes the programs that hang on a link without a qdisc. 0 or negative errno. */
static int note_programs(struct netview *view, int ifindex)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(places) / sizeof(*places); i++) {
		const char *name;

		status = has_programs(ifindex, places[i].tcx);
		if (status <= 0)
			continue;
		status = link_name(view, ifindex, &name);
		if (status == 0)
			status = netview_incomplete(view,
			                            "link %s has BPF programs at %s, which can "
			                            "drop and redirect packets: they are not read",
			                            name ? name : "?", places[i].what);
	}
	return status;
}

/* Goes through all links for programs. 0 or negative errno. */
static int read_programs(struct netview *view)
{
	const struct nlmsghdr *message;
	size_t offset = 0;
	int status = 0;

	while (status == 0 && (message = raw_next(&view->raw[RAW_LINK], &offset)) != NULL) {
		struct ifinfomsg header;

		if (message->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
			continue;
		memcpy(&header, NLMSG_DATA(message), sizeof(header));
		status = note_programs(view, header.ifi_index);
	}
	return status;
}

int tc_read(struct netview *view, struct error **ret_error)
{
	_cleanup_netlink_ struct netlink *netlink = NULL;
	struct bytes qdiscs = {0};
	int status = netlink_open(NETLINK_ROUTE, &netlink, ret_error);

	if (status == 0)
		status = dump_traffic(netlink, RTM_GETQDISC, 0, 0, &qdiscs, ret_error);
	if (status >= 0)
		status = read_qdiscs(view, netlink, &qdiscs, ret_error);
	bytes_done(&qdiscs);
	/* Built without traffic control. */
	if (status == -EOPNOTSUPP)
		status = 0;
	if (status >= 0)
		status = read_programs(view);
	return read_status(view, "traffic control", status, ret_error);
}
