#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes of the wall: confirmed or gone back, one after the other, refused, damaged, on a full disk.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Whether the port is closed to the world.
shut() {
	not client world tcp "$HOST" 5432 --timeout 300 >/dev/null
}
wall_up() {
	on host nft list table inet seawall >/dev/null 2>&1
}

lab_up
container db -p 0.0.0.0:5432:5432 || exit
closed=$LAB_DIR/closed.yaml open=$LAB_DIR/open.yaml
printf 'version: 1\ndefault: closed\n' >"$closed"
printf 'version: 1\ndefault: closed\nallow:\n  - { container: db, host_port: 5432/tcp, from: any }\n' >"$open"

# No policy, a bad one, one that is not there.
runs 2 apply
said 'init'
printf 'version: 1\ndefault: shut\n' >"$LAB_DIR/bad.yaml"
runs 2 apply "$LAB_DIR/bad.yaml"
said 'bad.yaml:2:10'
runs 2 plan "$LAB_DIR/missing.yaml"
check 'no wall came of it' not wall_up

# It goes back by itself, and takes its state along.
runs 0 apply --confirm 8 "$closed"
said 'confirm'
check 'the port is shut' shut
seawall status --json >"$LAB_DIR/status"
check 'status says that it waits' jq -e '.up and .goes_back != null' "$LAB_DIR/status"
check 'it went back' wait_until not wall_up
expect_open world tcp "$HOST" 5432
runs 2 confirm
said 'nothing waits'

# Confirmed, it stays.
runs 0 apply --confirm 5 "$closed"
runs 0 confirm
on host sleep 5.5
check 'it is still there' wall_up
check 'the port is shut' shut

# A second one goes back to the first.
runs 0 apply --confirm 5 "$open"
expect_open world tcp "$HOST" 5432
check 'the first one is back' wait_until shut
runs 0 status
said 'as it was put up'
said 'closed.yaml'

# Rollback, one step.
runs 0 apply "$open"
expect_open world tcp "$HOST" 5432
runs 0 rollback
check 'the port is shut again' shut
runs 2 rollback
said 'no earlier wall'

# Two at once: one waits for the other.
seawall apply "$open" >"$LAB_DIR/one" 2>&1 &
one=$!
seawall apply "$open" >"$LAB_DIR/two" 2>&1
two=$?
wait $one
check 'the first of two is in force' equal $? 0
check 'so is the second' equal $two 0
expect_open world tcp "$HOST" 5432

# A damaged state is told, and a new wall can be put up all the same.
on host sh -c 'printf x >>/var/lib/seawall/state'
runs 3 status
said 'damaged'
check 'the wall that is up stays' wall_up
runs 0 apply "$closed"
runs 0 status
check 'the port is shut' shut

# No room for the state: nothing is changed.
on host sh -c 'mount -t tmpfs -o size=4k none /var/lib/seawall &&
	head -c 4096 /dev/zero >/var/lib/seawall/fill' 2>/dev/null
runs 3 apply "$open"
said 'No space left'
on host umount /var/lib/seawall
check 'the port is shut still' shut
runs 0 status

# Without the engine it can be taken away.
engine_kill
runs 0 remove --force
check 'it is gone' not wall_up
