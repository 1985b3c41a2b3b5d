/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xtables extensions mean for a twin: which it cannot answer, and which it must not run. */
#include "prove/twin_nft.h"

#include <string.h>

/* xt_owner is not here: the kernel takes it at output and postrouting only. */
static const struct xt_trait traits[] = {
    {"cgroup", false, false, "no socket of the host is in the twin, so no control group either"},
    {"socket", false, false, "no socket of the host is in the twin"},
    {"NFQUEUE", true, false, "the program that decides over the queue is not in the twin"},
    {"TPROXY", true, false, "the listening proxy is not in the twin"},
    {"SYNPROXY", true, false, "it answers by itself, and the other end is not in the twin"},
    {"CLUSTERIP", true, false, "which node answers is not known in the twin"},
    {"IDLETIMER", true, true, "its timer is the whole machine's, so the rule is left out"},
    {"LED", true, true, "its light is the whole machine's, so the rule is left out"},
};

const struct xt_trait *xt_trait_find(const char *name, bool target)
{
	for (size_t i = 0; i < sizeof(traits) / sizeof(*traits); i++)
		if (traits[i].target == target && strcmp(traits[i].name, name) == 0)
			return &traits[i];
	return NULL;
}
