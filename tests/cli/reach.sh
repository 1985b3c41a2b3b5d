# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
# Saved rulesets: what is answered, what is refused and why.
cat >rules.v4 <<'RULES'
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
-A INPUT -s 10.1.2.3/32 -p tcp -m tcp --dport 22 -j REJECT
-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -i eth1 -p udp -m udp --dport 53 -j ACCEPT
COMMIT
RULES
cat >rules.nft <<'RULES'
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		tcp dport 22 accept
	}
}
RULES

# The answer to a question, by a jq program, on one line.
answer() {
	local program=$1
	shift
	"$seawall" reach "$@" --json | jq -c "$program"
}

says 0 '' reach --rules rules.v4 --proto tcp --dport 22
holds 'who gets in is said' grep -q '10.0.0.0/8, but not 10.1.2.3   line 5, filter INPUT: -A INPUT -s' out
says 0 '' reach --rules rules.v4 --proto udp --dport 53
holds 'what decides is said' grep -q 'depends on: which interface it' out
says 0 '' reach --rules rules.v4 --proto udp --dport 54
holds 'nobody is said too' grep -q 'Nobody gets in' out
says 0 '' reach --rules rules.nft --matrix --proto tcp --dport 22
holds 'standard input is a file' bash -c '"$0" reach --rules - --proto tcp --dport 22 <rules.nft | grep -q "anyone, IPv6 only"' "$seawall"
if command -v jq >/dev/null; then
	holds 'JSON of one address' [ "$(answer .accepted --rules rules.v4 --proto tcp --dport 22 --src 10.1.2.4)" = \
		'[{"sources":["10.1.2.4/32"],"certainty":"must","unknown":[],"rule":{"family":"ip","table":"filter","chain":"INPUT","line":5,"text":"-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT"}}]' ]
	holds 'JSON of an address that is refused' [ "$(answer .accepted --rules rules.v4 --proto tcp --dport 22 --src 10.1.2.3)" = '[]' ]
	holds 'JSON of what the interface decides' [ "$(answer '.accepted[0]|[.certainty,.unknown]' --rules rules.v4 --proto udp --dport 53)" = \
		'["may",["which interface it comes in by"]]' ]
	holds 'JSON of a policy' [ "$(answer '.accepted[0].rule|[.line,.text]' --rules rules.v4 --hook forward)" = '[3,":FORWARD ACCEPT"]' ]
	holds 'JSON of a matrix' [ "$(answer '[(.classes|length),.edges[0]]' --rules rules.v4 --matrix --proto tcp --dport 22)" = \
		'[2,{"from":1,"to":0,"certainty":"must"}]' ]
fi
says 2 'seawall: reach needs --rules FILE; *' reach
says 2 'seawall: nothing: No such file or directory' reach --rules nothing
says 2 'seawall: .: Is a directory' reach --rules .
says 2 'seawall: /dev/zero: more than the 64 MB that are read' reach --rules /dev/zero
truncate -s 200M large
says 2 'seawall: large: 200 MB are more than the 64 MB that are read' reach --rules large
rm large
: >empty.rules
says 2 'seawall: empty.rules:1:1: expected rules *' reach --rules empty.rules
printf '*filter\n:INPUT DROP [0:0]\n-A INPUT --dport\n' >short.rules
says 2 'seawall: short.rules:3:*' reach --rules short.rules
printf 'table ip t {\n chain a {\n jump b\n }\n chain b {\n jump a\n }\n chain c {\n type filter hook input priority 0;\n jump a\n }\n}\n' >loop.nft
says 2 'seawall: loop.nft:6:1: a loop of jumps by way of chain "a"' reach --rules loop.nft
says 2 'seawall: --dport wants a number up to 65535, not "65536"' reach --rules rules.v4 --dport 65536
says 2 'seawall: --proto wants *, not "tpc"' reach --rules rules.v4 --proto tpc
says 2 'seawall: --proto icmp has no ports: *' reach --rules rules.v4 --proto icmp --dport 1
says 2 'seawall: --src wants *, not "10.0.0"' reach --rules rules.v4 --src 10.0.0
says 2 'seawall: --src 1.1.1.1 and --dst ::1 are of two families' reach --rules rules.v4 --src 1.1.1.1 --dst ::1
says 2 'seawall: --out does not go with --hook input: *' reach --rules rules.v4 --out eth0
says 2 "seawall: '--hook prerouting': expected input or forward" reach --rules rules.v4 --hook prerouting
