/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts a case in which model and kernel differ down to what it takes. */
#pragma once

#include "check.h"

/* Leaves of a case the one packet and the lines that it takes for something to differ still. */
void shrink(struct lab *lab, struct rules_case *rules, const struct probe *packet, bool by_way);
