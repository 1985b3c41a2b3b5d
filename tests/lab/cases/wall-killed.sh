#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An apply that is killed at any time leaves the wall before or the new one, whole, and hinders nobody after it.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

listing() {
	on host nft -s list table inet seawall 2>/dev/null
}

lab_up
container db -p 0.0.0.0:5432:5432 || exit
closed=$LAB_DIR/closed.yaml open=$LAB_DIR/open.yaml
printf 'version: 1\ndefault: closed\n' >"$closed"
printf 'version: 1\ndefault: closed\nallow:\n  - { container: db, host_port: 5432/tcp, from: any }\n' >"$open"
seawall apply "$open" >/dev/null
new=$(listing)
begun=${EPOCHREALTIME/[.,]/}
seawall apply "$closed" >/dev/null
took=$((${EPOCHREALTIME/[.,]/} - begun))
old=$(listing)
check 'the two walls differ' test "$old" != "$new"

before=0 after=0 neither=0 steps=24
for ((i = 0; i < steps; i++)); do
	# The signal comes at another moment of the time that it takes each time.
	on host timeout -s KILL "$(awk "BEGIN { print $took * ($i + 1) / $steps / 1000000 }")" \
		env DOCKER_HOST=unix:///run/docker.sock "${SEAWALL:-$LAB_REPO/build/seawall}" apply "$open" >/dev/null 2>&1
	case $(listing) in
	"$old") ((before++)) ;;
	"$new") ((after++)) ;;
	*) ((neither++)) ;;
	esac
	seawall status >"$LAB_DIR/said" 2>&1
	code=$?
	check "status can tell after $((i + 1))/$steps of the time" test $code -le 1
	seawall apply --quiet "$closed" >"$LAB_DIR/said" 2>&1 || cat "$LAB_DIR/said"
	[[ $(listing) == "$old" ]] || { check 'the next one is not hindered' false; break; }
done
check 'the wall was always one of the two' equal $neither 0
check 'sometimes it was the one before' test $before -gt 0
echo "# $before times the wall before, $after times the new one"
check 'nothing is left that waits' not on host test -e /run/seawall/pending
seawall remove >/dev/null
