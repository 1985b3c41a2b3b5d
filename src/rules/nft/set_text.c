/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the blocks of sets and maps in nft's text. */
#include "rules/nft/text.h"

/* A block being read. */
struct block {
	struct nft_set *set;
	struct nft_node *elements;
	const char *elements_at;
};

/* Adds a dimension. */
static int add_type(struct nft_reader *reader, const char *at, uint8_t *types, uint8_t *n,
                    enum nft_type type)
{
	if (*n == NFT_DIMENSIONS)
		return nft_wrong(&reader->nft, at, "expected at most %d fields", NFT_DIMENSIONS);
	types[(*n)++] = (uint8_t)type;
	return 0;
}

/* "ipv4_addr . inet_service" */
static int read_names(struct nft_reader *reader, uint8_t *types, uint8_t *n)
{
	int status = nft_take_word(reader, "interval", NULL);

	*n = 0;
	while (status == 0) {
		enum nft_type type;

		if (reader->here.token.kind != TOKEN_WORD ||
		    !nft_type_find(reader->here.token.text, &type))
			return nft_unexpected(reader, "a type of values");
		status = add_type(reader, reader->here.token.at, types, n, type);
		if (status == 0)
			status = nft_next(reader);
		if (status < 0 || !nft_at_sign(reader, '.'))
			break;
		status = nft_next(reader);
	}
	return status;
}

/* "ip saddr . tcp dport" */
static int read_fields(struct nft_reader *reader, uint8_t *types, uint8_t *n)
{
	struct nft_node *fields = NULL;
	bool verdict = false;
	int status = nft_take_word(reader, "interval", NULL);

	*n = 0;
	if (status == 0)
		status = nft_take_word(reader, "verdict", &verdict);
	if (status < 0)
		return status;
	if (verdict)
		return add_type(reader, reader->here.token.at, types, n, TYPE_VERDICT);
	status = nft_read_expression(reader, 0, &fields);
	if (status < 0)
		return status;
	for (const struct nft_node *node = fields->kind == NFT_CONCAT ? fields->child : fields;
	     node && status == 0; node = fields->kind == NFT_CONCAT ? node->next : NULL) {
		const struct nft_node *leaf = node;

		while (leaf->kind == NFT_BINARY)
			leaf = leaf->child;
		if (leaf->kind != NFT_FIELD)
			return nft_expected(&reader->nft, leaf->at, leaf->word, "a field");
		status = add_type(reader, leaf->at, types, n, leaf->field->type);
	}
	return status;
}

/* "type KEY : DATA", "typeof KEY : DATA" */
static int read_type(struct nft_reader *reader, struct block *block)
{
	int (*read)(struct nft_reader * reader, uint8_t * types, uint8_t * n) =
	    nft_at_word(reader, "typeof") ? read_fields : read_names;
	int status = nft_next(reader);

	if (status == 0)
		status = read(reader, block->set->types, &block->set->n_types);
	if (status == 0 && nft_at_sign(reader, ':')) {
		status = nft_next(reader);
		/* Maps of objects: what they do is not in the map. */
		if (status == 0 &&
		    (nft_at_word(reader, "counter") || nft_at_word(reader, "quota") ||
		     nft_at_word(reader, "limit") || nft_at_word(reader, "ct") ||
		     nft_at_word(reader, "synproxy") || nft_at_word(reader, "secmark"))) {
			block->set->n_data = 1;
			block->set->data_types[0] = TYPE_ANY;
			return nft_skip_block(reader);
		}
		if (status == 0)
			status = read(reader, block->set->data_types, &block->set->n_data);
	}
	return status;
}

/* "elements = { ... }" */
static int read_elements(struct nft_reader *reader, struct block *block)
{
	int status = nft_next(reader);

	if (status == 0)
		status = nft_take_sign(reader, '=', "\"=\"");
	block->elements_at = reader->here.token.at;
	if (status == 0)
		status = nft_read_set(reader, &block->elements);
	if (status == 0 && block->elements->kind != NFT_SET)
		return nft_wrong(&reader->nft, block->elements_at, "expected elements in braces");
	return status;
}

/* One line of a block. */
static int read_line(struct nft_reader *reader, struct block *block)
{
	static const char *const passed[] = {"flags",      "timeout", "gc-interval",
	                                     "size",       "policy",  "comment",
	                                     "auto-merge", "counter", "last"};
	static const char *const unsure[] = {"limit", "quota", "ct"};

	if (nft_at_word(reader, "type") || nft_at_word(reader, "typeof"))
		return read_type(reader, block);
	if (nft_at_word(reader, "elements"))
		return read_elements(reader, block);
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		if (nft_at_word(reader, passed[i]))
			return nft_skip_block(reader);
	for (size_t i = 0; i < sizeof(unsure) / sizeof(*unsure); i++) {
		if (!nft_at_word(reader, unsure[i]))
			continue;
		reader->uncertain = true;
		return nft_skip_block(reader);
	}
	return nft_unexpected(reader, "\"type\", \"typeof\", \"flags\" or \"elements\"");
}

int nft_read_set_block(struct nft_reader *reader, uint32_t table, uint32_t index, bool is_map)
{
	const char *opened = reader->here.token.at;
	struct block block = {.set = &reader->nft.sets.items[index]};
	int status = nft_take_sign(reader, '{', "\"{\"");

	reader->uncertain = false;
	while (status == 0) {
		status = nft_skip_lines(reader);
		if (status < 0 || nft_at_sign(reader, '}'))
			break;
		if (reader->here.token.kind == TOKEN_END)
			return nft_wrong(&reader->nft, opened, "expected this brace to be closed");
		status = read_line(reader, &block);
	}
	if (status == 0 && block.set->n_types == 0)
		return nft_wrong(&reader->nft, opened, "expected \"type\" or \"typeof\" in it");
	if (status == 0 && is_map && block.set->n_data == 0)
		return nft_wrong(&reader->nft, opened,
		                 "expected a map's type, of a key and a value");
	if (status == 0 && block.elements)
		status = nft_set_fill(&reader->nft, table, block.set, block.elements);
	block.set->deleted_from = block.set->deleted_from || reader->uncertain;
	nft_pool_reset(&reader->nft.pool);
	return status < 0 ? status : nft_next(reader);
}
