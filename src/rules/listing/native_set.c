/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups of native rules: named sets by name, anonymous ones with their elements. */
#include "rules/listing/native.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* Elements of an anonymous set that are printed, and that are looked at to find the first ones. */
enum { ELEMENTS_SHOWN = 20, ELEMENTS_MAX = 4096 };

VEC_TYPE(elements, struct nft_element);

/* What is needed to print the elements of one set. */
struct set_printer {
	struct native *native;
	struct nft_set set;
	const struct operand *const *keys;
	unsigned n_keys;
};

/* Keeps one element; stops at the cap. */
static int element_collect(const struct nft_element *element, void *data)
{
	struct elements *elements = data;
	struct nft_element *copy;

	if (elements->n == ELEMENTS_MAX)
		return 1;
	if (!element->key.data && !(element->flags & NFT_SET_ELEM_CATCHALL))
		return 0;
	copy = vec_push(elements);
	if (!copy)
		return -ENOMEM;
	*copy = *element;
	if (!copy->key.data)
		copy->key = (struct span){(const uint8_t *)"", 0};
	return 0;
}

/* Orders by key; at one key the end of an interval before the start of the next; "*" last. */
static int element_compare(const void *a, const void *b)
{
	const struct nft_element *left = a, *right = b;
	size_t shorter = left->key.len < right->key.len ? left->key.len : right->key.len;
	int order = memcmp(left->key.data, right->key.data, shorter);

	if ((left->flags ^ right->flags) & NFT_SET_ELEM_CATCHALL)
		return left->flags & NFT_SET_ELEM_CATCHALL ? 1 : -1;
	if (order == 0)
		order = (left->key.len > right->key.len) - (left->key.len < right->key.len);
	if (order == 0)
		order = (right->flags & NFT_SET_ELEM_INTERVAL_END ? 1 : 0) -
		        (left->flags & NFT_SET_ELEM_INTERVAL_END ? 1 : 0);
	return order;
}

/* Counts big-endian bytes down by one. */
static void bytes_decrement(uint8_t *bytes, size_t len)
{
	while (len-- > 0)
		if (bytes[len]-- != 0)
			break;
}

/*
 * How many bits of prefix the run first..last of big-endian bytes is, or -1 when it is none.
 */
static int range_prefix(struct span first, const uint8_t *last)
{
	int bits = 0;
	bool free = false;

	for (size_t bit = 0; bit < first.len * 8; bit++) {
		unsigned mask = 0x80u >> bit % 8;
		bool low = first.data[bit / 8] & mask, high = last[bit / 8] & mask;

		if (!free && low == high) {
			bits++;
			continue;
		}
		free = true;
		if (low || !high)
			return -1;
	}
	return bits;
}

/* Adds first..last as one value, a prefix or a range. */
static void add_run(const struct set_printer *printer, const struct datatype *type,
                    struct span first, struct span last, bool turned)
{
	struct text *text = &printer->native->text;
	const struct netview *view = printer->native->view;
	int bits = first.len == last.len ? range_prefix(first, last.data) : -1;

	if (first.len == last.len && memcmp(first.data, last.data, first.len) == 0) {
		value_add(text, view, type, first, turned);
	} else if (type->form == FORM_STRING && bits >= 0 && bits % 8 == 0) {
		text_add(text, "\"%.*s*\"", bits / 8, (const char *)first.data);
	} else if (type->form == FORM_ADDRESS && bits >= 0) {
		value_add(text, view, type, first, turned);
		text_add(text, "/%d", bits);
	} else {
		value_add(text, view, type, first, turned);
		text_add(text, "-");
		value_add(text, view, type, last, turned);
	}
}

/* Cuts the next value of a concatenation off: len bytes, padded to a multiple of four. */
static struct span concat_next(struct span *rest, size_t len)
{
	size_t room = (len + 3) / 4 * 4;
	struct span part = {rest->data, len && len < rest->len ? len : rest->len};

	if (room == 0 || room > rest->len)
		room = rest->len;
	*rest = (struct span){rest->data + room, rest->len - room};
	return part;
}

/* Adds one part of a key, first to last, as its operand is spelt. */
static void add_key_part(const struct set_printer *printer, const struct operand *key,
                         struct span first, struct span last)
{
	/* Intervals in sets are kept in network order, whatever the type. */
	bool turned = printer->set.flags & NFT_SET_INTERVAL || key->big_endian;
	uint8_t low[8], high[8];
	const struct field *field = native_shift(printer->native, key, first, low);

	if (field && native_shift(printer->native, key, last, high))
		add_run(printer, field->type, (struct span){low, 8}, (struct span){high, 8}, true);
	else
		add_run(printer, native_type(printer->native, key), first, last, turned);
}

/* Adds a key, first to last, as the operands it is made of. */
static void add_key(const struct set_printer *printer, struct span first, struct span last)
{
	for (unsigned i = 0; i < printer->n_keys && first.len > 0; i++) {
		const struct operand *key = printer->keys[i];
		size_t len = printer->n_keys == 1 ? first.len : key->len;
		struct span from = concat_next(&first, len), to = concat_next(&last, len);

		if (i > 0)
			text_add(&printer->native->text, " . ");
		add_key_part(printer, key, from, to);
	}
	if (printer->n_keys == 0)
		add_run(printer, &type_network_integer, first, last, true);
}

/* Adds what a map gives: a verdict, a value, or several. */
static void add_data(const struct set_printer *printer, struct span nest)
{
	enum { SUBTYPE_BITS = 6, SUBTYPE_MASK = 63 };
	struct text *text = &printer->native->text;
	uint32_t number = printer->set.data_type;
	struct span data = attr_data(nest);
	struct nft_verdict verdict;
	int shift = 0;

	if (attr_verdict(nest, &verdict)) {
		native_add_verdict(printer->native, &verdict);
		return;
	}
	if (!data.data) {
		text_add(text, "<?>");
		return;
	}
	while (shift < 24 && number >> shift >> SUBTYPE_BITS)
		shift += SUBTYPE_BITS;
	for (; shift >= 0 && data.len > 0; shift -= SUBTYPE_BITS) {
		const struct datatype *type = type_by_number(number >> shift & SUBTYPE_MASK);
		size_t len = shift || number >> SUBTYPE_BITS ? type->len : data.len;
		struct span value, last;

		if (shift == 0 && !(number >> SUBTYPE_BITS) && type->len &&
		    data.len == (size_t)2 * type->len) {
			value = concat_next(&data, type->len);
			last = concat_next(&data, type->len);
			add_run(printer, type, value, last, false);
			return;
		}
		value = concat_next(&data, len);
		value_add(text, printer->native->view, type, value, false);
		if (shift > 0)
			text_add(text, " . ");
	}
}

/* Adds the element at i of the sorted elements; intervals look at the next one for their end. */
static void add_element(const struct set_printer *printer, const struct elements *elements,
                        size_t i)
{
	const struct nft_element *element = &elements->items[i];
	struct span last = element->key_end.data ? element->key_end : element->key;
	uint8_t end[64];

	if (element->flags & NFT_SET_ELEM_CATCHALL) {
		text_add(&printer->native->text, "*");
	} else if (printer->set.flags & NFT_SET_INTERVAL && !element->key_end.data &&
	           !(printer->set.flags & NFT_SET_CONCAT) && element->key.len <= sizeof(end)) {
		memset(end, 0xff, sizeof(end));
		if (i + 1 < elements->n && elements->items[i + 1].key.len == element->key.len) {
			memcpy(end, elements->items[i + 1].key.data, element->key.len);
			bytes_decrement(end, element->key.len);
		}
		last = (struct span){end, element->key.len};
		add_key(printer, element->key, last);
	} else {
		add_key(printer, element->key, last);
	}
	if (printer->set.flags & NFT_SET_MAP) {
		text_add(&printer->native->text, " : ");
		add_data(printer, element->data);
	}
}

/* Adds "{ a, b }", the first ELEMENTS_SHOWN of them. */
static void add_elements(const struct set_printer *printer)
{
	struct text *text = &printer->native->text;
	struct elements elements = {0};
	unsigned shown = 0;

	if (nft_elements_walk(printer->native->view, &printer->set, element_collect, &elements) < 0)
		text->failed = true;
	if (elements.n > 0)
		qsort(elements.items, elements.n, sizeof(*elements.items), element_compare);
	text_add(text, "{ ");
	for (size_t i = 0; i < elements.n; i++) {
		if (elements.items[i].flags & NFT_SET_ELEM_INTERVAL_END)
			continue;
		text_add(text, "%s", shown ? ", " : "");
		if (shown++ == ELEMENTS_SHOWN) {
			text_add(text, "...");
			break;
		}
		add_element(printer, &elements, i);
	}
	text_add(text, " }");
	vec_done(&elements);
}

unsigned native_lookup_keys(struct native *native, const struct nft_expr *expr,
                            const struct operand *keys[static OPERAND_KEYS])
{
	const struct span *attr = expr->attrs.by_type;
	struct nft_set set = {0};

	nft_set_find(native->view, native->family, native->table,
	             attr_string(attr[NFTA_LOOKUP_SET]) ?: "", &set);
	return register_get_keys(&native->registers, attr_u32(attr[NFTA_LOOKUP_SREG], 0),
	                         set.key_len, keys);
}

void native_add_lookup(struct native *native, const struct nft_expr *expr,
                       const struct operand *const *keys, unsigned n_keys, const char *word)
{
	const char *name = attr_string(expr->attrs.by_type[NFTA_LOOKUP_SET]);
	struct set_printer printer = {.native = native, .keys = keys};
	bool found = nft_set_find(native->view, native->family, native->table, name ? name : "",
	                          &printer.set);
	uint32_t taken = 0;

	/* The registers behind the set's key are not its business. */
	while (printer.n_keys < n_keys && (!found || taken < printer.set.key_len))
		taken += operand_room(keys[printer.n_keys++]);
	for (unsigned i = 0; i < printer.n_keys; i++) {
		if (i > 0)
			text_add(&native->text, " . ");
		native_add_operand(native, keys[i]);
	}
	if (printer.n_keys == 0)
		text_add(&native->text, "<?>");
	text_add(&native->text, " %s", word);
	if (found && printer.set.flags & NFT_SET_ANONYMOUS)
		add_elements(&printer);
	else
		text_add(&native->text, "@%s", name ? name : "?");
}
