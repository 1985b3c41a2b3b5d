/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small host of prove_host.h with the rules of a case in its kernel, and what is read of them.
 *
 * One in a process. What the tools have no right to do ends it.
 */
#pragma once

#include "case.h"
#include "prove/prove.h"
#include "reach/host.h"

struct lab {
	struct prover *prover;
	struct host *host;  /* of the rules that are loaded */
	bool loaded[TOOLS]; /* to be taken away before the next */
	char directory[32];
};

/* Makes the host in namespaces of its own; ends the process with 77 where that is not allowed. */
void lab_new(struct lab *lab);

/*
 * Takes away what is loaded, loads a case and reads it back. False: some tool did not take its
 * part; lab->host is NULL then.
 */
bool lab_load(struct lab *lab, const struct rules_case *rules);

/* Copies what the tools said of what was loaded last. */
void lab_said(const struct lab *lab, FILE *file);

void lab_done(struct lab *lab);
