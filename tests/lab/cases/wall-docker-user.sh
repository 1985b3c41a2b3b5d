#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The wall as iptables rules behind DOCKER-USER: what it closes, what it says it cannot, and that nothing of it stays.
# engines: debian12 ipt29 nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# All rules but for what counts and what is dated.
rules() {
	on host iptables-save
	on host ip6tables-save
	on host iptables-legacy-save 2>/dev/null
	on host nft -s list tables
}

lab_up
route_to 172.17.0.0/16 from neighbour
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 -p 0.0.0.0:53:53/udp || exit
policy=$LAB_DIR/policy.yaml
cat >"$policy" <<'END'
version: 1
default: closed
zones:
  lan: { sources: [10.9.0.0/24, "fd00:9::/64"] }
allow:
  - { container: web, host_port: 443/tcp, from: any }
  - { container: db, container_port: 5432/tcp, from: [lan] }
END
expect_open world tcp "$HOST" 443
expect_open world tcp "$HOST" 5432
expect_open world udp "$HOST" 53

if [[ $LAB_ENGINE == nft29 ]]; then
	before=$(on host nft -s list ruleset)
	runs 2 apply --backend docker-user "$policy"
	said 'no DOCKER-USER'
	check 'nothing was changed' equal "$(on host nft -s list ruleset)" "$before"
	exit
fi

before=$(rules | grep -v '^#')
runs 1 plan --backend docker-user "$policy"
said 'RULES IN DOCKER-USER CANNOT CLOSE'
check 'a plan changes nothing' equal "$(rules | grep -v '^#')" "$before"
runs 0 apply --confirm 0 --backend docker-user "$policy"
check 'no table of nft is there' not on host nft list table inet seawall
check 'its jump is the first of DOCKER-USER' equal \
	"$(on host iptables -S DOCKER-USER | sed -n 2p)" '-A DOCKER-USER -j SEAWALL'
expect_open world tcp "$HOST" 443
check 'the container sees who it is' grep -q "$WORLD" <(arrivals web 80/tcp)
expect_closed world tcp "$HOST" 5432
expect_open lan tcp "$HOST_LAN" 5432
expect_closed world udp "$HOST" 53
expect_closed neighbour tcp "$(address_of db)" 5432
expect_open host tcp 127.0.0.1 5432
audit --policy "$policy"
expect_no_finding any web published eth0
expect_no_finding any db published eth0
expect_no_finding any db direct
runs 0 status
said 'turned away'
runs 0 plan --backend docker-user "$policy"
said 'nothing would change'

if [[ $LAB_ENGINE == ipt29 ]]; then
	runs 0 remove
	check 'nothing of it stays' equal "$(rules | grep -v '^#')" "$before"
	exit
fi

# What others put into DOCKER-USER still counts, and so does what they put before.
on host iptables -I DOCKER-USER -s 203.0.113.77 -j DROP
runs 1 status
on host iptables -D DOCKER-USER -s 203.0.113.77 -j DROP
on host iptables -A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 443 -j DROP
[[ $LAB_ENGINE == debian12 ]] || check "the admin's own rule behind it still closes" shut_now 443
on host iptables -D DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 443 -j DROP
expect_open world tcp "$HOST" 443

# The guard keeps it.
seawall guard --policy "$policy" 2>"$LAB_DIR/guard.log" &
guard=$!
on host sleep 1
on host iptables -F SEAWALL
check 'flushed, it is back' wait_until shut_now 5432
on host iptables -D FORWARD -j DOCKER-USER
check 'so is the jump that leads to it' wait_until shut_now 5432
docker rm -f db >/dev/null
container other -p 0.0.0.0:5432:5432 || exit
check 'another container in that place is shut' wait_until shut_now 5432 lan
on host sleep 1
check 'and stays so' shut_now 5432 lan
docker rm -f other >/dev/null
container db -p 0.0.0.0:5432:5432 -p 0.0.0.0:53:53/udp || exit
check 'the one that is meant is open' wait_until open_now 5432 lan
on host pkill -TERM -x seawall
wait $guard

# From one back end to the other, and back, is one step each.
runs 0 apply --confirm 0 "$policy"
check 'the table is there' on host nft list table inet seawall
check 'and no chain of iptables' not grep -q SEAWALL <(rules)
runs 0 rollback
check 'going back is the other way round' not on host nft list table inet seawall
expect_closed world tcp "$HOST" 5432
check 'with its chains' grep -q SEAWALL <(on host iptables-save)
runs 0 apply --confirm 0 --log-only --backend docker-user "$policy"
expect_open world tcp "$HOST" 5432
runs 0 remove
check 'nothing of it stays' not grep -q SEAWALL <(rules)

# At a start of the machine, before Docker made its chains.
runs 0 apply --confirm 0 --backend docker-user "$policy"
on host nft flush ruleset
seawall boot
check 'a boot makes the chain and leads to it' grep -q -- '-A FORWARD -j DOCKER-USER' <(on host iptables-save)
engine_restart
docker start web db >/dev/null
container_await web
expect_closed world tcp "$HOST" 5432
expect_closed world tcp "$HOST" 443
runs 0 apply --confirm 0 --backend docker-user "$policy"
expect_open world tcp "$HOST" 443
runs 0 remove --force
check 'nothing of it stays' not grep -q SEAWALL <(rules)

# Legacy tables that have the chain too get the same rules: every packet meets both.
on host iptables-legacy -N DOCKER-USER
on host iptables-legacy -I FORWARD -j DOCKER-USER
runs 0 apply --confirm 0 --backend docker-user "$policy"
check 'legacy tables have it' grep -q -- '-A SEAWALL-DOORS' <(on host iptables-legacy-save)
expect_closed world tcp "$HOST" 5432
expect_open lan tcp "$HOST_LAN" 5432
runs 0 status
runs 0 remove
check 'nothing of it stays there' not grep -q SEAWALL <(on host iptables-legacy-save)
on host iptables-legacy -F FORWARD
on host iptables-legacy -X DOCKER-USER

# Where nothing leads to the chain, rules there would do nothing.
on host iptables -D FORWARD -j DOCKER-USER
runs 2 apply --backend docker-user "$policy"
said 'no rule of FORWARD leads to DOCKER-USER'
