/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scan from outside: which ports of an address answer, seen from this machine.
 *
 * What an audit cannot know - a router or a provider's firewall in front - only an outsider can
 * see. Each port is asked, none is assumed. Of TCP it is certain what an answer means; of UDP only
 * an answer is, silence is not.
 */
#pragma once

#include "base/address.h"
#include "base/error.h"

enum { SCAN_PORTS = 65536 };

enum port_state {
	PORT_SILENT,   /* nothing came back */
	PORT_OPEN,     /* SYN/ACK, or a datagram */
	PORT_REFUSED,  /* RST, or ICMP: port unreachable */
	PORT_REJECTED, /* another ICMP error: somebody in between says no */
	PORT_STATES
};

/* "silent", "open", "refused", "rejected" */
const char *port_state_name(enum port_state state);

/* What was found out about an address; states by port, index 0 is not used. */
struct scan_result {
	struct address address;
	struct address from; /* whom the other side sees, unless somebody translates it */
	uint8_t tcp[SCAN_PORTS], udp[SCAN_PORTS];
	uint64_t sent;
	uint64_t stopped; /* packets that this machine's own rules did not let out */
	double seconds;
};

struct scan_options {
	unsigned rate;      /* packets a second */
	unsigned wait_msec; /* for answers to the last packet of a pass */
	bool no_tcp, no_udp;
	void (*progress)(const char *what, void *data);
	void *progress_data;
};

/*
 * Scans all ports of an address; `scope` is the interface of a link-local one, else 0. 0 and the
 * result filled, or a negative errno with a sentence: -EPERM without the right to raw sockets.
 */
int scan_address(const struct address *address, uint32_t scope, const struct scan_options *options,
                 struct scan_result *ret_result, struct error **ret_error)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));
