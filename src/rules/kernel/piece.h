/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of loads, as the tables of headers and keys write them. */
#pragma once

#include "rules/kernel/kernel.h"

/* A field as a number in network order. */
#define PLAIN(bytes_, field_, width_)                                                              \
	{                                                                                          \
		.bytes = (bytes_), .field = (field_), .width = (width_), .bits = (width_)          \
	}
/* A field that stands for something else. */
#define HOW(bytes_, how_, field_)                                                                  \
	{                                                                                          \
		.bytes = (bytes_), .how = (how_), .field = (field_), .width = 8 * (bytes_),        \
		.bits = 8 * (bytes_)                                                               \
	}
