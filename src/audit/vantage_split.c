/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Senders that the rules tell apart: vantage points become as many as there are kinds of them. */
#include "audit/vantage_split.h"

#include "audit/sender_kinds.h"
#include "reach/host_walk.h"
#include "reach/regions.h"

#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

enum {
	KINDS_MOST = 48,  /* of senders, of one vantage point */
	CHOICES_MOST = 8, /* of ports or link addresses that are tried, of one vantage point */
	/* Vantage points that are added to those of one view: fewer where there are many ports. */
	VANTAGES_MOST = 512,
	VANTAGES_LEAST = 16,
	VANTAGES_TIMES_PORTS = 1 << 16,
	/* Prefixes of one kind; more are told by what encloses them. The same holds. */
	PARTS_MOST = 4096,
	PARTS_LEAST = 64,
	PARTS_TIMES_PORTS = 1 << 17,
};

/* Addresses that one kind of senders has. */
struct kind {
	uint64_t kind;
	struct intervals parts; /* in rising order */
};
VEC_TYPE(kinds, struct kind);

/* What splitting needs at hand. */
struct splitter {
	const struct host *host;
	struct arena *arena;
	struct sender_kinds kinds[2][SENDER_TRAITS]; /* by family: IPv4, IPv6 */
	struct vantages *vantages;
	size_t n;              /* of them, before any was split */
	struct prefixes taken; /* of the senders of the one in hand, those that others speak for */
	size_t most_vantages, most_parts;
	struct split_left_out *left_out;
};

static uint8_t protocol_family(const struct address *address)
{
	return address->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* A prefix as an interval of values. */
static struct interval interval_of(const struct prefix *prefix)
{
	struct address last = prefix_last(prefix);
	uint8_t family = protocol_family(&prefix->address);

	return (struct interval){field_of_address(family, prefix->address.bytes),
	                         field_of_address(family, last.bytes)};
}

/* Whether another vantage point speaks for some of this one's senders alone. */
static bool takes_from(const struct vantage *other, const struct vantage *vantage)
{
	return other->inject_ifindex == vantage->inject_ifindex &&
	       other->in_ifindex == vantage->in_ifindex &&
	       other->sources.address.family == vantage->sources.address.family &&
	       other->sources.len > vantage->sources.len &&
	       prefix_contains(&vantage->sources, &other->sources.address);
}

/* The senders that only this vantage point speaks for, in rising order; the others are then
 * taken. 0 or -ENOMEM. */
static int own_senders(struct splitter *splitter, const struct vantage *vantage,
                       struct intervals *ret_own)
{
	struct interval all = interval_of(&vantage->sources);
	struct prefixes *taken = &splitter->taken;
	field_value next = all.first;
	bool over = false;
	int status = 0;

	for (size_t i = 0; status == 0 && i < splitter->n; i++) {
		const struct vantage *other = &splitter->vantages->items[i];

		if (takes_from(other, vantage))
			status = prefixes_add(taken, &other->sources, 1);
	}
	for (size_t i = 0; status == 0 && !over && i <= taken->n; i++) {
		bool end = i == taken->n;
		struct interval hole = end ? (struct interval){0} : interval_of(&taken->items[i]);
		struct interval *slot = end || hole.first > next ? vec_push(ret_own) : NULL;

		if (slot)
			*slot = (struct interval){next, end ? all.last : hole.first - 1};
		else if (end || hole.first > next)
			status = -ENOMEM;
		over = !end && hole.last == all.last;
		next = hole.last + 1;
	}
	return status;
}

/*
 * Adds an interval to the senders of a kind, behind those that are there. `goes_on`: only senders
 * of other vantage points lie between; whoever they are, the list need not tell. 0 or -ENOMEM.
 */
static int add_part(struct splitter *splitter, struct kinds *kinds, uint64_t number,
                    const struct interval *part, bool goes_on)
{
	struct kind *kind = NULL;
	struct interval *slot;

	vec_foreach(known, kinds)
		if (known->kind == number)
			kind = known;
	if (!kind && kinds->n == KINDS_MOST) {
		splitter->left_out->kinds++;
		return 0;
	}
	if (!kind) {
		kind = vec_push(kinds);
		if (!kind)
			return -ENOMEM;
		kind->kind = number;
	}
	slot = kind->parts.n ? &kind->parts.items[kind->parts.n - 1] : NULL;
	if (slot && (goes_on || slot->last + 1 == part->first)) {
		slot->last = part->last;
		return 0;
	}
	slot = vec_push(&kind->parts);
	if (!slot)
		return -ENOMEM;
	*slot = *part;
	return 0;
}

/* Sorts a vantage point's own senders by kind, the kind of what it sends first. 0 or -ENOMEM. */
static int sort_senders(struct splitter *splitter, const struct vantage *vantage,
                        const struct intervals *own, struct kinds *ret_kinds)
{
	uint8_t family = protocol_family(&vantage->source);
	const struct sender_kinds *known = &splitter->kinds[family == NFPROTO_IPV6][SENDER_ADDRESS];
	struct kind *first = vec_push(ret_kinds);
	const struct sender_kind *last = NULL;
	int status = 0;

	if (!first)
		return -ENOMEM;
	first->kind = sender_kind_at(known, field_of_address(family, vantage->source.bytes));
	vec_foreach(senders, own) {
		size_t at = sender_kinds_find(known, senders->first);

		for (;
		     status == 0 && at < known->n && known->items[at].values.first <= senders->last;
		     at++) {
			struct interval part = known->items[at].values;

			if (part.first < senders->first)
				part.first = senders->first;
			if (part.last > senders->last)
				part.last = senders->last;
			status = add_part(splitter, ret_kinds, known->items[at].kind, &part,
			                  last && last->kind == known->items[at].kind);
			last = &known->items[at];
		}
	}
	return status;
}

/* The narrowest prefix around all senders of a kind. */
static struct prefix around(uint8_t family, const struct intervals *parts)
{
	struct address first = host_address(family, parts->items[0].first);
	struct address last = host_address(family, parts->items[parts->n - 1].last);
	uint8_t len = (uint8_t)(address_size(first.family) * CHAR_BIT);
	struct prefix prefix = prefix_make(&first, len);

	while (len > 0 && !prefix_contains(&prefix, &last))
		prefix = prefix_make(&first, --len);
	return prefix;
}

/* Makes prefixes of the senders of a kind, of too many the first. 0 or -ENOMEM. */
static int list_parts(const struct splitter *splitter, uint8_t family, const struct kind *kind,
                      struct prefix_list *ret_list)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < kind->parts.n && ret_list->n <= splitter->most_parts;
	     i++)
		status = prefixes_add_interval(ret_list, family, kind->parts.items[i]);
	return status;
}

/* Gives a vantage point the prefixes of a kind; of too many what encloses them. 0 or -ENOMEM. */
static int take_parts(struct splitter *splitter, uint8_t family, const struct kind *kind,
                      const struct prefix_list *list, struct vantage *vantage)
{
	bool rounded = list->n > splitter->most_parts;
	size_t n = rounded ? 1 : list->n;
	struct prefix *parts = n ? arena_alloc(splitter->arena, n * sizeof(*parts)) : NULL;

	if (n == 0)
		return 0;
	if (!parts)
		return -ENOMEM;
	if (rounded)
		parts[0] = around(family, &kind->parts);
	else
		memcpy(parts, list->items, n * sizeof(*parts));
	vantage->parts = parts;
	vantage->n_parts = n;
	vantage->rounded = rounded;
	return 0;
}

/* Whether no other vantage point speaks for an address. */
static bool is_own(const struct splitter *splitter, const struct address *address)
{
	struct prefix one =
	    prefix_make(address, (uint8_t)(address_size(address->family) * CHAR_BIT));

	return !prefixes_hold(&splitter->taken, &one);
}

/* Whether an address is in one of some prefixes. */
static bool is_listed(const struct prefix_list *list, const struct address *address)
{
	vec_foreach(prefix, list)
		if (prefix_contains(prefix, address))
			return true;
	return false;
}

/* An address of a kind: one that nobody has, if there is such. False: none that can send. */
static bool choose_sender(const struct splitter *splitter, const struct vantage *vantage,
                          const struct prefix_list *list, struct address *ret_address)
{
	for (unsigned i = 0; vantage->sources.len == 0 &&
	                     vantage_world_address(i, vantage->sources.address.family, ret_address);
	     i++)
		if (is_listed(list, ret_address) && is_own(splitter, ret_address))
			return true;
	vec_foreach(prefix, list)
		if (vantage_can_send(vantage, &prefix->address) &&
		    !prefixes_hold(&splitter->taken, prefix) &&
		    vantage_free_address(splitter->host->view, prefix, &splitter->taken,
		                         ret_address))
			return true;
	vec_foreach(prefix, list)
		if (vantage_can_send(vantage, &prefix->address) &&
		    is_own(splitter, &prefix->address)) {
			*ret_address = prefix->address;
			return true;
		}
	return false;
}

/* Makes a vantage point of a kind: the first is the one that was split. 0 or -ENOMEM. */
static int take_kind(struct splitter *splitter, size_t index, const struct kind *kind, bool first)
{
	struct vantage vantage = splitter->vantages->items[index], *slot;
	uint8_t family = protocol_family(&vantage.source);
	struct prefix_list list = {0};
	int status = list_parts(splitter, family, kind, &list);
	bool sends = first;

	if (status == 0 && !first)
		sends = choose_sender(splitter, &vantage, &list, &vantage.source);
	if (status == 0 && sends)
		status = take_parts(splitter, family, kind, &list, &vantage);
	slot = status == 0 && sends
	           ? (first ? &splitter->vantages->items[index] : vec_push(splitter->vantages))
	           : NULL;
	if (slot)
		*slot = vantage;
	vec_done(&list);
	return status < 0 ? status : (sends && !slot ? -ENOMEM : 0);
}

/* Makes one vantage point of each kind of senders. 0 or -ENOMEM. */
static int take_kinds(struct splitter *splitter, size_t index, const struct kinds *kinds)
{
	int status = 0;

	/* The one that was split comes last: all are made like it. */
	for (size_t i = kinds->n; i-- > 0 && status == 0;) {
		bool first = i == 0;

		if (!first && splitter->vantages->n - splitter->n >= splitter->most_vantages)
			splitter->left_out->kinds++;
		else
			status = take_kind(splitter, index, &kinds->items[i], first);
	}
	return status;
}

/* Splits one vantage point. 0 or -ENOMEM. */
static int split_one(struct splitter *splitter, size_t index)
{
	const struct vantage *vantage = &splitter->vantages->items[index];
	struct intervals own = {0};
	struct kinds kinds = {0};
	int status = own_senders(splitter, vantage, &own);

	if (status == 0)
		status = sort_senders(splitter, vantage, &own, &kinds);
	if (status == 0 && kinds.n > 1)
		status = take_kinds(splitter, index, &kinds);
	vec_foreach(kind, &kinds)
		vec_done(&kind->parts);
	vec_done(&kinds);
	vec_done(&own);
	vec_done(&splitter->taken);
	return status;
}

/* Gives a vantage point one value of what its sender chooses. */
static void choose(struct vantage *vantage, enum sender_trait trait, field_value value)
{
	if (trait == SENDER_PORT) {
		vantage->source_port = (uint16_t)value;
		return;
	}
	vantage->has_source_mac = true;
	for (size_t i = sizeof(vantage->source_mac); i-- > 0; value >>= CHAR_BIT)
		vantage->source_mac[i] = (uint8_t)value;
}

/* What a sender chooses where no rule asks for it. */
static field_value usual_choice(enum sender_trait trait)
{
	field_value value = 0;

	if (trait == SENDER_PORT)
		return PROBE_SOURCE_PORT;
	for (size_t i = 0; i < sizeof(probe_source_mac); i++)
		value = value << CHAR_BIT | probe_source_mac[i];
	return value;
}

/* Whether a value can be a sender's: no port 0, and a link address of one station. */
static bool can_choose(enum sender_trait trait, field_value value)
{
	return value != 0 && (trait == SENDER_PORT || !(value >> 40 & 1));
}

/* Adds a vantage point for each kind of values that the sender can choose. 0 or -ENOMEM. */
static int split_choices(struct splitter *splitter, size_t index, enum sender_trait trait)
{
	struct vantage like = splitter->vantages->items[index];
	const struct sender_kinds *kinds = &splitter->kinds[like.source.family == AF_INET6][trait];
	uint64_t tried[CHOICES_MOST + 1] = {sender_kind_at(kinds, usual_choice(trait))};
	size_t n_tried = 1;

	for (size_t i = 0; i < kinds->n; i++) {
		const struct sender_kind *kind = &kinds->items[i];
		field_value value = kind->values.first + (kind->values.first == 0);
		struct vantage *slot;
		bool known = value > kind->values.last || !can_choose(trait, value);

		for (size_t k = 0; k < n_tried; k++)
			known = known || tried[k] == kind->kind;
		if (known)
			continue;
		if (n_tried > CHOICES_MOST ||
		    splitter->vantages->n - splitter->n >= splitter->most_vantages) {
			splitter->left_out->kinds++;
			continue;
		}
		tried[n_tried++] = kind->kind;
		slot = vec_push(splitter->vantages);
		if (!slot)
			return -ENOMEM;
		*slot = like;
		choose(slot, trait, value);
	}
	return 0;
}

/* Whether what a sender chooses is tried from a vantage point. */
static bool has_choice(const struct vantage *vantage, enum sender_trait trait)
{
	if (vantage->class == VANTAGE_SPOOFED)
		return false;
	return trait == SENDER_PORT || vantage->class == VANTAGE_NEIGHBOUR ||
	       vantage->class == VANTAGE_LINK_LOCAL;
}

/* Makes the kinds of all traits and families. 0 or -ENOMEM. */
static int make_kinds(struct splitter *splitter, const struct host_ports *ports)
{
	int status = 0;

	for (unsigned i = 0; i < 2 * SENDER_TRAITS && status == 0; i++) {
		struct sender_question question = {
		    .graph = &splitter->host->graph,
		    .family = i < SENDER_TRAITS ? NFPROTO_IPV4 : NFPROTO_IPV6,
		    .trait = (enum sender_trait)(i % SENDER_TRAITS),
		    .ports = ports->any ? NULL : ports->items,
		    .n_ports = ports->n,
		    .view = splitter->host->view,
		};

		status = sender_kinds_make(&question,
		                           &splitter->kinds[i / SENDER_TRAITS][question.trait],
		                           &splitter->left_out->scattered);
	}
	return status;
}

/* The share of each of n, in bounds. */
static size_t share(size_t all, size_t n, size_t least, size_t most)
{
	size_t each = all / (n + 1);

	return each < least ? least : each > most ? most : each;
}

int vantages_split(const struct host *host, const struct host_ports *ports, struct arena *arena,
                   struct vantages *vantages, struct split_left_out *ret_left_out)
{
	struct splitter splitter = {
	    .host = host,
	    .arena = arena,
	    .vantages = vantages,
	    .n = vantages->n,
	    .most_vantages = share(VANTAGES_TIMES_PORTS, ports->n, VANTAGES_LEAST, VANTAGES_MOST),
	    .most_parts = share(PARTS_TIMES_PORTS, ports->n, PARTS_LEAST, PARTS_MOST),
	    .left_out = ret_left_out};
	int status = make_kinds(&splitter, ports);

	/* A forged address of an engine's network is tried for the network, not for who has it. */
	for (size_t i = 0; status == 0 && i < splitter.n; i++)
		if (vantages->items[i].class != VANTAGE_SPOOFED || !vantages->items[i].network)
			status = split_one(&splitter, i);
	for (unsigned trait = SENDER_PORT; trait < SENDER_TRAITS; trait++)
		for (size_t i = 0, n = vantages->n; status == 0 && i < n; i++)
			if (has_choice(&vantages->items[i], (enum sender_trait)trait))
				status = split_choices(&splitter, i, (enum sender_trait)trait);
	for (unsigned i = 0; i < 2 * SENDER_TRAITS; i++)
		vec_done(&splitter.kinds[i / SENDER_TRAITS][i % SENDER_TRAITS]);
	return status;
}
