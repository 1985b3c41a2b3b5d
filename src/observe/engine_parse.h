/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Understanding the engine's documents one at a time; for engine_parse() and for the reader of
 * capture files, who knows on which line of the file each one stands.
 */
#pragma once

#include "observe/json_node.h"
#include "observe/snapshot.h"

/* Marks what only an engine's answers can tell as not known. First of all, and once. */
void engine_init(struct engine *engine) __attribute__((nonnull));

/* Takes in one document. 0, -EBADMSG with a sentence that names document and key, or -ENOMEM. */
int engine_parse_document(struct snapshot *snapshot, const struct engine_document *document,
                          struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Draws the conclusions that need all documents, and the host's links where they are decoded: how
 * bridges are called, which container "container:NAME" is, what an option means in this version.
 */
int engine_parse_finish(struct snapshot *snapshot, struct error **ret_error)
    __attribute__((nonnull(1), warn_unused_result));

/*
 * What the parts of the parser do with one document or one item; they note errors in the reader.
 */
void engine_read_container(struct json_reader *reader, struct engine *engine,
                           const struct json_node *root) __attribute__((nonnull));
void engine_read_image(struct json_reader *reader, struct engine *engine,
                       const struct json_node *root) __attribute__((nonnull));
void engine_read_containers(struct json_reader *reader, struct engine *engine,
                            const struct json_node *root) __attribute__((nonnull));
void engine_read_networks(struct json_reader *reader, struct engine *engine,
                          const struct json_node *root) __attribute__((nonnull));
void engine_read_services(struct json_reader *reader, struct engine *engine,
                          const struct json_node *root) __attribute__((nonnull));

/* A string that must be there and not be empty; "" with an error else. */
const char *engine_read_name(struct json_reader *reader, const struct json_node *up,
                             const char *key) __attribute__((nonnull));

/* True for 64 hex digits, which is what engines call a container or a network by. */
bool engine_id_valid(const char *id) __attribute__((nonnull));

/* The 64 digits of an image's id, with or without "sha256:" in front; NULL for no such id. */
const char *engine_image_digits(const char *id) __attribute__((nonnull));

/*
 * Tells which labels of containers are their image's, and by that whose project and service they
 * are of. All documents must have been read.
 */
void engine_settle_labels(struct engine *engine) __attribute__((nonnull));

/* Names the bridges of networks, as far as the host's own links must be asked for that. */
void engine_name_bridges(struct snapshot *snapshot) __attribute__((nonnull));

/* Fills `published` or `asked` from an object like {"80/tcp":[{"HostIp":"","HostPort":"80"}]}. */
void engine_read_bindings(struct json_reader *reader, struct container *container, bool asked,
                          const struct json_node *ports) __attribute__((nonnull));

/* Adds the keys of an object like {"80/tcp":{}} to `exposed`. */
void engine_read_exposed(struct json_reader *reader, struct container *container,
                         const struct json_node *ports) __attribute__((nonnull));

/* Fills `published` and `exposed` from the ports of a list of containers. */
void engine_read_listed_ports(struct json_reader *reader, struct container *container,
                              const struct json_node *ports) __attribute__((nonnull));

/* IPPROTO_* of "tcp", "udp", "sctp" in any case; 0 for another. */
uint8_t engine_protocol(const char *name) __attribute__((nonnull));

/*
 * Reads an address member; family 0 where it is absent or empty.
 * A zone ("%eth0") or a prefix length ("/16") behind it is left out.
 */
struct address engine_read_address(struct json_reader *reader, const struct json_node *up,
                                   const char *key) __attribute__((nonnull));
