/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many frames an injector takes at once; shared with the BPF program, so plain constants. */
#pragma once

#define INJECT_SLOTS      8192 /* 768 kB of frames */
#define INJECT_SLOT_WORDS 12   /* of 8 bytes: FRAME_SIZE */
