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
OWN = f"{SIGNED_IN} && owner = @request.auth.id"
USER_COUNT = 8
BATCH = 1_000


def field(name, kind, **more):
    return {"name": name, "type": kind, **more}


def orders(name, read, write, *more):
    return {
        "name": name, "type": "base", "viewRule": read, "listRule": read, "createRule": write, "updateRule": write, "deleteRule": write,
        "fields": [
            field("sku", "text"), field("qty", "number"), field("price", "number"), field("user", "text"), *more,
            field("created", "autodate", onCreate=True), field("updated", "autodate", onCreate=True, onUpdate=True),
        ],
        "indexes": [f"CREATE INDEX idx_{name}_user ON {name} (user)"],
    }  # fmt: skip


COLLECTIONS = [
    {**orders("orders", SIGNED_IN, SIGNED_IN), "updateRule": None, "deleteRule": None},
    # The rules of Sampan's collections of the same names.
    orders("ruled", SIGNED_IN, OWN, field("shown", "bool"), field("owner", "text")),
    orders("shown", "shown = true || owner = @request.auth.id", OWN, field("shown", "bool"), field("owner", "text")),
    {"name": "loose", "type": "base", "viewRule": SIGNED_IN, "listRule": SIGNED_IN, "fields": [field("data", "json")]},
    {"name": "stock", "type": "base", "fields": [field("left", "number")]},
    {"name": "sold", "type": "base", "fields": [field("item", "text"), field("quantity", "number")]},
]  # fmt: skip


def stock_id(number):
    """PocketBase wants ids of fifteen letters and digits."""
    return f"item{number:011d}"


class PocketBase:
    """A PocketBase over a copy of a prepared data folder, which is made on the first run and kept."""

    def __init__(self, folder):
        prepared = ROOT / ".deps" / f"bench-{PROGRAM.resolve().parent.name}-{dataset.ORDERS}-rules"
        if not (prepared / "ready.json").exists():
            self.prepare(prepared)
        self.data = Path(folder) / "pocketbase"
        shutil.copytree(prepared, self.data)
        self.identifiers = json.loads((self.data / "ready.json").read_text())
        self.start(Path(folder) / "pocketbase.log")
        answers = [self.sign_in(number) for number in range(USER_COUNT)]
        self.tokens = [answer["token"] for answer in answers]
        self.users = [answer["record"]["id"] for answer in answers]

    def prepare(self, prepared):
        shutil.rmtree(prepared, ignore_errors=True)
        prepared.mkdir(parents=True)
        print("  preparing PocketBase's 400,000 records (once)", flush=True)
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
        rows = {
            "orders": dataset.orders(), "ruled": dataset.shown_orders(), "shown": dataset.shown_orders(),
            "loose": ({"data": order} for order in dataset.orders()),
        }  # fmt: skip
        return {name: self.create_all(api, name, list(rows)) for name, rows in rows.items()}

    def create_all(self, api, collection, rows):
        return [id for begin in range(0, len(rows), BATCH) for id in self.create(api, collection, rows[begin : begin + BATCH])]

    def create(self, api, collection, rows):
        path = f"/api/collections/{collection}/records"
        body = {"requests": [{"method": "POST", "url": path, "body": row} for row in rows]}
        return [answer["body"]["id"] for answer in api.post("/api/batch", body)]

    def sign_in(self, number):
        account = {"identity": f"user{number}@example.com", "password": "bench-password-1"}
        return Api(self.address).post("/api/collections/users/auth-with-password", account)

    def token(self, number):
        return self.tokens[number % USER_COUNT]

    # The cases

    def read_requests(self, collection="orders"):
        path = f"/api/collections/{collection}/records/"
        ids = dataset.sample(self.readable(collection))
        return [("GET", path + identifier, self.token(n), "") for n, identifier in enumerate(ids)]

    def readable(self, collection):
        """The ids of what the users may read."""
        ids = self.identifiers[collection]
        return [ids[n] for n, order in enumerate(dataset.shown_orders()) if order["shown"] or collection != "shown"]

    def list_requests(self, skip_total=False, collection="orders"):
        options = "perPage=30" + ("&skipTotal=1" if skip_total else "")
        path = f"/api/collections/{collection}/records?{options}&filter=(user%3D'u"
        return [("GET", f"{path}{n}')", self.token(n), "") for n in range(dataset.USERS)]

    def search_requests(self, skip_total=False):
        """By a field of a JSON field, which has no index."""
        options = "perPage=30" + ("&skipTotal=1" if skip_total else "")
        path = f"/api/collections/loose/records?{options}&filter=(data.sku%3D'sku-"
        return [("GET", f"{path}{n}')", self.token(n), "") for n in range(dataset.USERS)]

    def insert_requests(self, collection="orders"):
        chance = random.Random(3)
        path = f"/api/collections/{collection}/records"

        def body(n):
            order = dataset.new_order(chance)
            return json.dumps(order if collection == "orders" else {**order, "shown": True, "owner": self.users[n % USER_COUNT]})

        return [("POST", path, self.token(n), body(n)) for n in range(dataset.SAMPLED)]

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
