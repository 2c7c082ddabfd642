"""Sampan's release build, as `make run` starts it, its request log on."""

import hashlib
import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from peers import functions

from bench import dataset
from bench.http import Api
from bench.process import Process, free_port

ROOT = Path(__file__).resolve().parents[2]
USER_COUNT = 8
IMPORT_LINES = 10_000


def identifier(number):
    return f"order-{number:06d}"


def program():
    return Path(os.environ.get("SAMPAN_BIN") or ROOT / ".build" / "release" / "sampan")


# Rules as the guide shows them: one that only looks at the user, and one that looks at each document.
OWN = "doc._openid == auth.openid"
RULES = {
    "ruled": {"read": "auth.openid != null", "write": OWN},
    "shown": {"read": f"doc.shown == true || {OWN}", "write": OWN},
}


class Sampan:
    """One server with a data folder of its own."""

    def __init__(self, folder, documents_url="", limits=""):
        self.limits = limits
        self.folder = Path(folder) / "sampan"
        self.folder.mkdir()
        self.documents_url = documents_url
        self.start_seconds = self.start()

    def start(self):
        """Starts the server; answers the seconds until its first answer."""
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        command = [
            program(), "serve", "--json", "--data", self.folder / "data", "--host", "127.0.0.1", "--port", str(port),
        ]  # fmt: skip
        environment["LC_ALL"] = "C.UTF-8"
        if self.limits:
            environment["SAMPAN_LIMITS"] = self.limits
        if self.documents_url:
            environment["SAMPAN_DOCUMENTS_URL"] = self.documents_url
        self.process = Process("Sampan", command, self.folder / "log", environment)
        seconds = self.process.wait_for(self.address + "/healthz")
        key = (self.folder / "data" / "operator.key").read_text().strip()
        self.admin = Api(self.address, Authorization=f"Bearer {key}")
        return seconds

    def restart(self):
        self.process.stop()
        return self.start()

    def create_environment(self, name):
        return self.admin.post("/admin/v1/environments", {"name": name})["id"]

    def set_up(self):
        """One environment with the orders, an index on their user, a stock and the two functions."""
        self.environment = self.create_environment("bench")
        self.base = f"/admin/v1/environments/{self.environment}"
        self.admin.send("PATCH", self.base + "/settings", {"developmentLogin": True})
        for name in ("orders", "stock", "sold"):
            self.admin.post(self.base + "/collections", {"name": name, "permission": "READONLY"})
        self.fill("orders", dataset.orders())
        self.deploy("add", functions.ADD)
        self.deploy("buy", functions.BUY)
        self.tokens = [self.sign_in(f"user{number}") for number in range(USER_COUNT)]

    def set_up_rules(self):
        """The orders once more, in collections with rules."""
        for name, rules in RULES.items():
            self.admin.post(self.base + "/collections", {"name": name, "rules": rules})
            self.fill(name, dataset.shown_orders())

    def set_up_loose(self):
        """The orders once more, without an index and with nobody who adds to them."""
        self.admin.post(self.base + "/collections", {"name": "loose", "permission": "READONLY"})
        self.fill("loose", dataset.orders(), is_indexed=False)

    def fill(self, collection, orders, is_indexed=True):
        if is_indexed:
            index = {"name": "user", "keys": [["user", "asc"]]}
            self.admin.post(f"{self.base}/collections/{collection}/indexes", index)
        orders = [{"_id": identifier(number), **order} for number, order in enumerate(orders)]
        for begin in range(0, len(orders), IMPORT_LINES):
            self.load(collection, orders[begin : begin + IMPORT_LINES])

    def load(self, collection, documents):
        lines = "\n".join(json.dumps(document) for document in documents)
        self.admin.post(f"{self.base}/import?collection={collection}&mode=insert", lines.encode())

    def sign_in(self, user):
        body = {"platform": "development", "user": user}
        return Api(self.address).post("/v1/login", body, {"x-sampan-env": self.environment})["accessToken"]

    def deploy(self, name, source):
        content = source.encode()
        digest = hashlib.sha256(content).hexdigest()
        if self.admin.post(self.base + "/blobs/missing", {"hashes": [digest]})["missing"]:
            self.admin.send("PUT", f"{self.base}/blobs/{digest}", content)
        body = {"files": [{"path": "index.js", "hash": digest}], "handler": "index.main", "activate": True}
        self.admin.post(f"{self.base}/functions/{name}/versions", body)

    def token(self, number):
        return self.tokens[number % USER_COUNT]

    # The cases

    def read_requests(self, collection="orders"):
        ids = dataset.sample(self.readable(collection))
        return [("GET", f"/v1/database/{collection}/{identifier}", self.token(n), "") for n, identifier in enumerate(ids)]

    def readable(self, collection):
        """The ids of what the users may read."""
        return [identifier(n) for n, order in enumerate(dataset.shown_orders()) if order["shown"] or collection != "shown"]

    def list_requests(self, collection="orders"):
        return [self.get_request(n, collection, user=f"u{n}") for n in range(dataset.USERS)]

    def search_requests(self):
        """By a field that has no index."""
        return [self.get_request(n, "loose", sku=f"sku-{n}") for n in range(dataset.USERS)]

    def get_request(self, number, collection, **where):
        body = {"op": "get", "collection": collection, "where": where, "limit": 30}
        return ("POST", "/v1/database", self.token(number), json.dumps(body))

    def insert_requests(self, collection="orders"):
        chance = random.Random(3)
        more = {} if collection == "orders" else {"shown": True}

        def body():
            return json.dumps({"op": "add", "collection": collection, "data": {**dataset.new_order(chance), **more}})

        return [("POST", "/v1/database", self.token(n), body()) for n in range(dataset.SAMPLED)]

    def add_requests(self):
        return [("POST", "/v1/functions/add", self.token(n), json.dumps({"a": n, "b": 1})) for n in range(100)]

    def buy_requests(self):
        def body(n):
            return json.dumps({"item": f"item-{n}"})

        return [("POST", "/v1/functions/buy", self.token(n), body(n)) for n in range(dataset.GOODS)]

    def neighbour_requests(self):
        """Requests of another organization's owner for this environment, and for environments that there are not."""
        organization = self.admin.post("/admin/v1/organizations", {"name": "neighbour"})["id"]
        key = self.admin.post(f"/admin/v1/organizations/{organization}/keys", {"name": "owner", "role": "owner"})["secret"]
        paths = ["", "/settings", "/functions", "/functions/add", "/collections", "/collections/orders", "/keys", "/logs", "/users"]
        chance = random.Random(4)
        letters = "abcdefghijkmnpqrstuvwxyz23456789"

        def requests(environment):
            return [("GET", f"/admin/v1/environments/{environment}{path}", key, "") for path in paths * 40]

        absent = "".join(chance.choice(letters) for _ in self.environment.removeprefix("env-"))
        return requests(self.environment), requests(f"env-{absent}")

    def database(self, **operation):
        return self.admin.post(self.base + "/database", operation)

    def fill_stock(self, left):
        for number in range(dataset.GOODS):
            self.database(op="set", collection="stock", id=f"item-{number}", data={"left": left})

    def stock_and_sales(self):
        rows = self.database(op="get", collection="stock", limit=dataset.GOODS)["data"]
        sold = self.database(op="count", collection="sold")["total"]
        return sum(row["left"] for row in rows), min(row["left"] for row in rows), sold

    def cold_starts(self, count):
        """Calls `count` functions once each, with time in between for a generic worker to be warm again.

        Answers the milliseconds that a client waited, and those in the execution records."""
        caller = Api(self.address, Authorization=f"Bearer {self.token(0)}")
        waited = []
        for number in range(count):
            self.deploy(f"cold-{number}", f"{functions.ADD} // {number}")
            time.sleep(0.4)
            began = time.perf_counter()
            caller.post(f"/v1/functions/cold-{number}", {"a": number, "b": 1})
            waited.append((time.perf_counter() - began) * 1000)
        time.sleep(1)
        executions = self.admin.get(self.base + f"/executions?limit={min(1000, count * 2)}")["executions"]
        recorded = [e["durationMs"] for e in executions if e["cold"] and e["function"].startswith("cold-")]
        return waited, recorded

    def create_many_environments(self, count):
        def create(numbers):
            api = Api(self.address, **self.admin.headers)
            for number in numbers:
                api.post("/admin/v1/environments", {"name": f"idle-{number}"})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(create, [range(start, count, 4) for start in range(4)]))

    def stop(self):
        self.process.stop()
