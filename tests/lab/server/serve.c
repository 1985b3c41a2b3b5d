/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server: answers on every port it was given and writes down each arrival.
 *
 * Theory of operation: one process, one poll loop, so that it can be PID 1 of a container. Each
 * arrival is one line of stdout and of the log file, `tcp/80 PEER > LOCAL`, which a test reads from
 * outside through /proc/PID/root: a count is a count of lines. A packet socket also writes `syn/80`
 * for TCP segments that open a connection, because a delivery can be one-way: the segment arrives,
 * the answer does not get home, and accept() never returns.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "modes.h"
#include "sctp.h"
#include "verdict.h"

/** What a descriptor of the poll loop is for. */
enum role {
	ROLE_TCP,
	ROLE_HTTP,
	ROLE_UDP,
	ROLE_SCTP,
	ROLE_TALK,  /**< an accepted TCP connection: lines are echoed */
	ROLE_ASK,   /**< an accepted HTTP connection: the request has not ended yet */
	ROLE_SNIFF, /**< the packet socket */
	ROLE_SCTP_RAW,
};

/** One descriptor of the poll loop. */
struct slot {
	enum role role;
	uint16_t port;
	char banner[256];
};

/** Most descriptors at once; a lab never needs more, and a sweep must not take the machine. */
#define SLOTS_MAX 4096

/** The most ports of one protocol that can be watched. */
#define PORTS_MAX 65536

static struct pollfd fds[SLOTS_MAX];
static struct slot slots[SLOTS_MAX];
static nfds_t n_slots;
static bool is_tcp_port[PORTS_MAX];
static bool is_sctp_port[PORTS_MAX];
static const char *name = "labserver";
static int log_fd = -1;

/** Writes one line to stdout and to the log file, each in one write. */
__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	char line[1024];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	if ((size_t)len > sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)len) < 0 && errno == EPIPE)
		return;
	if (log_fd >= 0 && write(log_fd, line, (size_t)len) < 0)
		log_fd = -1;
}

/** Adds `fd` to the poll loop; closes it when the loop is full. Returns its slot or NULL. */
static struct slot *slot_add(int fd, enum role role, uint16_t port)
{
	struct slot *slot;

	if (n_slots == SLOTS_MAX) {
		close(fd);
		return NULL;
	}
	fds[n_slots] = (struct pollfd){.fd = fd, .events = POLLIN};
	slot = &slots[n_slots++];
	*slot = (struct slot){.role = role, .port = port};
	return slot;
}

/** Closes slot `i` and moves the last one into its place. */
static void slot_remove(nfds_t i)
{
	close(fds[i].fd);
	n_slots--;
	fds[i] = fds[n_slots];
	slots[i] = slots[n_slots];
}

/** Opens a socket on `address`. Returns false when it cannot be opened. */
static bool listen_on(enum role role, const struct address *address)
{
	static const struct {
		int type, protocol;
	} kinds[] = {
	    [ROLE_TCP] = {SOCK_STREAM, IPPROTO_TCP},
	    [ROLE_HTTP] = {SOCK_STREAM, IPPROTO_TCP},
	    [ROLE_UDP] = {SOCK_DGRAM, IPPROTO_UDP},
	    [ROLE_SCTP] = {SOCK_STREAM, IPPROTO_SCTP},
	};
	int family = address->sa.sa_family;
	int on = 1;
	int fd =
	    socket(family, kinds[role].type | SOCK_NONBLOCK | SOCK_CLOEXEC, kinds[role].protocol);

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (role == ROLE_UDP && family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	if (role == ROLE_UDP && family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	if (bind(fd, &address->sa, address->len) || (role != ROLE_UDP && listen(fd, 128))) {
		int error = errno;

		close(fd);
		errno = error;
		return false;
	}
	return slot_add(fd, role, address_port(address)) != NULL;
}

/** Opens one port of one protocol on `host`, or on all addresses of both families. */
static bool listen_port(enum role role, const char *host, uint16_t port)
{
	struct address a;
	bool ok;

	if (role == ROLE_SCTP && !sctp_in_kernel()) {
		is_sctp_port[port] = true;
		return true;
	}
	if (host)
		ok = address_parse(host, port, &a) && listen_on(role, &a);
	else {
		address_any(AF_INET, port, &a);
		ok = listen_on(role, &a);
		address_any(AF_INET6, port, &a);
		ok |= listen_on(role, &a);
	}
	if (ok && role <= ROLE_HTTP)
		is_tcp_port[port] = true;
	return ok;
}

/** Opens what `spec` says: `tcp:80`, `udp:127.0.0.1:53`, `tcp:[::1]:80`, `tcp:8000-8010`. */
static bool listen_spec(const char *spec)
{
	static const char *const words[] = {"tcp", "http", "udp", "sctp"};
	char text[ADDRESS_TEXT_MAX];
	char *rest, *ports, *last, *host = NULL;
	uint16_t low, high;
	unsigned int role = 0;

	if (strlen(spec) >= sizeof(text))
		return false;
	strcpy(text, spec);
	rest = strchr(text, ':');
	if (!rest)
		return false;
	*rest++ = '\0';
	while (role <= ROLE_SCTP && strcmp(text, words[role]) != 0)
		role++;
	if (role > ROLE_SCTP)
		return false;
	ports = strrchr(rest, ':');
	if (ports) {
		*ports++ = '\0';
		host = rest;
		if (*host == '[' && host[strlen(host) - 1] == ']') {
			host[strlen(host) - 1] = '\0';
			host++;
		}
	} else {
		ports = rest;
	}
	last = strchr(ports, '-');
	if (last)
		*last++ = '\0';
	if (!port_parse(ports, &low) || !port_parse(last ? last : ports, &high))
		return false;
	for (unsigned int port = low; port <= high; port++)
		if (!listen_port((enum role)role, host, (uint16_t)port))
			return false;
	return true;
}

/** Takes one TCP connection, writes its banner and keeps it for echoing. */
static void accept_tcp(const struct slot *listener, int listen_fd)
{
	struct address peer = {.len = sizeof(peer.in6)}, local = {.len = sizeof(local.in6)};
	char peer_text[ADDRESS_TEXT_MAX], local_text[ADDRESS_TEXT_MAX];
	const char *proto = listener->role == ROLE_SCTP ? "sctp" : "tcp";
	enum role role = listener->role == ROLE_HTTP ? ROLE_ASK : ROLE_TALK;
	uint16_t port = listener->port;
	struct slot *slot;
	int fd = accept4(listen_fd, &peer.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	getsockname(fd, &local.sa, &local.len);
	address_text(&peer, peer_text);
	address_text(&local, local_text);
	note("%s/%u %s > %s", proto, port, peer_text, local_text);
	slot = slot_add(fd, role, port);
	if (!slot)
		return;
	snprintf(slot->banner, sizeof(slot->banner), "%s %s/%u peer=%s local=%s\n", name, proto,
	         port, peer_text, local_text);
	if (role == ROLE_TALK)
		(void)!write(fd, slot->banner, strlen(slot->banner));
}

/** Echoes what came on a TCP connection. Returns false when the connection has ended. */
static bool talk(int fd)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));

	if (n < 0)
		return errno == EAGAIN;
	return n > 0 && write(fd, data, (size_t)n) == n;
}

/** Answers an HTTP request once its headers have ended. Returns false when the connection is done.
 */
static bool answer_http(int fd, const struct slot *slot)
{
	char data[4096], reply[512];
	ssize_t n = recv(fd, data, sizeof(data) - 1, MSG_PEEK);
	int len;

	if (n < 0)
		return errno == EAGAIN;
	data[n] = '\0';
	if (n > 0 && n < (ssize_t)sizeof(data) - 1 && !strstr(data, "\r\n\r\n"))
		return true;
	(void)!read(fd, data, sizeof(data));
	len = snprintf(reply, sizeof(reply),
	               "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
	               "Connection: close\r\n\r\n%s",
	               strlen(slot->banner), slot->banner);
	(void)!write(fd, reply, (size_t)len);
	shutdown(fd, SHUT_WR);
	return false;
}

/** The address that a datagram came to, from its control message; sets the one to answer from. */
static void datagram_local(struct msghdr *msg, struct address *ret_local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret_local->in4.sin_addr = info.ipi_addr;
			info.ipi_ifindex = 0;
			memcpy(CMSG_DATA(c), &info, sizeof(info));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret_local->in6.sin6_addr = info.ipi6_addr;
			if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
				info.ipi6_addr = in6addr_any;
			memcpy(CMSG_DATA(c), &info, sizeof(info));
		}
	}
}

/** Takes one datagram, writes it down and answers from the address that it came to. */
static void answer_udp(const struct slot *slot, int fd)
{
	struct address peer = {0}, local;
	char data[512], reply[1024], peer_text[ADDRESS_TEXT_MAX], local_text[ADDRESS_TEXT_MAX];
	char control[256];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data) - 1};
	struct msghdr msg = {.msg_name = &peer.sa,
	                     .msg_namelen = sizeof(peer.in6),
	                     .msg_iov = &iov,
	                     .msg_iovlen = 1,
	                     .msg_control = control,
	                     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &msg, 0);
	int len;

	if (n < 0)
		return;
	while (n > 0 && (data[n - 1] == '\n' || data[n - 1] == '\0'))
		n--;
	data[n] = '\0';
	for (char *p = data; p < data + n; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	peer.len = msg.msg_namelen;
	address_any(peer.sa.sa_family, slot->port, &local);
	datagram_local(&msg, &local);
	address_text(&peer, peer_text);
	address_text(&local, local_text);
	note("udp/%u %s > %s %s", slot->port, peer_text, local_text, data);
	len = snprintf(reply, sizeof(reply), "%s udp/%u peer=%s local=%s payload=%s\n", name,
	               slot->port, peer_text, local_text, data);
	iov = (struct iovec){.iov_base = reply, .iov_len = (size_t)len};
	(void)!sendmsg(fd, &msg, 0);
}

/** Tells whether `address` is one of this network namespace's own. */
static bool is_own(const struct address *address)
{
	struct ifaddrs *list;
	bool own = false;

	if (getifaddrs(&list))
		return false;
	for (const struct ifaddrs *i = list; i && !own; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != address->sa.sa_family)
			continue;
		if (address->sa.sa_family == AF_INET)
			own = ((const struct sockaddr_in *)(const void *)i->ifa_addr)
			          ->sin_addr.s_addr == address->in4.sin_addr.s_addr;
		else
			own = !memcmp(
			    &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr,
			    &address->in6.sin6_addr, sizeof(struct in6_addr));
	}
	freeifaddrs(list);
	return own;
}

/** Writes `syn/PORT` when `data` is a segment that opens a connection to one of our ports. */
static void note_syn(const unsigned char *data, size_t len)
{
	struct address peer, local;
	char peer_text[ADDRESS_TEXT_MAX], local_text[ADDRESS_TEXT_MAX];
	struct tcphdr tcp;
	size_t at;

	if (len >= sizeof(struct ip) && data[0] >> 4 == 4 && data[9] == IPPROTO_TCP) {
		address_any(AF_INET, 0, &peer);
		address_any(AF_INET, 0, &local);
		memcpy(&peer.in4.sin_addr, data + 12, 4);
		memcpy(&local.in4.sin_addr, data + 16, 4);
		at = (size_t)(data[0] & 15) * 4;
	} else if (len >= sizeof(struct ip6_hdr) && data[0] >> 4 == 6 && data[6] == IPPROTO_TCP) {
		address_any(AF_INET6, 0, &peer);
		address_any(AF_INET6, 0, &local);
		memcpy(&peer.in6.sin6_addr, data + 8, 16);
		memcpy(&local.in6.sin6_addr, data + 24, 16);
		at = sizeof(struct ip6_hdr);
	} else {
		return;
	}
	if (len < at + sizeof(tcp))
		return;
	memcpy(&tcp, data + at, sizeof(tcp));
	if (!tcp.syn || tcp.ack || !is_tcp_port[ntohs(tcp.dest)] || !is_own(&local))
		return;
	/* The two families keep the port in the same place. */
	peer.in4.sin_port = tcp.source;
	local.in4.sin_port = tcp.dest;
	note("syn/%u %s > %s", ntohs(tcp.dest), address_text(&peer, peer_text),
	     address_text(&local, local_text));
}

/** Reads one packet of the packet socket. */
static void sniff(int fd)
{
	unsigned char data[256];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, data, sizeof(data), MSG_TRUNC, (struct sockaddr *)&from, &len);

	if (n > 0 && from.sll_pkttype == PACKET_HOST)
		note_syn(data, (size_t)n < sizeof(data) ? (size_t)n : sizeof(data));
}

/** Answers one SCTP packet by hand, where the kernel has no SCTP. */
static void serve_sctp(int fd)
{
	char peer_text[ADDRESS_TEXT_MAX];
	struct address peer;
	int port = sctp_answer(fd, is_sctp_port, &peer);

	if (port > 0)
		note("sctp/%d %s", port, address_text(&peer, peer_text));
}

/** Handles slot `i`, which is readable. Returns false when it has to go. */
static bool slot_serve(nfds_t i)
{
	int fd = fds[i].fd;

	switch (slots[i].role) {
	case ROLE_TCP:
	case ROLE_HTTP:
	case ROLE_SCTP:
		accept_tcp(&slots[i], fd);
		return true;
	case ROLE_UDP:
		answer_udp(&slots[i], fd);
		return true;
	case ROLE_TALK:
		return talk(fd);
	case ROLE_ASK:
		return answer_http(fd, &slots[i]);
	case ROLE_SNIFF:
		sniff(fd);
		return true;
	case ROLE_SCTP_RAW:
		serve_sctp(fd);
		return true;
	}
	return false;
}

/** Opens what the arguments ask for and the packet socket. Returns false on the first failure. */
static bool serve_open(int argc, char **argv)
{
	bool raw_sctp = false;
	int fd;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--name") && i + 1 < argc) {
			name = argv[++i];
		} else if (!strcmp(argv[i], "--log") && i + 1 < argc) {
			log_fd = open(argv[++i],
			              O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
		} else if (!listen_spec(argv[i])) {
			fprintf(stderr, "labserver: cannot serve \"%s\": %s\n", argv[i],
			        strerror(errno));
			return false;
		} else if (!strncmp(argv[i], "sctp:", 5)) {
			raw_sctp |= !sctp_in_kernel();
		}
	}
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (fd >= 0)
		slot_add(fd, ROLE_SNIFF, 0);
	if (raw_sctp) {
		note("no SCTP in this kernel: INIT is answered by hand");
		for (int i = 0; i < 2; i++) {
			fd = socket(i ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			            IPPROTO_SCTP);
			if (fd >= 0)
				slot_add(fd, ROLE_SCTP_RAW, 0);
		}
	}
	return true;
}

/** Ends the process at once; as PID 1 of a container it would otherwise ignore SIGTERM. */
static void on_signal(int number)
{
	(void)number;
	_exit(0);
}

/** Serves until it is told to end. */
int serve_main(int argc, char **argv)
{
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	if (!serve_open(argc, argv))
		return VERDICT_ERROR;
	note("ready");
	for (;;) {
		nfds_t n = n_slots;

		if (poll(fds, n, -1) < 0)
			continue;
		for (nfds_t i = n; i-- > 0;)
			if (fds[i].revents && !slot_serve(i))
				slot_remove(i);
	}
}
