#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is in when a port is closed is cut off, and stays so, also when the kernel has forgotten the flow.
# engines: debian12 nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# How many lines a held connection has brought back.
echoed() {
	grep -c "^line" "$LAB_DIR/held" 2>/dev/null
}

# A line every tenth of a second, for a while.
lines() {
	for _ in {1..80}; do
		echo line
		read -rt 0.1 <> <(:)
	done
}
# Whether the connection that is allowed has brought back more than $1 lines.
more_than() {
	test "$(grep -c line "$LAB_DIR/kept")" -gt "$1"
}

lab_up
container db -p 0.0.0.0:5432:5432 || exit
container web -p 0.0.0.0:443:80 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
allow:
  - { container: web, host_port: 443/tcp, from: any }
END

# A connection that says a line every tenth of a second, and hears it back.
lines | client world tcp "$HOST" 5432 --hold >"$LAB_DIR/held" 2>&1 &
lines | client world tcp "$HOST" 443 --hold >"$LAB_DIR/kept" 2>&1 &
check 'the connection is up' wait_until grep -q line "$LAB_DIR/held"
seawall apply "$LAB_DIR/policy.yaml" >"$LAB_DIR/said" 2>&1
check 'the wall is up' ended $? 0
before=$(echoed)
on host sleep 1
check 'not one line came through' equal "$(echoed)" "$before"
check 'its flow is known still' grep -q 'dport=5432' <(on host cat /proc/net/nf_conntrack 2>/dev/null || on host conntrack -L 2>/dev/null)
on host conntrack -F >/dev/null 2>&1
on host sleep 1
check 'nor after the flows were forgotten' equal "$(echoed)" "$before"
check 'who is allowed goes on' wait_until more_than "$(grep -c line "$LAB_DIR/kept")"
