/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as sorted runs, each with a number: exact sets, and maps from addresses to zones.
 *
 * Theory of operation. Prefixes nest or are apart, so sorted by their first address, the wider one
 * before those in it, they are the brackets of a tree: one pass with a stack of the prefixes that
 * are open lays each where no longer one lies on it. Two lists are laid on each other by one pass
 * over both. Neither takes more than the order of n log n, whatever a policy file holds.
 */
#include "intent/span.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

enum { OPEN_MOST = 129 }; /* prefixes around one address: one for each length */

/* The address after this one; false at the end of its family. */
static bool address_next(const struct address *address, struct address *ret_next)
{
	*ret_next = address_add(address, 1);
	return !address_is_any(ret_next);
}

/* The address before this one, which must not be the first of its family. */
static struct address address_before(const struct address *address)
{
	struct address before = *address;

	for (size_t i = address_size(address->family); i-- > 0;)
		if (before.bytes[i]-- != 0)
			break;
	return before;
}

/* Adds a run at the end of a list, or to its last run. 0 or -ENOMEM. */
static int spans_push(struct spans *spans, const struct address *first, const struct address *last,
                      size_t value)
{
	struct address_span *span;
	struct address next;

	if (spans->n) {
		span = &spans->items[spans->n - 1];
		if (span->value == value && span->last.family == first->family &&
		    address_next(&span->last, &next) && address_equal(&next, first)) {
			span->last = *last;
			return 0;
		}
	}
	span = vec_push(spans);
	if (!span)
		return -ENOMEM;
	*span = (struct address_span){.first = *first, .last = *last, .value = value};
	return 0;
}

/* Orders prefixes by first address, the wider one first; of two alike the smaller value. */
static int span_prefix_compare(const void *a, const void *b)
{
	const struct span_prefix *one = a, *two = b;
	int order = prefix_compare(&one->prefix, &two->prefix);

	return order ? order : (one->value > two->value) - (one->value < two->value);
}

/* The prefixes that are open at a place of the pass, and from where on the innermost is due. */
struct sweep_state {
	struct {
		struct address last;
		size_t value;
	} open[OPEN_MOST];
	size_t n;
	struct address from;
	bool ended; /* `from` would be beyond the last address of the family */
};

/* Lays the innermost prefix up to `last`. */
static int sweep_lay(struct sweep_state *state, const struct address *last, struct spans *spans)
{
	int status = 0;

	if (!state->ended && address_compare(&state->from, last) <= 0)
		status = spans_push(spans, &state->from, last, state->open[state->n - 1].value);
	state->ended = !address_next(last, &state->from);
	return status;
}

/* Closes all prefixes that end before `first`; with NULL all of them. */
static int sweep_close(struct sweep_state *state, const struct address *first, struct spans *spans)
{
	int status = 0;

	while (status == 0 && state->n > 0 &&
	       (!first || address_compare(&state->open[state->n - 1].last, first) < 0)) {
		struct address last = state->open[state->n - 1].last;

		status = sweep_lay(state, &last, spans);
		state->n--;
	}
	return status;
}

/* Opens a prefix, laying the one around it up to where it begins. */
static int sweep_open(struct sweep_state *state, const struct span_prefix *prefix,
                      struct spans *spans)
{
	const struct address *first = &prefix->prefix.address;
	int status = 0;

	if (state->n > 0 && address_compare(&state->from, first) < 0) {
		struct address before = address_before(first);

		status = sweep_lay(state, &before, spans);
	}
	state->from = *first;
	state->ended = false;
	state->open[state->n].last = prefix_last(&prefix->prefix);
	state->open[state->n].value = prefix->value;
	state->n++;
	return status;
}

int spans_make(struct span_prefix *prefixes, size_t n, struct spans *ret_spans)
{
	struct sweep_state state = {0};
	struct spans spans = {0};
	int status = 0;

	if (n)
		qsort(prefixes, n, sizeof(*prefixes), span_prefix_compare);
	for (size_t i = 0; i < n && status == 0; i++) {
		if (i && prefix_compare(&prefixes[i - 1].prefix, &prefixes[i].prefix) == 0)
			continue;
		status = sweep_close(&state, &prefixes[i].prefix.address, &spans);
		if (status == 0)
			status = sweep_open(&state, &prefixes[i], &spans);
	}
	if (status == 0)
		status = sweep_close(&state, NULL, &spans);
	if (status < 0)
		vec_done(&spans);
	else
		*ret_spans = spans;
	return status;
}

/* The smaller of two addresses. */
static const struct address *address_least(const struct address *a, const struct address *b)
{
	return address_compare(a, b) <= 0 ? a : b;
}

/* A list and a run of it that is being used up. */
struct span_cursor {
	const struct spans *spans;
	size_t i;
	struct address_span rest; /* of the run at i */
};

/* Starts at the next run, if there is one. */
static void cursor_load(struct span_cursor *cursor)
{
	if (cursor->i < cursor->spans->n)
		cursor->rest = cursor->spans->items[cursor->i];
}

/* The run in hand, or NULL at the end. */
static struct address_span *cursor_get(struct span_cursor *cursor)
{
	return cursor->i < cursor->spans->n ? &cursor->rest : NULL;
}

/* Takes away all up to and with `last` from the run in hand, which begins no later. */
static void cursor_pass(struct span_cursor *cursor, const struct address *last)
{
	if (address_compare(&cursor->rest.last, last) <= 0 ||
	    !address_next(last, &cursor->rest.first)) {
		cursor->i++;
		cursor_load(cursor);
	}
}

/*
 * Walks two lists at once and hands out their common pieces in order: `keep` says of each whether
 * it stays and with which value; a side without a run there is NULL. 0 or -ENOMEM.
 */
static int spans_merge(const struct spans *one, const struct spans *two,
                       bool (*keep)(const struct address_span *, const struct address_span *,
                                    size_t *ret_value),
                       struct spans *ret_spans)
{
	struct span_cursor a = {.spans = one}, b = {.spans = two};
	struct spans spans = {0};
	int status = 0;

	cursor_load(&a);
	cursor_load(&b);
	while (status == 0 && (cursor_get(&a) || cursor_get(&b))) {
		const struct address_span *x = cursor_get(&a), *y = cursor_get(&b);
		struct address first, last;
		size_t value = 0;

		if (x && y && address_compare(&x->first, &y->first) != 0) {
			/* Only one of them begins here: up to its end, or the other's beginning. */
			const struct address_span *early =
			    address_compare(&x->first, &y->first) < 0 ? x : y;
			const struct address_span *late = early == x ? y : x;

			last = early->last;
			if (early->first.family == late->first.family) {
				struct address before = address_before(&late->first);

				last = *address_least(&last, &before);
			}
			x = early == x ? x : NULL;
			y = early == y ? y : NULL;
		} else if (x && y) {
			last = *address_least(&x->last, &y->last);
		} else {
			last = x ? x->last : y->last;
		}
		first = x ? x->first : y->first;
		if (keep(x, y, &value))
			status = spans_push(&spans, &first, &last, value);
		if (x)
			cursor_pass(&a, &last);
		if (y)
			cursor_pass(&b, &last);
	}
	if (status < 0)
		vec_done(&spans);
	else
		*ret_spans = spans;
	return status;
}

/* For spans_overlay(): the upper one counts. */
static bool keep_upper(const struct address_span *over, const struct address_span *under,
                       size_t *ret_value)
{
	*ret_value = over ? over->value : under->value;
	return true;
}

int spans_overlay(const struct spans *over, const struct spans *under, struct spans *ret_spans)
{
	return spans_merge(over, under, keep_upper, ret_spans);
}

/* For spans_subtract(): what is on the first side only. */
static bool keep_first(const struct address_span *from, const struct address_span *without,
                       size_t *ret_value)
{
	*ret_value = from ? from->value : 0;
	return from && !without;
}

int spans_subtract(const struct spans *from, const struct spans *without, struct spans *ret_spans)
{
	return spans_merge(from, without, keep_first, ret_spans);
}

size_t spans_at(const struct spans *spans, const struct address *address)
{
	size_t low = 0, high = spans->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct address_span *span = &spans->items[middle];

		if (address_compare(address, &span->first) < 0)
			high = middle;
		else if (address_compare(address, &span->last) > 0)
			low = middle + 1;
		else
			return span->value;
	}
	return SIZE_MAX;
}

int spans_of(const struct prefix *prefixes, size_t n, struct spans *ret_spans)
{
	_cleanup_free_ struct span_prefix *copy = n ? calloc(n, sizeof(*copy)) : NULL;

	if (n && !copy)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		copy[i].prefix = prefixes[i];
	return spans_make(copy, n, ret_spans);
}

/* The widest prefix that begins at `first` and ends no later than `last`. */
static struct prefix widest_prefix(const struct address *first, const struct address *last)
{
	uint8_t len = (uint8_t)(address_size(first->family) * 8);
	struct prefix widest = prefix_make(first, len);

	while (len > 0) {
		struct prefix wider = prefix_make(first, --len);
		struct address end = prefix_last(&wider);

		if (!address_equal(&wider.address, first) || address_compare(&end, last) > 0)
			break;
		widest = wider;
	}
	return widest;
}

/* Adds the prefixes of one run. 0 or -ENOMEM. */
static int span_prefixes(const struct address_span *span, struct span_prefix_list *prefixes)
{
	struct address at = span->first;

	for (;;) {
		struct prefix *slot = vec_push(prefixes);
		struct address end;

		if (!slot)
			return -ENOMEM;
		*slot = widest_prefix(&at, &span->last);
		end = prefix_last(slot);
		if (address_compare(&end, &span->last) >= 0 || !address_next(&end, &at))
			return 0;
	}
}

int spans_prefixes(const struct spans *spans, struct span_prefix_list *ret_prefixes)
{
	struct span_prefix_list prefixes = {0};
	struct spans plain = {0};
	int status = 0;

	/* Runs that differ in value only are one here. */
	vec_foreach(span, spans)
		if (status == 0)
			status = spans_push(&plain, &span->first, &span->last, 0);
	vec_foreach(span, &plain)
		if (status == 0)
			status = span_prefixes(span, &prefixes);
	vec_done(&plain);
	if (status < 0)
		vec_done(&prefixes);
	else
		*ret_prefixes = prefixes;
	return status;
}
