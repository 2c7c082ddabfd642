"""The cases of the document database: rules, durable inserts, scans, aggregations, watches and memory."""

import statistics

from bench import load
from bench.ceiling import ROWS_PER_TRANSACTION, Ceiling
from bench.load import Contender
from bench.result import Check, Result, race, ratio
from bench.watchers import WATCHERS, Watchers, Writer

# A scan takes PocketBase so long that runs must be longer for it to answer at all.
SCAN_SECONDS = 6
USERS_RULE, DOCUMENTS_RULE = "rule on the user", "rule on each document"


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def against_rules(bench, requests, collections):
    """A race of both servers on collections that have rules; `requests` makes those of a server for a collection."""
    contenders = []
    for title, collection in collections.items():
        for name, server in (("Sampan", bench.ruled), ("PocketBase", bench.pocketbase)):
            contenders.append(Contender(f"{name}, {title}", server.process, server.address, requests(server, collection)))
    return race(bench, contenders, 64)


def ratios(rows, collections, bound):
    return [Check(f"× PocketBase, {title}", ratio(rows, f"Sampan, {title}", f"PocketBase, {title}"), bound) for title in collections]


BOTH_RULES = {USERS_RULE: "ruled", DOCUMENTS_RULE: "shown"}
RULES_NOTE = (
    "The rules of both: who has logged in may read; or what is `shown` or one's own may be read. What is written must be the writer's own."
)


def ruled_read(bench):
    """Reading one document by id under security rules."""
    rows = against_rules(bench, lambda server, collection: server.read_requests(collection), BOTH_RULES)
    p99 = {row["name"]: row["p99_ms"] for row in rows}
    checks = ratios(rows, BOTH_RULES, 3.0)
    for title in BOTH_RULES:
        part = round(p99[f"Sampan, {title}"] / p99[f"PocketBase, {title}"], 2)
        checks.append(Check(f"p99 / PocketBase's p99, {title}", part, 0.5, at_least=False))
    return Result("ruled-read", "Security rules: read one document by id, 64 connections", rows, checks, [RULES_NOTE])


def ruled_list(bench):
    """Listing 30 of 100,000 documents by an indexed field under security rules."""
    rows = against_rules(bench, lambda server, collection: server.list_requests(collection=collection), BOTH_RULES)
    peer, names = bench.pocketbase, {title: f"PocketBase without total, {title}" for title in BOTH_RULES}
    bare = [Contender(names[title], peer.process, peer.address, peer.list_requests(True, name)) for title, name in BOTH_RULES.items()]
    rows += race(bench, bare, 64)
    without = " and ".join(str(ratio(rows, f"Sampan, {title}", name)) for title, name in names.items())
    notes = [f"PocketBase counts the total as well, which is its default; without it the ratios are {without}."]
    title = "Security rules: list 30 of 100,000 by an indexed field, 64 connections"
    return Result("ruled-list", title, rows, ratios(rows, BOTH_RULES, 6.0), notes)


def ruled_insert(bench):
    """Inserting one document that a security rule asks to be the writer's."""
    collections = {"rule on the document": "ruled"}
    rows = against_rules(bench, lambda server, collection: server.insert_requests(collection), collections)
    checks = [*ratios(rows, collections, 3.0), Check("p99 in ms", rows[0]["p99_ms"], 15.0, at_least=False)]
    return Result("ruled-insert", "Security rules: insert one document, 64 connections", rows, checks)


def durable(bench):
    """Single durable inserts of 64 clients, beside what SQLite alone can do."""
    sampan, ceiling = bench.sampan, Ceiling(bench.folder)
    client = Contender("Sampan, 64 clients", sampan.process, sampan.address, sampan.insert_requests())
    rates = {False: [], True: []}
    load.run_rounds([client], 64, 1, 1)
    client.runs.clear()
    for _ in range(bench.rounds):
        load.run_rounds([client], 64, 1, bench.seconds)
        for has_log, found in rates.items():
            load.wait_until_quiet(lambda: load.own_seconds([client]))
            found.append(ceiling.run(bench.seconds, has_log))
    alone = f"SQLite alone, {ROWS_PER_TRANSACTION} rows a transaction"
    rows = [load.summary(client), ceiling_row(alone, rates[False]), ceiling_row(f"{alone}, with the log of changes", rates[True])]
    bound = min(15_000.0, round(0.6 * rows[1]["per_second"]))
    part = round(rows[0]["per_second"] / rows[1]["per_second"], 2)
    checks = [Check(f"a second (the lower of 15,000 and 60 % of SQLite's; it is {part:.0%} of SQLite's)", rows[0]["per_second"], bound)]
    notes = ["SQLite alone is one thread of a C program with the same rows, index and `synchronous=FULL`, while nothing else runs."]
    return Result("durable", "Single durable inserts into one environment, 64 clients", rows, checks, notes)


def ceiling_row(name, rates):
    return {
        "name": name, "runs": len(rates), "per_second": round(statistics.median(rates), 1),
        "per_second_range": [round(min(rates)), round(max(rates))],
    }  # fmt: skip


def unindexed(bench):
    """Finding documents by a field that has no index."""
    sampan, pocketbase = bench.loose, bench.pocketbase
    rows = race(bench, [
        Contender("Sampan", sampan.process, sampan.address, sampan.search_requests()),
        Contender("PocketBase", pocketbase.process, pocketbase.address, pocketbase.search_requests()),
        Contender("PocketBase, no total", pocketbase.process, pocketbase.address, pocketbase.search_requests(True)),
    ], 4, SCAN_SECONDS)  # fmt: skip
    checks = [Check(f"× {peer}", ratio(rows, "Sampan", peer), 2.0) for peer in ("PocketBase", "PocketBase, no total")]
    notes = ["About ten of the documents fit. PocketBase's lie in a JSON field; it counts the total as well unless told not to."]
    return Result("unindexed", "Find by an unindexed field in 100,000, 4 connections", rows, checks, notes)


def aggregate(bench):
    """Grouping a quarter of a million documents, beside PostgreSQL."""
    ways = {
        "Sampan": bench.million.aggregate, "Sampan on PostgreSQL": bench.million_on_postgres.aggregate,
        "PostgreSQL": bench.million_rows.aggregate, "PostgreSQL, one process": lambda: bench.million_rows.aggregate(1),
    }  # fmt: skip
    times = {name: [] for name in ways}
    answers = {name: way()[1] for name, way in ways.items()}
    for name, answer in answers.items():
        if answer != answers["PostgreSQL"]:
            raise RuntimeError(f"{name} answers otherwise than PostgreSQL")
    for _ in range(bench.rounds):
        for name, way in ways.items():
            load.wait_until_quiet(lambda: 0.0)
            times[name].append(way()[0])
    rows = [time_row(name, values) for name, values in times.items()]
    medians = {row["name"]: row["p50_ms"] for row in rows}
    checks = [
        Check("times PostgreSQL's time", round(medians["Sampan"] / medians["PostgreSQL"], 2), 3.0, at_least=False),
        Check("on PostgreSQL: times its time", round(medians["Sampan on PostgreSQL"] / medians["PostgreSQL"], 2), 3.0, at_least=False),
    ]
    notes = [
        "`$match` on one of four states and `$group` by one of 1,000 shops with a count and a sum; the same in SQL on `jsonb`. "
        "All answer the same. PostgreSQL takes two more processes for it unless told not to."
    ]
    return Result("aggregate", "Match and group 1,000,000 documents without an index, one client", rows, checks, notes)


def time_row(name, values):
    return {
        "name": name, "runs": len(values), "p50_ms": round(statistics.median(values), 1),
        "ms_range": [round(min(values)), round(max(values))],
    }  # fmt: skip


def watching(bench):
    """How long after a write a thousand watchers have been told."""
    sampan = bench.sampan
    writes = 50 if bench.quick else 500
    tokens = [sampan.sign_in(f"watcher-{n}") for n in range(WATCHERS)]
    sampan.admin.post(sampan.base + "/collections", {"name": "board", "permission": "READONLY"})
    sampan.database(op="add", collection="board", data=[{"_id": f"row-{n}", "rank": n, "text": "still"} for n in range(20)])
    queries = {
        "the same query": lambda n: {"type": "watch", "watch": "w", "collection": "board"},
        "a query of their own": lambda n: {"type": "watch", "watch": "w", "collection": "board", "where": {"rank": {"$gte": -n}}},
    }
    rows = [row for title, query in queries.items() for row in watch_rows(sampan, tokens, title, query, writes)]
    checks = [Check("p99 of the last to be told in ms", rows[1]["p99_ms"], 50.0, at_least=False)]
    notes = [
        f"{WATCHERS:,} WebSockets of as many users, {writes} writes one after the other; from the sending of the write to the arrival, "
        "with the client's own time for reading them."
    ]
    return Result("watching", f"{WATCHERS:,} watchers of one collection, one write", rows, checks, notes)


def watch_rows(sampan, tokens, title, query, writes):
    crowd = Watchers(sampan.address, sampan.environment, tokens, query)
    writer = Writer(sampan.address, sampan.base + "/database", sampan.admin.headers["Authorization"].removeprefix("Bearer "))
    every, last = [], []
    for number in range(-5, writes):
        text = f"{title} {number}."
        change = {"op": "update", "collection": "board", "id": f"row-{number % 20}", "update": {"$set": {"text": text}}}
        if number % 100 == 0:
            load.wait_until_quiet(lambda: 0.0)
        times = crowd.times_after(writer.prepare(change), text.encode())
        writer.answer()
        if number >= 0:
            every += times
            last.append(max(times))
    crowd.close()

    def row(name, values):
        p50, p99 = round(statistics.median(values), 2), round(percentile(values, 0.99), 2)
        return {"name": f"{title}: {name}", "runs": len(values), "p50_ms": p50, "p99_ms": p99}

    return [row("each watcher", every), row("the last of them", last)]


def memory(bench):
    """How much memory the server takes at its peak for a million documents."""
    rows = []
    for name, orders in (("Sampan", bench.million), ("Sampan on PostgreSQL", bench.million_on_postgres)):
        orders.server.restart()
        process = orders.server.process
        for what, run in (("export", orders.export), ("aggregation", orders.aggregate)):
            process.forget_peak()
            took, _ = run()
            rows.append({"name": f"{name}: {what}", "p50_ms": round(took, 1), "peak_mb": process.peak_rss_mb()})
    worst = max(rows, key=lambda row: row["peak_mb"])
    checks = [Check(f"peak RSS in MB ({worst['name']})", worst["peak_mb"], 256.0, at_least=False)]
    return Result("memory", "Memory of the server while it goes through 1,000,000 documents", rows, checks)


def on_postgres(bench):
    """Reading, listing and inserting with the documents in PostgreSQL; nothing is asked of it."""
    files, other = bench.sampan, bench.sampan_on_postgres
    rows = []
    for title, requests in (
        ("read", lambda server: server.read_requests()), ("list", lambda server: server.list_requests()),
        ("insert", lambda server: server.insert_requests()),
    ):  # fmt: skip
        contenders = [
            Contender(f"{title}, on PostgreSQL", other.process, other.address, requests(other)),
            Contender(f"{title}, in files", files.process, files.address, requests(files)),
        ]
        rows += race(bench, contenders, 64)
    notes = ["The CPU is the server's alone, without that of PostgreSQL, which has its share of the same cores."]
    return Result("postgres", "Documents in PostgreSQL, 64 connections", rows, [], notes)


CASES = {
    "ruled-read": ruled_read, "ruled-list": ruled_list, "ruled-insert": ruled_insert, "durable": durable, "unindexed": unindexed,
    "aggregate": aggregate, "watching": watching, "memory": memory, "postgres": on_postgres,
}  # fmt: skip
