/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in nf_tables' registers while a rule is read from left to right.
 *
 * Theory of operation. An nft rule is a program: load a field into a register,
 * mask it, compare it. To say what it asks for, or which ports, one has to know
 * what a register holds when it is compared. Registers are 16 slots of four bytes
 * (the four older ones of 16 bytes lie over them); each slot points to the operand
 * that was last loaded there. Nothing is evaluated. What an expression that we do
 * not know may have written cannot be told, so it empties every slot.
 */
#pragma once

#include "base/arena.h"
#include "rules/listing/wire.h"

enum { REGISTER_SLOTS = 16, OPERAND_KEYS = 8 };

enum operand_kind {
	OPERAND_PAYLOAD,  /* bytes of the packet */
	OPERAND_META,     /* meta key */
	OPERAND_CT,       /* ct key */
	OPERAND_CONSTANT, /* immediate */
	OPERAND_MAP,      /* what a map gives for keys */
	OPERAND_HASH,     /* jhash of keys, or symhash */
	OPERAND_OTHER,    /* what expr loads: fib, socket, numgen, ... or an unknown one */
};

struct operand {
	enum operand_kind kind;
	struct nft_expr expr;  /* the expression that loaded it */
	uint32_t key;          /* META, CT: the key; PAYLOAD: the base */
	uint32_t offset;       /* PAYLOAD: bytes into the header */
	uint32_t len;          /* bytes; 0 when not known */
	struct span constant;  /* CONSTANT: its bytes */
	bool big_endian;       /* a byteorder expression turned it */
	bool masked;           /* (value & mask) ^ xor */
	bool strange;          /* more arithmetic than that was done */
	struct span mask, xor; /* both of len bytes where masked */
	/* MAP, HASH: what they look at. */
	const struct operand *keys[OPERAND_KEYS];
	unsigned n_keys;
};

struct registers {
	struct arena *arena; /* of operands; borrowed */
	const struct operand *slots[REGISTER_SLOTS];
	/* Operands made so far and the names they can have: hostile rules are cut short. */
	unsigned n_operands;
};

/* What registers_step() found an expression to be. */
enum register_step {
	REGISTER_LOADED, /* it only wrote registers: nothing to say by itself */
	REGISTER_SAYS,   /* it is a condition or a statement of its own */
	REGISTER_UNKNOWN /* an expression that we do not know */
};

/* Follows one expression. */
enum register_step registers_step(struct registers *registers, const struct nft_expr *expr)
    __attribute__((nonnull));

/* The operand in an NFT_REG_* register, or NULL. */
const struct operand *register_get(const struct registers *registers, uint32_t reg)
    __attribute__((nonnull));

/*
 * The operands that lie in key_len bytes from a register on, in order: a concatenation. Returns
 * how many, 0 when one of them is not known.
 */
unsigned register_get_keys(const struct registers *registers, uint32_t reg, uint32_t key_len,
                           const struct operand *keys[static OPERAND_KEYS])
    __attribute__((nonnull));

/* How many bytes an operand takes in a concatenated key: a multiple of four. */
uint32_t operand_room(const struct operand *operand) __attribute__((nonnull));

/* The number of bytes a meta key loads. */
uint32_t meta_key_len(uint32_t key);
