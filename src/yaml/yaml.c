/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document as a small tree: text, lists and maps, with the place of each.
 *
 * Theory of operation. libfyaml's parser hands out one event after the other, and the tree is made
 * of them; its own documents are not used, because they resolve aliases and go as deep as the file
 * does. What is not wanted ends the reading at the first event that shows it, so no file costs more
 * than its bytes, or where aliases are wanted, than the cap on nodes. An anchor can be named only
 * when what it stands for is complete: nothing can contain itself. What the parser itself refuses
 * is said in its words, with its place.
 */
#include "yaml/yaml.h"

#include "base/bytes.h"
#include "base/vec.h"

#include <errno.h>
#include <libfyaml.h>
#include <string.h>

/* What an anchor stands for. */
struct yaml_anchor {
	const char *name;
	const struct yaml_node *node;
};

/* A reading under way. */
struct yaml_reader {
	const struct yaml_rules *rules;
	VEC(struct yaml_anchor) anchors; /* a later one of the same name counts */
	struct fy_parser *parser;
	struct fy_diag *diag;
	const char *name;
	struct arena *arena;
	size_t nodes;
	unsigned line, column; /* of the latest event that has a place */
	struct error **ret_error;
};

/* libfyaml's words about errors are collected, not printed. */
static void say_nothing(struct fy_diag *diag, void *user, const char *text, size_t len)
{
	(void)diag;
	(void)user;
	(void)text;
	(void)len;
}

/* Says that memory is out. Returns -ENOMEM. */
static int no_memory(const struct yaml_reader *reader)
{
	return error_set(reader->ret_error, ENOMEM, "%s: out of memory", reader->name);
}

/* Says what is wrong with the event in hand. Returns -number. */
static int event_error(const struct yaml_reader *reader, int number, const char *what)
{
	return error_set(reader->ret_error, number, "%s:%u:%u: %s", reader->name, reader->line,
	                 reader->column, what);
}

/* Goes to where an event begins; one that stands for what was left out has no place. */
static void event_place(struct yaml_reader *reader, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (!mark || (mark->line == 0 && mark->column == 0))
		return;
	reader->line = (unsigned)mark->line + 1;
	reader->column = (unsigned)mark->column + 1;
}

/* Says what the parser did not like. Returns -EINVAL. */
static int parser_error(const struct yaml_reader *reader)
{
	void *at = NULL;
	const struct fy_diag_error *found = fy_diag_errors_iterate(reader->diag, &at);

	if (!found || !found->msg)
		return error_set(reader->ret_error, EINVAL, "%s:1:1: this is not YAML",
		                 reader->name);
	return error_set(reader->ret_error, EINVAL, "%s:%d:%d: this is not YAML: %.*s",
	                 reader->name, found->line > 0 ? found->line : 1,
	                 found->column > 0 ? found->column : 1, (int)strcspn(found->msg, "\n"),
	                 found->msg);
}

/* The next event, to be given back with fy_parser_event_free(); NULL with an error. */
static struct fy_event *event_next(struct yaml_reader *reader)
{
	struct fy_event *event = fy_parser_parse(reader->parser);

	if (event)
		event_place(reader, event);
	else
		(void)parser_error(reader);
	return event;
}

/* Goes to a token, whose mark is so many characters behind its beginning. */
static void token_place(struct yaml_reader *reader, struct fy_token *token, int behind)
{
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

	if (!mark)
		return;
	reader->line = (unsigned)mark->line + 1;
	reader->column = (unsigned)(mark->column >= behind ? mark->column - behind : 0) + 1;
}

/* Refuses what is not wanted. 0 or -EINVAL. */
static int event_check(struct yaml_reader *reader, struct fy_event *event)
{
	struct fy_token *anchor = fy_event_get_anchor_token(event);
	struct fy_token *tag = fy_event_get_tag_token(event);

	if (tag && !reader->rules->tags)
		token_place(reader, tag, 0);
	if (anchor && !reader->rules->references)
		token_place(reader, anchor, 1);
	if (event->type == FYET_ALIAS)
		token_place(reader, event->alias.anchor, 1);
	if (event->type == FYET_ALIAS && !reader->rules->references)
		return event_error(reader, EINVAL, "aliases (*name) are not taken: write it out");
	if (anchor && !reader->rules->references)
		return event_error(reader, EINVAL, "anchors (&name) are not taken: write it out");
	if (tag && !reader->rules->tags)
		return event_error(reader, EINVAL,
		                   "tags (!name) are not taken: all values are plain");
	return 0;
}

/* Makes a node for the event in hand. NULL with an error. */
static struct yaml_node *node_new(struct yaml_reader *reader, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (++reader->nodes > YAML_NODES_CAP) {
		(void)event_error(reader, EFBIG, "more than the 500000 values that are read");
		return NULL;
	}
	node = arena_alloc(reader->arena, sizeof(*node));
	if (!node) {
		(void)no_memory(reader);
		return NULL;
	}
	node->kind = kind;
	node->file = reader->name;
	node->line = reader->line;
	node->column = reader->column;
	return node;
}

/* Makes the node of a scalar. NULL with an error. */
static struct yaml_node *read_text(struct yaml_reader *reader, struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
	size_t len = 0;
	const char *text = token ? fy_token_get_text(token, &len) : "";
	struct yaml_node *node;

	/* The mark of text between quotes is behind the first of them. */
	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		token_place(reader, token, 1);
	/* A \0 between double quotes is a 0 in the text. */
	if (text && memchr(text, 0, len)) {
		(void)event_error(reader, EINVAL, "text with a 0 byte in it");
		return NULL;
	}
	node = node_new(reader, YAML_TEXT);
	if (!node)
		return NULL;
	node->quoted = style != FYSS_PLAIN;
	node->text = text ? arena_strndup(reader->arena, text, len) : NULL;
	if (!node->text) {
		(void)no_memory(reader);
		return NULL;
	}
	return node;
}

static struct yaml_node *read_node(struct yaml_reader *reader, struct fy_event *event,
                                   unsigned depth);

/* Reads the next item of a list or map; ret_node is NULL at its end. 0 or a negative errno. */
static int read_item(struct yaml_reader *reader, enum fy_event_type end, unsigned depth,
                     struct yaml_node **ret_node)
{
	struct fy_event *event = event_next(reader);

	*ret_node = NULL;
	if (!event)
		return -EINVAL;
	if (event->type != end)
		*ret_node = read_node(reader, event, depth);
	end = event->type == end ? end : FYET_NONE;
	fy_parser_event_free(reader->parser, event);
	return *ret_node || end != FYET_NONE ? 0 : -EINVAL;
}

/* Reads the value that belongs to a key. 0 or a negative errno. */
static int read_value(struct yaml_reader *reader, struct yaml_node *key, unsigned depth,
                      struct yaml_node **ret_node)
{
	int status;

	if (key->kind != YAML_TEXT)
		return error_set(reader->ret_error, EINVAL, "%s:%u:%u: a key must be plain text",
		                 reader->name, key->line, key->column);
	status = read_item(reader, FYET_NONE, depth, ret_node);
	if (status < 0)
		return status;
	(*ret_node)->key = key;
	if (yaml_is_empty(*ret_node) && !*(*ret_node)->text) {
		/* What was left out has no place of its own. */
		(*ret_node)->line = key->line;
		(*ret_node)->column = key->column;
	}
	return 0;
}

/* Copies a node and all in it, but not its key. NULL with an error. */
static struct yaml_node *copy_node(struct yaml_reader *reader, const struct yaml_node *node,
                                   unsigned depth)
{
	struct yaml_node *copy, **tail;

	if (depth > YAML_DEPTH_CAP) {
		(void)event_error(reader, EINVAL, "aliases nested too deep");
		return NULL;
	}
	copy = node_new(reader, node->kind);
	if (!copy)
		return NULL;
	*copy = *node;
	copy->key = copy->next = copy->items = NULL;
	tail = &copy->items;
	for (const struct yaml_node *item = node->items; item; item = item->next) {
		*tail = copy_node(reader, item, depth + 1);
		if (!*tail)
			return NULL;
		(*tail)->key = item->key;
		tail = &(*tail)->next;
	}
	return copy;
}

/* Makes a copy of what an alias names. NULL with an error. */
static struct yaml_node *read_alias(struct yaml_reader *reader, struct fy_event *event,
                                    unsigned depth)
{
	size_t len = 0;
	const char *name = fy_token_get_text(event->alias.anchor, &len);

	for (size_t i = reader->anchors.n; name && i > 0; i--) {
		const struct yaml_anchor *anchor = &reader->anchors.items[i - 1];

		if (strlen(anchor->name) == len && memcmp(anchor->name, name, len) == 0)
			return copy_node(reader, anchor->node, depth);
	}
	(void)error_set(reader->ret_error, EINVAL, "%s:%u:%u: no anchor \"&%.*s\" stands before",
	                reader->name, reader->line, reader->column, (int)len, name ? name : "");
	return NULL;
}

/* Adds those items of a map to another whose keys that has not. 0 or a negative errno. */
static __attribute__((nonnull)) int merge_map(struct yaml_reader *reader, struct yaml_node *map,
                                              const struct yaml_node *other)
{
	struct yaml_node **tail = &map->items;
	size_t n = 0;

	if (other->kind != YAML_MAP)
		return error_set(reader->ret_error, EINVAL,
		                 "%s:%u:%u: << wants a mapping, or a list of them", reader->name,
		                 other->line, other->column);
	for (const struct yaml_node *item = other->items; item; item = item->next) {
		struct yaml_node *copy;

		if (yaml_get(map, item->key->text))
			continue;
		copy = copy_node(reader, item, 0);
		if (!copy)
			return -EINVAL;
		copy->key = item->key;
		for (; *tail; tail = &(*tail)->next)
			n++;
		if (n >= YAML_KEYS_CAP)
			return event_error(reader, EFBIG, "more than 2048 keys in one mapping");
		*tail = copy;
	}
	return 0;
}

/* Does what the merge key << of a map says (yaml.org/type/merge.html). 0 or a negative errno. */
static int merge_keys(struct yaml_reader *reader, struct yaml_node *map)
{
	struct yaml_node **link = &map->items, *merge = NULL;
	int status = 0;

	if (!reader->rules->references)
		return 0;
	while (*link && strcmp((*link)->key->text, "<<") != 0)
		link = &(*link)->next;
	if (!*link)
		return 0;
	merge = *link;
	*link = merge->next;
	if (merge->kind != YAML_LIST)
		return merge_map(reader, map, merge);
	for (const struct yaml_node *item = merge->items; item && status == 0; item = item->next)
		status = merge_map(reader, map, item);
	return status;
}

/* Reads all items of a list or map. NULL with an error. */
static struct yaml_node *read_items(struct yaml_reader *reader, struct fy_event *event,
                                    enum yaml_kind kind, unsigned depth)
{
	enum fy_event_type end = kind == YAML_LIST ? FYET_SEQUENCE_END : FYET_MAPPING_END;
	struct yaml_node *node = node_new(reader, kind), **tail;
	size_t n = 0;

	if (!node)
		return NULL;
	if (depth >= YAML_DEPTH_CAP) {
		(void)error_set(reader->ret_error, EINVAL,
		                "%s:%u:%u: nested deeper than %s ever is", reader->name,
		                reader->line, reader->column, reader->rules->what);
		return NULL;
	}
	node->flow = fy_event_get_node_style(event) == FYNS_FLOW;
	tail = &node->items;
	for (;;) {
		struct yaml_node *item;
		int status = read_item(reader, end, depth + 1, &item);

		if (status == 0 && item && kind == YAML_MAP)
			status = read_value(reader, item, depth + 1, &item);
		if (status < 0)
			return NULL;
		if (!item)
			return kind == YAML_MAP && merge_keys(reader, node) < 0 ? NULL : node;
		if (kind == YAML_MAP && reader->rules->references && ++n > YAML_KEYS_CAP) {
			(void)event_error(reader, EFBIG, "more than 2048 keys in one mapping");
			return NULL;
		}
		*tail = item;
		tail = &item->next;
	}
}

/* Makes a tree of an event of any kind and those that belong to it. NULL with an error. */
static struct yaml_node *read_kind(struct yaml_reader *reader, struct fy_event *event,
                                   unsigned depth)
{
	switch (event->type) {
	case FYET_ALIAS:
		return read_alias(reader, event, depth);
	case FYET_SCALAR:
		return read_text(reader, event);
	case FYET_SEQUENCE_START:
		return read_items(reader, event, YAML_LIST, depth);
	case FYET_MAPPING_START:
		return read_items(reader, event, YAML_MAP, depth);
	default:
		(void)event_error(reader, EINVAL, "expected a value");
		return NULL;
	}
}

/* The text of a token as a string of the arena; NULL for none, or when memory is out. */
static const char *token_text(struct yaml_reader *reader, struct fy_token *token)
{
	size_t len = 0;
	const char *text = token ? fy_token_get_text(token, &len) : NULL;

	return text ? arena_strndup(reader->arena, text, len) : NULL;
}

/* Makes a tree of an event, with its tag, and keeps it under its anchor. NULL with an error. */
static struct yaml_node *read_node(struct yaml_reader *reader, struct fy_event *event,
                                   unsigned depth)
{
	struct yaml_anchor *anchor;
	struct fy_token *name;
	struct yaml_node *node;

	if (event_check(reader, event) < 0)
		return NULL;
	node = read_kind(reader, event, depth);
	if (!node || event->type == FYET_ALIAS)
		return node;
	node->tag = token_text(reader, fy_event_get_tag_token(event));
	name = fy_event_get_anchor_token(event);
	if (!name)
		return node;
	anchor = vec_push(&reader->anchors);
	if (anchor)
		*anchor = (struct yaml_anchor){token_text(reader, name), node};
	if (!anchor || !anchor->name) {
		(void)no_memory(reader);
		return NULL;
	}
	return node;
}

/* Reads up to the first document's value. NULL with an error, or with *ret_end at the end. */
static struct yaml_node *read_document(struct yaml_reader *reader, bool *ret_end)
{
	struct yaml_node *node = NULL;
	bool going = true;

	*ret_end = false;
	while (going && !node) {
		struct fy_event *event = event_next(reader);

		if (!event)
			return NULL;
		switch (event->type) {
		case FYET_STREAM_START:
		case FYET_DOCUMENT_START:
			break;
		case FYET_STREAM_END:
			*ret_end = true;
			going = false;
			break;
		default:
			node = read_node(reader, event, 0);
			going = node != NULL;
		}
		fy_parser_event_free(reader->parser, event);
	}
	return node;
}

/* Sees that nothing but the end follows. 0 or -EINVAL. */
static int read_end(struct yaml_reader *reader)
{
	for (;;) {
		struct fy_event *event = event_next(reader);
		int status = 0;
		bool end;

		if (!event)
			return -EINVAL;
		end = event->type == FYET_STREAM_END;
		if (event->type == FYET_DOCUMENT_START)
			status =
			    error_set(reader->ret_error, EINVAL,
			              "%s:%u:%u: a second document (---): %s is one", reader->name,
			              reader->line, reader->column, reader->rules->what);
		fy_parser_event_free(reader->parser, event);
		if (end || status < 0)
			return status;
	}
}

/* The bytes of the UTF-8 character at text, of which `left` bytes are there; 0 for none. */
static size_t character_len(const char *text, size_t left)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t len = *at < 0x80   ? 1
	             : *at < 0xc2 ? 0
	             : *at < 0xe0 ? 2
	             : *at < 0xf0 ? 3
	             : *at < 0xf5 ? 4
	                          : 0;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
	    (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* Sees that a text is UTF-8 without what no text holds. 0 or -EINVAL. */
static int check_bytes(const char *text, size_t len, const char *name, struct error **ret_error)
{
	unsigned line = 1, column = 1;
	size_t step;

	for (size_t i = 0; i < len; i += step) {
		step = character_len(text + i, len - i);
		if (step == 0 || ((unsigned char)text[i] < ' ' && !strchr("\t\n\r", text[i])) ||
		    text[i] == 0 || text[i] == 0x7f)
			return error_set(ret_error, EINVAL,
			                 "%s:%u:%u: byte 0x%02x: expected text in UTF-8", name,
			                 line, column, (unsigned char)text[i]);
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return 0;
}

/* Makes the parser. 0 or -ENOMEM. */
static int reader_start(struct yaml_reader *reader, const char *text, size_t len)
{
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = {.flags =
	                               FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE};

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	diag_cfg.output_fn = say_nothing;
	diag_cfg.colorize = false;
	reader->diag = fy_diag_create(&diag_cfg);
	if (!reader->diag)
		return no_memory(reader);
	fy_diag_set_collect_errors(reader->diag, true);
	cfg.diag = reader->diag;
	reader->parser = fy_parser_create(&cfg);
	if (!reader->parser || fy_parser_set_string(reader->parser, text, len) != 0)
		return no_memory(reader);
	return 0;
}

/* Releases what reading took. */
static void reader_end(struct yaml_reader *reader)
{
	fy_parser_destroy(reader->parser);
	fy_diag_destroy(reader->diag);
	vec_done(&reader->anchors);
}

int yaml_read(const struct yaml_rules *rules, const char *text, size_t len, size_t cap,
              const char *name, struct arena *arena, struct yaml_node **ret_root,
              struct error **ret_error)
{
	struct yaml_reader reader = {.rules = rules,
	                             .name = name,
	                             .arena = arena,
	                             .line = 1,
	                             .column = 1,
	                             .ret_error = ret_error};
	struct yaml_node *root = NULL;
	bool end = false;
	int status;

	if (len > cap)
		return error_set(ret_error, EFBIG,
		                 "%s:1:1: %zu bytes are more than the %zu that "
		                 "are read",
		                 name, len, cap);
	status = check_bytes(text, len, name, ret_error);
	if (status < 0)
		return status;
	status = reader_start(&reader, text, len);
	if (status == 0) {
		root = read_document(&reader, &end);
		status = root ? read_end(&reader) : end ? 0 : -EINVAL;
	}
	if (status == 0 && !root) {
		root = arena_alloc(arena, sizeof(*root));
		if (root)
			*root = (struct yaml_node){
			    .kind = YAML_TEXT, .text = "", .file = name, .line = 1, .column = 1};
		else
			status = no_memory(&reader);
	}
	reader_end(&reader);
	if (status < 0)
		return ret_error && *ret_error ? -(*ret_error)->number : status;
	*ret_root = root;
	return 0;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (struct yaml_node *item = map->items; item; item = item->next)
		if (strcmp(item->key->text, key) == 0)
			return item;
	return NULL;
}

bool yaml_is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_TEXT && !node->quoted &&
	       (!*node->text || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

const char *yaml_kind_words(const struct yaml_node *node)
{
	if (yaml_is_empty(node))
		return "nothing";
	return node->kind == YAML_TEXT ? "text" : node->kind == YAML_LIST ? "a list" : "a mapping";
}

/* Adds text to a quotation that is not full yet. 0 or -ENOMEM. */
static int quote_add(struct bytes *quotation, const char *text, size_t most)
{
	return quotation->len > most ? 0 : bytes_append(quotation, text, strlen(text), SIZE_MAX);
}

/* Adds a node to a quotation. 0 or -ENOMEM. */
static int quote_node(struct bytes *quotation, const struct yaml_node *node, size_t most)
{
	static const char *const open[] = {"", "[", "{ "}, *const close[] = {"", "]", " }"};
	int status = 0;

	if (node->key) {
		status = quote_add(quotation, node->key->text, most);
		if (status == 0)
			status = quote_add(quotation, ": ", most);
	}
	if (status == 0)
		status = quote_add(quotation,
		                   node->kind == YAML_TEXT ? node->text : open[node->kind], most);
	for (const struct yaml_node *item = node->items;
	     item && status == 0 && quotation->len <= most; item = item->next) {
		status = quote_node(quotation, item, most);
		if (status == 0 && item->next)
			status = quote_add(quotation, ", ", most);
	}
	return status == 0 ? quote_add(quotation, close[node->kind], most) : status;
}

const char *yaml_quote(const struct yaml_node *node, size_t most, struct arena *arena)
{
	struct bytes quotation = {0};
	const char *text = NULL;
	size_t len;

	if (quote_node(&quotation, node, most) == 0 &&
	    bytes_append(&quotation, "", 0, SIZE_MAX) == 0) {
		const char *all = quotation.data ? (const char *)quotation.data : "";

		len = quotation.len;
		if (len > most) {
			len = most;
			while (len > 0 && (all[len] & 0xc0) == 0x80)
				len--;
		}
		text =
		    arena_printf(arena, "%.*s%s", (int)len, all, len < quotation.len ? "..." : "");
	}
	bytes_done(&quotation);
	return text;
}
