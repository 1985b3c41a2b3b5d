/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of nf_tables that hold where their bytes come from, and arithmetic on them. */
#include "rules/kernel/kernel.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum { SLOT_BYTES = 4, NOT_A_SLOT = KERNEL_SLOTS };

/* The first slot of an NFT_REG_* register, or NOT_A_SLOT. */
static unsigned slot_of(uint32_t reg)
{
	if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
		return (reg - NFT_REG_1) * (NFT_REG_SIZE / NFT_REG32_SIZE);
	if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		return reg - NFT_REG32_00;
	return NOT_A_SLOT;
}

int register_load(struct decode *decode, uint32_t reg, const struct load *load)
{
	unsigned slot = slot_of(reg), n = (load->len + SLOT_BYTES - 1U) / SLOT_BYTES;
	struct load *copy;

	if (slot + n > KERNEL_SLOTS || n == 0)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a rule of table %s loads %u bytes into register %u",
		                 decode->table, load->len, reg);
	copy = decode_new_load(decode);
	if (!copy)
		return -ENOMEM;
	*copy = *load;
	for (unsigned i = 0; i < n; i++)
		decode->path->slots[slot + i] = (struct slot){copy, (uint8_t)(i * SLOT_BYTES)};
	return 0;
}

const struct load *register_begin(const struct decode *decode, uint32_t reg)
{
	unsigned slot = slot_of(reg);

	if (slot >= KERNEL_SLOTS || decode->path->slots[slot].byte != 0)
		return NULL;
	return decode->path->slots[slot].load;
}

bool register_constant(const struct decode *decode, uint32_t reg, size_t len, uint8_t *ret_bytes)
{
	unsigned slot = slot_of(reg);

	for (size_t at = 0; at < len; at += SLOT_BYTES, slot++) {
		size_t take = len - at < SLOT_BYTES ? len - at : SLOT_BYTES;
		const struct slot *from = &decode->path->slots[slot];

		if (slot >= KERNEL_SLOTS || !from->load || from->load->kind != LOAD_CONSTANT)
			return false;
		memcpy(ret_bytes + at, from->load->bytes + from->byte, take);
	}
	return true;
}

struct piece piece_cut(const struct piece *piece, unsigned byte, unsigned bytes)
{
	unsigned below, top = piece->bit_low + piece->bits;
	struct piece cut = *piece;

	if (byte == 0 && bytes == piece->bytes)
		return cut;
	/* Of numbers in the host's order and of those that are not plain, parts say nothing. */
	cut.bytes = (uint8_t)bytes;
	if (piece->how != PIECE_PLAIN || (piece->little && piece->bytes > 1)) {
		cut.how = PIECE_OPAQUE;
		return cut;
	}
	below = 8 * (piece->bytes - byte - bytes);
	if (top > below + 8 * bytes)
		top = below + 8 * bytes;
	if (top <= below || top <= piece->bit_low) {
		cut.how = PIECE_OPAQUE;
		return cut;
	}
	cut.field_low =
	    (uint8_t)(piece->field_low + (below > piece->bit_low ? below - piece->bit_low : 0));
	cut.bit_low = (uint8_t)(piece->bit_low > below ? piece->bit_low - below : 0);
	cut.bits = (uint8_t)(top - below - cut.bit_low);
	return cut;
}

/* Adds the part of a load from a byte on that lies within `left` bytes. Returns its length. */
static unsigned add_part(struct parts *parts, const struct load *load, unsigned byte, unsigned at,
                         unsigned left)
{
	struct part *part = &parts->items[parts->n];
	unsigned begin = 0, take = load->len - byte < left ? load->len - byte : left;

	*part = (struct part){.load = load,
	                      .at = (uint8_t)at,
	                      .byte = (uint8_t)byte,
	                      .piece = {.how = PIECE_OPAQUE, .bytes = (uint8_t)take}};
	for (unsigned i = 0; load->kind == LOAD_PIECES && i < load->n_pieces; i++) {
		const struct piece *piece = &load->pieces[i];

		if (byte >= begin && byte < begin + piece->bytes) {
			if (take > begin + piece->bytes - byte)
				take = begin + piece->bytes - byte;
			part->piece = piece_cut(piece, byte - begin, take);
			break;
		}
		begin += piece->bytes;
	}
	part->constant = load->kind == LOAD_CONSTANT;
	parts->n++;
	return take;
}

void parts_read(const struct decode *decode, uint32_t reg, uint32_t len, struct parts *ret_parts)
{
	unsigned slot = slot_of(reg), at = 0;

	*ret_parts = (struct parts){0};
	while (at < len && ret_parts->n < KERNEL_PIECES) {
		const struct slot *from =
		    slot < KERNEL_SLOTS ? &decode->path->slots[slot] : &(struct slot){0};
		const struct load *load = from->load;
		unsigned byte = from->byte, end;

		if (!load) {
			ret_parts->opaque = ret_parts->own = true;
			return;
		}
		/* All of this load that follows in row. */
		end = at + (load->len - byte + SLOT_BYTES - 1) / SLOT_BYTES * SLOT_BYTES;
		for (unsigned i = 1; at + i * SLOT_BYTES < end; i++)
			if (slot + i >= KERNEL_SLOTS ||
			    decode->path->slots[slot + i].load != load ||
			    decode->path->slots[slot + i].byte != byte + i * SLOT_BYTES)
				end = at + i * SLOT_BYTES;
		slot += (end - at) / SLOT_BYTES;
		while (at < end && at < len && byte < load->len && ret_parts->n < KERNEL_PIECES) {
			unsigned limit = (end < len ? end : len) - at;
			unsigned taken = add_part(ret_parts, load, byte, at, limit);

			at += taken;
			byte += taken;
		}
		at = end;
	}
	if (at < len)
		ret_parts->opaque = ret_parts->own = true;
	for (unsigned i = 0; i < ret_parts->n; i++) {
		struct operand_field operand;
		const struct part *part = &ret_parts->items[i];

		if (part_operand(part, &operand) || part->constant)
			continue;
		ret_parts->opaque = true;
		ret_parts->own = ret_parts->own || part->load->own;
		ret_parts->may_break = ret_parts->may_break || part->load->may_break;
	}
}

/* Puts something that nobody knows into a register. */
static int load_strange(struct decode *decode, uint32_t reg, uint32_t len, const struct load *from)
{
	struct load load = {.kind = LOAD_OPAQUE, .len = (uint8_t)len};

	load.own = !from || from->own;
	load.may_break = !from || from->may_break;
	return register_load(decode, reg, &load);
}

/* Reverses the order of bytes. */
static void turn(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t byte = bytes[i];

		bytes[i] = bytes[len - 1 - i];
		bytes[len - 1 - i] = byte;
	}
}

int decode_byteorder(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t to = attr_u32(attr[NFTA_BYTEORDER_DREG], 0);
	uint32_t len = attr_u32(attr[NFTA_BYTEORDER_LEN], 0);
	uint32_t size = attr_u32(attr[NFTA_BYTEORDER_SIZE], 0);
	const struct load *from = register_begin(decode, attr_u32(attr[NFTA_BYTEORDER_SREG], 0));
	struct load load;

	if (len == 0 || len > KERNEL_BYTES)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a byteorder expression of table %s has length %u", decode->table,
		                 len);
	/* nft turns one byte as a number of two: the kernel turns len / size numbers, which are
	 * none. */
	if (size > len && attr_u32(attr[NFTA_BYTEORDER_SREG], 0) == to)
		return 0;
	if (!from || from->len != len || size == 0 || len % size != 0 ||
	    (len != size && from->kind != LOAD_CONSTANT) || from->kind == LOAD_OPAQUE ||
	    (from->kind == LOAD_PIECES && from->n_pieces != 1))
		return load_strange(decode, to, len, from);
	load = *from;
	for (uint32_t at = 0; at < len; at += size) {
		turn(load.bytes + at, size);
		turn(load.mask + at, size);
		turn(load.xor +at, size);
	}
	load.pieces[0].little = !load.pieces[0].little;
	return register_load(decode, to, &load);
}

/* A shift of a number of four bytes in the host's order. */
static int decode_shift(struct decode *decode, const struct load *from, uint32_t to, uint32_t len,
                        bool left, uint32_t by)
{
	struct load load = from ? *from : (struct load){0};
	struct piece *piece = &load.pieces[0];
	uint32_t words[3];

	if (!from || len != 4 || from->len != 4 || from->kind == LOAD_OPAQUE || by > 31 ||
	    (from->kind == LOAD_PIECES &&
	     (from->n_pieces != 1 || piece->how != PIECE_PLAIN || !piece->little)))
		return load_strange(decode, to, len, from);
	memcpy(&words[0], load.bytes, 4);
	memcpy(&words[1], load.mask, 4);
	memcpy(&words[2], load.xor, 4);
	for (unsigned i = 0; i < 3; i++)
		words[i] = left ? words[i] << by : words[i] >> by;
	memcpy(load.bytes, &words[0], 4);
	memcpy(load.mask, &words[1], 4);
	memcpy(load.xor, &words[2], 4);
	if (load.kind == LOAD_CONSTANT)
		return register_load(decode, to, &load);
	if (left) {
		piece->bit_low = (uint8_t)(piece->bit_low + by);
		if (piece->bit_low >= 32)
			return load_strange(decode, to, len, from);
		if (piece->bits > 32 - piece->bit_low)
			piece->bits = (uint8_t)(32 - piece->bit_low);
	} else if (by >= (uint32_t)piece->bit_low + piece->bits) {
		return load_strange(decode, to, len, from);
	} else {
		uint8_t lost = (uint8_t)(by > piece->bit_low ? by - piece->bit_low : 0);

		piece->bit_low = (uint8_t)(by > piece->bit_low ? 0 : piece->bit_low - by);
		piece->field_low = (uint8_t)(piece->field_low + lost);
		piece->bits = (uint8_t)(piece->bits - lost);
	}
	return register_load(decode, to, &load);
}

int decode_bitwise(struct decode *decode, const struct nft_expr *expr)
{
	const struct span *attr = expr->attrs.by_type;
	uint32_t to = attr_u32(attr[NFTA_BITWISE_DREG], 0);
	uint32_t len = attr_u32(attr[NFTA_BITWISE_LEN], 0);
	uint32_t op = attr_u32(attr[NFTA_BITWISE_OP], NFT_BITWISE_BOOL);
	struct span mask = attr_data(attr[NFTA_BITWISE_MASK]);
	struct span xor = attr_data(attr[NFTA_BITWISE_XOR]);
	struct span data = attr_data(attr[NFTA_BITWISE_DATA]);
	const struct load *from = register_begin(decode, attr_u32(attr[NFTA_BITWISE_SREG], 0));
	uint32_t by = 0;
	struct load load;

	if (len == 0 || len > KERNEL_BYTES)
		return error_set(decode->kernel->ret_error, EBADMSG,
		                 "a bitwise expression of table %s has length %u", decode->table,
		                 len);
	if (op == NFT_BITWISE_LSHIFT || op == NFT_BITWISE_RSHIFT) {
		if (data.len >= sizeof(by))
			memcpy(&by, data.data, sizeof(by));
		return decode_shift(decode, from, to, len, op == NFT_BITWISE_LSHIFT, by);
	}
	if (op != NFT_BITWISE_BOOL || mask.len != len || xor.len != len || !from ||
	    from->len != len || from->kind == LOAD_OPAQUE)
		return load_strange(decode, to, len, from);
	load = *from;
	for (uint32_t i = 0; i < len; i++) {
		if (!load.masked)
			load.mask[i] = 0xff;
		load.bytes[i] = (uint8_t)((load.bytes[i] & mask.data[i]) ^ xor.data[i]);
		load.mask[i] &= mask.data[i];
		load.xor [i] = (uint8_t)((load.xor [i] & mask.data[i]) ^ xor.data[i]);
	}
	load.masked = load.kind == LOAD_PIECES;
	return register_load(decode, to, &load);
}
