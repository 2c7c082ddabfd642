"""Coupons after their claims: cycles of lock, redeem and refund; the best combination; a killed server with a million claims."""

import http.client
import json
import os
import signal
import statistics
import time
from urllib.parse import urlsplit

from bench import load
from bench.load import Contender
from bench.result import Check, Result

FAST = 64
IN_A_RUN = 10_240
BLOCK = 256
OF_ONE_ORDER = 20
MILLION = 1_000_000
DAY = 86_400_000
STARTS = 3


def ask(server, method, path, body=None, content_type="application/json", token=None):
    """The JSON that a request of the management API, or of a user's token, answers."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=600)
    headers = {**(server.admin.headers if token is None else {"authorization": f"Bearer {token}"}), "content-type": content_type}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path} answered {response.status}: {content[:300]!r}")
    return json.loads(content)


def grant(claims, batch, users):
    lines = ("\n".join(users) + "\n").encode()
    return ask(claims.server, "POST", f"{claims.base}/{batch}/grants?name=bench", lines, "text/plain")


def coupons_of(claims, batch):
    found, after = [], ""
    while True:
        page = ask(claims.server, "GET", f"{claims.base}/{batch}/coupons?limit=1000{after}")
        found += [each["id"] for each in page["coupons"]]
        if "next" not in page:
            return found
        after = f"&after={page['next']}"


def steps(claims, coupons, each):
    """Blocks of locks, redemptions and refunds of the same coupons: a step is never sent beside the one before it."""
    key = claims.server.admin.headers["Authorization"].removeprefix("Bearer ")
    base = claims.base.removesuffix("/batches")
    orders = [coupons[start : start + each] for start in range(0, len(coupons), each)]
    return [
        ("POST", f"{base}/{step}", key, json.dumps({"coupons": order, "order": f"o-{number}"}))
        for block in range(0, len(orders), BLOCK)
        for step in ("lock", "redeem", "refund")
        for number, order in enumerate(orders[block : block + BLOCK], block)
    ]


def cycles(bench):
    """Lock, redeem and refund with a key, as a shop's back end does it: one coupon an order, and twenty."""
    claims = bench.claims
    rows, rates, lost = [], {}, 0
    for each in (1, OF_ONE_ORDER):
        name = f"{each} coupon{'s' * (each > 1)} an order"
        contender = Contender(name, claims.server.process, claims.server.address, [])
        for number in range(bench.rounds):
            # Coupons of its own: a run ends in the middle of a block.
            batch = claims.batch()
            grant(claims, batch, [f"cycle-{number}" for number in range(IN_A_RUN)])
            claims.send(contender, steps(claims, coupons_of(claims, batch), each), FAST, bench.seconds)
            accounts = claims.accounts(batch)
            lost += IN_A_RUN - sum(accounts[name] for name in ("held", "locked", "redeemed"))
        rows.append(load.summary(contender))
        rates[each] = rows[-1]["per_second"] * each / 3
    checks = [
        Check("cycles of lock, redeem, refund a second, one coupon an order", round(rates[1]), 10_000),
        Check("cycles a second, twenty coupons an order", round(rates[OF_ONE_ORDER]), 10_000),
        Check("coupons that were lost", lost, 0, at_least=False),
    ]
    return Result("coupon-cycles", "Coupons: steps over the management API, 64 connections", rows, checks)


def discount(percent):
    return {"type": "discount", "percentOff": percent, "ceiling": 3000}


def best(bench):
    """The best combination of twenty held coupons for thirty goods, by one user over HTTP."""
    claims = bench.claims
    token, now = claims.tokens[0], int(time.time() * 1000)
    for number in range(20):
        definition = {
            "name": f"best {number}", "stock": 10, "claim": {"from": now - 1000, "until": now + DAY}, "validity": {"days": 7},
            "value": {"type": "amount", "amount": 100 + 37 * number} if number % 2 else discount(5 + number),
            "minimumSpend": 1000 * (number % 5), "scope": {"categories": [f"c{number % 6}"]} if number % 3 else {},
            "stacking": {"group": f"g{number % 4}", "with": [f"g{(number + 1) % 4}", f"g{(number + 2) % 4}"], "perOrder": 2},
        }  # fmt: skip
        definition["minimumSpend"] = max(definition["minimumSpend"], 2000)
        batch = ask(claims.server, "POST", claims.base, json.dumps(definition))["id"]
        for step in ("submit", "approve"):
            ask(claims.server, "POST", f"{claims.base}/{batch}/{step}", "{}")
        ask(claims.server, "POST", f"/v1/coupons/batches/{batch}/claim", "{}", token=token)
    lines = [
        {"goods": f"g{number}", "category": f"c{number % 6}", "price": 500 + 131 * number, "quantity": 1 + number % 3}
        for number in range(30)
    ]
    request = ("POST", "/v1/coupons/best", token, json.dumps({"basket": {"lines": lines}}))
    contender = Contender("best of 20 for 30 lines, 1 connection", claims.server.process, claims.server.address, [])
    for _ in range(bench.rounds):
        claims.send(contender, [request], 1, bench.seconds)
    row = load.summary(contender)
    answer = ask(claims.server, "POST", "/v1/coupons/best", request[3], token=token)
    checks = [Check("best combination over HTTP: p99 in ms", row["p99_ms"], 2.0, at_least=False)]
    return Result(
        "coupon-best",
        "Coupons: the best combination over HTTP",
        [row],
        checks,
        [f"{len(answer['applied'])} coupons were used, proven: {answer['proven']}."],
    )


def serving(claims, batch):
    """The seconds from the start of a process until it has answered a new claim and refused one that was made before."""
    began = time.perf_counter()
    claims.server.start()
    fresh = ask(claims.server, "POST", f"{claims.base}/{batch}/claims", json.dumps({"user": f"after-{time.time_ns()}"}))
    again = ask(claims.server, "POST", f"{claims.base}/{batch}/claims", json.dumps({"user": "m-77", "outBizNo": "grant-bench"}))
    seconds = time.perf_counter() - began
    if fresh["repeat"] or not again["repeat"]:
        raise RuntimeError("what was claimed is not known")
    return seconds


def million(bench):
    """A million claims of one coupon, and SIGKILL: with all settled, and in the middle of more claims."""
    claims = bench.claims_of_a_million
    batch = claims.batch()
    began = time.perf_counter()
    given = grant(claims, batch, [f"m-{number}" for number in range(MILLION)])["given"]
    granting = time.perf_counter() - began
    settled, rushed = [], []
    for _ in range(STARTS):
        kill(claims.server)
        settled.append(serving(claims, batch))
        contender = Contender("rush", claims.server.process, claims.server.address, [])
        one = claims.batch()
        claims.send(contender, claims.requests([one]), FAST, max(1, bench.seconds))
        kill(claims.server)
        rushed.append(serving(claims, batch))
    accounts = claims.accounts(batch)
    rows = [start_row("killed when it was quiet", settled), start_row("killed during claims", rushed)]
    checks = [
        Check("serving again after SIGKILL, quiet: seconds (the longest)", round(max(settled), 2), 1.0, at_least=False),
        Check("serving again after SIGKILL, during claims: seconds (the longest)", round(max(rushed), 2), 1.0, at_least=False),
        Check("claims that were lost", given + 2 * STARTS - accounts["claimed"], 0, at_least=False),
    ]
    notes = [
        f"Granted from a list of a million users in {granting:.0f} s: {given / granting:,.0f} a second.",
        "p50 and p99 are the median and the longest of the starts.",
    ]
    return Result("coupon-million", "Coupons: a million claims of one coupon, and SIGKILL", rows, checks, notes)


def start_row(name, times):
    return {
        "name": name,
        "runs": len(times),
        "p50_ms": round(statistics.median(times) * 1000),
        "p99_ms": round(max(times) * 1000),
        "failed": 0,
    }


def kill(server):
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.popen.wait()


CASES = {"coupon-cycles": cycles, "coupon-best": best, "coupon-million": million}
