/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the catcher's tables up, reads what they caught, takes them away.
 *
 * Theory of operation. What the tables hold and why is said in catch_rules.c. All of it is read
 * and written through one netlink socket, which on a live host owns the tables: they go when it is
 * closed, however this process ends.
 * A set's dump comes in several parts, between which the kernel may have rehashed it, so that
 * elements are missing or come twice. Each catch point counts the keys that it adds; a dump is
 * only believed when that many different probes were in it, and repeated else.
 */
#include "prove/catch.h"
#include "base/vec.h"
#include "prove/catch_rules.h"
#include "prove/nft_dump.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

enum {
	DUMP_TRIES = 50,
	SELECT_PART = 512, /* ports, a message each, in one transaction */
	DUMP_PAUSE_NSEC = 500 * 1000,
};

VEC_TYPE(numbers, uint32_t);

struct catcher {
	struct mnl_socket *socket;
	uint32_t tag, sequence;
	bool live, bridges;
	uint8_t *receive;              /* NFT_DUMP_ROOM bytes */
	uint64_t caught[CATCH_POINTS]; /* as counted at the last collection */
	struct numbers watched;        /* links */
	struct numbers traced;         /* indexes */
};

/* Sends a batch; its sequence goes on in the next one. */
static int commit(struct catcher *catcher, struct nft_batch *batch)
{
	int status = nft_batch_commit(batch, catcher->socket);

	catcher->sequence = batch->sequence;
	return status;
}

/* Deletes one family's table, where there is one. 0 or a negative errno. */
static int delete_table(struct catcher *catcher, uint8_t family)
{
	struct nft_batch batch;
	int status = nft_batch_begin(&batch, catcher->sequence);

	if (status < 0)
		return status;
	mnl_attr_put_strz(nft_batch_message(&batch, NFT_MSG_DELTABLE, family, 0), NFTA_TABLE_NAME,
	                  CATCH_TABLE);
	status = commit(catcher, &batch);
	return status == -ENOENT ? 0 : status;
}

/* Makes one family's table; -EEXIST when there is one. */
static int create_table(struct catcher *catcher, uint8_t family)
{
	struct nft_batch batch;
	int status = nft_batch_begin(&batch, catcher->sequence);

	if (status < 0)
		return status;
	catch_rules_table(&batch, family, catcher->tag, catcher->live);
	return commit(catcher, &batch);
}

/* Makes one family's table anew, where a killed process has left one. */
static int replace_table(struct catcher *catcher, uint8_t family)
{
	int status = create_table(catcher, family);

	if (status != -EEXIST && status != -EPERM)
		return status;
	status = delete_table(catcher, family);
	return status < 0 ? status : create_table(catcher, family);
}

/* Makes all tables; a kernel without the bridge family is fine. */
static int create_tables(struct catcher *catcher, struct error **ret_error)
{
	static const struct {
		uint8_t family;
		const char *name;
	} tables[] = {
	    {NFPROTO_INET, "inet"}, {NFPROTO_NETDEV, "netdev"}, {NFPROTO_BRIDGE, "bridge"}};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		int status = replace_table(catcher, tables[i].family);

		if (tables[i].family == NFPROTO_BRIDGE && status == -EOPNOTSUPP)
			continue;
		if (status == -EPERM && catcher->live)
			return error_set(ret_error, EBUSY,
			                 "another seawall is probing this host (table %s %s is "
			                 "not ours to change)",
			                 tables[i].name, CATCH_TABLE);
		if (status < 0)
			return error_wrap(ret_error, status, "cannot create nftables table %s %s",
			                  tables[i].name, CATCH_TABLE);
		catcher->bridges |= tables[i].family == NFPROTO_BRIDGE;
	}
	return 0;
}

int catcher_new(bool live, uint32_t tag, struct catcher **ret_catcher, struct error **ret_error)
{
	_cleanup_(cleanup_catcher_free) struct catcher *catcher = calloc(1, sizeof(*catcher));
	int status;

	if (!catcher || !(catcher->receive = malloc(NFT_DUMP_ROOM)))
		return error_set(ret_error, ENOMEM, "out of memory");
	catcher->tag = tag;
	catcher->live = live;
	catcher->sequence = 1;
	catcher->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!catcher->socket || mnl_socket_bind(catcher->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_wrap(ret_error, -errno, "cannot open a netfilter socket");
	status = create_tables(catcher, ret_error);
	if (status < 0)
		return status;
	*ret_catcher = steal_pointer(&catcher);
	return 0;
}

bool catcher_bridges(const struct catcher *catcher)
{
	return catcher->bridges;
}

/* Whether a number is in a short list. */
static bool is_listed(const struct numbers *numbers, uint32_t number)
{
	vec_foreach(item, numbers)
		if (*item == number)
			return true;
	return false;
}

int catcher_watch(struct catcher *catcher, uint32_t ifindex, const char *name,
                  struct error **ret_error)
{
	struct nft_batch batch;
	int status;

	if (is_listed(&catcher->watched, ifindex))
		return 0;
	if (vec_reserve(&catcher->watched, 1) < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	status = nft_batch_begin(&batch, catcher->sequence);
	if (!status) {
		catch_rules_watch(&batch, ifindex, name, catcher->tag);
		status = commit(catcher, &batch);
	}
	if (status < 0)
		return error_wrap(ret_error, status, "cannot count what comes in by %s", name);
	catcher->watched.items[catcher->watched.n++] = ifindex;
	return 0;
}

int catcher_select(struct catcher *catcher, uint8_t protocol, const uint16_t *ports, size_t n,
                   struct error **ret_error)
{
	for (size_t first = 0, part; first < n; first += part) {
		struct nft_batch batch;
		int status = nft_batch_begin(&batch, catcher->sequence);

		part = n - first < SELECT_PART ? n - first : SELECT_PART;
		for (size_t i = 0; i < part && !status; i++)
			catch_rules_select(&batch, protocol, ports[first + i]);
		if (!status)
			status = commit(catcher, &batch);
		if (status < 0)
			return error_wrap(ret_error, status, "cannot select the ports of a sweep");
	}
	return 0;
}

int catcher_trace(struct catcher *catcher, uint32_t index, struct error **ret_error)
{
	struct nft_batch batch;
	int status;

	if (is_listed(&catcher->traced, index))
		return 0;
	if (vec_reserve(&catcher->traced, 1) < 0)
		return error_set(ret_error, ENOMEM, "out of memory");
	status = nft_batch_begin(&batch, catcher->sequence);
	if (!status) {
		catch_rules_trace(&batch, catcher->tag | index);
		status = commit(catcher, &batch);
	}
	if (status < 0)
		return error_wrap(ret_error, status, "cannot turn tracing on");
	catcher->traced.items[catcher->traced.n++] = index;
	return 0;
}

/* Dumps a set of ours. 0, -EAGAIN when it changed meanwhile and elements may be missing, -errno. */
static int dump_set(struct catcher *catcher, uint8_t family, const char *set, nft_element_fn *each,
                    void *data)
{
	const struct nft_set name = {family, CATCH_TABLE, set};

	return nft_dump_set(catcher->socket, ++catcher->sequence, &name, catcher->receive, each,
	                    data);
}

/* Lets the kernel's background work, or somebody else's transaction, get done. */
static void pause_dump(void)
{
	nanosleep(&(struct timespec){.tv_nsec = DUMP_PAUSE_NSEC}, NULL);
}

/* A counter that is looked for by its key. */
struct counter {
	uint32_t key;
	uint64_t packets;
};

/* Takes the one counter that is looked for. */
static void take_counter(const uint8_t *key, size_t len, uint64_t packets, void *data)
{
	struct counter *counter = data;

	if (len == sizeof(counter->key) && !memcmp(key, &counter->key, len))
		counter->packets = packets;
}

/* Reads one counter of a small set; one that is not there yet is 0. */
static int read_counter(struct catcher *catcher, uint8_t family, const char *set, uint32_t key,
                        uint64_t *ret_packets)
{
	for (unsigned i = 0; i < DUMP_TRIES; i++) {
		struct counter counter = {.key = key};
		int status = dump_set(catcher, family, set, take_counter, &counter);

		if (!status)
			*ret_packets = counter.packets;
		if (status != -EAGAIN)
			return status;
		pause_dump();
	}
	return -EAGAIN;
}

int catcher_seen(struct catcher *catcher, uint32_t ifindex, uint64_t *ret_seen)
{
	return read_counter(catcher, NFPROTO_NETDEV, CATCH_SEEN, ifindex, ret_seen);
}

/* A collection from one point's sets. */
struct collection {
	const struct catch_point *point;
	uint32_t first; /* id of arrivals[0] */
	size_t n;
	struct arrival *arrivals;
	uint64_t taken; /* different probes, in all dumps */
	uint64_t stray; /* in this dump: elements that a failed run left behind */
	uint64_t elements;
};

/* Writes one arrival from a set's key; catch_rules.c says how that is laid out. */
static void take_arrival(const uint8_t *key, size_t len, uint64_t packets, void *data)
{
	struct collection *collection = data;
	size_t address = len == catch_key_size(4) ? 4 : 16;
	const uint8_t *port_at = key + 4 + address, *source = port_at + 4;
	struct arrival *arrival;
	uint16_t port;
	uint32_t id;

	(void)packets;
	if (len != catch_key_size((uint32_t)address))
		return;
	collection->elements++;
	memcpy(&id, key, sizeof(id));
	id = ntohl(id) - collection->first;
	if (id >= collection->n) {
		collection->stray++;
		return;
	}
	arrival = &collection->arrivals[id];
	if (arrival->hook == collection->point->arrival)
		return;
	memcpy(&port, port_at, sizeof(port));
	arrival->hook = collection->point->arrival;
	arrival->destination = address_make(address == 4 ? AF_INET : AF_INET6, key + 4);
	arrival->destination_port = ntohs(port);
	arrival->source = address_make(address == 4 ? AF_INET : AF_INET6, source);
	memcpy(&arrival->out_ifindex, source + address, sizeof(arrival->out_ifindex));
	collection->taken++;
}

/* Empties a point's sets. */
static int flush_point(struct catcher *catcher, const struct catch_point *point)
{
	struct nft_batch batch;
	int status = nft_batch_begin(&batch, catcher->sequence);

	if (status < 0)
		return status;
	for (unsigned i = 0; i < 2; i++)
		catch_rules_flush(&batch, point->family, point->sets[i]);
	return commit(catcher, &batch);
}

/*
 * Dumps a point's sets until the probes that were counted there, `expected` keys, have been in
 * them. Should all keys be there but fewer probes, some were caught twice on different ways, a
 * copy that TEE made for one; should keys be missing, the set was full, or is not ours alone.
 */
static int collect_point(struct catcher *catcher, struct collection *collection, uint64_t expected)
{
	for (unsigned i = 0; i < DUMP_TRIES; i++) {
		collection->stray = collection->elements = 0;
		for (unsigned which = 0; which < 2; which++) {
			int status =
			    dump_set(catcher, collection->point->family,
			             collection->point->sets[which], take_arrival, collection);

			if (status < 0 && status != -EAGAIN)
				return status;
		}
		if (collection->taken + collection->stray >= expected)
			return flush_point(catcher, collection->point);
		pause_dump();
	}
	if (collection->elements < expected)
		return -ENOBUFS;
	return flush_point(catcher, collection->point);
}

int catcher_collect(struct catcher *catcher, uint32_t first_index, size_t n,
                    struct arrival *arrivals, size_t *ret_arrived, struct error **ret_error)
{
	size_t arrived = 0;

	for (unsigned i = 0; i < CATCH_POINTS; i++) {
		const struct catch_point *point = &catch_points[i];
		struct collection collection = {.point = point,
		                                .first = catcher->tag | first_index,
		                                .n = n,
		                                .arrivals = arrivals};
		uint64_t caught = 0;
		int status = 0;

		if (point->family == NFPROTO_BRIDGE && !catcher->bridges)
			continue;
		status = read_counter(catcher, point->family, CATCH_CAUGHT, i, &caught);
		if (!status && caught != catcher->caught[i])
			status = collect_point(catcher, &collection, caught - catcher->caught[i]);
		if (status < 0)
			return error_wrap(ret_error, status, "cannot read what was caught");
		catcher->caught[i] = caught;
	}
	for (size_t i = 0; i < n; i++)
		arrived += arrivals[i].hook != ARRIVED_NOWHERE;
	*ret_arrived = arrived;
	return 0;
}

/* Deletes all tables that were made; if that fails, a live host's go with the socket. */
static void delete_tables(struct catcher *catcher)
{
	static const uint8_t families[] = {NFPROTO_INET, NFPROTO_NETDEV, NFPROTO_BRIDGE};
	struct nft_batch batch;

	if (nft_batch_begin(&batch, catcher->sequence) < 0)
		return;
	for (size_t i = 0; i < sizeof(families) - !catcher->bridges; i++)
		mnl_attr_put_strz(nft_batch_message(&batch, NFT_MSG_DELTABLE, families[i], 0),
		                  NFTA_TABLE_NAME, CATCH_TABLE);
	(void)commit(catcher, &batch);
}

void catcher_free(struct catcher *catcher)
{
	if (!catcher)
		return;
	if (catcher->socket) {
		delete_tables(catcher);
		mnl_socket_close(catcher->socket);
	}
	vec_done(&catcher->watched);
	vec_done(&catcher->traced);
	free(catcher->receive);
	free(catcher);
}
