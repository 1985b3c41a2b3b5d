#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A scan from outside finds what nmap finds, IPv6 and UDP too, and holds it against the audit's word.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# The open TCP ports of an address by a scan's JSON: `open_ports ADDRESS PROTO`.
open_ports() {
	jq -r --arg address "$1" --arg proto "$2" '[.ports[] | select(.address == $address and .proto == $proto and
		.state == "open") | .port] | sort | map(tostring) | join(" ")' "$LAB_DIR/scan.json"
}

# The same by nmap, of TCP: `nmap_ports ROLE ADDRESS [OPTION...]`.
nmap_ports() {
	on "$1" nmap -n -Pn -p- -T4 --max-retries 1 --min-rate 5000 -oG - "${@:3}" "$2" | grep -o '[0-9]*/open/tcp' | cut -d/ -f1 | sort -n | xargs
}

# What is said of a port: `word_of PORT/PROTO` prints STATE EXPECTED CONTAINER; IPv4.
word_of() {
	jq -r --arg address "$HOST" --argjson port "${1%/*}" --arg proto "${1#*/}" '.ports[] |
		select(.address == $address and .port == $port and .proto == $proto) |
		"\(.state) \(.expected) \(.container)"' "$LAB_DIR/scan.json"
}

lab_up
container web -p 80:80 -p 53:53/udp -- tcp:80 udp:53
container db -p 127.0.0.1:5432:5432 -p 8432:5432 -- tcp:5432
container half -p 9000:9000 -p 9001:9001 -- tcp:9000
on host labserver tcp:22 &
wait_until on world nc -z "$HOST" 22 2>/dev/null || sleep 1
# One port is turned away, and one is let in only from somebody else.
on host iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8432 -j DROP
on host iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 9001 -j REJECT --reject-with icmp-admin-prohibited

seawall audit --json >"$LAB_DIR/audit.json"
on world "$SEAWALL" scan --json --expect "$LAB_DIR/audit.json" "$HOST" >"$LAB_DIR/scan.json"
check "nothing is open that the audit has closed" equal "$?" 0
check "TCP ports as nmap has them" equal "$(open_ports "$HOST" tcp)" "$(nmap_ports world "$HOST")"
check "and they are these" equal "$(open_ports "$HOST" tcp)" "22 80 9000"
check "a UDP service that answers is open" equal "$(open_ports "$HOST" udp)" "53"
check "a host's port is none of the audit's" equal "$(word_of 22/tcp)" "open null null"
check "a container's is, with its name" equal "$(word_of 80/tcp)" "open open web"
check "all ports were asked" jq -es '.[0].addresses[0].tcp | (.open + .refused + .rejected + .silent) == 65535' "$LAB_DIR/scan.json"
check "a drop is silence" jq -es '.[0].addresses[0].tcp.silent == 1' "$LAB_DIR/scan.json"
check "a reject is one" jq -es '.[0].addresses[0].tcp.rejected == 1' "$LAB_DIR/scan.json"

on world "$SEAWALL" scan --json --rate 40000 --proto tcp "$HOST6" >"$LAB_DIR/scan.json"
check "IPv6 as nmap has it" equal "$(open_ports "$HOST6" tcp)" "$(nmap_ports world "$HOST6" -6)"

# The wall of yesterday is gone: what is open now and was closed then is a problem.
on host iptables -F DOCKER-USER
on world "$SEAWALL" scan --json --rate 40000 --proto tcp --expect "$LAB_DIR/audit.json" "$HOST" >"$LAB_DIR/scan.json"
check "what is open and should not be is a problem" equal "$?" 1
check "and it is said which" equal "$(word_of 8432/tcp)" "open closed db"

# What stops a packet before the host the audit cannot know; here it is the scanner's own firewall.
seawall audit --json >"$LAB_DIR/audit.json"
on world iptables -A OUTPUT -p tcp --dport 9000 -j DROP
on world "$SEAWALL" scan --expect "$LAB_DIR/audit.json" --rate 40000 --proto tcp "$HOST" >"$LAB_DIR/scan.txt"
check "what is stopped in front is no problem" equal "$?" 0
check "and is said" grep -q '9000/tcp.*half: silent; the audit has it open' "$LAB_DIR/scan.txt"
check "and that it was our own rule" grep -q "3 packets to $HOST were stopped by this machine's own rules" "$LAB_DIR/scan.txt"
check "what nobody listens on is said" grep -q '9001/tcp.*half: refused; the audit has it open' "$LAB_DIR/scan.txt"
