/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A legacy xtables table as bytes.
 *
 * Theory of operation. A table is a run of entries of varying length. Built-in chains begin where
 * info.hook_entry says and end with a policy at info.underflow; user chains begin behind an entry
 * with target ERROR that bears the name. A standard target with a verdict of 0 or more is a jump to
 * that offset (net/ipv4/netfilter/ip_tables.c). So to take an entry out, or a match of one,
 * everything behind it moves, and each offset with it.
 */
#include "prove/xt_blob.h"

#include <errno.h>
#include <string.h>

enum { BLOB_MAX = 256 << 20 };

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo),
               "both families share the layout of their info");

/* How long an entry's fixed part is. */
static size_t entry_header(uint8_t family)
{
	return family == AF_INET6 ? sizeof(struct ip6t_entry) : sizeof(struct ipt_entry);
}

/* Reads where an entry's target and its successor are. */
static void entry_offsets(const uint8_t *data, uint8_t family, size_t *ret_target, size_t *ret_next)
{
	uint16_t target, next;

	if (family == AF_INET6) {
		memcpy(&target, data + offsetof(struct ip6t_entry, target_offset), sizeof(target));
		memcpy(&next, data + offsetof(struct ip6t_entry, next_offset), sizeof(next));
	} else {
		memcpy(&target, data + offsetof(struct ipt_entry, target_offset), sizeof(target));
		memcpy(&next, data + offsetof(struct ipt_entry, next_offset), sizeof(next));
	}
	*ret_target = target;
	*ret_next = next;
}

bool xt_entry_next(const struct bytes *entries, uint8_t family, size_t *offset,
                   struct xt_entry *ret_entry)
{
	size_t header = entry_header(family), target, next;
	const uint8_t *data;

	if (*offset >= entries->len || entries->len - *offset < header)
		return false;
	data = entries->data + *offset;
	entry_offsets(data, family, &target, &next);
	if (target < header || target % 8 || next % 8 || next > entries->len - *offset ||
	    next < target + sizeof(struct xt_entry_target))
		return false;
	*ret_entry = (struct xt_entry){.offset = *offset,
	                               .len = next,
	                               .data = data,
	                               .target = (const void *)(data + target),
	                               .matches = header,
	                               .matches_end = target};
	if (ret_entry->target->u.target_size > next - target ||
	    ret_entry->target->u.target_size < sizeof(struct xt_entry_target))
		return false;
	*offset += next;
	return true;
}

const struct xt_entry_match *xt_match_next(const struct xt_entry *entry, size_t *at)
{
	const struct xt_entry_match *match = (const void *)(entry->data + *at);

	if (entry->matches_end - *at < sizeof(*match) || match->u.match_size < sizeof(*match) ||
	    match->u.match_size > entry->matches_end - *at || match->u.match_size % 8)
		return NULL;
	*at += match->u.match_size;
	return match;
}

const char *xt_entry_chain(const struct xt_entry *entry)
{
	const struct xt_error_target *error = (const void *)entry->target;

	if (entry->target->u.target_size < sizeof(*error) ||
	    strncmp(entry->target->u.user.name, XT_ERROR_TARGET, XT_EXTENSION_MAXNAMELEN) != 0 ||
	    !memchr(error->errorname, 0, sizeof(error->errorname)))
		return NULL;
	return error->errorname;
}

bool xt_info_read(const struct xtables_table *table, struct ipt_getinfo *ret_info)
{
	struct ipt_getinfo info;

	if (table->info.len != sizeof(info) || table->entries.len > BLOB_MAX)
		return false;
	memcpy(&info, table->info.data, sizeof(info));
	if (info.size != table->entries.len || strlen(table->name) >= sizeof(info.name))
		return false;
	*ret_info = info;
	return true;
}

/* Orders shifts by the offset before, for bsearch(). */
static int shift_compare(const void *a, const void *b)
{
	const struct xt_shift *left = a, *right = b;

	return (left->before > right->before) - (left->before < right->before);
}

/* Moves an offset; one that no entry has stays as it is, for the kernel to refuse. */
static uint32_t shift_apply(const struct xt_shifts *shifts, uint32_t offset)
{
	const struct xt_shift wanted = {.before = offset};
	const struct xt_shift *found =
	    shifts->n ? bsearch(&wanted, shifts->items, shifts->n, sizeof(wanted), shift_compare)
	              : NULL;

	return found ? found->after : offset;
}

uint64_t xt_shift_origin(const struct xt_shifts *shifts, uint64_t offset)
{
	uint64_t origin = offset;

	/* Of those that came to one place all but the last were left out. */
	vec_foreach(shift, shifts)
		if (shift->after == offset)
			origin = shift->before;
	return origin;
}

/* Moves the goal of an entry that jumps. */
static void jump_shift(const struct xt_shifts *shifts, struct bytes *entries,
                       const struct xt_entry *entry)
{
	size_t at =
	    entry->offset + entry->matches_end + offsetof(struct xt_standard_target, verdict);
	int32_t verdict;
	uint32_t goal;

	/* The standard target is the one without a name. */
	if (entry->target->u.user.name[0] ||
	    entry->target->u.target_size < sizeof(struct xt_standard_target))
		return;
	memcpy(&verdict, entries->data + at, sizeof(verdict));
	if (verdict < 0)
		return;
	goal = shift_apply(shifts, (uint32_t)verdict);
	memcpy(entries->data + at, &goal, sizeof(goal));
}

/* Writes where an entry's target and its successor are. */
static void entry_offsets_set(uint8_t *data, uint8_t family, size_t target, size_t next)
{
	uint16_t short_target = (uint16_t)target, short_next = (uint16_t)next;

	if (family == AF_INET6) {
		memcpy(data + offsetof(struct ip6t_entry, target_offset), &short_target,
		       sizeof(short_target));
		memcpy(data + offsetof(struct ip6t_entry, next_offset), &short_next,
		       sizeof(short_next));
	} else {
		memcpy(data + offsetof(struct ipt_entry, target_offset), &short_target,
		       sizeof(short_target));
		memcpy(data + offsetof(struct ipt_entry, next_offset), &short_next,
		       sizeof(short_next));
	}
}

/* Adds an entry to a copy, without the matches whose bits are set. 0 or a negative errno. */
static int entry_copy(struct bytes *entries, uint8_t family, const struct xt_entry *entry,
                      uint64_t cut)
{
	const struct xt_entry_match *match;
	size_t start = entries->len, at = entry->matches, target;
	int status = bytes_append(entries, entry->data, entry->matches, BLOB_MAX);

	for (unsigned i = 0; status == 0 && (match = xt_match_next(entry, &at)); i++)
		if (i >= 64 || !(cut & 1ull << i))
			status = bytes_append(entries, match, match->u.match_size, BLOB_MAX);
	/* What is no match, if there is such a thing, stays. */
	if (status == 0)
		status = bytes_append(entries, entry->data + at, entry->matches_end - at, BLOB_MAX);
	if (status < 0)
		return status;
	target = entries->len - start;
	status = bytes_append(entries, entry->data + entry->matches_end,
	                      entry->len - entry->matches_end, BLOB_MAX);
	if (status == 0)
		entry_offsets_set(entries->data + start, family, target, entries->len - start);
	return status;
}

int xt_blob_edit(const struct xtables_table *table,
                 struct xt_edit (*edit)(void *data, const struct xt_entry *entry), void *data,
                 struct ipt_getinfo *ret_info, struct bytes *ret_entries,
                 struct xt_shifts *ret_shifts)
{
	struct bytes entries = {0};
	struct xt_shifts shifts = {0};
	struct ipt_getinfo info;
	struct xt_entry entry;
	size_t offset = 0;
	int status = xt_info_read(table, &info) ? 0 : -EBADMSG;

	while (status == 0 && xt_entry_next(&table->entries, table->family, &offset, &entry)) {
		struct xt_shift *shift = vec_push(&shifts);
		struct xt_edit edited;

		if (!shift) {
			status = -ENOMEM;
			break;
		}
		*shift = (struct xt_shift){(uint32_t)entry.offset, (uint32_t)entries.len};
		edited = edit(data, &entry);
		if (edited.leave_out)
			info.num_entries--;
		else
			status = entry_copy(&entries, table->family, &entry, edited.cut);
	}
	if (status == 0 && offset != table->entries.len)
		status = -EBADMSG;
	offset = 0;
	while (status == 0 && entries.data &&
	       xt_entry_next(&entries, table->family, &offset, &entry))
		jump_shift(&shifts, &entries, &entry);
	for (size_t hook = 0; status == 0 && hook < NF_INET_NUMHOOKS; hook++) {
		info.hook_entry[hook] = shift_apply(&shifts, info.hook_entry[hook]);
		info.underflow[hook] = shift_apply(&shifts, info.underflow[hook]);
	}
	if (status < 0) {
		vec_done(&shifts);
		bytes_done(&entries);
		return status;
	}
	if (ret_shifts)
		*ret_shifts = shifts;
	else
		vec_done(&shifts);
	info.size = (unsigned)entries.len;
	*ret_info = info;
	*ret_entries = entries;
	return 0;
}
