/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Seawall keeps what it must remember, and what lasts until the next boot. */
#pragma once

/* $STATE_DIRECTORY and $RUNTIME_DIRECTORY, which systemd sets, or the usual ones. */
const char *state_directory(void);
const char *runtime_directory(void);

/* Makes the runtime directory, for root alone. 0 or a negative errno. */
int runtime_directory_make(void);
