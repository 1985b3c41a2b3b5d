/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The script that collects, as text. */
#pragma once

extern const char collect_script[];
