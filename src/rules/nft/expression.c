/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads nft's expressions: fields and values, what joins them, sets and maps. */
#include "rules/nft/text.h"

#include <string.h>

static int read_term(struct nft_reader *reader, unsigned mode, unsigned binds,
                     struct nft_node **ret_node);

/* A node at the token at hand. NULL: the error is set, and is E2BIG or ENOMEM. */
static struct nft_node *node_here(struct nft_reader *reader, enum nft_kind kind)
{
	return nft_node_new(&reader->nft, kind, reader->here.token.at);
}

/* Joins nodes under a new one. */
static struct nft_node *node_join(struct nft_reader *reader, enum nft_kind kind,
                                  struct nft_node *first, struct nft_node *second)
{
	struct nft_node *node = first ? nft_node_new(&reader->nft, kind, first->at) : NULL;

	if (node) {
		nft_node_add(node, first);
		if (second)
			nft_node_add(node, second);
	}
	return node;
}

/* Goes deeper; there is an end to it. */
static int deeper(struct nft_reader *reader)
{
	if (reader->depth++ >= NFT_DEPTH_MAX)
		return nft_wrong(&reader->nft, reader->here.token.at,
		                 "expected expressions that are not nested so deeply");
	return 0;
}

int nft_read_variable(struct nft_reader *reader, int (*read)(struct nft_reader *reader, void *data),
                      void *data)
{
	struct nft_position saved;
	const uint32_t visible = reader->n_variables;
	const struct nft_variable *variable;
	uint32_t found = 0;
	int status = nft_next(reader);

	if (status < 0)
		return status;
	if (reader->here.token.kind != TOKEN_WORD ||
	    !nft_index_get(&reader->nft.variables_by_name, 0, reader->here.token.text, &found))
		return nft_unexpected(reader, "a variable that is defined");
	while (found >= visible) {
		found = reader->nft.variables.items[found].older;
		if (found-- == 0)
			return nft_unexpected(reader, "a variable that is defined before");
	}
	variable = &reader->nft.variables.items[found];
	if (!variable->at)
		return nft_unexpected(reader, "a variable that is defined");
	status = deeper(reader);
	if (status < 0)
		return status;
	saved = reader->here;
	reader->n_variables = found;
	reader->here = (struct nft_position){.at = variable->at, .line = saved.line};
	status = nft_next(reader);
	if (status == 0)
		status = read(reader, data);
	reader->here = saved;
	reader->n_variables = visible;
	reader->depth--;
	return status < 0 ? status : nft_next(reader);
}

/* The value of a variable as an expression. */
struct variable_value {
	unsigned mode;
	struct nft_node *node;
};

static int read_value(struct nft_reader *reader, void *data)
{
	struct variable_value *value = data;

	return nft_read_expression(reader, value->mode | MODE_VALUES | MODE_LIST, &value->node);
}

/* "$NAME" */
static int read_named(struct nft_reader *reader, unsigned mode, struct nft_node **ret_node)
{
	struct variable_value value = {.mode = mode};
	const int status = nft_read_variable(reader, read_value, &value);

	*ret_node = value.node;
	return status;
}

/* "@NAME" */
static int read_set_name(struct nft_reader *reader, struct nft_node **ret_node)
{
	struct nft_node *node = node_here(reader, NFT_NAME);
	int status = node ? nft_next(reader) : -ENOMEM;

	if (status == 0) {
		node->at = reader->here.token.at;
		status = nft_take_name(reader, "a set's name", &node->word);
	}
	*ret_node = node;
	return status;
}

/* "( ... )" */
static int read_group(struct nft_reader *reader, unsigned mode, struct nft_node **ret_node)
{
	int status = deeper(reader);

	if (status == 0)
		status = nft_next(reader);
	if (status == 0)
		status = nft_read_expression(reader, mode & ~(unsigned)MODE_FLAGS, ret_node);
	if (status == 0)
		status = nft_take_sign(reader, ')', "\")\"");
	reader->depth--;
	return status;
}

/* A word or a string as a value. */
static int read_word(struct nft_reader *reader, struct nft_node **ret_node)
{
	struct nft_node *node = node_here(reader, NFT_WORD);

	if (!node)
		return -ENOMEM;
	node->word = reader->here.token.text;
	node->quoted = reader->here.token.kind == TOKEN_STRING;
	*ret_node = node;
	return nft_next(reader);
}

/* One operand without what may follow it. */
static int read_factor(struct nft_reader *reader, unsigned mode, struct nft_node **ret_node)
{
	const struct nft_token *token = &reader->here.token;

	if (token->kind == TOKEN_WORD && !(mode & MODE_VALUES) && nft_at_field(reader))
		return nft_read_field(reader, ret_node);
	if (token->kind == TOKEN_WORD || token->kind == TOKEN_STRING)
		return read_word(reader, ret_node);
	if (nft_at_sign(reader, '{'))
		return nft_read_set(reader, ret_node);
	if (nft_at_sign(reader, '('))
		return read_group(reader, mode, ret_node);
	if (nft_at_sign(reader, '$'))
		return read_named(reader, mode, ret_node);
	if (nft_at_sign(reader, '@') && !(mode & MODE_VALUES) && nft_at_field(reader))
		return nft_read_field(reader, ret_node);
	if (nft_at_sign(reader, '@'))
		return read_set_name(reader, ret_node);
	if (nft_at_sign(reader, '*') && mode & MODE_SET) {
		*ret_node = node_here(reader, NFT_ANY);
		return *ret_node ? nft_next(reader) : -ENOMEM;
	}
	return nft_unexpected(reader, "an expression");
}

/* "ADDRESS/LENGTH" and "FIRST-LAST", behind the first. */
static int read_tail(struct nft_reader *reader, unsigned mode, struct nft_node **node)
{
	struct nft_node *last = NULL;
	uint64_t bits = 0;
	int status = 0;

	if (nft_at_sign(reader, '/') && !(mode & MODE_FLAGS)) {
		struct nft_node *prefix = node_join(reader, NFT_PREFIX, *node, NULL);

		status = prefix ? nft_next(reader) : -ENOMEM;
		if (status == 0)
			status = nft_take_number(reader, 128, "a prefix's length", &bits);
		if (status < 0)
			return status;
		prefix->bits = (uint8_t)bits;
		*node = prefix;
	}
	if (nft_at_sign(reader, '-')) {
		status = nft_next(reader);
		if (status == 0)
			status = read_factor(reader, mode, &last);
		if (status < 0)
			return status;
		*node = node_join(reader, NFT_RANGE, *node, last);
		if (!*node)
			return -ENOMEM;
	}
	return status;
}

/* How strongly a sign binds; 0 for those that do not join operands. */
static unsigned op_binds(const struct nft_token *token)
{
	static const uint8_t binds[] = {
	    [OP_OR] = 1, [OP_XOR] = 2, [OP_AND] = 3, [OP_LEFT] = 4, [OP_RIGHT] = 4,
	};

	return token->kind == TOKEN_OP && token->op < sizeof(binds) ? binds[token->op] : 0;
}

/* Operands joined by & | ^ << >> that bind at least so strongly. */
static int read_term(struct nft_reader *reader, unsigned mode, unsigned binds,
                     struct nft_node **ret_node)
{
	unsigned joined = 0;
	int status;

	*ret_node = NULL;
	status = read_factor(reader, mode, ret_node);
	if (status == 0 && *ret_node &&
	    ((*ret_node)->kind == NFT_WORD || (*ret_node)->kind == NFT_PREFIX))
		status = read_tail(reader, mode, ret_node);
	while (status == 0 && op_binds(&reader->here.token) >= binds) {
		const uint8_t op = reader->here.token.op;
		const unsigned own = op_binds(&reader->here.token);
		struct nft_node *right = NULL;

		if (joined++ == NFT_JOINED_MAX)
			return nft_wrong(&reader->nft, reader->here.token.at,
			                 "expected at most %d values joined", NFT_JOINED_MAX);
		status = nft_next(reader);
		if (status == 0)
			status = read_term(reader, mode, own + 1, &right);
		if (status < 0)
			return status;
		*ret_node = node_join(reader, NFT_BINARY, *ret_node, right);
		if (!*ret_node)
			return -ENOMEM;
		(*ret_node)->op = op;
	}
	return status;
}

/* Adds what follows a first operand, each behind a sign, under a node of a kind. */
static int read_more(struct nft_reader *reader, unsigned mode, enum nft_kind kind, char sign,
                     struct nft_node **node)
{
	struct nft_node *joined, *next = NULL;
	int status = 0;

	if (!nft_at_sign(reader, sign))
		return 0;
	joined = node_join(reader, kind, *node, NULL);
	if (!joined)
		return -ENOMEM;
	while (status == 0 && nft_at_sign(reader, sign)) {
		status = nft_next(reader);
		if (status == 0)
			status = read_term(reader, mode, 1, &next);
		if (status == 0)
			nft_node_add(joined, next);
	}
	*node = joined;
	return status;
}

int nft_read_expression(struct nft_reader *reader, unsigned mode, struct nft_node **ret_node)
{
	struct nft_node *node = NULL, *set = NULL;
	int status = read_term(reader, mode, 1, &node);

	if (status == 0)
		status = read_more(reader, mode, NFT_CONCAT, '.', &node);
	if (status == 0 && mode & MODE_LIST)
		status = read_more(reader, mode, NFT_LIST, ',', &node);
	if (status == 0 && !(mode & MODE_VALUES) && nft_at_word(reader, "map")) {
		status = nft_next(reader);
		if (status == 0)
			status = nft_read_set(reader, &set);
		if (status == 0 && !(node = node_join(reader, NFT_MAP, node, set)))
			status = -ENOMEM;
	}
	*ret_node = node;
	return status;
}

/* The verdict in a variable. */
static int read_chain_name(struct nft_reader *reader, void *data)
{
	return nft_take_name(reader, "a chain's name", data);
}

int nft_read_verdict(struct nft_reader *reader, struct nft_node **ret_node)
{
	struct nft_node *node = node_here(reader, NFT_VERDICT);
	enum rule_verdict verdict = VERDICT_CONTINUE;
	int status;

	if (!node)
		return -ENOMEM;
	if (!nft_verdict_word(reader->here.token.text, &verdict))
		return nft_unexpected(reader, "a verdict");
	node->verdict = (uint8_t)verdict;
	*ret_node = node;
	status = nft_next(reader);
	if (status < 0 || (verdict != VERDICT_JUMP && verdict != VERDICT_GOTO))
		return status;
	if (nft_at_sign(reader, '$'))
		return nft_read_variable(reader, read_chain_name, &node->word);
	return nft_take_name(reader, "a chain's name", &node->word);
}

/* Passes over what an element has besides: a timeout, a comment, counters. */
static int skip_options(struct nft_reader *reader)
{
	int status = 0;

	while (status == 0 && reader->here.token.kind != TOKEN_END && !nft_at_sign(reader, ',') &&
	       !nft_at_sign(reader, ':') && !nft_at_sign(reader, '}')) {
		if (nft_at_word(reader, "limit") || nft_at_word(reader, "quota") ||
		    nft_at_word(reader, "ct"))
			reader->uncertain = true;
		status = nft_next(reader);
	}
	return status;
}

/* What a map has for a key. */
static int read_data(struct nft_reader *reader, struct nft_node **ret_node)
{
	enum rule_verdict verdict = VERDICT_CONTINUE;

	if (reader->here.token.kind == TOKEN_WORD &&
	    nft_verdict_word(reader->here.token.text, &verdict))
		return nft_read_verdict(reader, ret_node);
	return nft_read_expression(reader, MODE_VALUES | MODE_SET, ret_node);
}

/* One element: "KEY", "KEY : DATA". */
static int read_element(struct nft_reader *reader, struct nft_node **ret_node)
{
	struct nft_node *key = NULL, *data = NULL;
	int status = nft_read_expression(reader, MODE_VALUES | MODE_SET, &key);

	if (status == 0)
		status = nft_skip_lines(reader);
	if (status == 0)
		status = skip_options(reader);
	*ret_node = key;
	if (status < 0 || !nft_at_sign(reader, ':'))
		return status;
	status = nft_next(reader);
	if (status == 0)
		status = nft_skip_lines(reader);
	if (status == 0)
		status = read_data(reader, &data);
	if (status == 0)
		status = skip_options(reader);
	if (status == 0 && !(*ret_node = node_join(reader, NFT_ELEMENT, key, data)))
		status = -ENOMEM;
	return status;
}

/* "{ ... }" */
static int read_elements(struct nft_reader *reader, struct nft_node **ret_node)
{
	const char *opened = reader->here.token.at;
	struct nft_node *set = node_here(reader, NFT_SET), *element;
	int status = set ? deeper(reader) : -ENOMEM;

	*ret_node = set;
	if (status == 0)
		status = nft_next(reader);
	while (status == 0) {
		status = nft_skip_lines(reader);
		if (status < 0 || nft_at_sign(reader, '}'))
			break;
		if (reader->here.token.kind == TOKEN_END)
			return nft_wrong(&reader->nft, opened, "expected this brace to be closed");
		status = read_element(reader, &element);
		if (status < 0)
			break;
		nft_node_add(set, element);
		if (nft_at_sign(reader, ','))
			status = nft_next(reader);
		else if (!nft_at_sign(reader, '}') && reader->here.token.kind != TOKEN_END)
			return nft_unexpected(reader, "\",\" or \"}\"");
	}
	reader->depth--;
	return status < 0 ? status : nft_next(reader);
}

int nft_read_set(struct nft_reader *reader, struct nft_node **ret_node)
{
	if (nft_at_sign(reader, '{'))
		return read_elements(reader, ret_node);
	if (nft_at_sign(reader, '@'))
		return read_set_name(reader, ret_node);
	if (nft_at_sign(reader, '$'))
		return read_named(reader, MODE_VALUES, ret_node);
	return nft_unexpected(reader, "a set");
}
