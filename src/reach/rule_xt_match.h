/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of matches: those about the packet itself, and those about anything else. */
#pragma once

#include "reach/rule_xt.h"

extern const struct xt_spelling packet_matches[];
extern const size_t n_packet_matches;
