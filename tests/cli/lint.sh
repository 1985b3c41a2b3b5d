# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
# Compose files that are fine, those that are not, and what is no Compose file at all.
mkdir -p lint/sub && cd lint || exit

# compose TEXT: writes compose.yaml, printf's way.
# shellcheck disable=SC2059
compose() { printf "$@" >compose.yaml; }

says 2 'seawall: .: no compose.yaml or docker-compose.yml is here' lint
says 2 'seawall: nothing.yml: No such file or directory' lint nothing.yml
says 2 'seawall: --engine wants a version such as 20.10 or 28, not "new"' lint --engine new
says 2 'seawall: --json and --sarif both want standard output: give one' lint --json --sarif

compose 'services:\n  a: {image: x, ports: ["127.0.0.1:80:80"]}\n'
says 0 '' lint
holds 'what is fine is said to be' grep -q 'Nothing to say against it' out
says 0 '' lint --quiet
holds 'and not even that when quiet' test ! -s out
says 1 '' lint --engine 20.10
holds 'an old engine does not guard 127.0.0.1' grep -q 'neighbours on' out
says 0 '' lint --engine 28.5

compose 'services:\n  a:\n    image: x\n    ports:\n      - "80:80"   # web\n'
says 1 '' lint
holds 'the line is shown with a mark under the port' grep -q '^ *| *\^\^\^\^\^\^\^$' out
says 1 '' lint --json
holds 'the place is in the JSON' jq -e '.findings[0] | .file == "compose.yaml" and .line == 5 and .column == 9 and .end_column == 16' out
says 1 '' lint --sarif
holds 'and in SARIF, with what would stand there' jq -e '.runs[0].results[0] |
	(.locations[0].physicalLocation.region == {"startLine": 5, "startColumn": 9, "endColumn": 16}) and
	.fixes[0].artifactChanges[0].replacements[0].insertedContent.text == "\"127.0.0.1:80:80\""' out
chmod 640 compose.yaml
says 0 'seawall: 1 place rewritten' lint --fix
holds 'the port is rewritten, the comment stays' grep -qx '      - "127.0.0.1:80:80"   # web' compose.yaml
holds 'the mode stays' test "$(stat -c %a compose.yaml)" = 640
says 0 'seawall: 0 places rewritten' lint --fix

# Variables: the file beside, another one, the environment before both.
compose 'services:\n  a: {image: x, ports: ["${BIND}:80:80"]}\n'
says 1 '' lint
holds 'a variable that is not set is found' grep -q 'comes out empty' out
echo 'BIND=127.0.0.1' >.env
says 0 '' lint
echo 'BIND=' >other
says 1 '' lint --env-file other
says 2 'seawall: none: No such file or directory' lint --env-file none
rm .env
BIND=127.0.0.1 says 0 '' lint
compose 'services:\n  a: {image: x, ports: ["${BIND:?which one?}:80:80"]}\n'
says 2 'seawall: compose.yaml:2:25: a variable that must be set is not: which one?' lint

# Several files, what they extend and include.
compose 'services:\n  a: {image: x, ports: ["127.0.0.1:80:80"]}\n'
printf 'services:\n  a: {ports: ["8080:80"]}\n' >compose.override.yaml
says 1 '' lint
holds 'the override is found, and the second door' grep -q 'more narrowly at compose.yaml:2' out
says 0 '' lint compose.yaml
rm compose.override.yaml
printf 'services:\n  base: {image: x, ports: ["90:90"]}\n' >sub/base.yml
compose 'services:\n  a: {extends: {file: sub/base.yml, service: base}}\n'
says 1 '' lint
holds 'what is extended is found where it stands' grep -q '^sub/base.yml:2:' out
compose 'include: [sub/base.yml]\n'
says 1 '' lint
compose 'include: [sub/base.yml]\nservices: {base: {image: x}}\n'
says 2 'seawall: compose.yaml:2:12: a service of this name is included already' lint --tool v2
compose 'services:\n  a: {image: x, ports: ["80:80"], profiles: [debug]}\n'
says 0 '' lint
says 1 '' lint --profile other,debug

# The tools differ.
compose 'version: "3.7"\nservices:\n  a: {image: x, ports: ["127.0.0.1:80:80"], deploy: {replicas: 2}}\n'
says 1 '' lint
holds 'what is made for a stack is judged as one' grep -q 'open on every address of every node' out
says 0 '' lint --tool v2
compose 'services:\n  a: {image: x, ports: [22:22]}\n'
says 1 '' lint --tool v1
holds 'docker-compose reads 22:22 as 1342' grep -q '^compose.yaml:2:.*docker-compose 1.29 reads' out
compose 'services:\n  a: {image: x, ports: [{target: 80, published: 80, host_ip: 127.0.0.1}]}\n'
says 0 '' lint
says 2 'seawall: compose.yaml:2:*host_ip*; docker-compose 1.29 does not take it' lint --tool v1

# The daemon's settings.
compose 'services:\n  a: {image: x, ports: ["80:80"]}\n'
echo '{"default-network-opts": {"bridge": {"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"}}}' >daemon.json
says 0 '' lint --daemon daemon.json
echo '{"ip": "127.0.0.1", "iptables": false, "hosts": ["unix:///run/docker.sock", "tcp://0.0.0.0:2375"]}' >daemon.json
says 1 '' lint --daemon daemon.json --json
holds 'each setting that opens is found' jq -e '[.findings[].rule] | sort == ["engine-on-tcp", "every-address", "no-iptables"]' out
echo '{"ip": ' >daemon.json
says 2 'seawall: daemon.json:2:*' lint --daemon daemon.json

# What is no Compose file: one sentence with the place, and never a crash.
compose 'services: [a'
says 2 'seawall: compose.yaml:2:1: this is not YAML: *' lint
compose 'services:\n  a: {image: x, ports: [{published: 80}]}\n'
says 2 'seawall: compose.yaml:2:*: a port without target' lint --tool v2
compose 'services:\n  a: {image: x, ports: ["80:80:80:80"]}\n'
says 2 'seawall: compose.yaml:2:*: expected *' lint
compose 'services:\n  a: {extends: b}\n  b: {extends: a}\n'
says 2 'seawall: compose.yaml:*: extends goes round in a circle' lint
compose 'include: [compose.yaml]\n'
says 2 'seawall: compose.yaml:1:*: include goes round in a circle' lint
compose 'services:\n  a: {image: x, image: y}\n'
says 2 'seawall: compose.yaml:2:*: the same key twice*' lint --tool v2
{
	echo 'a: &a [x, x, x, x, x, x, x, x, x, x]'
	for i in b c d e f g h i; do
		printf '%s: &%s [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n' "$i" "$i" \
			"${p=a}" "$p" "$p" "$p" "$p" "$p" "$p" "$p" "$p" "$p"
		p=$i
	done
	echo 'services: {}'
} >compose.yaml
says 2 'seawall: compose.yaml:*: more than the 500000 values that are read' lint
head -c 4096 /dev/urandom >compose.yaml
says 2 'seawall: compose.yaml:*' lint
truncate -s 200M compose.yaml
says 2 'seawall: compose.yaml: *' lint
says 2 'seawall: *' lint /dev/zero
compose 'services:\n  "\\e[2J\\u202e": {image: x, ports: ["80:80"]}\n'
says 1 '' lint
holds 'names cannot write on the terminal' test -z "$(tr -cd '\033\342' <out)"
cd ..

# Saved rules: read as such by what they look like, each finding at its place; comments and texts are none.
cat >saved.nft <<'END'
#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	chain input { type filter hook input priority 0; policy drop;
		iifname "lo # table inet seawall {" accept # flush ruleset
		meta l4proto tcp # xt_conntrack counter accept
		xt match string counter drop
	}
}
table ip nat {
	chain DOCKER-USER { }
	chain DOCKER { tcp dport 80 dnat to 172.17.0.2:80; }
}
table inet seawall {
	flags 
}
END
says 1 '' lint saved.nft
says 1 '' lint --json saved.nft
holds 'each kind is found, at its place' test "$(jq -r '.findings[] | "\(.rule) \(.line):\(.column)-\(.end_column)"' out | paste -sd,)" = \
	'flush-ruleset 2:7-14,saved-comment 6:20-49,saved-extension 7:3-11,saved-engine-rules 12:8-14,saved-wall 14:12-19,saved-flags 15:2-7'
says 1 '' lint --sarif saved.nft
printf '# Generated\n*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n:DOCKER - [0:0]\nCOMMIT\n' >rules.v4
says 1 '' lint rules.v4
holds 'so are the rules of the engine in a file of iptables-save' grep -q '^rules.v4:5:1: medium: Docker' out
sed -i /DOCKER/d rules.v4
says 0 '' lint rules.v4
printf 'flush \\\n ruleset\n' >saved.nft
says 1 '' lint saved.nft
printf 'table inet mine { flags dormant; chain c { tcp flags syn accept; ip daddr { 10.0.0.1 } xt_is_no_word; } }' >saved.nft
says 0 '' lint saved.nft
compose 'services:\n  a: {image: x, ports: ["80:80"]}\n'
printf 'flush ruleset\n' >saved.nft
says 1 '' lint --json compose.yaml saved.nft
holds 'beside Compose files' test "$(jq -r '.findings[].file' out | paste -sd,)" = compose.yaml,saved.nft
