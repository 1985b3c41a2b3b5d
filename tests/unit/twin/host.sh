#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the network namespace it runs in a host with a bit of everything that a twin copies.
# host.sh FAR: FAR is the path of a network namespace for the other ends of its links.
set -e
far=$1
here=$(dirname "$0")

# Links: NICs, one without carrier, one that is down, a tunnel's stand-in, bridges and their ports.
ip link set lo up
for link in eth0 eth1 eth9 wg0; do
	ip link add "$link" type veth peer name "$link" netns "$far"
done
ip link set eth0 address 02:11:22:33:44:55 mtu 1400 group 7 up
ip link set eth1 up
ip link set wg0 arp off up
nsenter --net="$far" ip link set eth0 up
nsenter --net="$far" ip link set wg0 up
ip link add docker0 address 02:42:00:00:00:01 type bridge
ip link set docker0 up
ip link add br-one address 02:42:00:00:00:02 type bridge
ip link set br-one up
for i in 1 2 3; do
	ip link add "vethc$i" index "$((100 + i * 11))" type veth peer name "c$i" netns "$far"
	nsenter --net="$far" ip link set "c$i" up
	ip link set "vethc$i" master br-one addrgenmode none up
done
bridge link set dev vethc1 hairpin on
bridge link set dev vethc2 isolated on

sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.eth0.rp_filter=2 \
	net.ipv4.conf.default.rp_filter=1 net.ipv4.conf.br-one.route_localnet=1 \
	net.ipv4.conf.eth1.forwarding=0 net.ipv6.conf.eth1.disable_ipv6=1 \
	net.ipv6.conf.eth0.accept_ra=2

ip addr add 192.0.2.10/24 dev eth0
ip addr add 192.0.2.11/24 dev eth0
ip addr add 198.51.100.1/24 dev eth1
ip addr add 10.9.0.1 peer 10.9.0.2 dev wg0
ip addr add 172.17.0.1/16 brd + dev docker0
ip addr add 172.30.0.1/24 brd + dev br-one
ip addr add 2001:db8::1/64 dev eth0 nodad
ip addr add fd00::1/64 dev br-one nodad

ip nexthop add id 7 via 192.0.2.7 dev eth0
ip nexthop add id 8 via 192.0.2.8 dev eth0
ip nexthop add id 9 group 7/8
ip route add default via 192.0.2.1
ip route add 10.0.0.0/8 via 198.51.100.9 metric 30
ip route add blackhole 203.0.113.0/24
ip route add 10.77.0.0/16 nexthop via 192.0.2.2 weight 2 nexthop via 198.51.100.2
ip route add 10.88.0.0/16 nhid 9
ip route add table 100 default dev wg0 src 10.9.0.1
ip -6 route add default via 2001:db8::fe
ip -6 route add 2001:db8:5::/48 nexthop via 2001:db8::7 nexthop via 2001:db8::8
ip -6 route add unreachable fc00::/7
ip rule add fwmark 0x1 lookup 100 pref 1000
ip rule add from 10.9.0.0/24 lookup 100 pref 1000
ip rule add not to 10.0.0.0/8 lookup main suppress_prefixlength 0 pref 2000
ip -6 rule add iif eth0 lookup 100 pref 500

ipset restore <"$here/sets.ipset"
nft -f "$here/ruleset.nft"
iptables-nft-restore --counters <"$here/iptables.rules"
ip6tables-nft-restore <"$here/ip6tables.rules"
ebtables-nft -A FORWARD -p IPv4 --ip-proto tcp --ip-dport 80 -j ACCEPT
ebtables-nft -A FORWARD --limit 5/sec -j ACCEPT
arptables-nft -A INPUT -s 10.0.0.1 -j DROP
iptables-legacy-restore <"$here/legacy.rules"
ip6tables-legacy-restore <"$here/legacy6.rules"

# Duplicate detection and carriers settle; what is read before is not the host's last word.
for _ in $(seq 100); do
	[ -n "$(ip -6 addr show tentative)" ] || exit 0
	sleep 0.1
done
echo "addresses stay tentative" >&2
exit 1
