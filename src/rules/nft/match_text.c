/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads comparisons, assignments and updates of sets in nft's text. */
#include "rules/nft/statement.h"

/* Whether the fields on the left are rows of bits. */
static bool is_flags(const struct nft_node *left)
{
	while (left->kind == NFT_BINARY)
		left = left->child;
	return left->kind == NFT_FIELD && nft_type_is_flags(left->field->type);
}

/* "VALUE / MASK" of flags: the left side is masked. */
static int read_mask(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_node *mask = NULL, *masked = NULL;
	int status = nft_next(reader);

	if (status == 0)
		status = nft_read_expression(reader, MODE_VALUES | MODE_LIST | MODE_FLAGS, &mask);
	if (status < 0 || !mask)
		return status;
	masked = nft_node_new(&reader->nft, NFT_BINARY, statement->left->at);
	if (!masked)
		return -ENOMEM;
	masked->op = OP_AND;
	nft_node_add(masked, statement->left);
	nft_node_add(masked, mask);
	statement->left = masked;
	if (statement->op == OP_NONE)
		statement->op = OP_EQ;
	return 0;
}

/* What stands on the right of a comparison. */
static int read_right(struct nft_reader *reader, struct nft_statement *statement)
{
	const bool flags = is_flags(statement->left);
	int status = 0;

	if (reader->here.token.kind == TOKEN_OP) {
		if (reader->here.token.op > OP_NOT)
			return nft_unexpected(reader, "a comparison");
		statement->op = reader->here.token.op;
		status = nft_next(reader);
	} else if (nft_at_sign(reader, '=')) {
		return nft_unexpected(reader, "\"==\"");
	}
	if (status == 0)
		status = nft_read_expression(
		    reader, MODE_VALUES | MODE_LIST | (flags ? (unsigned)MODE_FLAGS : 0),
		    &statement->right);
	return status == 0 && flags && nft_at_sign(reader, '/') ? read_mask(reader, statement)
	                                                        : status;
}

/* What a field is set to. */
static int read_set(struct nft_reader *reader, struct nft_statement *statement)
{
	int status = nft_next(reader);

	if (statement->left->kind != NFT_FIELD)
		return nft_wrong(&reader->nft, statement->at, "expected one field before \"set\"");
	statement->kind = NFT_SET_FIELD;
	if (status == 0)
		status = nft_read_expression(reader, MODE_LIST, &statement->right);
	/* A class of traffic control, "1:2". */
	if (status == 0 && nft_at_sign(reader, ':')) {
		struct nft_slice word = statement->right->word;
		const char *end;

		status = nft_next(reader);
		end = reader->here.at;
		if (status == 0)
			status = nft_next(reader);
		if (word.len > 0)
			statement->right->word.len = (size_t)(end - word.text);
	}
	return status;
}

int nft_read_match(struct nft_reader *reader, struct nft_statement *statement)
{
	int status = nft_read_expression(reader, 0, &statement->left);

	if (status < 0)
		return status;
	if (nft_at_word(reader, "vmap")) {
		statement->kind = NFT_VMAP;
		status = nft_next(reader);
		return status < 0 ? status : nft_read_set(reader, &statement->right);
	}
	if (nft_at_word(reader, "set"))
		return read_set(reader, statement);
	return read_right(reader, statement);
}

/* Passes over what an update has besides its key, up to the closing brace. */
static int skip_rest(struct nft_reader *reader, struct nft_statement *statement, bool *ret_any)
{
	unsigned depth = 0;
	int status = 0;

	while (status == 0 && reader->here.token.kind != TOKEN_END &&
	       (depth > 0 || !nft_at_sign(reader, '}'))) {
		*ret_any = true;
		statement->own = statement->own || nft_at_word(reader, "limit") ||
		                 nft_at_word(reader, "quota") || nft_at_word(reader, "ct");
		depth += nft_at_sign(reader, '{');
		depth -= nft_at_sign(reader, '}');
		status = nft_next(reader);
	}
	return status;
}

/* "{ KEY timeout 5m limit rate ... : DATA }" */
static int read_key(struct nft_reader *reader, struct nft_statement *statement,
                    struct nft_text *text)
{
	bool more = false;
	int status = nft_take_sign(reader, '{', "\"{\"");

	if (status == 0)
		status = nft_skip_lines(reader);
	if (status == 0)
		status = nft_read_expression(reader, 0, &statement->left);
	if (status == 0)
		status = skip_rest(reader, statement, &more);
	if (status == 0)
		status = nft_take_sign(reader, '}', "\"}\"");
	if (status < 0)
		return status;
	nft_text_put(text, " { ");
	nft_text_node(text, statement->left);
	nft_text_put(text, more ? " ... }" : " }");
	return 0;
}

/* Keeps the text of an update. */
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

/* Checks that a set is there, and adds its name. */
static int read_set_name(struct nft_reader *reader, struct nft_text *text)
{
	struct nft_slice name = {"", 0};
	int status = nft_take_sign(reader, '@', "\"@\" and a set's name");

	if (status == 0)
		status = nft_take_name(reader, "a set's name", &name);
	if (status == 0) {
		nft_text_put(text, " @");
		nft_text_add(text, name.text, name.len);
	}
	return status;
}

int nft_read_update(struct nft_reader *reader, struct nft_statement *statement)
{
	const struct nft_slice verb = reader->here.token.text;
	struct nft_text text = {0};
	int status = nft_next(reader);

	nft_text_add(&text, verb.text, verb.len);
	if (status == 0)
		status = read_set_name(reader, &text);
	if (status == 0)
		status = read_key(reader, statement, &text);
	return keep(reader, statement, &text, status);
}

int nft_read_update_old(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_text text = {0};
	struct nft_slice verb = {"", 0};
	int status = nft_next(reader);

	if (status == 0 && !nft_at_word(reader, "add") && !nft_at_word(reader, "update") &&
	    !nft_at_word(reader, "delete"))
		return nft_unexpected(reader, "\"add\", \"update\" or \"delete\"");
	if (status == 0)
		status = nft_take_name(reader, "a verb", &verb);
	if (status == 0)
		status = nft_read_expression(reader, 0, &statement->left);
	while (status == 0 && !nft_at_end(reader) && !nft_at_sign(reader, '@')) {
		statement->own = statement->own || nft_at_word(reader, "limit");
		status = nft_next(reader);
	}
	if (status == 0) {
		nft_text_add(&text, verb.text, verb.len);
		status = read_set_name(reader, &text);
	}
	if (status == 0) {
		nft_text_put(&text, " { ");
		nft_text_node(&text, statement->left);
		nft_text_put(&text, " }");
	}
	return keep(reader, statement, &text, status);
}

int nft_read_meter(struct nft_reader *reader, struct nft_statement *statement)
{
	struct nft_text text = {0};
	struct nft_slice name = {"", 0}, size = {"", 0};
	bool there = false;
	int status = nft_next(reader);

	if (status == 0)
		status = nft_take_name(reader, "a meter's name", &name);
	if (status == 0)
		status = nft_take_word(reader, "size", &there);
	if (status == 0 && there)
		status = nft_take_name(reader, "a size", &size);
	if (status < 0)
		return status;
	nft_text_put(&text, "meter ");
	nft_text_add(&text, name.text, name.len);
	statement->own = true;
	return keep(reader, statement, &text, read_key(reader, statement, &text));
}
