# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the lab's namespaces, links, addresses and routes; runs once, inside the lab's supervisor.
# shellcheck shell=bash

# Sets what decides reach to the kernel's own defaults, whatever the machine's namespace has: a new
# namespace takes over the IPv4 settings of the first one. $1: role, $2: forwarding, 0 or 1.
# Duplicate address detection is off, so that an address can be used at once.
net_sysctls() {
	# shellcheck disable=SC2016
	ip netns exec "$1" bash -c '
		set -u
		cd /proc/sys/net
		for conf in ipv4/conf/all ipv4/conf/default; do
			for key in rp_filter route_localnet arp_ignore arp_announce accept_local proxy_arp; do
				echo 0 >"$conf/$key"
			done
		done
		for conf in ipv6/conf/all ipv6/conf/default; do
			for key in accept_dad dad_transmits accept_ra disable_ipv6; do
				echo 0 >"$conf/$key"
			done
		done
		echo "$1" >ipv4/ip_forward
		echo "$1" >ipv6/conf/all/forwarding
	' sysctls "$2"
}

# The command for one veth pair: $1 namespace, $2 name and $3 index of one end, $4 to $6 of the other,
# $7 hardware address of the first end or "". The two indexes must differ: the kernel takes a link whose
# peer has the same index for one of no hurry, and may tell of its carrier a second later.
net_pair() {
	echo "link add $2 index $3 netns $1 ${7:+address $7} type veth peer name $5 index $6 netns $4"
}

# The addresses, links and default routes of role $1, for `ip -batch`.
net_plan() {
	case $1 in
	seg)
		printf '%s\n' "link add br0 type bridge forward_delay 0 mcast_snooping 0" \
			"link set host master br0 up" "link set neighbour master br0 up" \
			"link set router master br0 up" "link set br0 up" ;;
	host)
		printf '%s\n' "addr add $HOST/24 brd + dev eth0" "addr add $HOST6/64 dev eth0 nodad" \
			"addr add $HOST_LAN/24 brd + dev eth1" "addr add $HOST_LAN6/64 dev eth1 nodad" \
			"addr add $HOST_VPN/24 brd + dev wg0" "addr add $HOST_VPN6/64 dev wg0 nodad" \
			"link set eth0 up" "link set eth1 up" "link set wg0 up" \
			"route add default via $ROUTER" "route add default via inet6 $ROUTER6" ;;
	neighbour)
		printf '%s\n' "addr add $NEIGHBOUR/24 brd + dev eth0" \
			"addr add $NEIGHBOUR6/64 dev eth0 nodad" "link set eth0 up" \
			"route add default via $ROUTER" "route add default via inet6 $ROUTER6" ;;
	router)
		printf '%s\n' "addr add $ROUTER/24 brd + dev eth0" "addr add $ROUTER6/64 dev eth0 nodad" \
			"addr add $WORLD_ROUTER/24 brd + dev eth1" \
			"addr add $WORLD_ROUTER6/64 dev eth1 nodad" \
			"link set eth0 up" "link set eth1 up" ;;
	world)
		printf '%s\n' "addr add $WORLD/24 brd + dev eth0" "addr add $WORLD6/64 dev eth0 nodad" \
			"link set eth0 up" \
			"route add default via $WORLD_ROUTER" "route add default via inet6 $WORLD_ROUTER6" ;;
	lan)
		printf '%s\n' "addr add $LAN/24 brd + dev eth0" "addr add $LAN6/64 dev eth0 nodad" \
			"link set eth0 up" ;;
	vpn)
		printf '%s\n' "addr add $VPN/24 brd + dev eth0" "addr add $VPN6/64 dev eth0 nodad" \
			"link set eth0 up" ;;
	esac
}

# Builds everything. $1: ip_forward of the host, 0 or 1.
net_build() {
	local role
	for role in seg $LAB_ROLES; do
		ip netns add "$role" || return
		case $role in
		router) net_sysctls "$role" 1 || return ;;
		host) net_sysctls "$role" "$1" || return ;;
		*) net_sysctls "$role" 0 || return ;;
		esac
	done
	{
		net_pair host eth0 2 seg host 12 "$HOST_ETH0_MAC"
		net_pair neighbour eth0 2 seg neighbour 13 "$NEIGHBOUR_MAC"
		net_pair router eth0 2 seg router 14 "$ROUTER_MAC"
		net_pair router eth1 3 world eth0 12 ""
		net_pair host eth1 3 lan eth0 12 "$HOST_ETH1_MAC"
		net_pair host wg0 4 vpn eth0 12 "$HOST_WG0_MAC"
	} | ip -batch - || return
	for role in world lan vpn router neighbour host seg; do
		{
			echo "link set lo up"
			net_plan "$role"
		} | ip -netns "$role" -batch - || return
	done
	for _ in {1..250}; do
		net_settled && return
		read -rt 0.02 <> <(:)
	done
	echo "the links do not come up"
	return 1
}

# Tells whether each link has its carrier and each port of the switch forwards.
net_settled() {
	local role
	for role in seg $LAB_ROLES; do
		ip -netns "$role" -o link show | grep -v -e 'state UP' -e ' lo: ' && return 1
	done
	! bridge -netns seg link show | grep -v 'state forwarding'
}
