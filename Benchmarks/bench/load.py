"""Rounds of wrk against several contenders in turn, and the medians of what they gave."""

import json
import os
import resource
import statistics
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import wait_until_quiet

SCRIPT = Path(__file__).resolve().parents[1] / "load.lua"


@dataclass
class Contender:
    """One server with the requests that make up the case for it, as (method, path, token, body)."""

    name: str
    process: object
    address: str
    requests: list
    runs: list = field(default_factory=list)


def own_seconds(contenders):
    """CPU that this benchmark used: itself, the generators it ran, and the servers that it measures."""
    mine = resource.getrusage(resource.RUSAGE_SELF)
    generators = resource.getrusage(resource.RUSAGE_CHILDREN)
    servers = sum(process.cpu_seconds() for process in {id(c.process): c.process for c in contenders}.values())
    return mine.ru_utime + mine.ru_stime + generators.ru_utime + generators.ru_stime + servers


def run_rounds(contenders, connections, rounds, seconds):
    """Interleaves the contenders, `rounds` times each, so that what disturbs the machine disturbs all of them."""
    with tempfile.TemporaryDirectory() as folder:
        lists = {}
        for contender in contenders:
            lists[contender.name] = Path(folder) / f"{len(lists)}.tsv"
            lines = ("\t".join(request) for request in contender.requests)
            lists[contender.name].write_text("\n".join(lines) + "\n", encoding="utf-8")
            run_once(contender, lists[contender.name], connections, seconds / 4, seed=0)  # caches and compilers warm up
        for number in range(rounds):
            for contender in contenders:
                wait_until_quiet(lambda: own_seconds(contenders))
                run = run_once(contender, lists[contender.name], connections, seconds, seed=number + 1)
                contender.runs.append(run)


def run_once(contender, requests, connections, seconds, seed, pause_ms=None, is_sequential=False):
    before = contender.process.cpu_seconds()
    command = [
        "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s",
        "--timeout", "10s", "--script", str(SCRIPT), contender.address,
    ]  # fmt: skip
    environment = {**os.environ, "BENCH_REQUESTS": str(requests), "BENCH_SEED": str(seed)}
    if is_sequential:
        environment["BENCH_IN_ORDER"] = "1"
    if pause_ms is not None:
        environment["BENCH_PAUSE_MS"] = str(pause_ms)
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    lines = [line for line in result.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise RuntimeError(f"wrk failed on {contender.name}:\n{result.stdout}{result.stderr}")
    run = json.loads(lines[0].removeprefix("RESULT "))
    if not run["requests"]:
        raise RuntimeError(f"{contender.name} answered nothing:\n{result.stdout}")
    run["per_second"] = run["requests"] / run["seconds"]
    run["cpu_us"] = (contender.process.cpu_seconds() - before) / run["requests"] * 1e6
    return run


def summary(contender):
    """Medians over the runs, and the range of the rate."""

    def median(key):
        return statistics.median(run[key] for run in contender.runs)

    rates = [run["per_second"] for run in contender.runs]
    return {
        "name": contender.name,
        "runs": len(contender.runs),
        "per_second": round(median("per_second"), 1),
        "per_second_range": [round(min(rates)), round(max(rates))],
        "p50_ms": round(median("p50_ms"), 3),
        "p99_ms": round(median("p99_ms"), 3),
        "cpu_us": round(median("cpu_us"), 1),
        "rss_mb": contender.process.rss_mb(),
        "failed": sum(run["failed"] + run["timeouts"] for run in contender.runs),
    }
