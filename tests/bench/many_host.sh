# SPDX-License-Identifier: GPL-2.0-or-later
# A host with very many containers: a network namespace with a process, a link and Docker 28's rules for each
# of them. Source it after tests/lab/lab.sh; $work is a directory for what it needs.
# shellcheck shell=bash disable=SC2154

# Brings up the host, without containers yet.
many_up() {
	lab_up --engine none
	trap 'lab_down; rm -rf "$work"' EXIT # in the place of the lab's own
	on host ip link add docker0 up type bridge
	on host ip address add 172.17.0.1/16 dev docker0
	: >"$work/pids"
}

# The address of container i.
address() {
	printf '172.17.%d.%d' $((($1 + 2) / 256)) $((($1 + 2) % 256))
}

# Links, from container $1 up to below $2, as `ip -batch` reads them.
links() {
	local i pids
	mapfile -t pids <"$work/pids"
	for ((i = $1; i < $2; i++)); do
		printf 'link add veth%d master docker0 up type veth peer name eth0 netns %d\n' "$i" "${pids[i]}"
	done
}

# The rules that Docker 28 writes for containers below $1, published on 127.0.0.1.
rules() {
	local i
	printf '%s\n' '*raw' ':PREROUTING ACCEPT' ':OUTPUT ACCEPT'
	for ((i = 0; i < $1; i++)); do
		printf -- '-A PREROUTING -d %s/32 ! -i docker0 -j DROP\n' "$(address "$i")"
		printf -- '-A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport %d -j DROP\n' $((10000 + i))
	done
	printf '%s\n' COMMIT '*nat' ':PREROUTING ACCEPT' ':POSTROUTING ACCEPT' ':DOCKER -' \
		'-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER' \
		'-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE' '-A DOCKER -i docker0 -j RETURN'
	for ((i = 0; i < $1; i++)); do
		printf -- '-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport %d -j DNAT --to-destination %s:80\n' \
			$((10000 + i)) "$(address "$i")"
	done
	printf '%s\n' COMMIT '*filter' ':FORWARD DROP' ':DOCKER -' \
		'-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' \
		'-A FORWARD -o docker0 -j DOCKER' '-A FORWARD -i docker0 -j ACCEPT'
	for ((i = 0; i < $1; i++)); do
		printf -- '-A DOCKER -d %s/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n' "$(address "$i")"
	done
	printf '%s\n' '-A DOCKER ! -i docker0 -o docker0 -j DROP' COMMIT
}

# Makes containers $1 up to below $2: a process in a namespace of its own, and its link.
grow() {
	# shellcheck disable=SC2016
	on host bash -c 'for ((i = $1; i < $2; i++)); do unshare -n sleep infinity & echo $!; done; disown -a' \
		bash "$1" "$2" </dev/null 2>/dev/null >>"$work/pids"
	links "$1" "$2" >"$work/links"
	on host ip -batch - <"$work/links" || exit
	# A port whose other end is down has no carrier: nobody could send by it.
	# shellcheck disable=SC2016
	tail -n +$(($1 + 1)) "$work/pids" | on host xargs -P 2 -I PID nsenter --net=/proc/PID/ns/net ip link set eth0 up
}
