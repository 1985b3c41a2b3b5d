/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the injectors have in common. */
#include "prove/inject.h"

#include <assert.h>

static_assert(INJECT_SLOT_WORDS * 8 == FRAME_SIZE, "a slot holds one frame");

void injector_free(struct injector *injector)
{
	if (injector)
		injector->kind->free(injector);
}
