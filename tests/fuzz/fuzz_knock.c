/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of the log group's packets and of conntrack's events, and of transactions
 * behind DOCKER-USER. */
#include "clerk/knocks.h"
#include "clerk/visits.h"
#include "wall/docker_user.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sighting knock = {0}, visit = {0};
	struct bytes bytes = {0};
	struct user_places places;
	uint8_t *message = malloc(size + 1); /* of the input's size alone, so that beyond is seen */

	if (!message)
		return 0;
	memcpy(message, data, size);
	if (knock_parse(message, size, &knock) && !knock.source.address.family)
		abort();
	if (visit_parse(message, size, &visit) &&
	    (!visit.source.address.family || !visit.at.family))
		abort();
	free(message);
	if (bytes_append(&bytes, data, size, SIZE_MAX) < 0)
		return 0;
	if (size && docker_user_is(&bytes, &places) && places.n > 4)
		abort();
	bytes_done(&bytes);
	return 0;
}
