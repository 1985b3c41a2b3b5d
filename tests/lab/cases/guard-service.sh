#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guard as systemd starts it: readiness, signs of life, reload, status, the journal's fields.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_up
container web -p 0.0.0.0:443:80 || exit
container db -p 0.0.0.0:5432:5432 || exit
policy=$LAB_DIR/policy.yaml
printf 'version: 1\ndefault: closed\nallow:\n  - { container: web, host_port: 443/tcp, from: any }\n' >"$policy"

# What systemd would hear, and what the journal: a datagram a line, fields apart by tabs.
cat >"$LAB_DIR/hear.py" <<'END'
import os, socket, sys, time
path, log = sys.argv[1:]
os.makedirs(os.path.dirname(path), exist_ok=True)
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(path)
with open(log, "w", buffering=1) as out:
    while True:
        said = ear.recv(65536).decode("utf-8", "replace").rstrip("\n").replace("\n", "\t")
        print(f"{time.monotonic():.3f}\t{said}", file=out)
END
on host python3 "$LAB_DIR/hear.py" /run/notify "$LAB_DIR/notify.log" </dev/null >/dev/null 2>&1 &
on host python3 "$LAB_DIR/hear.py" /run/systemd/journal/socket "$LAB_DIR/journal.log" </dev/null >/dev/null 2>&1 &
wait_until on host test -S /run/systemd/journal/socket -a -S /run/notify || exit

notified() {
	grep -q -e "$1" "$LAB_DIR/notify.log"
}
signs() {
	grep -c 'WATCHDOG=1' "$LAB_DIR/notify.log"
}

: >"$LAB_DIR/stderr"
export NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=1000000
stream=$(stat -c %d:%i "$LAB_DIR/stderr")
JOURNAL_STREAM=$stream seawall guard --policy "$policy" 2>"$LAB_DIR/stderr" &
guard=$!
unset NOTIFY_SOCKET WATCHDOG_USEC
check "it says that it is ready" wait_until notified 'READY=1'
check "and puts the wall up" wait_until shut_now 5432
check "it says what it does" wait_until notified 'STATUS=the wall is up'
before=$(signs)
sleep 2.2
check "it gives a sign of life each half of the time" test $(($(signs) - before)) -ge 3
on host pkill -STOP -xo seawall
sleep 0.3
before=$(signs)
sleep 1.5
check "one that hangs gives none" equal "$(signs)" "$before"
on host pkill -CONT -xo seawall
pkill -CONT -P "$guard" # nsenter stops with what it started
more_signs() {
	(($(signs) > before))
}
check "one that goes on does again" wait_until more_signs

on host pkill -HUP -xo seawall
check "a reload has a beginning" wait_until notified 'RELOADING=1.*MONOTONIC_USEC=[0-9]'
check "and an end" equal "$(grep -c 'READY=1' "$LAB_DIR/notify.log")" 2

on host nft flush ruleset
check "a heal is in the journal, with its kind" wait_until grep -q \
	'MESSAGE=somebody changed the wall.*PRIORITY=5.*SEAWALL_KIND=heal' "$LAB_DIR/journal.log"
check "and not on standard error" not grep -q 'somebody changed the wall' "$LAB_DIR/stderr"
on host pkill -TERM -xo seawall
wait "$guard"
check "it says that it ends" wait_until notified 'STOPPING=1'
# Without systemd it says the same on standard error.
seawall guard --policy "$policy" 2>"$LAB_DIR/plain" &
wait_until grep -q 'guards by' "$LAB_DIR/plain"
on host nft flush ruleset
check "without systemd it is said on standard error" wait_until grep -q 'somebody changed the wall' "$LAB_DIR/plain"
