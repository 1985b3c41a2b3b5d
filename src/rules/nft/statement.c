/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the statements of rules in nft's text; those that only count, log or limit. */
#include "rules/nft/statement.h"

#include <inttypes.h>
#include <string.h>

/* Leaves the tokens from `from` to the one taken last out of the rule's text. */
static int cut(struct nft_reader *reader, const char *from)
{
	struct nft_cut *added = vec_push(&reader->cuts);

	if (!added)
		return nft_no_memory(&reader->nft);
	*added = (struct nft_cut){from, reader->taken};
	return 0;
}

/* A verdict. */
static int read_end(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_node *node = NULL;
	const int status = nft_read_verdict(reader, &node);

	if (status == 0) {
		statement->verdict = node->verdict;
		statement->word = node->word;
	}
	return status;
}

/* "queue flags bypass to 1-3": user space decides, by whatever queue. */
static int read_queue(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_node *ignored = NULL;
	int status = nft_next(reader);

	statement->verdict = VERDICT_QUEUE;
	statement->text = "queue";
	while (status == 0 && !nft_at_end(reader) && !nft_at_word(reader, "comment")) {
		if (nft_at_field(reader))
			status = nft_read_expression(reader, 0, &ignored);
		else
			status = nft_next(reader);
	}
	return status;
}

/* "name "x"", "name tcp dport map { ... }": an object, behind the word that says of which kind. */
static int read_object(struct nft_reader *reader, struct nft_statement *statement, const char *kind,
                       bool own)
{
	struct nft_slice name = {"", 0};
	struct nft_node *map = NULL;
	struct nft_text text = {0};
	int status = 0;

	nft_text_put(&text, kind);
	nft_text_put(&text, " ");
	statement->kind = NFT_OBJECT;
	statement->own = own;
	if (nft_at_field(reader)) {
		status = nft_read_expression(reader, 0, &map);
		if (status == 0 && map->kind != NFT_MAP)
			status = nft_unexpected(reader, "\"map\"");
		if (status == 0) {
			statement->left = map->child;
			statement->right = map->last;
			nft_text_node(&text, map);
		}
	} else {
		status = nft_take_name(reader, "a name", &name);
		if (status == 0)
			nft_text_add(&text, name.text, name.len);
	}
	if (status == 0)
		statement->text = nft_text_keep(&reader->nft, &text);
	free(text.data);
	return status < 0 || statement->text ? status : -ENOMEM;
}

/* "counter packets 5 bytes 300" */
static int read_counter(struct nft_reader *reader, struct nft_statement *statement)
{
	const char *from;
	bool there = false;
	int status = nft_next(reader);

	statement->text = "counter";
	if (status == 0)
		status = nft_take_word(reader, "name", &there);
	if (status == 0 && there)
		return read_object(reader, statement, "counter name", false);
	from = reader->taken;
	for (int i = 0; i < 2 && status == 0; i++) {
		if (!nft_at_word(reader, "packets") && !nft_at_word(reader, "bytes"))
			break;
		status = nft_next(reader);
		if (status == 0)
			status = nft_next(reader);
	}
	return status < 0 || from == reader->taken ? status : cut(reader, from);
}

/* "last used 5m" */
static int read_last(struct nft_reader *reader, struct nft_statement *statement)
{
	const char *from;
	int status = nft_next(reader);

	statement->text = "last";
	from = reader->taken;
	if (status == 0 && nft_at_word(reader, "used")) {
		status = nft_next(reader);
		if (status == 0)
			status = nft_next(reader);
		if (status == 0)
			status = cut(reader, from);
	}
	return status;
}

/* "over" or "until"; true for over. */
static int read_over(struct nft_reader *reader, bool *ret_over)
{
	int status = nft_take_word(reader, "over", ret_over);

	return status < 0 || *ret_over ? status : nft_take_word(reader, "until", NULL);
}

/* "5/minute", "10 kbytes/second": adds it. */
static int read_rate(struct nft_reader *reader, struct nft_text *text)
{
	struct nft_slice word = {"", 0};
	int status = nft_take_name(reader, "a rate", &word);

	if (status < 0)
		return status;
	nft_text_add(text, word.text, word.len);
	if (!nft_at_sign(reader, '/')) {
		/* "kbytes/second" is one word. */
		status = nft_take_name(reader, "\"/\" and a unit of time", &word);
		nft_text_put(text, " ");
		nft_text_add(text, word.text, status < 0 ? 0 : word.len);
		if (status < 0 || memchr(word.text, '/', word.len))
			return status;
	}
	status = nft_take_sign(reader, '/', "\"/\" and a unit of time");
	if (status == 0)
		status = nft_take_name(reader, "a unit of time", &word);
	if (status == 0) {
		nft_text_put(text, "/");
		nft_text_add(text, word.text, word.len);
	}
	return status;
}

/* "burst 10 packets": adds it unless it is what nft takes by itself. */
static int read_burst(struct nft_reader *reader, struct nft_text *text)
{
	struct nft_slice number, unit = {"packets", 7};
	bool there = false;
	int status = nft_take_word(reader, "burst", &there);

	if (status < 0 || !there)
		return status;
	status = nft_take_name(reader, "a number", &number);
	if (status == 0 && (nft_at_word(reader, "packets") || nft_at_word(reader, "bytes") ||
	                    nft_at_word(reader, "kbytes") || nft_at_word(reader, "mbytes")))
		status = nft_take_name(reader, "a unit", &unit);
	if (status < 0 || (nft_slice_is(number, "5") && nft_slice_is(unit, "packets")))
		return status;
	nft_text_put(text, " burst ");
	nft_text_add(text, number.text, number.len);
	nft_text_put(text, " ");
	nft_text_add(text, unit.text, unit.len);
	return 0;
}

/* Keeps a text for a statement, when all is well. */
static int keep(struct nft_reader *reader, struct nft_statement *statement, struct nft_text *text,
                int status)
{
	if (status == 0) {
		statement->text = nft_text_keep(&reader->nft, text);
		status = statement->text ? 0 : -ENOMEM;
	}
	free(text->data);
	return status;
}

/* "limit rate over 5/minute burst 5 packets" */
static int read_limit(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_text text = {0};
	bool there, over = false;
	int status = nft_next(reader);

	if (status == 0)
		status = nft_take_word(reader, "name", &there);
	if (status == 0 && there)
		return read_object(reader, statement, "limit name", true);
	statement->own = true;
	if (status == 0)
		status = nft_take_word(reader, "rate", &there);
	if (status == 0 && !there)
		status = nft_unexpected(reader, "\"rate\"");
	if (status == 0)
		status = read_over(reader, &over);
	nft_text_put(&text, over ? "limit rate over " : "limit rate ");
	if (status == 0)
		status = read_rate(reader, &text);
	if (status == 0)
		status = read_burst(reader, &text);
	return keep(reader, statement, &text, status);
}

/* "quota over 10 mbytes used 5 bytes" */
static int read_quota(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_text text = {0};
	struct nft_slice number = {"", 0}, unit = {"", 0};
	const char *from;
	bool there, over = false;
	int status = nft_next(reader);

	if (status == 0)
		status = nft_take_word(reader, "name", &there);
	if (status == 0 && there)
		return read_object(reader, statement, "quota name", true);
	statement->own = true;
	if (status == 0)
		status = read_over(reader, &over);
	if (status == 0)
		status = nft_take_name(reader, "a number of bytes", &number);
	if (status == 0)
		status = nft_take_name(reader, "a unit of bytes", &unit);
	if (status < 0)
		return status;
	nft_text_put(&text, over ? "quota over " : "quota ");
	nft_text_add(&text, number.text, number.len);
	nft_text_put(&text, " ");
	nft_text_add(&text, unit.text, unit.len);
	from = reader->taken;
	status = nft_take_word(reader, "used", &there);
	for (int i = 0; i < 2 && status == 0 && there; i++)
		status = nft_next(reader);
	if (status == 0 && there)
		status = cut(reader, from);
	return keep(reader, statement, &text, status);
}

/* "log prefix "x" group 2 flags all" */
static int read_log(struct nft_reader *reader, struct nft_statement *statement)
{
	static const char *const options[] = {"prefix", "group", "snaplen", "queue-threshold",
	                                      "level"};
	int status = nft_next(reader);

	statement->text = "log";
	while (status == 0 && reader->here.token.kind == TOKEN_WORD) {
		bool known = false;

		for (size_t i = 0; i < sizeof(options) / sizeof(*options) && !known; i++)
			known = nft_at_word(reader, options[i]);
		if (known) {
			status = nft_next(reader);
			status = status < 0 ? status : nft_next(reader);
		} else if (nft_at_word(reader, "flags")) {
			status = nft_next(reader);
			if (status == 0 &&
			    (nft_at_word(reader, "tcp") || nft_at_word(reader, "ip")))
				status = nft_next(reader);
			status = status < 0 ? status : nft_next(reader);
			while (status == 0 && nft_at_sign(reader, ',')) {
				status = nft_next(reader);
				status = status < 0 ? status : nft_next(reader);
			}
		} else {
			break;
		}
	}
	return status;
}

/* "xt match "recent"", "xt target "LOG"", and in comments "xt_recent" */
static int read_foreign(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_slice word = reader->here.token.text;
	struct nft_text text = {0};
	bool target = false;
	int status = nft_next(reader);

	if (word.len > 3) {
		word = (struct nft_slice){word.text + 3, word.len - 3};
		target = word.text[0] >= 'A' && word.text[0] <= 'Z';
	} else {
		target = nft_at_word(reader, "target");
		if (!target && !nft_at_word(reader, "match") && !nft_at_word(reader, "watcher"))
			return nft_unexpected(reader, "\"match\" or \"target\"");
		if (status == 0)
			status = nft_next(reader);
		if (status == 0)
			status = nft_take_name(reader, "an extension's name", &word);
	}
	if (status < 0)
		return status;
	statement->kind = target ? NFT_FOREIGN : NFT_MAYBE;
	statement->own = true;
	statement->word = word;
	nft_text_put(&text, target ? "xt target " : "xt match ");
	nft_text_add(&text, word.text, word.len);
	return keep(reader, statement, &text, 0);
}

static int read_notrack(struct nft_reader *reader, struct nft_statement *statement)
{
	(void)statement;
	return nft_next(reader);
}

/* "ct count over 10", "ct helper set "ftp"": what of ct is no field. */
static int read_ct(struct nft_reader *reader, struct nft_statement *statement)
{
	static const char *const objects[] = {"helper", "timeout", "expectation"};
	struct nft_text text = {0};
	struct nft_slice number = {"", 0};
	bool over = false;

	if (nft_at_word(reader, "count")) {
		int status = nft_next(reader);

		statement->kind = NFT_MAYBE;
		statement->own = true;
		if (status == 0)
			status = read_over(reader, &over);
		if (status == 0)
			status = nft_take_name(reader, "a number of flows", &number);
		if (status < 0)
			return status;
		nft_text_put(&text, over ? "ct count over " : "ct count ");
		nft_text_add(&text, number.text, number.len);
		return keep(reader, statement, &text, 0);
	}
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		const bool is = nft_at_word(reader, objects[i]);
		int status = is ? nft_next(reader) : 0;

		if (!is)
			continue;
		nft_text_put(&text, "ct ");
		nft_text_put(&text, objects[i]);
		nft_text_put(&text, " set");
		status = status < 0 ? status : nft_next(reader);
		if (status == 0)
			status = read_object(reader, statement, text.data ? text.data : "", false);
		free(text.data);
		return status;
	}
	return nft_unexpected(reader, "a key of ct");
}

/* Whether "ct" begins a statement that is none about a field. */
static bool at_ct_statement(const struct nft_reader *reader)
{
	struct nft_reader ahead = *reader;
	bool sets = false;

	ahead.nft.ret_error = NULL;
	if (nft_next(&ahead) < 0)
		return false;
	if (nft_at_word(&ahead, "count"))
		return true;
	sets = nft_at_word(&ahead, "helper") || nft_at_word(&ahead, "timeout") ||
	       nft_at_word(&ahead, "expectation");
	return sets && nft_next(&ahead) == 0 && nft_at_word(&ahead, "set");
}

/* A statement begins with one of these words, or with a field. */
static const struct keyword {
	const char *word;
	enum nft_statement_kind kind;
	int (*read)(struct nft_reader *reader, struct nft_statement *statement);
} keywords[] = {
    {"accept", NFT_END, read_end},
    {"drop", NFT_END, read_end},
    {"jump", NFT_END, read_end},
    {"goto", NFT_END, read_end},
    {"counter", NFT_EFFECT, read_counter},
    {"return", NFT_END, read_end},
    {"continue", NFT_END, read_end},
    {"queue", NFT_END, read_queue},
    {"log", NFT_EFFECT, read_log},
    {"limit", NFT_MAYBE, read_limit},
    {"quota", NFT_MAYBE, read_quota},
    {"last", NFT_EFFECT, read_last},
    {"notrack", NFT_NOTRACK, read_notrack},
    {"reject", NFT_REJECT, nft_read_reject},
    {"dnat", NFT_NAT, nft_read_nat},
    {"snat", NFT_NAT, nft_read_nat},
    {"masquerade", NFT_NAT, nft_read_nat},
    {"redirect", NFT_NAT, nft_read_nat},
    {"tproxy", NFT_NAT, nft_read_nat},
    {"synproxy", NFT_SYNPROXY, nft_read_synproxy},
    {"dup", NFT_EFFECT, nft_read_dup},
    {"fwd", NFT_END, nft_read_dup},
    {"flow", NFT_EFFECT, nft_read_flow},
    {"reset", NFT_EFFECT, nft_read_reset},
    {"add", NFT_UPDATE, nft_read_update},
    {"update", NFT_UPDATE, nft_read_update},
    {"delete", NFT_UPDATE, nft_read_update},
    {"set", NFT_UPDATE, nft_read_update_old},
    {"map", NFT_UPDATE, nft_read_update_old},
    {"meter", NFT_UPDATE, nft_read_meter},
    {"xt", NFT_MAYBE, read_foreign},
};

/* The keyword of a word; NULL for none. */
static const struct keyword *keyword_find(struct nft_slice word)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (keywords[i].word[0] == word.text[0] && nft_slice_is(word, keywords[i].word))
			return &keywords[i];
	return NULL;
}

/* One statement. */
static int read_statement(struct nft_reader *reader)
{
	const struct nft_token *token = &reader->here.token;
	const struct keyword *keyword =
	    token->kind == TOKEN_WORD ? keyword_find(token->text) : NULL;
	struct nft_statement *statement;
	int status = 0;

	statement = nft_statement_new(&reader->nft, keyword ? keyword->kind : NFT_MATCH, token->at);
	if (!statement)
		return -E2BIG;
	if (keyword)
		return keyword->read(reader, statement);
	if (token->kind == TOKEN_WORD && token->text.len > 3 &&
	    memcmp(token->text.text, "xt_", 3) == 0)
		return read_foreign(reader, statement);
	if (nft_at_word(reader, "ct") && at_ct_statement(reader)) {
		statement->kind = NFT_EFFECT;
		status = nft_next(reader);
		return status < 0 ? status : read_ct(reader, statement);
	}
	if (!nft_at_field(reader) && !nft_at_sign(reader, '('))
		return nft_unexpected(reader, "a match, a statement or a verdict");
	return nft_read_match(reader, statement);
}

/* Bytes that are not simply copied into a rule's text. */
static bool is_special(char byte)
{
	return byte == ' ' || byte == '"' || byte == '\n' || byte == '\t' || byte == '\r' ||
	       byte == '\\';
}

/* Copies a piece of a rule on one line. Returns its new length, at most NFT_TEXT_MAX. */
static size_t copy_text(char *text, size_t len, const char *from, const char *to)
{
	bool quoted = false;

	for (const char *at = from; at < to && len < NFT_TEXT_MAX; at++) {
		bool blank = false;

		if (!is_special(*at)) {
			text[len++] = *at;
			continue;
		}
		quoted = quoted != (*at == '"');
		blank = *at != '"' && !quoted &&
		        (*at != '\\' || (at + 1 < to && (unsigned char)at[1] <= ' '));
		if (blank && (len == 0 || text[len - 1] == ' '))
			continue;
		text[len++] = blank ? ' ' : *at;
	}
	return len;
}

/* The rule as it stands, from `from` to the token taken last, on one line and without the cuts. */
static const char *rule_text(struct nft_reader *reader, const char *from)
{
	const size_t room = (size_t)(reader->taken - from);
	char *text = arena_alloc(&reader->nft.ruleset->arena,
	                         (room < NFT_TEXT_MAX ? room : NFT_TEXT_MAX) + sizeof(" ..."));
	size_t len = 0;

	if (!text) {
		(void)nft_no_memory(&reader->nft);
		return NULL;
	}
	vec_foreach(piece, &reader->cuts) {
		/* What was cut out of a variable's value stands elsewhere. */
		if (piece->from < from || piece->to > reader->taken)
			continue;
		len = copy_text(text, len, from, piece->from);
		from = piece->to;
	}
	len = copy_text(text, len, from, reader->taken);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len == NFT_TEXT_MAX)
		memcpy(text + len, " ...", sizeof(" ..."));
	else
		text[len] = 0;
	return text;
}

int nft_read_rule(struct nft_reader *reader, const char **ret_text)
{
	const char *from = reader->here.token.at;
	int status = 0;

	reader->nft.statements.n = 0;
	reader->cuts.n = 0;
	while (status == 0 && !nft_at_end(reader)) {
		if (nft_at_word(reader, "comment")) {
			struct nft_slice ignored = {"", 0};

			status = nft_next(reader);
			if (status == 0)
				status = nft_take_name(reader, "a comment", &ignored);
			if (status == 0 && !nft_at_end(reader))
				status = nft_unexpected(reader, "the end of the rule");
			break;
		}
		status = read_statement(reader);
	}
	if (status < 0)
		return status;
	*ret_text = rule_text(reader, from);
	return *ret_text ? 0 : -ENOMEM;
}
