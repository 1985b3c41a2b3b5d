/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading nft rulesets as text: what the parts of the reader share. */
#pragma once

#include "rules/nft/nft.h"

enum nft_token_kind {
	TOKEN_END,
	TOKEN_LINE, /* a newline or a semicolon */
	TOKEN_WORD,
	TOKEN_STRING, /* without its quotes */
	TOKEN_SIGN,   /* sign: one character */
	TOKEN_OP,     /* op */
};

struct nft_token {
	enum nft_token_kind kind;
	char sign;
	uint8_t op;     /* enum nft_op */
	uint8_t begins; /* enum nft_begins, once nft_at_field() was asked */
	struct nft_slice text;
	const char *at;
};

/* Whether a field begins with a word. */
enum nft_begins { BEGINS_UNASKED, BEGINS_NOTHING, BEGINS_META, BEGINS_GROUP };

/* Where the reader is; kept and put back to read a variable's value. */
struct nft_position {
	const char *at; /* behind the token */
	unsigned line;  /* of the token */
	unsigned lines; /* newlines that the token passed over */
	struct nft_token token;
};

/* A part of a rule that its text leaves out. */
struct nft_cut {
	const char *from, *to;
};

struct nft_reader {
	struct nft nft;
	struct nft_position here;
	const char *taken;        /* the end of the token taken last */
	uint64_t handle;          /* of the last comment that told one; 0 for none */
	uint32_t n_variables;     /* that can be seen */
	unsigned depth;           /* of what is nested */
	bool uncertain;           /* an element had a limit: it may be there or not */
	VEC(struct nft_cut) cuts; /* of the rule being read */
};

/* ruleset_nft_lex.c */

/* Takes the next token. 0 or -EINVAL. */
int nft_next(struct nft_reader *reader) __attribute__((nonnull, warn_unused_result));
/* Says that something else was expected than the token at hand. Returns -EINVAL. */
int nft_unexpected(const struct nft_reader *reader, const char *what) __attribute__((nonnull));

/* What the token at hand is. */
static inline bool nft_at_sign(const struct nft_reader *reader, char sign)
{
	return reader->here.token.kind == TOKEN_SIGN && reader->here.token.sign == sign;
}
static inline bool nft_at_word(const struct nft_reader *reader, const char *word)
{
	return reader->here.token.kind == TOKEN_WORD && nft_slice_is(reader->here.token.text, word);
}
bool nft_at_end(const struct nft_reader *reader) __attribute__((nonnull));
/* Takes a sign, a word; *ret_taken tells whether it was there. */
int nft_take_sign(struct nft_reader *reader, char sign, const char *what)
    __attribute__((nonnull, warn_unused_result));
int nft_take_word(struct nft_reader *reader, const char *word, bool *ret_taken)
    __attribute__((nonnull(1, 2), warn_unused_result));
/* Takes any word or string. */
int nft_take_name(struct nft_reader *reader, const char *what, struct nft_slice *ret_name)
    __attribute__((nonnull, warn_unused_result));
int nft_take_number(struct nft_reader *reader, uint64_t max, const char *what, uint64_t *ret_number)
    __attribute__((nonnull, warn_unused_result));
/* Passes over a rule; notes what sets it changes. */
int nft_skip_rule(struct nft_reader *reader, uint32_t table)
    __attribute__((nonnull, warn_unused_result));
/* Passes over line ends. */
int nft_skip_lines(struct nft_reader *reader) __attribute__((nonnull, warn_unused_result));

/* ruleset_nft_expression.c */

/* How an expression is read. */
enum nft_mode {
	MODE_VALUES = 1, /* words are values, not fields */
	MODE_FLAGS = 2,  /* a slash is none of a prefix */
	MODE_LIST = 4,   /* commas join values */
	MODE_SET = 8,    /* in braces: lines do not end it, "*" is a value */
};

int nft_read_expression(struct nft_reader *reader, unsigned mode, struct nft_node **ret_node)
    __attribute__((nonnull, warn_unused_result));
/* "{ ... }" or "@name" or "$variable" */
int nft_read_set(struct nft_reader *reader, struct nft_node **ret_node)
    __attribute__((nonnull, warn_unused_result));
/* "accept", "jump CHAIN". */
int nft_read_verdict(struct nft_reader *reader, struct nft_node **ret_node)
    __attribute__((nonnull, warn_unused_result));
/* Whether the word at hand begins a field. */
bool nft_at_field(struct nft_reader *reader) __attribute__((nonnull));
/* Reads the value of "$NAME" that is at hand with `read`, then goes on behind the name. */
int nft_read_variable(struct nft_reader *reader, int (*read)(struct nft_reader *reader, void *data),
                      void *data) __attribute__((nonnull(1, 2), warn_unused_result));

/* ruleset_nft_field_text.c */

/* The field that begins with the word at hand. */
int nft_read_field(struct nft_reader *reader, struct nft_node **ret_node)
    __attribute__((nonnull, warn_unused_result));

/* ruleset_nft_statement.c */

/* Reads the statements of the rule at hand up to its end. *ret_text is as it stands. */
int nft_read_rule(struct nft_reader *reader, const char **ret_text)
    __attribute__((nonnull, warn_unused_result));

/* ruleset_nft_block.c: between a chain's or set's braces. */

int nft_read_chain(struct nft_reader *reader, uint32_t chain)
    __attribute__((nonnull, warn_unused_result));
int nft_read_set_block(struct nft_reader *reader, uint32_t table, uint32_t set, bool is_map)
    __attribute__((nonnull, warn_unused_result));
/* Passes over the block or line of something that no rule's meaning hangs on. */
int nft_skip_block(struct nft_reader *reader) __attribute__((nonnull, warn_unused_result));
/* "define NAME = VALUE", behind the word. */
int nft_read_define(struct nft_reader *reader, bool again)
    __attribute__((nonnull, warn_unused_result));
int nft_read_undefine(struct nft_reader *reader) __attribute__((nonnull, warn_unused_result));
