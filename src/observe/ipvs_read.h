/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notices virtual services of IPVS, which take packets at input and send them on past all rules. */
#pragma once

#include "observe/netview.h"

#include <stdio.h>

/* How many services a listing in the form of /proc/net/ip_vs has (net/netfilter/ipvs/ip_vs_ctl.c).
 */
unsigned ipvs_services(FILE *listing) __attribute__((nonnull));

/*
 * Notes as incomplete that the namespace has virtual services: they are neither read nor copied. 0
 * where there are none, or the kernel knows no IPVS; -ENOMEM with a sentence.
 */
int ipvs_read(struct netview *view, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));
