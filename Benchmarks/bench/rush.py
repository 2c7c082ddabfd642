"""The cases of the rush: what admission costs, what a refusal costs, ten times the load, and what neighbours feel of it.

The crowd comes whether it is answered or not (open loop), by `sampan rehearse run`; where the generator could not keep up, the run says so.
"""

import json
import subprocess
import tempfile
import time

from peers import functions

from bench import load
from bench.load import Contender
from bench.result import Check, Result
from bench.sampan import program

BOARD = 3000
USERS = 500
READ = {"op": "get", "collection": "board", "where": {"_id": "b-7"}, "limit": 1}
SCAN = {"op": "get", "collection": "board", "where": {"group": 77}, "limit": 5}
SLOW = "exports.main = async () => { const end = Date.now() + 100; while (Date.now() < end) {} return 1 }"


class Shop:
    """An environment with a board of documents, two functions, and users who have signed in."""

    def __init__(self, server, name):
        self.server = server
        self.environment = server.create_environment(name)
        self.base = f"/admin/v1/environments/{self.environment}"
        server.admin.send("PATCH", self.base + "/settings", {"developmentLogin": True})
        server.admin.post(self.base + "/collections", {"name": "board", "permission": "READONLY"})
        lines = [{"_id": f"b-{number}", "group": number % 100, "text": "x" * 100} for number in range(BOARD)]
        server.admin.post(f"{self.base}/import?collection=board&mode=insert", "\n".join(map(json.dumps, lines)).encode())
        outer, server.base = getattr(server, "base", None), self.base
        server.deploy("slow", SLOW)
        server.deploy("add", functions.ADD)
        server.base = outer
        server.environment = self.environment
        self.tokens = [server.sign_in(f"u{number}") for number in range(USERS)]

    def plan(self, journeys, arrivals, **settings):
        users = {"columns": ["token"], "rows": [[token] for token in self.tokens]}
        return {"journeys": journeys, "arrivals": arrivals, "users": users, "settings": {"timeoutMilliseconds": 5000, **settings}}

    def rehearse(self, plan):
        """Starts a run; `.report()` waits for it."""
        return Rehearsal(self, plan)


class Rehearsal:
    def __init__(self, shop, plan):
        folder = shop.server.folder
        file = folder / f"plan-{time.monotonic_ns()}.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        key = (folder / "data" / "operator.key").read_text().strip()
        where = ["--url", shop.server.address, "--key", key, "--env", shop.environment]
        command = [program(), "rehearse", "run", "--json", "--plan", file, *where]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def report(self):
        out, errors = self.process.communicate()
        try:
            return json.loads(out)
        except ValueError as error:
            raise RuntimeError(f"sampan rehearse run: {errors}") from error


def step(name, body, **more):
    return {"name": name, "path": "/v1/database", "body": body, **more}


def journey(name, *steps, weight=1, retry="never"):
    return {"name": name, "weight": weight, "retry": retry, "steps": list(steps)}


def constant(rate, seconds):
    return {"shape": "constant", "rate": rate, "seconds": seconds}


def capacity(shop, body, seconds):
    """How many a second are served when sixteen ask as fast as they can: fewer than wait too long, and enough for both processors."""
    contender = Contender(
        "closed", shop.server.process, shop.server.address, [("POST", "/v1/database", token, json.dumps(body)) for token in shop.tokens]
    )
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as listed:
        listed.write("\n".join("\t".join(request) for request in contender.requests) + "\n")
        listed.flush()
        run = load.run_once(contender, listed.name, 8, seconds, seed=1)
    return (run["requests"] - run["failed"]) / run["seconds"]


def overload(bench):
    """Ten times what can be served, mixed classes, clients that come again."""
    shop = bench.shop
    seconds = 10 if bench.quick else 60
    knee = capacity(shop, SCAN, 3)
    calm = shop.rehearse(shop.plan([journey("scan", step("scan", SCAN))], constant(max(1, knee * 0.3), 5))).report()
    unloaded = calm["latency"]["p99"]
    pay = {
        "name": "pay",
        "path": "/v1/coupons/lock",
        "body": {"coupons": ["cp-none"], "order": "o", "outBizNo": "{{unique}}"},
        "success": {"accepted": ["COUPON_NOT_FOUND"]},
    }
    crowd = [journey("look", step("scan", SCAN), weight=19, retry="courteous"), journey("pay", pay)]
    stages = {"shape": "stages", "stages": [{"rate": knee * 10, "seconds": seconds}, {"rate": knee * 0.4, "seconds": 10}]}
    report = shop.rehearse(shop.plan(crowd, stages)).report()
    looks, pays = (
        [each for each in report["steps"] if each["step"] == "scan"][0],
        [each for each in report["steps"] if each["step"] == "pay"][0],
    )
    during = [each for each in report["perSecond"] if 2 <= each["second"] < seconds]
    # Those who pay cost little and are not counted.
    served = sum(each["served"] for each in during) / len(during) - pays["served"] / report["seconds"]
    paid = sum(pays["accepted"].values()) + pays["served"]
    after = [each for each in report["perSecond"] if each["second"] >= seconds]
    recovered = next(
        (each["second"] - seconds for each in after if each["refused"] + each["failed"] <= each["answered"] * 0.01), len(after)
    )
    rows = [
        {"name": "knee: served when eight ask", "runs": 1, "per_second": round(knee, 1)},
        {
            "name": "ten times the load: served",
            "runs": 1,
            "per_second": round(served, 1),
            "p99_ms": round(looks["latency"].get("p99", 0), 2),
        },
    ]
    checks = [
        Check("goodput: part of the knee", round(served / knee, 2), 0.9),
        Check("p99 of those who are let in / unloaded p99", round(looks["latency"]["p99"] / unloaded, 2), 2.0, at_least=False),
        Check("paying: part that succeeds", round(paid / max(1, pays["sent"] - pays["retries"]), 4), 0.999),
        Check("seconds until everybody is served again", recovered, 5, at_least=False),
    ]
    return Result("overload", "Rush: ten times the load", rows, checks, void(report))


def void(*reports):
    return [f"The generator could not keep up: {reason['code']}." for report in reports for reason in report["voidReasons"]]


def neighbours(bench):
    """What a shop feels of another one at ten times what can be served: requests, slow functions, scans, large bodies."""
    crowd, quiet = bench.shop, bench.quiet_shop
    seconds = 5 if bench.quick else 15
    reads = quiet.plan([journey("read", step("read", READ))], constant(50, seconds))
    calm = quiet.rehearse(reads).report()["latency"]["p99"]
    knee = {"requests": (READ, capacity(crowd, READ, 2)), "scans": (SCAN, capacity(crowd, SCAN, 2))}
    crowds = {
        "requests": ([journey("crowd", step("read", READ))], min(15_000, knee["requests"][1] * 10)),
        "scans": ([journey("crowd", step("scan", SCAN))], knee["scans"][1] * 10),
        "slow functions": ([journey("crowd", {"name": "slow", "path": "/v1/functions/slow", "body": {}})], 200),
        "large bodies": (
            [journey("crowd", {"name": "add", "path": "/v1/functions/add", "body": {"a": 1, "b": 2, "text": "x" * 500_000}})],
            300,
        ),
    }
    rows, checks, notes = [{"name": "alone", "runs": 1, "p99_ms": round(calm, 2)}], [], []
    for name, (journeys, rate) in crowds.items():
        beside = crowd.rehearse(crowd.plan(journeys, constant(rate, seconds + 2)))
        time.sleep(1)
        report = quiet.rehearse(reads).report()
        notes += void(beside.report())
        reading = report["steps"][0]
        rows.append(
            {
                "name": f"beside {name}",
                "runs": 1,
                "p50_ms": round(report["latency"]["p50"], 2),
                "p99_ms": round(report["latency"]["p99"], 2),
            }
        )
        checks.append(Check(f"{name}: part that is served", round(reading["served"] / reading["sent"], 4), 1.0))
        checks.append(Check(f"{name}: p99 / p99 alone", round(report["latency"]["p99"] / calm, 2), 2.0, at_least=False))
    return Result("neighbours", "Rush: a shop beside a crowd", rows, checks, notes)


def refusal(bench):
    """What a request costs that is refused, and what admission costs one that is not: processor time of the server."""
    shop, free = bench.shop, bench.shop_without_admission
    reads = lambda each: [("GET", "/v1/database/board/b-7", token, "") for token in each.tokens]  # noqa: E731
    contenders = [Contender("admitted", shop.server.process, shop.server.address, reads(shop)),
                  Contender("without admission", free.server.process, free.server.address, reads(free))]  # fmt: skip
    load.run_rounds(contenders, 8, bench.rounds, bench.seconds)
    rows = [load.summary(contender) for contender in contenders]
    # Nearly all of these are refused; what those cost that are not is taken off.
    scan = Contender(
        "scans", shop.server.process, shop.server.address, [("POST", "/v1/database", token, json.dumps(SCAN)) for token in shop.tokens]
    )
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as listed:
        listed.write("\n".join("\t".join(request) for request in scan.requests) + "\n")
        listed.flush()
        alone = load.run_once(scan, listed.name, 1, bench.seconds, seed=1)
        runs = [load.run_once(scan, listed.name, 512, bench.seconds, seed=1) for _ in range(bench.rounds)]
    costs = sorted((run["cpu_us"] * run["requests"] - alone["cpu_us"] * (run["requests"] - run["failed"])) / run["failed"] for run in runs)
    share = min(run["failed"] / run["requests"] for run in runs)
    rows.append({"name": "refused", "runs": len(runs), "cpu_us": round(costs[len(costs) // 2], 1)})
    checks = [
        Check("a refusal: µs of processor", round(costs[len(costs) // 2], 1), 10.0, at_least=False),
        Check("admission of an admitted request: µs of processor", round(rows[0]["cpu_us"] - rows[1]["cpu_us"], 1), 5.0, at_least=False),
    ]
    return Result("refusal", "Rush: the cost of admission", rows, checks, [f"At least {share:.0%} of the requests were refused."])


CASES = {"refusal": refusal, "overload": overload, "neighbours": neighbours}
