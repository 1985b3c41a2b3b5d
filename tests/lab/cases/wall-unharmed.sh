#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a wall has no business with works behind it as before: path MTU, neighbour discovery, bridges, hairpin, VPNs, libvirt, LXD, mDNS.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# A far end behind a link of the host: `behind NAME LINK HOST-ADDRESS/LEN ADDRESS [BRIDGE]`.
behind() {
	on host ip netns add "$1"
	on host ip link add "$2" type veth peer name eth0 netns "$1"
	if [[ ${5:-} ]]; then
		on host ip link add "$5" type bridge
		on host ip link set "$2" master "$5" up
		on host ip link set "$5" up
		on host ip address add "$3" dev "$5"
	else
		on host ip link set "$2" up
		on host ip address add "$3" dev "$2"
	fi
	on "$1" ip link set lo up
	on "$1" ip link set eth0 up
	on "$1" ip address add "$4/24" dev eth0
	on "$1" ip route add default via "${3%/*}"
}

# Reads all of a large file, over a link whose MTU nobody was told of.
downloads() {
	on container:web ip route flush cache
	on host ip -6 route flush cache
	equal "$(on "$1" curl -s -g -m 10 "http://$2/large" | wc -c)" 3000000
}
# Whether a datagram to a group comes to a process of the host.
group_arrives() {
	on host timeout 5 python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 5353))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             struct.pack("4s4s", socket.inet_aton("224.0.0.251"), socket.inet_aton("'"$HOST"'")))
open("'"$LAB_DIR"'/listens", "w").close()
assert s.recv(100) == b"query"' &
	local listener=$!
	wait_until test -e "$LAB_DIR/listens"
	rm "$LAB_DIR/listens"
	on neighbour python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("'"$NEIGHBOUR"'"))
s.sendto(b"query", ("224.0.0.251", 5353))'
	wait $listener
}
# Whether neighbours find each other anew.
finds() {
	on host ip -6 neigh flush dev eth0
	on neighbour ip -6 neigh flush dev eth0
	on neighbour ping -6 -c 1 -W 2 "$HOST6" >/dev/null
}

# All that is not a door's: each works before the wall and behind it.
unharmed() {
	check "$1: a large answer of a container over a narrow path" downloads world "$HOST:8000"
	check "$1: and of the host by IPv6" downloads world "[$HOST6]:8001"
	check "$1: neighbour discovery" finds
	expect_open world tcp "$HOST" 22
	expect_open world tcp "$HOST6" 22
	check "$1: a container reaches another one of its bridge" \
		on container:web labserver --client tcp "$(address_of db)" 5432
	check "$1: and by the host's address" on container:web labserver --client tcp "$HOST" 5432
	check "$1: the host reaches a container" on host labserver --client tcp "$(address_of db)" 5432
	check "$1: a container reaches the world" on container:web labserver --client tcp "$WORLD" 7000
	check "$1: and the world's UDP" on container:web labserver --client udp "$WORLD" 7001
	check "$1: the VPN reaches the LAN through the host" client vpn tcp "$LAN" 7000
	check "$1: and the LAN the VPN" client lan tcp "$VPN" 7000
	check "$1: the world reaches a port of a virtual machine" client world tcp "$HOST" 2222
	check "$1: which reaches the world" on vm labserver --client tcp "$WORLD" 7000
	check "$1: Tailscale's peers reach the host" on peer labserver --client tcp 100.64.0.1 22
	check "$1: and what the policy lets them" on peer labserver --client tcp 100.64.0.1 8000
	check "$1: a WireGuard container's port" client world udp "$HOST" 51820
	check "$1: mDNS" group_arrives
}

lab_up
container web -p 0.0.0.0:8000:8000 -- tcp:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
container wireguard -p 0.0.0.0:51820:51820/udp || exit
server host sshd tcp:22
server world far tcp:7000 udp:7001
server lan near tcp:7000
server vpn far-end tcp:7000

# Large files, and a narrow link that only its router knows of.
mkdir "$LAB_DIR/files"
head -c 3000000 /dev/zero >"$LAB_DIR/files/large"
on container:web python3 -m http.server 8000 --directory "$LAB_DIR/files" >/dev/null 2>&1 &
on host python3 -m http.server 8001 --bind :: --directory "$LAB_DIR/files" >/dev/null 2>&1 &
on router ip link set eth1 mtu 1300

# The host routes between its VPN and its LAN, has a virtual machine, and Tailscale's link and marks.
on host iptables -I DOCKER-USER -i wg0 -o eth1 -j ACCEPT
on host iptables -I DOCKER-USER -i eth1 -o wg0 -j ACCEPT
on vpn ip route replace 10.9.0.0/24 via "$HOST_VPN"
on lan ip route replace 10.8.0.0/24 via "$HOST_LAN"
behind vm vnet0 192.168.122.1/24 192.168.122.10 virbr0
server vm machine tcp:22
on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 2222 -j DNAT --to-destination 192.168.122.10:22
on host iptables -t nat -A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE
on host iptables -I FORWARD -o virbr0 -j ACCEPT
on host iptables -I FORWARD -i virbr0 -j ACCEPT
behind peer tailscale0 100.64.0.1/24 100.64.0.7
on host iptables -I FORWARD -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000
on host iptables -I FORWARD 2 -m mark --mark 0x40000/0xff0000 -j ACCEPT
# A frame between two containers goes through the host's rules, as Docker has it without ICC.
on host sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null
wait_until downloads world "$HOST:8000" >/dev/null

unharmed before
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
zones:
  tailnet: { interfaces: ["tailscale*"] }
allow:
  - { container: web, host_port: 8000/tcp, from: [world, tailnet] }
  - { container: wireguard, host_port: 51820/udp, from: any }
END
runs 0 apply --confirm 0 "$LAB_DIR/policy.yaml"
expect_closed world tcp "$HOST" 5432
unharmed behind

# Bridges that come later: LXD's is nobody's business; one that is called like Docker's is closed until
# somebody has looked at it.
behind lxd veth0 10.55.0.1/24 10.55.0.10 lxdbr0
server lxd system tcp:80
on host iptables -I FORWARD -o lxdbr0 -j ACCEPT
on host iptables -I FORWARD -i lxdbr0 -j ACCEPT
on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 2280 -j DNAT --to-destination 10.55.0.10:80
expect_open world tcp "$HOST" 2280
behind shop veth1 10.56.0.1/24 10.56.0.10 br-office
server shop system tcp:80
on host iptables -I FORWARD -o br-office -j ACCEPT
on host iptables -I FORWARD -i br-office -j ACCEPT
on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 2281 -j DNAT --to-destination 10.56.0.10:80
expect_closed world tcp "$HOST" 2281
runs 0 apply --confirm 0 "$LAB_DIR/policy.yaml"
expect_open world tcp "$HOST" 2281
expect_open world tcp "$HOST" 2280
check 'nothing that was let in was turned away' equal \
	"$(client world tcp "$HOST" 8000 >/dev/null; seawall status --json | jq .turned_away)" 0
