#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M55: nginx's map equals what real requests show, for 50 names; past it, open through it, led to nothing.
# engines: sid
# also: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

readonly NAMES=50 LEAKS=(3 11 27)
export LC_ALL=C

lab_up
# On Docker before 28 whoever knows the way gets to containers directly; that is not what this is about.
direct_off

# Services s0 to s9: nginx reaches all of them on loopback. Three are published for everybody as well.
for service in 0 1 2 3 4 5 6 7 8 9; do
	address=127.0.0.1
	((service == 2 || service == 5 || service == 8)) && address=0.0.0.0
	container "s$service" -p "$address:$((2000 + service)):80" -- http:80 || exit
done

# Names to services in turn, by every way of writing it: plain, an upstream, a map of names, a variable, an
# include, a name as regular expression. Every third asks for a password, every seventh answers by itself,
# one is turned off.
conf=$LAB_ROOT/etc/nginx/map.conf
mkdir -p "$LAB_ROOT/etc/nginx/names.d"
printf 'demo:{PLAIN}demo\n' >"$LAB_ROOT/etc/nginx/users"
site() {
	local n=$1 service=$(($1 % 10)) name=n$1.example.com guard='' pass
	pass="proxy_pass http://127.0.0.1:$((2000 + service));"
	((n % 3 == 0)) && guard='auth_basic "who are you"; auth_basic_user_file /etc/nginx/users;'
	case $((n % 5)) in
	1) pass="proxy_pass http://up$service/;" ;;
	2) pass="proxy_pass http://127.0.0.1:\$by_name;" ;;
	3) pass="set \$port 200; proxy_pass http://127.0.0.1:\${port}$service;" ;;
	4) name="\"~^n$n\\.example\\.com\$\"" ;;
	esac
	((n % 7 == 6)) && pass='return 204;'
	((n == 20)) && pass='proxy_pass http://127.0.0.1:2999;'
	printf 'server {\n\tlisten %s;\n\tserver_name %s;\n\t%s\n' $((n % 2 ? 80 : 8080)) "$name" "$guard"
	printf '\tlocation / {\n\t\t%s\n\t}\n' "$pass"
	((n % 10 == 9)) && printf '\tlocation /open { auth_basic off; proxy_pass http://127.0.0.1:2001; }\n'
	printf '}\n'
}
{
	printf 'pid /run/nginx.pid; error_log /var/log/nginx/error.log;\nevents {}\nhttp {\n\taccess_log off; server_names_hash_bucket_size 128;\n'
	for service in 0 1 2 3 4 5 6 7 8 9; do
		printf '\tupstream up%d { server 127.0.0.1:%d; server 127.0.0.1:1 down; }\n' "$service" $((2000 + service))
	done
	# shellcheck disable=SC2016
	printf '\tmap $host $by_name {\n'
	for ((n = 0; n < NAMES; n++)); do printf '\t\tn%d.example.com %d; # %d\n' "$n" $((2000 + n % 10)) "$n"; done
	printf '\t}\n\tinclude names.d/*.conf;\n}\n'
} >"$conf"
for ((n = 0; n < NAMES; n++)); do
	site "$n" >"$LAB_ROOT/etc/nginx/names.d/$n.conf"
done
on host nginx -p /etc/nginx -c map.conf || exit

# What one real request shows: the service's name, 401, 204, or 502 where nothing answers.
site_request() {
	local said code
	said=$(on world curl -s --max-time 3 -w '\n%{http_code}' -H "Host: n$1.example.com" \
		"http://$HOST:$(($1 % 2 ? 80 : 8080))${2:-/}")
	code=${said##*$'\n'}
	[[ $code == 200 ]] && code=${said%% *}
	printf '%s\n' "$code"
}

# The same by the audit: what stands for the name's location, guard before service.
site_map() {
	jq -r --arg n "$1" --arg at "${2:-/}" '
		def asked: . == "n" + $n + ".example.com" or . == "~^n" + $n + "\\.example\\.com$";
		[.endpoints[] | . as $e | .proxied[] | select((.names | any(asked)) and .location == $at)
			| select(.who == "anyone") | if .guard then "401" else $e.container end]
		+ [.findings[] | select(.kind == "outage" and (.why | contains("n" + $n + ".example.com"))) | "502"]
		| unique | if length == 0 then "204" else join(" ") end' <"$LAB_DIR/audit.json"
}

# The audit's word about where every name leads is what a real request shows.
compare() {
	local n same=0
	for ((n = 0; n < NAMES; n++)); do
		if [[ $(site_request "$n") == "$(site_map "$n")" ]]; then
			same=$((same + 1))
		else
			lab_note "n$n: $(site_request "$n"), by the audit $(site_map "$n")"
		fi
	done
	check "the map of $NAMES names is what requests show ($same)" equal "$same" "$NAMES"
}

audit
compare
check "a location's own word counts" equal "$(site_request 39 /open) $(site_map 39 /open)" "s1 s1"

# Past the proxy: those that are published for everybody, and no other.
past() {
	jq -r '[.findings[] | select(.past_proxy and .severity != "medium") | .subject] | unique | join(" ")' <"$LAB_DIR/audit.json"
}
check "past the proxy is what is published for all" equal "$(past)" "s2 s5 s8"
check "open without a guard is what is not published for all" equal "$(
	jq -r '[.findings[] | select(.kind == "relay") | .subject] | unique | join(" ")' <"$LAB_DIR/audit.json")" \
	"s0 s1 s3 s4 s6 s7 s9"

# Planted leaks: by rules of one's own past 127.0.0.1.
for n in "${LEAKS[@]}"; do
	service=$((n % 10))
	on host iptables -t nat -A PREROUTING -i eth0 -p tcp --dport $((3000 + n)) -j DNAT \
		--to-destination "$(address_of "s$service"):80"
done
audit
check "planted leaks are past the proxy too" equal "$(past)" "s1 s2 s3 s5 s7 s8"

# A fix closes what is around a proxy that asks first, and leaves the rest to its owner: s2 is asked for by
# n12 and others, but n22 asks for nothing.
container asked -p 2100:80 -- http:80 || exit
cat >"$LAB_ROOT/etc/nginx/names.d/asked.conf" <<-'END'
	server { listen 80; server_name asked.example.com; auth_basic x; auth_basic_user_file /etc/nginx/users;
	         location / { proxy_pass http://127.0.0.1:2100; } }
END
on host nginx -p /etc/nginx -c map.conf -s reload
expect_open world tcp "$HOST" 2100
expect_open world tcp "$HOST" 2002
audit
expect_finding M55 asked any any '.kind == "bypass" and .severity == "high"'
seawall fix >/dev/null || exit
seawall confirm >/dev/null || exit
expect_closed world tcp "$HOST" 2100
expect_open world tcp "$HOST" 2002
check "by the proxy it is reached, and asks" equal "$(on world curl -s -o /dev/null --max-time 3 \
	-w '%{http_code}' -u demo:demo -H 'Host: asked.example.com' "http://$HOST/")" 200
seawall remove >/dev/null

# Nothing in a file's way out of the proxy's root, and nothing lost when the files cannot be read.
printf 'server { listen 81\n' >"$LAB_ROOT/etc/nginx/names.d/zz.conf"
check "a file that is wrong is said, with its place" grep -q 'names.d/zz.conf:2:1: ' <(
	seawall audit --json 2>/dev/null | jq -r '.incomplete[]')
ln -s /dev/zero "$LAB_ROOT/etc/nginx/names.d/zy.conf"
rm "$LAB_ROOT/etc/nginx/names.d/zz.conf"
check "a device is not read" grep -q 'names.d/zy.conf: ' <(seawall audit --json 2>/dev/null | jq -r '.incomplete[]')
rm "$LAB_ROOT/etc/nginx/names.d/zy.conf"
on host nginx -p /etc/nginx -c map.conf -s stop
audit
check "no proxy, no map" equal "$(jq '[.endpoints[].proxied[]] | length' <"$LAB_DIR/audit.json")" 0

# nginx in a container: this machine's, with its libraries, as an image.
box=$LAB_DIR/box
mkdir -p "$box/etc/nginx" "$box/var/log/nginx" "$box/run" "$box/usr/sbin" "$box/var/lib/nginx" "$box/tmp"
cp "$(command -v nginx)" "$box/usr/sbin/nginx"
ldd "$(command -v nginx)" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$box${library%/*}" && cp -L "$library" "$box$library"
done
cp -L /lib/x86_64-linux-gnu/libnss_{files,dns}.so.2 "$box/lib/x86_64-linux-gnu/" 2>/dev/null
printf 'root:x:0:0::/:/bin/sh\n' >"$box/etc/passwd"
printf 'root:x:0:\n' >"$box/etc/group"
cat >"$box/etc/nginx/nginx.conf" <<-'END'
	user root root; daemon off; pid /run/nginx.pid; error_log stderr;
	events {}
	http {
	    access_log off;
	    server { listen 80; server_name in.example.com; location / { proxy_pass http://inner; } }
	    server { listen 80; server_name list.example.com; allow 10.9.0.0/16; deny all;
	             location / { proxy_pass http://inner:80/; } }
	}
	stream { server { listen 9000; proxy_pass inner:80; } }
END
nginx -V 2>&1 | grep -q -- '--with-stream[^=_]' || sed -i '/^stream/d' "$box/etc/nginx/nginx.conf"
tar -C "$box" -c . | docker import - front >/dev/null || exit
docker network create inside >/dev/null
container inner --network inside -- http:80 || exit
docker run -d --name front --network inside -p 8088:80 front /usr/sbin/nginx >/dev/null || exit
ask() {
	on world curl -s --max-time 3 -o "$LAB_DIR/body" -w '%{http_code}' -H "Host: $1" "http://$HOST:8088/"
}
wait_until equal "$(ask in.example.com)" 200 >/dev/null
check "the container's nginx leads in" equal "$(ask in.example.com) $(cut -d ' ' -f 1 <"$LAB_DIR/body")" "200 inner"
check "but not those that are not listed" equal "$(ask list.example.com)" 403
audit
check "the map of nginx in a container" equal "$(
	jq -r '.endpoints[] | select(.container == "inner") | .proxied[]
		| "\(.container) \(.names[0]) \(.who) \(.guard) \(.allowed | join(","))"' <"$LAB_DIR/audit.json" | sort)" \
	"$(printf '%s\n' "front in.example.com anyone null " "front list.example.com anyone a listed address 10.9.0.0/16")"
expect_finding M55 inner any any '.kind == "relay" and .severity == "low"'
docker stop -t 1 inner >/dev/null
audit
expect_finding M55 any any any '.kind == "outage" and (.why | contains("inner:80"))'
