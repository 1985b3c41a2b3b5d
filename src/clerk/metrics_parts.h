/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the measurements share; see metrics.h. */
#pragma once

#include "clerk/metrics.h"

#include <time.h>

enum { ZONE_ROOM = 64, CAUSE_ROOM = 32 };

struct heal_count {
	char cause[CAUSE_ROOM];
	uint64_t count;
};

struct knock_count {
	char zone[ZONE_ROOM];
	uint16_t port; /* 0: all that have no line of their own */
	uint64_t packets;
};

struct metrics {
	char *proof; /* the part of the page that the last proof made; owned */
	time_t proved;
	uint64_t disagreements;
	bool up;
	VEC(struct heal_count) heals;
	VEC(struct knock_count) knocks;
};
