# SPDX-License-Identifier: GPL-2.0-or-later
# The host of the story, step by step inside a lab that is up; for demo/run and the lab's case "story".
# Source it after tests/lab/lab.sh.
# shellcheck shell=bash disable=SC2034

readonly DEMO_HOME=$LAB_REPO/demo
# What docker-compose.yml says.
readonly DEMO_CONTAINERS="service-1234 service-1235 service-1236 queue status"
readonly DEMO_SUBNET=172.20.0.0/16 DEMO_1234=172.20.0.11 DEMO_1235=172.20.0.12 DEMO_1236=172.20.0.13

# Prints the Debian packages that are missing here.
demo_missing() {
	local pair
	for pair in dockerd:docker.io docker-compose:docker-compose nginx:nginx-light curl:curl \
		iptables:iptables ip:iproute2 gcc:gcc; do
		command -v "${pair%:*}" >/dev/null || printf ' %s' "${pair#*:}"
	done
}

# Runs a command and shows what it said only if it fails.
demo_quietly() {
	"$@" >"$LAB_DIR/demo.log" 2>&1 && return
	cat "$LAB_DIR/demo.log" >&2
	lab_note "failed: $*"
	return 1
}

# Starts the containers and waits until each serves.
demo_containers() {
	local name
	demo_quietly on host hostname box || return
	demo_quietly compose -p box -f "$DEMO_HOME/docker-compose.yml" up -d || return
	for name in $DEMO_CONTAINERS; do
		container_await "$name" || return
	done
}

# Starts what is in no container: nginx, with names for its services, the old mailer, and out in the world
# a mirror that containers fetch from.
demo_services() {
	printf 'demo:{PLAIN}demo\n' >"$LAB_ROOT/etc/nginx/box.users" &&
		printf '%s\n' "$HOST service-1234.example.com service-1235.example.com" \
			"$HOST service-1236.example.com" "$WORLD mirror.example.com" >>"$LAB_ROOT/etc/hosts" &&
		demo_quietly on host nginx -c "$DEMO_HOME/nginx.conf" &&
		server host mailer tcp:2525 &&
		server world mirror http:80
}

# Loads the hand-made firewall as the boot does, and gives those on the host's links the route to the
# containers that anybody there can give himself.
demo_firewall() {
	demo_quietly host_firewall --noflush "$DEMO_HOME/firewall.rules" &&
		route_to "$DEMO_SUBNET" from neighbour &&
		route_to "$DEMO_SUBNET" from lan
}

# Types the mend that is copied from one answer to the next; prints it.
demo_mend() {
	local mend=(iptables -I DOCKER-USER -i eth0 ! -s 127.0.0.1 -j DROP)
	printf '# %s\n' "${mend[*]}"
	on host "${mend[@]}"
}

# Takes the copied mend away again.
demo_unmend() {
	local unmend=(iptables -D DOCKER-USER -i eth0 ! -s 127.0.0.1 -j DROP)
	printf '# %s\n' "${unmend[*]}"
	on host "${unmend[@]}"
}
