/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions and statements in nft's words.
 *
 * The same for what was read as text and as JSON, which do not agree on quotes and on how marks are
 * written: so words stand in quotes only where they must, and numbers are decimal.
 */
#include "rules/nft/nft.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void nft_text_add(struct nft_text *text, const char *bytes, size_t len)
{
	size_t room = text->room ? text->room : 64;
	char *grown;

	while (room < text->len + len + 1)
		room *= 2;
	if (room != text->room && !text->failed) {
		grown = realloc(text->data, room);
		if (grown) {
			text->data = grown;
			text->room = room;
		} else {
			text->failed = true;
		}
	}
	if (text->failed)
		return;
	if (len > 0)
		memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = 0;
}

void nft_text_put(struct nft_text *text, const char *word)
{
	nft_text_add(text, word, strlen(word));
}

void nft_text_blank(struct nft_text *text)
{
	if (text->len > 0 && text->data[text->len - 1] != ' ')
		nft_text_add(text, " ", 1);
}

const char *nft_text_keep(struct nft *nft, struct nft_text *text)
{
	const char *kept = NULL;

	if (!text->failed)
		kept = arena_strndup(&nft->ruleset->arena, text->data ? text->data : "", text->len);
	free(text->data);
	*text = (struct nft_text){0};
	if (!kept)
		(void)nft_no_memory(nft);
	return kept;
}

const char *nft_op_word(enum nft_op op)
{
	static const char *const words[] = {
	    [OP_NONE] = "", [OP_EQ] = "==",   [OP_NE] = "!=",    [OP_LT] = "<",  [OP_GT] = ">",
	    [OP_LE] = "<=", [OP_GE] = ">=",   [OP_NOT] = "!",    [OP_AND] = "&", [OP_OR] = "|",
	    [OP_XOR] = "^", [OP_LEFT] = "<<", [OP_RIGHT] = ">>",
	};

	return words[op];
}

/* Whether a word can stand without quotes. */
static bool is_plain(struct nft_slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!((word.text[i] >= 'a' && word.text[i] <= 'z') ||
		      (word.text[i] >= 'A' && word.text[i] <= 'Z') ||
		      (word.text[i] >= '0' && word.text[i] <= '9') ||
		      (word.text[i] && strchr("_.:*/-\\", word.text[i]))))
			return false;
	return word.len > 0;
}

/* Reads a time like "1h5m" as seconds; false for any other word. */
static bool is_time(struct nft_slice word, uint64_t *ret_seconds)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	uint64_t number = 0;
	bool digits = false;

	*ret_seconds = 0;
	for (size_t i = 0; i < word.len; i++) {
		unsigned seconds = 0;

		if (word.text[i] >= '0' && word.text[i] <= '9') {
			number = number * 10 + (uint64_t)(word.text[i] - '0');
			digits = number < UINT32_MAX;
			if (!digits)
				return false;
			continue;
		}
		for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++)
			seconds = word.text[i] == units[k].unit ? units[k].seconds : seconds;
		if (!digits || seconds == 0)
			return false;
		/* nft's JSON tells no milliseconds. */
		if (word.text[i] == 'm' && i + 1 < word.len && word.text[i + 1] == 's')
			return i + 2 == word.len;
		*ret_seconds += number * seconds;
		number = 0;
		digits = false;
	}
	return word.len > 0 && !digits;
}

/* Adds one word. */
static void add_word(struct nft_text *text, struct nft_slice word)
{
	uint64_t number = 0;
	char digits[24];

	if ((word.len > 2 && word.text[0] == '0' && nft_number(word, UINT64_MAX, &number)) ||
	    is_time(word, &number)) {
		snprintf(digits, sizeof(digits), "%" PRIu64, number);
		nft_text_put(text, digits);
	} else if (is_plain(word)) {
		nft_text_add(text, word.text, word.len);
	} else {
		nft_text_put(text, "\"");
		nft_text_add(text, word.text, word.len);
		nft_text_put(text, "\"");
	}
}

/* Adds the name of a field. */
static void add_field(struct nft_text *text, const struct nft_node *node)
{
	static const char *const alone[] = {"iif", "oif", "iifname", "oifname"};

	if (node->word.len > 0) {
		nft_text_add(text, node->word.text, node->word.len);
		return;
	}
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++) {
		if (strcmp(node->field->name, alone[i]) == 0) {
			nft_text_put(text, alone[i]);
			return;
		}
	}
	nft_text_put(text, node->field->group);
	nft_text_put(text, " ");
	nft_text_put(text, node->field->name);
}

/* Adds children with something between them. */
static void add_children(struct nft_text *text, const struct nft_node *node, const char *between)
{
	for (const struct nft_node *child = node->child; child; child = child->next) {
		nft_text_node(text, child);
		if (child->next)
			nft_text_put(text, between);
	}
}

/* Adds a verdict. */
static void add_verdict(struct nft_text *text, enum rule_verdict verdict, struct nft_slice chain)
{
	static const char *const words[] = {
	    [VERDICT_CONTINUE] = "continue", [VERDICT_ACCEPT] = "accept", [VERDICT_DROP] = "drop",
	    [VERDICT_REJECT] = "reject",     [VERDICT_QUEUE] = "queue",   [VERDICT_STOLEN] = "fwd",
	    [VERDICT_RETURN] = "return",     [VERDICT_JUMP] = "jump ",    [VERDICT_GOTO] = "goto ",
	};

	nft_text_put(text, words[verdict]);
	nft_text_add(text, chain.text, chain.len);
}

/* Adds an operation; what it is made of stands in parentheses. */
static void add_binary(struct nft_text *text, const struct nft_node *node)
{
	for (const struct nft_node *child = node->child; child; child = child->next) {
		const bool inner =
		    child != node->child && (child->kind == NFT_BINARY || child->kind == NFT_LIST);

		nft_text_put(text, inner ? "(" : "");
		nft_text_node(text, child);
		nft_text_put(text, inner ? ")" : "");
		if (child->next) {
			nft_text_put(text, " ");
			nft_text_put(text, nft_op_word(node->op));
			nft_text_put(text, " ");
		}
	}
}

void nft_text_node(struct nft_text *text, const struct nft_node *node)
{
	char digits[8];

	if (text->len > NFT_TEXT_MAX)
		return;
	switch ((enum nft_kind)node->kind) {
	case NFT_WORD:
		add_word(text, node->word);
		break;
	case NFT_FIELD:
		add_field(text, node);
		break;
	case NFT_PREFIX:
		add_children(text, node, "");
		snprintf(digits, sizeof(digits), "/%u", node->bits);
		nft_text_put(text, digits);
		break;
	case NFT_RANGE:
		add_children(text, node, "-");
		break;
	case NFT_CONCAT:
		add_children(text, node, " . ");
		break;
	case NFT_LIST:
		add_children(text, node, ",");
		break;
	case NFT_BINARY:
		add_binary(text, node);
		break;
	case NFT_SET:
		nft_text_put(text, "{ ");
		add_children(text, node, ", ");
		nft_text_put(text, " }");
		break;
	case NFT_ELEMENT:
		add_children(text, node, " : ");
		break;
	case NFT_NAME:
		nft_text_put(text, "@");
		nft_text_add(text, node->word.text, node->word.len);
		break;
	case NFT_MAP:
		add_children(text, node, " map ");
		break;
	case NFT_VERDICT:
		add_verdict(text, node->verdict, node->word);
		break;
	case NFT_ANY:
		nft_text_put(text, "*");
		break;
	}
}

/* Adds "LEFT == RIGHT"; the sign only where it tells something. */
static void add_match(struct nft_text *text, const struct nft_statement *statement)
{
	const struct nft_node *left = statement->left;
	const bool flags = left->kind == NFT_FIELD && nft_type_is_flags(left->field->type);

	nft_text_node(text, left);
	if (statement->op > OP_EQ ||
	    (statement->op == OP_EQ && (flags || left->kind == NFT_BINARY))) {
		nft_text_put(text, " ");
		nft_text_put(text, nft_op_word(statement->op));
	}
	nft_text_put(text, " ");
	nft_text_node(text, statement->right);
}

/* Adds "dnat ip to ADDRESS:PORT". */
static void add_nat(struct nft_text *text, const struct nft_statement *statement)
{
	static const char *const words[] = {
	    [NAT_DESTINATION] = "dnat",  [NAT_SOURCE] = "snat",   [NAT_MASQUERADE] = "masquerade",
	    [NAT_REDIRECT] = "redirect", [NAT_TPROXY] = "tproxy",
	};
	const struct nft_node *address = statement->left;
	const bool brackets = address && statement->port && address->kind == NFT_WORD &&
	                      memchr(address->word.text, ':', address->word.len);

	nft_text_put(text, words[statement->nat]);
	if (statement->family)
		nft_text_put(text, statement->family == 2 ? " ip" : " ip6");
	if (statement->prefix)
		nft_text_put(text, " prefix");
	if (address || statement->port)
		nft_text_put(text, " to ");
	if (address) {
		nft_text_put(text, brackets ? "[" : "");
		nft_text_node(text, address);
		nft_text_put(text, brackets ? "]" : "");
	}
	if (statement->port) {
		nft_text_put(text, ":");
		nft_text_node(text, statement->port);
	}
	if (statement->text) {
		nft_text_put(text, " ");
		nft_text_put(text, statement->text);
	}
}

void nft_text_statement(struct nft_text *text, const struct nft_statement *statement)
{
	switch (statement->kind) {
	case NFT_MATCH:
		add_match(text, statement);
		break;
	case NFT_VMAP:
		nft_text_node(text, statement->left);
		nft_text_put(text, " vmap ");
		nft_text_node(text, statement->right);
		break;
	case NFT_SET_FIELD:
		nft_text_node(text, statement->left);
		nft_text_put(text, " set ");
		nft_text_node(text, statement->right);
		break;
	case NFT_END:
		if (statement->text)
			nft_text_put(text, statement->text);
		else
			add_verdict(text, statement->verdict, statement->word);
		break;
	case NFT_NAT:
		add_nat(text, statement);
		break;
	case NFT_NOTRACK:
		nft_text_put(text, "notrack");
		break;
	case NFT_REJECT:
		nft_text_put(text, statement->text ? statement->text : "reject");
		break;
	default:
		nft_text_put(text, statement->text ? statement->text : "");
	}
}

int nft_field_named(struct nft *nft, struct nft_node *node, struct nft_text *name, size_t group_len)
{
	const bool raw = name->data[0] == '@', more = name->len > group_len;
	const struct nft_slice group = {name->data, raw ? 1 : group_len};
	const struct nft_slice rest = {more ? name->data + group_len + 1 : "",
	                               more ? name->len - group_len - 1 : 0};
	const char *at = node->at;

	node->field = raw ? NULL : nft_field_find(group, rest);
	if (node->field) {
		free(name->data);
		*name = (struct nft_text){0};
		return 0;
	}
	node->field = nft_field_other(group);
	if (!node->field || !nft_field_known(group, rest)) {
		const int status =
		    nft_wrong(nft, at, "expected a field that nft has, found \"%.*s\"",
		              (int)(name->len < 60 ? name->len : 60), name->data);

		free(name->data);
		*name = (struct nft_text){0};
		return status;
	}
	node->word.len = name->len;
	node->word.text = nft_text_keep(nft, name);
	return node->word.text ? 0 : -ENOMEM;
}
