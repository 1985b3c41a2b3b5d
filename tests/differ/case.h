/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's rules as text, part by part as its tools read them, and packets to try on it.
 *
 * As a file: a line "@TOOL" before each part, "@packet LINK PROTOCOL SOURCE PORT DESTINATION PORT"
 * for each packet; lines before the first '@' are comment.
 */
#pragma once

#include "base/error.h"
#include "base/vec.h"
#include "prove/probe.h"

#include <stdio.h>

enum tool {
	TOOL_IPSET,
	TOOL_NFT,
	TOOL_IPTABLES_LEGACY,
	TOOL_IPTABLES_NFT,
	TOOL_IP6TABLES_LEGACY,
	TOOL_IP6TABLES_NFT,
	TOOLS
};

/* "ipset", "nft", "iptables-legacy", ... */
const char *tool_name(enum tool tool);

struct part {
	enum tool tool;
	char *text; /* owned */
};

VEC_TYPE(probes, struct probe);

struct rules_case {
	VEC(struct part) parts; /* in the order in which they are loaded */
	struct probes packets;
};

/* Makes the ruleset of a number, and n packets at and beside what it mentions. */
void case_random(struct rules_case *rules, unsigned number, unsigned seed, size_t n);

/* Writes it as a file that case_read() takes. */
void case_write(const struct rules_case *rules, FILE *file);

/* Reads a file. 0, or a negative errno with a sentence "path:line: ...". */
int case_read(const char *path, struct rules_case *ret_rules, struct error **ret_error);

void case_done(struct rules_case *rules);
