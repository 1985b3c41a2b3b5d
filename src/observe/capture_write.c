/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a snapshot as a capture file.
 *
 * Theory of operation. Records are written as text, without a JSON tree in between: a large
 * ruleset is tens of megabytes of base64. The first write that fails is remembered and ends the
 * writing. The file comes to be under a name of its own beside the target and takes the target's
 * name when it is complete and on the disk, so that a full disk or a killed process leaves the old
 * file or none (base/file.h).
 */
#include "observe/capture.h"
#include "observe/capture_format.h"
#include "observe/capture_record.h"
#include "base/file.h"
#include "observe/json_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct writer {
	FILE *stream;
	uint64_t records;
	int status; /* 0, or the first negative errno */
};

/* Writes bytes. */
static void put(struct writer *writer, const char *data, size_t len)
{
	if (writer->status == 0 && fwrite_unlocked(data, 1, len, writer->stream) != len)
		writer->status = errno ? -errno : -EIO;
}

/* Writes what a printf format gives; for what needs no escaping. */
static void putf(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void putf(struct writer *writer, const char *format, ...)
{
	va_list args;

	if (writer->status < 0)
		return;
	va_start(args, format);
	if (vfprintf(writer->stream, format, args) < 0)
		writer->status = errno ? -errno : -EIO;
	va_end(args);
}

/* Writes a JSON string. A byte that is no UTF-8 (names in the kernel may be any) becomes U+FFFD. */
static void put_text(struct writer *writer, const char *text)
{
	put(writer, "\"", 1);
	while (*text) {
		const size_t len = utf8_len(text, SIZE_MAX);

		if (len == 0)
			put(writer, "\xef\xbf\xbd", 3);
		else if (*text == '"' || *text == '\\')
			putf(writer, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			putf(writer, "\\u%04x", (unsigned char)*text);
		else
			put(writer, text, len);
		text += len ? len : 1;
	}
	put(writer, "\"", 1);
}

/* Writes `,"KEY":TEXT`; nothing for NULL. */
static void put_member(struct writer *writer, const char *key, const char *text)
{
	if (!text)
		return;
	putf(writer, ",\"%s\":", key);
	put_text(writer, text);
}

/* Writes bytes as a base64 string. */
static void put_base64(struct writer *writer, const void *data, size_t len)
{
	_cleanup_free_ char *text = base64_encode(data, len);

	if (!text) {
		writer->status = writer->status < 0 ? writer->status : -ENOMEM;
		return;
	}
	put(writer, "\"", 1);
	put(writer, text, strlen(text));
	put(writer, "\"", 1);
}

/* Begins a record, of a container where `container` is its id. */
static void begin(struct writer *writer, const char *container)
{
	put(writer, "{", 1);
	if (container)
		putf(writer, "\"container\":\"%s\",", container);
}

/* Ends a record. */
static void end(struct writer *writer)
{
	put(writer, "}\n", 2);
	writer->records++;
}

/* Writes a run of netlink messages, as many to a record as fit. */
static void put_raw(struct writer *writer, const char *container, enum raw_kind kind,
                    const struct bytes *raw)
{
	size_t start = 0, offset = 0, before;

	for (;;) {
		const struct nlmsghdr *message;

		before = offset;
		message = raw_next(raw, &offset);
		if (message && offset - start <= CAPTURE_CHUNK)
			continue;
		/* A single message may be longer than a chunk. */
		if (message && before == start)
			before = offset;
		if (before > start) {
			begin(writer, container);
			putf(writer, "\"raw\":\"%s\",\"data\":", raw_kind_name(kind));
			put_base64(writer, raw->data + start, before - start);
			end(writer);
		}
		if (!message)
			return;
		start = offset = before;
	}
}

/* Writes a legacy table, in pieces. */
static void put_xtables(struct writer *writer, const char *container,
                        const struct xtables_table *table)
{
	size_t at = 0;

	do {
		const size_t rest = table->entries.len - at;
		const size_t len = rest < CAPTURE_CHUNK ? rest : CAPTURE_CHUNK;

		begin(writer, container);
		putf(writer, "\"xtables\":{\"family\":\"%s\"",
		     table->family == AF_INET6 ? "ip6" : "ip");
		put_member(writer, "name", table->name);
		if (at == 0) {
			putf(writer, ",\"info\":");
			put_base64(writer, table->info.data, table->info.len);
		}
		putf(writer, ",\"entries\":");
		put_base64(writer, table->entries.data + at, len);
		put(writer, "}", 1);
		end(writer);
		at += len;
	} while (at < table->entries.len);
}

/* Writes a socket. */
static void put_socket(struct writer *writer, const char *container, const struct socket *socket)
{
	const char *protocol = socket->protocol == IPPROTO_UDP    ? "udp"
	                       : socket->protocol == IPPROTO_SCTP ? "sctp"
	                                                          : "tcp";
	char address[ADDRESS_TEXT];

	begin(writer, container);
	putf(writer,
	     "\"socket\":{\"protocol\":\"%s\",\"address\":\"%s\",\"port\":%u,\"v6only\":%s,"
	     "\"ifindex\":%" PRIu32 ",\"inode\":%" PRIu64,
	     protocol, address_format(&socket->address, address), socket->port,
	     socket->v6only ? "true" : "false", socket->ifindex, socket->inode);
	if (socket->owner.pid > 0)
		putf(writer, ",\"pid\":%d", socket->owner.pid);
	put_member(writer, "comm", socket->owner.comm);
	put_member(writer, "container", socket->owner.container_id);
	put(writer, "}", 1);
	end(writer);
}

/* Writes all of a network namespace but its sockets and what is incomplete. */
static void put_view(struct writer *writer, const char *container, const struct netview *view)
{
	for (int kind = 0; kind < RAW_KINDS; kind++)
		put_raw(writer, container, (enum raw_kind)kind, &view->raw[kind]);
	vec_foreach(table, &view->xtables)
		put_xtables(writer, container, table);
	vec_foreach(sysctl, &view->sysctls) {
		begin(writer, container);
		putf(writer, "\"sysctl\":[");
		put_text(writer, sysctl->path);
		put(writer, ",", 1);
		put_text(writer, sysctl->value);
		put(writer, "]", 1);
		end(writer);
	}
}

/* Writes a sentence about what could not be read; `of` names the part, or is NULL. */
static void put_incomplete(struct writer *writer, const char *container, const char *sentence,
                           const char *of)
{
	begin(writer, container);
	putf(writer, "\"incomplete\":");
	put_text(writer, sentence);
	put_member(writer, "of", of);
	end(writer);
}

/* Writes what the engine said and how well it could be asked. */
static void put_engine(struct writer *writer, const struct engine *engine)
{
	begin(writer, NULL);
	putf(writer, "\"engine\":{\"status\":\"%s\"", engine_status_name(engine->status));
	put_member(writer, "text", engine->status_text);
	put_member(writer, "socket", engine->socket);
	put(writer, "}", 1);
	end(writer);
	vec_foreach(document, &engine->documents) {
		/* Compact JSON has no newline; one that is too long for a reader is not written. */
		const size_t len = strlen(document->json);

		if (len > CAPTURE_LINE_CAP - 256 && writer->status == 0)
			writer->status = -EFBIG;
		begin(writer, NULL);
		putf(writer, "\"document\":{\"request\":\"%s\",\"json\":", document->request);
		put(writer, document->json, len);
		put(writer, "}", 1);
		end(writer);
	}
}

/* Writes a flow. */
static void put_flow(struct writer *writer, const struct flow *flow)
{
	char source[ADDRESS_TEXT], to[ADDRESS_TEXT], target[ADDRESS_TEXT];

	begin(writer, NULL);
	putf(writer,
	     "\"flow\":{\"protocol\":\"%s\",\"source\":\"%s\",\"source_port\":%u,\"to\":\"%s\","
	     "\"to_port\":%u,\"target\":\"%s\",\"target_port\":%u,\"count\":%" PRIu32 "}",
	     flow->protocol == IPPROTO_UDP ? "udp" : "tcp", address_format(&flow->source, source),
	     flow->source_port, address_format(&flow->to, to), flow->to_port,
	     address_format(&flow->target, target), flow->target_port, flow->count);
	end(writer);
}

/* Writes a way through a web proxy. */
static void put_site(struct writer *writer, const struct site_route *route)
{
	_cleanup_free_ char *text = capture_site_text(route);

	if (!text && writer->status == 0)
		writer->status = -ENOMEM;
	begin(writer, NULL);
	putf(writer, "\"site\":");
	put(writer, text ? text : "", text ? strlen(text) : 0);
	end(writer);
}

/* Writes what was read in a container's network namespace. */
static void put_container(struct writer *writer, const struct container *container)
{
	if (container->sockets_known) {
		begin(writer, container->id);
		putf(writer, "\"sockets_known\":true");
		end(writer);
	}
	if (container->view) {
		begin(writer, container->id);
		putf(writer, "\"view\":true");
		end(writer);
		put_view(writer, container->id, container->view);
		vec_foreach(sentence, &container->view->incomplete)
			put_incomplete(writer, container->id, *sentence, NULL);
	}
	vec_foreach(socket, &container->sockets)
		put_socket(writer, container->id, socket);
}

/* Writes all records of a snapshot to a stream. 0 or the negative errno of the first failure. */
int capture_write_stream(const struct snapshot *snapshot, FILE *stream)
{
	struct writer writer = {.stream = stream};
	char taken[CAPTURE_TIME_TEXT] = "";
	struct tm utc;

	if (gmtime_r(&snapshot->taken, &utc))
		strftime(taken, sizeof(taken), "%Y-%m-%dT%H:%M:%SZ", &utc);
	begin(&writer, NULL);
	putf(&writer, "\"seawall_capture\":%d", CAPTURE_VERSION);
	put_member(&writer, "version", SEAWALL_VERSION);
	put_member(&writer, "host", snapshot->host ? snapshot->host : "");
	put_member(&writer, "kernel", snapshot->kernel ? snapshot->kernel : "");
	put_member(&writer, "taken", taken);
	end(&writer);
	put_view(&writer, NULL, &snapshot->net);
	vec_foreach(socket, &snapshot->net.sockets)
		put_socket(&writer, NULL, socket);
	vec_foreach(sentence, &snapshot->net.incomplete)
		put_incomplete(&writer, NULL, *sentence, "net");
	vec_foreach(flow, &snapshot->flows)
		put_flow(&writer, flow);
	vec_foreach(route, &snapshot->sites.routes)
		put_site(&writer, route);
	put_engine(&writer, &snapshot->engine);
	vec_foreach(sentence, &snapshot->incomplete)
		put_incomplete(&writer, NULL, *sentence, NULL);
	vec_foreach(container, &snapshot->engine.containers)
		put_container(&writer, container);
	putf(&writer, "{\"end\":{\"records\":%" PRIu64 "}}\n", writer.records);
	if (writer.status == 0 && fflush(stream) != 0)
		writer.status = -errno;
	return writer.status;
}

/* A sentence for a write that failed. */
static int write_error(struct error **ret_error, int status, const char *path)
{
	if (status == -EFBIG)
		return error_set(ret_error, EFBIG,
		                 "%s: an answer of the engine is longer than the %d MiB that a "
		                 "record may have; no file was written",
		                 path, CAPTURE_LINE_CAP >> 20);
	return error_set(ret_error, -status, "%s: %s; no file was written", path,
	                 strerror(-status));
}

/* file_write()'s view of capture_write_stream(). */
static int put_data(FILE *stream, const void *data)
{
	return capture_write_stream(data, stream);
}

int capture_write(const struct snapshot *snapshot, const char *path, struct error **ret_error)
{
	int status = file_write(path, put_data, snapshot);

	return status < 0 ? write_error(ret_error, status, path) : 0;
}
