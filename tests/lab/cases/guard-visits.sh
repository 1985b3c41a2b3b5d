#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who got in: each way to a container from outside is counted by sender, and nothing else is.
# engines: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

told() {
	grep -q -e "$1" "$LAB_DIR/guard.log"
}
visits_have() {
	seawall visits --json >"$LAB_DIR/visits.json" && jq -es ".[0].visits | any($1)" "$LAB_DIR/visits.json" >/dev/null
}
# Asks so many times from a role: `ask TIMES ROLE CLIENT-ARG...`.
ask() {
	local i
	for ((i = 0; i < $1; i++)); do
		client "${@:2}" --timeout 1000 >/dev/null
	done
}

lab_up
container web -p 443:80 -p 53:53/udp -- tcp:80 udp:53 || exit
container db -p 5432:5432 -- tcp:5432 || exit
container own --network host -- tcp:7777 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
zones:
  lan: { interfaces: [eth1] }
allow:
  - { container: web, host_port: 443/tcp, from: any }
  - { container: web, host_port: 53/udp, from: any }
  - { container: own, host_port: 7777/tcp, from: any }
END
runs 2 visits --since yesterday
said 'wants a time such as'
: >"$LAB_DIR/guard.log"
seawall guard --policy "$LAB_DIR/policy.yaml" 2>>"$LAB_DIR/guard.log" &
guard=$!
check 'the wall is up' wait_until told 'the wall is up'

ask 3 world tcp "$HOST" 443
ask 1 world udp "$HOST" 53
ask 2 world tcp "$HOST6" 443
ask 1 lan tcp "$HOST_LAN" 443
ask 1 world tcp "$HOST" 7777
ask 2 world tcp "$HOST" 5432
ask 1 host tcp "$HOST" 443
ask 1 container:db tcp "$HOST" 443
ask 1 container:db tcp "$WORLD" 80

check 'who got in, by which path' wait_until visits_have ".source == \"$WORLD/32\" and .container == \"web\" and
	.path == \"published\" and .to == {\"address\": \"$HOST\", \"port\": 443} and .proto == \"tcp\" and .flows == 3 and
	.zone == \"world\" and .in == \"eth0\""
check 'at which endpoint' visits_have ".endpoint == \"$(address_of web):80\""
check 'by UDP' wait_until visits_have ".source == \"$WORLD/32\" and .proto == \"udp\" and .to.port == 53 and .flows == 1"
check 'by IPv6, through the proxy' wait_until visits_have ".source == \"$WORLD6/128\" and .container == \"web\" and
	.path == \"proxy\" and .flows == 2"
check 'from which zone' wait_until visits_have ".source == \"$LAN/32\" and .zone == \"lan\" and .in == \"eth1\""
check 'to a container in the namespace of the host' wait_until visits_have ".container == \"own\" and .path == \"host\" and
	.to.port == 7777 and .flows == 1"
check 'who was turned away did not get in' not visits_have '.to.port == 5432'
check 'nor did this host and its containers' equal \
	"$(jq -r --arg world "$WORLD/32" --arg world6 "$WORLD6/128" --arg lan "$LAN/32" \
		'[.visits[] | select(.source != $world and .source != $world6 and .source != $lan)] | length' "$LAB_DIR/visits.json")" 0
runs 0 visits
said "$WORLD"
runs 0 visits --container own
check 'one container alone' not grep -q web "$LAB_DIR/said"
runs 0 visits --since 2099-01-01
said 'Nobody got in'

ask 4 world tcp "$HOST" 443
check 'more is added to what was there' wait_until visits_have ".source == \"$WORLD/32\" and .to.port == 443 and .flows == 7"
on host pkill -TERM -x seawall
wait $guard
