/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random rulesets over a small grammar, and random packets at and beside what they mention.
 *
 * Rules are about the small host of prove_host.h. Nothing in them is beyond what a packet decides,
 * so a reader of rules has no excuse for an unknown.
 */
#pragma once

#include "prove/probe.h"

#include <stdio.h>

enum random_tool { RANDOM_NFT, RANDOM_IPTABLES, RANDOM_IP6TABLES, RANDOM_TOOLS };

/* The file that the tool reads. Commands for ipset(8), one a line, go to `sets`. */
void random_rules(FILE *rules, FILE *sets, enum random_tool tool, unsigned *seed);

/* A packet that arrives on eth0, towards the host or through it. */
struct probe random_probe(enum random_tool tool, unsigned *seed);
