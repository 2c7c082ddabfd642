"""A thousand clients that watch one collection over WebSockets, and how long after a write each of them is told."""

import base64
import json
import os
import selectors
import socket
import time
from urllib.parse import urlsplit

WATCHERS = 1_000
SECONDS_TO_WAIT = 10


class Watchers:
    """Connections that have each been told the first result of their query.

    They are read by one thread with as little work as there can be for a message, since its time is measured as well."""

    def __init__(self, address, environment, tokens, query):
        """`query` gives the message that begins the watch of a number."""
        self.sockets = [open_socket(address, environment, tokens[n % len(tokens)]) for n in range(WATCHERS)]
        for number, connection in enumerate(self.sockets):
            send_text(connection, json.dumps(query(number)))
        self.selector = selectors.EpollSelector()
        for connection in self.sockets:
            hear_until(connection, b'"type":"init"')
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ)

    def times_after(self, write, mark):
        """Calls `write`, which sends; answers after how many milliseconds each watcher got what holds `mark`, in order."""
        waiting = set(self.sockets)
        rests = {}
        times = []
        began = time.perf_counter()
        write()
        while waiting:
            ready = self.selector.select(SECONDS_TO_WAIT)
            if not ready:
                raise RuntimeError(f"{len(waiting)} of {WATCHERS} watchers were not told within {SECONDS_TO_WAIT} s")
            for key, _ in ready:
                data = key.fileobj.recv(65536)
                if not data:
                    raise RuntimeError("a watcher was hung up on")
                if key.fd in rests:
                    data = rests[key.fd] + data
                if mark in data:
                    times.append((time.perf_counter() - began) * 1000)
                    waiting.discard(key.fileobj)
                else:
                    rests[key.fd] = data
        return times

    def close(self):
        self.selector.close()
        for connection in self.sockets:
            connection.close()


def open_socket(address, environment, token):
    """A WebSocket that is logged in by its headers."""
    parts = urlsplit(address)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /v1/watch HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\nx-sampan-env: {environment}\r\n\r\n".encode()
    )
    hear_until(connection, b'"ready"')
    return connection


def send_text(connection, text):
    """Sends one text, masked as clients must; with a mask of zeros it stays as it is."""
    body = text.encode()
    length = bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0x80 | 126]) + len(body).to_bytes(2, "big")
    connection.sendall(b"\x81" + length + b"\0\0\0\0" + body)


def hear_until(connection, mark):
    heard = b""
    while mark not in heard:
        data = connection.recv(65536)
        if not data or b'"type":"error"' in heard:
            raise RuntimeError(f"a watcher was refused: {heard[-500:]!r}")
        heard += data


class Writer:
    """Somebody who changes a document; the answer is read when the watchers have been told."""

    def __init__(self, address, path, key):
        parts = urlsplit(address)
        self.host, self.path, self.key = parts.netloc, path, key
        self.connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def prepare(self, operation):
        """Answers what sends the operation."""
        body = json.dumps(operation).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return lambda: self.connection.sendall(head.encode() + body)

    def answer(self):
        """Reads the answer of what was sent; the milliseconds do not count."""
        answer = self.connection.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the write was answered by {answer[:300]!r}")
