#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the guard remembers: ways in that open and close, what was mended, who knocked; through a crash, a full disk and a damaged file.
# engines: sid
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

told() {
	grep -q -e "$1" "$LAB_DIR/guard.log"
}
# Starts the guard, and waits until it is at work.
guard_up() {
	: >"$LAB_DIR/guard.log"
	seawall guard --policy "$LAB_DIR/policy.yaml" 2>>"$LAB_DIR/guard.log" &
	guard=$!
	wait_until told 'guards by'
}
# Whether the last command said something, over the ends of lines if need be.
unwrapped() {
	tr -s ' \n' ' ' <"$LAB_DIR/said" | grep -q -e "$1"
}
# Tells whether the log, or who knocked, has what a filter asks for.
log_has() {
	seawall log --json >"$LAB_DIR/log.json" && jq -e ".log | any($1)" "$LAB_DIR/log.json" >/dev/null
}
knocks_have() {
	seawall knocks --json >"$LAB_DIR/knocks.json" && jq -e ".knocks | any($1)" "$LAB_DIR/knocks.json" >/dev/null
}

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 5432:5432 || exit
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
zones:
  lan: { sources: [10.9.0.0/24] }
allow:
  - { container: web, host_port: 443/tcp, from: any }
END
# The admin is told by a command; it hangs, which keeps nobody from anything.
cat >"$LAB_DIR/tell" <<END
#!/bin/sh
cat >>$LAB_DIR/told
env >$LAB_DIR/told.env
sleep 60
END
chmod +x "$LAB_DIR/tell"
printf 'notify: { command: %s }\n' "$LAB_DIR/tell" >>"$LAB_DIR/policy.yaml"
runs 3 log
said 'nothing is remembered'
runs 2 log --since yesterday
said 'wants a time such as'

guard_up
check 'the wall is up' wait_until shut_now 5432

# Who knocks, and in which zone: by what the sender addressed, where this kernel tells it of a packet
# that is translated already, else by the container's own address.
for _ in 1 2 3; do
	client world tcp "$HOST" 5432 --timeout 200 >/dev/null
	client lan tcp "$HOST_LAN" 5432 --timeout 200 >/dev/null
done
client world tcp "$HOST6" 5432 --timeout 200 >/dev/null
check 'who knocks is remembered' wait_until knocks_have \
	".source == \"$WORLD/32\" and (.to.address == \"$HOST\" or .to.address == \"$(address_of db)\") and .to.port == 5432 and .zone == \"world\" and
	.proto == \"tcp\" and .in == \"eth0\" and .packets >= 3"
check 'in which zone' wait_until knocks_have ".source == \"$LAN/32\" and .zone == \"lan\" and .in == \"eth1\""
check 'by IPv6 too' wait_until knocks_have ".source == \"$WORLD6/128\""
check 'who gets in does not knock' not knocks_have '.to.port == 443'
runs 0 knocks
said "$WORLD"
runs 0 knocks --since 2h
runs 0 knocks --since 2099-01-01
said 'Nobody was turned away'

# What is open to whom, from when to when.
check 'a proof tells what is open' wait_until log_has \
	'.kind == "open" and .container == "web" and .zone == "world" and .to.port == 443 and .meant'
on host nft flush table inet seawall
check 'a heal is remembered' wait_until log_has '.kind == "heal"'
check 'the admin is told' wait_until grep -q '"kind":"heal"' "$LAB_DIR/told"
check 'in words' jq -e '.version == 1 and (.text | contains("somebody changed the wall"))' "$LAB_DIR/told"
check 'by a command that gets no more than a path' not grep -qv '^PATH=\|^PWD=\|^_=\|^SHLVL=' "$LAB_DIR/told.env"
docker rm -f web >/dev/null
check 'what closes is remembered' wait_until log_has '.kind == "closed" and .container == "web" and .to.port == 443'
runs 0 log
check 'it says what was mended' unwrapped 'put up again'
runs 0 log --container web
check 'one container alone' not unwrapped 'put up again'

# A crash loses nothing that was written; names are values, whatever is in them.
on host pkill -KILL -x seawall
wait $guard 2>/dev/null
check 'a crash keeps it' log_has '.kind == "heal"'
cat >"$LAB_DIR/policy.yaml" <<'END'
version: 1
default: closed
allow:
  - { container: "o.drop-table", host_port: 8080/tcp, from: any }
notify: { webhook: "http://127.0.0.1:8099/alert" }
END
on host python3 -c '
import http.server, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open(sys.argv[1], "ab").write(body + b"\n")
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8099), Hook).serve_forever()' "$LAB_DIR/posted" >/dev/null 2>&1 &
container o.drop-table -p 0.0.0.0:8080:80 --label "x='); DROP TABLE event; --" || exit
guard_up
check 'the guard goes on with it' wait_until log_has '.kind == "open" and .container == "o.drop-table"'
on host nft flush table inet seawall
check 'a webhook is told' wait_until grep -q '"kind":"heal"' "$LAB_DIR/posted"
check 'what was before is there still' log_has '.kind == "heal"'

# No room: it is said once, and the wall is kept.
on host sh -c 'mount -t tmpfs -o size=256k none /mnt && dd if=/dev/zero of=/mnt/full bs=1k count=250 2>/dev/null'
on host pkill -TERM -x seawall
wait $guard
STATE_DIRECTORY=/mnt seawall guard --policy "$LAB_DIR/policy.yaml" 2>"$LAB_DIR/guard.log" &
guard=$!
check 'a full disk is told' wait_until told 'it is not remembered'
check 'and keeps nobody from guarding' wait_until told 'the wall is up for what runs now'
on host nft flush table inet seawall
check 'nor from mending' wait_until told 'put up again'
on host rm /mnt/full
sleep 5
on host nft flush table inet seawall
remembers_again() {
	STATE_DIRECTORY=/mnt log_has '.kind == "heal"'
}
check 'with room again, it remembers again' wait_until remembers_again
on host pkill -TERM -x seawall
wait $guard
on host umount /mnt

# A damaged file is put aside.
on host sh -c 'cd /var/lib/seawall/history && rm -f history.db-wal history.db-shm && head -c 100000 /dev/urandom >history.db'
runs 3 log
guard_up
check 'a damaged file is put aside' wait_until told 'was damaged'
check 'it is kept for who wants it' on host test -s /var/lib/seawall/history/history.db.damaged
check 'a new one is begun' wait_until log_has '.kind == "open"'
on host pkill -TERM -x seawall
wait $guard
