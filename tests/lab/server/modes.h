/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modes of the binary; each takes main()'s arguments after the word that chose it. */
#ifndef LABSERVER_MODES_H
#define LABSERVER_MODES_H

int serve_main(int argc, char **argv);
int client_main(int argc, char **argv);
int raw_main(int argc, char **argv);
int relay_main(int argc, char **argv);
int api_main(int argc, char **argv);
int hook_main(int argc, char **argv);

#endif
