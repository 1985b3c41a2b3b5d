#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A hard wall: what flushes everything passes over it; its keeper dies, hangs, is taken over; and it goes like any other.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

keeper() {
	on host pgrep -x seawall-keeper
}
hard_is() {
	equal "$(seawall status --json | jq -r .hard)" "$1"
}

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
policy=$LAB_DIR/policy.yaml
cat >"$policy" <<'END'
version: 1
default: closed
wall: { hard: true }
allow:
  - { container: web, host_port: 443/tcp, from: any }
END
sed '/^wall:/d' "$policy" >"$LAB_DIR/soft.yaml"
on host nft -s list ruleset >"$LAB_DIR/before"

runs 0 apply --confirm 0 "$policy"
check 'somebody holds it' hard_is held
expect_open world tcp "$HOST" 443
expect_closed world tcp "$HOST" 5432
check 'the keeper has no rights' equal \
	"$(on host grep -E '^Cap(Prm|Eff|Inh)' "/proc/$(keeper)/status" | cut -f2 | sort -u)" 0000000000000000

# What others do to all tables, or to this one.
on host nft flush ruleset
check 'nft flush ruleset passes over it' on host nft list chain inet seawall doors
check 'nobody else can delete it' not on host nft delete table inet seawall 2>/dev/null
check 'nor add to it' not on host nft add rule inet seawall doors accept 2>/dev/null
engine_restart
docker start web db >/dev/null
container_await web
expect_closed world tcp "$HOST" 5432

# A file of saved rules with the table in it would load nothing: that is told.
on host sh -c 'nft list ruleset >/run/saved.conf; mount --bind /run/saved.conf /etc/nftables.conf'
check 'saved rules that would not load are told' equal "$(seawall status --json | jq -r .saved_rules)" /etc/nftables.conf
check 'loading them is refused' not on host nft -f /etc/nftables.conf 2>/dev/null
runs 1 lint --json /etc/nftables.conf
said saved-wall
on host umount /etc/nftables.conf
check 'others are not' equal "$(seawall status --json | jq -r .saved_rules)" null

# An audit still reads it, and its copy of it is nobody's.
runs 0 apply --confirm 0 "$policy"
audit --policy "$policy"
expect_no_finding any db

# Another policy, and back, through the keeper; one that is only tried.
first=$(keeper)
printf 'version: 1\ndefault: closed\nwall: { hard: true }\n' >"$LAB_DIR/none.yaml"
runs 0 apply --confirm 0 "$LAB_DIR/none.yaml"
expect_closed world tcp "$HOST" 443
check 'the keeper is the same' equal "$(keeper)" "$first"
runs 0 rollback
expect_open world tcp "$HOST" 443
runs 0 apply --confirm 1 "$LAB_DIR/none.yaml"
check 'one that is only tried goes back' wait_until client world tcp "$HOST" 443 --timeout 300
check 'somebody holds it still' hard_is held

# The keeper dies: the table stays, and that nobody holds it is told.
on host pkill -KILL -x seawall-keeper
check 'the wall stays without its keeper' shut_now 5432
check 'that is told' hard_is 'nobody holds it'
runs 0 apply --confirm 0 "$policy"
check 'the next apply takes it over' hard_is held

# It hangs: it holds the table against everybody, until somebody who may ends it.
on host pkill -STOP -x seawall-keeper
runs 0 apply --confirm 0 "$policy"
check 'an apply gets past one that hangs' hard_is held
check 'there is one keeper' equal "$(keeper | wc -l)" 1

# With the guard: taken over at once.
seawall guard --policy "$policy" 2>"$LAB_DIR/guard.log" &
guard=$!
check 'the guard is at work' wait_until grep -q 'keeps the wall' "$LAB_DIR/guard.log"
on host sleep 1
on host pkill -KILL -x seawall-keeper
check 'the guard takes it over' wait_until hard_is held
docker rm -f db >/dev/null
container late -p 0.0.0.0:9000:9000 || exit
check 'what comes later is shut' wait_until shut_now 9000
on host pkill -TERM -x seawall
wait $guard

# To one that is not hard, and away.
runs 0 apply --confirm 0 "$LAB_DIR/soft.yaml"
check 'it is not hard any more' hard_is 'not asked for'
check 'there is no keeper' not keeper
expect_closed world tcp "$HOST" 9000
runs 0 apply --confirm 0 "$policy"
runs 0 remove
check 'nothing of it stays' not on host nft list table inet seawall 2>/dev/null
check 'nor its keeper' not keeper
runs 0 apply --confirm 0 "$policy"
on host pkill -STOP -x seawall-keeper
on host rm -rf /var/lib/seawall
runs 0 remove --force
check 'remove --force gets past one that hangs' not on host nft list table inet seawall 2>/dev/null
check 'and leaves no keeper' not keeper

# From another network namespace the keeper lends nothing: its socket is for the host's.
runs 0 apply --confirm 0 "$policy"
on vpn "${SEAWALL:-$LAB_REPO/build/seawall}" remove --force >/dev/null 2>&1
check 'from elsewhere it is not touched' on host nft list chain inet seawall doors
check 'and stays held' hard_is held

# At a start of the machine.
runs 0 apply --confirm 0 "$policy"
on host pkill -KILL -x seawall-keeper
on host nft flush ruleset
seawall boot
check 'a boot makes a hard one' hard_is held
on host nft flush ruleset
check 'which stands' on host nft list chain inet seawall doors
runs 0 remove
