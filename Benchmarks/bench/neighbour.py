"""Whether the clock tells one organization what another one has."""

import random
import socket
import statistics
import time
from urllib.parse import urlsplit

KNOWN, UNKNOWN = "another organization's environment", "no environment at all"


def compare(sampan, pairs):
    """Asks for both in turn over one connection, so that whatever disturbs the machine disturbs both; microseconds of each."""
    host = urlsplit(sampan.address).netloc
    foreign, absent = sampan.neighbour_requests()
    chance = random.Random(5)
    times = {KNOWN: [], UNKNOWN: []}
    with socket.create_connection(tuple(host.split(":"))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(-1000, pairs):
            place = chance.randrange(len(foreign))
            order = [(KNOWN, foreign[place]), (UNKNOWN, absent[place])]
            for name, request in order if number % 2 else reversed(order):
                took = ask(connection, host, request)
                if number >= 0:
                    times[name].append(took)
    return [row(name, values) for name, values in times.items()]


def ask(connection, host, request):
    method, path, key, _ = request
    message = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    began = time.perf_counter_ns()
    connection.sendall(message)
    answer = connection.recv(65536)
    took = (time.perf_counter_ns() - began) / 1000
    if not answer.startswith(b"HTTP/1.1 404"):
        raise RuntimeError(f"{path} answered {answer[:60]!r}")
    return took


def row(name, values):
    ordered = sorted(values)
    p90 = ordered[len(ordered) * 9 // 10]
    return {"name": name, "runs": len(ordered), "p50_us": round(statistics.median(ordered), 2), "p90_us": round(p90, 2)}
