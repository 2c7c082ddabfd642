"""The cases: who is measured against whom, with which load, and what must be reached."""

import statistics
import time

from bench import console, coupon_steps, coupons, database, load, neighbour, rush
from bench.load import Contender
from bench.result import Check, Result, race, ratio


def read(bench):
    """Reading one document by id, as a signed-in user whose permission is checked."""
    sampan, pocketbase = bench.sampan, bench.pocketbase
    rows = race(bench, [
        Contender("Sampan", sampan.process, sampan.address, sampan.read_requests()),
        Contender("PocketBase", pocketbase.process, pocketbase.address, pocketbase.read_requests()),
    ], 64)  # fmt: skip
    checks = [
        Check("× PocketBase", ratio(rows, "Sampan", "PocketBase"), 3.0),
        Check("p99 / PocketBase's p99", round(rows[0]["p99_ms"] / rows[1]["p99_ms"], 2), 0.5, at_least=False),
    ]
    return Result("read", "Read one document by id, 64 connections", rows, checks)


def listing(bench):
    """Listing 30 of 100,000 documents by an indexed field."""
    sampan, pocketbase = bench.sampan, bench.pocketbase
    rows = race(bench, [
        Contender("Sampan", sampan.process, sampan.address, sampan.list_requests()),
        Contender("PocketBase", pocketbase.process, pocketbase.address, pocketbase.list_requests()),
        Contender("PocketBase, no total", pocketbase.process, pocketbase.address, pocketbase.list_requests(True)),
    ], 64)  # fmt: skip
    bare = ratio(rows, "Sampan", "PocketBase, no total")
    notes = [f"PocketBase counts the total as well, which is its default; without it the ratio is {bare}."]
    return Result("list", "List 30 of 100,000 by an indexed field, 64 connections", rows,
                  [Check("× PocketBase", ratio(rows, "Sampan", "PocketBase"), 6.0)], notes)  # fmt: skip


def insert(bench):
    """Inserting one document; Sampan's are on the disk when it answers, PocketBase's need not be."""
    sampan, pocketbase = bench.sampan, bench.pocketbase
    rows = race(bench, [
        Contender("Sampan", sampan.process, sampan.address, sampan.insert_requests()),
        Contender("PocketBase", pocketbase.process, pocketbase.address, pocketbase.insert_requests()),
    ], 64)  # fmt: skip
    checks = [
        Check("× PocketBase", ratio(rows, "Sampan", "PocketBase"), 3.0),
        Check("p99 in ms", rows[0]["p99_ms"], 15.0, at_least=False),
    ]
    notes = ["Sampan commits with `synchronous=FULL`: answered means durable. PocketBase runs with `synchronous=NORMAL`."]
    return Result("insert", "Insert one document, 64 connections", rows, checks, notes)


def function(bench):
    """A warm function with a small JSON event, beside a plain Node.js server that computes the same."""
    sampan, node, nginx = bench.sampan, bench.node, bench.nginx

    def contenders():
        return [
            Contender("Sampan", sampan.process, sampan.address, sampan.add_requests()),
            Contender("Node http", node.process, node.address, node.add_requests()),
            Contender("nginx, constant", nginx.process, nginx.address, nginx.add_requests()),
        ]

    busy = race(bench, contenders(), 32)
    single = race(bench, contenders()[:2], 1)
    for row in single:
        row["name"] += ", 1 connection"
    added = round(single[0]["p50_ms"] - single[1]["p50_ms"], 3)
    checks = [
        Check("× plain Node http", ratio(busy, "Sampan", "Node http"), 0.35),
        Check("added p50 at 1 connection in ms", added, 0.3, at_least=False),
    ]
    return Result("function", "Warm function call, small JSON, 32 connections", busy + single, checks)


def buy(bench):
    """A function that takes one from the stock and adds an order, in a transaction, on 100 goods."""
    sampan, pocketbase = bench.sampan, bench.pocketbase
    plenty = 1_000_000
    oversold = 0
    for contender in (sampan, pocketbase):
        contender.fill_stock(plenty)
    rows = race(bench, [
        Contender("Sampan function", sampan.process, sampan.address, sampan.buy_requests()),
        Contender("PocketBase JS hook", pocketbase.process, pocketbase.address, pocketbase.buy_requests()),
    ], 64)  # fmt: skip
    for contender in (sampan, pocketbase):
        left, _, sold = contender.stock_and_sales()
        oversold += abs(plenty * bench.goods - left - sold)
    oversold += sell_out(bench)
    checks = [
        Check("× PocketBase", ratio(rows, "Sampan function", "PocketBase JS hook"), 4.0),
        Check("sold without stock or the reverse", oversold, 0, at_least=False),
    ]
    return Result("buy", "Function: one from the stock and one order, in a transaction, 100 goods, 64 connections", rows, checks)


def sell_out(bench):
    """Sells a small stock to many at once; answers by how much stock and orders disagree."""
    sampan = bench.sampan
    _, _, before = sampan.stock_and_sales()
    sampan.fill_stock(20)
    contender = Contender("sell-out", sampan.process, sampan.address, sampan.buy_requests())
    load.run_rounds([contender], 64, 1, 2)
    left, least, after = sampan.stock_and_sales()
    return abs(20 * bench.goods - left - (after - before)) + max(0, -least)


def cold(bench):
    """First calls of small functions while a generic worker is warm."""
    waited, recorded = bench.sampan.cold_starts(20 if bench.quick else 100)

    def row(name, values):
        ordered = sorted(values)
        return {"name": name, "runs": len(ordered), "p50_ms": round(statistics.median(ordered), 2),
                "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2)}  # fmt: skip

    rows = [row("Sampan, as the client waited", waited), row("Sampan, as recorded", recorded)]
    checks = [Check("p99 in ms, as the client waited", rows[0]["p99_ms"], 25.0, at_least=False)]
    return Result("cold", "Cold start of a small function with a warm generic worker", rows, checks)


def idle(bench):
    """What a server costs that has nothing to do, and how soon it answers. A new one has one environment."""
    rounds = 3 if bench.quick else 9
    server = bench.fresh_sampan("idle-one")
    starts = [server.restart() * 1000 for _ in range(rounds)]
    time.sleep(3)
    one = idle_row("Sampan, 1 environment", server, starts)
    server.create_many_environments(999)
    starts = [server.restart() * 1000 for _ in range(rounds)]
    time.sleep(3)
    thousand = idle_row("Sampan, 1,000 environments", server, starts)
    server.stop()
    rows = [one, thousand]
    checks = [
        Check("RSS in MB, 1 environment", one["rss_mb"], 60, at_least=False),
        Check("RSS in MB, 1,000 idle environments", thousand["rss_mb"], 120, at_least=False),
        Check("start to first answer in ms", one["start_ms"], 300, at_least=False),
    ]
    notes = ["RSS is the server's own; its warm generic Node.js workers are shown apart."]
    return Result("idle", "Idle server", rows, checks, notes)


def idle_row(name, server, starts):
    return {
        "name": name,
        "rss_mb": server.process.rss_mb(),
        "workers_rss_mb": round(server.process.children_rss_mb(), 1),
        "start_ms": round(statistics.median(starts), 1),
    }


def pages(bench):
    """How long the server takes for the console's pages, in an environment with 1,000 functions and 1,000,000 documents."""
    shop = bench.big_shop
    rows = shop.page_times(10 if bench.quick else 100)
    slowest = max(rows, key=lambda row: row["p95_ms"])
    checks = [Check(f"p95 of the slowest page ({slowest['name']}) in ms", slowest["p95_ms"], 50.0, at_least=False)]
    notes = ["As one client waited that asks for one page after the other, headers and all of the page read."]
    return Result("pages", "Pages of the console, 1,000 functions, 1,000,000 documents", rows, checks, notes)


def clicking(bench):
    """What the client API's users notice of 200 people who work in the console, each of whom opens a page every five seconds."""
    shop = bench.big_shop
    quiet, busy, clicks = shop.with_and_without_visitors(3 if bench.quick else 9, 3 if bench.quick else 8)
    more = round(busy["p99_ms"] / quiet["p99_ms"] - 1, 3)
    notes = [
        f"64 connections, each of which waits {console.PAUSE_MS} ms on average between two requests; {clicks} pages a second were opened. "
        "The generators of both run on the same two cores."
    ]
    checks = [Check("how much p99 rises", more, 0.2, at_least=False)]
    return Result("clicking", "Reading one document while 200 people click in the console", [quiet, busy], checks, notes)


def neighbours(bench):
    """Whether the clock tells that somebody else's environment exists: both are refused by the same line of code."""
    rows = neighbour.compare(bench.sampan, 2_000 if bench.quick else 30_000)
    apart = round(abs(rows[0]["p50_us"] / rows[1]["p50_us"] - 1), 4)
    return Result("neighbour", "Asking for what one may not know of", rows,
                  [Check("difference of the medians, as a part", apart, 0.01, at_least=False)])  # fmt: skip


SERVER_CASES = {
    "read": read, "list": listing, "insert": insert, "function": function, "buy": buy, "cold": cold, "idle": idle,
    "neighbour": neighbours, "pages": pages, "clicking": clicking,
}  # fmt: skip
COUPON_CASES = {**coupons.CASES, **coupon_steps.CASES}
CASES = {**SERVER_CASES, **database.CASES, **COUPON_CASES, **rush.CASES}
# The parts of the page, with the cases that each of them shows.
SECTIONS = {"bench": list(SERVER_CASES), "database": list(database.CASES), "coupons": list(COUPON_CASES), "rush": list(rush.CASES)}
