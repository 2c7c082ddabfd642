"""Batches of coupons as a merchant makes them, and what is sent byte by byte."""

import csv
import http.client
import io
import json
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.client import ok

DAY = 86_400_000


def now():
    return int(time.time() * 1000)


def batch_definition(**changes):
    """Five yuan off from fifty on, a hundred of them, for whoever comes today; a member that is None is left out."""
    definition = {
        "name": "满50减5", "value": {"type": "amount", "amount": 500}, "minimumSpend": 5000, "stock": 100,
        "claim": {"from": now() - 60_000, "until": now() + DAY}, "validity": {"days": 7}, **changes,
    }  # fmt: skip
    return {name: value for name, value in definition.items() if value is not None}


class Merchant:
    """The holder of a key or session that may manage an environment's coupons."""

    def __init__(self, environment):
        self.environment = environment

    def ask(self, method, path, body=None, **options):
        return self.environment.request(method, f"/coupons{path}", json=body, **options)

    def draft(self, **changes):
        return ok(self.ask("POST", "/batches", batch_definition(**changes)), 201)["id"]

    def step(self, batch, *steps):
        for step in steps:
            shown = ok(self.ask("POST", f"/batches/{batch}/{step}"))
        return shown

    def published(self, **changes):
        batch = self.draft(**changes)
        assert self.step(batch, "submit", "approve")["status"] == "published"
        return batch

    def batch(self, batch):
        return ok(self.ask("GET", f"/batches/{batch}"))

    def accounts(self, batch):
        """Checks what must always be so."""
        shown = self.batch(batch)
        accounts = shown["accounts"]
        assert accounts["claimed"] == sum(accounts[name] for name in ("held", "locked", "redeemed", "expired", "voided")), accounts
        assert accounts["claimed"] + accounts["left"] == shown["stock"], accounts
        return accounts

    def give(self, batch, user, **members):
        return self.ask("POST", f"/batches/{batch}/claims", {"user": user, **members})

    def move(self, step, *coupons, **members):
        return self.ask("POST", f"/{step}", {"coupons": list(coupons), **members})

    def of(self, user, **filters):
        return ok(self.ask("GET", "", params={"user": user, **filters}))["coupons"]

    def coupon(self, coupon):
        return ok(self.ask("GET", f"/{coupon}"))


def claim(client, batch, **members):
    return client.post(f"/v1/coupons/batches/{batch}/claim", members)


def claimed(client, batch, **members):
    """The id of a coupon that a user has just claimed."""
    return ok(claim(client, batch, **members))["coupon"]["id"]


def table(answer):
    """The rows of a CSV file that was answered."""
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@dataclass
class Plain:
    """An answer as `http.client` reads it, with the names of `requests`."""

    status_code: int
    headers: dict
    content: bytes

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


def plainly(client, method, path, body=b"", **headers):
    """A request of just these headers, the second one of a connection of its own: the first always goes by the router."""
    place = urlsplit(client.address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    sent = {"Authorization": client.session.headers.get("Authorization"), "x-sampan-env": client.environment, **headers}
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        answer = connection.getresponse()
        return Plain(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def plainly_claimed(client, batch, members):
    return plainly(client, "POST", f"/v1/coupons/batches/{batch}/claim", json.dumps(members).encode())


def pipelined(client, *requests):
    """Sends `(method, path, body)` in one write on a connection that has had a request; answers the answers in their order."""
    place = urlsplit(client.address)
    parts = []
    for method, path, body in requests:
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: {client.session.headers['Authorization']}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        parts.append(head.encode() + content)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection, connection.makefile("rb") as answers:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        next_answer(answers)
        connection.sendall(b"".join(parts))
        return [next_answer(answers) for _ in requests]


def next_answer(stream):
    status = int(stream.readline().split()[1])
    headers = http.client.parse_headers(stream)
    return Plain(status, headers, stream.read(int(headers["Content-Length"])))
