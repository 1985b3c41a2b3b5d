#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that look at who sends: lists of addresses that may, or may not, and who then gets in.
# engines: debian12
# also: nft29
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# A rule in front of all forwarding, in either of the engine's two worlds.
rule() {
	on host nft add rule inet mine forward "$@"
}
# What the last audit says of the senders to a container's port by a link: `senders NAME PORT`.
senders() {
	jq -r --arg name "$1" --argjson port "$2" '[.endpoints[] | select(.id | startswith($name + "/"))
		| .reach[] | select(.in == "eth0" and .path == "published" and .to.port == $port and
			(.to.address | contains(":") | not))] | first | .sources | join(" ")' "$LAB_DIR/audit.json"
}
# Whether a connection from an address far away gets to a port, by the router.
far() {
	raw router tcp "$HOST" "$1" --source "$2" --timeout 700 >/dev/null
}

lab_up
container office -p 0.0.0.0:5432:5432 || exit
container shop -p 0.0.0.0:8080:80 || exit
container land -p 0.0.0.0:8443:443 || exit
container open -p 0.0.0.0:8000:80 || exit
container old -p 0.0.0.0:8053:80 || exit
container desk -p 0.0.0.0:8009:80 || exit
on host nft -f - <<'END'
table inet mine {
	set land {
		type ipv4_addr; flags interval
		elements = { 5.44.0.0/16, 31.7.0.0/20, 45.80.0.0/15, 185.9.24.0/22 }
	}
	set bad {
		type ipv4_addr; flags interval
		elements = { 203.0.113.0/24, 45.1.2.3 }
	}
	chain forward { type filter hook forward priority -10; policy accept; }
}
END
rule iifname eth0 meta l4proto tcp ct original proto-dst 5432 ip saddr 198.51.100.0/24 accept
rule iifname eth0 meta l4proto tcp ct original proto-dst 5432 drop
rule iifname eth0 meta l4proto tcp ct original proto-dst 8080 ip saddr @bad drop
rule iifname eth0 meta l4proto tcp ct original proto-dst 8443 ip saddr != @land drop
rule meta l4proto tcp ct original proto-dst 8053 tcp sport != 53 drop
rule iifname eth0 meta l4proto tcp ct original proto-dst 8009 ether saddr != 02:00:00:00:00:77 drop
rule iifname eth0 meta l4proto tcp ct original proto-dst 9999 tcp sport 77 drop

printf "version: 1\ndefault: closed\n" >"$LAB_DIR/policy.yaml"
audit --policy "$LAB_DIR/policy.yaml"
check 'one network alone gets to what it may' equal "$(senders office 5432)" 198.51.100.0/24
check 'so do the networks of a list' equal "$(senders land 8443)" '5.44.0.0/16 31.7.0.0/20 45.80.0.0/15 185.9.24.0/22'
check 'where no rule looks at the sender it is everybody' equal "$(senders open 8000)" 0.0.0.0/0
# Whether addresses are among senders: `among "SENDERS" ADDRESS...`.
among() {
	python3 -c '
import ipaddress, sys
nets = [ipaddress.ip_network(n) for n in sys.argv[1].split()]
sys.exit(not all(any(ipaddress.ip_address(a) in n for n in nets) for a in sys.argv[2:]))' "$@"
}
shoppers=$(senders shop 8080)
check 'who is not banned gets in' among "$shoppers" 203.0.112.255 203.0.114.0 45.1.2.2 45.1.2.4 8.8.8.8
for banned in 203.0.113.0 203.0.113.255 45.1.2.3; do
	check "who is banned does not: $banned" not among "$shoppers" "$banned"
done
check 'so it is: one of the network gets in' far 5432 198.51.100.9
check 'its neighbour does not' not far 5432 198.51.101.9
check 'a banned one does not' not far 8080 45.1.2.3
check 'the next one does' far 8080 45.1.2.4

# For certain: only where no rule looks at what a sender is free to choose.
certainty() {
	jq -r --arg name "$1" '[.endpoints[] | select(.id | startswith($name + "/")) | .reach[]
		| select(.in == "eth0" and .path == "published") | [.certainty] + .unknown] | first | join(": ")' "$LAB_DIR/audit.json"
}
check 'who gets in does so for certain' equal "$(certainty open)" must
rule iifname eth0 meta l4proto tcp ct original proto-dst 8000 tcp sport 1-1023 drop
audit --policy "$LAB_DIR/policy.yaml"
check 'who sends from the right port gets in' equal "$(certainty old)" 'may: which port it comes from'
check 'from anywhere' equal "$(senders old 8053)" 0.0.0.0/0
check 'that is said' jq -e '.findings | any(.endpoint != null and (.endpoint | startswith("old/")) and
	.in == "eth0" and (.who | contains("from port 53")) and .severity == "critical")' "$LAB_DIR/audit.json"
check 'who has the right card gets in' equal "$(certainty desk)" 'may: which MAC address it comes from'
check 'from the link' equal "$(senders desk 8009)" 192.0.2.0/24
check 'but not where a rule looks at his port' equal "$(certainty open)" 'may: which port it comes from'
check 'and others as before' equal "$(certainty office)" must

# Routing that looks at who sends, too.
on host ip rule add from 203.0.113.0/24 blackhole priority 50
audit --policy "$LAB_DIR/policy.yaml"
check 'who is routed to nowhere does not get in' not among "$(senders desk 8009) $(senders open 8000)" 203.0.113.9
check 'others do' among "$(senders open 8000)" 203.0.112.255 203.0.114.0
