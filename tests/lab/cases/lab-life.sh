#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's own life: several side by side, and nothing left after an end or an interruption.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# What the machine has of what a lab is made of; whatever else changes there is not ours.
machine_state() {
	{
		ip -o link
		ip -4 -o addr
		ip route show table all
		ip -6 route show table all
		ip netns list
		cat /proc/self/mounts
		iptables-save
		nft list ruleset
	} | grep -E -e 'br0|wg0|docker|DOCKER|seawall' -e '198\.51\.100\.|10\.[89]\.0\.|fd00:[89]:' \
		-e '^(host|neighbour|router|world|lan|vpn|seg)\b' | sed 's/\[[0-9:]*\]//'
}

# Brings a second lab up by the command, tied to nothing.
other=other-$$
before=$(machine_state)
lab_up
"$LAB_HOME/lab" up --name "$other" >/dev/null
on_other() {
	"$LAB_HOME/lab" enter --name "$other" "$@"
}
"$LAB_HOME/lab" call --name "$other" container web -p 8080:80 -- http:80

check "two labs are listed" equal "$("$LAB_HOME/lab" ls | grep -c -e "$other" -e "$LAB_NAME")" 2
check "they do not share ports" verdict_is refused client neighbour tcp "$HOST" 8080
check "the other one's answers" on_other neighbour labserver --client tcp "$HOST" 8080
container web -p 8080:80
expect_open neighbour tcp "$HOST" 8080
expect_closed world tcp 192.0.2.99 8080
check "nothing of the labs is seen on the machine" equal "$(machine_state)" "$before"
check "no container's process sees the machine" not on host pgrep -x "$(basename "$0")"

# kill -9 of the supervisor's parent: the kernel cleans up, at once.
pid=$(<"$LAB_STATE/seawall-lab.$other/pid")
inside=$(readlink "/proc/$pid/ns/pid")
members() {
	find /proc -maxdepth 3 -path '*/ns/pid' -printf '%l\n' 2>/dev/null | grep -Fx "$inside"
}
check "the other lab has processes" members
kill -9 "$(ps -o ppid= -p "$pid" | tr -d ' ')"
check "kill -9 leaves no process" wait_until not members
check "kill -9 leaves no mount, link or namespace" equal "$(machine_state)" "$before"
check "this lab lives on" verdict_is open client neighbour tcp "$HOST" 8080
lab_sweep
check "the next lab sweeps the directory" not test -e "$LAB_STATE/seawall-lab.$other"
check "and the control groups" not grep -q . <(find /sys/fs/cgroup -name "seawall-lab.$other")

# A lab dies with the shell that brought it up, even by kill -9.
third=third-$$
bash -c '. "$0/lab.sh"; lab_up --engine none --name "$1"; echo up; read -r _' "$LAB_HOME" "$third" \
	> >(grep -m1 up >/dev/null) < <(sleep infinity) &
shell=$!
wait_until lab_alive "$third"
kill -9 "$shell"
gone() {
	! lab_alive "$third"
}
check "a lab dies with its shell" wait_until gone
lab_sweep
