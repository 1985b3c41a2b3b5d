#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Probes reach no service, leave the machine nowhere and leave no flow: in the copy and on the live host.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 -p 0.0.0.0:53:53/udp -p 127.0.0.1:1234:1234 || exit
container wild --network host -- tcp:8888 || exit
server host plain tcp:8090 udp:8091 || exit
# Rules that answer, which a probe of the live host may run into.
host_firewall --noflush <<-'END'
	*filter
	-A INPUT -i eth0 -p tcp --dport 9000:9999 -j REJECT --reject-with tcp-reset
	-A INPUT -i eth1 -j REJECT
	COMMIT
END

# Counts what a namespace gets by its link $2, of all that is not the kernels' own talk about links.
watch() {
	on "$1" nft -f - <<-END
		table netdev watch {
			chain in {
				type filter hook ingress device "$2" priority 0; policy accept;
				meta protocol { ip, ip6 } icmpv6 type { 130-143 } accept
				ip protocol igmp accept
				meta protocol { ip, ip6 } counter
			}
		}
	END
}
# Prints what all of them have counted.
watched() {
	local at
	for at in seg neighbour lan vpn container:web; do
		on "$at" nft list table netdev watch | grep -o 'counter packets [0-9]*'
	done | awk '{ sum += $3 } END { print sum }'
}
flows() {
	on host conntrack -L 2>/dev/null | grep -cE "^(tcp|udp|sctp|icmp) "
}
tables() {
	on host nft list tables
}
services() {
	echo "$(count web 80/syn) $(count web 53/udp) $(count web 1234/syn) $(count wild 8888/tcp)" \
		"$(grep -c '^tcp\|^udp' "$LAB_DIR/plain.arrivals")"
}

for at in neighbour lan vpn container:web; do
	watch $at eth0
done
watch seg host
before=$(tables)

for how in "" "--injector packet" "--live --yes"; do
	# The words of the options.
	# shellcheck disable=SC2086
	seawall prove $how --json >"$LAB_DIR/prove.json" 2>"$LAB_DIR/prove.err"
	check "prove $how: packets were sent" test "$(jq '.proof.packets' "$LAB_DIR/prove.json")" -gt 100
	check "prove $how: nothing disagrees" equal "$(jq '.proof.disagree' "$LAB_DIR/prove.json")" 0
	check "prove $how: it says where" equal "$(jq -r '[.endpoints[].reach[].proof.where] | unique[]' \
		"$LAB_DIR/prove.json")" "$([[ $how == --live* ]] && echo live || echo twin)"
	check "prove $how: no service saw any" equal "$(services)" "0 0 0 0 0"
	check "prove $how: nothing left the host" equal "$(watched)" 0
	check "prove $how: no flow is left" equal "$(flows)" 0
	check "prove $how: no table is left" equal "$(tables)" "$before"
done
check "what --live touches is said first" grep -q 'counters' "$LAB_DIR/prove.err"
check "without a yes nothing is sent" not seawall prove --live </dev/null
check "the host's links have no far end to send from" not seawall prove --live --yes --injector packet

# Killed in the middle, it leaves nothing that would drop what comes later.
seawall prove --live --yes --all-ports >/dev/null 2>&1 &
unchanged() {
	[[ $(tables) == "$before" ]]
}
wait_until not unchanged
on host pkill -KILL -x seawall
wait $!
check "killed: no table is left" wait_until unchanged

# The watchers do watch, and the services serve.
expect_open world tcp "$HOST" 8080
expect_open neighbour tcp "$HOST" 8090
check "a real client is seen" test "$(watched)" -gt 4
check "by the service too" equal "$(services)" "1 0 0 0 1"
check "and by conntrack" test "$(flows)" -ge 2
