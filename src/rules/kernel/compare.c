/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparisons of registers as matches.
 *
 * The kernel compares bytes (memcmp in nft_cmp.c, nft_range.c), so a number in the host's order can
 * only be compared for being equal. Fields whose values the form numbers otherwise - a state is a
 * bit, an interface an index - are looked at value by value, so that any comparison can be said.
 */
#include "rules/kernel/kernel.h"

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* The bytes of a number as the register has them, or of the register as a number. */
static field_value number_of(const uint8_t *bytes, unsigned len, bool little)
{
	field_value value = 0;

	for (unsigned i = 0; i < len; i++)
		value = value << 8 | bytes[little ? len - 1 - i : i];
	return value;
}

/* The other way round. */
static void bytes_of(field_value value, unsigned len, bool little, uint8_t *ret_bytes)
{
	for (unsigned i = 0; i < len; i++, value >>= 8)
		ret_bytes[little ? i : len - 1 - i] = (uint8_t)value;
}

/* The mask over a part as a number: all ones where there is none. */
static field_value part_mask(const struct part *part)
{
	if (!part->load->masked)
		return ones(8U * part->piece.bytes);
	return number_of(part->load->mask + part->byte, part->piece.bytes, part->piece.little);
}

/* What is XORed into a part. */
static field_value part_xor(const struct part *part)
{
	if (!part->load->masked)
		return 0;
	return number_of(part->load->xor +part->byte, part->piece.bytes, part->piece.little);
}

/* The bits of the field that are compared, where they lie in it. */
static field_value field_mask(const struct part *part)
{
	return (part_mask(part) >> part->piece.bit_low & ones(part->piece.bits))
	       << part->piece.field_low;
}

/* The bits of a mask are the upper ones of the field. */
static bool is_upper(field_value mask, unsigned width)
{
	field_value rest = ones(width) & ~mask;

	return (rest & (rest + 1)) == 0;
}

bool part_operand(const struct part *part, struct operand_field *ret_operand)
{
	enum { OFFSET_BITS = 0x1fff };
	const struct piece *piece = &part->piece;
	field_value used = ones(piece->bits) << piece->bit_low, mask = part_mask(part);

	if (part->constant || part->load->kind != LOAD_PIECES || piece->how == PIECE_OPAQUE)
		return false;
	*ret_operand = (struct operand_field){(enum field)piece->field, ~(field_value)0};
	switch (piece->how) {
	case PIECE_OFFSET:
		return mask == OFFSET_BITS && part_xor(part) == 0;
	case PIECE_PAYLOAD:
		return mask == ones(16) && part_xor(part) == 0;
	case PIECE_PLAIN:
		/* Bits beside the field's are not known, but for those that a shift made 0. */
		if (mask & ~used & ones(8U * piece->bytes) && !piece->little)
			return false;
		mask = field_mask(part);
		if (!is_upper(mask, piece->width))
			ret_operand->mask = mask;
		return true;
	default:
		return true;
	}
}

/* Adds an interval, clamped to what the field can be. */
static int add_interval(struct intervals *intervals, enum field field, field_value first,
                        field_value last)
{
	field_value most = all_of(field).last;
	struct interval *added;

	if (first > most || first > last)
		return 0;
	added = vec_push(intervals);
	if (!added)
		return -ENOMEM;
	*added = (struct interval){first, last < most ? last : most};
	return 0;
}

/* Whether a value, as the register has it, lies between two keys. */
static bool value_within(const struct part *part, field_value value, const uint8_t *first,
                         const uint8_t *last)
{
	unsigned len = part->piece.bytes;
	uint8_t bytes[KERNEL_BYTES];

	bytes_of((value & part_mask(part)) ^ part_xor(part), len, part->piece.little, bytes);
	return memcmp(bytes, first, len) >= 0 && memcmp(bytes, last, len) <= 0;
}

/* A value of the register's, and what the form has for it. */
struct listed {
	uint32_t theirs, ours;
};

/* Of values that are listed, adds those between two keys. */
static int listed_intervals(const struct part *part, const struct listed *values, size_t n,
                            const uint8_t *first, const uint8_t *last, struct intervals *intervals)
{
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		struct interval *before = intervals->n ? &intervals->items[intervals->n - 1] : NULL;

		if (!value_within(part, values[i].theirs, first, last))
			continue;
		if (before && before->last + 1 == values[i].ours)
			before->last++;
		else
			status = add_interval(intervals, (enum field)part->piece.field,
			                      values[i].ours, values[i].ours);
	}
	return status;
}

/* Of interfaces, those whose index or type lies between two keys. Index 0 is none. */
static int link_intervals(const struct decode *decode, const struct part *part,
                          const uint8_t *first, const uint8_t *last, struct intervals *intervals)
{
	bool index = part->piece.how == PIECE_INDEX;
	int status = 0;

	if (index && value_within(part, 0, first, last))
		status = add_interval(intervals, (enum field)part->piece.field, 0, 0);
	vec_foreach(link, &decode->kernel->view->links) {
		struct interval name = field_of_name(link->name, false);

		if (status == 0 &&
		    value_within(part, index ? link->index : link->type, first, last))
			status = add_interval(intervals, (enum field)part->piece.field, name.first,
			                      name.last);
	}
	return status;
}

/* Of a fragment's offset only 0 and not 0 can be told apart. */
static int offset_intervals(const struct part *part, const uint8_t *first, const uint8_t *last,
                            struct intervals *intervals)
{
	enum { OFFSET_BITS = 0x1fff };
	field_value low = number_of(first, part->piece.bytes, false);
	field_value high = number_of(last, part->piece.bytes, false);
	int status = 0;

	if (low > 1 ? low <= OFFSET_BITS : high > 0 && high < OFFSET_BITS)
		return -EOPNOTSUPP;
	if (low == 0)
		status = add_interval(intervals, FIELD_FRAGMENT, 0, 0);
	if (status == 0 && low <= 1 && high >= OFFSET_BITS)
		status = add_interval(intervals, FIELD_FRAGMENT, 1, 1);
	return status;
}

/* Of numbers: bits of one are bits of the other. */
static int plain_intervals(const struct part *part, const uint8_t *first, const uint8_t *last,
                           struct intervals *intervals)
{
	const struct piece *piece = &part->piece;
	bool one = memcmp(first, last, piece->bytes) == 0;
	bool little = piece->little && piece->bytes > 1;
	field_value low = number_of(first, piece->bytes, little);
	field_value high = number_of(last, piece->bytes, little);
	field_value mask = field_mask(part), flip = part_xor(part), below, above;

	if (!one && flip)
		return -EOPNOTSUPP;
	if (!one && little) {
		/* All of them: the only range that bytes in another order can be told of. */
		if (low != 0 || high != ones(8U * piece->bytes))
			return -EOPNOTSUPP;
	}
	low ^= flip;
	high ^= flip;
	/* Bits that are always 0: those outside of the mask and of the field. */
	below = ones(piece->bit_low);
	above = part_mask(part) & (ones(piece->bits) << piece->bit_low);
	if (one && low & ~above)
		return 0;
	/* The numbers there are, are multiples of the lowest bit. */
	if (low & below)
		low = (low | below) + 1;
	low >>= piece->bit_low;
	high >>= piece->bit_low;
	if (low > ones(piece->bits))
		return 0;
	if (high > ones(piece->bits))
		high = ones(piece->bits);
	low <<= piece->field_low;
	high <<= piece->field_low;
	if (is_upper(mask, piece->width))
		high |= ones(piece->width) & ~mask;
	return add_interval(intervals, (enum field)piece->field, low, high);
}

int part_intervals(const struct decode *decode, const struct part *part, const uint8_t *first,
                   const uint8_t *last, struct intervals *intervals)
{
	static const struct listed states[] = {
	    {1, STATE_INVALID}, {2, STATE_ESTABLISHED}, {4, STATE_RELATED},
	    {8, STATE_NEW},     {64, STATE_UNTRACKED},
	};
	static const struct listed ethertypes[] = {{ETH_P_IP, NFPROTO_IPV4},
	                                           {ETH_P_IPV6, NFPROTO_IPV6}};
	enum { IPV6_HEADER = 40 };
	unsigned len = part->piece.bytes;

	switch (part->piece.how) {
	case PIECE_STATE:
		return listed_intervals(part, states, 5, first, last, intervals);
	case PIECE_ETHERTYPE:
		return listed_intervals(part, ethertypes, 2, first, last, intervals);
	case PIECE_INDEX:
	case PIECE_LINK_TYPE:
		return link_intervals(decode, part, first, last, intervals);
	case PIECE_OFFSET:
		return offset_intervals(part, first, last, intervals);
	case PIECE_PAYLOAD:
		return add_interval(intervals, (enum field)part->piece.field,
		                    number_of(first, len, false) + IPV6_HEADER,
		                    number_of(last, len, false) + IPV6_HEADER);
	case PIECE_PLAIN:
		return plain_intervals(part, first, last, intervals);
	default:
		return -EOPNOTSUPP;
	}
}

/* Whether the values of a part are listed, so that what is not one of them is another of them. */
static bool is_listed(const struct part *part)
{
	return part->piece.how == PIECE_STATE;
}

/* Turns "none of these states" into "one of the others". */
static void say_plainly(const struct part *part, struct step *step)
{
	struct interval kept[PACKET_STATES];
	unsigned n = 0;

	if (!is_listed(part) || !step->negated)
		return;
	for (unsigned state = 0; state < PACKET_STATES; state++) {
		bool in = false;

		vec_foreach(box, &step->boxes)
			in = in || (state >= box->first && state <= box->last);
		if (in)
			continue;
		if (n > 0 && kept[n - 1].last + 1 == state)
			kept[n - 1].last++;
		else
			kept[n++] = (struct interval){state, state};
	}
	step->boxes.n = 0;
	for (unsigned i = 0; i < n; i++)
		if (step_add_interval(step, kept[i].first, kept[i].last) < 0)
			return; /* there was room: as many as before, or one */
	step->negated = false;
}

/* "At least" and "at most" of one field, next to each other, are one range. */
static void join_bounds(struct decode *decode)
{
	size_t n = decode->path->rule.steps.n;
	struct step *last = n > 1 ? &decode->path->rule.steps.items[n - 1] : NULL;
	struct step *before = last ? last - 1 : NULL;
	struct interval *to, *from;

	if (!last || before->kind != STEP_MATCH || before->negated || last->negated ||
	    before->n_fields != 1 || before->boxes.n != 1 || last->boxes.n != 1 ||
	    before->fields->field != last->fields->field ||
	    before->fields->mask != last->fields->mask)
		return;
	to = before->boxes.items;
	from = last->boxes.items;
	if (to->last < from->first || from->last < to->first)
		return;
	to->first = to->first > from->first ? to->first : from->first;
	to->last = to->last < from->last ? to->last : from->last;
	vec_done(&last->boxes);
	decode->path->rule.steps.n--;
}

/* Compares one part; unknown, where the form cannot say it. */
static int compare_part(struct decode *decode, const struct part *part, bool negated,
                        const uint8_t *first, const uint8_t *last)
{
	struct intervals intervals = {0};
	struct operand_field operand;
	struct step *step;
	int status = -EOPNOTSUPP;

	if (part->constant) {
		bool within =
		    memcmp(part->load->bytes + part->byte, first, part->piece.bytes) >= 0 &&
		    memcmp(part->load->bytes + part->byte, last, part->piece.bytes) <= 0;

		if (within == negated)
			decode_never(decode);
		return 0;
	}
	if (part_operand(part, &operand))
		status = part_intervals(decode, part, first, last, &intervals);
	if (status < 0) {
		vec_done(&intervals);
		return status == -EOPNOTSUPP ? decode_unknown(decode, !part->load->own) : status;
	}
	step = decode_match_fields(decode, STEP_MATCH, negated, 1, &operand);
	if (!step) {
		vec_done(&intervals);
		return -ENOMEM;
	}
	step->boxes = intervals;
	say_plainly(part, step);
	decode_learn(decode, step);
	if (step->boxes.n == 0 && !step->negated)
		decode_never(decode);
	else
		join_bounds(decode);
	return 0;
}

/* A key is not equal: not all of its parts are. */
static int compare_unequal(struct decode *decode, const struct parts *parts, const uint8_t *key)
{
	struct operand_field operands[KERNEL_PIECES];
	struct intervals boxes = {0};
	struct step *step;
	int status = parts->opaque ? -EOPNOTSUPP : 0;

	for (unsigned i = 0; i < parts->n && status == 0; i++) {
		const struct part *part = &parts->items[i];

		if (!part_operand(part, &operands[i]))
			status = -EOPNOTSUPP;
		else
			status =
			    part_intervals(decode, part, key + part->at, key + part->at, &boxes);
		if (status == 0 && boxes.n != i + 1)
			status = -EOPNOTSUPP;
	}
	if (status < 0) {
		vec_done(&boxes);
		return status == -EOPNOTSUPP ? decode_unknown(decode, !parts->own) : status;
	}
	step = decode_match_fields(decode, STEP_MATCH, true, parts->n, operands);
	if (!step) {
		vec_done(&boxes);
		return -ENOMEM;
	}
	step->boxes = boxes;
	return 0;
}

/* Counts bytes up or down by one. False when they were the last ones. */
static bool bytes_step(uint8_t *bytes, size_t len, bool up)
{
	while (len-- > 0) {
		bytes[len] = (uint8_t)(up ? bytes[len] + 1 : bytes[len] - 1);
		if (bytes[len] != (up ? 0 : UINT8_MAX))
			return true;
	}
	return false;
}

/* Compares with all that lies between two keys. */
static int compare(struct decode *decode, uint32_t reg, struct span first, struct span last,
                   bool negated)
{
	bool one = first.len == last.len && memcmp(first.data, last.data, first.len) == 0;
	struct parts parts;
	int status = 0;

	parts_read(decode, reg, (uint32_t)first.len, &parts);
	if (parts.n == 1)
		return compare_part(decode, &parts.items[0], negated, first.data, last.data);
	if (parts.n == 0 || !one)
		return decode_unknown(decode, !parts.own);
	if (negated)
		return compare_unequal(decode, &parts, first.data);
	for (unsigned i = 0; i < parts.n && status == 0 && !decode->path->dead; i++)
		status =
		    compare_part(decode, &parts.items[i], false, first.data + parts.items[i].at,
		                 first.data + parts.items[i].at);
	return status;
}

/* The message is no comparison. */
static int malformed(struct decode *decode, const char *name)
{
	return error_set(decode->kernel->ret_error, EBADMSG,
	                 "a %s expression of table %s is malformed", name, decode->table);
}

int decode_cmp(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t op = attr_u32(attr[NFTA_CMP_OP], UINT32_MAX);
	uint32_t reg = attr_u32(attr[NFTA_CMP_SREG], 0);
	struct span value = attr_data(attr[NFTA_CMP_DATA]);
	uint8_t first[KERNEL_BYTES] = {0}, last[KERNEL_BYTES];
	bool any = true;

	if (!value.data || value.len == 0 || value.len > KERNEL_BYTES || op > NFT_CMP_GTE)
		return malformed(decode, "cmp");
	if (op == NFT_CMP_EQ || op == NFT_CMP_NEQ)
		return compare(decode, reg, value, value, op == NFT_CMP_NEQ);
	memset(last, 0xff, sizeof(last));
	if (op == NFT_CMP_LT || op == NFT_CMP_LTE)
		memcpy(last, value.data, value.len);
	else
		memcpy(first, value.data, value.len);
	if (op == NFT_CMP_LT)
		any = bytes_step(last, value.len, false);
	if (op == NFT_CMP_GT)
		any = bytes_step(first, value.len, true);
	if (!any) {
		decode_never(decode);
		return 0;
	}
	return compare(decode, reg, (struct span){first, value.len}, (struct span){last, value.len},
	               false);
}

int decode_range(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	struct span first = attr_data(attr[NFTA_RANGE_FROM_DATA]);
	struct span last = attr_data(attr[NFTA_RANGE_TO_DATA]);

	if (!first.data || first.len == 0 || first.len > KERNEL_BYTES || last.len != first.len)
		return malformed(decode, "range");
	return compare(decode, attr_u32(attr[NFTA_RANGE_SREG], 0), first, last,
	               attr_u32(attr[NFTA_RANGE_OP], NFT_RANGE_EQ) == NFT_RANGE_NEQ);
}
