#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guard's clerk: what rights it has, who may ask it, what happens when it dies, hangs or is lied to.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

told() {
	grep -q -e "$1" "$LAB_DIR/guard.log"
}
guard_up() {
	: >"$LAB_DIR/guard.log"
	seawall guard --policy "$LAB_DIR/policy.yaml" 2>>"$LAB_DIR/guard.log" &
	guard=$!
	wait_until told 'guards by' && wait_until clerk >/dev/null
}
guard_down() {
	on host pkill -TERM -x seawall
	wait "$guard"
}
clerk() {
	on host pgrep -x seawall-clerk
}
# A line of the clerk's status in /proc, without its name.
status_of() {
	on host grep "^$1:" "/proc/$(clerk)/status" | cut -f 2- | tr '\t' ' '
}
asked() {
	on host curl -s --max-time 5 --unix-socket /run/seawall/control "http://seawall/$1"
}
knocks_have() {
	seawall knocks --json >"$LAB_DIR/knocks.json" && jq -e ".knocks | any($1)" "$LAB_DIR/knocks.json" >/dev/null
}
log_has() {
	seawall log --json >"$LAB_DIR/log.json" && jq -e ".log | any($1)" "$LAB_DIR/log.json" >/dev/null
}
# A command as somebody on the host: `as USER GROUP COMMAND...`.
as() {
	on host setpriv --reuid "$1" --regid "$2" --clear-groups "${@:3}"
}
# What is left for the clerk is closed: no rights, no other files, no new processes.
has_no_rights() {
	check "$1: no capability" equal "$(status_of CapPrm) $(status_of CapEff)" '0000000000000000 0000000000000000'
	check "$1: none to be had" equal "$(status_of NoNewPrivs)" 1
	check "$1: a list of system calls" equal "$(status_of Seccomp)" 2
	# shellcheck disable=SC2016
	check "$1: no descriptor of the guard's but those it works with" equal \
		"$(on host sh -c 'ls /proc/'"$(clerk)"'/fd | wc -l' | awk '{ print ($1 <= 16) ? "few" : $1 }')" few
}

lab_up
container web -p 443:80 || exit
container db -p 5432:5432 -- tcp:5432 || exit
printf 'version: 1\ndefault: closed\nallow:\n  - { container: web, host_port: 443/tcp, from: any }\n' >"$LAB_DIR/policy.yaml"

# Without a user of its own it is root without rights. What an older version kept is taken over.
on host sh -c 'mkdir -p -m 700 /var/lib/seawall && chmod 700 /var/lib/seawall && rm -rf /var/lib/seawall/* && python3 -c "
import sqlite3
old = sqlite3.connect(\"/var/lib/seawall/history.db\")
old.execute(\"CREATE TABLE event (time INTEGER NOT NULL, kind TEXT NOT NULL, container TEXT NOT NULL, text TEXT NOT NULL)\")
old.execute(\"INSERT INTO event VALUES (strftime(\x27%s\x27), \x27heal\x27, \x27\x27, \x27of an older version\x27)\")
old.commit()"'
guard_up
check 'and says that there is no user for it' told 'no user "seawall"'
has_no_rights 'as root'
check 'an older history is taken over' wait_until log_has '.text == "of an older version"'
check 'nothing of it stays where it was' not on host test -e /var/lib/seawall/history.db
guard_down
check 'it ends with the guard' not on host pgrep -x seawall-clerk

# With one it is that one, and so is the history.
cp /etc/passwd "$LAB_DIR/passwd"
echo 'seawall:x:64990:64991::/nonexistent:/usr/sbin/nologin' >>"$LAB_DIR/passwd"
on host mount --bind "$LAB_DIR/passwd" /etc/passwd
guard_up
check 'which is nobody else' equal "$(status_of Uid) $(status_of Gid)" '64990 64990 64990 64990 64991 64991 64991 64991'
check 'of no other group' equal "$(status_of Groups | tr -d ' ')" ''
has_no_rights 'as seawall'
check 'the history is its own' equal "$(on host stat -c '%u %g %a' /var/lib/seawall/history)" '64990 64991 700'
check 'with what was in it' log_has '.text == "of an older version"'
check 'the rest is not' equal "$(on host stat -c '%u %a' /var/lib/seawall)" '0 711'

# Who may ask: root, and the group. Nothing can be changed there.
check 'the wall is up' wait_until shut_now 5432
for _ in 1 2 3; do
	client world tcp "$HOST" 5432 --timeout 200 >/dev/null
done
check 'who knocks is told' wait_until knocks_have ".source == \"$WORLD/32\" and .to.port == 5432 and .zone == \"world\""
check 'its group may ask' equal "$(as 65534 64991 "$SEAWALL" log --json | jq '.log | length > 0')" true
as 65534 65534 "$SEAWALL" log >"$LAB_DIR/refused" 2>&1
check 'nobody else may' equal $? 3
check 'who is told what to do' grep -q 'members of the group "seawall".*sudo' "$LAB_DIR/refused"
check 'measurements are there too' equal "$(asked metrics | grep -c '^seawall_wall_up 1')" 1
check 'there is nothing else' equal "$(asked state)" 'There are /log, /knocks, /visits and /metrics.'
check 'and nothing but GET' equal "$(on host curl -s -X POST --unix-socket /run/seawall/control http://seawall/log)" 'Only GET.'
check 'a container is a value' equal "$(asked "log?since=0&container=';DROP%20TABLE%20event;--" | jq '.log | length')" 0
check 'a time that is none is the beginning' equal "$(asked 'log?since=x' | jq '.log | length > 0')" true

# One that dies is replaced.
on host kill -KILL "$(clerk)"
check 'one that dies is told of' wait_until told 'begun anew'
check 'there is another' wait_until clerk
has_no_rights 'the next one'
check 'which knows what was remembered' wait_until log_has '.text == "of an older version"'
client world tcp "$HOST" 5432 --timeout 200 >/dev/null
check 'and who knocks, and from where' wait_until knocks_have ".source == \"$WORLD/32\" and .zone == \"world\" and .packets >= 4"

# One that hangs keeps nobody from guarding.
on host kill -STOP "$(clerk)"
for _ in {1..3}; do
	on host nft flush table inet seawall
	sleep 0.3
done
check 'one that hangs keeps nobody from mending' shut_now 5432
on host kill -CONT "$(clerk)"
check 'and remembers what it was told meanwhile' wait_until log_has '.kind == "heal"'

# One that says something to the guard, and goes on, does not hold it up: it is ended.
on host kill -STOP "$(clerk)"
check 'one that speaks' on host python3 -c '
import ctypes, os, socket, sys
pid, libc = int(sys.argv[1]), ctypes.CDLL(None)
process = libc.syscall(434, pid, 0)  # pidfd_open
for name in os.listdir(f"/proc/{pid}/fd"):
    fd = libc.syscall(438, process, int(name), 0)  # pidfd_getfd
    if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
        wire = socket.socket(fileno=fd)
        if wire.family == socket.AF_UNIX and wire.type == socket.SOCK_SEQPACKET:
            wire.send(b"x")
            sys.exit()
sys.exit("no wire")' "$(clerk)"
on host nft delete table inet seawall
sleep 1
check 'does not hold the guard up' on host nft list chain inet seawall doors
check 'and is ended' wait_until told 'the clerk was killed'
check 'for another' wait_until clerk

# A guard that is killed and started again at once gets the log group from the clerk that goes.
on host pkill -KILL -x seawall
wait "$guard" 2>/dev/null
guard_up
client world tcp "$HOST" 5432 --timeout 200 >/dev/null
check 'a guard that was killed counts again' wait_until knocks_have ".source == \"$WORLD/32\" and .packets >= 5"
check 'by the same group' not told 'is not counted'

# What is in its directory was written by somebody who is less than root.
guard_down
on host sh -c 'cd /var/lib/seawall/history && rm -f history.db* && ln -s /etc/passwd history.db'
guard_up
check 'a link in its directory is not followed' wait_until told 'it is not remembered'
check 'and the file behind it is as it was' on host cmp "$LAB_DIR/passwd" /etc/passwd
check 'the wall stands' wait_until shut_now 5432
guard_down
