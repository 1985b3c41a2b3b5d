/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What closes the problems: each mend once, with the numbers of the problems that it closes.
 *
 * Theory of operation. The rows are sorted by mend, which brings equal ones together, then the
 * groups by their first row: worst first again. A host may have tens of thousands of rows.
 */
#include "report/parts.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "report/printable.h"

#include <errno.h>
#include <string.h>

enum { LIST_CAP = 60 }; /* characters of row numbers; the rest is dots */

/* A row that has a mend. */
struct mend {
	const char *fix; /* borrowed from the audit */
	size_t row;
	size_t place; /* of the group's first row in the audit */
};

VEC_TYPE(mends, struct mend);

/* Orders by mend, then as the audit does. */
static int compare_fix(const void *a, const void *b)
{
	const struct mend *one = a, *other = b;
	int order = strcmp(one->fix, other->fix);

	if (order)
		return order;
	return one->place < other->place ? -1 : one->place > other->place;
}

/* Orders groups by their first row, rows of a group by number. */
static int compare_place(const void *a, const void *b)
{
	const struct mend *one = a, *other = b;

	if (one->place != other->place)
		return one->place < other->place ? -1 : 1;
	return one->row < other->row ? -1 : one->row > other->row;
}

/* Collects the mends of all rows, equal ones together. 0 or -ENOMEM. */
static int mends_collect(const struct audit *audit, struct mends *mends)
{
	for (size_t i = 0; i < audit->findings.n; i++) {
		const char *fix = audit->findings.items[i].fix;
		struct mend *mend;

		if (!fix || !*fix || !finding_starts_row(audit, i))
			continue;
		mend = vec_push(mends);
		if (!mend)
			return -ENOMEM;
		*mend = (struct mend){fix, finding_row(audit, i), i};
	}
	if (mends->n == 0)
		return 0;
	qsort(mends->items, mends->n, sizeof(*mends->items), compare_fix);
	for (size_t i = 1; i < mends->n; i++)
		if (strcmp(mends->items[i].fix, mends->items[i - 1].fix) == 0)
			mends->items[i].place = mends->items[i - 1].place;
	qsort(mends->items, mends->n, sizeof(*mends->items), compare_place);
	return 0;
}

/* Writes the mend of a group of n rows: "1, 3-5" and what to do. 0 or -ENOMEM. */
static int write_group(const struct mend *group, size_t n, const struct layout *layout)
{
	_cleanup_(bytes_done) struct bytes rows = {0};
	_cleanup_free_ char *fix = printable(group->fix);

	for (size_t i = 0, last; i < n; i = last + 1) {
		char text[64];
		int len;

		for (last = i; last + 1 < n && group[last + 1].row == group[last].row + 1;)
			last++;
		len = snprintf(text, sizeof(text), last > i ? "%s%zu-%zu" : "%s%zu", i ? ", " : "",
		               group[i].row, group[last].row);
		if (rows.len + (size_t)len > LIST_CAP - 5) {
			len = snprintf(text, sizeof(text), ", ...");
			last = n - 1;
		}
		if (bytes_append(&rows, text, (size_t)len, LIST_CAP) < 0)
			return -ENOMEM;
	}
	if (!fix || !rows.data)
		return -ENOMEM;
	const struct cell cells[] = {{(const char *)rows.data, 1, 9, LAYOUT_PLAIN},
	                             {fix, 11, 0, LAYOUT_PLAIN}};

	layout_row(layout, cells, 2);
	return 0;
}

/* Writes the heading and all groups. 0 or -ENOMEM. */
static int write_groups(const struct mends *mends, const struct layout *layout)
{
	const struct cell heading[] = {{"PROBLEM", 1, 0, LAYOUT_HEAD},
	                               {"WHAT TO DO", 11, 0, LAYOUT_HEAD}};

	if (mends->n == 0)
		return 0;
	fputc('\n', layout->out);
	layout_row(layout, heading, 2);
	for (size_t i = 0, n; i < mends->n; i += n) {
		for (n = 1; i + n < mends->n && mends->items[i + n].place == mends->items[i].place;)
			n++;
		if (write_group(&mends->items[i], n, layout) < 0)
			return -ENOMEM;
	}
	fputc('\n', layout->out);
	return 0;
}

int mends_write(const struct audit *audit, const struct layout *layout)
{
	struct mends mends = {0};
	int status = mends_collect(audit, &mends);

	if (status == 0)
		status = write_groups(&mends, layout);
	vec_done(&mends);
	return status;
}
