"""A million documents, in Sampan and in PostgreSQL, and what goes through all of them."""

import http.client
import itertools
import json
import time
from urllib.parse import urlsplit

from bench import dataset

DOCUMENTS = 1_000_000
LINES = 20_000
MATCH = {"state": "paid"}
PIPELINE = [
    {"$match": MATCH},
    {"$group": {"_id": "$shop", "orders": {"$sum": 1}, "total": {"$sum": "$total"}}},
]
# The casts are those that PostgreSQL does fastest.
SQL = "SELECT doc->>'shop', count(*), sum((doc->'total')::float8) FROM orders WHERE doc->>'state' = 'paid' GROUP BY 1"
ONE_PROCESS = "SET max_parallel_workers_per_gather = 0"


class Orders:
    """An environment with a million orders and no index but that of the ids."""

    def __init__(self, server):
        self.server = server
        server.environment = server.create_environment("million")
        server.base = f"/admin/v1/environments/{server.environment}"
        server.admin.post(server.base + "/collections", {"name": "orders"})
        orders = dataset.shop_orders(DOCUMENTS)
        while batch := list(itertools.islice(orders, LINES)):
            server.load("orders", batch)

    def aggregate(self):
        """The milliseconds that the client waits, and the groups."""
        began = time.perf_counter()
        answer = self.server.admin.post(self.server.base + "/database", {"op": "aggregate", "collection": "orders", "pipeline": PIPELINE})
        return (time.perf_counter() - began) * 1000, {row["_id"]: (row["orders"], row["total"]) for row in answer["data"]}

    def export(self):
        """Reads all documents as a file; the milliseconds and how many lines there were."""
        connection = http.client.HTTPConnection(urlsplit(self.server.address).netloc, timeout=120)
        began = time.perf_counter()
        connection.request("GET", self.server.base + "/export?collection=orders", headers=self.server.admin.headers)
        response = connection.getresponse()
        lines = 0
        while part := response.read(1 << 20):
            lines += part.count(b"\n")
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"the export answered {response.status}")
        return (time.perf_counter() - began) * 1000, lines


class Rows:
    """The same orders in a table of PostgreSQL, as jsonb."""

    def __init__(self, postgres):
        self.postgres = postgres
        postgres.query("CREATE TABLE orders (id text PRIMARY KEY, doc jsonb NOT NULL)")
        postgres.copy("orders", (f"{order['_id']}\t{json.dumps(order)}" for order in dataset.shop_orders(DOCUMENTS)))
        postgres.query("VACUUM ANALYZE orders")

    def aggregate(self, processes_max=None):
        """The milliseconds that the client waits, and the groups."""
        self.postgres.query("RESET max_parallel_workers_per_gather" if processes_max is None else ONE_PROCESS)
        took, lines = self.postgres.timed(SQL)
        rows = (line.split("|") for line in lines)
        return took, {shop: (int(orders), float(total)) for shop, orders, total in rows}
