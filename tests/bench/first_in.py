#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""When a port lets somebody in: asks for a connection each half millisecond, and says when, in seconds of the
monotonic clock, the first of them was made.

    first_in.py ADDRESS PORT SECONDS
"""
import selectors
import socket
import sys
import time


def main():
    """Asks until one is let in. The exit code is 1 where none is."""
    address, port, until = sys.argv[1], int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
    pick, asked = selectors.DefaultSelector(), []
    print("asks", flush=True)
    while time.monotonic() < until:
        ask = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        ask.setblocking(False)
        ask.connect_ex((address, port))
        pick.register(ask, selectors.EVENT_WRITE)
        asked.append(ask)
        for key, _ in pick.select(0.0005):
            if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                print(time.monotonic(), flush=True)
                return 0
            pick.unregister(key.fileobj)
        if len(asked) > 200:
            last = asked.pop(0)
            if last in pick.get_map():
                pick.unregister(last)
            last.close()
    return 1


sys.exit(main())
