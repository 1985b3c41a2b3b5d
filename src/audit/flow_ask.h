/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that go on although a rule refuses new ones (M28).
 *
 * Theory of operation. For each flow from outside to a container its sender is asked for twice: as
 * a newcomer, and then, with the flow put into the twin's connection tracking, as a packet of it.
 * Where the first is stopped and the second still gets there, closing the port has not ended who
 * was in already. The twin does both, so a rule on a packet's state, an ACCEPT for established
 * flows in front of a drop, and a translation that is gone are all told alike.
 */
#pragma once

#include "audit/proof_run.h"

/* Asks about all flows of the snapshot; fills proof->survivors. The twin has them afterwards. */
int run_flows(struct run *run, struct proof *proof, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* Makes the findings of proof->survivors. 0 or -ENOMEM. */
int flow_findings(struct audit *audit, const struct proof *proof)
    __attribute__((nonnull, warn_unused_result));
