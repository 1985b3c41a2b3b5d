#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M56: a filter of tc, XDP or TCX carries packets around every rule: what the copy lacks is named, never "fine".
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container inner --expose 91 -- tcp:91 || exit
ip=$(address_of inner)
cp "$LAB_CACHE/lab/labserver" "$LAB_DIR/hook" # a name that no container's process has
mac=$(docker inspect -f '{{.NetworkSettings.MacAddress}}' inner)

# Nobody gets to the container: the FORWARD policy, or raw, stops them.
closed() {
	expect_raw_closed neighbour tcp "$ip" 91 --mac "$mac"
	audit --exit 0
	expect_safe inner
}
# The frame is taken off before any rule is asked.
opened() {
	expect_raw_open neighbour tcp "$ip" 91 --mac "$mac"
	audit --exit 3 --incomplete "$1"
	check "the screen does not say that all is well" not grep -q 'ALL AS MEANT' <(seawall audit 2>&1)
}
# Attaches a program to eth0 for as long as it runs.
hook() {
	on host "$LAB_DIR/hook" --hook "$1" eth0 "$ip" docker0 </dev/null >"$LAB_DIR/$1" 2>&1 &
	wait_until grep -qs . "$LAB_DIR/$1"
	check "the program of $1 is attached" grep -qx ready "$LAB_DIR/$1"
}
# Ends it, and the program with it.
unhook() {
	on host pkill -KILL -x hook
	wait_until not on host pgrep -x hook
}
closed

on host tc qdisc add dev eth0 clsact
closed
on host tc filter add dev eth0 ingress protocol ip u32 match ip dst "$ip"/32 action mirred egress redirect dev docker0
opened "link eth0 has traffic control filters at ingress"
on host tc qdisc del dev eth0 clsact

hook xdp
opened "link eth0: its XDP program is not copied"
unhook

hook tcx
opened "link eth0 has BPF programs at ingress"
unhook
closed
