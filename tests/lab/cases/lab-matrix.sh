#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who reaches what by default, engine by engine: the ground that all other cases stand on.
# engines: debian12 sid ipt29 nft29
# also: trixie
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 8080:80 -p 127.0.0.1:8081:81 -p "$HOST_LAN:8082:82" -p 172.17.0.1:8084:84 \
	-p 5353:53/udp -- tcp:80-84 tcp:91 udp:53 || exit
ip=$(address_of web)
for role in neighbour world; do
	route_to 172.17.0.0/16 from "$role"
	route_to "$HOST_LAN/32" from "$role"
done

case $LAB_ENGINE in
debian12 | trixie) column=3 ;;
sid) column=4 ;;
ipt29) column=5 ;;
nft29) column=6 ;;
esac
# Who asks ; what ; and what is seen with 20.10 and 26, 28, 29 on iptables, 29 on nftables.
while read -r -a cell; do
	[[ ${cell[*]} ]] || continue
	for role in ${cell[0]//,/ }; do
		IFS=/ read -r word protocol address port <<<"${cell[1]}"
		address=${address/CONTAINER/$ip}
		"expect_${word}${cell[column - 1]}" "$role" "$protocol" "$address" "$port"
	done
done <<END
neighbour,world  /tcp/$HOST/8080          open   open   open   open
neighbour,world  /tcp/$HOST6/8080         open   open   open   open
neighbour        /tcp/$HOST_LINK6%eth0/8080 open open   open   open
neighbour        raw_/tcp/127.0.0.1/8081  open   closed closed closed
neighbour,world  /tcp/$HOST/8081          closed closed closed closed
neighbour,world  /tcp/CONTAINER/81        open   closed closed closed
neighbour,world  /tcp/CONTAINER/91        closed closed closed closed
neighbour,world  /tcp/$HOST_LAN/8082      open   open   open   open
lan              /tcp/$HOST_LAN/8082      open   open   open   open
neighbour,world  /tcp/172.17.0.1/8084     open   open   open   open
neighbour,world  /udp/$HOST/5353          open   open   open   open
END

# A broadcast: some answer, some only take it in, but it arrives with each of them.
delivered() {
	arrivals web 53/udp | grep -q "to-all$"
}
client neighbour udp 192.0.2.255 5353 --timeout 300 --payload to-all >/dev/null
check "a broadcast is delivered" wait_until delivered
