"""People in the console of an environment with many functions and documents."""

import http.client
import json
import random
import statistics
import threading
import time
from urllib.parse import urlencode, urlsplit

from peers import functions

from bench import load
from bench.load import Contender

FUNCTIONS = 1_000
DOCUMENTS = 1_000_000
USERS = 10_000
CALLS = 2_000
VISITORS = 200
SECONDS_BETWEEN_CLICKS = 5
CLICKING_THREADS = 8
PAUSE_MS = 100
LINES = 100_000


class BigShop:
    """One environment with 1,000 functions and 1,000,000 documents, with executions, logs and files."""

    def __init__(self, server):
        self.server = server
        server.set_up()
        self.environment = f"/console/env/{server.environment}"
        self.address = urlsplit(server.address).netloc
        self._fill()
        self.pages = {
            "environments": "/console", "home": self.environment, "functions": f"{self.environment}/functions",
            "functions, sorted": f"{self.environment}/functions?sort=updated&search=fn-1", "function": f"{self.environment}/functions/add",
            "database": f"{self.environment}/database", "collection": f"{self.environment}/database/goods",
            "collection, filtered": f"{self.environment}/database/goods?field=owner&is=%24eq&value=%22u77%22",
            "collection, sorted": f"{self.environment}/database/goods?sort=owner",
            "document": f"{self.environment}/database/goods/document?id=%22g-500000%22", "files": f"{self.environment}/files",
            "users": f"{self.environment}/users", "logs": f"{self.environment}/logs", "logs, searched": f"{self.environment}/logs?text=7",
            "settings": f"{self.environment}/settings", "keys": f"{self.environment}/keys", "people": "/console/people",
            "organizations": "/console/organizations", "operator": "/console/operator",
        }  # fmt: skip

    def _fill(self):
        server = self.server
        for number in range(FUNCTIONS - 2):
            server.deploy(f"fn-{number:03d}", f"{functions.ADD} // {number % 10}")
        server.admin.post(server.base + "/collections", {"name": "goods"})
        server.admin.post(server.base + "/collections/goods/indexes", {"name": "owner", "keys": [["owner", "asc"]]})
        for begin in range(0, DOCUMENTS, LINES):
            lines = (
                json.dumps({"_id": f"g-{n:06d}", "name": f"good {n}", "price": n % 997, "owner": f"u{n % USERS}", "tags": ["a", "b"]})
                for n in range(begin, begin + LINES)
            )
            server.admin.post(server.base + "/import?collection=goods&mode=insert", "\n".join(lines).encode())
        server.deploy("talk", "exports.main = async (event) => { console.log('called with', event.a); return event }")
        for number in range(CALLS):
            server.admin.post(f"{server.base}/functions/talk/invoke", {"a": number})
        for number in range(50):
            server.sign_in(f"visitor-{number}")

    def visitor(self):
        return Visitor(self.address, self.server.folder / "data" / "operator.key")

    def page_times(self, count):
        visitor = self.visitor()
        rows = []
        for name, path in self.pages.items():
            times = []
            for _ in range(count + 3):
                began = time.perf_counter()
                size = visitor.open(path)
                times.append((time.perf_counter() - began) * 1000)
            ordered = sorted(times[3:])
            p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
            rows.append({
                "name": name, "runs": count, "p50_ms": round(statistics.median(ordered), 2), "p95_ms": round(p95, 2),
                "kilobytes": round(size / 1000, 1),
            })  # fmt: skip
        return rows

    def with_and_without_visitors(self, rounds, seconds):
        """Medians of the client API with and without people in the console, and the pages that they opened a second."""
        server = self.server
        crowd = Crowd([self.visitor() for _ in range(VISITORS)], list(self.pages.values()))
        quiet = Contender("nobody in the console", server.process, server.address, server.read_requests())
        busy = Contender("200 people in the console", server.process, server.address, server.read_requests())
        requests = server.folder / "requests.tsv"
        requests.write_text("".join("\t".join(request) + "\n" for request in quiet.requests), encoding="utf-8")
        load.run_once(quiet, requests, 64, 1, seed=0, pause_ms=PAUSE_MS)
        rates = []
        for number in range(rounds):
            load.wait_until_quiet(lambda: load.own_seconds([quiet]))
            quiet.runs.append(load.run_once(quiet, requests, 64, seconds, seed=number, pause_ms=PAUSE_MS))
            with crowd:
                busy.runs.append(load.run_once(busy, requests, 64, seconds, seed=number, pause_ms=PAUSE_MS))
            rates.append(crowd.rate)
        return load.summary(quiet), load.summary(busy), round(statistics.median(rates), 1)


class Visitor:
    """Somebody who has signed in, with a connection of their own."""

    def __init__(self, address, key_file):
        self.connection = http.client.HTTPConnection(address, timeout=30)
        form = urlencode({"key": key_file.read_text().strip(), "next": "/console"})
        self.connection.request("POST", "/console/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
        response = self.connection.getresponse()
        response.read()
        if response.status != 303:
            raise RuntimeError(f"signing in answered {response.status}")
        self.headers = {"Cookie": response.headers["Set-Cookie"].split(";")[0], "Accept-Encoding": "gzip"}

    def open(self, path):
        """Opens a page; answers its size in bytes."""
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")
        return len(body)


class Crowd:
    """Visitors who click while the `with` block lasts, on a few threads that take turns among them."""

    def __init__(self, visitors, paths):
        self.groups = [visitors[start::CLICKING_THREADS] for start in range(CLICKING_THREADS)]
        self.paths = paths

    def __enter__(self):
        self.counts, self.began, self.over = [0] * len(self.groups), time.monotonic(), threading.Event()
        self.threads = [threading.Thread(target=self._click, args=(group, seed)) for seed, group in enumerate(self.groups)]
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.rate = sum(self.counts) / (time.monotonic() - self.began)

    def _click(self, visitors, seed):
        chance = random.Random(seed)
        pause = SECONDS_BETWEEN_CLICKS / len(visitors)
        while not self.over.wait(chance.uniform(0, 2 * pause)):
            chance.choice(visitors).open(chance.choice(self.paths))
            self.counts[seed] += 1
