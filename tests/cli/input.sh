# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Capture files that are not there or not what they should be: exit code 2 with the place.
says 2 'seawall: *nothing*: No such file or directory' --capture nothing
: >empty
says 2 'seawall: *empty:*' --capture empty
head -c 4096 /dev/urandom >garbage
says 2 'seawall: *garbage:1:*' --capture garbage
printf '{"seawall_capture":1' >short
says 2 'seawall: *short:1:*' --capture short
says 2 'seawall: *' --capture .
says 2 'seawall: *' --capture /dev/zero
