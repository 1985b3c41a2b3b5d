#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The wall: some ports for the world, some for a zone or one address, the rest closed, whatever the way; all else unharmed.
# engines: debian12 ipt29 nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# The rules of the host, without counters.
rules() {
	on host nft -s list ruleset
}

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 -p 0.0.0.0:5433:5432/udp || exit
container local -p 127.0.0.1:1234:1234 || exit
server host sshd tcp:22 tcp:5433 udp:443
route_to 172.17.0.0/16 from neighbour
db=$(address_of db)
[[ $LAB_ENGINE == nft29 ]] || on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 8035 -j DNAT --to-destination "$db:5432"
[[ $LAB_ENGINE == nft29 ]] || on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 8036 -j DNAT --to-destination "$db:5432"
policy=$LAB_DIR/policy.yaml
cat >"$policy" <<'END'
version: 1
default: closed
zones:
  lan: { sources: [10.9.0.0/24, "fd00:9::/64"] }
  vpn: { interfaces: [wg0] }
allow:
  - { container: web, container_port: 80/tcp, from: [world, lan, vpn] }
  - { container: db, host_port: 5432/tcp, from: [lan, 10.8.0.2] }
  - { container: db, host_port: 5433/udp, from: [vpn] }
END
rules >"$LAB_DIR/before"

# A plan changes nothing.
expect_open world tcp "$HOST" 5432
runs 1 plan "$policy"
check 'it names a problem that would go' grep -q 'WOULD BE CLOSED' "$LAB_DIR/said"
check 'it says who may get in' grep -q 'lan, 10.8.0.2' "$LAB_DIR/said"
check 'the rules are as they were' diff "$LAB_DIR/before" <(rules)
expect_open world tcp "$HOST" 5432

# The wall.
runs 0 apply "$policy"
expect_open world tcp "$HOST" 443
check 'the container sees who it is' grep -q "$WORLD" <(arrivals web 80/tcp)
expect_open lan tcp "$HOST_LAN" 443
expect_closed world tcp "$HOST" 5432
expect_closed neighbour tcp "$HOST" 5432
expect_open lan tcp "$HOST_LAN" 5432
expect_open vpn tcp "$HOST_VPN" 5432
expect_closed lan udp "$HOST_LAN" 5433
expect_open vpn udp "$HOST_VPN" 5433
expect_closed neighbour tcp "$db" 5432
expect_closed neighbour tcp "$(address_of local)" 1234
expect_raw_closed neighbour tcp 127.0.0.1 1234
[[ $LAB_ENGINE == nft29 ]] || expect_closed world tcp "$HOST" 8035
[[ $LAB_ENGINE == nft29 ]] || expect_closed world tcp "$HOST" 8036
expect_closed world tcp "$HOST6" 443
expect_closed world tcp "$HOST6" 5432

# What is not its business.
expect_open world tcp "$HOST" 22
expect_open world tcp "$HOST" 5433
expect_open world udp "$HOST" 443
expect_open host tcp 127.0.0.1 1234
expect_open host tcp 127.0.0.1 5432
expect_open host tcp "$db" 5432
check 'containers reach each other' on container:web labserver --client tcp "$db" 5432
server world far tcp:7000
check 'and the world' on container:web labserver --client tcp "$WORLD" 7000

# It holds what it says.
audit --policy "$policy"
expect_no_finding any web
expect_no_finding any db published eth0
expect_no_finding any db direct
expect_no_finding any local
runs 0 status
check 'status: it is as it was put up' grep -q 'up, as it was put up' "$LAB_DIR/said"
runs 0 plan "$policy"
runs 0 apply "$policy"
on host nft -s list ruleset >"$LAB_DIR/saved"
check 'a saved ruleset with the wall can be read back' on host nft -c -f "$LAB_DIR/saved"

# Somebody flushes it: that is told, and mended.
on host nft flush table inet seawall
expect_open world tcp "$HOST" 5432
runs 1 status
check 'status: it is not what was put up' grep -q 'NOT THE ONE' "$LAB_DIR/said"
runs 1 plan "$policy"
runs 0 apply "$policy"
expect_closed world tcp "$HOST" 5432

# A container that comes anew is closed until a policy is applied; so is a new network's bridge.
container late -p 0.0.0.0:9000:9000 || exit
expect_closed world tcp "$HOST" 9000

# Only counted.
runs 0 apply --log-only "$policy"
expect_open world tcp "$HOST" 5432
seawall status --json >"$LAB_DIR/status"
check 'status counts who would be turned away' jq -e '.log_only and .turned_away > 0' "$LAB_DIR/status"

# Gone without a trace.
runs 0 remove
docker rm -f late >/dev/null 2>&1
# A stand-in does not take the rules of a container away that goes.
[[ $LAB_ENGINE == *29 ]] || check 'the rules are as they were' diff "$LAB_DIR/before" <(rules)
check 'no table is left' not on host nft list table inet seawall
check 'nothing is kept' not on host test -e /var/lib/seawall/state
expect_open world tcp "$HOST" 5432
runs 0 status
