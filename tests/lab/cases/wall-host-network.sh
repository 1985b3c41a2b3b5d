#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A container in the host's own namespace: untouched by the wall, unless the policy names it.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container plain --network host -- tcp:7070 || exit
container named --network host -- tcp:7071 udp:7072 || exit
server host sshd tcp:22
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
zones:
  lan: { sources: [10.9.0.0/24] }
allow:
  - { container: named, from: [lan] }
END
expect_open world tcp "$HOST" 7071
audit --policy "$LAB_DIR/policy.yaml"
expect_finding - named:7071/tcp host eth0
expect_no_finding - plain
seawall apply "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
code=$?
check 'the wall is up' equal $code 0
tail -n 20 "$LAB_DIR/said"
expect_closed world tcp "$HOST" 7071
expect_closed world udp "$HOST" 7072
expect_open lan tcp "$HOST_LAN" 7071
expect_open lan udp "$HOST_LAN" 7072
expect_open host tcp 127.0.0.1 7071
expect_open world tcp "$HOST" 7070
expect_open world tcp "$HOST" 22
audit --policy "$LAB_DIR/policy.yaml"
expect_no_finding - named
