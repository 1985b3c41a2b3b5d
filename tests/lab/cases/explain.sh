#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One packet's way: what opens a port, whose rule that is, what stops one, and the kernel beside it.
# engines: debian12 nft29
# also: sid ipt29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Explains and keeps the JSON in $LAB_DIR/explain.json; the exit code must be $1.
explain() {
	local want=$1 got
	seawall explain --json "${@:2}" >"$LAB_DIR/explain.json" 2>"$LAB_DIR/explain.err"
	got=$?
	check "explain ${*:2} ends with $want" equal "$got" "$want" || cat "$LAB_DIR/explain.err"
}

# Checks that the explanation meets a jq expression: `said WHAT TEST`.
said() {
	check "$1" jq -e "$2" "$LAB_DIR/explain.json"
}

# Checks what every explanation with a packet must say of the kernel.
agrees() {
	said 'the kernel did the same, by the same rules' \
		'.kernel.agrees and .kernel.other_rules == 0 and .kernel.same_rules > 0'
}

lab_up
container web -p 0.0.0.0:1234:80 || exit
container inner --expose 91 || exit
on host iptables -P INPUT DROP

# A port that goes around INPUT, by the audit's number, by its host port, by its container.
expect_open world tcp "$HOST" 1234
for target in 1 1234/tcp web:80 "$HOST:1234/tcp"; do
	explain 1 "$target"
	agrees
	said 'it gets in' '.arrives and .problem.mechanism == "M01"'
	said 'Docker opens it' '.rule.owner == "Docker" and (.rule.text | test("dnat|DNAT"))'
	said 'the rewrite is shown' "any(.steps[]; .kind == \"rewrite\" and .packet.to ==
		{address: \"$(address_of web)\", port: 80})"
	said 'so is the route' 'any(.steps[]; .kind == "route" and (.what | test("by docker0")))'
done

# From another place; a sender is one who stands there.
explain 1 1234/tcp --in eth1 --to "$HOST_LAN"
said 'it comes in by eth1' ".packet.in == \"eth1\" and .packet.to.address == \"$HOST_LAN\""
explain 1 1234/tcp --in eth1 --from "$LAN"
said 'it is from who was named' ".packet.from.address == \"$LAN\""
explain 3 1234/tcp --in nothing0

# What is stopped says by what, and what would have to change.
expect_closed world tcp "$HOST" 22
explain 0 "$HOST:22"
agrees
said 'the policy of INPUT stops it' \
	'(.arrives | not) and .rule.chain == "INPUT" and (.change | test("chain INPUT"))'
on host iptables -I DOCKER-USER -p tcp --dport 80 -j DROP 2>/dev/null ||
	on host nft 'add table ip own; add chain ip own f { type filter hook forward priority 0; }
		add rule ip own f tcp dport 80 drop'
expect_closed world tcp "$HOST" 1234
explain 1 "$HOST:1234"
agrees
said 'it is an outage' '(.arrives | not) and .problem.kind == "outage"'
said 'a rule of mine stops it' '.rule.owner == "yours" and (.rule.text | test("80")) and
	(.change | test("would have to go"))'

# A container that nobody gets to; one that is not there; a number beyond the last.
explain 0 inner
agrees
said 'it does not get in' '.arrives | not'
explain 2 nobody
explain 2 99
check 'it says how many there are' grep -q 'the audit found' "$LAB_DIR/explain.err"

# The same from a capture, without root, and as text.
seawall capture -o "$LAB_DIR/host.cap" 2>/dev/null
explain 1 --capture "$LAB_DIR/host.cap" "$HOST:1234"
agrees
text=$(seawall explain "$HOST:1234" 2>/dev/null)
check 'the screen says so too' grep -q 'IT DOES NOT GET IN' <<<"$text"
check 'and what the kernel did' grep -q 'The kernel did the same' <<<"$text"
