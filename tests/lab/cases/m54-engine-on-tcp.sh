#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M54: the engine's API on TCP: who reaches it owns the host.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Tells whether the API answers ROLE at ADDRESS.
api_answers() {
	on "$1" curl -fso /dev/null --max-time 2 "http://$2:2375/_ping"
}

lab_up -- -H tcp://127.0.0.1:2375 --tls=false
container inner || exit
check "on loopback the host has it" api_answers host 127.0.0.1
check "and the world has not" not api_answers world "$HOST"
audit
expect_no_finding M54 any

docker kill inner >/dev/null
LAB_DOCKERD_ARGS=()
engine_restart -H tcp://0.0.0.0:2375 --tls=false
check "the world gets an answer" api_answers world "$HOST"
audit
expect_finding M54 host host any ".severity == \"critical\" and .to == {address: \"$HOST\", port: 2375}"

on host iptables -A INPUT -i eth0 -p tcp --dport 2375 -j DROP
on host ip6tables -A INPUT -i eth0 -p tcp --dport 2375 -j DROP
check "INPUT filters it" not api_answers world "$HOST"
check "on that link only" api_answers lan "$HOST_LAN"
audit
expect_no_finding M54 any any eth0
expect_finding M54 host host any '.severity == "high"'
