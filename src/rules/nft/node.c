/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes of expressions, names by hash, and what is said of a place in the source. */
#include "rules/nft/nft.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 256, FIRST_SLOTS = 64, QUOTED = 40 };

struct nft_node *nft_node_new(struct nft *nft, enum nft_kind kind, const char *at)
{
	struct nft_pool *pool = &nft->pool;
	struct nft_node *node = NULL;

	if (nft->work++ >= NFT_WORK_MAX) {
		(void)nft_too_many(nft, at, NFT_WORK_MAX, "words, those of variables and sets too");
		return NULL;
	}
	if (pool->used == NFT_NODES_MAX) {
		(void)nft_too_many(nft, at, NFT_NODES_MAX, "words in one rule or set");
		return NULL;
	}
	if (pool->used / CHUNK == pool->chunks.n) {
		struct nft_node *chunk = calloc(CHUNK, sizeof(*chunk));
		struct nft_node **slot = chunk ? vec_push(&pool->chunks) : NULL;

		if (!slot) {
			free(chunk);
			(void)nft_no_memory(nft);
			return NULL;
		}
		*slot = chunk;
	}
	node = &pool->chunks.items[pool->used / CHUNK][pool->used % CHUNK];
	pool->used++;
	*node = (struct nft_node){.kind = (uint8_t)kind, .at = at};
	return node;
}

void nft_node_add(struct nft_node *node, struct nft_node *child)
{
	if (node->last)
		node->last->next = child;
	else
		node->child = child;
	node->last = child;
}

void nft_pool_reset(struct nft_pool *pool)
{
	pool->used = 0;
}

struct nft_statement *nft_statement_new(struct nft *nft, enum nft_statement_kind kind,
                                        const char *at)
{
	struct nft_statement *statement;

	if (nft->statements.n == NFT_STATEMENTS_MAX) {
		(void)nft_too_many(nft, at, NFT_STATEMENTS_MAX, "statements in one rule");
		return NULL;
	}
	statement = vec_push(&nft->statements);
	if (!statement) {
		(void)nft_no_memory(nft);
		return NULL;
	}
	*statement = (struct nft_statement){.kind = kind, .at = at};
	return statement;
}

/* A hash of a scope and a name. */
static size_t index_hash(uint32_t scope, struct nft_slice name)
{
	uint64_t hash = hash_bytes(HASH_BEGIN ^ scope, name.text, name.len);

	return (size_t)(hash ^ hash >> 29);
}

/* The slot of a name, or the free one that it would take. */
static struct nft_index_slot *index_slot(const struct nft_index *index, uint32_t scope,
                                         struct nft_slice name)
{
	size_t at = index_hash(scope, name) & (index->room - 1);

	for (;; at = (at + 1) & (index->room - 1)) {
		struct nft_index_slot *slot = &index->slots[at];

		if (!slot->name.text || (slot->scope == scope && slot->name.len == name.len &&
		                         memcmp(slot->name.text, name.text, name.len) == 0))
			return slot;
	}
}

/* Doubles the room. */
static int index_grow(struct nft_index *index)
{
	struct nft_index grown = {.room = index->room ? index->room * 2 : FIRST_SLOTS,
	                          .n = index->n};

	grown.slots = calloc(grown.room, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (size_t i = 0; i < index->room; i++)
		if (index->slots[i].name.text)
			*index_slot(&grown, index->slots[i].scope, index->slots[i].name) =
			    index->slots[i];
	free(index->slots);
	*index = grown;
	return 0;
}

int nft_index_put(struct nft_index *index, uint32_t scope, struct nft_slice name, uint32_t value)
{
	struct nft_index_slot *slot;

	if (index->n * 2 >= index->room && index_grow(index) < 0)
		return -ENOMEM;
	slot = index_slot(index, scope, name);
	if (!slot->name.text)
		index->n++;
	*slot = (struct nft_index_slot){.scope = scope, .value = value, .name = name};
	return 0;
}

bool nft_index_get(const struct nft_index *index, uint32_t scope, struct nft_slice name,
                   uint32_t *ret_value)
{
	const struct nft_index_slot *slot = index->room ? index_slot(index, scope, name) : NULL;

	if (!slot || !slot->name.text)
		return false;
	*ret_value = slot->value;
	return true;
}

void nft_index_done(struct nft_index *index)
{
	free(index->slots);
	*index = (struct nft_index){0};
}

void nft_set_done(struct nft_set *set)
{
	vec_done(&set->keys);
	vec_done(&set->data);
	vec_done(&set->verdicts);
}

void nft_done(struct nft *nft)
{
	nft_index_done(&nft->tables_by_name);
	nft_index_done(&nft->chains_by_name);
	nft_index_done(&nft->sets_by_name);
	nft_index_done(&nft->variables_by_name);
	vec_foreach(set, &nft->sets)
		nft_set_done(set);
	vec_foreach(chunk, &nft->pool.chunks)
		free(*chunk);
	vec_done(&nft->pool.chunks);
	vec_done(&nft->sets);
	vec_done(&nft->tables);
	vec_done(&nft->chains);
	vec_done(&nft->variables);
	vec_done(&nft->places);
	vec_done(&nft->touches);
	vec_done(&nft->statements);
	free(nft->steps);
	nft->steps = NULL;
}

int nft_wrong(const struct nft *nft, const char *at, const char *format, ...)
{
	_cleanup_free_ char *sentence = NULL;
	unsigned line = 1;
	const char *begin = nft->start;
	va_list args;
	int len;

	if (at < nft->start || at > nft->end)
		at = nft->start;
	for (const char *byte = nft->start; byte < at; byte++) {
		if (*byte == '\n') {
			line++;
			begin = byte + 1;
		}
	}
	va_start(args, format);
	len = vasprintf(&sentence, format, args);
	va_end(args);
	if (len < 0)
		sentence = NULL;
	return error_set(nft->ret_error, EINVAL, "%s:%u:%zu: %s", nft->path, line,
	                 (size_t)(at - begin) + 1, sentence ? sentence : "out of memory");
}

int nft_expected(const struct nft *nft, const char *at, struct nft_slice found, const char *what)
{
	char quoted[QUOTED + 4] = "";
	size_t len = found.len < QUOTED ? found.len : QUOTED;

	if (found.len == 0)
		return nft_wrong(nft, at, "expected %s, found the end of the %s", what,
		                 at >= nft->end ? "file" : "line");
	for (size_t i = 0; i < len; i++)
		quoted[i] = (unsigned char)found.text[i] < ' ' || found.text[i] == 0x7f
		                ? '?'
		                : found.text[i];
	if (len < found.len) {
		/* Never end inside a UTF-8 sequence. */
		while (len > 0 && ((unsigned char)found.text[len] & 0xc0) == 0x80)
			len--;
		memcpy(quoted + len, "...", sizeof("..."));
	}
	return nft_wrong(nft, at, "expected %s, found \"%s\"", what, quoted);
}

int nft_no_memory(const struct nft *nft)
{
	return error_set(nft->ret_error, ENOMEM, "%s: out of memory", nft->path);
}

int nft_too_many(const struct nft *nft, const char *at, size_t max, const char *what)
{
	unsigned line = 1;

	if (at < nft->start || at > nft->end)
		at = nft->start;
	for (const char *byte = nft->start; byte < at; byte++)
		line += *byte == '\n';
	return error_set(nft->ret_error, E2BIG, "%s:%u: more than %zu %s", nft->path, line, max,
	                 what);
}
