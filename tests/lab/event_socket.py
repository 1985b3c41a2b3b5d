#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Relays an engine's socket, and answers for its events with what no engine should say.

    event_socket.py SOCKET TARGET garbage|endless|other-ids
"""
import itertools
import json
import socket
import sys
import threading
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"


def event(identity, kind="container"):
    """An event as engines write them."""
    actor = {"ID": identity, "Attributes": {"container": identity, "name": "x"}}
    return json.dumps({"Type": kind, "Action": "start", "Actor": actor}).encode() + b"\n"


def lines(kind):
    """What is said instead of events."""
    if kind == "garbage":
        yield HEAD
        for line in (b"\0\xff\n", b"{\n", b"[]\n", b"7\n", b'{"Type":{}}\n', b'{"Type":"container"}\n',
                     b'{"Type":"container","Actor":{"ID":7}}\n', b'{"Type":"network","Actor":[]}\n',
                     b"[" * 60000 + b"\n", b"\n\n\n"):
            yield line
    elif kind == "endless":
        yield HEAD
        yield from itertools.repeat(b"x" * 65536, 1000)
    elif kind == "other-ids":
        yield HEAD
        for identity in ("", "'; DROP TABLE event; --", "0" * 64, "../../info", "f" * 64 + "/json", "A" * 64):
            yield event(identity)
            yield event(identity, "network")
        for number in range(2000):
            yield event(f"{number:064x}")
    while kind != "endless":
        time.sleep(1)
        yield b"\n"


def answer(client, server):
    """Hands on what the engine answers."""
    try:
        while data := server.recv(65536):
            client.sendall(data)
    except OSError:
        pass


def serve(client, target, kind):
    """One connection: its requests, one after the other."""
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    threading.Thread(target=answer, args=(client, server), daemon=True).start()
    pending = b""
    try:
        while data := client.recv(65536):
            pending += data
            while b"\r\n\r\n" in pending:
                head, pending = pending.split(b"\r\n\r\n", 1)
                if b"/events" not in head.split(b"\r\n", 1)[0]:
                    server.sendall(head + b"\r\n\r\n")
                    continue
                for line in lines(kind):
                    client.sendall(line)
                client.shutdown(socket.SHUT_RDWR)
                return
    except OSError:
        pass
    finally:
        server.close()


listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0], *sys.argv[2:4]), daemon=True).start()
