/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that were meant to close something and cannot: in DOCKER-USER after a RETURN (M27), on a
 * port or address that is already translated there (M25), on an interface that does not exist
 * (M26), or in a chain that nobody jumps to (M37). Read from the rules' text. Pure.
 */
#pragma once

#include "audit/finding.h"

int ineffective_findings(struct audit *audit) __attribute__((nonnull, warn_unused_result));
