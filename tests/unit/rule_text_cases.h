/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules for test_rule_text.c, one a line: what the real tools load and must then see printed. */
#pragma once

/* "TABLE RULE" for iptables, nft-backed and legacy. */
static const char *const ipv4_cases[] = {
    /* Addresses, interfaces, protocols. */
    "filter -A INPUT ! -s 10.0.0.0/8 -d 192.0.2.4 ! -i eth0 -j DROP",
    "filter -A INPUT -s 10.0.0.0/8 -d 172.16.0.0/12 -i eth0",
    "filter -A INPUT -s 192.0.2.0/31 -d 192.0.2.128/25 -j ACCEPT",
    "filter -A INPUT -s 192.0.2.4/255.0.255.0 -j DROP",
    "filter -A FORWARD -i br+ ! -o br+ -j DROP",
    "filter -A FORWARD -i br-0123456789ab -o docker0 -j DROP",
    "filter -A INPUT -p 99 -j DROP",
    "filter -A INPUT ! -p tcp -j DROP",
    "filter -A INPUT -p gre -j DROP",
    "filter -A INPUT -f -j DROP",
    "filter -A INPUT ! -f -j DROP",
    "filter -A INPUT -p all -g OTHER",
    "filter -A INPUT -j OTHER",
    "filter -A OTHER -j RETURN",
    /* Ports. */
    "filter -A INPUT -i br+ -p tcp --dport 22 --tcp-flags SYN,ACK SYN -j ACCEPT",
    "filter -A INPUT -p tcp --sport 1:100 ! --dport 22:23 -j ACCEPT",
    "filter -A INPUT -p tcp --sport 53 --dport 53 -j ACCEPT",
    "filter -A INPUT -p tcp --dport 1024: -j ACCEPT",
    "filter -A INPUT -p tcp --dport :1023 -j ACCEPT",
    "filter -A INPUT -p tcp ! --dport 1024:65535 -j ACCEPT",
    "filter -A INPUT -p tcp --syn -j DROP",
    "filter -A INPUT -p tcp ! --syn --tcp-option 8 -j DROP",
    "filter -A INPUT -p tcp --tcp-flags ALL NONE -j DROP",
    "filter -A INPUT -p tcp --tcp-flags ALL FIN,PSH,URG -j DROP",
    "filter -A INPUT -p udp ! --sport 53 -j ACCEPT",
    "filter -A INPUT -p udp --dport 5353 -j ACCEPT",
    "filter -A INPUT -p sctp --dport 53 --chunk-types any INIT,ABORT -j ACCEPT",
    "filter -A INPUT -p sctp ! --sport 1:5 --chunk-types all ALL -j ACCEPT",
    "filter -A INPUT -p icmp --icmp-type echo-request -j ACCEPT",
    "filter -A INPUT -p icmp --icmp-type any -j ACCEPT",
    "filter -A INPUT -p icmp ! --icmp-type 3/4 -j ACCEPT",
    "filter -A INPUT -p tcp -m multiport --dports 80,443,1000:2000 -j ACCEPT",
    "filter -A INPUT -p tcp -m multiport ! --ports 80,443 -m comment --comment \"hi there\" -j "
    "DROP",
    "filter -A INPUT -p udp -m multiport --sports 80,443 -j ACCEPT",
    /* Flows. */
    "filter -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "filter -A INPUT -m conntrack ! --ctstate INVALID,DNAT --ctorigdstport 80:90"
    " --ctorigdst 192.0.2.0/24 --ctdir ORIGINAL -j ACCEPT",
    "filter -A INPUT -m conntrack --ctproto tcp ! --ctorigsrc 192.0.2.7 --ctreplsrcport 7 -j DROP",
    "filter -A INPUT -m conntrack --ctstatus ASSURED,CONFIRMED --ctexpire 10:20 -j ACCEPT",
    "filter -A INPUT -m conntrack --ctstate UNTRACKED,SNAT --ctdir REPLY -j ACCEPT",
    "filter -A INPUT -m state --state NEW,ESTABLISHED -j ACCEPT",
    "filter -A INPUT -m state ! --state NEW -j ACCEPT",
    /* Other matches. */
    "filter -A INPUT -m addrtype --dst-type LOCAL ! --src-type BROADCAST --limit-iface-in -j DROP",
    "nat -A PREROUTING -m addrtype --dst-type LOCAL,MULTICAST -j ACCEPT",
    "filter -A INPUT -m iprange --src-range 192.0.2.4-192.0.2.9"
    " ! --dst-range 10.0.0.1-10.0.0.2 -j DROP",
    "filter -A INPUT -m mark --mark 0x1/0xff -m mark ! --mark 0x7 -j DROP",
    "filter -A INPUT -m connmark --mark 0x1/0xff -j DROP",
    "filter -A INPUT -m connmark ! --mark 0x1 -j DROP",
    "filter -A FORWARD -m physdev --physdev-in eth0 ! --physdev-is-bridged -j DROP",
    "filter -A FORWARD -m physdev --physdev-in veth+ --physdev-is-in -j DROP",
    "filter -A INPUT -m mac --mac-source 00:1A:22:33:44:5f -j DROP",
    "filter -A INPUT -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix \"[UFW BLOCK] \"",
    "filter -A INPUT -m limit --limit 5/sec -j ACCEPT",
    "filter -A INPUT -m limit --limit 10/hour -j ACCEPT",
    "filter -A INPUT -m limit --limit 1000/day --limit-burst 7 -j ACCEPT",
    "filter -A INPUT -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 20"
    " --hashlimit-mode srcip,dstport --hashlimit-name foo -j DROP",
    "filter -A INPUT -m hashlimit --hashlimit-upto 3/min --hashlimit-mode dstip"
    " --hashlimit-name bar -j ACCEPT",
    "filter -A INPUT -m recent --name SSH --rcheck --seconds 60 --hitcount 4 --rttl -j DROP",
    "filter -A INPUT -m recent --set --name X --rdest -j RETURN",
    "filter -A INPUT -m recent ! --update --seconds 5 --reap --name Y -j RETURN",
    "filter -A OUTPUT -m owner --uid-owner 1000 ! --gid-owner 5-9 --socket-exists -j DROP",
    "filter -A INPUT -m pkttype --pkt-type broadcast -j DROP",
    "filter -A INPUT -m pkttype ! --pkt-type unicast -j DROP",
    "filter -A INPUT -p tcp -m tcpmss --mss 100:200 -m length --length 40:60 -m ttl --ttl-gt 5"
    " -j DROP",
    "filter -A INPUT -m length ! --length 40 -m ttl --ttl-lt 5 -j DROP",
    "filter -A INPUT -m ttl --ttl-eq 64 -m ttl ! --ttl-eq 63 -j DROP",
    "filter -A INPUT -m statistic --mode random --probability 0.5 -j DROP",
    "filter -A INPUT -m statistic --mode nth ! --every 3 --packet 1 -j DROP",
    "filter -A INPUT -p tcp -m connlimit --connlimit-above 10 -j DROP",
    "filter -A INPUT -p tcp -m connlimit --connlimit-upto 4 --connlimit-mask 24 --connlimit-daddr"
    " -j ACCEPT",
    "filter -A INPUT -m set --match-set bans src,dst -j DROP",
    "filter -A INPUT -m set ! --match-set bans src,src -j DROP",
    "filter -A INPUT -m tos --tos 0x10/0x3f -m dscp --dscp 0x0a -j DROP",
    "raw -A PREROUTING -m rpfilter --loose --invert -j DROP",
    "mangle -A PREROUTING -p tcp -m socket --transparent -j MARK --set-mark 1",
    /* What we have no words for keeps its place: "-m u32 <...>". */
    "filter -A INPUT -m u32 --u32 0=1 -m comment --comment after -j DROP",
    "filter -A INPUT -p tcp -m string --string foo --algo bm -j DROP",
    /* Comments. */
    "filter -A INPUT -m comment --comment bare-word -j ACCEPT",
    "filter -A INPUT -m comment --comment 'with \"quotes\" and \\ and '\"'\"' in it' -j ACCEPT",
    /* Translation. */
    "nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080",
    "nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 8080-8090 --random",
    "nat -A PREROUTING -j REDIRECT",
    "nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4:80",
    "nat -A PREROUTING -j DNAT --to-destination 192.0.2.4",
    "nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4-192.0.2.9:80-90"
    " --random --persistent",
    "nat -A PREROUTING -p tcp --dport 100:200 -j DNAT --to-destination 192.0.2.4:1000-1100/100",
    "nat -A PREROUTING -p udp -j DNAT --to-destination :53",
    "nat -A POSTROUTING -s 192.0.2.0/24 ! -o eth0 -j MASQUERADE",
    "nat -A POSTROUTING -p tcp -j MASQUERADE --to-ports 1000-2000 --random-fully",
    "nat -A POSTROUTING -p tcp -j SNAT --to-source 192.0.2.4:80-90 --random-fully",
    "nat -A POSTROUTING -j SNAT --to-source 192.0.2.4-192.0.2.8 --persistent",
    "nat -A PREROUTING -d 10.0.0.0/8 -j NETMAP --to 11.0.0.0/8",
    /* Other targets. */
    "mangle -A PREROUTING -j MARK --set-xmark 0x1/0xff",
    "mangle -A PREROUTING -j MARK --or-mark 1",
    "mangle -A PREROUTING -j MARK --and-mark 1",
    "mangle -A PREROUTING -j CONNMARK --save-mark",
    "mangle -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff0",
    "mangle -A PREROUTING -j CONNMARK --set-xmark 0x1/0x3",
    "mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 81 --on-ip 127.0.0.1"
    " --tproxy-mark 0x1/0x1",
    "mangle -A PREROUTING -p udp -j TPROXY --on-port 82",
    "mangle -A PREROUTING -j SET --add-set bans src,dst --exist --timeout 20",
    "mangle -A PREROUTING -j SET --del-set bans src,src",
    "mangle -A POSTROUTING -p udp -j CHECKSUM --checksum-fill",
    "mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    "mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400",
    "mangle -A POSTROUTING -j CLASSIFY --set-class 1:2a",
    "mangle -A POSTROUTING -j DSCP --set-dscp 0x0a",
    "mangle -A PREROUTING -j TEE --gateway 192.0.2.77",
    "filter -A INPUT -j LOG --log-level 7 --log-prefix 'a\"b' --log-uid --log-tcp-options"
    " --log-tcp-sequence --log-ip-options --log-macdecode",
    "filter -A INPUT -j LOG",
    "filter -A INPUT -j NFLOG --nflog-group 3 --nflog-prefix 'x y' --nflog-threshold 20",
    "filter -A INPUT -j NFLOG",
    "filter -A INPUT -j NFQUEUE --queue-num 4 --queue-bypass",
    "filter -A INPUT -j NFQUEUE --queue-balance 4:7 --queue-cpu-fanout",
    "filter -A INPUT -p tcp -j REJECT --reject-with tcp-reset",
    "filter -A INPUT -j REJECT",
    "filter -A INPUT -j REJECT --reject-with icmp-host-prohibited",
    "raw -A PREROUTING -j CT --notrack",
    "raw -A PREROUTING -p tcp -j CT --zone 5",
    "raw -A PREROUTING -p tcp -j CT --zone-orig mark",
    "raw -A PREROUTING -p udp -j NOTRACK",
    "raw -A PREROUTING -p udp -j TRACE",
    /* Docker 20.10 and 26: exposures.md 2.1. */
    "filter -A FORWARD -j DOCKER-USER",
    "filter -A FORWARD -j DOCKER-ISOLATION-STAGE-1",
    "filter -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "filter -A FORWARD -o docker0 -j DOCKER",
    "filter -A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
    "filter -A FORWARD -i docker0 -o docker0 -j ACCEPT",
    "filter -A DOCKER -d 172.30.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
    "filter -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
    "filter -A DOCKER-ISOLATION-STAGE-1 -j RETURN",
    "filter -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
    "filter -A DOCKER-USER -i eth0 ! -s 127.0.0.1 -j DROP",
    "filter -A DOCKER-USER -j RETURN",
    "nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
    "nat -A POSTROUTING -s 172.30.0.0/24 ! -o docker0 -j MASQUERADE",
    "nat -A POSTROUTING -s 172.30.0.2/32 -d 172.30.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
    "nat -A DOCKER -i docker0 -j RETURN",
    "nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.30.0.2:80",
    "nat -A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT"
    " --to-destination 172.30.0.2:81",
    /* Docker 28: exposures.md 2.3. */
    "filter -A FORWARD -j DOCKER-FORWARD",
    "filter -A DOCKER-FORWARD -j DOCKER-CT",
    "filter -A DOCKER-FORWARD -j DOCKER-BRIDGE",
    "filter -A DOCKER-FORWARD -i br-0123456789ab -j ACCEPT",
    "filter -A DOCKER-CT -o br-0123456789ab -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "filter -A DOCKER-BRIDGE -o br-0123456789ab -j DOCKER",
    "filter -A DOCKER ! -i br-0123456789ab -o br-0123456789ab -j DROP",
    "raw -A PREROUTING -d 172.30.0.2/32 ! -i br-0123456789ab -j DROP",
    "raw -A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8081 -j DROP",
    "filter -A DOCKER-FORWARD -m mark --mark 0x1/0x3 -j ACCEPT",
    "nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS",
    "nat -A DOCKER-INGRESS -p tcp -m tcp --dport 8088 -j DNAT --to-destination 172.18.0.2:8088",
    "filter -A FORWARD -o apps -j DOCKER",
    "filter -A FORWARD -i apps ! -o apps -j ACCEPT",
    "filter -A FORWARD -i other ! -o other -j ACCEPT",
    "filter -A FORWARD -i docker0 ! -o apps -j ACCEPT",
    "raw -A PREROUTING -d 172.30.1.2/32 ! -i apps -j DROP",
    /* As ufw lays them out. */
    "filter -A INPUT -j ufw-before-input",
    "filter -A ufw-before-input -i lo -j ACCEPT",
    "filter -A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny",
    "filter -A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT",
    "filter -A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT",
    "filter -A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN",
    "filter -A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny",
    "filter -A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent"
    " --set --name DEFAULT --rsource",
    "filter -A ufw-user-input -p tcp -m multiport --dports 80,443 -m comment --comment"
    " \"'dapp_Nginx%20Full'\" -j ACCEPT",
    "filter -A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable",
    "filter -A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min"
    " --limit-burst 10 -j RETURN",
    "filter -A INPUT -p tcp -m multiport --dports 22 -m set --match-set f2b-sshd src,dst -j REJECT",
};

static const char *const ipv6_cases[] = {
    "filter -A INPUT ! -s 2001:db8::/32 -d 2001:db8::1 -i eth0 -j DROP",
    "filter -A INPUT -s fe80::/10 -j ACCEPT",
    "filter -A INPUT -s 2001:db8::/33 -j ACCEPT",
    "filter -A INPUT -s ::/1 -j ACCEPT",
    "filter -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT",
    "filter -A INPUT -p ipv6-icmp -m icmp6 ! --icmpv6-type 1/4 -j ACCEPT",
    "filter -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type echo-request -m hl --hl-eq 255 -j ACCEPT",
    "filter -A INPUT -m hl --hl-lt 5 -j DROP",
    "filter -A INPUT -p tcp --dport 80 -m iprange --src-range 2001:db8::1-2001:db8::9 -j ACCEPT",
    "filter -A INPUT -m addrtype --dst-type LOCAL -j ACCEPT",
    "filter -A INPUT -m conntrack --ctorigdst 2001:db8::/64 --ctstate NEW -j ACCEPT",
    "filter -A INPUT -m recent --set --name X6",
    "filter -A INPUT -m hashlimit --hashlimit-upto 3/min --hashlimit-mode srcip"
    " --hashlimit-name six -j ACCEPT",
    "filter -A INPUT -p tcp -m connlimit --connlimit-above 10 -j DROP",
    "filter -A INPUT -j REJECT",
    "filter -A INPUT -j REJECT --reject-with icmp6-adm-prohibited",
    "filter -A INPUT -p tcp -j REJECT --reject-with tcp-reset",
    "filter -A INPUT -j LOG --log-prefix six --log-ip-options",
    "nat -A PREROUTING ! -s fe80::/10 ! -i docker0 -p tcp --dport 8086 -j DNAT"
    " --to-destination [2001:db8::2]:86",
    "nat -A PREROUTING -j DNAT --to-destination 2001:db8::2",
    "nat -A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::2-2001:db8::4]:80-90",
    "nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080",
    "nat -A POSTROUTING -s 2001:db8::/64 ! -o docker0 -j MASQUERADE",
    "nat -A POSTROUTING -p tcp -j SNAT --to-source [2001:db8::2]:80",
    "nat -A PREROUTING -d 2001:db8::/64 -j NETMAP --to 2001:db8:1::/64",
    "mangle -A PREROUTING -p tcp -j TPROXY --on-port 81 --on-ip ::1 --tproxy-mark 0x1/0x1",
    "raw -A PREROUTING -d 2001:db8::2/128 ! -i docker0 -j DROP",
    "filter -A ufw6-before-input -m rt --rt-type 0 -j DROP",
    "filter -A INPUT -p udp -d ff02::fb --dport 5353 -j ACCEPT",
};

/* Chains that the rules above stand in or jump to. */
static const char *const chain_cases[] = {
    "filter OTHER",
    "filter DOCKER",
    "filter DOCKER-USER",
    "filter DOCKER-FORWARD",
    "filter DOCKER-CT",
    "filter DOCKER-BRIDGE",
    "nat DOCKER",
    "nat DOCKER-INGRESS",
    "filter ufw-before-input",
    "filter ufw-not-local",
    "filter ufw-user-input",
    "filter ufw-user-limit",
    "filter ufw-logging-deny",
    "filter ufw6-before-input",
    "filter DOCKER-ISOLATION-STAGE-1",
    "filter DOCKER-ISOLATION-STAGE-2",
};

/* Native rules; each goes into chain c of tables t of families inet, ip, ip6 and bridge. */
static const char *const native_cases[] = {
    "iifname != \"lo\" ip daddr 127.0.0.1 tcp dport 8081 drop",
    "ip saddr 10.0.0.0/8 accept",
    "ip saddr != { 10.0.0.0/8, 192.0.2.4, 192.168.1.1-192.168.1.9 } accept",
    "ip saddr 10.1.0.0/16 ip daddr 0.0.0.0/0 accept",
    "ip saddr 10.1.2.0/23 ip daddr 10.0.0.0/1 accept",
    "ip saddr 192.0.2.4 ip daddr 192.0.2.5 ip protocol tcp accept",
    "ip saddr & 255.0.255.0 == 1.0.3.0 accept",
    "ip daddr 192.0.2.4-192.0.2.10 accept",
    "ip6 saddr fe80::/10 accept",
    "ip6 saddr 2001:db8::/33 accept",
    "ip6 saddr 2001:db8::/32 accept",
    "ip6 daddr ::1 drop",
    "ip6 daddr { 2001:db8::/64, ::1, ff02::1-ff02::9 } drop",
    "tcp dport { 22, 80, 1000-2000 } accept",
    "tcp dport 1000-2000 accept",
    "tcp dport != 1000-2000 accept",
    "tcp dport != 22 counter drop",
    "tcp sport 1024-65535 tcp dport 80 accept",
    "tcp dport 80 tcp sport 80 drop",
    "udp dport 53 udp sport 53 accept",
    "udp length 8 accept",
    "sctp dport 80 accept",
    "dccp dport 80 accept",
    "udplite dport 80 accept",
    "th dport 80 accept",
    "meta l4proto { tcp, udp } th dport 53 accept",
    "meta l4proto tcp accept",
    "meta l4proto 47 accept",
    "meta l4proto != tcp accept",
    "ip protocol icmp accept",
    "ip protocol { tcp, udp } accept",
    "ip6 nexthdr udp accept",
    "icmp type echo-request accept",
    "icmp type { echo-request, destination-unreachable } accept",
    "icmp code 1 accept",
    "icmp type echo-request icmp code 0 accept",
    "icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept",
    "icmpv6 type echo-request limit rate 5/second burst 10 packets accept",
    "igmp type membership-query accept",
    "ct state established,related accept",
    "ct state { established, new } accept",
    "ct state invalid drop",
    "ct state != new accept",
    "ct state ! new accept",
    "ct state vmap { established : accept, invalid : drop, related : jump other }",
    "ct status dnat accept",
    "ct status snat,dnat accept",
    "ct mark 0x10 accept",
    "ct mark & 0xff == 0x10 accept",
    "ct mark set 0x5",
    "ct mark set meta mark and 0xff",
    "ct zone set 5",
    "ct original ip daddr 192.0.2.4 accept",
    "ct reply ip saddr 192.0.2.4 accept",
    "ct direction original accept",
    "ct helper \"ftp\" accept",
    "ct zone 5 accept",
    "ct label 5 accept",
    "ct label 42 accept",
    "ct expiration 5m accept",
    "ct packets > 5 accept",
    "ct bytes > 100000 accept",
    "ct protocol tcp accept",
    "ct l3proto ipv4 accept",
    "meta mark 0x1 accept",
    "meta mark & 0xff == 0x1 accept",
    "meta mark and 0xff != 0x1 accept",
    "meta mark 1-5 accept",
    "meta mark { 1-5, 10 } accept",
    "meta mark set 0x1",
    "meta mark set meta mark or 0x10",
    "meta mark set meta mark xor 0x10",
    "meta mark set meta mark and 0xfff0",
    "meta mark set ct mark",
    "meta priority set 1:3",
    "meta nftrace set 1",
    "iif lo accept",
    "iif != \"lo\" accept",
    "oif lo accept",
    "iifname \"br-*\" accept",
    "iifname { \"eth0\", \"eth1\" } drop",
    "iifname vmap { \"eth0\" : accept, \"br*\" : drop }",
    "iifname . ip saddr { \"eth0\" . 192.0.2.4 } accept",
    "ip saddr . tcp dport { 192.0.2.4 . 80, 192.0.2.5 . 81 } accept",
    "ip daddr . tcp dport { 10.0.0.0/8 . 80-90, 192.0.2.4-192.0.2.9 . 5 } accept",
    "ip daddr . tcp dport vmap { 192.0.2.4 . 80 : accept }",
    "ip daddr vmap { 10.0.0.0/8 : accept, * : drop }",
    "tcp dport vmap { 22 : accept, 80-90 : drop }",
    "ip dscp vmap { cs1 : accept, af11 : drop }",
    "ip dscp { cs1, af11 } accept",
    "ip saddr @blacklist drop",
    "ip saddr != @blacklist drop",
    "iifname vmap @jumps",
    "fib daddr type local jump other",
    "fib saddr . iif oif missing drop",
    "fib daddr . iif type != { local, broadcast, multicast } drop",
    "fib daddr oifname \"lo\" accept",
    "fib saddr . mark . iif oif 0 drop",
    "limit rate over 10/minute burst 5 packets drop",
    "limit rate 10/hour burst 7 packets accept",
    "limit rate 10 mbytes/second accept",
    "limit rate 10 kbytes/second burst 20 kbytes accept",
    "log prefix \"foo \" level warn",
    "log prefix \"foo\" level debug flags tcp sequence,options",
    "log flags ip options flags skuid flags ether",
    "log prefix \"foo\" group 2 snaplen 256",
    "log",
    "log flags all",
    "reject",
    "reject with icmp type host-unreachable",
    "reject with icmpv6 type no-route",
    "reject with icmpx type admin-prohibited",
    "meta l4proto tcp ip saddr 192.0.2.1 reject with tcp reset",
    "notrack",
    "tcp flags syn / fin,syn,rst,ack accept",
    "tcp flags != syn / fin,syn,rst,ack accept",
    "tcp flags & (fin|syn) == syn accept",
    "tcp flags syn accept",
    "tcp flags ! syn accept",
    "tcp flags != syn accept",
    "meta pkttype broadcast drop",
    "meta skuid 1000 accept",
    "meta skuid >= 1000 accept",
    "meta skgid { 1000, 1001 } accept",
    "meta nfproto ipv4 accept",
    "meta protocol ip accept",
    "ether saddr 00:11:22:33:44:55 accept",
    "ether type arp accept",
    "vlan id 5 accept",
    "vlan id { 5, 6 } accept",
    "arp operation request accept",
    "ip ttl 64 accept",
    "ip ttl < 5 drop",
    "ip length > 1000 drop",
    "ip dscp 0x0a accept",
    "ip version 4 accept",
    "ip frag-off & 0x1fff != 0 drop",
    "ip6 hoplimit 64 accept",
    "ip6 flowlabel 5 accept",
    "goto other",
    "return",
    "continue",
    "counter",
    "accept comment \"hello there\"",
    "meta iiftype ether accept",
    "meta length 100 accept",
    "meta cpu 1 accept",
    "meta cgroup 5 accept",
    "meta day \"Saturday\" accept",
    "meta ipsec missing",
    "iifgroup 5 accept",
    "socket transparent 1 accept",
    "socket mark 5 accept",
    "socket wildcard 0 accept",
    "tcp option maxseg size 1400 accept",
    "tcp option maxseg size set 1400",
    "tcp option sack-perm exists",
    "ip option lsrr exists",
    "exthdr frag exists accept",
    "rt classid 1 accept",
    "rt ip nexthop 192.0.2.1",
    "numgen random mod 2 0 accept",
    "numgen inc mod 2 vmap { 0 : accept, 1 : drop }",
    "jhash ip saddr mod 2 vmap { 0 : accept, 1 : drop }",
    "symhash mod 3 1",
    "update @dyn { ip saddr timeout 5m }",
    "add @dyn { ip saddr limit rate 5/minute }",
    "ct count over 10 drop",
    "quota over 100 mbytes drop",
    "osf name \"Linux\" accept",
    "iifname \"eth0\" oifname \"eth1\" meta mark 5 tcp dport 22 ip saddr 192.0.2.4 accept",
    "ip daddr set 192.0.2.4",
    "tcp dport set 80",
    "ah spi 5 accept",
    "meta l4proto tcp tproxy to :80",
    "meta l4proto tcp tproxy ip to 127.0.0.1:80",
    "meta l4proto tcp tproxy ip6 to [::1]:80",
};

/* Native rules for chain n (nat, prerouting) of tables t of families inet and ip. */
static const char *const nat_cases[] = {
    "dnat ip to 192.0.2.4",
    "tcp dport 80 dnat ip to 192.0.2.4:80",
    "tcp dport 80 dnat ip to 192.0.2.4-192.0.2.9:80-90",
    "tcp dport 80 dnat ip6 to [2001:db8::1]:80",
    "dnat ip6 to 2001:db8::1",
    "tcp dport 80 dnat ip to 192.0.2.4 random,persistent",
    "tcp dport 80 redirect to :8080",
    "tcp dport 80 redirect to :8080-8090 random",
    "redirect",
    "dnat ip to tcp dport map { 80 : 192.0.2.4, 81 : 192.0.2.5 }",
    "dnat ip to ip saddr . tcp dport map { 192.0.2.1 . 80 : 192.0.2.4 }",
    "tcp dport 80 dnat ip to jhash ip saddr mod 2 map { 0 : 192.0.2.4, 1 : 192.0.2.5 }",
    "tcp dport 80 dnat ip to numgen inc mod 2 map { 0 : 192.0.2.4, 1 : 192.0.2.5 }",
    "tcp dport 80 redirect to :tcp dport map { 80 : 8080 }",
    "dnat ip to ip daddr map @natmap",
    "fib daddr type local tcp dport 80 dnat ip to 192.0.2.4",
    "ip daddr 192.0.2.4 dnat ip to 198.51.100.8",
    "meta l4proto { tcp, udp } th dport 53 dnat ip to 192.0.2.4:53",
    "ip protocol tcp dnat ip to 192.0.2.4:53",
    "dnat ip prefix to ip daddr map { 10.0.0.0/24 : 192.168.0.0/24 }",
    "dnat ip addr . port to tcp dport map { 80 : 192.0.2.4 . 8080 }",
    "tcp dport @ports dnat ip to 192.0.2.4",
};

/* The same for chain s (nat, postrouting). */
static const char *const source_nat_cases[] = {
    "masquerade",
    "oifname \"eth0\" masquerade random,persistent",
    "meta l4proto tcp masquerade to :1000-2000",
    "snat ip to 192.0.2.4",
    "meta l4proto tcp snat ip to 192.0.2.4:1000-2000 fully-random",
};

/* Docker 29 with firewall-backend=nftables: exposures.md 2.5. */
static const char docker29[] =
    "table ip docker-bridges {\n"
    "	map filter-forward-in-jumps { type ifname : verdict\n"
    "		elements = { \"docker0\" : jump filter-forward-in__docker0 } }\n"
    "	map filter-forward-out-jumps { type ifname : verdict\n"
    "		elements = { \"docker0\" : jump filter-forward-out__docker0 } }\n"
    "	chain filter-FORWARD {\n"
    "		type filter hook forward priority 0; policy accept;\n"
    "		oifname vmap @filter-forward-in-jumps\n"
    "		iifname vmap @filter-forward-out-jumps\n"
    "	}\n"
    "	chain filter-forward-in__docker0 {\n"
    "		ct state established,related accept\n"
    "		iifname \"docker0\" accept\n"
    "		ip daddr 172.30.0.2 tcp dport 80 accept\n"
    "		drop comment \"UNPUBLISHED PORT DROP\"\n"
    "	}\n"
    "	chain filter-forward-out__docker0 {\n"
    "		ct state established,related accept\n"
    "		accept\n"
    "	}\n"
    "	chain nat-PREROUTING {\n"
    "		type nat hook prerouting priority -100; policy accept;\n"
    "		fib daddr type local jump nat-prerouting-and-output\n"
    "	}\n"
    "	chain nat-OUTPUT {\n"
    "		type nat hook output priority -100; policy accept;\n"
    "		ip daddr != 127.0.0.0/8 fib daddr type local jump nat-prerouting-and-output\n"
    "	}\n"
    "	chain nat-prerouting-and-output {\n"
    "		iifname != \"docker0\" tcp dport 8080 dnat to 172.30.0.2:80\n"
    "		iifname != \"docker0\" ip daddr 127.0.0.1 tcp dport 8081 dnat to 172.30.0.2:81\n"
    "	}\n"
    "	chain nat-POSTROUTING {\n"
    "		type nat hook postrouting priority 100; policy accept;\n"
    "		oifname != \"docker0\" ip saddr 172.30.0.0/24 masquerade\n"
    "	}\n"
    "	chain raw-PREROUTING {\n"
    "		type filter hook prerouting priority -300; policy accept;\n"
    "		ip daddr 172.30.0.2 iifname != { \"docker0\", \"docker1\" } drop comment \"DROP "
    "DIRECT "
    "ACCESS\"\n"
    "		iifname != \"lo\" ip daddr 127.0.0.1 tcp dport 8081 drop comment \"DROP REMOTE "
    "LOOPBACK\"\n"
    "	}\n"
    "}\n";

/* Native rules whose text is not, or not only, what nft prints. */
static const struct {
	const char *rule, *text;
} own_cases[] = {
    {"tcp dport { 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41 }",
     "tcp dport { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, ... "
     "}"},
    {"meta hour 08:00-17:00", NULL},
    {"counter packets 5 bytes 10", "counter"},
};

/*
 * Rules that rewrite destinations and the ports they ask for: loaded alone, "TOOL RULE ; PORTS".
 * TOOL: ipt (every backend of iptables, table and rule), nft (chain n of table inet t).
 */
static const struct {
	const char *tool, *rule, *ports;
} port_cases[] = {
    {"ipt", "nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4:81", "80"},
    {"ipt", "nat -A PREROUTING -p udp --dport 80:83 -j REDIRECT --to-ports 5", "80 81 82 83"},
    {"ipt", "nat -A PREROUTING -p sctp --dport 7 -j DNAT --to-destination 192.0.2.4", "7"},
    {"ipt", "nat -A OTHER -p tcp --dport 9 -j DNAT --to-destination 192.0.2.4", "9"},
    {"ipt", "nat -A PREROUTING -p tcp -m multiport --dports 1,5:7 -j REDIRECT", "1 5 6 7"},
    {"ipt", "nat -A PREROUTING -p tcp -m multiport --dports 1,5:7 -m tcp --dport 6:9 -j REDIRECT",
     "6 7"},
    {"ipt", "nat -A PREROUTING -p tcp -m multiport --sports 1,5:7 -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -p tcp -m multiport --ports 1,5:7 -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -p tcp -m multiport ! --dports 1 -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -p tcp ! --dport 5 -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -p tcp --sport 5 -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -p tcp -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -d 192.0.2.4 -j DNAT --to-destination 192.0.2.5", "any"},
    {"ipt", "nat -A PREROUTING -p tcp --dport 1:1024 -j REDIRECT", "1..1024"},
    {"ipt", "nat -A PREROUTING -p tcp --dport 1:1025 -j REDIRECT", "any"},
    {"ipt", "nat -A PREROUTING -p tcp --dport 65535 -j REDIRECT", "65535"},
    {"ipt",
     "nat -A PREROUTING -p tcp -m conntrack --ctorigdstport 80:81 -j DNAT --to-destination"
     " 192.0.2.4",
     "80 81"},
    {"ipt", "nat -A PREROUTING -d 10.0.0.0/8 -j NETMAP --to 11.0.0.0/8", "any"},
    {"ipt", "nat -A POSTROUTING -s 10.0.0.0/8 -j NETMAP --to 11.0.0.0/8", ""},
    {"ipt", "nat -A POSTROUTING -p tcp --dport 80 -j MASQUERADE", ""},
    {"ipt", "nat -A POSTROUTING -p tcp --dport 80 -j SNAT --to-source 192.0.2.4", ""},
    {"ipt", "mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 5", "80"},
    {"ipt", "filter -A INPUT -p tcp --dport 80 -j ACCEPT", ""},
    {"nft", "tcp dport 80 dnat ip to 192.0.2.4", "80"},
    {"nft", "tcp dport 80-82 redirect to :5", "80 81 82"},
    {"nft", "tcp dport { 80, 90-92 } redirect", "80 90 91 92"},
    {"nft", "tcp dport != 80 redirect", "any"},
    {"nft", "tcp dport != { 80, 81 } redirect", "any"},
    {"nft", "tcp dport < 3 redirect", "0 1 2"},
    {"nft", "tcp dport > 65533 redirect", "65534 65535"},
    {"nft", "tcp dport >= 65534 redirect", "65534 65535"},
    {"nft", "tcp sport 80 redirect", "any"},
    {"nft", "tcp sport 80 tcp dport 81 redirect", "81"},
    {"nft", "tcp dport 81 tcp sport 80 redirect", "81"},
    {"nft", "meta l4proto { tcp, udp } th dport 53 redirect", "53"},
    {"nft", "th dport & 0xff == 53 redirect", "any"},
    {"nft", "tcp dport @ports redirect", "80 90 91 92 93 94 95"},
    {"nft", "dnat ip to tcp dport map { 80 : 192.0.2.4, 81 : 192.0.2.5 }", "80 81"},
    {"nft", "dnat ip to ip saddr . tcp dport map { 192.0.2.1 . 80 : 192.0.2.4 }", "80"},
    {"nft", "dnat ip to tcp dport . ip saddr map { 80 . 192.0.2.1 : 192.0.2.4 }", "80"},
    {"nft", "iifname . tcp dport { \"eth0\" . 80, \"eth1\" . 81 } redirect", "80 81"},
    {"nft", "ip daddr . tcp dport { 10.0.0.0/8 . 80-82 } redirect", "80 81 82"},
    {"nft", "dnat ip to ip daddr map @natmap", "any"},
    {"nft", "tcp dport 1-1025 redirect", "any"},
    {"nft", "tcp dport 80 accept", ""},
    {"nft", "tcp dport 80 tcp dport set 81", "80"},
    {"nft", "udp dport 53 ip daddr set 192.0.2.4", "53"},
    {"nft", "ip daddr set 192.0.2.4 udp dport 53 accept", "any"},
    {"nft", "ip saddr set 192.0.2.4", ""},
};

/*
 * What a rule translates, loaded alone: "TOOL RULE ; PROTOCOL HOST PORT TARGET PORT OWNER"; "" for
 * nothing that is one address and port.
 */
static const struct {
	const char *tool, *rule, *translation;
} translation_cases[] = {
    {"ipt", "nat -A OTHER -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4:81",
     "6 0.0.0.0 80 192.0.2.4 81 yours"},
    {"ipt",
     "nat -A DOCKER -d 127.0.0.1/32 ! -i docker0 -p udp --dport 53 -j DNAT --to-destination"
     " 192.0.2.4:53",
     "17 127.0.0.1 53 192.0.2.4 53 Docker"},
    {"ipt", "nat -A DOCKER ! -d 192.0.2.1 -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4:81",
     "6 0.0.0.0 80 192.0.2.4 81 Docker"},
    {"ipt", "nat -A OTHER -d 10.0.0.0/8 -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4",
     "6 0.0.0.0 80 192.0.2.4 80 yours"},
    {"ipt", "nat -A OTHER -p tcp --dport 80:90 -j DNAT --to-destination 192.0.2.4:81",
     "6 0.0.0.0 0 192.0.2.4 81 yours"},
    {"ipt", "nat -A OTHER -p tcp --dport 80:90 -j DNAT --to-destination 192.0.2.4", ""},
    {"ipt", "nat -A OTHER -p tcp --dport 80 -j DNAT --to-destination 192.0.2.4-192.0.2.9", ""},
    {"ipt", "nat -A OTHER -j DNAT --to-destination 192.0.2.4", ""},
    {"ipt", "nat -A OTHER -p tcp --dport 80 -j REDIRECT --to-ports 81", ""},
    {"ipt", "nat -A OTHER -p tcp --dport 80 -j RETURN", ""},
    {"nft", "iifname != \"docker0\" ip daddr 127.0.0.1 tcp dport 80 dnat ip to 192.0.2.4:81",
     "6 127.0.0.1 80 192.0.2.4 81 yours"},
    {"nft", "ip daddr != 127.0.0.1 tcp dport 80 counter dnat ip to 192.0.2.4 comment \"to 9\"",
     "6 0.0.0.0 80 192.0.2.4 80 yours"},
    {"nft", "tcp dport 80 dnat ip6 to [2001:db8::1]:81", "6 :: 80 2001:db8::1 81 yours"},
    {"nft", "tcp dport { 80, 81 } dnat ip to 192.0.2.4:82", "6 0.0.0.0 0 192.0.2.4 82 yours"},
    {"nft", "tcp dport != 80 dnat ip to 192.0.2.4:82", "6 0.0.0.0 0 192.0.2.4 82 yours"},
    {"nft", "dnat ip to tcp dport map { 80 : 192.0.2.4 }", ""},
    {"nft", "tcp dport 80 redirect to :81", ""},
};

/* Who owns a rule that is among those above, by its text. */
static const struct {
	const char *text, *owner;
} owner_cases[] = {
    {"-A FORWARD -j DOCKER-USER", "Docker"},
    {"-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "Docker"},
    {"-A FORWARD -i docker0 ! -o docker0 -j ACCEPT", "Docker"},
    {"-A FORWARD -o docker0 -j DOCKER", "Docker"},
    {"-A DOCKER -i docker0 -j RETURN", "Docker"},
    {"-A DOCKER-USER -j RETURN", "yours"},
    {"-A DOCKER-USER ! -s 127.0.0.1/32 -i eth0 -j DROP", "yours"},
    {"-A POSTROUTING -s 172.30.0.0/24 ! -o docker0 -j MASQUERADE", "Docker"},
    {"-A POSTROUTING -s 192.0.2.0/24 ! -o eth0 -j MASQUERADE", "yours"},
    {"-A PREROUTING -d 172.30.0.2/32 ! -i br-0123456789ab -j DROP", "Docker"},
    {"-A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8081 -j DROP", "Docker"},
    {"-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER", "Docker"},
    {"-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080", "yours"},
    {"-A FORWARD -i apps ! -o apps -j ACCEPT", "Docker"},
    {"-A FORWARD -i other ! -o other -j ACCEPT", "yours"},
    {"-A FORWARD -i docker0 ! -o apps -j ACCEPT", "yours"},
    {"-A PREROUTING -d 172.30.1.2/32 ! -i apps -j DROP", "Docker"},
    {"-A INPUT -p tcp -m multiport --dports 22 -m set --match-set f2b-sshd src,dst -j REJECT"
     " --reject-with icmp-port-unreachable",
     "fail2ban"},
    {"-A INPUT -j ufw-before-input", "ufw"},
    {"-A ufw-before-input -i lo -j ACCEPT", "ufw"},
    {"-A INPUT -j OTHER", "yours"},
};
