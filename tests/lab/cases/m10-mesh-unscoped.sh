#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M10: Swarm's mesh has no rule against 127/8 from the wire, and its ACCEPT names no address.
# engines: debian12 sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Prints the address of the mesh's sandbox on docker_gwbridge.
sandbox_address() {
	in_sandbox ip -j -4 addr show eth1 | jq -r '.[0].addr_info[0].local'
}

# Runs a command in the mesh's sandbox.
in_sandbox() {
	on host nsenter --net=/run/docker/netns/ingress_sbox "$@"
}

# Without IPVS in the kernel the engine makes the mesh's sandbox and writes no rule for its ports. These
# are its rules, a listener in IPVS's place, and the engine's socket that keeps the port.
mesh_rules() {
	local hook=FORWARD at=2
	[[ $LAB_ENGINE == debian12 ]] || hook=DOCKER-FORWARD at=1
	on host sysctl -qw net.ipv4.conf.docker_gwbridge.route_localnet=1
	host_firewall --noflush <<-END_RULES
		*nat
		:DOCKER-INGRESS - [0:0]
		-I PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS
		-I OUTPUT -m addrtype --dst-type LOCAL -j DOCKER-INGRESS
		-I POSTROUTING -o docker_gwbridge -m addrtype --src-type LOCAL -j MASQUERADE
		-A DOCKER-INGRESS -p tcp -m tcp --dport 8081 -j DNAT --to-destination $(sandbox_address):8081
		-A DOCKER-INGRESS -j RETURN
		COMMIT
		*filter
		:DOCKER-INGRESS - [0:0]
		-I $hook $at -j DOCKER-INGRESS
		-A DOCKER-INGRESS -p tcp -m tcp --dport 8081 -j ACCEPT
		-A DOCKER-INGRESS -p tcp -m tcp --sport 8081 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A DOCKER-INGRESS -j RETURN
		COMMIT
	END_RULES
	in_sandbox labserver --name mesh --log "$LAB_DIR/mesh.arrivals" tcp:8081 </dev/null >/dev/null 2>&1 &
	cp "$LAB_CACHE/lab/labserver" "$LAB_DIR/dockerd" # which names the process
	# shellcheck disable=SC2016
	on host bash -c 'exec -a labserver "$0" "$@"' "$LAB_DIR/dockerd" --log "$LAB_DIR/held.arrivals" \
		tcp:8081 </dev/null >/dev/null 2>&1 &
	wait_until grep -qs ready "$LAB_DIR/mesh.arrivals" && wait_until grep -qs ready "$LAB_DIR/held.arrivals"
}

lab_up
[[ -e /proc/net/ip_vs ]] && lab_skip "the kernel has IPVS: the rules are the engine's own here"
docker swarm init --advertise-addr "$HOST" >/dev/null
for tool in iptables ip6tables; do
	on host $tool -A INPUT -p udp -m multiport --dports 4789,7946 -j DROP
	on host $tool -A INPUT -p tcp -m multiport --dports 2377,7946 -j DROP
done
docker service create --quiet --detach --name mesh --publish 8081:80 --no-resolve-image lab tcp:80 >/dev/null
container inner --expose 8081 -- tcp:8081 tcp:91 || exit
route_to 172.17.0.0/16 from neighbour
expect_closed world tcp "$HOST" 8081
expect_closed neighbour tcp "$(address_of inner)" 8081
audit
expect_safe inner
expect_no_finding M10 any

# The mesh answers everybody, as published; so does 127.0.0.1 over the wire, and one ACCEPT is for all.
check "the mesh's rules are loaded" mesh_rules
expect_open world tcp "$HOST" 8081
expect_raw_open neighbour tcp 127.0.0.1 8081
audit
check "the mesh is listed" reach mesh ingress eth0 ".to == {address: \"$HOST\", port: 8081}"
check "by loopback too" reach mesh loopback eth0 '.to == {address: "127.0.0.1", port: 8081}'
expect_no_finding any mesh
# The engine's socket keeps the port and answers nobody; it is not the engine's API.
expect_no_finding M54 any
if [[ $LAB_ENGINE == debian12 ]]; then
	expect_open neighbour tcp "$(address_of inner)" 8081
	expect_closed neighbour tcp "$(address_of inner)" 91
	expect_finding M10 inner:8081/tcp direct eth0 ".to.address == \"$(address_of inner)\""
	check "the rule is named" rule_mentions M10 "-A DOCKER-INGRESS" "--dport 8081 -j ACCEPT"
	expect_no_finding any inner:91/tcp
	# What the finding says to do does it.
	on host iptables -t raw -I PREROUTING ! -i docker0 -d 172.17.0.0/16 -j DROP
fi
expect_closed neighbour tcp "$(address_of inner)" 8081

# Who closes the mesh on the host's own addresses forgets 127.0.0.1.
for address in "$HOST" "$HOST_LAN" "$HOST_VPN" 172.17.0.1 172.18.0.1; do
	on host iptables -t raw -A PREROUTING -i eth0 -d "$address" -p tcp --dport 8081 -j DROP
done
expect_closed world tcp "$HOST" 8081
expect_raw_open neighbour tcp 127.0.0.1 8081
audit
expect_finding M10 mesh:8081/tcp loopback eth0 '.to == {address: "127.0.0.1", port: 8081}'
expect_safe inner

on host iptables -t raw -A PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP
expect_raw_closed neighbour tcp 127.0.0.1 8081
expect_open lan tcp "$HOST_LAN" 8081
audit
expect_no_finding M10 any
check "loopback is out of the list" no_reach mesh loopback
