#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who asks for a part of everything is told that it was a part.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Tells whether the screen that a command prints with exit code $1 has the text $2: `screen CODE TEXT
# ARG...`.
screen() {
	local code=$1 want=$2 got text
	shift 2
	text=$(seawall "$@" 2>&1)
	got=$?
	[[ $got == "$code" && $text == *"$want"* ]] && return
	printf 'exit code %s\n%s\n' "$got" "$text"
	return 1
}

lab_up
container web -p 0.0.0.0:8080:80 || exit
check "all is as meant" screen 0 "ALL AS MEANT" prove
check "a part is called one" screen 0 "AS MEANT, OF WHAT WAS ASKED" prove --in eth0
check "and which" screen 0 "UDP in by eth0 from 192.0.2.77" prove --in eth0 --from 192.0.2.77 --proto udp
check "an address is a part as well" screen 0 "AS MEANT, OF WHAT WAS ASKED" prove --to "$HOST"
check "programs are told" jq -e '.asked == "all in by eth0"' <(seawall prove --json --in eth0)
check "of everything there is nothing to tell" jq -e '.asked == null' <(seawall prove --json)

# What is wrong elsewhere is not seen, and not denied.
on host iptables -I DOCKER-USER -i eth1 -p tcp --dport 80 -j DROP
expect_closed lan tcp "$HOST_LAN" 8080
check "the whole sees it" screen 1 "MEANT, NOT OPEN" prove
check "the part does not" screen 0 "Of the rest nothing is said" prove --in eth0
