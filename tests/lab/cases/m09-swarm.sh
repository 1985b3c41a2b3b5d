#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M09, M46: Swarm publishes on every address, mode host too, and its cluster ports are open to anybody.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
expect_closed world tcp "$HOST" 2377
audit
expect_no_finding any any

check "the swarm is made" docker swarm init --advertise-addr "$HOST"
expect_open_port() {
	check "$1 gets to $2 port $3" on "$1" bash -c "exec 3<>/dev/tcp/$2/$3"
}
expect_open_port world "$HOST" 2377
expect_open_port world "$HOST" 7946
audit
expect_finding M46 host host eth0 ".to == {address: \"$HOST\", port: 2377}"
expect_finding M46 host host eth0 '.to.port == 7946'

docker service create --quiet --detach --name direct --publish mode=host,target=80,published=8080 \
	--no-resolve-image lab tcp:80 >/dev/null
docker service create --quiet --detach --name mesh --publish 8081:80 --no-resolve-image lab tcp:80 >/dev/null
running() {
	[[ $(docker ps -q --filter name="$1\\.") ]]
}
check "the tasks run" wait_until eval 'running direct && running mesh'
container_await "$(docker ps --format '{{.Names}}' --filter 'name=direct\.')"
expect_open world tcp "$HOST" 8080
expect_open lan tcp "$HOST_LAN" 8080
audit
check "mode host is listed" reach any published eth0 '.to.port == 8080'
check "and its every address" reach any published eth1 '.to.port == 8080'
# Without IPVS in the kernel the mesh answers nobody; its own network's addresses mean nothing here.
if ! [[ -e /proc/net/ip_vs ]]; then
	expect_closed world tcp "$HOST" 8081
	expect_finding any mesh any eth0 '.kind == "outage"'
	expect_no_finding any any direct
fi

for tool in iptables ip6tables; do
	for proto in tcp udp; do
		on host $tool -A INPUT -p $proto -m multiport --dports 2377,4789,7946 -j DROP
	done
done
expect_closed world tcp "$HOST" 2377
audit
expect_no_finding M46 any
