/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the network namespace that the caller stands in into a netview. */
#include "observe/netview_read.h"
#include "observe/ipset_read.h"
#include "observe/ipvs_read.h"
#include "observe/nft_read.h"
#include "observe/rtnl_read.h"
#include "observe/sysctl_read.h"
#include "observe/tc_read.h"
#include "observe/xtables_read.h"

int netview_read(struct netview *view, struct error **ret_error)
{
	/* Links come first: others read out of them. */
	static int (*const readers[])(struct netview * view, struct error * *ret_error) = {
	    rtnl_read,    sysctl_read, tc_read,   nft_read,
	    xtables_read, ipset_read,  ipvs_read, netview_decode,
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(readers) / sizeof(*readers); i++)
		status = readers[i](view, ret_error);
	return status;
}
