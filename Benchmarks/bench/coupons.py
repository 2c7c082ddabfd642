"""The cases of coupons: claims on one hot batch and on many, refusals, beside Redis; claims on PostgreSQL beside the naive way."""

import http.client
import json
import re
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from bench import load
from bench.load import Contender
from bench.machine import wait_until_quiet
from bench.result import Check, Result

USERS = 120_000
SIGN_INS = 16
DAY = 86_400_000
BATCHES = 1000
FAST, SLOW = 64, 256
NAIVE = """\\set user random(1, 1000000000)
BEGIN;
UPDATE coupon SET stock = stock - 1 WHERE id = 1 AND stock > 0;
INSERT INTO claim (coupon, holder) VALUES (1, :user) ON CONFLICT DO NOTHING;
COMMIT;
"""


class Claims:
    """One server with many users, each of whom has signed in."""

    def __init__(self, server):
        self.server = server
        server.environment = server.create_environment("coupons")
        server.base = f"/admin/v1/environments/{server.environment}"
        server.admin.send("PATCH", server.base + "/settings", {"developmentLogin": True})
        self.base = server.base + "/coupons/batches"
        with ThreadPoolExecutor(SIGN_INS) as pool:
            parts = pool.map(self.sign_in, range(SIGN_INS))
        self.tokens = [token for part in parts for token in part]

    def sign_in(self, part):
        connection = http.client.HTTPConnection(urlsplit(self.server.address).netloc)
        headers = {"content-type": "application/json", "x-sampan-env": self.server.environment}
        tokens = []
        for number in range(part, USERS, SIGN_INS):
            connection.request("POST", "/v1/login", json.dumps({"platform": "development", "user": f"u{number}"}), headers)
            tokens.append(json.loads(connection.getresponse().read())["accessToken"])
        return tokens

    def batch(self, stock=1_000_000_000, steps=("submit", "approve")):
        now = int(time.time() * 1000)
        definition = {
            "name": "bench", "value": {"type": "amount", "amount": 2000}, "minimumSpend": 10_000, "stock": stock,
            "claim": {"from": now - 1000, "until": now + DAY}, "validity": {"days": 7}, "limits": {"perUser": 1, "perDay": 1},
        }  # fmt: skip
        batch = self.server.admin.post(self.base, definition)["id"]
        for step in steps:
            self.server.admin.post(f"{self.base}/{batch}/{step}", {})
        return batch

    def requests(self, batches, users=None, number="k"):
        """One claim of each of the first users, each with a number of its own."""
        return [
            ("POST", f"/v1/coupons/batches/{batches[n % len(batches)]}/claim", token, json.dumps({"outBizNo": f"{number}{n}"}))
            for n, token in enumerate(self.tokens[:users])
        ]

    def run(self, contender, batches, connections, seconds, **which):
        """Sends the claims in their order; a run on new batches has no repeats as long as it takes fewer than there are users."""
        return self.send(contender, self.requests(batches, **which), connections, seconds)

    def send(self, contender, requests, connections, seconds):
        """Sends requests in their order, again and again."""
        with tempfile.NamedTemporaryFile("w", suffix=".tsv") as listed:
            listed.write("\n".join("\t".join(request) for request in requests) + "\n")
            listed.flush()
            wait_until_quiet(lambda: load.own_seconds([contender]))
            contender.runs.append(load.run_once(contender, listed.name, connections, seconds, seed=1, is_sequential=True))
        return contender

    def accounts(self, batch):
        return self.server.admin.get(f"{self.base}/{batch}")["accounts"]


def exact(claims, batches, least):
    """By how much the ledger disagrees with itself, or with how many answers there were."""
    accounts = [claims.accounts(batch) for batch in batches]
    claimed = sum(each["claimed"] for each in accounts)
    return sum(abs(each["claimed"] - each["held"]) for each in accounts) + max(0, least - claimed)


def claimers(claims, batch):
    """So many of the first users have one; those whose claims were on their way at the end are left out."""
    return claims.accounts(batch)["claimed"] - SLOW


def peer_row(name, runs):
    rates = [run["per_second"] for run in runs]
    return {
        "name": name, "runs": len(runs), "per_second": round(statistics.median(rates), 1),
        "per_second_range": [round(min(rates)), round(max(rates))],
        "p50_ms": round(statistics.median(run["p50_ms"] for run in runs), 3),
        "p99_ms": round(statistics.median(run["p99_ms"] for run in runs), 3), "failed": 0,
    }  # fmt: skip


def claim(bench):
    """Durable claims on one hot coupon, each user's first, beside Redis that syncs each write."""
    claims, redis = bench.claims, bench.redis
    ours = {n: Contender(f"Sampan, {n} connections", claims.server.process, claims.server.address, []) for n in (FAST, SLOW)}
    repeated = Contender("Sampan, answered without storing", claims.server.process, claims.server.address, [])
    theirs, wrong = [], 0
    for _ in range(bench.rounds):
        for connections, contender in ours.items():
            batch = claims.batch()
            claims.run(contender, [batch], connections, bench.seconds)
            wrong += exact(claims, [batch], contender.runs[-1]["requests"])
        # Who asks again is answered from memory, in the same words: those only who have one.
        claims.run(repeated, [batch], FAST, bench.seconds, users=claimers(claims, batch))
        theirs.append(redis.claims(FAST, 100_000))
    rows = [load.summary(contender) for contender in (*ours.values(), repeated)] + [peer_row("Redis Lua, always, 64", theirs)]
    rate = {row["name"]: row["per_second"] for row in rows}
    names = [contender.name for contender in ours.values()]
    checks = [
        Check("64 connections: × Redis", round(rate[names[0]] / rate["Redis Lua, always, 64"], 2), 0.6),
        Check("256 connections: × Redis at 64", round(rate[names[1]] / rate["Redis Lua, always, 64"], 2), 0.8),
        Check("64 connections: part of the same answered without storing", round(rate[names[0]] / rate[repeated.name], 2), 0.7),
        Check("64 connections: p99 in ms", rows[0]["p99_ms"], 8.0, at_least=False),
        Check("coupons that ledger and answers disagree about", wrong, 0, at_least=False),
    ]
    notes = ["Redis: `redis-benchmark` over raw TCP, a script of ten lines. Sampan: HTTP with a token, all rules of the batch."]
    return Result("claim", "Coupons: durable claims on one batch", rows, checks, notes)


def many(bench):
    """The same on 1,000 batches at once, and refusals."""
    claims = bench.claims
    batches = [claims.batch() for _ in range(BATCHES)]
    names = ("one batch", "1,000 batches", "sold out", "paused", "already claimed")
    contenders = {name: Contender(name, claims.server.process, claims.server.address, []) for name in names}
    sold_out, paused, wrong = claims.batch(stock=0), claims.batch(steps=("submit", "approve", "pause")), 0
    for number in range(bench.rounds):
        one = claims.batch()
        claims.run(contenders["one batch"], [one], FAST, bench.seconds)
        wrong += exact(claims, [one], contenders["one batch"].runs[-1]["requests"])
        # Every user claims one of the batches, and each time another one.
        claims.run(contenders["1,000 batches"], batches[number:] + batches[:number], FAST, bench.seconds)
        for name, batch in (("sold out", sold_out), ("paused", paused)):
            claims.run(contenders[name], [batch], FAST, bench.seconds)
        # Those who have one ask for another.
        claims.run(contenders["already claimed"], [one], FAST, bench.seconds, users=claimers(claims, one), number="other")
    rows = [load.summary(contender) for contender in contenders.values()]
    for row in rows[2:]:
        row["failed"] = 0  # They are meant to be refused.
    rate = {row["name"]: row["per_second"] for row in rows}
    checks = [Check("1,000 batches: × one batch", round(rate["1,000 batches"] / rate["one batch"], 2), 0.8)]
    checks += [Check(f"{name}: × claims", round(rate[name] / rate["one batch"], 2), 1.3) for name in names[2:]]
    checks.append(Check("coupons that ledger and answers disagree about", wrong, 0, at_least=False))
    return Result("claims-many", "Coupons: many batches, and refusals, 64 connections", rows, checks)


def naive(postgres, seconds):
    """Claims a second of the two statements that everybody writes first, by pgbench."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(NAIVE)
        script.flush()
        command = ["pgbench", "-n", "-M", "prepared", "-c", str(FAST), "-j", "2", "-T", str(seconds), "-f", script.name, postgres.url]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    latency = float(re.search(r"latency average = ([\d.]+)", answer)[1])
    return {"per_second": float(re.search(r"tps = ([\d.]+)", answer)[1]), "p50_ms": latency, "p99_ms": latency}


def claim_on_postgres(bench):
    """The same on PostgreSQL, beside an UPDATE and an INSERT for each claim."""
    postgres, claims = bench.postgres, bench.claims_on_postgres
    postgres.query("CREATE TABLE coupon (id int PRIMARY KEY, stock bigint NOT NULL CHECK (stock >= 0))")
    postgres.query("CREATE TABLE claim (coupon int, holder bigint, PRIMARY KEY (coupon, holder))")
    postgres.query("INSERT INTO coupon VALUES (1, 1000000000000)")
    ours, theirs, wrong = Contender("Sampan on PostgreSQL", claims.server.process, claims.server.address, []), [], 0
    for _ in range(bench.rounds):
        batch = claims.batch()
        claims.run(ours, [batch], FAST, bench.seconds)
        wrong += exact(claims, [batch], ours.runs[-1]["requests"])
        theirs.append(naive(postgres, bench.seconds))
    rows = [load.summary(ours), peer_row("UPDATE and INSERT", theirs)]
    checks = [
        Check("× UPDATE and INSERT", round(rows[0]["per_second"] / rows[1]["per_second"], 1), 20.0),
        Check("coupons that ledger and answers disagree about", wrong, 0, at_least=False),
    ]
    notes = ["pgbench tells the average latency only."]
    return Result("claim-postgres", "Coupons: durable claims on one batch, PostgreSQL, 64 connections", rows, checks, notes)


CASES = {"claim": claim, "claims-many": many, "claim-postgres": claim_on_postgres}
