#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Reading changes nothing: rules, counters, sets, flows, settings, links and the engine stay as they are.
# engines: debian12
# also: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:8080:80 -p 127.0.0.1:1234:1234 -p 0.0.0.0:53:53/udp || exit

# Rules that remember what they see: counters, a dynamic set, the recent match, an ipset that is
# added to, in each kind of table.
on host nft -f - <<-'END' || exit
	table inet memory {
		set seen { type ipv4_addr; flags dynamic, timeout; timeout 1h; }
		counter every { }
		chain early {
			type filter hook prerouting priority -300; policy accept;
			iifname "eth0" counter name "every" add @seen { ip saddr }
		}
	}
END
on host ipset create sources hash:ip || exit
on host iptables -I DOCKER-USER -i eth0 -m recent --name sea --set -j SET --add-set sources src || exit
on host iptables-legacy -t mangle -A PREROUTING -i eth0 -p tcp || exit
on host sysctl -qw net.netfilter.nf_conntrack_udp_timeout{,_stream}=600

# The kernel itself tells groups that it joined, at random moments of some seconds; counters shall
# not see it. This is before all of them, and counts nothing.
on host nft -f - <<-'END' || exit
	table inet silence {
		chain output {
			type filter hook output priority -500; policy accept;
			ip daddr 224.0.0.0/4 drop
			ip6 daddr ff00::/8 drop
		}
	}
END

# What can be read of the host, counters and all, without what time alone moves.
host_state() {
	{
		iptables-save -c
		ip6tables-save -c
		iptables-legacy-save -c
		nft list ruleset
		ipset list
		cat /proc/net/xt_recent/*
		conntrack -L | sed -E 's/^([a-z]+ +[0-9]+) [0-9]+/\1/' | sort
		sysctl -a | grep -E '^net\.'
		ip -d link | sed -E 's/[a-z_]+_timer +[0-9.]+//g'
		ip -d addr | grep inet
		ip route show table all
		ip -6 route show table all
		ip rule
		ip -6 rule
		ip neigh | sed 's/ [A-Z]* *$//' | sort
		ls /run/netns /sys/class/net
		readlink /proc/[0-9]*/ns/net | sort -u
	} 2>/dev/null | grep -v '^# ' | sed -E 's/expires [0-9hms]+//g'
}
export -f host_state
state() {
	on host bash -c host_state
	docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.Ports}}'
	docker inspect web
	docker network inspect bridge host none
}

# Something to see in it, so that an empty picture does not pass for an unchanged one.
expect_open world tcp "$HOST" 8080
expect_open neighbour udp "$HOST" 53
# The last packets of those clients, and what a new link sends again after up to a second (RFC 3810, 9.11),
# may still be on their way: begin when two pictures are the same.
still() {
	state >"$LAB_DIR/before"
	sleep 1.2
	state >"$LAB_DIR/after"
	diff -q "$LAB_DIR/before" "$LAB_DIR/after" >/dev/null
}
wait_until still
for word in DNAT 'table inet memory' "src=$NEIGHBOUR dst=$HOST" net.ipv4.ip_forward Members: "elements = { $NEIGHBOUR" \
	"src=$WORLD ttl" mangle; do
	check "the picture has $word" grep -q -- "$word" "$LAB_DIR/before"
done
state >"$LAB_DIR/after"
check "the picture is still" diff "$LAB_DIR/before" "$LAB_DIR/after"

audit
check "packets were sent" equal "$(jq '.proof.packets > 100' "$LAB_DIR/audit.json")" true
state >"$LAB_DIR/after"
check "an audit changes nothing" diff "$LAB_DIR/before" "$LAB_DIR/after"

check "a capture is written" seawall capture -o "$LAB_DIR/host.capture"
seawall prove --injector packet --json >"$LAB_DIR/prove.json" 2>/dev/null
check "frames were sent" equal "$(jq '.proof.packets > 100' "$LAB_DIR/prove.json")" true
state >"$LAB_DIR/after"
check "neither do a capture and frames from the copy's far ends" diff "$LAB_DIR/before" "$LAB_DIR/after"
check "no service was touched" equal "$(count web 80/syn) $(count web 53/udp)" "1 1"

# The picture does tell: one packet of a real client changes it.
expect_open world tcp "$HOST" 8080
state >"$LAB_DIR/after"
check "a real client is seen in it" not diff -q "$LAB_DIR/before" "$LAB_DIR/after"
