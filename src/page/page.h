/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page that shows an audit: one file of HTML, its style and its script in it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* The page, cut where what only a run knows goes in. */
struct page {
	const char *before;  /* up to where a live page says what it may ask for */
	const char *between; /* from there to the data: JSON in which no "<" stands */
	const char *after;
};

extern const struct page seawall_page;

/*
 * Writes the page with its data, which is JSON. A live page may ask where it came from for more.
 * The stream tells of errors.
 */
void page_write(const char *json, bool live, FILE *out) __attribute__((nonnull));
