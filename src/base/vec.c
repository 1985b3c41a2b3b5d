/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growable arrays: the part that is not a macro. */
#include "base/vec.h"

#include <string.h>

int vec_reserve_raw(void **items, size_t *room, size_t need, size_t item_size)
{
	size_t wanted = *room ? *room : 8;
	void *grown;

	if (need <= *room)
		return 0;
	while (wanted < need)
		if (__builtin_mul_overflow(wanted, 2, &wanted))
			return -EOVERFLOW;
	grown = reallocarray(*items, wanted, item_size);
	if (!grown)
		return -ENOMEM;
	memset((char *)grown + *room * item_size, 0, (wanted - *room) * item_size);
	*items = grown;
	*room = wanted;
	return 0;
}
