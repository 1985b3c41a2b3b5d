#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# M01: the same with ufw as Debian ships it, which people trust to close what it does not name.
# engines: debian12
set -u
# shellcheck source=tests/lab/lab.sh
. "$(dirname "$0")/../lab.sh"

command -v ufw >/dev/null || lab_skip "ufw is not installed"
lab_up
container web -p 0.0.0.0:8080:80 -p 0.0.0.0:8081:81 || exit
server host plain tcp:8090
expect_open world tcp "$HOST" 8090
audit
expect_no_finding any any

on host ufw allow 8081/tcp >/dev/null
check "ufw starts" on host ufw --force enable
expect_closed world tcp "$HOST" 8090
expect_open world tcp "$HOST" 8080
expect_open world tcp "$HOST" 8081
audit
expect_finding M01 web:80/tcp published eth0 \
	'.kind == "bypass" and (.why | contains("ufw denies it"))'
expect_no_finding any web:81/tcp

check "ufw stops" on host ufw --force disable
expect_open world tcp "$HOST" 8090
audit
expect_no_finding any any
