/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall behind DOCKER-USER as a transaction, and sending it. */
#include "wall/docker_user_parts.h"

#include "base/run.h"
#include "observe/nft_read.h"
#include "observe/xtables_read.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { RUN_SECONDS = 30 };

/*
 * A transaction: this line; for each place "place nft|legacy 4|6 LENGTH" and so many bytes of
 * chains and rules.
 */
static const char magic[] = "seawall docker-user 1\n";

/* One place of a transaction and what is for it, borrowed. */
struct part {
	struct user_place place;
	const char *text;
	size_t len;
};

/* Takes the next part off a transaction. 1, 0 at its end, or -EBADMSG. */
static int next_part(const struct bytes *transaction, size_t *offset, struct part *ret_part)
{
	const char *at = (const char *)transaction->data + *offset;
	char variant[8];
	unsigned family;
	int head = 0;

	if (*offset == transaction->len)
		return 0;
	if (sscanf(at, "place %7s %u %zu\n%n", variant, &family, &ret_part->len, &head) != 3 ||
	    head <= 0 || at[head - 1] != '\n' || (family != 4 && family != 6) ||
	    (strcmp(variant, "nft") != 0 && strcmp(variant, "legacy") != 0) ||
	    ret_part->len > transaction->len - *offset - (size_t)head)
		return -EBADMSG;
	ret_part->place.legacy = variant[0] == 'l';
	ret_part->place.family = family == 4 ? AF_INET : AF_INET6;
	ret_part->text = at + head;
	*offset += (size_t)head + ret_part->len;
	return 1;
}

/* Whether bytes begin like a transaction of this kind. */
static bool has_magic(const struct bytes *bytes)
{
	return bytes->len >= sizeof(magic) - 1 &&
	       memcmp(bytes->data, magic, sizeof(magic) - 1) == 0;
}

bool docker_user_is(const struct bytes *transaction, struct user_places *ret_places)
{
	size_t offset = sizeof(magic) - 1;
	struct part part;
	int more;

	*ret_places = (struct user_places){0};
	if (!has_magic(transaction))
		return false;
	while ((more = next_part(transaction, &offset, &part)) > 0 && ret_places->n < 4)
		ret_places->items[ret_places->n++] = part.place;
	return more == 0;
}

/* Adds a place's part to a transaction. 0 or a negative errno. */
static int add_part(const struct wall *wall, const struct user_place *place, struct bytes *bytes)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	char head[64];
	int status, head_len;

	if (!out)
		return -ENOMEM;
	status = docker_user_text(wall, place->family, out);
	if (fclose(out) != 0)
		return -ENOMEM;
	head_len =
	    snprintf(head, sizeof(head), "place %s %d %zu\n", place->legacy ? "legacy" : "nft",
	             place->family == AF_INET ? 4 : 6, len);
	if (status == 0)
		status = bytes_append(bytes, head, (size_t)head_len, WALL_TRANSACTION_MOST);
	return status == 0 ? bytes_append(bytes, text, len, WALL_TRANSACTION_MOST) : status;
}

int docker_user_transaction(const struct wall *wall, const struct user_places *places,
                            struct bytes *ret_bytes, struct error **ret_error)
{
	int status = bytes_append(ret_bytes, magic, sizeof(magic) - 1, WALL_TRANSACTION_MOST);

	for (size_t i = 0; status == 0 && i < places->n; i++)
		status = add_part(wall, &places->items[i], ret_bytes);
	if (status == -EINVAL)
		return error_set(ret_error, EINVAL,
		                 "an interface has a name that iptables-restore cannot be given");
	return status < 0 ? error_set(ret_error, -status, "%s", strerror(-status)) : 0;
}

/* Finds iptables-restore of a place: under the name of its variant, or another one that says that
 * it is of it. NULL with a sentence. The caller frees. */
static char *find_restore(const struct user_place *place, struct error **ret_error)
{
	const char *ip = place->family == AF_INET ? "iptables" : "ip6tables";
	const char *variant = place->legacy ? "legacy" : "nft";
	_cleanup_(bytes_done) struct bytes said = {0};
	char name[48], *path;

	snprintf(name, sizeof(name), "%s-%s-restore", ip, variant);
	path = run_find(name);
	if (path)
		return path;
	snprintf(name, sizeof(name), "%s-restore", ip);
	path = run_find(name);
	if (path) {
		const char *const argv[] = {path, "--version", NULL};

		if (run_program(argv, NULL, RUN_SECONDS, &said, NULL) == 0 && said.data &&
		    strstr((const char *)said.data, place->legacy ? "legacy" : "nf_tables"))
			return path;
		free(path);
	}
	(void)error_set(ret_error, ENOENT, "%s-%s-restore is not installed", ip, variant);
	return NULL;
}

/* Gives a table's lines to its iptables-restore. 0 or a negative errno with a sentence. */
static int restore(const struct user_place *place, const struct bytes *lines,
                   struct error **ret_error)
{
	_cleanup_free_ char *path = find_restore(place, ret_error);
	const char *argv[] = {path, "--noflush", NULL, NULL, NULL};

	if (!path)
		return -ENOENT;
	/* Others may hold the legacy tables' lock; those of nft have none. */
	if (place->legacy) {
		argv[2] = "--wait";
		argv[3] = "10";
	}
	return run_program(argv, lines, RUN_SECONDS, NULL, ret_error);
}

/* Whether a part declares a chain. */
static bool declares(const struct part *part, const char *chain)
{
	char line[64];
	int len = snprintf(line, sizeof(line), ":%s - ", chain);

	return len > 0 && (size_t)len < sizeof(line) &&
	       memmem(part->text, part->len, line, (size_t)len) != NULL;
}

/* Writes all that is to be done at a place; a part without text takes the wall away. */
static void write_lines(const struct part *part, const struct user_found *found, FILE *out)
{
	fputs("*filter\n", out);
	if (part->text && !found->user_chain)
		fputs(":DOCKER-USER - [0:0]\n", out);
	if (part->text)
		fwrite(part->text, 1, part->len, out);
	for (unsigned i = 0; i < found->jumps; i++)
		fputs("-D DOCKER-USER -j SEAWALL\n", out);
	if (part->text)
		fputs("-I DOCKER-USER 1 -j SEAWALL\n", out);
	if (part->text && !found->hooked)
		fputs("-I FORWARD 1 -j DOCKER-USER\n", out);
	/* Chains jump to each other: first all are emptied. */
	vec_foreach(chain, &found->chains)
		if (!part->text || !declares(part, *chain))
			fprintf(out, "-F %s\n", *chain);
	vec_foreach(chain, &found->chains)
		if (!part->text || !declares(part, *chain))
			fprintf(out, "-X %s\n", *chain);
	fputs("COMMIT\n", out);
}

/* Does it. 0 or a negative errno with a sentence. */
static int send_part(const struct part *part, const struct netview *view, struct error **ret_error)
{
	struct user_found found;
	struct bytes lines = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int status = user_find(view, &part->place, &found);

	if (!out)
		status = -ENOMEM;
	if (status == 0)
		write_lines(part, &found, out);
	if (out && fclose(out) != 0)
		status = -ENOMEM;
	if (status == 0)
		status = bytes_append(&lines, text, len, SIZE_MAX);
	if (status < 0)
		status = error_set(ret_error, -status, "out of memory");
	else if (part->text || found.jumps || found.chains.n)
		status = restore(&part->place, &lines, ret_error);
	user_found_done(&found);
	bytes_done(&lines);
	free(text);
	return status;
}

int docker_user_commit(const struct bytes *transaction, struct error **ret_error)
{
	struct netview view = {0};
	size_t offset = sizeof(magic) - 1;
	struct part part;
	int status = wall_read(&view, ret_error), more = 0;

	while (status == 0 && (more = next_part(transaction, &offset, &part)) > 0)
		status = send_part(&part, &view, ret_error);
	netview_done(&view);
	if (status == 0 && more < 0)
		status = error_set(ret_error, EBADMSG, "what is kept of the wall is damaged");
	return status;
}

/* Whether iptables-nft's table filter of a family has the wall's chain. */
static bool has_chain(uint8_t family)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	struct nlmsghdr *request;
	ssize_t len = -1;

	if (!socket)
		return true; /* whoever reads all will say why */
	request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETCHAIN, family, NLM_F_ACK, 1);
	mnl_attr_put_strz(request, NFTA_CHAIN_TABLE, "filter");
	mnl_attr_put_strz(request, NFTA_CHAIN_NAME, "SEAWALL");
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(socket, request, request->nlmsg_len) > 0)
		len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	mnl_socket_close(socket);
	return len <= 0 || mnl_cb_run(buffer, (size_t)len, 1, 0, NULL, NULL) >= 0 ||
	       errno != ENOENT;
}

int docker_user_clear(struct error **ret_error)
{
	struct netview view = {0};
	int status = xtables_read(&view, ret_error);

	/* All rules are read only where there is something: others have very many. */
	if (status == 0 && (has_chain(NFPROTO_IPV4) || has_chain(NFPROTO_IPV6)))
		status = nft_read(&view, ret_error);
	for (unsigned i = 0; status == 0 && i < 4; i++) {
		const struct part part = {.place = {i >= 2, i % 2 ? AF_INET6 : AF_INET}};

		status = send_part(&part, &view, ret_error);
	}
	netview_done(&view);
	return status;
}
