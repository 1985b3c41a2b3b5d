/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts nft's text into words and signs.
 *
 * What looks like an IPv6 or MAC address is one word, as in nft, and so are names with dots,
 * dashes and slashes in them. "# handle 5" at a line's end is kept for the rule that it ends;
 * "# xt_recent", by which nft shows what it has no words for, is a word in the middle of its rule,
 * not a comment.
 */
#include "rules/nft/text.h"

#include "base/address.h"

#include <ctype.h>
#include <string.h>

/* Bytes of words. */
enum { WORD = 1, DIGIT = 2, HEX = 4, BLANK = 8 };

static const uint8_t classes[256] = {
    ['a' ... 'f'] = WORD | HEX,
    ['g' ... 'z'] = WORD,
    ['A' ... 'F'] = WORD | HEX,
    ['G' ... 'Z'] = WORD,
    ['0' ... '9'] = WORD | DIGIT | HEX,
    ['_'] = WORD,
    [0x80 ... 0xff] = WORD,
    [' '] = BLANK,
    ['\t'] = BLANK,
    ['\r'] = BLANK,
    ['\f'] = BLANK,
    ['\v'] = BLANK,
};

/* The class of a byte; none at the end. */
static unsigned class_at(const struct nft_reader *reader, const char *at)
{
	return at < reader->nft.end ? classes[(unsigned char)*at] : 0;
}

/* The byte at a place; 0 at the end. */
static char byte_at(const struct nft_reader *reader, const char *at)
{
	return at < reader->nft.end ? *at : 0;
}

/* Whether the text begins with a word that goes no further. */
static bool starts_with(const struct nft_reader *reader, const char *at, const char *word)
{
	const size_t len = strlen(word);

	return (size_t)(reader->nft.end - at) >= len && memcmp(at, word, len) == 0;
}

/* Passes over a comment. Returns the place of "xt_" where it is no comment. */
static const char *skip_comment(struct nft_reader *reader, const char *at)
{
	uint64_t handle = 0;
	const char *end;

	for (at++; class_at(reader, at) & BLANK; at++)
		;
	if (starts_with(reader, at, "xt_"))
		return at;
	end = memchr(at, '\n', (size_t)(reader->nft.end - at));
	if (starts_with(reader, at, "handle ")) {
		for (at += strlen("handle "); class_at(reader, at) & DIGIT; at++)
			handle = handle * 10 + (uint64_t)(*at - '0');
		reader->handle = handle;
	}
	return end ? end : reader->nft.end;
}

/* The newline that a backslash joins to the next line, counted; else the backslash itself. */
static const char *joined_line(struct nft_reader *reader, const char *at)
{
	const char *after = at + 1;

	while (class_at(reader, after) & BLANK)
		after++;
	if (byte_at(reader, after) != '\n')
		return at;
	reader->here.line++;
	return after;
}

/* Passes over blanks, comments and joined lines. */
static const char *skip_blanks(struct nft_reader *reader, const char *at)
{
	for (;;) {
		while (class_at(reader, at) & BLANK)
			at++;
		if (byte_at(reader, at) == '\\') {
			const char *newline = joined_line(reader, at);

			if (newline == at)
				return at;
			at = newline + 1;
		} else if (byte_at(reader, at) == '#') {
			const char *end = skip_comment(reader, at);

			if (starts_with(reader, end, "xt_"))
				return end;
			at = end;
		} else {
			return at;
		}
	}
}

/* How long an address with colons is that begins here; 0 where there is none. */
static size_t address_len(const struct nft_reader *reader, const char *at)
{
	const char *end = at;
	unsigned colons = 0, dots = 0, run = 0, longest = 0;
	char text[ADDRESS_TEXT];
	struct address address;

	for (; class_at(reader, end) & HEX || byte_at(reader, end) == ':' ||
	       byte_at(reader, end) == '.';
	     end++) {
		colons += *end == ':';
		dots += *end == '.';
		run = *end == ':' ? 0 : run + 1;
		longest = run > longest ? run : longest;
		if (end - at >= ADDRESS_TEXT)
			return 0;
	}
	if (colons < 2 || class_at(reader, end) & WORD)
		return 0;
	if (colons == 5 && dots == 0 && longest <= 2 && end[-1] != ':')
		return (size_t)(end - at);
	if (end - at >= ADDRESS_TEXT)
		return 0;
	memcpy(text, at, (size_t)(end - at));
	text[end - at] = 0;
	return address_parse(text, &address) ? (size_t)(end - at) : 0;
}

/* How long a word is that begins with a letter. */
static size_t name_len(const struct nft_reader *reader, const char *at)
{
	const char *end = at;

	while (class_at(reader, end) & WORD || (byte_at(reader, end) && strchr("./-", *end)) ||
	       (byte_at(reader, end) == '\\' && class_at(reader, end + 1) & WORD))
		end++;
	if (byte_at(reader, end) == '*')
		end++;
	return (size_t)(end - at);
}

/* How long a number is, or an IPv4 address, or a time. */
static size_t number_len(const struct nft_reader *reader, const char *at)
{
	const char *end = at;
	bool digits = true;

	for (; class_at(reader, end) & WORD ||
	       (digits && byte_at(reader, end) == '.' && class_at(reader, end + 1) & DIGIT);
	     end++)
		digits = digits && (*end == '.' || class_at(reader, end) & DIGIT);
	return (size_t)(end - at);
}

/* Makes the token a word. */
static int word_token(struct nft_reader *reader, const char *at, size_t len)
{
	struct nft_token *token = &reader->here.token;

	if (len > NFT_WORD_MAX)
		return nft_wrong(&reader->nft, at, "expected words of at most %d bytes",
		                 NFT_WORD_MAX);
	token->kind = TOKEN_WORD;
	token->text = (struct nft_slice){at, len};
	reader->here.at = at + len;
	return 0;
}

/* Makes the token what stands in quotes. */
static int string_token(struct nft_reader *reader, const char *at)
{
	struct nft_token *token = &reader->here.token;
	const char *end = at + 1;

	while (end < reader->nft.end && *end != '"' && *end != '\n')
		end++;
	if (byte_at(reader, end) != '"')
		return nft_wrong(&reader->nft, at, "expected the quote to be closed in its line");
	if (end - at > NFT_WORD_MAX)
		return nft_wrong(&reader->nft, at, "expected words of at most %d bytes",
		                 NFT_WORD_MAX);
	token->kind = TOKEN_STRING;
	token->text = (struct nft_slice){at + 1, (size_t)(end - at - 1)};
	reader->here.at = end + 1;
	return 0;
}

/* Makes the token a sign, or one of two characters. */
static int sign_token(struct nft_reader *reader, const char *at)
{
	static const struct {
		char text[3];
		uint8_t op;
	} ops[] = {
	    {"==", OP_EQ},   {"!=", OP_NE},    {"<=", OP_LE}, {">=", OP_GE},
	    {"<<", OP_LEFT}, {">>", OP_RIGHT}, {"<", OP_LT},  {">", OP_GT},
	    {"!", OP_NOT},   {"&", OP_AND},    {"|", OP_OR},  {"^", OP_XOR},
	};
	struct nft_token *token = &reader->here.token;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (*at != ops[i].text[0] || !starts_with(reader, at, ops[i].text))
			continue;
		token->kind = TOKEN_OP;
		token->op = ops[i].op;
		token->text = (struct nft_slice){at, strlen(ops[i].text)};
		reader->here.at = at + token->text.len;
		return 0;
	}
	token->text = (struct nft_slice){at, 1};
	if (!*at || !strchr("{}(),=@$*/-+:.[]", *at))
		return nft_expected(&reader->nft, at, token->text, "a word or a sign of nft");
	token->kind = TOKEN_SIGN;
	token->sign = *at;
	reader->here.at = at + 1;
	return 0;
}

/* The op that a word stands for. */
static uint8_t op_of_word(struct nft_slice word)
{
	static const struct {
		const char *word;
		uint8_t op;
	} words[] = {
	    {"eq", OP_EQ},   {"ne", OP_NE},       {"lt", OP_LT},        {"gt", OP_GT},
	    {"le", OP_LE},   {"ge", OP_GE},       {"and", OP_AND},      {"or", OP_OR},
	    {"xor", OP_XOR}, {"lshift", OP_LEFT}, {"rshift", OP_RIGHT}, {"not", OP_NE},
	};

	if (word.len < 2 || word.len > 6)
		return OP_NONE;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].word[0] == word.text[0] && nft_slice_is(word, words[i].word))
			return words[i].op;
	return OP_NONE;
}

int nft_next(struct nft_reader *reader)
{
	struct nft_token *token = &reader->here.token;
	const char *at;
	size_t len;
	int status;

	reader->taken = reader->here.at;
	reader->here.line += reader->here.lines;
	reader->here.lines = 0;
	at = skip_blanks(reader, reader->here.at);
	*token = (struct nft_token){.at = at, .text = {at, 0}};
	if (at == reader->nft.end) {
		reader->here.at = at;
		return 0;
	}
	if (*at == '\n' || *at == ';') {
		token->kind = TOKEN_LINE;
		reader->here.lines = *at == '\n';
		reader->here.at = at + 1;
		return 0;
	}
	if (*at == '"')
		return string_token(reader, at);
	if ((class_at(reader, at) & HEX || *at == ':') && (len = address_len(reader, at)) > 0)
		return word_token(reader, at, len);
	if (!(class_at(reader, at) & WORD))
		return sign_token(reader, at);
	if (class_at(reader, at) & DIGIT)
		return word_token(reader, at, number_len(reader, at));
	status = word_token(reader, at, name_len(reader, at));
	if (status == 0 && (token->op = op_of_word(token->text)) != OP_NONE)
		token->kind = TOKEN_OP;
	return status;
}

int nft_unexpected(const struct nft_reader *reader, const char *what)
{
	const struct nft_token *token = &reader->here.token;

	return nft_expected(&reader->nft, token->at,
	                    token->kind == TOKEN_LINE && *token->at == ';'
	                        ? (struct nft_slice){token->at, 1}
	                        : token->text,
	                    what);
}

bool nft_at_end(const struct nft_reader *reader)
{
	return reader->here.token.kind <= TOKEN_LINE || nft_at_sign(reader, '}');
}

int nft_take_sign(struct nft_reader *reader, char sign, const char *what)
{
	return nft_at_sign(reader, sign) ? nft_next(reader) : nft_unexpected(reader, what);
}

int nft_take_word(struct nft_reader *reader, const char *word, bool *ret_taken)
{
	const bool there = nft_at_word(reader, word);

	if (ret_taken)
		*ret_taken = there;
	return there ? nft_next(reader) : 0;
}

int nft_take_name(struct nft_reader *reader, const char *what, struct nft_slice *ret_name)
{
	const struct nft_token *token = &reader->here.token;

	if ((token->kind != TOKEN_WORD && token->kind != TOKEN_STRING) || token->text.len == 0)
		return nft_unexpected(reader, what);
	*ret_name = token->text;
	return nft_next(reader);
}

int nft_take_number(struct nft_reader *reader, uint64_t max, const char *what, uint64_t *ret_number)
{
	if (reader->here.token.kind != TOKEN_WORD ||
	    !nft_number(reader->here.token.text, max, ret_number))
		return nft_unexpected(reader, what);
	return nft_next(reader);
}

/* The place behind what is in quotes, or at the line's end where they are not closed. */
static const char *pass_string(const struct nft_reader *reader, const char *at)
{
	for (at++; at < reader->nft.end && *at != '"' && *at != '\n'; at++)
		;
	return byte_at(reader, at) == '"' ? at + 1 : at;
}

/* Notes the set that is named at an "@", when something is added or deleted in the rule. */
static int note_set(struct nft_reader *reader, uint32_t table, const char *from, const char *at)
{
	const size_t len = (size_t)(at - from);
	const bool deletes = memmem(from, len, "delete", strlen("delete")) != NULL;

	if (!deletes && !memmem(from, len, "add ", strlen("add ")) &&
	    !memmem(from, len, "update", strlen("update")))
		return 0;
	return nft_touch_add(&reader->nft, table,
	                     (struct nft_slice){at + 1, name_len(reader, at + 1)}, deletes);
}

int nft_skip_rule(struct nft_reader *reader, uint32_t table)
{
	const char *from = reader->here.token.at, *at = from, *opened = from;
	unsigned depth = 0;
	int status = 0;

	for (; at < reader->nft.end && status == 0; at++) {
		if (classes[(unsigned char)*at])
			continue;
		if (*at == '"') {
			at = pass_string(reader, at) - 1;
		} else if (*at == '#') {
			at = skip_comment(reader, at) - 1;
		} else if (*at == '{') {
			opened = depth++ == 0 ? at : opened;
		} else if (*at == '@') {
			status = note_set(reader, table, from, at);
		} else if (*at == '\\') {
			at = joined_line(reader, at);
		} else if (depth == 0 && (*at == ';' || *at == '}' || *at == '\n')) {
			break;
		} else if (*at == '}') {
			depth--;
		} else if (*at == '\n') {
			reader->here.line++;
		}
	}
	if (status == 0 && depth > 0)
		return nft_wrong(&reader->nft, opened, "expected this brace to be closed");
	reader->here.at = at;
	return status < 0 ? status : nft_next(reader);
}

int nft_skip_lines(struct nft_reader *reader)
{
	int status = 0;

	while (reader->here.token.kind == TOKEN_LINE && status == 0)
		status = nft_next(reader);
	return status;
}
