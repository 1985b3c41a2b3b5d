/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings that were to give an address to ports published without one, and do not: the engine's
 * default address holds for docker0 only (M06), a network's own only while that network is the
 * container's gateway (M07). Pure.
 */
#pragma once

#include "audit/finding.h"

int setting_findings(struct audit *audit) __attribute__((nonnull, warn_unused_result));
