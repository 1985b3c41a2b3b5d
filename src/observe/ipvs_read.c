/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts virtual services of IPVS. */
#include "observe/ipvs_read.h"

#include <errno.h>
#include <string.h>

enum { LINE_ROOM = 256 };

unsigned ipvs_services(FILE *listing)
{
	static const char *const kinds[] = {"TCP ", "UDP ", "SCTP", "FWM "};
	char line[LINE_ROOM];
	unsigned services = 0;

	while (fgets(line, sizeof(line), listing))
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			services += strncmp(line, kinds[i], strlen(kinds[i])) == 0;
	return services;
}

int ipvs_read(struct netview *view, struct error **ret_error)
{
	FILE *listing = fopen("/proc/thread-self/net/ip_vs", "re");
	unsigned services;
	int status = 0;

	if (!listing && errno == ENOENT)
		return 0;
	if (!listing) {
		status = netview_incomplete(view, "virtual services of IPVS cannot be read: %s",
		                            strerror(errno));
	} else {
		services = ipvs_services(listing);
		fclose(listing);
		if (services)
			status = netview_incomplete(
			    view,
			    "IPVS has %u virtual services here: whom they send packets to is "
			    "not known, and they are not copied",
			    services);
	}
	return status < 0 ? error_set(ret_error, -status, "out of memory") : 0;
}
