"""PocketBase with the same documents, the same rule and the same users. Its defaults stay as they are."""

import json
import random
import shutil
import subprocess
from pathlib import Path

from bench import dataset
from bench.http import Api
from bench.process import Process, free_port

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".deps" / "pocketbase"
HOOKS = ROOT / "Benchmarks" / "peers" / "pocketbase-hooks.pb.js"
SUPERUSER = {"identity": "bench@example.com", "password": "bench-password-1"}
SIGNED_IN = "@request.auth.id != ''"
USER_COUNT = 8
BATCH = 1_000


def field(name, kind, **more):
    return {"name": name, "type": kind, **more}


COLLECTIONS = [
    {
        "name": "orders", "type": "base", "viewRule": SIGNED_IN, "listRule": SIGNED_IN, "createRule": SIGNED_IN,
        "fields": [
            field("sku", "text"), field("qty", "number"), field("price", "number"), field("user", "text"),
            field("created", "autodate", onCreate=True), field("updated", "autodate", onCreate=True, onUpdate=True),
        ],
        "indexes": ["CREATE INDEX idx_orders_user ON orders (user)"],
    },
    {"name": "stock", "type": "base", "fields": [field("left", "number")]},
    {"name": "sold", "type": "base", "fields": [field("item", "text"), field("quantity", "number")]},
]  # fmt: skip


def stock_id(number):
    """PocketBase wants ids of fifteen letters and digits."""
    return f"item{number:011d}"


class PocketBase:
    """A PocketBase over a copy of a prepared data folder, which is made on the first run and kept."""

    def __init__(self, folder):
        prepared = ROOT / ".deps" / f"bench-{PROGRAM.resolve().parent.name}-{dataset.ORDERS}"
        if not (prepared / "ready.json").exists():
            self.prepare(prepared)
        self.data = Path(folder) / "pocketbase"
        shutil.copytree(prepared, self.data)
        self.identifiers = json.loads((self.data / "ready.json").read_text())
        self.start(Path(folder) / "pocketbase.log")
        self.tokens = [self.sign_in(number) for number in range(USER_COUNT)]

    def prepare(self, prepared):
        shutil.rmtree(prepared, ignore_errors=True)
        prepared.mkdir(parents=True)
        print("  preparing PocketBase's 100,000 records (once)", flush=True)
        self.data = prepared
        command = [PROGRAM, "--dir", prepared, "superuser", "upsert", SUPERUSER["identity"], SUPERUSER["password"]]
        subprocess.run(command, check=True, capture_output=True)
        self.start(prepared / "prepare.log")
        identifiers = self.fill()
        self.process.stop()
        (prepared / "ready.json").write_text(json.dumps(identifiers))

    def start(self, log):
        port = free_port()
        hooks = self.data / "hooks"
        hooks.mkdir(exist_ok=True)
        shutil.copy(HOOKS, hooks / "bench.pb.js")
        self.address = f"http://127.0.0.1:{port}"
        command = [
            PROGRAM, "--dir", self.data, "--hooksDir", hooks, "--hooksWatch=false", "--automigrate=false",
            "serve", "--http", f"127.0.0.1:{port}",
        ]  # fmt: skip
        self.process = Process("PocketBase", command, log)
        self.process.wait_for(self.address + "/api/health")

    def superuser(self):
        answer = Api(self.address).post("/api/collections/_superusers/auth-with-password", SUPERUSER)
        return Api(self.address, Authorization=f"Bearer {answer['token']}")

    def fill(self):
        api = self.superuser()
        api.send("PATCH", "/api/settings", {"batch": {"enabled": True, "maxRequests": BATCH, "timeout": 60}})
        for collection in COLLECTIONS:
            api.post("/api/collections", collection)
        for number in range(USER_COUNT):
            account = {"email": f"user{number}@example.com", "password": "bench-password-1"}
            api.post("/api/collections/users/records", {**account, "passwordConfirm": account["password"]})
        rows = [{"id": stock_id(n), "left": 0} for n in range(dataset.GOODS)]
        self.create(api, "stock", rows)
        orders, identifiers = list(dataset.orders()), []
        for begin in range(0, len(orders), BATCH):
            identifiers += self.create(api, "orders", orders[begin : begin + BATCH])
        return identifiers

    def create(self, api, collection, rows):
        path = f"/api/collections/{collection}/records"
        body = {"requests": [{"method": "POST", "url": path, "body": row} for row in rows]}
        return [answer["body"]["id"] for answer in api.post("/api/batch", body)]

    def sign_in(self, number):
        account = {"identity": f"user{number}@example.com", "password": "bench-password-1"}
        return Api(self.address).post("/api/collections/users/auth-with-password", account)["token"]

    def token(self, number):
        return self.tokens[number % USER_COUNT]

    # The cases

    def read_requests(self):
        path = "/api/collections/orders/records/"
        ids = dataset.sample(self.identifiers)
        return [("GET", path + identifier, self.token(n), "") for n, identifier in enumerate(ids)]

    def list_requests(self, skip_total=False):
        options = "perPage=30" + ("&skipTotal=1" if skip_total else "")
        path = f"/api/collections/orders/records?{options}&filter=(user%3D'u"
        return [("GET", f"{path}{n}')", self.token(n), "") for n in range(dataset.USERS)]

    def insert_requests(self):
        chance = random.Random(3)
        path = "/api/collections/orders/records"
        return [("POST", path, self.token(n), json.dumps(dataset.new_order(chance))) for n in range(dataset.SAMPLED)]

    def buy_requests(self):
        return [("POST", "/bench/buy", self.token(n), json.dumps({"item": stock_id(n)})) for n in range(dataset.GOODS)]

    def fill_stock(self, left):
        api = self.superuser()
        path = "/api/collections/stock/records/"
        requests = [{"method": "PATCH", "url": path + stock_id(n), "body": {"left": left}} for n in range(dataset.GOODS)]
        api.post("/api/batch", {"requests": requests})

    def stock_and_sales(self):
        """How many are left in total, the least of one item, and how many orders there are."""
        api = self.superuser()
        rows = api.get(f"/api/collections/stock/records?perPage={dataset.GOODS}")["items"]
        sold = api.get("/api/collections/sold/records?perPage=1")["totalItems"]
        return sum(row["left"] for row in rows), min(row["left"] for row in rows), sold

    def stop(self):
        self.process.stop()
