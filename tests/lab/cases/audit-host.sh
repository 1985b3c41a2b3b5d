#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host that Seawall is not on: audited from elsewhere, by ssh and by what the script prints.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
docker network create --subnet 10.9.0.0/24 apart >/dev/null || exit
container web -p 0.0.0.0:443:80 || exit
container db -p 127.0.0.1:5432:5432 || exit
container dns --network apart -p 0.0.0.0:53:53/udp || exit
container any -p 8080-8081:8080-8081 -e SECRET=hunter2 --label traefik.token=hunter2 --label seawall.allow=lan || exit
container out --network host -- tcp:9000 || exit
docker stop -t 0 db >/dev/null && docker start db >/dev/null
# Rules of all kinds: iptables, the older kind of it, a set, nftables of one's own.
on host ipset create good hash:net
on host ipset add good 198.51.100.0/24
on host iptables -I INPUT -p tcp --dport 9000 -m set ! --match-set good src -j DROP
on host ip6tables -A INPUT -p tcp --dport 9000 -j DROP
on host iptables-legacy -A INPUT -p tcp --dport 9001 -j REJECT
on host nft -f - <<'END'
table inet mine {
	set those { type ipv4_addr; flags interval; elements = { 203.0.113.128/25 } }
	map where { type inet_service : verdict; elements = { 8081 : drop } }
	chain early {
		type filter hook prerouting priority -300; policy accept;
		iifname "lan0" ip saddr @those drop
		tcp dport vmap @where
		comment "a name # handle 9"
	}
}
END

# An sshd on the host, a key, and a home that is the lab's own. Dropbear, for OpenSSH's would be enabled on
# whatever machine the tests run on. The engine's client is the engine's.
on host mount -t tmpfs none /root
on host mkdir -p /root/.ssh
on host ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
on host cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
on host chmod 700 /root
on host sh -c "echo '[$HOST]:2222' \$(dropbearkey -t ed25519 -f /root/hostkey | grep ^ssh-) >/root/.ssh/known_hosts"
if [[ $LAB_CHROOT ]]; then
	printf '#!/bin/sh\nexec chroot %s docker "$@"\n' "$LAB_CHROOT" >"$LAB_DIR/docker"
	chmod 755 "$LAB_DIR/docker"
	on host mount --bind "$LAB_DIR/docker" /usr/bin/docker
fi
on host dropbear -F -E -s -p 2222 -r /root/hostkey -P /root/sshd.pid >"$LAB_DIR/sshd.log" 2>&1 &
sshd=$!
check 'there is an sshd' wait_until client world tcp "$HOST" 2222
url=ssh://root@$HOST:2222
# Runs Seawall elsewhere, where there is no engine; a tmpfs stands in for that machine's own.
away() {
	on world env -u DOCKER_HOST HOME=/root DOCKER_HOST=unix:///nowhere "${SEAWALL:-$LAB_REPO/build/seawall}" "$@"
}
# What an audit says but for what is another packet each time.
essence() {
	jq -S '{endpoints: [.endpoints[] | del(.reach[]?.proof)], findings}' "$1"
}
# Tells whether two audits say the same, and that is something.
agree() {
	essence "$LAB_DIR/$1" >"$LAB_DIR/$1.essence"
	essence "$LAB_DIR/$2" >"$LAB_DIR/$2.essence"
	jq -e '.findings | length > 0' "$LAB_DIR/$1.essence" >/dev/null &&
		diff "$LAB_DIR/$1.essence" "$LAB_DIR/$2.essence" >&2
}
state() {
	on host nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'
	on host iptables-legacy-save | grep -v '^[#:]'
	on host ip -o link
	on host lsmod
}
seawall audit --json >"$LAB_DIR/here"
state >"$LAB_DIR/before"
away audit --json --host "$url" >"$LAB_DIR/there" 2>"$LAB_DIR/said"
check 'it finds what there is to find' equal $? 1
state >"$LAB_DIR/after"
check 'by ssh it says the same, rules, handles and proof' agree here there
check 'all packets were sent here, and agree' jq -e '[.endpoints[].reach[].proof.agrees] | length > 4 and all' "$LAB_DIR/there"
check 'it says what it does not know' jq -e '.incomplete | if length == 1 and (.[0] | test("proxies")) then . else error(tojson) end' "$LAB_DIR/there"
check 'and has nothing else to say' equal "$(cat "$LAB_DIR/said")" ''
check 'the host is as it was' diff "$LAB_DIR/before" "$LAB_DIR/after"

# The script, for who may not ssh.
away capture --script >"$LAB_DIR/collect.sh"
on host sh "$LAB_DIR/collect.sh" >"$LAB_DIR/collection" 2>"$LAB_DIR/said"
check 'the script has nothing to say' equal "$(cat "$LAB_DIR/said")" ''
away audit --json --capture "$LAB_DIR/collection" >"$LAB_DIR/read"
check 'what it prints says the same' agree here read
check 'no secret is in it' not grep -q hunter2 "$LAB_DIR/collection"
check 'our labels are' grep -q seawall.allow "$LAB_DIR/collection"
# Links change while they are collected, as they do where containers come and go.
on host sh -c 'while :; do ip link set dev lan0 txqueuelen 1001; sleep 0.1; done' &
changer=$!
on host sh "$LAB_DIR/collect.sh" >"$LAB_DIR/collection" 2>/dev/null
kill "$changer"
away audit --json --capture "$LAB_DIR/collection" >"$LAB_DIR/read"
check 'it says the same while a link changes' agree here read
check 'and knows as much' equal "$(jq -c .incomplete "$LAB_DIR/read")" "$(jq -c .incomplete "$LAB_DIR/there")"
away capture --host "$url" -o "$LAB_DIR/capture" 2>/dev/null
away audit --json --capture "$LAB_DIR/capture" >"$LAB_DIR/captured"
check 'a capture is made of it' agree here captured
away explain --host "$url" --json >"$LAB_DIR/explained" 2>/dev/null
check 'a problem is explained' jq -e 'tostring | test("handle")' "$LAB_DIR/explained"

# What is not collected is named: a container on a link of its own; rules that no tool there lists.
docker network create -d macvlan --subnet 192.0.2.0/24 --gateway 192.0.2.1 -o parent=eth0 street >/dev/null
container alone --network street --ip 192.0.2.77 -- tcp:80
on host sh "$LAB_DIR/collect.sh" >"$LAB_DIR/more"
away audit --json --capture "$LAB_DIR/more" >"$LAB_DIR/part"
check 'a container that is a host of its own is named' jq -e '.incomplete | tostring | test("alone is on a link of its own")' "$LAB_DIR/part"
docker rm -f alone >/dev/null
mkdir "$LAB_DIR/few"
for tool in sh sed head cut cat uname date id ls timeout rtmon base64 ip grep sort; do
	ln -s "$(command -v $tool)" "$LAB_DIR/few/$tool"
done
sed "s|^PATH=.*|PATH=$LAB_DIR/few|" "$LAB_DIR/collect.sh" >"$LAB_DIR/poor.sh"
on host sh "$LAB_DIR/poor.sh" >"$LAB_DIR/more"
away audit --json --capture "$LAB_DIR/more" >"$LAB_DIR/part"
check 'without tools it ends with 3' equal $? 3
for what in nft sockets legacy; do
	check "  $what is not known" jq -e ".incomplete | tostring | test(\"$what\")" "$LAB_DIR/part"
done

# Several, one of which is not there.
away audit --host "$url" --host "ssh://root@$HOST:2223" --host "$url" >"$LAB_DIR/several" 2>"$LAB_DIR/said"
check 'what is found of the others is its answer' equal $? 1
check 'which is said' grep -q "ssh root@$HOST failed" "$LAB_DIR/said"
check 'the others are audited' equal "$(grep -c "^== $url" "$LAB_DIR/several")" 2
for bad in "http://$HOST" "ssh://-oProxyCommand=true" "ssh://root@-x" "ssh://root@$HOST:port" "ssh://$HOST;true" ssh://; do
	away audit --host "$bad" >/dev/null 2>"$LAB_DIR/said"
	check "$bad is refused" equal "$? $(grep -c 'expected ssh://' "$LAB_DIR/said")" '2 1'
done
runs 2 fix --host "$url"
said 'does not go with'

# Who may not log in gets no answer.
away audit --host "ssh://nobody@$HOST:2222" >"$LAB_DIR/several" 2>"$LAB_DIR/said"
check 'an error is the answer then' equal $? 3

# Garbage.
head -c 2000 "$LAB_DIR/collection" >"$LAB_DIR/cut"
away audit --capture "$LAB_DIR/cut" >/dev/null 2>"$LAB_DIR/said"
check 'a cut collection is an error' equal $? 2
check 'with its place' grep -Eq '/cut:[0-9]+:[0-9]+: expected' "$LAB_DIR/said"
sed 's/^section sockets$/section sockets\n tcp LISTEN what/' "$LAB_DIR/collection" >"$LAB_DIR/odd"
away audit --capture "$LAB_DIR/odd" >/dev/null 2>"$LAB_DIR/said"
check 'so is a line that no ss prints' equal "$? $(grep -c 'six columns' "$LAB_DIR/said")" '2 1'
# A rule that nft here does not know costs its table, and the answer is not called whole.
sed 's/^ table inet mine {.*/&\n \tnonsense here/' "$LAB_DIR/collection" >"$LAB_DIR/newer"
away audit --json --capture "$LAB_DIR/newer" >"$LAB_DIR/part"
check 'what cannot be read is named' jq -e '.incomplete | tostring | test("table inet mine")' "$LAB_DIR/part"
sed 's/^ table inet mine {.*/ and more\n&/' "$LAB_DIR/collection" >"$LAB_DIR/newer"
away audit --json --capture "$LAB_DIR/newer" >"$LAB_DIR/part"
check 'so is what stands between tables' jq -e '.incomplete | tostring | test("not understood: and more")' "$LAB_DIR/part"
sed '/^section listens:/,/^end$/{/^end$/!d}' "$LAB_DIR/collection" >"$LAB_DIR/newer"
away audit --json --capture "$LAB_DIR/newer" >"$LAB_DIR/part"
check 'and that nobody looked into containers' jq -e '.incomplete | tostring | test("listens in 5 running containers")' "$LAB_DIR/part"
kill $sshd
