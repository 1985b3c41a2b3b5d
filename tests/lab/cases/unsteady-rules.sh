#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that count or remember answer a packet one way now and another way later: what they let in at
# times is open, and they are named. Those that only log change nothing.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

# Tells whether web's published port is open by $1 whatever happens, or only at times: `steady eth0`,
# `wavers eth0 TEXT`, where TEXT is of the rule that is named.
steady() {
	reach web published "$1" '.unknown == [] and .proof.agrees'
}
wavers() {
	reach web published "$1" \
		".certainty == \"may\" and .proof.agrees and (.unknown | length == 1 and (.[0] | contains(\"$2\")))"
}

# Tells whether the screen names a rule that contains $1.
screen_names() {
	seawall audit 2>/dev/null | tr -s '\n ' ' ' | grep -qF -- "$1"
}

lab_up
container web -p 0.0.0.0:8080:80 || exit
expect_open world tcp "$HOST" 8080

# Every host with ufw has such a rule; it runs dry while the audit sends, and nothing hangs on it.
on host iptables -I DOCKER-USER -m limit --limit 1/hour --limit-burst 2 -j LOG --log-prefix "lab: "
on host iptables -I DOCKER-USER -m limit --limit 1/hour --limit-burst 2
expect_open world tcp "$HOST" 8080
audit --exit 0
check "a limit of logging changes nothing" steady eth0
check "nobody is told of it" not screen_names "does not always answer the same"
on host iptables -D DOCKER-USER 1
on host iptables -D DOCKER-USER 1

# Who asks twice is turned away.
on host iptables -I DOCKER-USER -i eth0 -m conntrack --ctstate NEW -m recent --name lab --update \
	--seconds 3600 -j DROP
on host iptables -I DOCKER-USER 2 -i eth0 -m conntrack --ctstate NEW -m recent --name lab --set
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 8080
audit --exit 0
check "who is remembered got in before" wavers eth0 "-m recent"
check "by another link nothing is remembered" steady eth1
check "the screen names the rule" screen_names "--update --seconds 3600"
expect_safe web
on host iptables -D DOCKER-USER 1
on host iptables -D DOCKER-USER 1

# One an hour gets in, and that one did.
on host iptables -I DOCKER-USER -i eth0 -m conntrack --ctstate NEW -j DROP
on host iptables -I DOCKER-USER -i eth0 -m conntrack --ctstate NEW -m limit --limit 1/hour \
	--limit-burst 1 -j RETURN
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 8080
audit --exit 0
check "who comes in time gets in" wavers eth0 "-m limit"
# On the host itself that one is gone: one of the answers that it may give.
check "the live host does not disagree" seawall prove --live --yes --quiet --in eth0
# Without it nobody does.
on host iptables -D DOCKER-USER 1
audit
check "without it nobody gets in" no_reach web published eth0
on host iptables -D DOCKER-USER 1

# The same in a legacy table, whose rules are told by their number.
on host iptables-legacy -A FORWARD -p udp -m limit --limit 1/hour -j LOG
on host iptables-legacy -A FORWARD -i eth0 -m conntrack --ctstate NEW -m recent --name old --update \
	--seconds 3600 -j DROP
on host iptables-legacy -A FORWARD -i eth0 -m conntrack --ctstate NEW -m recent --name old --set
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 8080
audit --exit 0
check "legacy tables remember too" wavers eth0 "table ip filter, chain FORWARD"
on host iptables-legacy -A FORWARD -i eth0 -p tcp -j DROP
audit
check "nobody gets by a rule that never wavers" no_reach web published eth0
check "it is the one that is named" audit_has findings any web any any '.rule.line == 4'
on host iptables-legacy -F FORWARD

# nftables' own: a set that a rule fills, lots, and a limit.
on host nft -f - <<'NFT'
table ip lab {
	set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
	chain forward {
		type filter hook forward priority -10; policy accept;
		iifname "eth0" ct state new tcp dport 80 ip saddr @seen drop
		iifname "eth0" ct state new tcp dport 80 add @seen { ip saddr }
	}
}
NFT
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 8080
audit --exit 0
check "who is in the set got in before" wavers eth0 "@seen"
on host nft delete table ip lab

on host nft -f - <<'NFT'
table ip lab {
	chain prerouting {
		type nat hook prerouting priority -110;
		iifname "eth0" tcp dport 8090 numgen random mod 2 0 redirect to :8080
	}
	chain input {
		type filter hook forward priority -10; policy accept;
		iifname "eth0" tcp dport 80 ct original proto-dst 8080 limit rate over 1/hour burst 1 packets drop
	}
}
NFT
expect_open world tcp "$HOST" 8080
expect_closed world tcp "$HOST" 8080
audit --exit 0
check "who is not over the limit gets in" wavers eth0 "limit rate over"
on host nft delete table ip lab

# Lots that say which way instead of whether: not all ways are tried, and that is said.
on host nft -f - <<'NFT'
table ip lab {
	chain forward {
		type filter hook forward priority -10; policy accept;
		iifname "eth0" ct state new numgen random mod 10 { 0-4 } drop
		iifname "eth1" ct state new numgen random mod 2 vmap { 0 : accept, 1 : drop }
	}
}
NFT
audit --exit 3 --incomplete "vmap { 0 : accept, 1 : drop }"
check "a set of lots is asked both ways" wavers eth0 "numgen random mod 10"
check "nothing else is unknown" jq -e '.incomplete | length == 1' "$LAB_DIR/audit.json"
on host nft delete table ip lab
audit --exit 0
check "without them nothing is left to chance" steady eth0

# What nobody meant is a problem also where lots are drawn for it.
container loop -p 127.0.0.1:1234:1234 || exit
audit
expect_no_finding M23 any
on host iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 8050 -m statistic --mode random \
	--probability 0.5 -j DNAT --to-destination "$(address_of loop):1234"
audit
expect_finding M23 loop:1234/tcp redirect eth0 '.severity == "critical"'
check "it says that it is by chance" reach loop redirect eth0 \
	'.certainty == "may" and .proof.agrees and (.unknown[0] | contains("-m statistic"))'
check "the published port is not drawn" steady eth0
