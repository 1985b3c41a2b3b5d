/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reach means as a value: names of paths and vantage classes. */
#include "reach/reach.h"

static const char *const path_names[] = {
    [PATH_PUBLISHED] = "published",
    [PATH_DIRECT] = "direct",
    [PATH_LOOPBACK] = "loopback",
    [PATH_PROXY] = "proxy",
    [PATH_INGRESS] = "ingress",
    [PATH_HOST] = "host",
    [PATH_L2] = "l2",
    [PATH_REDIRECT] = "redirect",
    [PATH_BROADCAST] = "broadcast",
};
_Static_assert(sizeof(path_names) / sizeof(*path_names) == REACH_PATHS, "a name for each path");

static const char *const class_names[] = {
    [VANTAGE_NEIGHBOUR] = "neighbour", [VANTAGE_LINK_LOCAL] = "link-local",
    [VANTAGE_BEYOND] = "beyond",       [VANTAGE_SPOOFED] = "spoofed",
    [VANTAGE_CONTAINER] = "container",
};
_Static_assert(sizeof(class_names) / sizeof(*class_names) == VANTAGE_CLASSES,
               "a name for each class");

const char *reach_path_name(enum reach_path path)
{
	return path < REACH_PATHS ? path_names[path] : "?";
}

const char *vantage_class_name(enum vantage_class class)
{
	return class < VANTAGE_CLASSES ? class_names[class] : "?";
}
