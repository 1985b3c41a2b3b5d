/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an audit of the host says a scan should find: `seawall audit --json` of it, held against
 * what was found.
 */
#pragma once

#include "base/vec.h"
#include "scan/scan.h"

/* A way in that the audit knows of, or a port of the host that a container has published. */
struct expected_port {
	struct address address; /* of the host; the wildcard: all */
	uint16_t port;
	uint8_t protocol;
	char *container;        /* owned */
	bool published;         /* else a way in */
	struct prefix *sources; /* owned: who gets in */
	size_t n_sources;
};

struct expectation {
	VEC(struct expected_port) ports;
};

/* What the audit says of a port for a sender. */
enum expect_verdict {
	EXPECT_NOTHING, /* it is no container's port: the audit does not speak of it */
	EXPECT_CLOSED,
	EXPECT_OPEN,
};

/*
 * Reads an audit's JSON. 0 and an expectation for expectation_done() in any case, or -EINVAL,
 * -EFBIG, ... with a sentence.
 */
int expectation_read(const char *path, struct expectation *expectation, struct error **ret_error)
    __attribute__((nonnull(1, 2), warn_unused_result));
void expectation_done(struct expectation *expectation);

/*
 * Says what is expected of a port; *ret_container is whose it is, NULL where that is not known.
 * Where no way in was to that very address (somebody in front translates it), the port decides.
 */
enum expect_verdict expectation_of(const struct expectation *expectation,
                                   const struct scan_result *result, uint8_t protocol,
                                   uint16_t port, const char **ret_container)
    __attribute__((nonnull));
