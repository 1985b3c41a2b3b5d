/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expected output in files of tests/golden.
 *
 * SEAWALL_GOLDEN names their directory; with SEAWALL_GOLDEN_UPDATE set they are written anew.
 */
#pragma once

/* Compares text with a file there, or writes it. */
void assert_golden(const char *name, const char *text);
