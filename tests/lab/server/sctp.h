/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Just enough SCTP to be asked and to answer where the kernel has none: INIT and INIT ACK. */
#ifndef LABSERVER_SCTP_H
#define LABSERVER_SCTP_H

#include "address.h"
#include "verdict.h"

/** The longest packet that is built here. */
#define SCTP_PACKET_MAX 64

bool sctp_in_kernel(void);
size_t sctp_init(unsigned char buffer[static SCTP_PACKET_MAX], uint16_t sport, uint16_t dport);
int sctp_answer(int fd, const bool ports[static UINT16_MAX + 1], struct address *ret_peer);
int sctp_verdict(const unsigned char *data, size_t len, uint16_t sport, uint16_t dport);

#endif
