/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends probes and says what became of each.
 *
 * Theory of operation. Probes go out in chunks of INJECT_SLOTS, so memory is bounded whatever is
 * asked. A chunk is done when three things have been seen: the injector has put every frame on its
 * link; the catcher has counted as many coming in by that link, or the run fails rather than call
 * a probe filtered that was never sent; and no CPU is still working on one of them. The last
 * is given where the injector returns after the fact; else membarrier() waits until every CPU has
 * left the code that it was in (RCU), and a packet's way through the stack is one such stretch.
 */
#include "prove/prover.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	STEERED_WINDOW = 256,
	AWAIT_MSEC = 2000,
	AWAIT_PAUSE_NSEC = 100 * 1000,
	SELECT_MOST = 4096,
	BARRIER_FALLBACK_NSEC = 50 * 1000 * 1000,
};

/* How frames for a link get to it. */
struct way {
	uint32_t entry; /* the link they come in by */
	char name[IFNAMSIZ];
	uint8_t mac[6]; /* the address they are sent to */
};

/* The monotonic clock in seconds. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int prover_enter(struct prover *prover, struct error **ret_error)
{
	int status = prover->twin ? twin_enter(prover->twin) : 0;

	return status < 0 ? error_wrap(ret_error, status, "cannot enter the twin") : 0;
}

int prover_leave(struct prover *prover, int status, struct error **ret_error)
{
	int left = prover->twin ? twin_leave(prover->twin) : 0;

	return left < 0 ? error_wrap(ret_error, left, "cannot leave the twin") : status;
}

/* Makes the injector that was asked for, or the best there is. The caller stands at home. */
static int choose_injector(struct prover *prover, enum prove_injector injector,
                           struct error **ret_error)
{
	_cleanup_error_ struct error *bpf_error = NULL;
	int status = -EOPNOTSUPP;

	if (injector != INJECT_PACKET) {
		status = injector_new_bpf(&prover->injector, &bpf_error);
		if (!status)
			return 0;
	}
	if (injector == INJECT_BPF || (!prover->twin && injector == INJECT_AUTO))
		return error_set(ret_error, -status, "%s", error_message(bpf_error));
	if (!prover->twin)
		return error_set(ret_error, EOPNOTSUPP,
		                 "the packet injector needs a twin: a live host's links have no "
		                 "far end here");
	return injector_new_packet(prover->twin, prover->view, &prover->injector, ret_error);
}

/*
 * Whether packets that come in here may be worked on by another CPU. A live host's links can be
 * set up in many ways; a twin's are fresh and have what the namespace gives to new ones.
 */
static bool is_steered(const struct prover *prover)
{
	_cleanup_close_ int fd = open("/proc/sys/net/core/rps_default_mask", O_RDONLY | O_CLOEXEC);
	char mask[4096];
	ssize_t len = fd < 0 ? 0 : read(fd, mask, sizeof(mask) - 1);

	if (!prover->twin)
		return true;
	mask[len > 0 ? len : 0] = 0;
	return strpbrk(mask, "123456789abcdef");
}

/* Makes what lives in the namespace that is probed. The caller stands there. */
static int set_up(struct prover *prover, struct error **ret_error)
{
	prover->control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (prover->control < 0)
		return error_wrap(ret_error, -errno, "cannot open a socket");
	prover->steered = is_steered(prover);
	return catcher_new(!prover->twin, prover->tag, &prover->catcher, ret_error);
}

int prover_new(struct twin *twin, const struct netview *view, enum prove_injector injector,
               struct prover **ret_prover, struct error **ret_error)
{
	_cleanup_(cleanup_prover_free) struct prover *prover = calloc(1, sizeof(*prover));
	int status;

	if (!prover)
		return error_set(ret_error, ENOMEM, "out of memory");
	*prover = (struct prover){.twin = twin, .view = view, .control = -1};
	if (getrandom(&prover->tag, sizeof(prover->tag), 0) < 0)
		return error_wrap(ret_error, -errno, "cannot choose a random number");
	prover->tag = (prover->tag & (uint32_t)CATCH_TAG_MASK) | 1u << 31;
	status = choose_injector(prover, injector, ret_error);
	if (status < 0)
		return status;
	status = prover_enter(prover, ret_error);
	if (status < 0)
		return status;
	status = prover_leave(prover, set_up(prover, ret_error), ret_error);
	if (status < 0)
		return status;
	*ret_prover = steal_pointer(&prover);
	return 0;
}

/* Where frames for bridge ports are addressed to: their bridge. Else the link itself. */
static uint32_t addressed_link(const struct prover *prover, uint32_t ifindex)
{
	const struct link *link = netview_link(prover->view, ifindex);
	const struct link *master =
	    link && link->master ? netview_link(prover->view, link->master) : NULL;

	return master && !strcmp(master->kind, "bridge") ? master->index : ifindex;
}

/* Asks the kernel for a link's name and hardware address. 0 or a negative errno. */
static int link_address(const struct prover *prover, uint32_t ifindex, struct ifreq *ret_request)
{
	struct ifreq request = {.ifr_ifindex = (int)ifindex};

	if (ioctl(prover->control, SIOCGIFNAME, &request) < 0 ||
	    ioctl(prover->control, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	*ret_request = request;
	return 0;
}

/* Finds how frames for a link get to it, and has the catcher count them there. */
static int find_way(struct prover *prover, uint32_t ifindex, struct way *ret_way,
                    struct error **ret_error)
{
	struct ifreq request;
	struct way way;
	int status =
	    prover->injector->kind->entry(prover->injector, ifindex, &way.entry, ret_error);

	if (status < 0)
		return status;
	status = link_address(prover, addressed_link(prover, way.entry), &request);
	if (!status) {
		memcpy(way.mac, request.ifr_hwaddr.sa_data, sizeof(way.mac));
		status = link_address(prover, way.entry, &request);
	}
	if (status < 0)
		return error_wrap(ret_error, status, "cannot ask for link %u", ifindex);
	memcpy(way.name, request.ifr_name, sizeof(way.name));
	*ret_way = way;
	return catcher_watch(prover->catcher, way.entry, way.name, ret_error);
}

/* Waits, for a bounded time, until `expected` probes in all have come in by a link. */
static int await_seen(struct prover *prover, const struct way *way, uint64_t expected,
                      struct error **ret_error)
{
	double end = now() + AWAIT_MSEC / 1e3;
	uint64_t seen = 0;
	int status;

	for (;;) {
		status = catcher_seen(prover->catcher, way->entry, &seen);
		if (status < 0)
			return error_wrap(ret_error, status, "cannot count what came in by %s",
			                  way->name);
		if (seen >= expected)
			return 0;
		if (now() > end)
			break;
		nanosleep(&(struct timespec){.tv_nsec = AWAIT_PAUSE_NSEC}, NULL);
	}
	return error_set(ret_error, EIO,
	                 "%llu probes sent to %s never came in by it: something took them before "
	                 "netfilter saw them (a tc program, or the link is down)",
	                 (unsigned long long)(expected - seen), way->name);
}

/* Puts written frames on a link and waits until all of them have come in; `alike`: see inject.h. */
static int deliver(struct prover *prover, const struct way *way, uint32_t first, uint32_t n,
                   bool alike, struct error **ret_error)
{
	const struct injector_kind *kind = prover->injector->kind;
	/* Frames that are moved to other CPUs wait in queues that hold about 1000. */
	uint32_t window = prover->steered ? STEERED_WINDOW : kind->window;
	uint64_t before;
	int status = catcher_seen(prover->catcher, way->entry, &before);

	if (status < 0)
		return error_wrap(ret_error, status, "cannot count what comes in by %s", way->name);
	for (uint32_t done = 0, part; done < n; done += part) {
		part = n - done < window ? n - done : window;
		status =
		    kind->send(prover->injector, way->entry, first + done, part, alike, ret_error);
		if (!status)
			status = await_seen(prover, way, before + done + part, ret_error);
		if (status < 0)
			return status;
	}
	prover->counts.sent += n;
	return 0;
}

/* Waits until no CPU is still working on a packet that has come in. */
static void settle(const struct prover *prover)
{
	if (prover->injector->kind->synchronous && !prover->steered)
		return;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&(struct timespec){.tv_nsec = BARRIER_FALLBACK_NSEC}, NULL);
}

/* Takes a chunk's arrivals from the catcher. */
static int collect(struct prover *prover, size_t n, struct arrival *arrivals,
                   struct error **ret_error)
{
	size_t arrived = 0;
	int status;

	settle(prover);
	memset(arrivals, 0, n * sizeof(*arrivals));
	status = catcher_collect(prover->catcher, prover->base, n, arrivals, &arrived, ret_error);
	prover->counts.arrived += arrived;
	return status;
}

/* Says whether a probe can be sent at all. */
static int check_probe(const struct prover *prover, const struct probe *probe,
                       struct error **ret_error)
{
	if (probe->protocol != IPPROTO_TCP && probe->protocol != IPPROTO_UDP &&
	    probe->protocol != IPPROTO_SCTP)
		return error_set(ret_error, EINVAL, "cannot probe protocol %u", probe->protocol);
	if ((probe->source.family != AF_INET && probe->source.family != AF_INET6) ||
	    probe->source.family != probe->destination.family)
		return error_set(ret_error, EINVAL,
		                 "a probe's source and destination must be of one family");
	if (probe->l2_direct && !catcher_bridges(prover->catcher))
		return error_set(ret_error, EOPNOTSUPP,
		                 "cannot catch bridged frames: this kernel has no nftables bridge "
		                 "family");
	return 0;
}

/* Writes a probe's frame into a slot. */
static void write_slot(struct prover *prover, const struct probe *probe, const struct way *way,
                       uint32_t slot)
{
	probe_frame(probe, prover->tag | (prover->base + slot),
	            probe->has_source_mac ? probe->source_mac : probe_source_mac,
	            probe->l2_direct ? probe->destination_mac : way->mac,
	            prover->injector->slots[slot]);
}

/* Sends a chunk, one run of probes with the same link after the other. */
static int send_chunk(struct prover *prover, const struct probe *probes, uint32_t n,
                      struct error **ret_error)
{
	uint32_t first = 0, slot = 0;

	while (first < n) {
		struct way way;
		int status = find_way(prover, probes[first].ifindex, &way, ret_error);

		if (status < 0)
			return status;
		for (; slot < n && probes[slot].ifindex == probes[first].ifindex; slot++) {
			status = check_probe(prover, &probes[slot], ret_error);
			if (status < 0)
				return status;
			write_slot(prover, &probes[slot], &way, slot);
		}
		status = deliver(prover, &way, first, slot - first, false, ret_error);
		if (status < 0)
			return status;
		first = slot;
	}
	return 0;
}

/* Gives the next chunk other indexes than those before it. */
static void turn(struct prover *prover)
{
	prover->base %= CATCH_SELECTIVE;
	prover->base = (prover->base + INJECT_SLOTS) % (PROVER_TURNS * INJECT_SLOTS);
}

/* Sends a chunk and collects, in the namespace that is probed. */
static int run_chunk(struct prover *prover, const struct probe *probes, uint32_t n,
                     struct arrival *arrivals, struct error **ret_error)
{
	int status = prover_enter(prover, ret_error);

	if (status < 0)
		return status;
	status = send_chunk(prover, probes, n, ret_error);
	if (!status)
		status = collect(prover, n, arrivals, ret_error);
	return prover_leave(prover, status, ret_error);
}

int prover_send(struct prover *prover, const struct probe *probes, size_t n,
                struct arrival *arrivals, struct error **ret_error)
{
	double start = now();
	int status = 0;

	for (size_t done = 0; done < n && !status; done += INJECT_SLOTS) {
		size_t part = n - done < INJECT_SLOTS ? n - done : INJECT_SLOTS;

		turn(prover);
		status =
		    run_chunk(prover, probes + done, (uint32_t)part, arrivals + done, ret_error);
	}
	prover->counts.seconds += now() - start;
	return status;
}

int prover_send_one(struct prover *prover, const struct probe *probe, uint32_t index,
                    struct arrival *ret_arrival, struct error **ret_error)
{
	prover->base = index;
	return run_chunk(prover, probe, 1, ret_arrival, ret_error);
}

/* Writes the frames of a run of destination ports: one in full, the others from it. */
static void write_ports(struct prover *prover, const struct probe *probe, const struct way *way,
                        uint32_t n)
{
	uint8_t(*slots)[FRAME_SIZE] = prover->injector->slots;

	write_slot(prover, probe, way, 0);
	for (uint32_t i = 1; i < n; i++) {
		memcpy(slots[i], slots[i - 1], FRAME_SIZE);
		probe_frame_retarget(probe, (uint16_t)(probe->destination_port + i),
		                     prover->tag | (prover->base + i), slots[i]);
	}
}

/*
 * Selects the ports that the view has sockets on. Where they are very many, sweeps
 * record everything instead.
 */
static int select_listening(struct prover *prover, struct error **ret_error)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	uint16_t ports[SELECT_MOST];
	int status = 0;

	if (prover->listening != LISTENING_UNKNOWN)
		return 0;
	prover->listening = LISTENING_MANY;
	if (prover->view->sockets.n > SELECT_MOST)
		return 0;
	for (size_t i = 0; i < sizeof(protocols) && !status; i++) {
		size_t n = 0;

		vec_foreach(socket, &prover->view->sockets)
			if (socket->protocol == protocols[i])
				ports[n++] = socket->port;
		status = catcher_select(prover->catcher, protocols[i], ports, n, ret_error);
	}
	if (!status)
		prover->listening = LISTENING_SELECTED;
	return status;
}

/* Sends n ports from the probe's own on and collects. */
static int run_ports(struct prover *prover, const struct probe *probe, uint32_t n,
                     struct arrival *arrivals, struct error **ret_error)
{
	struct way way = {0};
	int status = prover_enter(prover, ret_error);

	if (status < 0)
		return status;
	turn(prover);
	status = select_listening(prover, ret_error);
	if (!status && prover->listening == LISTENING_SELECTED)
		prover->base |= CATCH_SELECTIVE;
	if (!status)
		status = find_way(prover, probe->ifindex, &way, ret_error);
	if (!status) {
		write_ports(prover, probe, &way, n);
		status = deliver(prover, &way, 0, n, true, ret_error);
	}
	if (!status)
		status = collect(prover, n, arrivals, ret_error);
	return prover_leave(prover, status, ret_error);
}

int prover_sweep(struct prover *prover, const struct probe *probe, uint16_t first_port,
                 uint16_t last_port,
                 int (*arrived)(const struct probe *probe, const struct arrival *arrival,
                                void *data),
                 void *data, struct error **ret_error)
{
	_cleanup_free_ struct arrival *arrivals = calloc(INJECT_SLOTS, sizeof(*arrivals));
	struct probe start = *probe, port = *probe;
	double seconds = 0;
	int status;

	if (!arrivals)
		return error_set(ret_error, ENOMEM, "out of memory");
	status = check_probe(prover, probe, ret_error);
	for (uint32_t first = first_port, n; first <= last_port && !status; first += n) {
		double began = now();

		n = last_port - first + 1u;
		n = n < INJECT_SLOTS ? n : INJECT_SLOTS;
		start.destination_port = (uint16_t)first;
		status = run_ports(prover, &start, n, arrivals, ret_error);
		seconds += now() - began;
		for (uint32_t i = 0; i < n && !status; i++) {
			port.destination_port = (uint16_t)(first + i);
			if (arrivals[i].hook != ARRIVED_NOWHERE)
				status = arrived(&port, &arrivals[i], data);
		}
	}
	prover->counts.seconds += seconds;
	return status;
}

struct prove_counts prover_counts(const struct prover *prover)
{
	return prover->counts;
}

const char *prover_injector_name(const struct prover *prover)
{
	return prover->injector->kind->name;
}

void prover_free(struct prover *prover)
{
	if (!prover)
		return;
	tracer_free(prover->tracer);
	catcher_free(prover->catcher);
	injector_free(prover->injector);
	if (prover->control >= 0)
		close(prover->control);
	free(prover);
}
