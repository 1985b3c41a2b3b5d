#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Relays a unix socket, and lets each connection wait while a file is there: SOCKET TARGET FILE."""
import os
import socket
import sys
import threading
import time


def pump(source, sink):
    """Copies one direction until its end."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, target, gate):
    """Relays one connection, once the gate is gone."""
    while os.path.exists(gate):
        time.sleep(0.01)
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)


listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while True:
    threading.Thread(
        target=serve, args=(listener.accept()[0], sys.argv[2], sys.argv[3]), daemon=True
    ).start()
