#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M46: an overlay takes VXLAN frames from anybody: one gets to a container that publishes nothing.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Prints one value of container inner, or of the overlay: `of KIND JQ`.
of() {
	docker "$1" inspect "$2" | jq -r ".[0]$3"
}

# Gives the neighbour an end of the overlay's VXLAN: its number is all that one has to guess.
tunnel() {
	on neighbour ip -batch - <<-END
		link add vx0 type vxlan id $1 remote $HOST dstport 4789 dev eth0
		addr add ${2%.*}.99/24 dev vx0
		link set vx0 up
		neigh replace $2 lladdr $3 dev vx0
	END
}

# Tells whether container inner has seen that many datagrams.
arrived() {
	[[ $(count inner 53/udp) == "$1" ]]
}

# A datagram of ours that comes in after it would have; it is the last one that counts.
send() {
	client neighbour udp "$ip" 53 --timeout 100 >/dev/null
}

lab_up
audit
expect_no_finding M46 any
docker swarm init --advertise-addr "$HOST" >/dev/null
docker network create -d overlay --attachable ov >/dev/null
container inner --network ov -- udp:53 || exit
ip=$(of container inner .NetworkSettings.Networks.ov.IPAddress)
mac=$(of container inner .NetworkSettings.Networks.ov.MacAddress)
number=$(of network ov '.Options["com.docker.network.driver.overlay.vxlanid_list"]')
check "the neighbour has a tunnel" tunnel "$number" "$ip" "$mac"

send
check "the datagram arrives" wait_until arrived 1
check "from the neighbour's own address" grep -q "${ip%.*}.99" <(arrivals inner 53/udp)
audit
expect_finding M46 host host eth0 ".to == {address: \"$HOST\", port: 4789} and (.why | contains(\"ov\"))"
expect_finding M46 host host eth0 '.to.port == 7946 and (.why | contains("7946/udp"))'
expect_finding M46 host host eth0 '.to.port == 7946 and (.why | contains("/udp") | not)'
expect_finding M46 host host eth0 '.to.port == 2377'

# Only the other nodes, of which there are none.
on host iptables -A INPUT -p udp --dport 4789 -j DROP
send
check "the next one was dropped" grep -q '^\[[1-9]' <(
	on host iptables-save -c -t filter | grep -- '--dport 4789'
)
check "and did not arrive" arrived 1
audit
expect_no_finding M46 any any any '.to.port == 4789'
expect_finding M46 host host eth0 '.to.port == 2377'
