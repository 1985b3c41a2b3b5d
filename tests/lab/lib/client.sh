# SPDX-License-Identifier: GPL-2.0-or-later
# Standing in a role of the lab: running commands there, asking ports, setting routes and firewalls.
# shellcheck shell=bash

# Runs a command in a role's network namespace, within the lab: `on ROLE CMD...`. A role is one of
# LAB_ROLES, any other name in /run/netns, or container:NAME.
on() {
	local role=$1 net dir=$PWD
	shift
	[[ -d $LAB_ROOT$dir ]] || dir=/
	case $role in
	container:*) net=$LAB_PROC/$(container_pid "${role#container:}")/ns/net ;;
	*) net=$LAB_ROOT/run/netns/$role ;;
	esac
	nsenter --target "$LAB_PID" --mount --pid --uts --net="$net" --wdns="$dir" -- "$@"
}

# Asks once and prints `open BANNER`, `refused`, `timeout` or `unreachable`, with exit code 0 to 3:
# `client ROLE tcp|udp|sctp ADDRESS PORT [OPTION...]`; options as for labserver --client.
client() {
	local role=$1
	shift
	on "$role" labserver --client "$@"
}

# Asks with one frame of our own making, sent straight to the host's link, for addresses that a
# kernel would not send to: `raw ROLE tcp|udp|sctp ADDRESS PORT [OPTION...]`; prints as client does.
# --source ADDRESS spoofs the sender, --mac MAC sends to somebody else than the host.
raw() {
	local role=$1 protocol=$2 address=$3 port=$4 mac source source6 greet greet6
	shift 4
	case $role in
	neighbour) mac=$HOST_ETH0_MAC source=$NEIGHBOUR source6=$NEIGHBOUR6 greet=$HOST greet6=$HOST6 ;;
	router) mac=$HOST_ETH0_MAC source=$ROUTER source6=$ROUTER6 greet=$HOST greet6=$HOST6 ;;
	lan) mac=$HOST_ETH1_MAC source=$LAN source6=$LAN6 greet=$HOST_LAN greet6=$HOST_LAN6 ;;
	vpn) mac=$HOST_WG0_MAC source=$VPN source6=$VPN6 greet=$HOST_VPN greet6=$HOST_VPN6 ;;
	*) lab_fail "raw: \"$role\" is not on a link of the host" ;;
	esac
	[[ $address == *:* ]] && source=$source6 greet=$greet6
	# The host must know the sender's link address already: it would ask for it in the name of the
	# address that it answers from, and nobody answers a question of 127.0.0.1.
	on "$role" labserver --client udp "$greet" 9 --timeout 20 >/dev/null
	on "$role" labserver --raw "$protocol" "$address" "$port" --dev eth0 --mac "$mac" \
		--source "$source" "$@"
}

# Lets ROLE know a network behind the host: `route_to SUBNET from ROLE`; for world it is the router
# that learns it. `route_to SUBNET from world` is thus a provider that routes the subnet here.
route_to() {
	local subnet=$1 role=$3 via
	[[ $role == world ]] && role=router
	case $role in
	neighbour | router) via="$HOST $HOST6" ;;
	lan) via="$HOST_LAN $HOST_LAN6" ;;
	vpn) via="$HOST_VPN $HOST_VPN6" ;;
	*) lab_fail "route_to: no route from \"$role\" through the host" ;;
	esac
	if [[ $subnet == *:* ]]; then
		on "$role" ip -6 route replace "$subnet" via "${via#* }"
	else
		on "$role" ip route replace "$subnet" via "${via% *}"
	fi
}

# Loads a file of iptables-save's format into the host: `host_firewall [-6] [--noflush] [FILE]`, from
# stdin without FILE. Without --noflush the tables named in it lose what was there, Docker's rules too.
host_firewall() {
	local tool=iptables-restore args=()
	while [[ ${1-} == -* ]]; do
		if [[ $1 == -6 ]]; then tool=ip6tables-restore; else args+=("$1"); fi
		shift
	done
	if (($#)); then
		on host "$tool" "${args[@]}" <"$1"
	else
		on host "$tool" "${args[@]}"
	fi
}

# Runs seawall in the host role against the lab's engine.
seawall() {
	local socket=/run/docker.sock
	[[ $LAB_ENGINE == podman ]] && socket=/run/podman/podman.sock
	on host env DOCKER_HOST=unix://$socket "${SEAWALL:-$LAB_REPO/build/seawall}" "$@"
}
