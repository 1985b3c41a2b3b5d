/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets through the kernel and through what was read of it, one laid beside the other. */
#pragma once

#include "lab.h"

/* What was compared. */
struct counts {
	unsigned long rulesets;   /* that their tools took */
	unsigned long refused;    /* that one did not */
	unsigned long packets;    /* of which the end was compared: where to, by which link */
	unsigned long arrived;    /* of these, at a socket or a link */
	unsigned long translated; /* of these, elsewhere than addressed */
	unsigned long open;       /* that no packet decides: limits, the order of tables */
	unsigned long incomplete; /* of these, with more ways than are tried: nothing is compared */
	unsigned long unknown;    /* where the model says that it does not know */
	unsigned long traced;     /* of which every rule on the way was compared */
	unsigned long steps;      /* so many rules */
	unsigned long differences; /* packets of which the model says something else */
	unsigned long unsteady;    /* rulesets that differed and, loaded anew, did not */
};

/*
 * Sends packets and compares their ends. True: all are the same; else *ret_bad is the first that is
 * not. With a file every difference is told there, up to some.
 */
bool check_ends(const struct lab *lab, const struct probe *packets, size_t n, FILE *told,
                struct counts *counts, size_t *ret_bad);

/*
 * Sends one packet with the kernel's tracing on and compares the rules that it met, in order. Where
 * tables of iptables-legacy stand beside others at one priority their order is not known: true.
 */
bool check_way(const struct lab *lab, const struct probe *packet, FILE *told,
               struct counts *counts);
