/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts for test_host_walk.c: how each is set up, and how many of the grid's packets fare how. */
#pragma once

struct host_walk_case {
	const char *name, *setup; /* a shell script, in the host's namespace */
	unsigned forwarded, local, bridged, translated;
	unsigned unknown; /* packets of which the model leaves something open */
};

/* Docker 20.10 with a port for all, one on loopback and one on another address. */
#define DOCKER_RULES(iptables)                                                                     \
	iptables                                                                                   \
	    "-restore <<'END'\n"                                                                   \
	    "*nat\n:PREROUTING ACCEPT\n:POSTROUTING ACCEPT\n:DOCKER -\n"                           \
	    "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"                               \
	    "-A POSTROUTING -s 172.17.0.0/16 ! -o c0 -j MASQUERADE\n"                              \
	    "-A DOCKER -i c0 -j RETURN\n"                                                          \
	    "-A DOCKER ! -i c0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n"       \
	    "-A DOCKER -d 127.0.0.1/32 ! -i c0 -p tcp --dport 1234 -j DNAT --to 172.17.0.2:1234\n" \
	    "-A DOCKER -d 10.20.0.1/32 ! -i c0 -p udp --dport 53 -j DNAT --to 172.17.0.2:53\n"     \
	    "COMMIT\n*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:DOCKER -\n:DOCKER-USER -\n"           \
	    "-A FORWARD -j DOCKER-USER\n"                                                          \
	    "-A FORWARD -o c0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"              \
	    "-A FORWARD -o c0 -j DOCKER\n-A FORWARD -i c0 ! -o c0 -j ACCEPT\n"                     \
	    "-A DOCKER -d 172.17.0.2/32 ! -i c0 -o c0 -p tcp --dport 80 -j ACCEPT\n"               \
	    "-A DOCKER -d 172.17.0.2/32 ! -i c0 -o c0 -p tcp --dport 1234 -j ACCEPT\n"             \
	    "-A DOCKER -d 172.17.0.2/32 ! -i c0 -o c0 -p udp --dport 53 -j ACCEPT\n"               \
	    "-A DOCKER-USER -s 198.51.100.0/24 -j DROP\n-A DOCKER-USER -j RETURN\n"                \
	    "COMMIT\nEND\n"

static const struct host_walk_case host_walk_cases[] = {
    {"no rules", ":", 560, 1140, 920, 0, 0},
    {"Docker, iptables", DOCKER_RULES("iptables-nft"), 370, 1092, 200, 90, 0},
    {"Docker, iptables-legacy", DOCKER_RULES("iptables-legacy"), 370, 1092, 200, 90, 0},
    {"Docker, nftables",
     "nft -f - <<'END'\n"
     "table ip docker-bridges {\n"
     "  map forward-in { type ifname : verdict; elements = { \"c0\" : jump in__c0 } }\n"
     "  chain in__c0 { ct state established,related accept\n"
     "    ip daddr 172.17.0.2 tcp dport { 80, 1234 } accept\n    drop; }\n"
     "  chain forward { type filter hook forward priority 0; oifname vmap @forward-in; }\n"
     "  chain pre { type nat hook prerouting priority -100; fib daddr type local jump ports; }\n"
     "  chain ports { iifname != \"c0\" tcp dport 8080 dnat to 172.17.0.2:80\n"
     "    iifname != \"c0\" ip daddr 127.0.0.1 tcp dport 1234 dnat to 172.17.0.2:1234; }\n"
     "  chain first { type filter hook prerouting priority -300;\n"
     "    ip daddr 172.17.0.2 iifname != { \"c0\" } drop\n"
     "    iifname != \"lo\" ip daddr 127.0.0.1 tcp dport 1234 drop; }\n"
     "}\nEND",
     464, 1104, 800, 72, 0},
    {"redirect, and a port of a map",
     "nft -f - <<'END'\n"
     "table inet t {\n"
     "  map to { type inet_service : inet_service; elements = { 80 : 8080, 1234 : 53 } }\n"
     "  chain pre { type nat hook prerouting priority dstnat\n"
     "    udp dport 53 redirect to :9000\n    meta l4proto tcp redirect to :tcp dport map @to; }\n"
     "  chain inp { type filter hook input priority 0; policy drop\n"
     "    udp dport 9000 accept\n    ct status dnat accept; }\n"
     "}\nEND",
     392, 840, 668, 750, 0},
    {"nat at odd priorities, two tables",
     "nft -f - <<'END'\n"
     "table ip a { chain pre { type nat hook prerouting priority -190\n"
     "  tcp dport 80 dnat to 172.17.0.2:8080\n  tcp dport 53 accept; }; }\n"
     "table ip b { chain pre { type nat hook prerouting priority -50\n"
     "  tcp dport { 53, 80 } dnat to 10.20.0.9:9000; }\n"
     "  chain early { type filter hook prerouting priority -160; tcp dport 8080 drop; }\n"
     "  chain late { type filter hook prerouting priority -90; ip daddr 10.20.0.9 drop; }; }\nEND",
     536, 870, 656, 218, 0},
    {"a mark that routes",
     "ip rule add fwmark 0x10/0xf0 table 99; ip route add default dev br0 table 99;"
     "nft -f - <<'END'\n"
     "table inet t { chain pre { type filter hook prerouting priority mangle\n"
     "  tcp dport 80 meta mark set 0x11\n  udp dport 53 ct mark set 7\n"
     "  ct mark 7 meta mark set ct mark or 0x20; }\n"
     "  chain over { type filter hook forward priority 0; meta mark 0x27 drop; }; }\nEND",
     522, 1140, 828, 0, 0},
    {"rp_filter, strict and loose",
     "sysctl -qw net.ipv4.conf.eth0.rp_filter=1 net.ipv4.conf.c0.rp_filter=2", 440, 840, 920, 0, 0},
    {"route_localnet and a foreign DNAT to loopback",
     "sysctl -qw net.ipv4.conf.eth0.route_localnet=1; nft -f - <<'END'\n"
     "table ip t { chain pre { type nat hook prerouting priority -100\n"
     "  tcp dport 9000 dnat to 127.0.0.1:1234; }; }\nEND",
     524, 1158, 856, 62, 0},
    {"DNAT to the loopback address of IPv6",
     "nft -f - <<'END'\n"
     "table ip6 t { chain pre { type nat hook prerouting priority -100\n"
     "  tcp dport 9000 dnat to [::1]:1234\n  udp dport 80 redirect to :53; }; }\nEND",
     520, 1124, 884, 36, 0},
    {"notrack, and states before conntrack",
     "nft -f - <<'END'\n"
     "table inet t { chain first { type filter hook prerouting priority raw\n"
     "  ct state invalid udp dport 80 drop\n  tcp dport 1234 notrack; }\n"
     "  chain pre { type nat hook prerouting priority dstnat; meta nfproto ipv4 tcp dport "
     "{ 80, 1234 } dnat ip to 172.17.0.2:9000; }\n"
     "  chain over { type filter hook forward priority 0; ct state untracked drop\n"
     "    ct state & (new | established) == new accept\n    drop; }; }\nEND",
     622, 936, 672, 218, 0},
    {"no forwarding, blackhole and prohibit",
     "sysctl -qw net.ipv4.conf.c0.forwarding=0; ip route add blackhole 203.0.113.0/24;"
     "ip route replace prohibit 10.20.0.9; ip -6 route add blackhole fd00:17::2",
     220, 1140, 920, 0, 0},
    {"ingress chains and a bridge's own",
     "nft -f - <<'END'\n"
     "table netdev n { chain i { type filter hook ingress device eth0 priority 0\n"
     "  ip saddr 198.51.100.0/24 drop\n  udp dport 53 drop; }; }\n"
     "table bridge b { chain p { type filter hook prerouting priority 0\n"
     "  ip daddr 10.20.0.1 tcp dport 80 drop; }\n"
     "  chain i { type filter hook input priority 0; ip saddr 203.0.113.5 drop; }; }\nEND",
     503, 1002, 912, 0, 0},
    {"two nat chains of one priority: the younger is asked first",
     "nft -f - <<'END'\n"
     "table ip a { chain pre { type nat hook prerouting priority -100\n"
     "  tcp dport 80 dnat to 172.17.0.2:1111; }; }\n"
     "table ip b { chain pre { type nat hook prerouting priority -100\n"
     "  tcp dport 80 dnat to 172.17.0.2:2222; }; }\nEND",
     734, 1050, 856, 218, 0},
    {"two filters of one priority: the younger is asked first",
     "nft -f - <<'END'\n"
     "table ip a { chain pre { type filter hook prerouting priority 0; meta mark set 1\n"
     "  }\n chain then { type filter hook prerouting priority 5; meta mark 1 tcp dport 80 drop; }; "
     "}\n"
     "table ip b { chain pre { type filter hook prerouting priority 0; meta mark set 2; }; }\nEND",
     524, 1050, 848, 0, 0},
    {"the flow's own tuple, behind DNAT",
     "nft -f - <<'END'\n"
     "table inet t { chain pre { type nat hook prerouting priority dstnat\n"
     "  meta nfproto ipv4 tcp dport { 80, 8080, 9000 } dnat ip to 172.17.0.2:1234\n"
     "  meta nfproto ipv4 udp dport 53 dnat ip prefix to 172.17.0.0/24; }\n"
     "  chain over { type filter hook forward priority 0; policy drop\n"
     "  meta l4proto tcp ct original proto-dst 8080 accept\n"
     "  ct original ip daddr 10.20.0.1 ct original ip saddr 192.0.2.0/24 accept\n"
     "  ct status & dnat == 0 accept\n udp dport 53 accept; }\n"
     "  chain post { type filter hook postrouting priority 300\n"
     "  iifname eth0 oifname c0 ip saddr 198.51.100.9 drop; }; }\nEND",
     728, 870, 656, 381, 0},
    {"bridged frames come by IP's chains",
     "sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1;"
     "iptables-nft -A FORWARD -i br0 -o br0 -p tcp --dport 80 -j DROP;"
     "iptables-nft -t raw -A PREROUTING -i br0 -p udp --dport 53 -j DROP;"
     "ip6tables-nft -A FORWARD -i br0 -o br0 -j DROP",
     542, 1110, 576, 0, 0},
    {"a rule that sends a bridge's frames back to it",
     "sysctl -qw net.bridge.bridge-nf-call-iptables=1;"
     "iptables-nft -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.20.0.9:80;"
     "iptables-nft -A FORWARD -i eth0 -o br0 -p tcp --dport 80 -j ACCEPT;"
     "iptables-nft -P FORWARD DROP",
     260, 1050, 200, 54, 96},
    {"nat chains are for flows, and there are none",
     "nft -f - <<'END'\n"
     "table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 drop; }; }\n"
     "table ip6 n { chain pre { type nat hook prerouting priority -100; tcp dport 80 drop; }; }\n"
     "table ip6 f { chain over { type filter hook forward priority 0; ct state invalid drop; }; }\n"
     "END",
     540, 1116, 900, 0, 0},
    {"a limit is not known",
     "nft -f - <<'END'\n"
     "table inet t { chain inp { type filter hook input priority 0\n"
     "  tcp dport 80 limit rate 1/day drop\n  udp dport 53 quota over 1000 mbytes drop; }; }\n"
     "END",
     560, 1135, 920, 0, 228},
    {"ufw's way: RETURN, jumps, and ICMP beside",
     "iptables-nft -N a; iptables-nft -N b; iptables-nft -A INPUT -j a;"
     "iptables-nft -A a -i eth0 -g b; iptables-nft -A a -p tcp --dport 80 -j DROP;"
     "iptables-nft -A b -s 192.0.2.0/24 -j RETURN; iptables-nft -A b -p udp -j REJECT;"
     "iptables-nft -P INPUT DROP; iptables-nft -A INPUT -m addrtype --dst-type BROADCAST -j DROP;"
     "iptables-nft -A INPUT -m addrtype --src-type LOCAL -j ACCEPT;"
     "iptables-nft -A INPUT -p tcp -m multiport --dports 53,1234:8080 -j ACCEPT",
     560, 402, 920, 0, 0},
    {"TPROXY and its mark's route",
     "ip rule add fwmark 1 lookup 100; ip route add local 0.0.0.0/0 dev lo table 100;"
     "iptables-legacy -t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 1;"
     "iptables-legacy -t mangle -A PREROUTING -p udp --dport 53 -j TPROXY --on-port 5353 "
     "--tproxy-mark 1",
     488, 1104, 848, 0, 288},
};
