# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What `scan` refuses before it sends anything.
says 2 "seawall: 'scan' needs*" scan
says 2 'seawall: --rate wants a number of packets up to 1000000, not "fast"' scan --rate fast localhost
says 2 'seawall: --rate wants *' scan --rate 0 localhost
says 2 'seawall: nothing: No such file or directory' scan --expect nothing 127.0.0.1
echo '{"version": 1' >torn.json
says 2 'seawall: torn.json:2:*' scan --expect torn.json 127.0.0.1
echo '[]' >other.json
says 2 'seawall: other.json:1:1: expected what*' scan --expect other.json 127.0.0.1
says 2 'seawall: no.such.host.invalid: *' scan no.such.host.invalid
